/* SPDX-License-Identifier: MIT */
/*
 * An ordinary program that knows nothing of the engine: what it does to the descriptors
 * that /dev/iommu and VFIO give it. It runs under `iommulate iommufd`, and its first part
 * ("kernel" on the command line) on a real kernel with the test driver: the expectations
 * are the kernel's.
 */
#include "iommufd/uapi-test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures, checks;

static void check(bool ok, int line, const char *what)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("line %d: %s (errno %d)\n", line, what, errno);
}
#define CHECK(what) check(what, __LINE__, #what)
#define FAILS(call, error) \
	do { \
		errno = 0; \
		check((call) == -1 && errno == (error), __LINE__, #call " fails with " #error); \
	} while (0)

static int ioas_alloc(int fd, uint32_t *id)
{
	struct iomfd_ioas_alloc cmd = { .size = sizeof(cmd) };
	int rc = ioctl(fd, IOMFD_IOAS_ALLOC, &cmd);

	*id = cmd.out_ioas_id;
	return rc;
}

static int destroy(int fd, uint32_t id)
{
	struct iomfd_destroy cmd = { .size = sizeof(cmd), .id = id };

	return ioctl(fd, IOMFD_DESTROY, &cmd);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* A context lives until its last descriptor is closed; each names the same objects. */
static void test_copies(void)
{
	int fd = open("/dev/iommu", O_RDWR), a, b, c, d, other;
	uint32_t id, second;
	struct stat st;
	char byte;

	CHECK(fd >= 0);
	CHECK(stat("/dev/iommu", &st) == 0 && S_ISCHR(st.st_mode));
	CHECK(access("/dev/iommu", R_OK | W_OK) == 0);
	CHECK(!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	CHECK(ioas_alloc(fd, &id) == 0);
	a = dup(fd);
	b = fcntl(fd, F_DUPFD, 100);
	c = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	d = dup3(fd, 77, O_CLOEXEC);
	CHECK(a > fd && b >= 100 && c > b && d == 77);
	CHECK(fcntl(c, F_GETFD) & FD_CLOEXEC && fcntl(d, F_GETFD) & FD_CLOEXEC);
	CHECK(!(fcntl(b, F_GETFD) & FD_CLOEXEC));
	CHECK(close(fd) == 0);
	FAILS(ioas_alloc(fd, &second), EBADF);
	CHECK(ioas_alloc(a, &second) == 0 && second == id + 1);
	CHECK(destroy(b, second) == 0 && destroy(c, id) == 0);
	FAILS(destroy(d, id), ENOENT);
	/* dup2 over one of another context closes that. */
	other = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	CHECK(fcntl(other, F_GETFD) & FD_CLOEXEC);
	CHECK(ioas_alloc(other, &id) == 0 && ioas_alloc(other, &id) == 0);
	CHECK(dup2(a, other) == other);
	FAILS(destroy(other, id), ENOENT);
	CHECK(dup2(a, a) == a && ioas_alloc(a, &id) == 0);
	FAILS(dup2(a, -1), EBADF);
	FAILS(dup3(a, a, 0), EINVAL);
	CHECK(destroy(other, id) == 0);
	/* An ordinary file takes its place, and it is one. */
	CHECK(dup2(0, other) == other);
	FAILS(ioas_alloc(other, &id), ENOTTY);
	close(other);
	/* What such a file does not do. */
	FAILS(read(a, &byte, 1), EINVAL);
	FAILS(write(a, &byte, 1), EINVAL);
	FAILS(lseek(a, 0, SEEK_SET), ESPIPE);
	errno = 0;
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, a, 0) == MAP_FAILED && errno == ENXIO);
	CHECK(close(a) == 0 && close(b) == 0 && close(c) == 0);
	CHECK(ioas_alloc(d, &id) == 0);
	CHECK(close_range(77, 77, 0) == 0);
	FAILS(ioas_alloc(d, &id), EBADF);
	FAILS(close(d), EBADF);
}

typedef struct queue {
	int iommu, fd;
	uint32_t id, stdev, dev, hwpt;
} queue;

/* A mock device whose page table sends its page faults to a queue. */
static queue queue_new(void)
{
	queue q = { .iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC) };
	struct iomfd_fault_alloc fault = { .size = sizeof(fault) };
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd), .op = IOMFD_TEST_MOCK_DOMAIN };
	struct iomfd_hwpt_alloc hwpt = { .size = sizeof(hwpt) };
	struct iomfd_test_cmd replace = { .size = sizeof(replace),
					  .op = IOMFD_TEST_MOCK_DOMAIN_REPLACE };
	uint32_t ioas;

	CHECK(ioas_alloc(q.iommu, &ioas) == 0);
	cmd.id = ioas;
	CHECK(ioctl(q.iommu, IOMFD_TEST_CMD, &cmd) == 0);
	q.stdev = cmd.mock_domain.out_stdev_id;
	q.dev = cmd.mock_domain.out_idev_id;
	CHECK(ioctl(q.iommu, IOMFD_FAULT_QUEUE_ALLOC, &fault) == 0);
	q.id = fault.out_fault_id;
	q.fd = (int)fault.out_fault_fd;
	hwpt.flags = IOMFD_HWPT_FAULT_ID_VALID;
	hwpt.fault_id = q.id;
	hwpt.dev_id = q.dev;
	hwpt.pt_id = ioas;
	CHECK(ioctl(q.iommu, IOMFD_HWPT_ALLOC, &hwpt) == 0);
	q.hwpt = hwpt.out_hwpt_id;
	replace.id = q.stdev;
	replace.mock_domain_replace.pt_id = q.hwpt;
	CHECK(ioctl(q.iommu, IOMFD_TEST_CMD, &replace) == 0);
	return q;
}

