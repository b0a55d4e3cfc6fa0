/* SPDX-License-Identifier: MIT */
/*
 * Whatever software writes, to registers or memory, the unit stays alive and
 * every call comes back. Seeded, so that a failure repeats.
 */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define UNITS 30
#define STEPS 3000

/* Addresses that tables, queues and pointers are likely to meet at. */
static uint64_t somewhere(GRand *rnd)
{
	static const uint64_t pages[] = { RIG_ROOT,
					  RIG_CONTEXT,
					  RIG_CONTEXT_UPPER,
					  RIG_PASID_DIR,
					  RIG_PASID_TABLE,
					  RIG_IRT,
					  RIG_IQ,
					  RIG_PQ,
					  RIG_PID & ~0xfffu,
					  RIG_TABLES,
					  RIG_TABLES + 0x1000,
					  RIG_TABLES + 0x2000 };

	return pages[g_rand_int_range(rnd, 0, G_N_ELEMENTS(pages))];
}

static uint64_t random64(GRand *rnd)
{
	uint64_t word = (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);

	switch (g_rand_int_range(rnd, 0, 6)) {
	case 0:
		return word;
	case 1:
		return word & 0xfff;
	case 2:
		return somewhere(rnd) | (word & 0xfff);
	case 3:
		return somewhere(rnd) | (word & 0xff) | UINT64_C(1) << (word >> 58);
	case 4:
		return somewhere(rnd) | 0x27;
	default:
		return somewhere(rnd) | 3;
	}
}

static void request(rig *r, GRand *rnd)
{
	iom_request q = { .address = g_rand_boolean(rnd) ? random64(rnd) : RIG_VA,
			  .length = (uint32_t)g_rand_int_range(rnd, 0, 9),
			  .requester = (uint32_t)g_rand_int_range(rnd, 0, 0x120),
			  .pasid = g_rand_boolean(rnd) ? IOM_NO_PASID
						       : (uint32_t)g_rand_int_range(rnd, 0, 70),
			  .flags = (uint16_t)g_rand_int(rnd),
			  .access = (uint8_t)g_rand_int_range(rnd, 0, 16),
			  .type = (uint8_t)g_rand_int_range(rnd, 0, 4) };
	iom_result result;

	iom_iommu_translate(r->unit, &q, &result);
	CU_ASSERT_TRUE(result.status <= IOM_INTERRUPT);
}

static void step(rig *r, GRand *rnd)
{
	uint32_t what = g_rand_int_range(rnd, 0, 100);
	uint64_t size = iom_iommu_mmio_size(r->unit);
	uint64_t offset = g_rand_boolean(rnd)
				  ? (uint64_t)g_rand_int_range(rnd, 0, 0x100) & ~3ull
				  : (uint64_t)g_rand_int_range(rnd, 0, (gint32)size + 64);

	if (what < 25) {
		rig_set(r, somewhere(rnd) + 8 * (uint64_t)g_rand_int_range(rnd, 0, 512),
			random64(rnd));
	} else if (what < 45) {
		iom_iommu_mmio_write(r->unit, offset, g_rand_boolean(rnd) ? 4 : 8, random64(rnd),
				     IOM_SPACE_NONSECURE);
	} else if (what < 50) {
		iom_iommu_mmio_read(r->unit, offset, g_rand_boolean(rnd) ? 4 : 8,
				    IOM_SPACE_NONSECURE);
	} else if (what < 55) {
		rig_write(r, R_GCMD, g_rand_int(rnd) | (g_rand_boolean(rnd) ? G_TE | G_QIE : 0));
	} else if (what < 60) {
		rig_write(r, R_IQT, g_rand_int_range(rnd, 0, 0x2000) & ~15u);
		rig_write(r, R_FSTS, 0x7f);
	} else if (what < 65) {
		iom_interrupt message = { 0xfee00000 | (g_rand_int(rnd) & 0xfffff), g_rand_int(rnd),
					  g_rand_int(rnd) };
		iom_interrupt_result result;

		iom_iommu_interrupt(r->unit, &message, &result);
	} else if (what < 70) {
		iom_page_request page = { .address = random64(rnd),
					  .requester = (uint32_t)g_rand_int_range(rnd, 0, 0x120),
					  .pasid = g_rand_int(rnd) & 1 ? 3 : IOM_NO_PASID,
					  .prg_index = (uint16_t)g_rand_int(rnd),
					  .access = (uint8_t)g_rand_int_range(rnd, 0, 8),
					  .last = g_rand_boolean(rnd) };

		iom_iommu_page_request(r->unit, &page);
	} else if (what < 72) {
		r->ats_answer = (iom_ats_answer)g_rand_int_range(rnd, 0, 3);
		iom_iommu_ats_completed(r->unit, g_rand_int(rnd) & 0x1f,
					(uint8_t)g_rand_int_range(rnd, 0, 40), g_rand_boolean(rnd));
	} else {
		request(r, rnd);
	}
}

