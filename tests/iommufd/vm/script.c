/* SPDX-License-Identifier: MIT */
/*
 * Sequences over every ioctl, written down: what the fuzzer is unlikely to put
 * together. Each is a process of its own, as the fuzzer's episodes are.
 */
#define _GNU_SOURCE
#include "port.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd;

#define DO(name, request, cmd) call(fd, name, request, &(cmd), sizeof(cmd))

static uint32_t ioas_alloc(void)
{
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };

	DO("ioas_alloc", IOMFD_IOAS_ALLOC, cmd);
	return cmd.out_ioas_id;
}

static void destroy(uint32_t id)
{
	struct iomfd_destroy cmd = { sizeof(cmd), id };

	DO("destroy", IOMFD_DESTROY, cmd);
}

static uint64_t map(uint32_t ioas, uint64_t va, uint64_t length, uint64_t iova, uint32_t flags)
{
	struct iomfd_ioas_map cmd = { .size = sizeof(cmd),
				      .flags = flags,
				      .ioas_id = ioas,
				      .user_va = va,
				      .length = length,
				      .iova = iova };

	DO("map", IOMFD_IOAS_MAP, cmd);
	return cmd.iova;
}

static void unmap(uint32_t ioas, uint64_t iova, uint64_t length)
{
	struct iomfd_ioas_unmap cmd = { sizeof(cmd), ioas, iova, length };

	DO("unmap", IOMFD_IOAS_UNMAP, cmd);
}

static void ranges(uint32_t ioas, uint32_t n)
{
	struct iomfd_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .num_iovas = n, .allowed_iovas = MEM_SCRATCH
	};
	const uint64_t *out = (const uint64_t *)(uintptr_t)MEM_SCRATCH;

	DO("ranges", IOMFD_IOAS_IOVA_RANGES, cmd);
	for (uint32_t i = 0; i < 2 * n && i < 2 * cmd.num_iovas; i++)
		note("  %llx\n", (unsigned long long)out[i]);
}

typedef struct mock {
	uint32_t stdev, dev, hwpt;
} mock;

static mock mock_device(uint32_t pt, uint32_t flags)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd),
				      .op = IOMFD_TEST_MOCK_DOMAIN_FLAGS,
				      .id = pt };

	cmd.mock_domain.dev_flags = flags;
	DO("mock", IOMFD_TEST_CMD, cmd);
	return (mock){ cmd.mock_domain.out_stdev_id, cmd.mock_domain.out_idev_id,
		       cmd.mock_domain.out_hwpt_id };
}

static void replace(uint32_t stdev, uint32_t pt)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd),
				      .op = IOMFD_TEST_MOCK_DOMAIN_REPLACE,
				      .id = stdev };

	cmd.mock_domain_replace.pt_id = pt;
	DO("replace", IOMFD_TEST_CMD, cmd);
}

static uint32_t hwpt(uint32_t dev, uint32_t pt, uint32_t flags, bool nested, uint32_t fault)
{
	struct iomfd_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .dev_id = dev, .pt_id = pt, .fault_id = fault
	};
	struct iomfd_hwpt_selftest *data = (void *)(uintptr_t)MEM_SCRATCH;

	data->iotlb = 0x99;
	data->pagetable_type = 0;
	if (nested) {
		cmd.data_type = IOMFD_HWPT_DATA_SELFTEST;
		cmd.data_len = sizeof(*data);
		cmd.data_uptr = MEM_SCRATCH;
	}
	DO("hwpt", IOMFD_HWPT_ALLOC, cmd);
	return cmd.out_hwpt_id;
}

static void option(uint32_t id, uint16_t op, uint32_t object, uint64_t value)
{
	struct iomfd_option cmd = { sizeof(cmd), id, op, 0, object, value };

	DO("option", IOMFD_OPTION, cmd);
}

static void read_queue(int q, size_t n)
{
	uint8_t *p = (uint8_t *)(uintptr_t)MEM_SCRATCH;
	long rc;

	memset(p, 0, 512);
	rc = port_read(q, p, n);
	note("read %zu = %ld", n, rc);
	for (long i = 0; i < rc && i < 240; i++)
		note(" %02x", p[i]);
	note("\n");
}

/* ------------------------------------------------------------------------ */

