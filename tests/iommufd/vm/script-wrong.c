/* SPDX-License-Identifier: MIT */
/*
 * Each ioctl with a structure that is right, then with each of its words wrong in turn,
 * with sizes too small and too large, and with pointers that lead nowhere.
 */
#define _GNU_SOURCE
#include "port.h"

#include <stdio.h>
#include <string.h>

/* Objects of the kinds that the structures name. */
typedef struct objects {
	uint32_t ioas, dev, nest, nested, viommu;
} objects;

#define WORDS 12

typedef struct shape {
	uint8_t nr, full, least;
	const char *name;
	void (*fill)(uint32_t *w, const objects *o);
} shape;

static int fd;

static void set64(uint32_t *w, uint64_t value)
{
	w[0] = (uint32_t)value;
	w[1] = (uint32_t)(value >> 32);
}

static void none(uint32_t *w, const objects *o)
{
	(void)w;
	(void)o;
}

static void allow(uint32_t *w, const objects *o)
{
	uint64_t *range = (uint64_t *)(uintptr_t)MEM_SCRATCH;

	range[0] = 0x10000000;
	range[1] = 0x1fffffff;
	w[1] = o->ioas;
	w[2] = 1;
	set64(w + 4, MEM_SCRATCH);
}

static void copy(uint32_t *w, const objects *o)
{
	w[1] = 7;
	w[2] = w[3] = o->ioas;
	set64(w + 4, 0x1000);
	set64(w + 6, 0x2000000);
	set64(w + 8, 0x1000000);
}

static void ranges(uint32_t *w, const objects *o)
{
	w[1] = o->ioas;
	w[2] = 4;
	set64(w + 4, MEM_SCRATCH);
}

static void map(uint32_t *w, const objects *o)
{
	w[1] = 7;
	w[2] = o->ioas;
	set64(w + 4, MEM_BASE);
	set64(w + 6, 0x1000);
	set64(w + 8, 0x3000000);
}

static void unmap(uint32_t *w, const objects *o)
{
	w[1] = o->ioas;
	set64(w + 2, 0x1000000);
	set64(w + 4, 0x1000);
}

static void option(uint32_t *w, const objects *o)
{
	w[1] = 1;
	w[2] = 1;
	w[3] = o->ioas;
}

static void vfio_ioas(uint32_t *w, const objects *o)
{
	w[1] = o->ioas;
	w[2] = 1;
}

static void hwpt(uint32_t *w, const objects *o)
{
	w[2] = o->dev;
	w[3] = o->ioas;
}

static void nested(uint32_t *w, const objects *o)
{
	uint32_t *data = (uint32_t *)(uintptr_t)MEM_SCRATCH;

	data[0] = 0x99;
	data[1] = 0;
	w[2] = o->dev;
	w[3] = o->nest;
	w[6] = IOMFD_HWPT_DATA_SELFTEST;
	w[7] = 8;
	set64(w + 8, MEM_SCRATCH);
}

static void hw_info(uint32_t *w, const objects *o)
{
	w[2] = o->dev;
	w[3] = 32;
	set64(w + 4, MEM_SCRATCH);
}

static void set_dirty(uint32_t *w, const objects *o)
{
	w[1] = 1;
	w[2] = o->nest;
}

static void get_dirty(uint32_t *w, const objects *o)
{
	w[1] = o->nest;
	set64(w + 4, 0x1000000);
	set64(w + 6, 0x10000);
	set64(w + 8, 0x1000);
	set64(w + 10, MEM_SCRATCH);
}

static void invalidate(uint32_t *w, const objects *o)
{
	memset((void *)(uintptr_t)MEM_SCRATCH, 0, 64);
	w[1] = o->nested;
	set64(w + 2, MEM_SCRATCH);
	w[4] = IOMFD_INVALIDATE_SELFTEST;
	w[5] = 8;
	w[6] = 1;
}

static void map_file(uint32_t *w, const objects *o)
{
	w[1] = 7;
	w[2] = o->ioas;
	w[3] = (uint32_t)mem_fd;
	set64(w + 6, 0x1000);
	set64(w + 8, 0x3000000);
}

static void viommu(uint32_t *w, const objects *o)
{
	w[2] = IOMFD_VIOMMU_TYPE_SELFTEST;
	w[3] = o->dev;
	w[4] = o->nest;
}

static void vdevice(uint32_t *w, const objects *o)
{
	w[1] = o->viommu;
	w[2] = o->dev;
	set64(w + 4, 5);
}