static void run(const char *preset)
{
	for (guint32 seed = 0; seed < UNITS; seed++) {
		GRand *rnd = g_rand_new_with_seed(seed);
		rig *r = rig_new_cache(NULL, preset);

		if (seed & 1)
			rig_scalable(r);
		else
			rig_legacy(r);
		rig_write64(r, R_IQA, RIG_IQ | (seed & 1) << 11 | 1);
		rig_write64(r, R_PQA, RIG_PQ);
		rig_write64(r, R_IRTA, RIG_IRT | 7);
		for (unsigned i = 0; i < STEPS; i++)
			step(r, rnd);
		GBytes *state = iom_iommu_save(r->unit);

		CU_ASSERT_TRUE(iom_iommu_load(r->unit, state, NULL));
		g_bytes_unref(state);
		rig_free(r);
		g_rand_free(rnd);
	}
}

static void with_caches(void)
{
	run("default");
}

static void without_caches(void)
{
	run("off");
}

static void watched(void *opaque, const iom_step *s)
{
	uint64_t *n = opaque;
	GString *text = g_string_new(NULL);

	if (s->layout)
		iom_layout_print(s->layout, s->words, text);
	*n += 1;
	g_string_free(text, TRUE);
}

static void under_observation(void)
{
	GRand *rnd = g_rand_new_with_seed(99);
	rig *r = rig_new(NULL);
	uint64_t n = 0;

	iom_iommu_observe(r->unit, watched, &n);
	rig_scalable(r);
	rig_write64(r, R_IQA, RIG_IQ | 1 << 11 | 1);
	for (unsigned i = 0; i < STEPS; i++)
		step(r, rnd);
	CU_ASSERT_TRUE(n > STEPS / 2);
	rig_free(r);
	g_rand_free(rnd);
}

/* Damaged states are refused or taken, and the unit works on. */
static void damaged_states(void)
{
	GRand *rnd = g_rand_new_with_seed(7);
	rig *r = rig_new(NULL);
	GBytes *state = iom_iommu_save(r->unit);
	gsize size;
	const uint8_t *data = g_bytes_get_data(state, &size);

	for (unsigned i = 0; i < 500; i++) {
		uint8_t *copy = g_memdup2(data, size);

		for (unsigned k = 0; k < 4; k++)
			copy[g_rand_int_range(rnd, 0, (gint32)size)] ^=
				(uint8_t)(1u << g_rand_int_range(rnd, 0, 8));
		GBytes *bad = g_bytes_new_take(copy, size);

		iom_iommu_load(r->unit, bad, NULL);
		g_bytes_unref(bad);
		for (unsigned k = 0; k < 20; k++)
			step(r, rnd);
	}
	g_bytes_unref(state);
	rig_free(r);
	g_rand_free(rnd);
}

static const iom_test tests[] = {
	{ "with caches", with_caches },
	{ "without caches", without_caches },
	{ "under observation", under_observation },
	{ "damaged states", damaged_states },
	{ 0 },
};

const iom_suite abuse_suite = { "abuse", tests };
