/* SPDX-License-Identifier: MIT */
/*
 * Runs in the guest: drives "iommulate-endpoint" through the device files of VFIO, and
 * compares what ATS answers with where the kernel says that our pages are.
 *
 *   guest-ats DEVICE vtd|smmu    such as /dev/vfio/devices/vfio0
 *
 * Prints a line "CHECK ats-NAME ok" or "CHECK ats-NAME FAIL: why" for each part.
 */
#include "iommufd/uapi.h"
#include "tools/qemu/hw/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IOVA UINT64_C(0x40000000)
#define SIZE UINT64_C(0x10000)
#define READ_ONLY (IOVA + 0x100000)
#define PASID 5u
#define OTHER_PASID 6u
#define GROUP 3u

enum { RIGHT_R = 1, RIGHT_W = 2, RIGHT_X = 4, RIGHT_PRIVILEGED = 8 };
enum { CODE_SUCCESS, CODE_INVALID, CODE_FAILURE };

static int iommufd, device, faults = -1;
static uint64_t bar;
static uint8_t *memory, *other; /* what is mapped without and with a PASID */
static bool vtd;
static unsigned wrong;
static char why[200];

static void complain(const char *format, ...)
{
	va_list list;

	if (wrong++)
		return; /* the first one tells most */
	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
}

static void check_done(const char *name)
{
	if (wrong)
		printf("CHECK ats-%s FAIL: %s\n", name, why);
	else
		printf("CHECK ats-%s ok\n", name);
	fflush(stdout);
	wrong = 0;
}

static void equal(const char *what, uint64_t got, uint64_t expected)
{
	if (got != expected)
		complain("%s is %#llx, expected %#llx", what, (unsigned long long)got,
			 (unsigned long long)expected);
}

static int call(int fd, unsigned long request, void *argument, const char *what)
{
	int status = ioctl(fd, request, argument);

	if (status < 0)
		complain("%s: %s", what, strerror(errno));
	return status;
}

/* ---- the device ---- */

static void put(unsigned offset, uint64_t value)
{
	if (pwrite(device, &value, 8, (off_t)(bar + offset)) != 8)
		complain("write to register %#x: %s", offset, strerror(errno));
}

static uint64_t get(unsigned offset)
{
	uint64_t value = 0;

	if (pread(device, &value, 8, (off_t)(bar + offset)) != 8)
		complain("read of register %#x: %s", offset, strerror(errno));
	return value;
}

static int64_t command(unsigned what)
{
	put(EP_COMMAND, what);
	return (int64_t)get(EP_STATUS);
}

static int64_t translate(uint64_t address, uint64_t length, uint32_t pasid, unsigned flags)
{
	put(EP_ADDRESS, address);
	put(EP_LENGTH, length);
	put(EP_PASID, pasid);
	put(EP_FLAGS, flags);
	put(EP_INDEX, 0);
	return command(EP_TRANSLATE);
}

/* ---- the kernel ---- */

static uint32_t new_ioas(void)
{
	struct iomfd_ioas_alloc a = { .size = sizeof(a) };

	call(iommufd, IOMFD_IOAS_ALLOC, &a, "IOAS_ALLOC");
	return a.out_ioas_id;
}

static uint32_t new_domain(uint32_t dev_id, uint32_t ioas, uint32_t fault_id)
{
	struct iomfd_hwpt_alloc a = {
		.size = sizeof(a),
		.flags = IOMFD_HWPT_PASID | (fault_id ? IOMFD_HWPT_FAULT_ID_VALID : 0),
		.dev_id = dev_id,
		.pt_id = ioas,
		.fault_id = fault_id,
	};

	call(iommufd, IOMFD_HWPT_ALLOC, &a, fault_id ? "HWPT_ALLOC with faults" : "HWPT_ALLOC");
	return a.out_hwpt_id;
}

static void attach(uint32_t domain, uint32_t pasid)
{
	struct iomfd_vfio_attach a = {
		.argsz = sizeof(a),
		.flags = pasid == EP_NO_PASID ? 0 : IOMFD_VFIO_ATTACH_PASID,
		.pt_id = domain,
		.pasid = pasid == EP_NO_PASID ? 0 : pasid,
	};

	call(device, IOMFD_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a,
	     pasid == EP_NO_PASID ? "attach" : "attach of a PASID");
}

