/* SPDX-License-Identifier: MIT */
/* Accessed, dirty and extended-accessed flags, in both stages and under races. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define A 0x20u /* first stage */
#define D 0x40u
#define EA 0x400u
#define SA 0x100u /* second stage */
#define SD 0x200u
#define PWSNP (1u << 23)
#define SSADE (1u << 9)

/* PASID 1: first stage, walks snooped; nothing accessed yet. */
static rig *first(const char *preset, uint64_t *leaf, uint64_t *top)
{
	rig *r = rig_new_cache(NULL, preset);
	uint64_t fs = rig_table(r);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid_bits(r, 1, PWSNP, 0);
	*leaf = rig_map(r, fs, RIG_VA, 0x500000, 1, 7, 7);
	*top = fs + 8 * (RIG_VA >> 39 & 0x1ff);
	return r;
}

static void first_stage(void)
{
	static const char *const presets[] = { "default", "off", "one", "prefetch" };
	uint64_t leaf, top;

	for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++) {
		rig *r = first(presets[i], &leaf, &top);

		rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA);
		CHECK_EQ(rig_word(r, leaf), 0x500007 | A);
		CHECK_EQ(rig_word(r, top) & 0xfff, 7 | A);
		CHECK_EQ(rig_statistics(r).table_writes, 4);
		/* a write after reads that filled the IOTLB */
		rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA);
		rig_dma(r, RIG_SID, 1, IOM_WRITE, RIG_VA);
		CHECK_EQ(rig_word(r, leaf), 0x500007 | A | D);
		CHECK_EQ(rig_word(r, top) & 0xfff, 7 | A); /* no dirty flag above the leaf */
		rig_dma(r, RIG_SID, 1, IOM_WRITE, RIG_VA);
		CHECK_EQ(rig_statistics(r).table_writes, 5);
		rig_free(r);
	}
}

static void extended_accessed(void)
{
	uint64_t leaf, top;
	rig *r = first("default", &leaf, &top);

	rig_pasid_bits(r, 1, 0, 1 << 7); /* EAFE */
	rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA);
	CHECK_EQ(rig_word(r, leaf), 0x500007 | A | EA);
	CHECK_EQ(rig_word(r, top) & 0xfff, 7 | A | EA);
	rig_free(r);
}

static void refused_requests_leave_flags(void)
{
	uint64_t leaf, top;
	rig *r = first("default", &leaf, &top);

	rig_set(r, leaf, 0x500000 | 5); /* read-only */
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_WRITE, RIG_VA).fault.code, 0x85);
	CHECK_EQ(rig_word(r, leaf), 0x500005);
	CHECK_EQ(rig_word(r, top) & 0xfff, 7);
	/* and what a refused walk has seen is not used without its flags */
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).status, IOM_OK);
	CHECK_EQ(rig_word(r, top) & 0xfff, 7 | A);
	rig_free(r);
}

static void walks_that_are_not_snooped(void)
{
	uint64_t leaf, top;
	rig *r = first("default", &leaf, &top);

	rig_set(r, RIG_PASID_TABLE + 64 + 8, 5); /* PWSNP 0 */
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).fault.code, 0x90);
	CHECK_EQ(rig_word(r, leaf), 0x500007);
	rig_free(r);
}

static void flags_that_cannot_be_set(void)
{
	uint64_t leaf, top;
	rig *r = first("default", &leaf, &top);

	iom_memory_inject(r->memory, leaf & ~UINT64_C(0xfff), 0x1000, false, true, IOM_MEM_ABORT);
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).fault.code, 0x91);
	/* a translation request gets nothing, and the fault is recorded */
	rig_write(r, R_FRCD + 12, 1u << 31);
	rig_free(r);
}

/* 4.2.3.1: a translation request that may write makes the page dirty. */
static void translation_requests(void)
{
	uint64_t leaf, top;
	rig *r = first("default", &leaf, &top);

	rig_sm_context(r, RIG_SID, 1 << 3 | 1 << 2, 0);
	iom_result result = rig_ats(r, RIG_SID, 1, RIG_VA, IOM_REQ_NO_WRITE);

	CHECK_EQ(result.permissions, IOM_READ);
	CHECK_EQ(rig_word(r, leaf), 0x500007 | A);
	result = rig_ats(r, RIG_SID, 1, RIG_VA, 0);
	CHECK_EQ(result.permissions, IOM_READ | IOM_WRITE);
	CHECK_EQ(rig_word(r, leaf), 0x500007 | A | D);
	rig_free(r);
}