/* Memory that is not there is noticed when a domain comes, not before. */
static void maps_before_domains(void)
{
	uint32_t a = ioas_alloc(), b = ioas_alloc();

	map(a, MEM_HOLE, 4096, 0x1000000, 7);
	mock_device(a, 0);
	unmap(a, 0x1000000, 4096);
	map(a, MEM_BASE, 8192, 0x100000, 7); /* below the aperture */
	mock_device(a, 0);
	unmap(a, 0x100000, 8192);
	map(a, MEM_BASE + 1, 4096, 0x1000001, 7); /* not aligned to the table's pages */
	mock_device(a, 0);
	unmap(a, 0x1000001, 4096);
	map(b, MEM_READONLY, 4096, 0x1000000, 7);
	mock_device(b, 0);
	unmap(b, 0, ~0ull);
	map(b, MEM_READONLY, 4096, 0x1000000, 5);
	mock_device(b, 0);
	ranges(b, 0);
	ranges(b, 4);
	destroy(b);
	destroy(a);
}

static void unmap_in_order(void)
{
	uint32_t a = ioas_alloc();

	for (unsigned i = 0; i < 4; i++)
		map(a, MEM_BASE + i * 4096, 4096, 0x1000000 + i * 8192, 7);
	unmap(a, 0x1000000, 0x4001); /* two whole ones; the third one not */
	unmap(a, 0x1000000, 0x4000);
	unmap(a, 0x1000000, 0x100000);
	unmap(a, 0x1000000, 0x100000);
	unmap(a, 0, ~0ull);
	unmap(a, 0, 0);
	unmap(a, ~0ull, 1);
	unmap(a, ~0ull - 1, 4);
}

static void chosen_addresses(void)
{
	struct iomfd_iova_range *r = (void *)(uintptr_t)MEM_SCRATCH;
	struct iomfd_ioas_allow_iovas allow = { .size = sizeof(allow),
						.allowed_iovas = MEM_SCRATCH };
	uint32_t a = ioas_alloc();

	map(a, MEM_BASE, 4096, 0, 6);
	map(a, MEM_BASE + 0x123, 100, 0, 6);
	map(a, MEM_BASE + 0x800, 4096, 0, 6);
	r[0] = (struct iomfd_iova_range){ 0x5000, 0x7fff };
	r[1] = (struct iomfd_iova_range){ 0x100000, 0x104fff };
	allow.ioas_id = a;
	allow.num_iovas = 2;
	DO("allow", IOMFD_IOAS_ALLOW_IOVAS, allow);
	for (unsigned i = 0; i < 6; i++)
		map(a, MEM_BASE, 8192, 0, 6);
	allow.num_iovas = 0;
	DO("allow", IOMFD_IOAS_ALLOW_IOVAS, allow);
	map(a, MEM_BASE, 8192, 0, 6);
	option(1, 0, a, 0);
	map(a, MEM_BASE + 0x800, 4096, 0, 6);
	map(a, MEM_BASE, ~0ull >> 1, 0, 6);
}

static void nesting(void)
{
	uint32_t a = ioas_alloc(), parent, n1, n2;
	mock d = mock_device(a, IOMFD_MOCK_DEVICE_PASID);
	struct iomfd_viommu_alloc v = { .size = sizeof(v),
					.type = IOMFD_VIOMMU_TYPE_SELFTEST,
					.dev_id = d.dev };
	struct iomfd_vdevice_alloc vdev = { .size = sizeof(vdev),
					    .dev_id = d.dev,
					    .virt_id = 0x55 };
	struct iomfd_veventq_alloc q = { .size = sizeof(q),
					 .type = IOMFD_VEVENTQ_TYPE_SELFTEST,
					 .veventq_depth = 2 };
	struct iomfd_test_cmd trigger = { .size = sizeof(trigger),
					  .op = IOMFD_TEST_TRIGGER_VEVENT };

	hwpt(d.dev, d.hwpt, 0, true, 0); /* an auto domain is no parent */
	parent = hwpt(d.dev, a, IOMFD_HWPT_NEST_PARENT, false, 0);
	n1 = hwpt(d.dev, parent, 0, true, 0);
	replace(d.stdev, n1);
	v.hwpt_id = parent;
	DO("viommu", IOMFD_VIOMMU_ALLOC, v);
	q.viommu_id = vdev.viommu_id = v.out_viommu_id;
	DO("veventq", IOMFD_VEVENTQ_ALLOC, q);
	DO("veventq again", IOMFD_VEVENTQ_ALLOC, q);
	n2 = hwpt(d.dev, v.out_viommu_id, 0, true, 0);
	replace(d.stdev, n2); /* no virtual device yet */
	DO("vdevice", IOMFD_VDEVICE_ALLOC, vdev);
	DO("vdevice again", IOMFD_VDEVICE_ALLOC, vdev);
	trigger.trigger_vevent.dev_id = d.dev;
	DO("event", IOMFD_TEST_CMD, trigger);
	replace(d.stdev, n2);
	for (unsigned i = 0; i < 4; i++)
		DO("event", IOMFD_TEST_CMD, trigger);
	read_queue((int)q.out_veventq_fd, 12);
	DO("event", IOMFD_TEST_CMD, trigger);
	read_queue((int)q.out_veventq_fd, 200);
	DO("event", IOMFD_TEST_CMD, trigger);
	read_queue((int)q.out_veventq_fd, 8);
	destroy(v.out_viommu_id);
	destroy(q.out_veventq_id);
	note("close = %d\n", port_close((int)q.out_veventq_fd));
	destroy(q.out_veventq_id);
	destroy(parent);
	destroy(n2);
	destroy(d.stdev); /* the virtual device becomes a tombstone */
	destroy(vdev.out_vdevice_id);
	destroy(n2);
	destroy(v.out_viommu_id);
	destroy(n1);
	destroy(parent);
	for (unsigned i = 0; i < 6; i++)
		ioas_alloc();
}

