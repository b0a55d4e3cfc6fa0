/* SPDX-License-Identifier: MIT */
/*
 * Random calls, mostly sensible, some broken. What is drawn depends on the seed
 * and on earlier answers only, so both worlds make the same calls for as long
 * as they give the same answers.
 */
#define _GNU_SOURCE
#include "port.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define EPISODE 250 /* calls before everything is closed and opened anew */
#define MAX_IDS 48
#define MAX_FDS 24
#define MAX_PASIDS 16

static uint64_t state;
static int fd; /* the context */
static uint32_t ids[MAX_IDS]; /* any object that was ever made */
static unsigned n_ids;
static uint32_t ioas_ids[MAX_IDS], dev_ids[MAX_IDS], stdev_ids[MAX_IDS], hwpt_ids[MAX_IDS],
	viommu_ids[MAX_IDS], fault_ids[MAX_IDS];
static unsigned n_ioas, n_dev, n_stdev, n_hwpt, n_viommu, n_fault;
static int event_fds[MAX_FDS], access_fds[MAX_FDS], dmabuf_fds[MAX_FDS];
static unsigned n_event, n_access, n_dmabuf;
static struct {
	uint32_t stdev, pasid;
} pasids[MAX_PASIDS];
static unsigned n_pasids;
static uint64_t iovas[16];
static unsigned n_iovas;
static struct {
	void *addr;
	size_t n;
} maps[8];
static unsigned n_maps;
static uint64_t map_offset;
static struct mapped {
	uint32_t ioas;
	uint64_t iova, va, length;
} mapped[24];
static unsigned n_mapped;
static uint32_t dirty_hwpts[MAX_IDS];
static unsigned n_dirty;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return (rnd() >> 11) % n;
}

static bool once_in(unsigned n)
{
	return below(n) == 0;
}

static void add(uint32_t *list, unsigned *n, uint32_t id)
{
	list[*n < MAX_IDS ? (*n)++ : below(MAX_IDS)] = id;
	if (list != ids)
		add(ids, &n_ids, id);
}

static uint32_t pick(const uint32_t *list, unsigned n)
{
	if (once_in(25))
		return (uint32_t)below(12);
	if (once_in(25) && n_ids)
		return ids[below(n_ids)];
	return n ? list[below(n)] : (uint32_t)below(6);
}

static int pick_fd(const int *list, unsigned n)
{
	if (once_in(40))
		return (int)below(12);
	return n ? list[below(n)] : -1;
}

static uint64_t random_iova(void)
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

static uint64_t random_length(void)
{
	static const uint64_t odd[] = { 0, 1, 2048, 4095, ~0ull, ~0ull - 4096, 1ull << 62, 6144 };

	if (once_in(15))
		return odd[below(sizeof(odd) / sizeof(odd[0]))];
	if (once_in(8))
		return (1 + below(16)) * 2048;
	return (1 + below(8)) * 4096;
}

static uint64_t random_va(void)
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
static uint64_t data_at(const void *data, size_t n)
{
	if (once_in(60))
		return MEM_HOLE;
	if (once_in(60))
		return 0;
	memcpy((void *)(uintptr_t)MEM_SCRATCH, data, n);
	return MEM_SCRATCH;
}

static uint32_t mess32(uint32_t good)
{
	return once_in(70) ? (uint32_t)(once_in(2) ? 1u << below(32) : below(5)) : good;
}

/*
 * The call with a structure that is now and then a little too short or long,
 * has a stray bit set, or lies where it cannot be read.
 */
static int run(const char *name, unsigned long request, void *cmd, size_t n)
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

/* ------------------------------------------------------------------------
 * Address spaces
 */
static void op_ioas_alloc(void)
{
	struct iomfd_ioas_alloc cmd = { .flags = mess32(0) };

	if (run("ioas_alloc", IOMFD_IOAS_ALLOC, &cmd, sizeof(cmd)) == 0)
		add(ioas_ids, &n_ioas, cmd.out_ioas_id);
}

static void op_destroy(void)
{
	struct iomfd_destroy cmd = { .id = n_ids ? ids[below(n_ids)] : 1 };

	if (once_in(4))
		cmd.id = (uint32_t)below(40);
	/* A mock device that goes while PASIDs are attached is a leak in the kernel. */
	for (unsigned i = 0; i < n_pasids; i++) {
		struct iomfd_test_cmd detach = { .op = IOMFD_TEST_PASID_DETACH,
						 .id = pasids[i].stdev,
						 .size = sizeof(detach) };

		if (pasids[i].stdev != cmd.id)
			continue;
		detach.pasid.pasid = pasids[i].pasid;
		call(fd, "pasid_detach", IOMFD_TEST_CMD, &detach, sizeof(detach));
		pasids[i--] = pasids[--n_pasids];
	}
	cmd.size = sizeof(cmd);
	call(fd, "destroy", IOMFD_DESTROY, &cmd, sizeof(cmd));
}