static int page_fault(const queue *q)
{
	struct iomfd_test_cmd cmd = { .size = sizeof(cmd), .op = IOMFD_TEST_TRIGGER_IOPF };

	cmd.trigger_iopf.dev_id = q->dev;
	cmd.trigger_iopf.grpid = 0x2;
	cmd.trigger_iopf.perm = 1;
	cmd.trigger_iopf.addr = 0xdeadbeef000;
	return ioctl(q->iommu, IOMFD_TEST_CMD, &cmd);
}

/* The ways to wait for a queue, and to read and write it. */
static void test_queue(void)
{
	queue q = queue_new();
	struct iomfd_hwpt_pgfault fault;
	struct iomfd_hwpt_page_response answer = { 1, IOMFD_PAGE_RESP_SUCCESS };
	struct iovec v[2] = { { &fault, 0 }, { &fault, sizeof(fault) } };
	struct epoll_event event = { .events = EPOLLIN }, got = { 0 };
	struct timeval now = { 0 };
	int poller = epoll_create1(EPOLL_CLOEXEC), copy;
	fd_set in, out;

	CHECK(fcntl(q.fd, F_GETFD) & FD_CLOEXEC);
	CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, q.fd, &event) == 0);
	CHECK(!readable(q.fd) && epoll_wait(poller, &got, 1, 0) == 0);
	CHECK(read(q.fd, &fault, sizeof(fault)) == 0);
	CHECK(page_fault(&q) == 0);
	CHECK(readable(q.fd) && epoll_wait(poller, &got, 1, 0) == 1);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(q.fd, &in);
	FD_SET(q.fd, &out);
	CHECK(select(q.fd + 1, &in, &out, NULL, &now) == 2);
	copy = dup(q.fd);
	CHECK(readable(copy));
	FAILS(pread(q.fd, &fault, sizeof(fault), 0), ESPIPE);
	FAILS(lseek(q.fd, 0, SEEK_CUR), ESPIPE);
	FAILS(read(q.fd, &fault, 39), ESPIPE);
	CHECK(close(q.fd) == 0);
	CHECK(read(copy, &fault, sizeof(fault)) == sizeof(fault));
	CHECK(fault.addr == 0xdeadbeef000 && fault.dev_id == q.dev);
	answer.cookie = fault.cookie;
	CHECK(!readable(copy));
	FAILS(ioctl(copy, IOMFD_IOAS_ALLOC, &fault), ENOTTY);
	CHECK(destroy(q.iommu, q.id) == -1 && errno == EBUSY);
	CHECK(write(copy, &answer, sizeof(answer)) == sizeof(answer));
	FAILS(write(copy, &answer, sizeof(answer)), EINVAL);
	/* In pieces. */
	CHECK(page_fault(&q) == 0);
	CHECK(readv(copy, v + 1, 1) == sizeof(fault));
	answer.cookie = fault.cookie;
	v[0] = (struct iovec){ &answer, sizeof(answer) };
	CHECK(writev(copy, v, 1) == sizeof(answer));
	CHECK(close(copy) == 0);
	/* Closing the context closes what is left. */
	CHECK(close(q.iommu) == 0);
	close(poller);
}