static void faults(void)
{
	uint32_t a = ioas_alloc(), h;
	mock d = mock_device(a, 0);
	struct iomfd_fault_alloc f = { .size = sizeof(f) };
	struct iomfd_test_cmd trigger = { .size = sizeof(trigger), .op = IOMFD_TEST_TRIGGER_IOPF };
	struct iomfd_hwpt_page_response r[3] = { { 2, 0 }, { 1, 1 }, { 1, 0 } };

	DO("fault", IOMFD_FAULT_QUEUE_ALLOC, f);
	h = hwpt(d.dev, a, IOMFD_HWPT_FAULT_ID_VALID, false, f.out_fault_id);
	trigger.trigger_iopf.dev_id = d.dev;
	trigger.trigger_iopf.addr = 0xabcd000;
	DO("request", IOMFD_TEST_CMD, trigger);
	read_queue((int)f.out_fault_fd, 0);
	replace(d.stdev, h);
	for (unsigned i = 0; i < 4; i++) {
		trigger.trigger_iopf.grpid = i;
		DO("request", IOMFD_TEST_CMD, trigger);
	}
	read_queue((int)f.out_fault_fd, 0);
	read_queue((int)f.out_fault_fd, 39);
	read_queue((int)f.out_fault_fd, 80);
	note("write = %ld\n", (long)port_write((int)f.out_fault_fd, r, sizeof(r)));
	note("write = %ld\n", (long)port_write((int)f.out_fault_fd, r + 2, 8));
	DO("request", IOMFD_TEST_CMD, trigger);
	read_queue((int)f.out_fault_fd, 120);
	destroy(f.out_fault_id);
	replace(d.stdev, a); /* answers what is open */
	note("write = %ld\n", (long)port_write((int)f.out_fault_fd, r + 1, 8));
	read_queue((int)f.out_fault_fd, 120);
	destroy(h);
	note("close = %d\n", port_close((int)f.out_fault_fd));
	destroy(f.out_fault_id);
}

static void accounting(void)
{
	struct iomfd_ioas_change_process change = { .size = sizeof(change) };
	uint32_t a;

	option(0, 1, 0, 7);
	option(0, 0, 0, 1);
	option(0, 1, 0, 0);
	option(0, 0, 0, 2);
	DO("change_process", IOMFD_IOAS_CHANGE_PROCESS, change);
	a = ioas_alloc();
	option(0, 0, 0, 0);
	option(1, 1, a, 9);
	option(1, 0, a, 2);
	option(1, 0, 77, 0);
	option(2, 0, a, 0);
	map(a, MEM_BASE, 4096, 0x1000, 7);
	DO("change_process", IOMFD_IOAS_CHANGE_PROCESS, change);
	option(1, 0, a, 0);
	destroy(a);
	option(0, 0, 0, 0);
}