static void second_stage(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss = rig_table(r);
	uint64_t leaf = rig_map(r, ss, RIG_VA, 0x500000, 1, 3, 3);
	uint64_t top = ss + 8 * (RIG_VA >> 39 & 0x1ff);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 0, 1);
	rig_pasid(r, 1, PGTT_SECOND, 0, ss, 5, 0);
	rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA);
	CHECK_EQ(rig_word(r, leaf), 0x500003); /* SSADE 0: never written */
	rig_pasid(r, 1, PGTT_SECOND, 0, ss, 5, SSADE);
	rig_pasid_bits(r, 1, PWSNP, 0);
	rig_queue(r, true);
	rig_push(r, 7 | 3 << 4, 0);
	rig_push(r, 2 | 1 << 4, 0);
	rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_word(r, leaf), 0x500003 | SA);
	CHECK_EQ(rig_word(r, top) & 0xfff, 3 | SA);
	rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_WRITE, RIG_VA);
	CHECK_EQ(rig_word(r, leaf), 0x500003 | SA | SD);
	rig_free(r);
}

/* A first-stage update is a write to its table: dirty in the second stage. */
static void nested(void)
{
	static const char *const presets[] = { "default", "off", "one", "prefetch" };

	for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++) {
		rig *r = rig_new_cache(NULL, presets[i]);
		uint64_t fs = rig_table(r), ss = rig_table(r);
		uint64_t leaf = rig_map(r, fs, RIG_VA, UINT64_C(0x40000000), 1, 7, 7);
		uint64_t tables = rig_map(r, ss, 0, 0, 3, 0x83, 3);
		uint64_t page = rig_map(r, ss, UINT64_C(0x40000000), 0x700000, 1, 3, 3);

		rig_scalable(r);
		rig_sm_context(r, RIG_SID, 1 << 3, 0);
		rig_pasid(r, 1, PGTT_NESTED, fs, ss, 5, SSADE);
		rig_pasid_bits(r, 1, PWSNP, 0);
		CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).address, 0x700000);
		CHECK_EQ(rig_word(r, leaf) & 0xfff, 7 | A);
		CHECK_EQ(rig_word(r, page), 0x700003 | SA);
		CHECK_EQ(rig_word(r, tables), 0x83 | SA | SD);
		CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_WRITE, RIG_VA).address, 0x700000);
		CHECK_EQ(rig_word(r, leaf) & 0xfff, 7 | A | D);
		CHECK_EQ(rig_word(r, page), 0x700003 | SA | SD);
		rig_free(r);
	}
}

static void nested_without_write(void)
{
	rig *r = rig_new(NULL);
	uint64_t fs = rig_table(r), ss = rig_table(r);

	rig_map(r, fs, RIG_VA, 0x5000, 1, 7, 7);
	rig_map(r, ss, 0, 0, 3, 0x81, 3); /* tables are read-only */
	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_NESTED, fs, ss, 5, 0);
	rig_pasid_bits(r, 1, PWSNP, 0);
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA).fault.code, 0x77);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Races: a word of memory that another agent changes between the read of the
 * walk and its compare-and-swap.
 */
typedef struct racer {
	uint64_t word; /* what a read gives */
	uint64_t others[3]; /* what is there at the first tries, one after another */
	unsigned n, tries, swaps;
	uint64_t flips; /* times that the word changes just before */
} racer;

static iom_mem_status racer_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	racer *w = opaque;

	(void)size;
	*value = offset ? 0 : w->word;
	return IOM_MEM_OK;
}

static iom_mem_status racer_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	(void)opaque;
	(void)offset;
	(void)size;
	(void)value;
	return IOM_MEM_ABORT; /* a plain write would lose the other agent's */
}

static iom_mem_status racer_cas(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	racer *w = opaque;

	(void)offset;
	if (w->tries < w->n)
		w->word = w->others[w->tries];
	if (w->flips) {
		w->flips--;
		w->word ^= 0x100000;
	}
	w->tries++;
	if (*expected == w->word) {
		w->word = desired;
		w->swaps++;
	} else {
		*expected = w->word;
	}
	return IOM_MEM_OK;
}