/* A mapping that was made, and may still be there. */
static bool pick_mapped(struct mapped *m)
{
	if (!n_mapped || once_in(3))
		return false;
	*m = mapped[below(n_mapped)];
	return true;
}

static void remember_map(uint32_t ioas, uint64_t iova, uint64_t va, uint64_t length)
{
	mapped[n_mapped < 24 ? n_mapped++ : below(24)] = (struct mapped){ ioas, iova, va, length };
}

static void remember_iova(uint64_t iova)
{
	iovas[n_iovas < 16 ? n_iovas++ : below(16)] = iova;
}

static uint32_t map_flags(void)
{
	return mess32((uint32_t)(below(8) ? 6 : below(8)) | (below(3) ? 1 : 0));
}

static void op_map(void)
{
	struct iomfd_ioas_map cmd = {
		.flags = map_flags(),
		.ioas_id = pick(ioas_ids, n_ioas),
		.reserved = mess32(0),
		.user_va = random_va(),
		.length = random_length(),
		.iova = random_iova(),
	};

	if (run("ioas_map", IOMFD_IOAS_MAP, &cmd, sizeof(cmd)) == 0) {
		remember_iova(cmd.iova);
		remember_map(cmd.ioas_id, cmd.iova, cmd.user_va, cmd.length);
	}
}

static void op_map_file(void)
{
	struct iomfd_ioas_map_file cmd = {
		.flags = map_flags(),
		.ioas_id = pick(ioas_ids, n_ioas),
		.fd = once_in(3) ? pick_fd(dmabuf_fds, n_dmabuf) : mem_fd,
		.start = below(MEM_PAGES + 2) * 4096,
		.length = random_length(),
		.iova = random_iova(),
	};

	if (once_in(10))
		cmd.start += below(4096);
	if (once_in(20))
		cmd.fd = (int)below(390) - 10;
	if (cmd.fd >= 0 && cmd.fd < 3)
		cmd.fd = mem_fd;
	if (run("ioas_map_file", IOMFD_IOAS_MAP_FILE, &cmd, sizeof(cmd)) == 0) {
		remember_iova(cmd.iova);
		if (cmd.fd == mem_fd)
			remember_map(cmd.ioas_id, cmd.iova, MEM_FILE + cmd.start, cmd.length);
	}
}

static void op_copy(void)
{
	struct iomfd_ioas_copy cmd = {
		.flags = map_flags(),
		.dst_ioas_id = pick(ioas_ids, n_ioas),
		.src_ioas_id = pick(ioas_ids, n_ioas),
		.length = random_length(),
		.dst_iova = random_iova(),
		.src_iova = random_iova(),
	};

	struct mapped m;

	if (pick_mapped(&m)) {
		cmd.src_ioas_id = m.ioas;
		cmd.src_iova = m.iova;
		cmd.length = once_in(3) ? m.length / 2 : m.length;
	}
	if (once_in(20)) {
		cmd.flags |= 1u << 16;
		cmd.src_iova = below(4) | (below(4) << 43);
	}
	if (run("ioas_copy", IOMFD_IOAS_COPY, &cmd, sizeof(cmd)) == 0)
		remember_iova(cmd.dst_iova);
}

static void op_unmap(void)
{
	struct iomfd_ioas_unmap cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.iova = random_iova(),
		.length = once_in(3) ? below(64) * 4096 : random_length(),
	};

	struct mapped m;

	if (pick_mapped(&m)) {
		cmd.ioas_id = m.ioas;
		cmd.iova = m.iova;
		cmd.length = m.length;
	}
	if (once_in(20)) {
		cmd.iova = 0;
		cmd.length = ~0ull;
	}
	run("ioas_unmap", IOMFD_IOAS_UNMAP, &cmd, sizeof(cmd));
}

static void op_ranges(void)
{
	struct iomfd_ioas_iova_ranges cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.num_iovas = (uint32_t)below(10),
		.reserved = mess32(0),
		.allowed_iovas = once_in(30) ? MEM_HOLE : MEM_SCRATCH,
	};
	uint64_t *out = (uint64_t *)(uintptr_t)MEM_SCRATCH;

	memset(out, 0, 256);
	run("iova_ranges", IOMFD_IOAS_IOVA_RANGES, &cmd, sizeof(cmd));
	for (unsigned i = 0; i < 20 && out[i]; i++)
		note("  %llx", (unsigned long long)out[i]);
	note("\n");
}