static void map(uint32_t ioas, const void *at, uint64_t iova, uint64_t size, unsigned rights)
{
	struct iomfd_ioas_map m = { .size = sizeof(m),
				    .flags = IOMFD_MAP_FIXED_IOVA |
					     (rights & RIGHT_R ? IOMFD_MAP_READABLE : 0) |
					     (rights & RIGHT_W ? IOMFD_MAP_WRITEABLE : 0),
				    .ioas_id = ioas,
				    .user_va = (uintptr_t)at,
				    .length = size,
				    .iova = iova };

	call(iommufd, IOMFD_IOAS_MAP, &m, "IOAS_MAP");
}

static void unmap(uint32_t ioas, uint64_t iova, uint64_t size)
{
	struct iomfd_ioas_unmap u = {
		.size = sizeof(u), .ioas_id = ioas, .iova = iova, .length = size
	};

	call(iommufd, IOMFD_IOAS_UNMAP, &u, "IOAS_UNMAP");
}

/* Where a page of ours is; from /proc, as root may see it. */
static uint64_t physical(const void *at)
{
	uint64_t page = (uint64_t)getpagesize(), entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, 8, (off_t)((uintptr_t)at / page * 8)) != 8 ||
	    !(entry >> 63) || !(entry & ((UINT64_C(1) << 55) - 1)))
		complain("pagemap has no page for %p", at);
	close(fd);
	return (entry & ((UINT64_C(1) << 55) - 1)) * page + (uintptr_t)at % page;
}

static uint8_t *pages(uint64_t size)
{
	uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED) {
		complain("no memory");
		return NULL;
	}
	memset(at, 0, size);
	return at;
}

/* ---- what is checked ---- */

/* All of [iova, iova + size) is where `at` is, with exactly these rights. */
static void check_pages(const uint8_t *at, uint64_t iova, uint64_t size, uint32_t pasid,
			unsigned flags, unsigned rights)
{
	int64_t n = translate(iova, size, pasid, flags);
	uint64_t done = 0;

	if (n <= 0)
		complain("%lld translations of %#llx", (long long)n, (unsigned long long)iova);
	equal("parts without translation", get(EP_ERRORS), 0);
	for (int64_t i = 0; i < n && done < size && !wrong; i++) {
		uint64_t mask, output, page = (uint64_t)getpagesize();

		put(EP_INDEX, (uint64_t)i);
		mask = get(EP_ENTRY_MASK);
		output = get(EP_ENTRY_OUTPUT);
		equal("input", get(EP_ENTRY_INPUT), (iova + done) & ~mask);
		equal("rights", get(EP_ENTRY_RIGHTS), rights);
		do {
			equal("output", output | ((iova + done) & mask), physical(at + done));
			done += page;
		} while (done < size && (iova + done) & mask && !wrong);
	}
	if (!wrong)
		equal("translated", done, size);
}

static void check_nothing(uint64_t iova, uint32_t pasid, unsigned flags)
{
	equal("translations", (uint64_t)translate(iova, 8, pasid, flags), 0);
	equal("parts without translation", get(EP_ERRORS), 1);
}

/* Data through what was answered, in both directions. */
static void check_data(void)
{
	uint64_t offset = 5 * 4096 + 0x128;

	memcpy(memory + offset, "to read.", 8);
	equal("translations", (uint64_t)translate(IOVA + offset, 8, EP_NO_PASID, 0), 1);
	equal("fetch", (uint64_t)command(EP_FETCH), 0);
	if (get(EP_DATA) != *(uint64_t *)(void *)(memory + offset))
		complain("the device read %#llx", (unsigned long long)get(EP_DATA));
	put(EP_DATA, UINT64_C(0x1122334455667788));
	equal("store", (uint64_t)command(EP_STORE), 0);
	equal("what the device wrote", *(volatile uint64_t *)(void *)(memory + offset),
	      UINT64_C(0x1122334455667788));
}