/* The leaf table of RIG_VA is a device with one entry. */
static rig *race(racer *w)
{
	static const iom_memory_ops ops = { .read = racer_read,
					    .write = racer_write,
					    .cas64 = racer_cas };
	rig *r = rig_new(NULL);
	uint64_t fs = rig_table(r), device = UINT64_C(1) << 46;
	uint64_t va = RIG_VA & ~UINT64_C(0x1fffff);

	r->next_table = RIG_TABLES + 0x10000;
	CU_ASSERT_TRUE_FATAL(iom_memory_remove(r->memory, 0, NULL));
	device = UINT64_C(1) << 45;
	CU_ASSERT_TRUE_FATAL(iom_memory_add_sparse(r->memory, 0, device, NULL));
	CU_ASSERT_TRUE_FATAL(iom_memory_add_device(r->memory, device, 0x1000, &ops, w, NULL));
	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid_bits(r, 1, PWSNP, 0);
	rig_map(r, fs, va, device, 2, 0x27, 0x27);
	return r;
}

static void race_of_flags(void)
{
	/* another agent sets A first: only D is left to set, and its bit 9 stays */
	racer w = { .word = 0x500007, .others = { 0x500007 | A }, .n = 1 };
	rig *r = race(&w);

	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_WRITE, RIG_VA & ~UINT64_C(0x1fffff)).address, 0x500000);
	CHECK_EQ(w.word, 0x500007 | A | D);
	CHECK_EQ(w.swaps, 1);
	rig_free(r);
}

static void race_of_mappings(void)
{
	/* the page is moved: the access must go to the new one, or fault */
	racer w = { .word = 0x500007, .others = { 0x600007 }, .n = 1 };
	rig *r = race(&w);

	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA & ~UINT64_C(0x1fffff)).address, 0x600000);
	CHECK_EQ(w.word, 0x600007 | A);
	rig_free(r);

	racer gone = { .word = 0x500007, .others = { 0 }, .n = 1 };

	r = race(&gone);
	CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, RIG_VA & ~UINT64_C(0x1fffff)).fault.code, 0x71);
	CHECK_EQ(gone.word, 0);
	rig_free(r);
}

/* The page moves whenever the unit is about to set its flag: walk again, no fault. */
static void races_that_are_lost(void)
{
	static const uint64_t losses[] = { 63, 64, 3000, UINT64_MAX };
	uint64_t va = RIG_VA & ~UINT64_C(0x1fffff);

	for (unsigned i = 0; i < G_N_ELEMENTS(losses); i++) {
		racer w = { .word = 0x500007, .flips = losses[i] };
		rig *r = race(&w);
		iom_result result = rig_dma(r, RIG_SID, 1, IOM_READ, va);

		if (losses[i] < UINT64_MAX) {
			CHECK_EQ(result.status, IOM_OK);
			CHECK_EQ(result.address, losses[i] % 2 ? 0x400000 : 0x500000);
			CHECK_EQ(w.word, result.address | 7 | A);
		} else {
			/* Without end: no wrong answer, and an end. */
			CHECK_EQ(result.status, IOM_RETRY);
			CHECK_EQ(w.word & A, 0);
			w.flips = 0;
			CHECK_EQ(rig_dma(r, RIG_SID, 1, IOM_READ, va).status, IOM_OK);
		}
		CHECK_EQ(rig_read(r, R_FSTS), 0);
		CHECK_EQ(w.swaps, 1);
		rig_free(r);
	}
}

static const iom_test tests[] = {
	{ "races that are lost", races_that_are_lost },
	{ "first stage", first_stage },
	{ "extended accessed", extended_accessed },
	{ "refused requests leave flags alone", refused_requests_leave_flags },
	{ "walks that are not snooped", walks_that_are_not_snooped },
	{ "flags that cannot be set", flags_that_cannot_be_set },
	{ "translation requests", translation_requests },
	{ "second stage", second_stage },
	{ "nested", nested },
	{ "nested without write permission", nested_without_write },
	{ "a race of flags", race_of_flags },
	{ "a race of mappings", race_of_mappings },
	{ 0 },
};

const iom_suite flags_suite = { "flags", tests };
