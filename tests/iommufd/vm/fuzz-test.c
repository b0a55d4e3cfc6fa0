/* SPDX-License-Identifier: MIT */
/* Random operations of IOMMU_TEST_CMD. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>

/* ------------------------------------------------------------------------
 * Test commands
 */
int test(const char *name, struct iomfd_test_cmd *cmd)
{
	return run(name, IOMFD_TEST_CMD, cmd, sizeof(*cmd));
}

void op_mock(void)
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

uint32_t any_pt(void)
{
	return once_in(3) ? pick(ioas_ids, n_ioas) : pick(hwpt_ids, n_hwpt);
}

void op_mock_replace(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_MOCK_DOMAIN_REPLACE,
				      .id = pick(stdev_ids, n_stdev) };

	cmd.mock_domain_replace.pt_id = any_pt();
	if (test("mock_replace", &cmd) == 0)
		add(hwpt_ids, &n_hwpt, cmd.mock_domain_replace.pt_id);
}

void op_pasid(void)
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

void op_check_map(void)
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
unsigned count_refs(uint64_t page)
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

void op_check_refs(void)
{
	uint64_t page = MEM_BASE + below(MEM_PAGES) * 4096;

	if (once_in(3))
		page = MEM_FILE + below(MEM_PAGES) * 4096;
	note("refs %llx %u\n", (unsigned long long)page, count_refs(page));
}

void op_reserved(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_ADD_RESERVED, .id = pick(ioas_ids, n_ioas) };

	cmd.add_reserved.start = once_in(4) ? random_iova() : 0x1100000 + below(256) * 4096;
	cmd.add_reserved.length = once_in(10) ? random_length() : 4096;
	test("reserved", &cmd);
}

void op_access(void)
{
	struct iomfd_test_cmd cmd = { .op = IOMFD_TEST_CREATE_ACCESS,
				      .id = pick(ioas_ids, n_ioas) };

	if (n_access >= MAX_FDS)
		return;
	cmd.create_access.flags = mess32((uint32_t)below(2));
	if (test("create_access", &cmd) == 0)
		access_fds[n_access++] = (int)cmd.create_access.out_access_fd;
}

void op_access_use(void)
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

void op_dmabuf(void)
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

void op_dirty(void)
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

void op_dirty_bitmap(void)
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

void op_set_dirty(void)
{
	struct iomfd_hwpt_set_dirty_tracking cmd = {
		.flags = mess32((uint32_t)!once_in(4)),
		.hwpt_id = once_in(4) ? pick(hwpt_ids, n_hwpt) : pick(dirty_hwpts, n_dirty),
		.reserved = mess32(0),
	};

	run("set_dirty", IOMFD_HWPT_SET_DIRTY_TRACKING, &cmd, sizeof(cmd));
}