static void check_rights(uint32_t ioas)
{
	uint8_t *at = pages(SIZE);

	if (!at)
		return;
	map(ioas, at, READ_ONLY, SIZE, RIGHT_R);
	check_pages(at, READ_ONLY, SIZE, EP_NO_PASID, 0, RIGHT_R);
	check_pages(at, READ_ONLY, SIZE, EP_NO_PASID, EP_NO_WRITE, RIGHT_R);
	unmap(ioas, READ_ONLY, SIZE);
	/*
	 * Linux allows no PASID of user space supervisor privilege (VT-d: SRE is 0), and a
	 * VT-d of today has no execute requests (7.1.3 SPT.5); an SMMUv3 has both.
	 */
	if (vtd) {
		check_nothing(IOVA, PASID, EP_PRIVILEGED);
		check_nothing(IOVA, PASID, EP_EXECUTE);
	} else {
		check_pages(other, IOVA, SIZE, PASID, EP_PRIVILEGED,
			    RIGHT_R | RIGHT_W | RIGHT_PRIVILEGED);
		check_pages(other, IOVA, SIZE, PASID, EP_EXECUTE, RIGHT_R | RIGHT_W | RIGHT_X);
	}
	if (translate(IOVA, 8, EP_NO_PASID, EP_NO_WRITE) != 1 || !(get(EP_ENTRY_RIGHTS) & RIGHT_R))
		complain("no right to read when nothing else is asked for");
}

/* Unmapping makes the driver tell the device what to drop, before it returns. */
static void check_notices(uint32_t ioas, uint32_t pasid)
{
	put(EP_PASID, pasid);
	equal("listen", (uint64_t)command(EP_LISTEN), 0);
	equal("notices", get(EP_NOTICES), 0);
	unmap(ioas, IOVA, SIZE);
	if (!get(EP_NOTICES))
		complain("no notice after an unmap");
	if (get(EP_NOTICE_FIRST) > IOVA || get(EP_NOTICE_LAST) < IOVA + SIZE - 1)
		complain("notices of %#llx to %#llx", (unsigned long long)get(EP_NOTICE_FIRST),
			 (unsigned long long)get(EP_NOTICE_LAST));
	check_nothing(IOVA, pasid, 0);
}

static int64_t ask_for_page(uint64_t address, uint32_t pasid, unsigned group)
{
	put(EP_ADDRESS, address);
	put(EP_PASID, pasid);
	put(EP_GROUP, group);
	put(EP_FLAGS, EP_READ | EP_WRITE | EP_LAST);
	return command(EP_REQUEST_PAGE);
}

static void check_response(uint64_t count, unsigned code, unsigned group)
{
	for (int i = 0; i < 200 && get(EP_RESPONSES) < count; i++)
		usleep(10000);
	equal("responses", get(EP_RESPONSES), count);
	equal("response", get(EP_RESPONSE), code | group << 8);
}

/* The request reaches this program, which maps the page, or refuses to. */
static void answer_page(uint32_t ioas, unsigned group, uint32_t code)
{
	struct iomfd_hwpt_page_response response = { .code = code };
	struct pollfd p = { .fd = faults, .events = POLLIN };
	struct iomfd_hwpt_pgfault f;

	if (poll(&p, 1, 5000) != 1 || read(faults, &f, sizeof(f)) != sizeof(f)) {
		complain("no page request arrives");
		return;
	}
	equal("address", f.addr, IOVA);
	equal("pasid", f.pasid, PASID);
	equal("group", f.grpid, group);
	equal("rights", f.perm & 3, 3);
	/* The kernel adds flags of its own. */
	equal("flags", f.flags & 3, IOMFD_PGFAULT_PASID_VALID | IOMFD_PGFAULT_LAST_PAGE);
	if (code == IOMFD_PAGE_RESP_SUCCESS)
		map(ioas, other, IOVA, SIZE, RIGHT_R | RIGHT_W);
	response.cookie = f.cookie;
	if (write(faults, &response, sizeof(response)) != sizeof(response))
		complain("response: %s", strerror(errno));
}

/* Linux's SMMUv3 driver takes no page requests: it denies them. */
static void check_denied(void)
{
	put(EP_PASID, EP_NO_PASID);
	equal("listen", (uint64_t)command(EP_LISTEN), 0);
	equal("request", (uint64_t)ask_for_page(IOVA, EP_NO_PASID, GROUP), 0);
	check_response(1, CODE_FAILURE, GROUP);
}

