/* SPDX-License-Identifier: MIT */
/*
 * What is mapped, through the public interface: the pages that the tests put into the
 * tables come back, all of them, once, in order, and nothing else; and a mirror tells
 * exactly the differences.
 */
#include "tests/embedding/mappings.h"

#include <stdlib.h>

/* ---- a list of pages ---- */

static bool take(void *opaque, const iom_mapping *m)
{
	page_list *list = opaque;

	if (list->n < PAGES_MAX)
		list->page[list->n] = *m;
	list->n++;
	return list->n < PAGES_MAX;
}

static int by_address(const void *a, const void *b)
{
	const iom_mapping *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static bool equal(const iom_mapping *a, const iom_mapping *b)
{
	return a->address == b->address && a->output == b->output && a->page_lg2 == b->page_lg2 &&
	       (a->permissions & (IOM_READ | IOM_WRITE)) == b->permissions;
}

void pages_add(page_list *list, uint64_t address, uint64_t output, unsigned lg2,
	       unsigned permissions)
{
	CU_ASSERT_TRUE_FATAL(list->n < PAGES_MAX);
	list->page[list->n++] = (iom_mapping){ .address = address,
					       .output = output,
					       .page_lg2 = (uint8_t)lg2,
					       .permissions = (uint8_t)permissions };
}

static void compare(const page_list *found, page_list *expected)
{
	qsort(expected->page, expected->n, sizeof(expected->page[0]), by_address);
	CHECK_EQ(found->n, expected->n);
	for (size_t i = 0; i < MIN(found->n, expected->n); i++) {
		if (equal(&found->page[i], &expected->page[i]))
			continue;
		CHECK_EQ(found->page[i].address, expected->page[i].address);
		CHECK_EQ(found->page[i].output, expected->page[i].output);
		CHECK_EQ(found->page[i].page_lg2, expected->page[i].page_lg2);
		CHECK_EQ(found->page[i].permissions & 3, expected->page[i].permissions);
		break;
	}
}

/* Nothing but what caches had to let go. */
static void check_uncounted(const iom_statistics *before, const iom_statistics *after)
{
	CHECK_EQ(after->translations, before->translations);
	CHECK_EQ(after->translated, before->translated);
	CHECK_EQ(after->faulted, before->faulted);
	CHECK_EQ(after->table_reads, before->table_reads);
	CHECK_EQ(after->table_writes, before->table_writes);
	CHECK_EQ(after->events, before->events);
	CHECK_EQ(after->interrupts, before->interrupts);
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		CHECK_EQ(after->caches[i].hits, before->caches[i].hits);
		CHECK_EQ(after->caches[i].misses, before->caches[i].misses);
	}
}

/* Whoever looks gets the answer of an access, and is not counted as one. */
void inspect_check(defect_rig *r, uint32_t requester, const page_list *pages)
{
	iom_statistics before, after;
	iom_request ask = { .requester = requester, .pasid = IOM_NO_PASID };
	iom_result seen, answer;

	for (size_t i = 0; i < pages->n; i++) {
		const iom_mapping *m = &pages->page[i];
		/* In the page, with a right that it has, and with one that it may not have. */
		for (unsigned access = IOM_READ; access <= IOM_WRITE; access++) {
			ask.address = m->address + 0x123;
			ask.access = (uint8_t)access;
			iom_iommu_statistics(r->iommu, &before);
			iom_iommu_inspect(r->iommu, &ask, &seen);
			iom_iommu_statistics(r->iommu, &after);
			check_uncounted(&before, &after);
			CHECK_EQ(seen.status, m->permissions & access ? IOM_OK : IOM_ABORT);
			CHECK_EQ(seen.fault.recorded, 0);
			if (seen.status == IOM_OK)
				CHECK_EQ(seen.address, m->output + 0x123);
			iom_iommu_translate(r->iommu, &ask, &answer);
			iom_iommu_statistics(r->iommu, &after);
			CHECK_EQ(after.translations, before.translations + 1);
			CHECK_EQ(answer.status, seen.status);
			CHECK_EQ(answer.address, seen.address);
			CHECK_EQ(answer.fault.code, seen.fault.code);
		}
	}
}

