/* SPDX-License-Identifier: MIT */
/*
 * A machine with one IOMMU for tests that do what a driver does: register accesses,
 * structures in guest memory, and requests of devices. Nothing else of the model is
 * touched.
 */
#ifndef IOM_TESTS_BRINGUP_BENCH_H
#define IOM_TESTS_BRINGUP_BENCH_H

#include <iommulate/core.h>

#include "tests/harness.h"

/* Where messages of the IOMMU go; anything else that it sends is a write to memory. */
#define BENCH_DOORBELL UINT64_C(0x08090040)
#define BENCH_APIC UINT64_C(0xfee00000)

typedef struct bench {
	const char *preset; /* of the caches */
	iom_memory *memory;
	iom_iommu *iommu;
	uint64_t next; /* free memory */
	unsigned irqs[32];
	unsigned n_msi;
	uint32_t msi[64]; /* data of the messages to a doorbell */
	unsigned n_responses;
	iom_page_response response;
} bench;

/* Run a scenario with the default caches, with none and with one entry each. */
void bench_each(void (*scenario)(const char *preset));

/* Memory and the callbacks; the caller makes the model with them. */
void bench_open(bench *b, const char *preset, iom_bus *bus);
void bench_close(bench *b);

uint32_t rd(bench *b, uint64_t offset);
uint64_t rd64(bench *b, uint64_t offset);
void wr(bench *b, uint64_t offset, uint32_t value);
void wr64(bench *b, uint64_t offset, uint64_t value);
/* Read as a driver that waits does, until the bits of `mask` are `want`. */
void poll_for(bench *b, uint64_t offset, uint32_t mask, uint32_t want, const char *file, int line);
#define POLL(b_, offset_, mask_, want_) poll_for(b_, offset_, mask_, want_, __FILE__, __LINE__)

uint64_t ld(bench *b, uint64_t address);
void st(bench *b, uint64_t address, uint64_t word);
/* Zeroed memory, aligned to its size rounded up to a power of two, at least a page. */
uint64_t take(bench *b, uint64_t bytes);

iom_result dma(bench *b, uint32_t requester, uint32_t pasid, uint64_t address, unsigned access);
/* A read must be answered with `address`, or be refused. */
void goes_to(bench *b, uint32_t requester, uint64_t from, uint64_t to, const char *file, int line);
void refused(bench *b, uint32_t requester, uint64_t from, const char *file, int line);
#define GOES_TO(b_, requester_, from_, to_) goes_to(b_, requester_, from_, to_, __FILE__, __LINE__)
#define REFUSED(b_, requester_, from_) refused(b_, requester_, from_, __FILE__, __LINE__)

#endif
