/* SPDX-License-Identifier: MIT */
/*
 * Memory of the caller, which may be anything at any time. The kernel itself
 * does the copying (process_vm_readv on this process), so that a bad pointer is
 * an error and not a signal.
 */
#include "iommufd/engine/engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int copy(bool in, uint64_t user, void *mine, size_t n)
{
	struct iovec local = { mine, n }, remote = { (void *)(uintptr_t)user, n };
	ssize_t got;

	if (n == 0)
		return 0;
	got = in ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0)
		 : process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
	return got == (ssize_t)n ? 0 : -EFAULT;
}

int iomfd_copy_in(void *to, uint64_t from, size_t n)
{
	return copy(true, from, to, n);
}

int iomfd_copy_out(uint64_t to, const void *from, size_t n)
{
	return copy(false, to, (void *)(uintptr_t)from, n);
}

int iomfd_zero_out(uint64_t to, size_t n)
{
	static const uint8_t zeros[4096];

	while (n > 0) {
		size_t piece = MIN(n, sizeof(zeros));

		if (iomfd_copy_out(to, zeros, piece))
			return -EFAULT;
		to += piece;
		n -= piece;
	}
	return 0;
}

int iomfd_copy_struct_in(void *to, size_t n, uint64_t from, size_t user_n)
{
	size_t both = MIN(n, user_n);
	uint8_t tail[256];

	/* The tail is looked at first: what is too big is refused even if all of
	 * it cannot be read. A huge length runs into unmapped memory soon. */
	for (size_t done = both; done < user_n;) {
		size_t piece = MIN(user_n - done, sizeof(tail));

		/* Never across a page that may be missing, before what is there. */
		piece = MIN(piece, IOMFD_PAGE - (from + done) % IOMFD_PAGE);
		if (iomfd_copy_in(tail, from + done, piece))
			return -EFAULT;
		for (size_t i = 0; i < piece; i++) {
			if (tail[i])
				return -E2BIG;
		}
		done += piece;
	}
	memset((uint8_t *)to + both, 0, n - both);
	return iomfd_copy_in(to, from, both);
}

int iomfd_populate(uint64_t addr, uint64_t length, bool write)
{
	uint64_t start = addr & ~(IOMFD_PAGE - 1);
	uint64_t end = (addr + length + IOMFD_PAGE - 1) & ~(IOMFD_PAGE - 1);
	uint8_t byte;

	/* Ranges that wrap are told apart from those that are not user memory. */
	if (end <= start && length)
		return -EOVERFLOW;
	if (end > (1ull << 47))
		return -EFAULT;
	if (madvise((void *)(uintptr_t)start, end - start,
		    write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0)
		return 0;
	if (errno != EINVAL)
		return -EFAULT;
	/* A mapping without the permission, or a kernel before 5.14. */
	for (uint64_t page = start; page < end; page += IOMFD_PAGE) {
		if (iomfd_copy_in(&byte, page, 1))
			return -EFAULT;
		if (write && iomfd_copy_out(page, &byte, 1))
			return -EFAULT;
	}
	return 0;
}

int iomfd_phys_of(uint64_t addr, bool write, iomfd_phys *out)
{
	char line[512];
	FILE *maps;

	memset(out, 0, sizeof(*out));
	if (iomfd_populate(addr, 1, write))
		return -EFAULT;
	maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return -EFAULT;
	out->offset = addr & ~(IOMFD_PAGE - 1);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long long start, end, offset, inode;
		unsigned major, minor;
		char perms[8];

		if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu", &start, &end, perms, &offset,
			   &major, &minor, &inode) != 7 ||
		    addr < start || addr >= end)
			continue;
		out->huge = strstr(line, "hugepage") != NULL || strstr(line, "hugetlb") != NULL;
		if (inode != 0 && perms[3] == 's') {
			out->device = ((uint64_t)major << 32) | minor;
			out->inode = inode;
			out->offset = out->offset - start + offset;
		}
		break;
	}
	fclose(maps);
	return 0;
}
