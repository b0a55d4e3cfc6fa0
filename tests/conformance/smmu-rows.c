/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-rows.h"

#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EVENTQ_PROD 0x100a8
#define S_EVENTQ_PROD 0x80a8

/* ---- asking ------------------------------------------------------------ */

typedef struct answer {
	iom_result result;
	unsigned events;
	uint64_t event[4];
	uint64_t after;
} answer;

static bool same_attrs(const char *want, const char *attrs)
{
	const char *slash = strchr(attrs, '/');

	if (strchr(want, '/'))
		return strcmp(want, attrs) == 0;
	return strlen(want) == (size_t)(slash - attrs) && g_str_has_prefix(attrs, want);
}

static bool right(const rows_want *want, const answer *a)
{
	char attrs[40];

	if (a->events != (want->code != 0) || (a->event[0] & 0xff) != want->code)
		return false;
	if (want->watch && a->after != want->after)
		return false;
	if (want->code)
		return a->result.status == IOM_ABORT &&
		       (!want->has_s2 || (a->event[1] >> 39 & 1) == want->s2);
	if (a->result.status != IOM_OK)
		return false;
	iom_smmu_attrs_text(a->result.memtype, a->result.shareability, attrs);
	return (!want->has_oa || a->result.address == want->oa) &&
	       (!want->page_lg2 || a->result.page_lg2 == want->page_lg2) &&
	       (!want->attrs || same_attrs(want->attrs, attrs)) &&
	       (!want->has_memtype || a->result.memtype == want->memtype) &&
	       (!want->has_space || a->result.space == want->space);
}

static void print(const smmu_build *build, const rows_want *want, const answer *a,
		  const char *title, const char *preset)
{
	char attrs[40];

	iom_smmu_attrs_text(a->result.memtype, a->result.shareability, attrs);
	fprintf(stderr,
		"\n%s (caches %s), request %#" PRIx64 " access %u: %s, %u events %#" PRIx64
		", address %#" PRIx64 " (should be event %#x, %#" PRIx64
		"), page %u, %s memtype %#x, space %u, watched %#" PRIx64 "\n",
		title, preset, build->request.address, build->request.access,
		iom_status_name((iom_status)a->result.status), a->events, a->event[0],
		a->result.address, want->code, want->oa, a->result.page_lg2, attrs,
		a->result.memtype, a->result.space, a->after);
}

static void ask_one(const smmu_build *build, iom_iommu *iommu, iom_memory *memory,
		    const rows_want *want, answer *a)
{
	uint64_t prod = build->space == IOM_SPACE_SECURE ? S_EVENTQ_PROD : EVENTQ_PROD;
	iom_request request = build->request;
	uint32_t before = (uint32_t)iom_iommu_mmio_read(iommu, prod, 4, build->space);

	memset(a, 0, sizeof *a);
	request.space = (uint8_t)build->space;
	iom_iommu_translate(iommu, &request, &a->result);
	a->events = (uint32_t)iom_iommu_mmio_read(iommu, prod, 4, build->space) - before;
	for (unsigned i = 0; i < 4 && a->events; i++)
		iom_memory_load64(memory, SMMU_BUILD_EVENTQ + 32 * before + 8 * i, &a->event[i]);
	if (want->watch)
		iom_memory_load64(memory, want->watch, &a->after);
}

bool rows_ask(const smmu_build *build, const rows_want *want, const char *title)
{
	static const char *const presets[] = SMMU_CACHES;
	bool ok = true;

	for (unsigned p = 0; p < G_N_ELEMENTS(presets) && ok; p++) {
		iom_memory *memory;
		iom_iommu *iommu = smmu_build_model(build, presets[p], &memory);

		if (!iommu)
			return false;
		/* The second time from what was cached. */
		for (unsigned i = 0; i < 2 && ok; i++) {
			answer a;

			ask_one(build, iommu, memory, want, &a);
			ok = right(want, &a);
			if (!ok)
				print(build, want, &a, title, presets[p]);
		}
		iom_iommu_unref(iommu);
		iom_memory_unref(memory);
	}
	return ok;
}

/* ---- reading rows ------------------------------------------------------ */

unsigned rows_granule(const iom_tsv_row *row)
{
	const char *granule = iom_tsv_get(row, "granule");

	return strcmp(granule, "4KB") == 0    ? 12
	       : strcmp(granule, "16KB") == 0 ? 14
	       : strcmp(granule, "64KB") == 0 ? 16
					      : 0;
}

uint64_t rows_size(const char *text)
{
	static const char units[] = "KMGT";
	unsigned number;
	char unit;

	if (sscanf(text, "%u%cB", &number, &unit) != 2 || !strchr(units, unit))
		return 0;
	return (uint64_t)number << 10 * (1 + (unsigned)(strchr(units, unit) - units));
}

int rows_level(const iom_tsv_row *row, int fallback)
{
	int level;
	char rest;

	return sscanf(iom_tsv_get(row, "level"), "%d%c", &level, &rest) == 1 ? level : fallback;
}

bool rows_condition_ds(const iom_tsv_row *row)
{
	return strstr(iom_tsv_get(row, "condition"), "DS==1") != NULL;
}

bool rows_condition_lpa(const iom_tsv_row *row)
{
	return strstr(iom_tsv_get(row, "condition"), ">=52") != NULL;
}

uint64_t rows_place(const iom_tsv_row *row, uint64_t address, uint64_t *left)
{
	const char *p = iom_tsv_get(row, "bits");
	uint64_t descriptor = 0;

	*left = address;
	while ((p = strchr(p, '[')) != NULL) {
		unsigned hi, lo, to_hi, to_lo;

		if (sscanf(p, "[%u:%u]=bits[%u:%u]", &hi, &lo, &to_hi, &to_lo) != 4)
			return 0;
		uint64_t mask = rows_low(hi - lo + 1);

		descriptor |= (address >> lo & mask) << to_lo;
		*left &= ~(mask << lo);
		p = strchr(p, '=');
		p = strchr(p, ']');
	}
	return descriptor;
}