static void op_allow(void)
{
	struct iomfd_iova_range ranges[4];
	struct iomfd_ioas_allow_iovas cmd = {
		.ioas_id = pick(ioas_ids, n_ioas),
		.num_iovas = (uint32_t)below(4),
		.reserved = mess32(0),
	};
	uint64_t at = 0x1000000 * below(4);

	for (unsigned i = 0; i < 4; i++) {
		at += below(16) * 4096;
		ranges[i].start = at;
		ranges[i].last = at + below(64) * 4096 - !once_in(8);
		at = ranges[i].last + (once_in(12) ? 0 : 1);
		if (once_in(30))
			ranges[i].last = ~0ull;
	}
	cmd.allowed_iovas = data_at(ranges, sizeof(ranges));
	run("allow_iovas", IOMFD_IOAS_ALLOW_IOVAS, &cmd, sizeof(cmd));
}

static void op_option(void)
{
	struct iomfd_option cmd = {
		.option_id = (uint32_t)(once_in(20)  ? below(5)
					: once_in(3) ? 0
						     : 1),
		.op = (uint16_t)(once_in(20) ? below(5) : below(2)),
		.reserved = (uint16_t)mess32(0),
		.val64 = once_in(20) ? below(5) : below(2),
	};

	if (cmd.option_id == 1 || once_in(10))
		cmd.object_id = pick(ioas_ids, n_ioas);
	run("option", IOMFD_OPTION, &cmd, sizeof(cmd));
}

static void op_change_process(void)
{
	struct iomfd_ioas_change_process cmd = { .reserved = mess32(0) };

	run("change_process", IOMFD_IOAS_CHANGE_PROCESS, &cmd, sizeof(cmd));
}

/* ------------------------------------------------------------------------
 * Test commands
 */
static int test(const char *name, struct iomfd_test_cmd *cmd)
{
	return run(name, IOMFD_TEST_CMD, cmd, sizeof(*cmd));
}

static void op_mock(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MOCK_DOMAIN_FLAGS,
				      .id = pick(ioas_ids, n_ioas) };

	if (once_in(3))
		cmd.op = IOMFD_TEST_MOCK_DOMAIN;
	if (once_in(6) && n_hwpt)
		cmd.id = pick(hwpt_ids, n_hwpt);
	if (once_in(3))
		cmd.mock_domain.dev_flags =
			once_in(10) ? (uint32_t)below(16) : (uint32_t)(below(2) | below(2) << 2);
	if (once_in(2))
		cmd.mock_domain.dev_flags |= 4;
	if (cmd.op == IOMFD_TEST_MOCK_DOMAIN)
		cmd.mock_domain.dev_flags = 0;
	if (test("mock_domain", &cmd) == 0) {
		add(stdev_ids, &n_stdev, cmd.mock_domain.out_stdev_id);
		add(dev_ids, &n_dev, cmd.mock_domain.out_idev_id);
		add(hwpt_ids, &n_hwpt, cmd.mock_domain.out_hwpt_id);
	}
}

static uint32_t any_pt(void)
{
	return once_in(3) ? pick(ioas_ids, n_ioas) : pick(hwpt_ids, n_hwpt);
}

static void op_mock_replace(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MOCK_DOMAIN_REPLACE,
				      .id = pick(stdev_ids, n_stdev) };

	cmd.mock_domain_replace.pt_id = any_pt();
	if (test("mock_replace", &cmd) == 0)
		add(hwpt_ids, &n_hwpt, cmd.mock_domain_replace.pt_id);
}

static void op_pasid(void)
{
	struct iomfd_test_cmd cmd = { .id = pick(stdev_ids, n_stdev) };
	unsigned i;
	int rc;

	cmd.op = (uint32_t)(IOMFD_TEST_PASID_ATTACH + below(4));
	cmd.pasid.pasid = (uint32_t)(once_in(6) ? 1024 : 1 + below(3));
	if (once_in(30))
		cmd.pasid.pasid = 1u << 20;
	cmd.pasid.pt_id = any_pt();
	if (n_pasids && !once_in(3)) {
		i = (unsigned)below(n_pasids);
		cmd.id = pasids[i].stdev;
		cmd.pasid.pasid = pasids[i].pasid;
	}
	if (n_pasids == MAX_PASIDS && cmd.op == IOMFD_TEST_PASID_ATTACH)
		return;
	cmd.size = sizeof(cmd);
	rc = call(fd, "pasid", IOMFD_TEST_CMD, &cmd, sizeof(cmd));
	if (rc == 0 && cmd.op == IOMFD_TEST_PASID_ATTACH) {
		pasids[n_pasids].stdev = cmd.id;
		pasids[n_pasids++].pasid = cmd.pasid.pasid;
	}
	for (i = 0; rc == 0 && cmd.op == IOMFD_TEST_PASID_DETACH && i < n_pasids; i++) {
		if (pasids[i].stdev == cmd.id && pasids[i].pasid == cmd.pasid.pasid)
			pasids[i--] = pasids[--n_pasids];
	}
}

