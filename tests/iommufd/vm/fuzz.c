/* SPDX-License-Identifier: MIT */
/*
 * Random calls, mostly sensible, some broken. What is drawn depends on the seed
 * and on earlier answers only, so both worlds make the same calls for as long
 * as they give the same answers.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define EPISODE 250 /* calls before everything is closed and opened anew */

uint64_t state;
int fd; /* the context */
uint32_t ids[MAX_IDS]; /* any object that was ever made */
unsigned n_ids;
uint32_t ioas_ids[MAX_IDS], dev_ids[MAX_IDS], stdev_ids[MAX_IDS], hwpt_ids[MAX_IDS],
	viommu_ids[MAX_IDS], fault_ids[MAX_IDS];
unsigned n_ioas, n_dev, n_stdev, n_hwpt, n_viommu, n_fault;
int event_fds[MAX_FDS], access_fds[MAX_FDS], dmabuf_fds[MAX_FDS];
unsigned n_event, n_access, n_dmabuf;
struct held pasids[MAX_PASIDS];
unsigned n_pasids;
uint64_t iovas[16];
unsigned n_iovas;
struct region maps[8];
unsigned n_maps;
uint64_t map_offset;
struct mapped mapped[24];
unsigned n_mapped;
uint32_t dirty_hwpts[MAX_IDS];
unsigned n_dirty;

uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

uint64_t below(uint64_t n)
{
	return (rnd() >> 11) % n;
}

bool once_in(unsigned n)
{
	return below(n) == 0;
}

void add(uint32_t *list, unsigned *n, uint32_t id)
{
	list[*n < MAX_IDS ? (*n)++ : below(MAX_IDS)] = id;
	if (list != ids)
		add(ids, &n_ids, id);
}

uint32_t pick(const uint32_t *list, unsigned n)
{
	if (once_in(25))
		return (uint32_t)below(12);
	if (once_in(25) && n_ids)
		return ids[below(n_ids)];
	return n ? list[below(n)] : (uint32_t)below(6);
}

int pick_fd(const int *list, unsigned n)
{
	if (once_in(40))
		return (int)below(12);
	return n ? list[below(n)] : -1;
}

