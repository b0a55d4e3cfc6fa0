/* SPDX-License-Identifier: MIT */
/*
 * A library to be loaded before a program (LD_PRELOAD): the engine becomes its
 * /dev/iommu and VFIO device files. What is done to descriptors of the engine
 * goes to the engine, everything else to the C library as before.
 *
 * The engine's own system calls come through here too; they are on descriptors
 * that the engine does not own, and its lock is recursive.
 */
/* Both names of each function are defined here: none may stand for the other. */
#undef _FILE_OFFSET_BITS
#include "iommufd/iommufd.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&name))real(#name, &real_##name))
#define DECLARE(name) static void *real_##name

static void *real(const char *name, void **slot)
{
	if (!*slot)
		*slot = dlsym(RTLD_NEXT, name);
	return *slot;
}

/*
 * One engine a process, made when the program first opens one of its nodes: a
 * preloaded library has no owner that could hold it.
 */
static iom_iommufd *engine;
static GOnce made = G_ONCE_INIT;

/* "BACKEND:NUMBER[:pasid=BITS]", as `iommulate iommufd --device` takes it. */
static bool add_device(iom_iommufd *t, const char *spec)
{
	iom_iommufd_device device = { .size = sizeof(device) };
	g_autoptr(GError) error = NULL;
	char backend[16] = "";

	if (sscanf(spec, "%15[a-z]:%u:pasid=%u", backend, &device.number, &device.pasid_bits) < 2) {
		fprintf(stderr, "iommulate iommufd: device '%s': BACKEND:NUMBER wanted\n", spec);
		return false;
	}
	if (strcmp(backend, "mock") == 0) {
		device.backend = IOM_IOMMUFD_MOCK;
	} else if (strcmp(backend, "noiommu") == 0) {
		device.backend = IOM_IOMMUFD_NOIOMMU;
	} else if (strcmp(backend, "emulated") == 0) {
		device.backend = IOM_IOMMUFD_EMULATED;
	} else {
		fprintf(stderr,
			"iommulate iommufd: device '%s': a mock, noiommu or emulated one wanted\n",
			spec);
		return false;
	}
	device.group = device.number;
	if (!iom_iommufd_add_device(t, &device, &error)) {
		fprintf(stderr, "iommulate iommufd: %s\n", error->message);
		return false;
	}
	return true;
}

static gpointer make_engine(gpointer unused)
{
	const char *profile = getenv("IOM_IOMMUFD_PROFILE");
	const char *devices = getenv("IOM_IOMMUFD_DEVICES");
	iom_iommufd_engine_config config;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) specs = NULL;
	iom_iommufd *t;

	(void)unused;
	iom_iommufd_engine_config_init(&config);
	config.profile = profile && *profile ? profile : NULL;
	config.selftest = getenv("IOM_IOMMUFD_NO_SELFTEST") == NULL;
	t = iom_iommufd_new_engine(&config, &error);
	if (!t) {
		fprintf(stderr, "iommulate iommufd: %s\n", error->message);
		return NULL;
	}
	specs = g_strsplit(devices ? devices : "", " ", -1);
	for (char **s = specs; *s; s++) {
		if (**s)
			add_device(t, *s);
	}
	__atomic_store_n(&engine, t, __ATOMIC_RELEASE);
	return t;
}

static iom_iommufd *current(void)
{
	return __atomic_load_n(&engine, __ATOMIC_ACQUIRE);
}

static bool ours(int fd)
{
	iom_iommufd *t = current();

	return t && fd >= 0 && iom_iommufd_owns(t, fd);
}

static long answer(long rc)
{
	if (rc >= 0)
		return rc;
	errno = (int)-rc;
	return -1;
}

/* The name below /dev of a node that the engine serves. */
static const char *node_of(const char *path)
{
	if (!path || strncmp(path, "/dev/", 5) != 0)
		return NULL;
	path += 5;
	return strcmp(path, "iommu") == 0 || (strncmp(path, "vfio/", 5) == 0 && path[5]) ? path
											 : NULL;
}

