/* SPDX-License-Identifier: MIT */
/* The kernel's side: system calls. */
#define _GNU_SOURCE
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int result(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

void port_start(void)
{
}

int port_open(const char *node)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", node);
	return result(open(path, O_RDWR | O_CLOEXEC));
}

int port_ioctl(int fd, unsigned long request, uintptr_t arg)
{
	return result(ioctl(fd, request, arg));
}

ssize_t port_read(int fd, void *buf, size_t n)
{
	return result(read(fd, buf, n));
}

ssize_t port_write(int fd, const void *buf, size_t n)
{
	return result(write(fd, buf, n));
}

void *port_mmap(int fd, size_t n, int prot, int flags, uint64_t offset, int *error)
{
	void *p = mmap(NULL, n, prot, flags, fd, (off_t)offset);

	*error = p == MAP_FAILED ? -errno : 0;
	return p;
}

int port_munmap(void *addr, size_t n)
{
	return result(munmap(addr, n));
}

int port_close(int fd)
{
	return result(close(fd));
}