void pages_check(defect_rig *r, uint32_t requester, page_list *expected)
{
	static page_list found, parts;
	iom_request from = { .requester = requester, .pasid = IOM_NO_PASID };
	iom_statistics before, after;
	unsigned rounds = 0;

	/* All at once, in a few steps a page, and nothing tells of it. */
	iom_iommu_statistics(r->iommu, &before);
	found.n = parts.n = 0;
	CU_ASSERT_TRUE(iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 6 * expected->n + 2000, take,
					  &found));
	iom_iommu_statistics(r->iommu, &after);
	check_uncounted(&before, &after);
	compare(&found, expected);

	/* A few steps at a time gives the same. */
	from.address = 0;
	while (!iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 7, take, &parts) &&
	       rounds++ < 200000)
		;
	CU_ASSERT_TRUE(rounds > 0 && rounds < 200000);
	compare(&parts, expected);
}

/* ---- parts of the address space, limits ---- */

static bool first_only(void *opaque, const iom_mapping *m)
{
	*(iom_mapping *)opaque = *m;
	return false;
}

void pages_check_parts(defect_rig *r, uint32_t requester, const iom_mapping *big)
{
	static page_list found;
	iom_request from = { .requester = requester, .pasid = IOM_NO_PASID };
	iom_mapping one = { 0 };

	/* From the middle of a large page: the whole of it. */
	from.address = big->address + 0x3000;
	found.n = 0;
	CU_ASSERT_TRUE(iom_iommu_mappings(r->iommu, &from, from.address, 100, take, &found));
	CHECK_EQ(found.n, 1);
	CU_ASSERT_TRUE(equal(&found.page[0], big));
	/* The callback says stop. */
	from.address = big->address;
	CU_ASSERT_TRUE(iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 100, first_only, &one));
	CHECK_EQ(one.address, big->address);
	/* Nobody the tables know. */
	from = (iom_request){ .requester = requester + 100, .pasid = IOM_NO_PASID };
	found.n = 0;
	CU_ASSERT_TRUE(iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 100, take, &found));
	CHECK_EQ(found.n, 0);
}

/* A table that holds itself maps without end: the steps end it. */
void pages_check_endless(defect_rig *r, uint32_t requester)
{
	static page_list found;
	iom_request from = { .requester = requester, .pasid = IOM_NO_PASID };
	uint64_t was;

	found.n = 0;
	CU_ASSERT_FALSE(iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 2000, take, &found));
	CU_ASSERT_TRUE(found.n <= 2000);
	was = from.address;
	CU_ASSERT_FALSE(iom_iommu_mappings(r->iommu, &from, UINT64_MAX, 2000, take, &found));
	CU_ASSERT_TRUE(from.address > was);
}

/* ---- mirrors ---- */

static void mapped(void *opaque, const iom_mapping *m)
{
	page_events *e = opaque;

	take(&e->mapped, m);
	pages_add(&e->now, m->address, m->output, m->page_lg2, m->permissions & 3u);
}

static void unmapped(void *opaque, const iom_mapping *m)
{
	page_events *e = opaque;

	/* What is gone is told before what is new. */
	CHECK_EQ(e->mapped.n, 0);
	take(&e->unmapped, m);
	for (size_t i = 0; i < e->now.n; i++) {
		if (equal(m, &e->now.page[i])) {
			e->now.page[i] = e->now.page[--e->now.n];
			return;
		}
	}
	CU_FAIL("a page is gone that was never told of");
}

iom_mirror *events_mirror(defect_rig *r, uint32_t requester, size_t limit, page_events *e)
{
	static const iom_mirror_ops ops = { mapped, unmapped };
	iom_request who = { .requester = requester, .pasid = IOM_NO_PASID };

	memset(e, 0, sizeof(*e));
	return iom_mirror_new(r->iommu, &who, limit, &ops, e);
}