static void op_check_map(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MD_CHECK_MAP, .id = pick(hwpt_ids, n_hwpt) };
	struct mapped m;

	cmd.check_map.iova = random_iova();
	cmd.check_map.length = (1 + below(3)) * 2048;
	cmd.check_map.uptr = random_va();
	if (pick_mapped(&m)) {
		cmd.check_map.iova = m.iova;
		cmd.check_map.length = m.length;
		cmd.check_map.uptr = m.va;
	}
	test("check_map", &cmd);
}

/* How often a page is pinned is asked, not guessed. */
static unsigned count_refs(uint64_t page)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MD_CHECK_REFS, .size = sizeof(cmd) };

	cmd.check_refs.length = 4096;
	cmd.check_refs.uptr = page;
	for (cmd.check_refs.refs = 0; cmd.check_refs.refs < 12; cmd.check_refs.refs++) {
		if (port_ioctl(fd, IOMFD_TEST_CMD, (uintptr_t)&cmd) == 0)
			break;
	}
	return cmd.check_refs.refs;
}

static void op_check_refs(void)
{
	uint64_t page = MEM_BASE + below(MEM_PAGES) * 4096;

	if (once_in(3))
		page = MEM_FILE + below(MEM_PAGES) * 4096;
	note("refs %llx %u\n", (unsigned long long)page, count_refs(page));
}

static void op_reserved(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_ADD_RESERVED, .id = pick(ioas_ids, n_ioas) };

	cmd.add_reserved.start = once_in(4) ? random_iova() : 0x1100000 + below(256) * 4096;
	cmd.add_reserved.length = once_in(10) ? random_length() : 4096;
	test("reserved", &cmd);
}

static void op_access(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_CREATE_ACCESS,
				      .id = pick(ioas_ids, n_ioas) };

	if (n_access >= MAX_FDS)
		return;
	cmd.create_access.flags = mess32((uint32_t)below(2));
	if (test("create_access", &cmd) == 0)
		access_fds[n_access++] = (int)cmd.create_access.out_access_fd;
}

static void op_access_use(void)
{
	struct iomfd_test_cmd cmd = { .id = (uint32_t)pick_fd(access_fds, n_access) };
	const uint8_t *p = (const uint8_t *)(uintptr_t)MEM_SCRATCH;
	uint32_t sum = 0;
	struct mapped m;

	switch (below(6)) {
	case 0:
	case 5:
		cmd.op = IOMFD_TEST_ACCESS_PAGES;
		cmd.access_pages.flags = mess32((uint32_t)below(2));
		cmd.access_pages.iova = random_iova();
		cmd.access_pages.length = random_length();
		cmd.access_pages.uptr = once_in(3) ? random_va() : 0;
		if (pick_mapped(&m)) {
			cmd.access_pages.iova = m.iova;
			cmd.access_pages.length = m.length;
			cmd.access_pages.uptr = once_in(2) ? m.va : 0;
		}
		test("access_pages", &cmd);
		return;
	case 1:
		cmd.op = IOMFD_TEST_DESTROY_ACCESS_PAGES;
		cmd.destroy_access_pages.access_pages_id = (uint32_t)below(once_in(2) ? 2 : 6);
		test("destroy_access_pages", &cmd);
		return;
	case 2:
		cmd.op = IOMFD_TEST_ACCESS_REPLACE_IOAS;
		cmd.access_replace_ioas.ioas_id = pick(ioas_ids, n_ioas);
		test("access_replace", &cmd);
		return;
	default:
		cmd.op = IOMFD_TEST_ACCESS_RW;
		cmd.access_rw.flags = mess32((uint32_t)(below(2) | below(2) << 2));
		cmd.access_rw.iova = random_iova() + below(100);
		cmd.access_rw.length = once_in(20) ? random_length() : 1 + below(9000);
		cmd.access_rw.uptr = once_in(30) ? MEM_HOLE : MEM_SCRATCH;
		for (unsigned i = 0; i < 64; i++)
			((uint32_t *)(uintptr_t)MEM_SCRATCH)[i] = (uint32_t)rnd();
		test("access_rw", &cmd);
		for (unsigned i = 0; i < 16384; i++)
			sum = sum * 31 + p[i];
		note("  sum %x\n", sum);
	}
}

