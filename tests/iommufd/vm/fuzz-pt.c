/* SPDX-License-Identifier: MIT */
/* Random calls on page tables, virtual IOMMUs, queues, and VFIO. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

/* ------------------------------------------------------------------------
 * Page tables, virtual IOMMUs, events
 */
void op_hwpt(void)
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

void op_hw_info(void)
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

void op_invalidate(void)
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

void op_check_caches(void)
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

void op_viommu(void)
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

void op_mmap(void)
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

void op_vdevice(void)
{
	struct iomfd_vdevice_alloc cmd = {
		.viommu_id = pick(viommu_ids, n_viommu),
		.dev_id = pick(dev_ids, n_dev),
		.virt_id = below(3),
	};

	if (run("vdevice_alloc", IOMFD_VDEVICE_ALLOC, &cmd, sizeof(cmd)) == 0)
		add(ids, &n_ids, cmd.out_vdevice_id);
}

void op_veventq(void)
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

void op_fault_queue(void)
{
	struct iomfd_fault_alloc cmd = { .flags = mess32(0) };

	if (n_event >= MAX_FDS)
		return;
	if (run("fault_alloc", IOMFD_FAULT_QUEUE_ALLOC, &cmd, sizeof(cmd)) == 0) {
		add(fault_ids, &n_fault, cmd.out_fault_id);
		event_fds[n_event++] = (int)cmd.out_fault_fd;
	}
}

void op_hw_queue(void)
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

void op_trigger(void)
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

void op_events(void)
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

void op_close_one(void)
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
void op_vfio(void)
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

void op_odd_ioctl(void)
{
	static const unsigned numbers[] = { 0x95, 0x9f, 0xa1, 0x7f, 100, 117, 0x88, 0xff };
	unsigned long request = IOMFD_IO(numbers[below(8)]);
	uint32_t words[8] = { 24 };

	if (once_in(3))
		request = _IOW(IOMFD_TYPE, 0x81, int);
	note("%lx ", request);
	call(fd, "odd", request, words, sizeof(words));
}