static void veventq(uint32_t *w, const objects *o)
{
	w[2] = o->viommu;
	w[3] = IOMFD_VEVENTQ_TYPE_SELFTEST;
	w[4] = 2;
}

static void hw_queue(uint32_t *w, const objects *o)
{
	w[2] = o->viommu;
	w[3] = IOMFD_HW_QUEUE_TYPE_SELFTEST;
	set64(w + 6, 0x1000000);
	set64(w + 8, 0x1000);
}

static void get_pa(uint32_t *w, const objects *o)
{
	w[2] = o->ioas;
	set64(w + 4, 0x1000000);
	set64(w + 6, 0x1000);
}

static const shape shapes[] = {
	{ 0x80, 8, 8, "destroy", none },
	{ 0x81, 12, 12, "ioas_alloc", none },
	{ 0x82, 24, 24, "allow_iovas", allow },
	{ 0x83, 40, 40, "copy", copy },
	{ 0x84, 32, 32, "iova_ranges", ranges },
	{ 0x85, 40, 40, "map", map },
	{ 0x86, 24, 24, "unmap", unmap },
	{ 0x87, 24, 24, "option", option },
	{ 0x88, 12, 12, "vfio_ioas", vfio_ioas },
	{ 0x89, 48, 24, "hwpt_alloc", hwpt },
	{ 0x89, 48, 24, "hwpt_alloc nested", nested },
	{ 0x8a, 40, 32, "hw_info", hw_info },
	{ 0x8b, 16, 16, "set_dirty", set_dirty },
	{ 0x8c, 48, 48, "get_dirty", get_dirty },
	{ 0x8d, 32, 32, "invalidate", invalidate },
	{ 0x8e, 16, 16, "fault_alloc", none },
	{ 0x8f, 40, 40, "map_file", map_file },
	{ 0x90, 40, 24, "viommu_alloc", viommu },
	{ 0x91, 24, 24, "vdevice_alloc", vdevice },
	{ 0x92, 8, 8, "change_process", none },
	{ 0x93, 32, 28, "veventq_alloc", veventq },
	{ 0x94, 40, 40, "hw_queue_alloc", hw_queue },
	{ 0x95, 40, 40, "noiommu_get_pa", get_pa },
	{ 0x96, 40, 40, "beyond the table", none },
	{ 0x9f, 40, 40, "beyond the table", none },
};

static uint32_t alloc_hwpt(uint32_t dev, uint32_t pt, bool on_nest)
{
	uint32_t w[WORDS] = { 48, on_nest ? 0 : IOMFD_HWPT_NEST_PARENT, dev, pt };
	const objects o = { .dev = dev, .nest = pt };

	if (on_nest)
		nested(w, &o);
	call(fd, "hwpt", IOMFD_IO(0x89), w, 48);
	return w[4];
}

static objects make_objects(void)
{
	uint32_t alloc[3] = { 12 }, w[WORDS];
	struct iomfd_test_cmd mock = { .size = sizeof(mock), .op = IOMFD_TEST_MOCK_DOMAIN };
	struct iomfd_ioas_map cmd = { .size = sizeof(cmd),
				      .flags = 7,
				      .user_va = MEM_BASE,
				      .length = 0x10000,
				      .iova = 0x1000000 };
	objects o = { 0 };

	call(fd, "ioas", IOMFD_IO(0x81), alloc, 12);
	o.ioas = cmd.ioas_id = mock.id = alloc[2];
	call(fd, "mock", IOMFD_TEST_CMD, &mock, sizeof(mock));
	o.dev = mock.mock_domain.out_idev_id;
	call(fd, "map", IOMFD_IO(0x85), &cmd, sizeof(cmd));
	o.nest = alloc_hwpt(o.dev, o.ioas, false);
	o.nested = alloc_hwpt(o.dev, o.nest, true);
	memset(w, 0, sizeof(w));
	w[0] = 40;
	viommu(w, &o);
	call(fd, "viommu", IOMFD_IO(0x90), w, 40);
	o.viommu = w[5];
	return o;
}

/* The call, and then what it made is gone again. */
static void try_it(const shape *s, uint32_t *w, uint32_t size)
{
	int rc = call(fd, s->name, IOMFD_IO(s->nr), w, size);
	uint32_t made = 0;

	if (rc)
		return;
	switch (s->nr) {
	case 0x81:
		made = w[2];
		break;
	case 0x85:
	case 0x8f:
		call(fd, "unmap", IOMFD_IO(0x86), (uint32_t[]){ 24, w[2], w[8], w[9], w[6], w[7] },
		     24);
		break;
	case 0x83:
		call(fd, "unmap", IOMFD_IO(0x86), (uint32_t[]){ 24, w[2], w[6], w[7], w[4], w[5] },
		     24);
		break;
	case 0x89:
		made = w[4];
		break;
	case 0x8e:
		port_close((int)w[3]);
		made = w[2];
		break;
	case 0x90:
		made = w[5];
		break;
	case 0x91:
		made = w[3];
		break;
	case 0x93:
		port_close((int)w[6]);
		made = w[5];
		break;
	case 0x94:
		made = w[5];
		break;
	default:
		break;
	}
	if (made)
		call(fd, "destroy", IOMFD_IO(0x80), (uint32_t[]){ 8, made }, 8);
}