static void op_dmabuf(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_DMABUF_GET };
	int rc;

	if (n_dmabuf < MAX_FDS && once_in(2)) {
		cmd.dmabuf_get.length = (uint32_t)(once_in(10) ? below(1u << 24) : below(9) * 4096);
		cmd.dmabuf_get.open_flags = 02000002;
		cmd.size = sizeof(cmd);
		rc = call(fd, "dmabuf_get", IOMFD_TEST_CMD, &cmd, sizeof(cmd));
		if (rc >= 0)
			dmabuf_fds[n_dmabuf++] = rc;
		return;
	}
	cmd.op = IOMFD_TEST_DMABUF_REVOKE;
	cmd.dmabuf_revoke.dmabuf_fd = pick_fd(dmabuf_fds, n_dmabuf);
	cmd.dmabuf_revoke.revoked = (uint32_t)below(2);
	test("dmabuf_revoke", &cmd);
}

static void op_dirty(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_DIRTY, .id = pick(dirty_hwpts, n_dirty) };
	uint64_t bits[2] = { rnd(), rnd() };
	struct mapped m;

	cmd.dirty.iova = random_iova();
	cmd.dirty.page_size = once_in(10) ? below(3) * 1024 : 2048ull << below(2);
	cmd.dirty.length = cmd.dirty.page_size * below(20);
	if (pick_mapped(&m)) {
		cmd.dirty.iova = m.iova;
		cmd.dirty.length = m.length;
	}
	cmd.dirty.uptr = data_at(bits, sizeof(bits));
	test("dirty", &cmd);
}

static void op_dirty_bitmap(void)
{
	struct iomfd_hwpt_get_dirty_bitmap cmd = {
		.hwpt_id = pick(hwpt_ids, n_hwpt),
		.flags = mess32((uint32_t)below(2)),
		.reserved = mess32(0),
		.iova = random_iova(),
		.length = random_length(),
		.page_size = once_in(10) ? below(5) * 1024 : 2048ull << below(3),
		.data = once_in(40) ? MEM_HOLE : MEM_SCRATCH + below(8),
	};
	const uint8_t *p = (const uint8_t *)(uintptr_t)MEM_SCRATCH;
	struct mapped m;

	/*
	 * Not from the middle of an entry of two halves: 7.2 then computes a length
	 * of zero and fills a page of the caller's memory with ones.
	 */
	cmd.iova &= ~4095ull;
	cmd.hwpt_id = pick(dirty_hwpts, n_dirty);
	if (pick_mapped(&m)) {
		cmd.iova = m.iova;
		cmd.length = m.length;
	}
	memset((void *)(uintptr_t)MEM_SCRATCH, 0, 64);
	run("get_dirty", IOMFD_HWPT_GET_DIRTY_BITMAP, &cmd, sizeof(cmd));
	for (unsigned i = 0; i < 24; i++)
		note(" %02x", p[i]);
	note("\n");
}

static void op_set_dirty(void)
{
	struct iomfd_hwpt_set_dirty_tracking cmd = {
		.flags = mess32((uint32_t)!once_in(4)),
		.hwpt_id = once_in(4) ? pick(hwpt_ids, n_hwpt) : pick(dirty_hwpts, n_dirty),
		.reserved = mess32(0),
	};

	run("set_dirty", IOMFD_HWPT_SET_DIRTY_TRACKING, &cmd, sizeof(cmd));
}

/* ------------------------------------------------------------------------
 * Page tables, virtual IOMMUs, events
 */
static void op_hwpt(void)
{
	const struct iomfd_hwpt_selftest data = { 0x1234, (uint32_t)once_in(8) };
	struct iomfd_hwpt_alloc cmd = {
		.flags = (uint32_t)below(16),
		.dev_id = pick(dev_ids, n_dev),
		.pt_id = pick(ioas_ids, n_ioas),
		.reserved = mess32(0),
		.reserved2 = mess32(0),
		.fault_id = pick(fault_ids, n_fault),
	};
	bool nested = once_in(2);

	if (once_in(2))
		cmd.flags &= ~4u;
	if (nested) {
		cmd.pt_id = once_in(2) ? pick(viommu_ids, n_viommu) : pick(hwpt_ids, n_hwpt);
		cmd.flags &= 12;
	} else if (once_in(3)) {
		cmd.flags = 1;
	}
	if (once_in(30))
		cmd.flags |= 1u << below(32);
	if (nested || once_in(4)) {
		cmd.data_type = IOMFD_HWPT_DATA_SELFTEST;
		cmd.data_len = sizeof(data);
		if (once_in(8))
			cmd.data_len = (uint32_t)below(16);
		cmd.data_uptr = data_at(&data, sizeof(data));
	}
	cmd.data_type = mess32(cmd.data_type);
	if (run("hwpt_alloc", IOMFD_HWPT_ALLOC, &cmd, sizeof(cmd)) == 0) {
		add(hwpt_ids, &n_hwpt, cmd.out_hwpt_id);
		if (cmd.flags & 2)
			add(dirty_hwpts, &n_dirty, cmd.out_hwpt_id);
	}
}

