/* SPDX-License-Identifier: MIT */
/*
 * Runs in the guest, statically linked.
 *
 *   guest-io verify DEVICE BLOCK COUNT   write a pattern to COUNT blocks in a scattered
 *                                        order, read them back, compare every byte
 *   guest-io speed DEVICE BLOCK COUNT    read COUNT blocks three times, print the best MB/s
 *
 * Both go around the page cache, so that every block is a DMA.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what, uint64_t at)
{
	printf("%s at %#llx: %s\n", what, (unsigned long long)at, strerror(errno));
	return 1;
}

/* A word that no other place of the device has, different in each run. */
static uint64_t pattern(uint64_t offset, uint64_t seed)
{
	uint64_t x = offset + seed * 0x9e3779b97f4a7c15u;

	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9u;
	return x ^ x >> 27;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int verify(int fd, uint8_t *buf, size_t block, size_t count, uint64_t blocks)
{
	uint64_t seed = now_ns(), stride = blocks > 7 ? 7 : 1;

	for (int reading = 0; reading < 2; reading++) {
		for (size_t i = 0; i < count; i++) {
			uint64_t at = i * stride % blocks * block;
			uint64_t *word = (uint64_t *)(void *)(buf + (i & 3) * block);

			if (reading) {
				memset(word, 0xa5, block);
				if (pread(fd, word, block, (off_t)at) != (ssize_t)block)
					return fail("read", at);
			}
			for (size_t k = 0; k < block / 8; k++) {
				uint64_t want = pattern(at + 8 * k, seed);

				if (reading && word[k] != want) {
					printf("at %#llx: read %#llx, wrote %#llx\n",
					       (unsigned long long)(at + 8 * k),
					       (unsigned long long)word[k],
					       (unsigned long long)want);
					return 1;
				}
				word[k] = want;
			}
			if (!reading && pwrite(fd, word, block, (off_t)at) != (ssize_t)block)
				return fail("write", at);
		}
	}
	return 0;
}

static int speed(int fd, uint8_t *buf, size_t block, size_t count, uint64_t blocks)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < 3; round++) {
		uint64_t start = now_ns();

		for (size_t i = 0; i < count; i++) {
			if (pread(fd, buf, block, (off_t)(i % blocks * block)) != (ssize_t)block)
				return fail("read", i);
		}
		start = now_ns() - start;
		best = start < best ? start : best;
	}
	printf("%.1f\n", (double)block * (double)count * 1000 / (double)best);
	return 0;
}

int main(int argc, char **argv)
{
	size_t block, count;
	uint64_t size = 0;
	uint8_t *buf;
	int fd;

	if (argc != 5)
		return 2;
	block = strtoul(argv[3], NULL, 0);
	count = strtoul(argv[4], NULL, 0);
	fd = open(argv[2], O_RDWR | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
		return fail(argv[2], 0);
	buf = mmap(NULL, 4 * block, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED || size < block)
		return fail("memory", size);
	if (!strcmp(argv[1], "verify"))
		return verify(fd, buf, block, count, size / block);
	return speed(fd, buf, block, count, size / block);
}