static void vfio_cuts(uint64_t type)
{
	struct iomfd_vfio_ioas set = { .size = sizeof(set), .op = IOMFD_VFIO_IOAS_SET };
	struct iomfd_vfio_dma_map m = { .argsz = sizeof(m),
					.flags = 3,
					.vaddr = MEM_BASE,
					.iova = 0x1000000,
					.dma_size = 16 * 4096 };
	struct iomfd_vfio_dma_unmap u = { .argsz = sizeof(u) };
	uint32_t info[40] = { 24 };

	call_at(fd, "set_iommu", IOMFD_VFIO_SET_IOMMU, type);
	set.ioas_id = ioas_alloc();
	DO("vfio_ioas", IOMFD_VFIO_IOAS, set);
	call_at(fd, "set_iommu", IOMFD_VFIO_SET_IOMMU, type);
	mock_device(set.ioas_id, 0);
	call_at(fd, "set_iommu", IOMFD_VFIO_SET_IOMMU, type);
	DO("map_dma", IOMFD_VFIO_IOMMU_MAP_DMA, m);
	DO("map_dma", IOMFD_VFIO_IOMMU_MAP_DMA, m);
	for (unsigned i = 0; i < 5; i++) {
		static const uint64_t cuts[5][2] = { { 0x1001000, 4096 },
						     { 0x1003000, 8192 },
						     { 0x1000000, 2048 },
						     { 0x1008000, 0x100000 },
						     { 0xfff000, 0 } };

		u.iova = cuts[i][0];
		u.dma_size = cuts[i][1];
		DO("unmap_dma", IOMFD_VFIO_IOMMU_UNMAP_DMA, u);
	}
	for (unsigned size = 16; size < 150; size += 23) {
		memset(info, 0, sizeof(info));
		info[0] = size;
		DO("get_info", IOMFD_VFIO_IOMMU_GET_INFO, info);
	}
	u.flags = IOMFD_VFIO_DMA_UNMAP_ALL;
	u.iova = u.dma_size = 0;
	DO("unmap_dma", IOMFD_VFIO_IOMMU_UNMAP_DMA, u);
	DO("unmap_dma", IOMFD_VFIO_IOMMU_UNMAP_DMA, u);
	for (uint64_t e = 0; e < 12; e++)
		call_at(fd, "extension", IOMFD_VFIO_CHECK_EXTENSION, e);
}

static void vfio_type1(void)
{
	vfio_cuts(IOMFD_VFIO_TYPE1_IOMMU);
}

static void vfio_type1v2(void)
{
	vfio_cuts(IOMFD_VFIO_TYPE1v2_IOMMU);
}

static void regions(void)
{
	struct iomfd_viommu_selftest *data = (void *)(uintptr_t)MEM_SCRATCH;
	struct iomfd_viommu_alloc v = { .size = sizeof(v),
					.type = IOMFD_VIOMMU_TYPE_SELFTEST,
					.data_len = sizeof(*data),
					.data_uptr = MEM_SCRATCH };
	uint32_t a = ioas_alloc();
	mock d = mock_device(a, 0);
	int error;
	void *p;

	v.dev_id = d.dev;
	v.hwpt_id = hwpt(d.dev, a, IOMFD_HWPT_NEST_PARENT, false, 0);
	memset(data, 0, sizeof(*data));
	data->in_data = 0xfeed;
	DO("viommu", IOMFD_VIOMMU_ALLOC, v);
	note("offset %llx length %llx\n", (unsigned long long)data->out_mmap_offset,
	     (unsigned long long)data->out_mmap_length);
	p = port_mmap(fd, data->out_mmap_length, PROT_READ, MAP_SHARED, data->out_mmap_offset,
		      &error);
	note("mmap = %d %x\n", error, error ? 0 : *(uint32_t *)p);
	destroy(v.out_viommu_id);
	note("munmap = %d\n", port_munmap((char *)p + 4096, 4096));
	destroy(v.out_viommu_id);
	note("munmap = %d\n", port_munmap(p, 4096));
	destroy(v.out_viommu_id);
}

static void run(const char *name, void (*sequence)(void))
{
	pid_t child;
	int status;

	note("-- sequence %s\n", name);
	log_flush();
	child = fork();
	if (child == 0) {
		port_start();
		mem_setup();
		fd = port_open("iommu");
		sequence();
		note("close = %d\n", port_close(fd));
		log_flush();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		note("sequence ended with %x\n", child < 0 ? -1 : status);
}

static void noiommu(void)
{
	noiommu_device(fd);
}

void run_script(void)
{
	run("maps before domains", maps_before_domains);
	run("unmap in order", unmap_in_order);
	run("chosen addresses", chosen_addresses);
	run("nesting", nesting);
	run("faults", faults);
	run("accounting", accounting);
	run("VFIO type 1", vfio_type1);
	run("VFIO type 1 version 2", vfio_type1v2);
	run("regions", regions);
	/* Kernels before 7.3 have no such node. */
	if (strcmp(port_profile, "7.3") == 0)
		run("a device without an IOMMU", noiommu);
}

static unsigned wrong_number;

static void wrong(void)
{
	wrong_structure(fd, wrong_number);
}

void run_wrong(void)
{
	for (wrong_number = 0; wrong_number < wrong_shapes(); wrong_number++)
		run(wrong_name(wrong_number), wrong);
}