const iom_tsv_row *rows_find(const rows_walk *w, const char *kind, int level)
{
	for (unsigned i = 0; i < iom_tsv_n_rows(w->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(w->table, i);
		const char *condition = iom_tsv_get(row, "condition");

		if (strcmp(iom_tsv_get(row, "kind"), kind) != 0 ||
		    rows_granule(row) != w->granule_lg2)
			continue;
		if (rows_level(row, level) != level)
			continue;
		if (w->granule_lg2 == 16
			    ? rows_condition_lpa(row) == w->lpa
			    : rows_condition_ds(row) == w->ds || strcmp(condition, "-") == 0)
			return row;
	}
	return NULL;
}

/* ---- building ---------------------------------------------------------- */

void rows_open(smmu_build *build, const rows_walk *w)
{
	static const unsigned s1_granule[] = { 0, 2, 1 }, s2_granule[] = { 0, 2, 1 };
	unsigned g = (w->granule_lg2 - 12) / 2, size = 64 - w->input_bits;
	char text[160];

	smmu_build_init(build, w->spec, w->stage == 1 ? 5 : 6);
	g_array_set_size(build->words, 0);
	smmu_build_set(build, "idr", w->ds || w->lpa ? "OAS=52;VAX=1" : "OAS=48");
	if (w->ds)
		smmu_build_set(build, "idr", "DS=1");
	if (w->stt)
		smmu_build_set(build, "idr", "STT=1");
	if (w->stage == 1) {
		g_snprintf(text, sizeof text, "T0SZ=%u;TG0=%u;DS=%u;IPS=%u;TTB0=0x80000000", size,
			   s1_granule[g], w->ds, w->ds || w->lpa ? 6 : 5);
		smmu_build_set(build, "cd", text);
	} else {
		g_snprintf(text, sizeof text,
			   "S2T0SZ=%u;S2TG=%u;S2DS=%u;S2PS=%u;S2SL0=%u;S2SL0_2=%u;"
			   "S2TTB=0x80000000",
			   size, s2_granule[g], w->ds, w->ds || w->lpa ? 6 : 5, w->sl & 3,
			   w->sl >> 2);
		smmu_build_set(build, "ste", text);
	}
	build->request.address = w->input;
}

/* Bits of an index, "IA[hi:lo]" or "IA[n]", the wider of two for 52-bit input. */
static void index_bits(const rows_walk *w, int level, unsigned *hi, unsigned *lo)
{
	const iom_tsv_row *row = rows_find(w, "level", level);
	const char *p = row ? strstr(iom_tsv_get(row, "bits"), "IA[") : NULL;

	*hi = *lo = 0;
	if (!p) {
		fprintf(stderr, "\nno level %d of granule 2^%u\n", level, w->granule_lg2);
		return;
	}
	const char *wide = strstr(p + 1, "IA[");

	if (wide && w->input_bits > 48)
		p = wide;
	if (sscanf(p, "IA[%u:%u]", hi, lo) != 2 && sscanf(p, "IA[%u]", hi) == 1)
		*lo = *hi;
}

uint64_t rows_descriptor_at(const rows_walk *w, int level, uint64_t base)
{
	unsigned hi, lo;

	index_bits(w, level, &hi, &lo);
	/* The first table is as large as the input asks for, concatenated or cut short. */
	if (level == w->start)
		hi = w->input_bits - 1;
	return base + 8 * (w->input >> lo & rows_low(hi - lo + 1));
}

uint64_t rows_leaf(const rows_walk *w, int level)
{
	uint64_t rights = w->stage == 1 ? 0x440 : 0x4fc;

	return rights | (level == 3 ? 3 : 1);
}

void rows_tables(smmu_build *build, const rows_walk *w, uint64_t leaf)
{
	for (int level = w->start; level <= w->leaf; level++) {
		unsigned n = (unsigned)(level - w->start);
		uint64_t at = rows_descriptor_at(w, level, ROWS_TABLE(n));

		smmu_build_word(build, at, level == w->leaf ? leaf : ROWS_TABLE(n + 1) | 3);
	}
}

/* ---- suite -------------------------------------------------------------- */

static void descriptors(const char *name, unsigned stage, unsigned exercised)
{
	iom_tsv *table = smmu_spec_table(name);
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	rows_geometry(&coverage, &spec, stage);
	if (stage == 1)
		rows_s1_cases(&coverage, &spec);
	else
		rows_s2_cases(&coverage, &spec);
	smmu_coverage_end(&coverage, exercised);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static void stage1(void)
{
	descriptors("s1_descriptors.tsv", 1, 139);
}

static void stage2(void)
{
	descriptors("s2_descriptors.tsv", 2, 148);
}

static void attributes(void)
{
	iom_tsv *table = smmu_spec_table("attributes.tsv");
	smmu_coverage coverage;
	smmu_spec spec;

	if (!table || !smmu_spec_open(&spec))
		return;
	smmu_coverage_init(&coverage, table);
	rows_attributes(&coverage, &spec);
	smmu_coverage_end(&coverage, 131);
	smmu_spec_close(&spec);
	iom_tsv_free(table);
}

static const iom_test tests[] = {
	{ "every row of s1_descriptors.tsv", stage1 },
	{ "every row of s2_descriptors.tsv", stage2 },
	{ "every row of attributes.tsv", attributes },
	{ 0 },
};

const iom_suite smmu_rows_suite = { "rows", tests };