static void check_page_requests(uint32_t ioas)
{
	equal("request", (uint64_t)ask_for_page(IOVA, PASID, GROUP), 0);
	answer_page(ioas, GROUP, IOMFD_PAGE_RESP_INVALID);
	check_response(1, CODE_INVALID, GROUP);
	check_nothing(IOVA, PASID, 0);
	equal("request", (uint64_t)ask_for_page(IOVA, PASID, GROUP + 1), 0);
	answer_page(ioas, GROUP + 1, IOMFD_PAGE_RESP_SUCCESS);
	check_response(2, CODE_SUCCESS, GROUP + 1);
	check_pages(other, IOVA, SIZE, PASID, 0, RIGHT_R | RIGHT_W);
}

/* ---- the course of it ---- */

static uint32_t open_device(const char *path)
{
	struct iomfd_vfio_bind bind = { .argsz = sizeof(bind) };
	struct iomfd_vfio_region_info region = { .argsz = sizeof(region), .index = 7 };
	uint16_t master = 0x406; /* memory, bus master, no INTx */

	iommufd = open("/dev/iommu", O_RDWR);
	device = open(path, O_RDWR);
	if (iommufd < 0 || device < 0) {
		complain("%s: %s", path, strerror(errno));
		return 0;
	}
	bind.iommufd = iommufd;
	call(device, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, &bind, "bind");
	call(device, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region, "configuration space");
	if (pwrite(device, &master, 2, (off_t)region.offset + 4) != 2)
		complain("configuration space: %s", strerror(errno));
	region.index = 0;
	call(device, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region, "BAR 0");
	bar = region.offset;
	return bind.out_devid;
}

static uint32_t new_faults(void)
{
	struct iomfd_fault_alloc a = { .size = sizeof(a) };

	if (call(iommufd, IOMFD_FAULT_QUEUE_ALLOC, &a, "FAULT_QUEUE_ALLOC") < 0)
		return 0;
	faults = (int)a.out_fault_fd;
	return a.out_fault_id;
}

int main(int argc, char **argv)
{
	uint32_t dev_id, ioas, with_pasid;
	uint64_t enabled;

	if (argc != 3)
		return 2;
	vtd = !strcmp(argv[2], "vtd");
	memory = pages(SIZE);
	other = pages(SIZE);
	dev_id = open_device(argv[1]);
	ioas = new_ioas();
	with_pasid = new_ioas();
	attach(new_domain(dev_id, ioas, 0), EP_NO_PASID);
	attach(new_domain(dev_id, with_pasid, vtd ? new_faults() : 0), PASID);
	check_done("attach");

	/* The IOMMU driver has switched on what it uses; the rest is up to the device's. */
	enabled = get(EP_ENABLED);
	equal("what the kernel enabled", enabled, EP_ATS | EP_PASIDS | (vtd ? EP_PRI : 0));
	put(EP_ENABLED, enabled | EP_PRI);
	check_done("enabled");

	check_nothing(IOVA, EP_NO_PASID, 0);
	check_nothing(IOVA, PASID, 0);
	check_done("unmapped");

	map(ioas, memory, IOVA, SIZE, RIGHT_R | RIGHT_W);
	map(with_pasid, other, IOVA, SIZE, RIGHT_R | RIGHT_W);
	check_pages(memory, IOVA, SIZE, EP_NO_PASID, 0, RIGHT_R | RIGHT_W);
	check_done("translations");
	check_pages(other, IOVA, SIZE, PASID, 0, RIGHT_R | RIGHT_W);
	check_nothing(IOVA, OTHER_PASID, 0);
	check_done("pasid");
	check_data();
	check_done("data");
	check_rights(ioas);
	check_done("rights");

	check_notices(ioas, EP_NO_PASID);
	check_pages(other, IOVA, SIZE, PASID, 0, RIGHT_R | RIGHT_W);
	check_done("notices");
	check_notices(with_pasid, PASID);
	check_done("notices-pasid");

	if (vtd)
		check_page_requests(with_pasid);
	else
		check_denied();
	check_done("page-requests");
	command(EP_LEAVE);
	return 0;
}