static void op_hw_info(void)
{
	struct iomfd_hw_info cmd = {
		.flags = mess32((uint32_t)once_in(3)),
		.dev_id = pick(dev_ids, n_dev),
		.data_len = (uint32_t)below(24),
		.data_uptr = once_in(20) ? MEM_HOLE : MEM_SCRATCH,
	};
	const uint8_t *p = (const uint8_t *)(uintptr_t)MEM_SCRATCH;

	if (cmd.flags & 1)
		cmd.data_type = once_in(2) ? IOMFD_HW_INFO_SELFTEST : (uint32_t)below(3);
	cmd.reserved[below(3)] = (uint8_t)mess32(0);
	memset((void *)(uintptr_t)MEM_SCRATCH, 0x55, 32);
	run("hw_info", IOMFD_GET_HW_INFO, &cmd, sizeof(cmd));
	for (unsigned i = 0; i < 24; i++)
		note(" %02x", p[i]);
	note("\n");
}

static void op_invalidate(void)
{
	bool viommu = once_in(2);
	struct iomfd_hwpt_invalidate cmd = {
		.hwpt_id = viommu ? pick(viommu_ids, n_viommu) : pick(hwpt_ids, n_hwpt),
		.data_type = mess32(IOMFD_INVALIDATE_SELFTEST),
		.entry_len = viommu ? 12 : 8,
		.entry_num = (uint32_t)below(4),
		.reserved = mess32(0),
	};
	uint32_t words[32] = { 0 };

	if (once_in(10))
		cmd.entry_len = (uint32_t)(once_in(4) ? 5000 : below(20));
	if (once_in(60))
		cmd.entry_num = 1u << 20;
	for (unsigned i = 0; i < 4; i++) {
		words[i * (viommu ? 3 : 2)] = once_in(12) ? 2 : (uint32_t)below(2);
		words[i * (viommu ? 3 : 2) + 1] = (uint32_t)below(viommu ? 3 : 5);
		if (viommu)
			words[i * 3 + 2] = (uint32_t)below(5);
	}
	cmd.data_uptr = data_at(words, sizeof(words));
	run("invalidate", IOMFD_HWPT_INVALIDATE, &cmd, sizeof(cmd));
}

static void op_check_caches(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MD_CHECK_IOTLB,
				      .id = pick(hwpt_ids, n_hwpt) };

	cmd.check_iotlb.id = (uint32_t)below(5);
	cmd.check_iotlb.iotlb = once_in(2) ? 0x1234 : 0;
	if (once_in(2)) {
		cmd.op = IOMFD_TEST_DEV_CHECK_CACHE;
		cmd.id = pick(dev_ids, n_dev);
		cmd.check_dev_cache.cache = once_in(2) ? IOMFD_DEV_CACHE_DEFAULT : 0;
	}
	test("check_cache", &cmd);
}

static void op_viommu(void)
{
	const struct iomfd_viommu_selftest data = { .in_data = (uint32_t)rnd() };
	const struct iomfd_viommu_selftest *out = (const void *)(uintptr_t)MEM_SCRATCH;
	struct iomfd_viommu_alloc cmd = {
		.flags = mess32(0),
		.type = mess32(IOMFD_VIOMMU_TYPE_SELFTEST),
		.dev_id = pick(dev_ids, n_dev),
		.hwpt_id = pick(hwpt_ids, n_hwpt),
		.reserved = mess32(0),
	};

	if (once_in(3)) {
		cmd.data_len = once_in(8) ? (uint32_t)below(30) : sizeof(data);
		cmd.data_uptr = data_at(&data, sizeof(data));
	}
	if (run("viommu_alloc", IOMFD_VIOMMU_ALLOC, &cmd, sizeof(cmd)))
		return;
	add(viommu_ids, &n_viommu, cmd.out_viommu_id);
	if (cmd.data_len == sizeof(data)) {
		map_offset = out->out_mmap_offset;
		note("  data %x at %llx + %llx\n", out->out_data,
		     (unsigned long long)out->out_mmap_offset,
		     (unsigned long long)out->out_mmap_length);
	}
}