uint64_t random_iova(void)
{
	static const uint64_t odd[] = { 0,          1,         4095,
					4096,       ~0ull,     ~0ull - 4095,
					1ull << 63, 0x1000000, 0x7ffff000,
					0x80000000, 0xfff800,  1ull << 38 };

	switch (below(12)) {
	case 0:
		return odd[below(sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return below(1ull << 40);
	case 2:
		return 0x1000000 + below(64) * 2048;
	case 3:
	case 4:
		if (n_iovas)
			return iovas[below(n_iovas)] + below(8) * 2048;
		/* fall through */
	case 5:
	case 6:
	case 7:
		if (n_iovas)
			return iovas[below(n_iovas)];
		/* fall through */
	default:
		return 0x1000000 + below(64) * 4096;
	}
}

uint64_t random_length(void)
{
	static const uint64_t odd[] = { 0, 1, 2048, 4095, ~0ull, ~0ull - 4096, 1ull << 62, 6144 };

	if (once_in(15))
		return odd[below(sizeof(odd) / sizeof(odd[0]))];
	if (once_in(8))
		return (1 + below(16)) * 2048;
	return (1 + below(8)) * 4096;
}

uint64_t random_va(void)
{
	uint64_t va = MEM_BASE + below(MEM_PAGES - 8) * 4096;

	switch (below(14)) {
	case 0:
		return MEM_FILE + below(MEM_PAGES - 8) * 4096;
	case 1:
		return MEM_READONLY + below(MEM_PAGES - 8) * 4096;
	case 2:
		return MEM_HOLE + below(64) * 4096;
	case 3:
		return va + below(4096);
	case 4:
		return va + 2048;
	case 5:
		return once_in(4) ? 0 : MEM_BASE + (MEM_PAGES - 2) * 4096;
	case 6:
		return once_in(4) ? ~0ull - below(8192) : va;
	default:
		return va;
	}
}

/* A pointer for driver data: good, but for a few. */
uint64_t data_at(const void *data, size_t n)
{
	if (once_in(60))
		return MEM_HOLE;
	if (once_in(60))
		return 0;
	memcpy((void *)(uintptr_t)MEM_SCRATCH, data, n);
	return MEM_SCRATCH;
}

uint32_t mess32(uint32_t good)
{
	return once_in(70) ? (uint32_t)(once_in(2) ? 1u << below(32) : below(5)) : good;
}

/*
 * The call with a structure that is now and then a little too short or long,
 * has a stray bit set, or lies where it cannot be read.
 */
int run(const char *name, unsigned long request, void *cmd, size_t n)
{
	uint8_t buffer[256] = { 0 };
	uint32_t *size = (uint32_t *)buffer;
	int rc;

	memcpy(buffer, cmd, n);
	*size = (uint32_t)n;
	if (once_in(60))
		*size = (uint32_t)(n - 8 + below(16));
	if (once_in(60)) {
		*size = (uint32_t)(n + below(40));
		if (once_in(3))
			buffer[n + below(40)] = 1;
	}
	if (once_in(120))
		buffer[4 + below(n - 4)] ^= (uint8_t)(1u << below(8));
	if (once_in(400)) {
		uint64_t at = MEM_STRUCT + 4096 - below(n + 8);
		size_t fits = MEM_STRUCT + 4096 - at;

		memcpy((void *)(uintptr_t)at, buffer, fits < n ? fits : n);
		call_at(fd, name, request, at);
		return -1; /* what came back is not known */
	}
	rc = call(fd, name, request, buffer, (n + 40 + 7) & ~7ul);
	memcpy(cmd, buffer, n);
	return rc;
}

typedef struct op {
	void (*run)(void);
	unsigned weight;
} op;

static const op ops[] = {
	{ op_ioas_alloc, 6 },     { op_destroy, 14 },     { op_map, 30 },
	{ op_map_file, 8 },       { op_copy, 10 },        { op_unmap, 14 },
	{ op_ranges, 4 },         { op_allow, 3 },        { op_option, 4 },
	{ op_change_process, 1 }, { op_mock, 8 },         { op_mock_replace, 8 },
	{ op_pasid, 10 },         { op_check_map, 10 },   { op_check_refs, 6 },
	{ op_reserved, 2 },       { op_access, 4 },       { op_access_use, 20 },
	{ op_dmabuf, 3 },         { op_dirty, 8 },        { op_dirty_bitmap, 8 },
	{ op_set_dirty, 4 },      { op_hwpt, 22 },        { op_hw_info, 2 },
	{ op_invalidate, 6 },     { op_check_caches, 5 }, { op_viommu, 8 },
	{ op_mmap, 3 },           { op_vdevice, 8 },      { op_veventq, 5 },
	{ op_fault_queue, 4 },    { op_hw_queue, 6 },     { op_trigger, 14 },
	{ op_events, 14 },        { op_close_one, 3 },    { op_vfio, 14 },
	{ op_odd_ioctl, 1 },
};

static void start_episode(void)
{
	port_start();
	mem_setup();
	fd = port_open("iommu");
	map_offset = 4096;
	op_ioas_alloc();
	op_mock();
}

static void end_episode(void)
{
	bool context_first = once_in(2);
	unsigned refs = 0;

	for (unsigned i = 0; i < n_pasids; i++) {
		struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_PASID_DETACH,
					      .id = pasids[i].stdev,
					      .size = sizeof(cmd) };

		cmd.pasid.pasid = pasids[i].pasid;
		call(fd, "pasid_detach", IOMFD_TEST_CMD, &cmd, sizeof(cmd));
	}
	for (unsigned i = 0; i < MEM_PAGES; i++)
		refs += count_refs(MEM_BASE + i * 4096) + count_refs(MEM_FILE + i * 4096);
	note("%u pages pinned\n", refs);
	if (context_first)
		note("close context = %d\n", port_close(fd));
	for (unsigned i = 0; i < n_dmabuf; i++)
		port_close(dmabuf_fds[i]);
	for (unsigned i = 0; i < n_event; i++)
		port_close(event_fds[i]);
	for (unsigned i = 0; i < n_access; i++)
		port_close(access_fds[i]);
	for (unsigned i = 0; i < n_maps; i++)
		port_munmap(maps[i].addr, maps[i].n);
	if (!context_first)
		note("close context last = %d\n", port_close(fd));
}

static void run_ops(unsigned calls)
{
	unsigned total = 0, i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		total += ops[i].weight;
	while (calls--) {
		uint64_t at = below(total);

		for (i = 0; at >= ops[i].weight; i++)
			at -= ops[i].weight;
		ops[i].run();
	}
}

/*
 * An episode is a process of its own with memory of its own: what one leaves
 * behind does not show in the next.
 */
void run_fuzz(uint64_t seed, unsigned calls)
{
	for (unsigned n = 0; n * EPISODE < calls; n++) {
		unsigned left = calls - n * EPISODE;
		pid_t child;
		int status;

		note("-- episode %u of seed %llu\n", n, (unsigned long long)seed);
		log_flush();
		child = fork();
		if (child == 0) {
			state = (seed * 0x9e3779b97f4a7c15ull + n) * 0xbf58476d1ce4e5b9ull + 1;
			for (unsigned i = 0; i < 8; i++)
				rnd();
			start_episode();
			run_ops(left < EPISODE ? left : EPISODE);
			end_episode();
			log_flush();
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status)
			note("episode ended with %x\n", child < 0 ? -1 : status);
	}
}
