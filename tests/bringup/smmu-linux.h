/* SPDX-License-Identifier: MIT */
#ifndef IOM_TESTS_BRINGUP_SMMU_LINUX_H
#define IOM_TESTS_BRINGUP_SMMU_LINUX_H

#include "tests/bringup/smmu-driver.h"

/* Data of the messages by which the SMMU interrupts. */
enum { DATA_EVENTQ = 1, DATA_GERROR = 2, DATA_PRIQ = 3 };

typedef struct linux_domain {
	uint64_t root; /* level 0 */
	unsigned asid;
	bool e2h; /* the stream world is EL2-E2H */
} linux_domain;

/* Called after each step of an update, which counts from 1. */
typedef void (*linux_between)(smmu_driver *d, unsigned step);

void linux_reset(smmu_driver *d, bool e2h);
bool linux_write_ste(smmu_driver *d, uint32_t sid, const uint64_t *ste, linux_between between);
bool linux_write_cd(smmu_driver *d, uint32_t sid, uint32_t ssid, uint64_t at, const uint64_t *cd,
		    linux_between between);
void linux_domain_new(smmu_driver *d, linux_domain *domain, unsigned asid, bool e2h);
void linux_cd(const linux_domain *domain, uint64_t *cd);
void linux_ste_s1(const linux_domain *domain, uint64_t cdtab, unsigned cdmax, uint64_t *ste);
void linux_ste_s2(uint64_t root, unsigned vmid, uint64_t *ste);
void linux_ste_fixed(unsigned config, uint64_t *ste);
void linux_unmap(smmu_driver *d, const linux_domain *domain, uint64_t iova, unsigned pages_lg2,
		 bool ranges);
/* The event interrupt came; take the one event there is. */
void linux_event_thread(smmu_driver *d, unsigned code, uint32_t sid, uint64_t address);
/* The command queue stopped at opcode 0xff: make that a CMD_SYNC and go on. */
void linux_gerror_handler(smmu_driver *d);

#endif