void events_sync(iom_mirror *mirror, page_events *e, uint64_t first, uint64_t last, size_t maps,
		 size_t unmaps)
{
	e->mapped.n = e->unmapped.n = 0;
	CU_ASSERT_TRUE(iom_mirror_sync(mirror, first, last));
	CHECK_EQ(e->mapped.n, maps);
	CHECK_EQ(e->unmapped.n, unmaps);
	CHECK_EQ(iom_mirror_size(mirror), e->now.n);
}

static void count(void *opaque, const iom_mapping *m)
{
	page_list *list = opaque;

	if (list->n)
		CU_ASSERT_TRUE(list->page[list->n - 1].address < m->address);
	take(list, m);
}

void events_check(const iom_mirror *mirror, page_events *e)
{
	static page_list all;

	all.n = 0;
	iom_mirror_foreach(mirror, count, &all);
	compare(&all, &e->now);
	for (size_t i = 0; i < e->now.n; i++) {
		const iom_mapping *m = &e->now.page[i];
		uint64_t last = m->address + ((UINT64_C(1) << m->page_lg2) - 1);
		const iom_mapping *found = iom_mirror_find(mirror, last);

		CU_ASSERT_TRUE(found && found->address == m->address);
	}
}

/* ---- invalidations ---- */

static void test_reaches(void)
{
	static const struct {
		iom_invalidation inv;
		uint32_t requester, pasid;
		bool reaches;
		uint64_t first, last;
	} rows[] = {
		{ { IOM_INV_ALL, .requester = IOM_INV_ANY, .pasid = IOM_NO_PASID },
		  5,
		  IOM_NO_PASID,
		  true,
		  0,
		  UINT64_MAX },
		{ { IOM_INV_CONFIG, .requester = 6, .pasid = IOM_NO_PASID },
		  5,
		  IOM_NO_PASID,
		  false,
		  0,
		  0 },
		{ { IOM_INV_CONFIG, .requester = 5, .pasid = 7 },
		  5,
		  IOM_NO_PASID,
		  true,
		  0,
		  UINT64_MAX },
		{ { IOM_INV_TLB, .requester = IOM_INV_ANY, .pasid = IOM_NO_PASID, .address = 0x1000,
		    .length = 0x2000 },
		  5,
		  IOM_NO_PASID,
		  true,
		  0x1000,
		  0x2fff },
		{ { IOM_INV_TLB, .requester = IOM_INV_ANY, .pasid = 7, .address = 0x1000,
		    .length = 0x2000 },
		  5,
		  8,
		  false,
		  0,
		  0 },
		{ { IOM_INV_TLB, .requester = IOM_INV_ANY, .pasid = 7, .address = 0x1000,
		    .length = 0x2000 },
		  5,
		  IOM_NO_PASID,
		  true,
		  0x1000,
		  0x2fff },
		{ { IOM_INV_TLB, .stage = 2, .requester = IOM_INV_ANY, .pasid = IOM_NO_PASID,
		    .address = 0x1000, .length = 0x2000 },
		  5,
		  IOM_NO_PASID,
		  true,
		  0,
		  UINT64_MAX },
		{ { IOM_INV_TLB, .requester = IOM_INV_ANY, .pasid = IOM_NO_PASID,
		    .address = UINT64_C(0xfffffffffffff000), .length = 0x2000 },
		  5,
		  IOM_NO_PASID,
		  true,
		  UINT64_C(0xfffffffffffff000),
		  UINT64_MAX },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		uint64_t first, last;
		bool reaches = iom_invalidation_reaches(&rows[i].inv, rows[i].requester,
							rows[i].pasid, &first, &last);

		CHECK_EQ(reaches, rows[i].reaches);
		if (reaches) {
			CHECK_EQ(first, rows[i].first);
			CHECK_EQ(last, rows[i].last);
		}
	}
}

static const iom_test tests[] = { { "what an invalidation reaches", test_reaches }, { 0 } };
const iom_suite mappings_suite = { "mappings", tests };
