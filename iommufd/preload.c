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
#include "iommufd/preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
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

static iom_iommufd *current(void)
{
	return iom_preload_engine(false);
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

	if (!iom_preload_engine(true))
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

/* Is the node there? */
static bool has_node(const char *node)
{
	int fd = open_node(node, O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

DECLARE(access);

EXPORT int access(const char *path, int mode)
{
	const char *node = node_of(path);

	if (node)
		return has_node(node) ? 0 : -1;
	return REAL(access)(path, mode);
}

/* A character device, whichever. */
static const char *stands_for(const char *path)
{
	const char *node = node_of(path);

	return node && has_node(node) ? "/dev/null" : path;
}

DECLARE(stat);
DECLARE(lstat);
DECLARE(stat64);
DECLARE(lstat64);

EXPORT int stat(const char *path, struct stat *out)
{
	return REAL(stat)(stands_for(path), out);
}

EXPORT int lstat(const char *path, struct stat *out)
{
	return REAL(lstat)(stands_for(path), out);
}

EXPORT int stat64(const char *path, struct stat64 *out)
{
	return REAL(stat64)(stands_for(path), out);
}

EXPORT int lstat64(const char *path, struct stat64 *out)
{
	return REAL(lstat64)(stands_for(path), out);
}

DECLARE(close);

EXPORT int close(int fd)
{
	return ours(fd) ? (int)answer(iom_iommufd_close(current(), fd)) : REAL(close)(fd);
}

DECLARE(close_range);

/* Descriptors from here on are the engine's own; programs rarely come so far. */
#define PRIVATE_FDS 512u

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	bool closes = !(flags & (int)CLOSE_RANGE_CLOEXEC);

	if (!current() || first > last)
		return REAL(close_range)(first, last, flags);
	for (unsigned fd = first; closes && fd <= last && fd < PRIVATE_FDS; fd++) {
		if (ours((int)fd))
			close((int)fd);
	}
	if (first >= PRIVATE_FDS)
		return 0;
	return REAL(close_range)(first, MIN(last, PRIVATE_FDS - 1), flags);
}

EXPORT void closefrom(int first)
{
	close_range((unsigned)MAX(first, 0), UINT_MAX, 0);
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
DECLARE(write);
DECLARE(pread);
DECLARE(pwrite);

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	return ours(fd) ? answer(iom_iommufd_read(current(), fd, buf, n)) : REAL(read)(fd, buf, n);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	return ours(fd) ? answer(iom_iommufd_write(current(), fd, buf, n))
			: REAL(write)(fd, buf, n);
}

static ssize_t pread_any(int fd, void *buf, size_t n, off_t offset)
{
	return ours(fd) ? answer(iom_iommufd_pread(current(), fd, buf, n, (uint64_t)offset))
			: REAL(pread)(fd, buf, n, offset);
}

static ssize_t pwrite_any(int fd, const void *buf, size_t n, off_t offset)
{
	return ours(fd) ? answer(iom_iommufd_pwrite(current(), fd, buf, n, (uint64_t)offset))
			: REAL(pwrite)(fd, buf, n, offset);
}

EXPORT ssize_t pread(int fd, void *buf, size_t n, off_t offset)
{
	return pread_any(fd, buf, n, offset);
}

EXPORT ssize_t pread64(int fd, void *buf, size_t n, off_t offset)
{
	return pread_any(fd, buf, n, offset);
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	return pwrite_any(fd, buf, n, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *buf, size_t n, off_t offset)
{
	return pwrite_any(fd, buf, n, offset);
}

/* What programs that were compiled with checks of buffers call instead. */
ssize_t __read_chk(int fd, void *buf, size_t n, size_t room);
ssize_t __pread_chk(int fd, void *buf, size_t n, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *buf, size_t n, off_t offset, size_t room);

static size_t checked(size_t n, size_t room)
{
	if (n > room) {
		fprintf(stderr,
			"iommulate iommufd: the program reads more than its buffer holds\n");
		abort();
	}
	return n;
}

EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t room)
{
	return read(fd, buf, checked(n, room));
}

EXPORT ssize_t __pread_chk(int fd, void *buf, size_t n, off_t offset, size_t room)
{
	return pread_any(fd, buf, checked(n, room), offset);
}

EXPORT ssize_t __pread64_chk(int fd, void *buf, size_t n, off_t offset, size_t room)
{
	return pread_any(fd, buf, checked(n, room), offset);
}

/* One piece after the other, until one is short: as files without a call of their own. */
static ssize_t vector(int fd, const struct iovec *v, int n, bool put)
{
	ssize_t all = 0;

	for (int i = 0; i < n; i++) {
		ssize_t one = put ? write(fd, v[i].iov_base, v[i].iov_len)
				  : read(fd, v[i].iov_base, v[i].iov_len);

		if (one < 0)
			return all ? all : one;
		all += one;
		if ((size_t)one < v[i].iov_len)
			break;
	}
	return all;
}

DECLARE(readv);
DECLARE(writev);

EXPORT ssize_t readv(int fd, const struct iovec *v, int n)
{
	return ours(fd) ? vector(fd, v, n, false) : REAL(readv)(fd, v, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *v, int n)
{
	return ours(fd) ? vector(fd, v, n, true) : REAL(writev)(fd, v, n);
}

DECLARE(lseek);

/* None of these files has a position that can be set. */
EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	return ours(fd) ? answer(-ESPIPE) : REAL(lseek)(fd, offset, whence);
}

EXPORT off_t lseek64(int fd, off_t offset, int whence)
{
	return ours(fd) ? answer(-ESPIPE) : REAL(lseek)(fd, offset, whence);
}

DECLARE(mmap);

static void *map_any(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	int error;
	void *got;

	if ((flags & MAP_ANONYMOUS) || !ours(fd)) {
		/* What is put over a mapping of the engine's ends it. */
		if ((flags & MAP_FIXED) && current())
			iom_iommufd_unmapped(current(), addr, n);
		return REAL(mmap)(addr, n, prot, flags, fd, offset);
	}
	got = iom_iommufd_mmap(current(), fd, addr, n, prot, flags, (uint64_t)offset, &error);
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