/* Both processes have it; one's end is not the other's. */
static void test_fork(void)
{
	int fd = open("/dev/iommu", O_RDWR);
	uint32_t id;
	int status;
	pid_t pid;

	CHECK(ioas_alloc(fd, &id) == 0);
	pid = fork();
	if (pid == 0) {
		uint32_t mine;

		/* Its object is there, and a new one can be made. */
		_exit(ioas_alloc(fd, &mine) == 0 && destroy(fd, mine) == 0 && close(fd) == 0 &&
				      ioas_alloc(fd, &mine) == -1 && errno == EBADF
			      ? 0
			      : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(destroy(fd, id) == 0);
	CHECK(close(fd) == 0);
}

/* ------------------------------------------------------------------------
 * On the engine only
 */

/* A child's copy of a queue is its own: what it reads is still there for the parent. */
static void test_fork_queue(void)
{
	queue q = queue_new();
	struct iomfd_hwpt_pgfault fault;
	int status;
	pid_t pid;

	CHECK(page_fault(&q) == 0);
	pid = fork();
	if (pid == 0)
		_exit(readable(q.fd) && read(q.fd, &fault, sizeof(fault)) == sizeof(fault) &&
				      !readable(q.fd)
			      ? 0
			      : 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(readable(q.fd));
	CHECK(read(q.fd, &fault, sizeof(fault)) == sizeof(fault));
	CHECK(!readable(q.fd));
	close(q.fd);
	close(q.iommu);
}

static void test_device(void)
{
	int fd = open("/dev/iommu", O_RDWR), dev = open("/dev/vfio/devices/vfio0", O_RDWR), irq;
	struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = fd };
	struct iomfd_vfio_region_info region = { .argsz = sizeof(region), .index = 7 };
	struct {
		struct iomfd_vfio_irq_set head;
		int32_t fd;
	} irqs = { { sizeof(irqs), 4 | 32, 2, 0, 1 }, -1 };
	uint32_t ids = 0, word = 0;
	uint64_t count = 0;
	uint8_t *bar;

	CHECK(fd >= 0 && dev >= 0);
	CHECK(access("/dev/vfio/devices/vfio0", R_OK) == 0);
	FAILS(access("/dev/vfio/devices/vfio9", R_OK), ENOENT);
	FAILS(ioctl(dev, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region), EINVAL);
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0);
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region) == 0);
	CHECK(pread(dev, &ids, 4, (off_t)region.offset) == 4 && ids != 0 && ids != UINT32_MAX);
	CHECK(pread(dev, &word, 2, (off_t)region.offset + 4) == 2 && (word & 2));
	FAILS(lseek(dev, 0, SEEK_SET), ESPIPE);
	region.index = 0;
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_GET_REGION_INFO, &region) == 0);
	bar = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev,
		   (off_t)region.offset);
	CHECK(bar != MAP_FAILED);
	memcpy(bar + 64, "over and out", 12);
	CHECK(pread(dev, &word, 4, (off_t)region.offset + 64) == 4 &&
	      memcmp(&word, "over", 4) == 0);
	word = 0x12345678;
	CHECK(pwrite(dev, &word, 4, (off_t)region.offset + 4096) == 4);
	CHECK(memcmp(bar + 4096, &word, 4) == 0);
	/* Another mapping over a part of it, and the rest is unmapped. */
	CHECK(mmap(bar, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == bar);
	CHECK(bar[64] == 0);
	CHECK(mmap(bar, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, dev, (off_t)region.offset) == bar);
	CHECK(bar[64] == 'o');
	CHECK(munmap(bar, region.size) == 0);
	irq = eventfd(0, EFD_CLOEXEC);
	irqs.fd = irq;
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_SET_IRQS, &irqs) == 0);
	irqs.head.flags = 1 | 32;
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_SET_IRQS, &irqs) == 0);
	CHECK(readable(irq) && read(irq, &count, 8) == 8 && count == 1);
	CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_RESET) == 0);
	/* The device keeps the context: it may be closed first. */
	CHECK(close(fd) == 0);
	CHECK(pread(dev, &word, 4, (off_t)(7ull << 40)) == 4 && word == ids);
	CHECK(close(dev) == 0);
	close(irq);
}

/* Devices behind our models, as the command line asked for. */
static void test_models(void)
{
	static const struct {
		const char *node;
		uint32_t type;
		uint8_t pasid_log2;
	} want[] = {
		{ "/dev/vfio/devices/vfio1", IOMFD_HW_INFO_ARM_SMMUV3, 8 },
		{ "/dev/vfio/devices/vfio2", IOMFD_HW_INFO_INTEL_VTD, 0 },
	};
	int fd = open("/dev/iommu", O_RDWR);

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct iomfd_vfio_bind bind = { .argsz = 16, .iommufd = fd };
		struct iomfd_hw_info_arm_smmuv3 smmu = { 0 };
		struct iomfd_hw_info info = { .size = sizeof(info),
					      .data_len = sizeof(smmu),
					      .data_uptr = (uintptr_t)&smmu };
		int dev = open(want[i].node, O_RDWR);

		CHECK(ioctl(dev, IOMFD_VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0);
		info.dev_id = bind.out_devid;
		CHECK(ioctl(fd, IOMFD_GET_HW_INFO, &info) == 0);
		CHECK(info.data_type == want[i].type);
		CHECK(info.out_max_pasid_log2 == want[i].pasid_log2);
		/* IDR3.RIL was switched off. */
		if (info.data_type == IOMFD_HW_INFO_ARM_SMMUV3)
			CHECK((smmu.idr[3] & 1 << 10) == 0);
		close(dev);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	test_copies();
	test_queue();
	test_fork();
	if (argc < 2 || strcmp(argv[1], "kernel")) {
		test_fork_queue();
		test_device();
		test_models();
	}
	printf("%d checks, %d failures\n", checks, failures);
	return failures != 0;
}