static void op_mmap(void)
{
	size_t n = once_in(4) ? below(4) * 4096 : 8192;
	int flags = once_in(6) ? MAP_PRIVATE : MAP_SHARED, rc;
	int prot = once_in(6) ? 7 : 3;
	uint64_t offset = once_in(6) ? below(6) * 4096 : map_offset;
	unsigned i;
	void *p;

	if (n_maps && once_in(2)) {
		i = (unsigned)below(n_maps);
		rc = port_munmap(maps[i].addr, maps[i].n);
		maps[i] = maps[--n_maps];
		note("munmap = %d\n", rc);
		return;
	}
	if (n_maps == 8)
		return;
	p = port_mmap(fd, n, prot, flags, offset, &rc);
	note("mmap %zx %x %x %llx = %d", n, prot, flags, (unsigned long long)offset, rc);
	if (!rc) {
		note(" %x", *(uint32_t *)p);
		maps[n_maps].addr = p;
		maps[n_maps++].n = n;
	}
	note("\n");
}

static void op_vdevice(void)
{
	struct iomfd_vdevice_alloc cmd = {
		.viommu_id = pick(viommu_ids, n_viommu),
		.dev_id = pick(dev_ids, n_dev),
		.virt_id = below(3),
	};

	if (run("vdevice_alloc", IOMFD_VDEVICE_ALLOC, &cmd, sizeof(cmd)) == 0)
		add(ids, &n_ids, cmd.out_vdevice_id);
}

static void op_veventq(void)
{
	struct iomfd_veventq_alloc cmd = {
		.flags = mess32(0),
		.viommu_id = pick(viommu_ids, n_viommu),
		.type = once_in(10) ? (uint32_t)below(3) : IOMFD_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = once_in(30) ? (1u << 19) + 1 : (uint32_t)below(5),
		.reserved = mess32(0),
	};

	if (n_event >= MAX_FDS)
		return;
	if (run("veventq_alloc", IOMFD_VEVENTQ_ALLOC, &cmd, sizeof(cmd)) == 0) {
		add(ids, &n_ids, cmd.out_veventq_id);
		event_fds[n_event++] = (int)cmd.out_veventq_fd;
	}
}

static void op_fault_queue(void)
{
	struct iomfd_fault_alloc cmd = { .flags = mess32(0) };

	if (n_event >= MAX_FDS)
		return;
	if (run("fault_alloc", IOMFD_FAULT_QUEUE_ALLOC, &cmd, sizeof(cmd)) == 0) {
		add(fault_ids, &n_fault, cmd.out_fault_id);
		event_fds[n_event++] = (int)cmd.out_fault_fd;
	}
}

static void op_hw_queue(void)
{
	struct iomfd_hw_queue_alloc cmd = {
		.flags = mess32(0),
		.viommu_id = pick(viommu_ids, n_viommu),
		.type = mess32(IOMFD_HW_QUEUE_TYPE_SELFTEST),
		.index = (uint32_t)below(3),
		.nesting_parent_iova = random_iova(),
		.length = once_in(4) ? random_length() : 1 + below(4096),
	};

	struct mapped m;

	if (cmd.length > 1ull << 40 && cmd.length != ~0ull)
		cmd.length = 4096;
	if (pick_mapped(&m))
		cmd.nesting_parent_iova = m.iova;
	if (run("hw_queue_alloc", IOMFD_HW_QUEUE_ALLOC, &cmd, sizeof(cmd)) == 0)
		add(ids, &n_ids, cmd.out_hw_queue_id);
}

static void op_trigger(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_TRIGGER_VEVENT };

	cmd.trigger_vevent.dev_id = pick(dev_ids, n_dev);
	if (once_in(2)) {
		cmd.op = IOMFD_TEST_TRIGGER_IOPF;
		cmd.trigger_iopf.pasid = (uint32_t)below(4);
		cmd.trigger_iopf.grpid = (uint32_t)below(9);
		cmd.trigger_iopf.perm = (uint32_t)below(8);
		cmd.trigger_iopf.addr = rnd() & ~0xfffull;
	}
	test("trigger", &cmd);
}

