/* SPDX-License-Identifier: MIT */
/*
 * One program, two worlds: inside a virtual machine it talks to the kernel's
 * /dev/iommu by system calls, outside to the engine through the library. What
 * it did and what came back goes to a log, a line a call; two logs are compared.
 */
#ifndef IOM_TESTS_IOMMUFD_PORT_H
#define IOM_TESTS_IOMMUFD_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "iommufd/uapi-test.h"

int port_open(const char *node);
int port_ioctl(int fd, unsigned long request, uintptr_t arg);
ssize_t port_read(int fd, void *buf, size_t n);
ssize_t port_write(int fd, const void *buf, size_t n);
void *port_mmap(int fd, size_t n, int prot, int flags, uint64_t offset, int *error);
int port_munmap(void *addr, size_t n);
int port_close(int fd);
/* A world of one's own; on the engine that of `port_profile`. */
void port_start(void);
extern const char *port_profile;
extern bool port_huge_pages; /* transparent ones */

/* Where memory for mappings lies: the same addresses in both worlds. */
#define MEM_BASE 0x200000000000ull
#define MEM_PAGES 64u
#define MEM_FILE (MEM_BASE + 0x1000000) /* a memfd, shared */
#define MEM_READONLY (MEM_BASE + 0x2000000)
#define MEM_HOLE (MEM_BASE + 0x3000000) /* nothing there */
#define MEM_SCRATCH (MEM_BASE + 0x4000000) /* bitmaps, arrays */
#define MEM_STRUCT (MEM_BASE + 0x5000000) /* structures, before a hole */
extern int mem_fd;
void mem_setup(void);

/* printf to the log. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_open(const char *path);
void log_flush(void);
void log_close(void);
/* The ioctl; logs its name, result and the structure as it came back. */
int call(int fd, const char *name, unsigned long request, void *arg, size_t n);
/* The same with the structure at an address that may not be readable. */
int call_at(int fd, const char *name, unsigned long request, uint64_t arg);

void run_script(void);
/* Each ioctl's structure with everything wrong in turn; the objects are in `fd`. */
void run_wrong(void);
unsigned wrong_shapes(void);
const char *wrong_name(unsigned n);
void wrong_structure(int fd, unsigned n);
/* A device without an IOMMU, where there is one. */
void noiommu_device(int fd);
void run_fuzz(uint64_t seed, unsigned calls);
#endif
