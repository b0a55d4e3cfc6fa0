/* SPDX-License-Identifier: MIT */
/* What the parts of the fuzzer share: the seed's stream, and what exists. */
#ifndef IOM_TESTS_IOMMUFD_FUZZ_H
#define IOM_TESTS_IOMMUFD_FUZZ_H

#include "port.h"

#define MAX_IDS 48
#define MAX_FDS 24
#define MAX_PASIDS 16

struct mapped {
	uint32_t ioas;
	uint64_t iova, va, length;
};
struct held {
	uint32_t stdev, pasid;
};
struct region {
	void *addr;
	size_t n;
};

extern int fd;
extern uint32_t ids[MAX_IDS];
extern unsigned n_ids;
extern uint32_t ioas_ids[MAX_IDS], dev_ids[MAX_IDS], stdev_ids[MAX_IDS], hwpt_ids[MAX_IDS],
	viommu_ids[MAX_IDS], fault_ids[MAX_IDS];
extern unsigned n_ioas, n_dev, n_stdev, n_hwpt, n_viommu, n_fault;
extern int event_fds[MAX_FDS], access_fds[MAX_FDS], dmabuf_fds[MAX_FDS];
extern unsigned n_event, n_access, n_dmabuf;
extern struct held pasids[MAX_PASIDS];
extern unsigned n_pasids;
extern uint64_t iovas[16];
extern unsigned n_iovas;
extern struct region maps[8];
extern unsigned n_maps;
extern uint64_t map_offset;
extern struct mapped mapped[24];
extern unsigned n_mapped;
extern uint32_t dirty_hwpts[MAX_IDS];
extern unsigned n_dirty;

uint64_t rnd(void);
uint64_t below(uint64_t n);
bool once_in(unsigned n);
void add(uint32_t *list, unsigned *n, uint32_t id);
uint32_t pick(const uint32_t *list, unsigned n);
int pick_fd(const int *list, unsigned n);
uint64_t random_iova(void);
uint64_t random_length(void);
uint64_t random_va(void);
uint64_t data_at(const void *data, size_t n);
uint32_t mess32(uint32_t good);
int run(const char *name, unsigned long request, void *cmd, size_t n);
void op_ioas_alloc(void);
void op_destroy(void);
bool pick_mapped(struct mapped *m);
void remember_map(uint32_t ioas, uint64_t iova, uint64_t va, uint64_t length);
void remember_iova(uint64_t iova);
uint32_t map_flags(void);
void op_map(void);
void op_map_file(void);
void op_copy(void);
void op_unmap(void);
void op_ranges(void);
void op_allow(void);
void op_option(void);
void op_change_process(void);
int test(const char *name, struct iomfd_test_cmd *cmd);
void op_mock(void);
uint32_t any_pt(void);
void op_mock_replace(void);
void op_pasid(void);
void op_check_map(void);
unsigned count_refs(uint64_t page);
void op_check_refs(void);
void op_reserved(void);
void op_access(void);
void op_access_use(void);
void op_dmabuf(void);
void op_dirty(void);
void op_dirty_bitmap(void);
void op_set_dirty(void);
void op_hwpt(void);
void op_hw_info(void);
void op_invalidate(void);
void op_check_caches(void);
void op_viommu(void);
void op_mmap(void);
void op_vdevice(void);
void op_veventq(void);
void op_fault_queue(void);
void op_hw_queue(void);
void op_trigger(void);
void op_events(void);
void op_close_one(void);
void op_vfio(void);
void op_odd_ioctl(void);

#endif