static int open_node(const char *node, int flags)
{
	int fd;

	g_once(&made, make_engine, NULL);
	if (!current())
		return (int)answer(-ENODEV);
	fd = iom_iommufd_open(current(), node);
	if (fd >= 0 && !(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	return (int)answer(fd);
}

DECLARE(openat);

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	const char *node = node_of(path);

	return node && !(flags & O_DIRECTORY) ? open_node(node, flags)
					      : REAL(openat)(dir, path, flags, mode);
}

#define MODE(flags) \
	mode_t mode = 0; \
	if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
		va_list args; \
		va_start(args, flags); \
		mode = va_arg(args, mode_t); \
		va_end(args); \
	}

EXPORT int open(const char *path, int flags, ...)
{
	MODE(flags)
	return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	MODE(flags)
	return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	MODE(flags)
	return open_any(dir, path, flags, mode);
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	MODE(flags)
	return open_any(dir, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

DECLARE(access);

EXPORT int access(const char *path, int mode)
{
	const char *node = node_of(path);
	int fd;

	if (!node)
		return REAL(access)(path, mode);
	fd = open_node(node, O_CLOEXEC);
	return fd < 0 ? -1 : close(fd);
}

DECLARE(close);

EXPORT int close(int fd)
{
	return ours(fd) ? (int)answer(iom_iommufd_close(current(), fd)) : REAL(close)(fd);
}

DECLARE(ioctl);

int ioctl(int fd, unsigned long request, ...);

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (ours(fd))
		return (int)answer(iom_iommufd_ioctl(current(), fd, request, (uintptr_t)arg));
	return REAL(ioctl)(fd, request, arg);
}

DECLARE(read);

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	return ours(fd) ? answer(iom_iommufd_read(current(), fd, buf, n)) : REAL(read)(fd, buf, n);
}

DECLARE(write);

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	return ours(fd) ? answer(iom_iommufd_write(current(), fd, buf, n))
			: REAL(write)(fd, buf, n);
}

DECLARE(mmap);

static void *map_any(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	int error;
	void *got;

	if ((flags & MAP_ANONYMOUS) || !ours(fd))
		return REAL(mmap)(addr, n, prot, flags, fd, offset);
	got = iom_iommufd_mmap(current(), fd, n, prot, flags, (uint64_t)offset, &error);
	if (error)
		errno = -error;
	return got;
}

EXPORT void *mmap(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	return map_any(addr, n, prot, flags, fd, offset);
}

EXPORT void *mmap64(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	return map_any(addr, n, prot, flags, fd, offset);
}

DECLARE(munmap);

EXPORT int munmap(void *addr, size_t n)
{
	if (current() && iom_iommufd_unmapped(current(), addr, n))
		return 0;
	return REAL(munmap)(addr, n);
}

DECLARE(dup);
DECLARE(dup2);
DECLARE(dup3);
DECLARE(fcntl);

/* A fresh descriptor of the program for one of the engine's. */
static int adopt(int fd, int fresh)
{
	int rc;

	if (fresh < 0 || !ours(fd))
		return fresh;
	rc = iom_iommufd_adopt(current(), fd, fresh);
	return rc ? (int)answer(rc) : fresh;
}

EXPORT int dup(int fd)
{
	return adopt(fd, REAL(dup)(fd));
}

/* What the target was before is closed, by us if it is ours. */
static int dup_onto(int fd, int target, int flags)
{
	bool was_ours = fd != target && ours(target) && fcntl(fd, F_GETFD) >= 0;
	int fresh;

	if (was_ours)
		close(target);
	fresh = flags < 0 ? REAL(dup2)(fd, target) : REAL(dup3)(fd, target, flags);
	return fd == target ? fresh : adopt(fd, fresh);
}

EXPORT int dup2(int fd, int target)
{
	return dup_onto(fd, target, -1);
}

EXPORT int dup3(int fd, int target, int flags)
{
	return dup_onto(fd, target, flags);
}

static int fcntl_any(int fd, int cmd, void *arg)
{
	int rc = REAL(fcntl)(fd, cmd, arg);

	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC ? adopt(fd, rc) : rc;
}

#define ARG(cmd) \
	va_list args; \
	void *arg; \
	va_start(args, cmd); \
	arg = va_arg(args, void *); \
	va_end(args);

EXPORT int fcntl(int fd, int cmd, ...)
{
	ARG(cmd)
	return fcntl_any(fd, cmd, arg);
}

EXPORT int fcntl64(int fd, int cmd, ...)
{
	ARG(cmd)
	return fcntl_any(fd, cmd, arg);
}