static void op_events(void)
{
	uint8_t *p = (uint8_t *)(uintptr_t)MEM_SCRATCH;
	struct iomfd_hwpt_page_response r[2] = {
		{ (uint32_t)below(5), once_in(10) ? 2 : (uint32_t)below(2) },
		{ (uint32_t)below(5), (uint32_t)below(2) },
	};
	struct pollfd poller = { .events = POLLIN | POLLOUT };
	int q = pick_fd(event_fds, n_event);
	size_t n;
	long rc;

	for (unsigned i = 0; i < n_event; i++) {
		if (event_fds[i] == q)
			break;
		if (i + 1 == n_event)
			return;
	}
	if (q < 0 || !n_event)
		return;
	poller.fd = q;
	rc = poll(&poller, 1, 0);
	note("poll %d = %ld %x\n", q, rc, poller.revents);
	if (once_in(3)) {
		n = once_in(10) ? below(20) : 8 * (1 + below(2));
		rc = port_write(q, once_in(30) ? (void *)(uintptr_t)MEM_HOLE : r, n);
		note("write %d %zu {%u %u} {%u %u} = %ld\n", q, n, r[0].cookie, r[0].code,
		     r[1].cookie, r[1].code, rc);
		return;
	}
	n = once_in(4) ? below(60) : 40 * (1 + below(3));
	memset(p, 0, 256);
	rc = port_read(q, once_in(30) ? (void *)(uintptr_t)MEM_HOLE : p, n);
	note("read %d %zu = %ld", q, n, rc);
	for (long i = 0; i < rc && i < 160; i++)
		note(" %02x", p[i]);
	note("\n");
}

static void op_close_one(void)
{
	int *list = once_in(2) ? event_fds : access_fds;
	unsigned *n = list == event_fds ? &n_event : &n_access, i;

	if (!*n)
		return;
	i = (unsigned)below(*n);
	note("close %d = %d\n", list[i], port_close(list[i]));
	list[i] = list[--*n];
}

/* ------------------------------------------------------------------------
 * VFIO compatibility
 */
static void op_vfio(void)
{
	struct iomfd_vfio_ioas ioas = {
		.size = sizeof(ioas),
		.ioas_id = pick(ioas_ids, n_ioas),
		.op = (uint16_t)(once_in(20) ? 3
				 : below(5)  ? 1
					     : below(3)),
		.reserved = (uint16_t)mess32(0),
	};
	struct iomfd_vfio_dma_map map = {
		.argsz = (uint32_t)(once_in(20) ? below(40) : sizeof(map)),
		.flags = mess32((uint32_t)(once_in(10) ? below(4) : 3)),
		.vaddr = random_va(),
		.iova = random_iova(),
		.dma_size = random_length(),
	};
	struct iomfd_vfio_dma_unmap unmap = {
		.argsz = (uint32_t)(once_in(20) ? below(40) : sizeof(unmap)),
		.flags = mess32(once_in(10) ? 2 : 0),
		.iova = random_iova(),
		.dma_size = once_in(3) ? below(64) * 4096 : random_length(),
	};
	uint32_t info[64] = { 0 };
	uint64_t arg;

	switch (below(7)) {
	case 0:
		call(fd, "vfio_ioas", IOMFD_VFIO_IOAS, &ioas, sizeof(ioas));
		break;
	case 1:
		arg = below(11);
		note("extension %llu: ", (unsigned long long)arg);
		call_at(fd, "check_extension", IOMFD_VFIO_CHECK_EXTENSION, arg);
		break;
	case 2:
		arg = once_in(8) ? below(10) : once_in(2) ? 1 : 3;
		note("iommu %llu: ", (unsigned long long)arg);
		call_at(fd, "set_iommu", IOMFD_VFIO_SET_IOMMU, arg);
		break;
	case 3:
		info[0] = (uint32_t)below(160);
		call(fd, "get_info", IOMFD_VFIO_IOMMU_GET_INFO, info, 128);
		break;
	case 4:
	case 5:
		if ((map.flags & 3) == 0)
			map.flags |= 1;
		if (call(fd, "map_dma", IOMFD_VFIO_IOMMU_MAP_DMA, &map, sizeof(map)) == 0)
			remember_iova(map.iova);
		break;
	default:
		if (unmap.flags & 2)
			unmap.iova = unmap.dma_size = once_in(5);
		call(fd, "unmap_dma", IOMFD_VFIO_IOMMU_UNMAP_DMA, &unmap, sizeof(unmap));
	}
}

static void op_odd_ioctl(void)
{
	static const unsigned numbers[] = { 0x95, 0x9f, 0xa1, 0x7f, 100, 117, 0x88, 0xff };
	unsigned long request = IOMFD_IO(numbers[below(8)]);
	uint32_t words[8] = { 24 };

	if (once_in(3))
		request = _IOW(IOMFD_TYPE, 0x81, int);
	note("%lx ", request);
	call(fd, "odd", request, words, sizeof(words));
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