static void fresh(const shape *s, const objects *o, uint32_t *w)
{
	memset(w, 0, 64 * sizeof(*w));
	s->fill(w, o);
	w[0] = s->full;
}

static void words_wrong(const shape *s, const objects *o)
{
	static const uint32_t values[] = { 0, 1, 2, 0x10, 0x1001, 0x80000000, 0xffffffff };
	uint32_t w[64];

	for (unsigned at = 1; at < s->full / 4u; at++) {
		for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			fresh(s, o, w);
			/* No descriptor of something that differs between the worlds. */
			if (s->nr == 0x8f && at == 3 && i < 5)
				continue;
			w[at] = values[i];
			try_it(s, w, s->full);
		}
	}
}

static void sizes_wrong(const shape *s, const objects *o)
{
	static const uint32_t large[] = { 0, 1, 4, 64, 128 };
	uint32_t w[64];

	for (uint32_t size = 0; size <= s->full; size++) {
		fresh(s, o, w);
		w[0] = size;
		try_it(s, w, s->full);
	}
	for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		fresh(s, o, w);
		w[0] = s->full + large[i];
		try_it(s, w, s->full);
		for (uint32_t at = s->full; large[i] && at < s->full + large[i]; at += 1 + at / 8) {
			fresh(s, o, w);
			w[0] = s->full + large[i];
			((uint8_t *)w)[at] = 1;
			try_it(s, w, s->full);
		}
	}
	fresh(s, o, w);
	w[0] = 0xffffffff;
	try_it(s, w, s->full);
}

static void pointers_wrong(const shape *s, const objects *o)
{
	uint8_t *end = (uint8_t *)(uintptr_t)MEM_STRUCT + 4096;
	uint8_t *odd = (uint8_t *)(uintptr_t)MEM_SCRATCH + 0x8001;
	uint32_t w[64];
	char name[64];

	snprintf(name, sizeof(name), "%s at", s->name);
	call_at(fd, name, IOMFD_IO(s->nr), 0);
	call_at(fd, name, IOMFD_IO(s->nr), MEM_HOLE);
	call_at(fd, name, IOMFD_IO(s->nr), UINT64_MAX - 3);
	call_at(fd, name, IOMFD_IO(s->nr), 0xffff800000000000ull);
	fresh(s, o, w);
	/* All but the last byte can be read. */
	memcpy(end - s->full + 1, w, s->full - 1u);
	call_at(fd, name, IOMFD_IO(s->nr), (uintptr_t)end - s->full + 1);
	memcpy(end - 4, w, 4);
	call_at(fd, name, IOMFD_IO(s->nr), (uintptr_t)end - 4);
	call_at(fd, name, IOMFD_IO(s->nr), (uintptr_t)end - 3);
	/* The whole structure, at an odd address. */
	memcpy(odd, w, s->full);
	call_at(fd, name, IOMFD_IO(s->nr), (uintptr_t)odd);
}

/* Numbers that say a size and a direction are other numbers. */
static void encodings_wrong(const shape *s, const objects *o)
{
	uint32_t w[64];

	fresh(s, o, w);
	call_at(fd, s->name, IOMFD_IO(s->nr) | 0x40080000, (uintptr_t)w);
	call_at(fd, s->name, IOMFD_IO(s->nr) | 0xc0000000, (uintptr_t)w);
	call_at(fd, s->name, (IOMFD_IO(s->nr) & 0xff) | 0x3c00, (uintptr_t)w);
}

unsigned wrong_shapes(void)
{
	return sizeof(shapes) / sizeof(shapes[0]);
}

const char *wrong_name(unsigned n)
{
	return shapes[n].name;
}

void wrong_structure(int iommu, unsigned n)
{
	const shape *s = &shapes[n];
	objects o;

	fd = iommu;
	o = make_objects();
	words_wrong(s, &o);
	sizes_wrong(s, &o);
	pointers_wrong(s, &o);
	encodings_wrong(s, &o);
}
