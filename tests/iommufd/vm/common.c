/* SPDX-License-Identifier: MIT */
/* The log, the memory, and the arguments of the program. */
#define _GNU_SOURCE
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOG_FD 400

static char log_buffer[1u << 16];
static size_t log_used;
static unsigned line_number;
int mem_fd;

void log_flush(void)
{
	if (write(LOG_FD, log_buffer, log_used) != (ssize_t)log_used)
		_exit(3);
	log_used = 0;
}

void note(const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > (int)sizeof(line) - 1)
		n = (int)sizeof(line) - 1;
	for (int i = 0; i < n; i++) {
		log_buffer[log_used++] = line[i];
		if (log_used == sizeof(log_buffer))
			log_flush();
	}
}

void log_open(const char *path)
{
	struct rlimit files = { 1024, 1024 };
	int fd;

	/* Descriptors have the same numbers in both worlds. */
	for (fd = 3; fd < 1024; fd++)
		close(fd);
	fd = open(path, O_WRONLY | O_CREAT, 0666);
	setrlimit(RLIMIT_NOFILE, &files);
	if (fd < 0 || dup2(fd, LOG_FD) < 0)
		_exit(4);
	close(fd);
}

void log_close(void)
{
	note("END\n");
	log_flush();
	fsync(LOG_FD);
	close(LOG_FD);
}

int call_at(int fd, const char *name, unsigned long request, uint64_t arg)
{
	int rc = port_ioctl(fd, request, (uintptr_t)arg);

	note("%u %s = %d\n", line_number++, name, rc);
	return rc;
}

int call(int fd, const char *name, unsigned long request, void *arg, size_t n)
{
	const uint32_t *words = arg;
	char before[700] = "", after[700] = "";
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < n / 4 && i < 32; i++)
		at += (size_t)snprintf(before + at, sizeof(before) - at, " %x", words[i]);
	rc = port_ioctl(fd, request, (uintptr_t)arg);
	at = 0;
	for (size_t i = 0; i < n / 4 && i < 32; i++)
		at += (size_t)snprintf(after + at, sizeof(after) - at, " %x", words[i]);
	note("%u %s fd %d (%s ) = %d", line_number++, name, fd, before, rc);
	if (strcmp(before, after))
		note(" ->%s", after);
	note("\n");
	return rc;
}

static void *map_at(uint64_t addr, size_t n, int prot, int flags, int fd)
{
	void *got = mmap((void *)(uintptr_t)addr, n, prot, flags | MAP_FIXED, fd, 0);

	if (got == MAP_FAILED)
		_exit(5);
	return got;
}

/*
 * What an entry of a page table covers must not depend on luck, so no page may
 * follow its neighbour in physical memory. Pages next to each other are made far
 * apart in time, which does it nearly always; pagemap says when it did not.
 */
static void touch_scattered(void *area)
{
	for (unsigned i = 0; i < MEM_PAGES; i++)
		((volatile char *)area)[(i * 37 % MEM_PAGES) * 4096] = (char)i;
}

static bool any_adjacent(const void *area)
{
	const uint64_t frame_mask = (1ull << 55) - 1;
	uint64_t entries[MEM_PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t n = pread(fd, entries, sizeof(entries), (off_t)((uintptr_t)area / 4096 * 8));
	bool found = false;

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(entries))
		return false;
	for (unsigned i = 1; i < MEM_PAGES; i++) {
		uint64_t frame = entries[i] & frame_mask;

		/* Who may not know frames reads 0. */
		found |= frame && frame == (entries[i - 1] & frame_mask) + 1;
	}
	return found;
}

#define MAX_TRIES 64u

/* An area somewhere: private, or with `fd` of a file of its own. */
static void *new_area(int *fd)
{
	const size_t n = MEM_PAGES * 4096;
	int flags = fd ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *area;

	if (fd) {
		*fd = memfd_create("memory", 0);
		if (*fd < 0 || ftruncate(*fd, (off_t)n))
			_exit(6);
	}
	area = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, fd ? *fd : -1, 0);
	if (area == MAP_FAILED)
		_exit(5);
	if (!fd)
		madvise(area, n, MADV_NOHUGEPAGE);
	touch_scattered(area);
	return area;
}

/* Memory at `addr` of pages that lie apart: private, or of the file `*fd`, made here. */
static void make_scattered(uint64_t addr, int *fd)
{
	const size_t n = MEM_PAGES * 4096;
	void *areas[MAX_TRIES];
	int fds[MAX_TRIES];
	unsigned last = 0;

	/* What would not do is kept until the end, or it would come back. */
	for (;;) {
		areas[last] = new_area(fd ? &fds[last] : NULL);
		if (!any_adjacent(areas[last]))
			break;
		if (last + 1 == MAX_TRIES) {
			note("pages of memory lie next to each other\n");
			break;
		}
		last++;
	}
	if (mremap(areas[last], n, n, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(uintptr_t)addr) ==
	    MAP_FAILED)
		_exit(5);
	for (unsigned i = 0; i < last; i++)
		munmap(areas[i], n);
	if (!fd)
		return;
	/* Its number is the same in both worlds. */
	*fd = dup2(fds[last], fds[0]);
	if (*fd < 0)
		_exit(6);
	for (unsigned i = 1; i <= last; i++)
		close(fds[i]);
}

void mem_setup(void)
{
	const int private = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	make_scattered(MEM_BASE, NULL);
	make_scattered(MEM_FILE, &mem_fd);
	make_scattered(MEM_READONLY, NULL);
	mprotect((void *)(uintptr_t)MEM_READONLY, MEM_PAGES * 4096, PROT_READ);
	map_at(MEM_SCRATCH, 64 * 4096, PROT_READ | PROT_WRITE, private, -1);
	map_at(MEM_STRUCT, 4096, PROT_READ | PROT_WRITE, private, -1);
	for (unsigned i = 0; i < MEM_PAGES * 4096; i++)
		((uint8_t *)(uintptr_t)MEM_BASE)[i] = (uint8_t)(i * 7 + i / 4096);
}

const char *port_profile = "7.2";
bool port_huge_pages;

/* LOG SEED CALLS [PROFILE [HUGE-PAGES [PART]]]: the part "wrong" is wrong structures only. */
int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "log";
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned calls = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 1000;

	if (argc > 4)
		port_profile = argv[4];
	port_huge_pages = argc > 5 && strcmp(argv[5], "0") != 0;
	log_open(path);
	run_wrong();
	if (argc <= 6 || strcmp(argv[6], "wrong") != 0) {
		run_script();
		run_fuzz(seed, calls);
	}
	log_close();
	return 0;
}
