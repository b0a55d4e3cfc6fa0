/* SPDX-License-Identifier: MIT */
/*
 * The invalidation queue's descriptors: which types are valid in which mode and
 * width, reserved bits and encodings, and the errors of the queue itself.
 */
#include "tests/conformance/vtd-tables-descriptors.h"
#include "tests/conformance/vtd-queue.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

enum {
	IQEI_TAIL = 1,
	IQEI_FETCH = 2,
	IQEI_TYPE = 3,
	IQEI_RESERVED = 4,
	IQEI_WIDTH = 5,
	IQEI_ALIGN = 6,
	IQEI_TTM = 7,
};

/* A valid descriptor of each type. */
static const struct {
	const char *name;
	unsigned type;
	bool wide_only;
	unsigned ecap; /* capability it needs, 0 none */
	uint64_t words[2];
} valid[] = {
	{ "cc_inv_dsc", 1, false, 0, { 1 | 1 << 4, 0 } },
	{ "iotlb_inv_dsc", 2, false, 0, { 2 | 3 << 4 | 9 << 16, 0x1000 } },
	{ "dev_tlb_inv_dsc", 3, false, 2, { 3 | UINT64_C(0x10) << 32, 0x1000 } },
	{ "iec_inv_dsc", 4, false, 3, { 4, 0 } },
	{ "inv_wait_dsc",
	  5,
	  false,
	  0,
	  { 5 | 1 << 5 | UINT64_C(0x1234) << 32, VTD_STATUS_ADDRESS } },
	{ "p_iotlb_inv_dsc", 6, true, 0, { 6 | 3 << 4 | 9 << 16 | UINT64_C(0x11) << 32, 0x1000 } },
	{ "pc_inv_dsc", 7, true, 0, { 7 | 1 << 4 | 9 << 16 | UINT64_C(0x11) << 32, 0 } },
	{ "p_dev_tlb_inv_dsc", 8, true, 2, { 8 | 0x10 << 16 | UINT64_C(0x11) << 32, 0x1000 } },
	{ "page_grp_resp_dsc", 9, true, 29, { 9 | 1 << 4 | 0x10 << 16 | UINT64_C(0x11) << 32, 0 } },
	{ "hpt_inv_dsc", 10, true, 55, { 10 | 3 << 4 | 11 << 16, 0x1000 } },
};

static vtd_queue *open_queue(unsigned ttm, bool wide, uint64_t ecap_without)
{
	vtd_base *b = vtd_base_new(ttm ? VTD_BASE_FIRST : VTD_BASE_LEGACY, VTD_REQ_U);

	b->c->rtaddr = (b->c->rtaddr & ~UINT64_C(0xc00)) | (uint64_t)ttm << 10;
	b->c->ecap &= ~ecap_without;
	return vtd_queue_new(b, wide, 0);
}

static bool expect_error(const char *what, unsigned got, unsigned iqei, unsigned other)
{
	if (got == (iqei ? iqei + 1 : 0) || (other && got == other + 1))
		return true;
	g_print("%s: expected IQEI %u, got %d\n", what, iqei, (int)got - 1);
	CU_FAIL("the queue differs");
	return false;
}

/* One descriptor on a queue of its own; IQEI, or -1 where it was accepted. */
static unsigned submit_one(unsigned ttm, bool wide, uint64_t without, const uint64_t *words)
{
	vtd_queue *q = open_queue(ttm, wide, without);

	vtd_queue_submit(q, words);
	unsigned error = vtd_queue_error(q);

	vtd_queue_free(q);
	return error;
}

bool vtd_check_descriptor_types(void)
{
	bool ok = true;

	for (unsigned ttm = 0; ttm < 4; ttm++) {
		for (unsigned wide = 0; wide < 2; wide++) {
			for (unsigned type = 0; type < 32; type++) {
				uint64_t words[4] = { (type & 0xf) | (uint64_t)(type >> 4) << 9 };
				bool known = type >= 1 && type <= (ttm ? 10u : 5u);
				unsigned iqei = ttm == 2            ? IQEI_TTM
						: ttm != 0 && !wide ? IQEI_WIDTH
						: known             ? 0
								    : IQEI_TYPE;
				char what[64];

				for (unsigned i = 0; i < G_N_ELEMENTS(valid) && known; i++) {
					if (valid[i].type == type)
						memcpy(words, valid[i].words,
						       sizeof valid[i].words);
				}
				g_snprintf(what, sizeof what, "type %u, TTM %u, %u bits", type, ttm,
					   wide ? 256 : 128);
				ok &= expect_error(what, submit_one(ttm, wide, 0, words), iqei, 0);
			}
		}
	}
	return ok;
}

/* A type whose feature is absent is no type. */
bool vtd_check_descriptor_features(const char *name)
{
	bool any = false;

	for (unsigned i = 0; i < G_N_ELEMENTS(valid); i++) {
		uint64_t words[4] = { valid[i].words[0], valid[i].words[1] };
		uint64_t without = BIT(valid[i].ecap);

		if (!valid[i].ecap || strcmp(valid[i].name, name) != 0)
			continue;
		if (valid[i].ecap == 2) /* DT, and what needs it */
			without |= BIT(29) | BIT(33) | BIT(41) | BIT(42) | BIT(55) | BIT(56) |
				   BIT(58) | BIT(59);
		if (valid[i].ecap == 29)
			without |= BIT(58);
		if (valid[i].ecap == 55)
			without |= BIT(59);
		if (valid[i].ecap == 3) {
			/* CAP.PI needs IR as well. */
			vtd_base *b = vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U);

			b->c->ecap &= ~(BIT(3) | BIT(4) | UINT64_C(0xf) << 20);
			b->c->cap &= ~BIT(59);
			vtd_queue *q = vtd_queue_new(b, true, 0);

			vtd_queue_submit(q, words);
			any |= expect_error(name, vtd_queue_error(q), IQEI_TYPE, 0);
			vtd_queue_free(q);
			continue;
		}
		any |= expect_error(name, submit_one(1, true, without, words), IQEI_TYPE, 0);
	}
	return any;
}

static int bit_of(const char *cell)
{
	uint64_t number = 0;

	if (!g_str_has_prefix(cell, "HAW"))
		return iom_tsv_parse(cell, &number) ? (int)number : -1;
	if (cell[3])
		iom_tsv_parse(cell + 4, &number);
	return 46 + (int)number; /* the bases' host address width */
}

/* structures.tsv: each reserved bit stops the queue, each other bit does not. */
bool vtd_check_descriptor_bits(const char *name)
{
	vtd_table *t = vtd_table_open("structures.tsv");
	bool ok = true, any = false;

	for (unsigned i = 0; i < G_N_ELEMENTS(valid); i++) {
		if (strcmp(valid[i].name, name) != 0)
			continue;
		for (unsigned k = 0; k < t->n; k++) {
			const iom_tsv_row *row = vtd_table_row(t, k);
			const char *field = iom_tsv_get(row, "field");
			bool reserved = strcmp(iom_tsv_get(row, "kind"), "rsvd") == 0;
			int lsb = bit_of(iom_tsv_get(row, "lsb"));
			int msb = bit_of(iom_tsv_get(row, "msb"));

			if (strcmp(iom_tsv_get(row, "structure"), name) != 0 ||
			    g_str_has_prefix(field, "TYPE") || strcmp(field, "G") == 0 ||
			    strcmp(field, "AM") == 0)
				continue;
			for (int bit = lsb; bit <= msb; bit++) {
				uint64_t words[4] = { valid[i].words[0], valid[i].words[1] };
				char what[64];

				words[bit / 64] ^= BIT(bit % 64);
				g_snprintf(what, sizeof what, "%s bit %d", name, bit);
				ok &= expect_error(what, submit_one(1, true, 0, words),
						   reserved ? IQEI_RESERVED : 0, 0);
				any = true;
			}
		}
		/* 128-bit types in 256-bit form have nothing in the upper half. */
		for (int bit = 128; bit < 256 && !valid[i].wide_only; bit++) {
			uint64_t words[4] = { valid[i].words[0], valid[i].words[1] };

			words[bit / 64] |= BIT(bit % 64);
			ok &= expect_error("upper half", submit_one(1, true, 0, words),
					   IQEI_RESERVED, 0);
		}
	}
	g_strfreev(t->state);
	iom_tsv_free(t->rows);
	g_free(t);
	return ok && any;
}

/* Fields that are reserved without a feature: PFSID (DIT), PD (PDS). */
static bool check_optional_fields(void)
{
	uint64_t dev[4] = { valid[2].words[0] | 1 << 12, valid[2].words[1] };
	uint64_t pdev[4] = { valid[7].words[0] | BIT(60), valid[7].words[1] };
	uint64_t drain[4] = { valid[4].words[0] | 1 << 7, valid[4].words[1] };

	return expect_error("PFSID without DIT", submit_one(1, true, BIT(41), dev), IQEI_RESERVED,
			    0) &&
	       expect_error("PFSID without DIT", submit_one(1, true, BIT(41), pdev), IQEI_RESERVED,
			    0) &&
	       expect_error("PD without PDS", submit_one(1, true, BIT(42), drain), IQEI_RESERVED,
			    0);
}

/* Encodings that a type does not have: IQEI 4, 3 is as good. */
bool vtd_check_descriptor_encodings(void)
{
	static const struct {
		const char *what;
		uint64_t words[2];
	} bad[] = {
		{ "cc_inv_dsc G=00", { 1, 0 } },
		{ "iotlb_inv_dsc G=00", { 2, 0 } },
		{ "p_iotlb_inv_dsc G=00", { 6, 0 } },
		{ "p_iotlb_inv_dsc G=01", { 6 | 1 << 4, 0 } },
		{ "pc_inv_dsc G=10", { 7 | 2 << 4, 0 } },
		{ "hpt_inv_dsc G=00", { 10, 0 } },
		/* CAP.MAMV is 18 */
		{ "iotlb_inv_dsc AM above MAMV", { 2 | 3 << 4, 19 } },
	};
	static const struct {
		const char *what;
		uint64_t words[2];
	} good[] = {
		{ "iotlb_inv_dsc AM = MAMV", { 2 | 3 << 4, 18 } },
		{ "iotlb_inv_dsc AM ignored with G=01", { 2 | 1 << 4, 19 } },
		{ "p_iotlb_inv_dsc any AM", { 6 | 3 << 4, 52 } },
		{ "iec_inv_dsc IM = MHMV", { 4 | 1 << 4 | UINT64_C(15) << 27, 0 } },
		{ "wait with neither IF nor SW", { 5 | 1 << 6, 0 } },
	};
	bool ok = check_optional_fields();

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		uint64_t words[4] = { bad[i].words[0], bad[i].words[1] };

		ok &= expect_error(bad[i].what, submit_one(1, true, 0, words), IQEI_RESERVED,
				   IQEI_TYPE);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
		uint64_t words[4] = { good[i].words[0], good[i].words[1] };

		ok &= expect_error(good[i].what, submit_one(1, true, 0, words), 0, 0);
	}
	/* MHMV=7 and no page-selective invalidation. */
	for (unsigned i = 0; i < 2; i++) {
		vtd_base *b = vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U);
		uint64_t mask[4] = { 4 | 1 << 4 | UINT64_C(8) << 27, 0 };
		uint64_t page[4] = { 2 | 3 << 4, 0 };

		b->c->ecap = (b->c->ecap & ~(UINT64_C(0xf) << 20)) | UINT64_C(7) << 20;
		if (i)
			b->c->cap &= ~BIT(39);
		vtd_queue *q = vtd_queue_new(b, true, 0);

		vtd_queue_submit(q, i ? page : mask);
		ok &= expect_error(i ? "PSI=0" : "IM above MHMV", vtd_queue_error(q), IQEI_RESERVED,
				   IQEI_TYPE);
		vtd_queue_free(q);
	}
	return ok;
}

/* Errors of the queue: the head stays, nothing more is fetched until software has cleared it. */
bool vtd_check_queue_errors(void)
{
	uint64_t wait[4] = { 5 | 1 << 5 | UINT64_C(0x77) << 32, VTD_STATUS_ADDRESS };
	uint64_t nonsense[4] = { 0xf };
	vtd_queue *q = open_queue(1, true, 0);
	bool ok = true;

	/* tail beyond the queue of one page */
	vtd_queue_put(q, VTD_R_IQT, 8, 0x1000);
	ok &= expect_error("tail beyond the queue", vtd_queue_error(q), IQEI_TAIL, 0);
	vtd_queue_free(q);
	q = open_queue(1, true, 0);
	vtd_queue_put(q, VTD_R_IQT, 8, 0x10);
	ok &= expect_error("tail of half a descriptor", vtd_queue_error(q), IQEI_ALIGN, 0);
	vtd_queue_free(q);
	q = open_queue(1, true, 0);
	iom_memory_inject(iom_vtd_bench_memory(q->bench), UINT64_C(0x1000080000), 4096, true, false,
			  IOM_MEM_ABORT);
	vtd_queue_put(q, VTD_R_IQT, 8, 0x20);
	ok &= expect_error("descriptor that cannot be read", vtd_queue_error(q), IQEI_FETCH, 0);
	vtd_queue_free(q);
	q = open_queue(1, true, 0);
	vtd_queue_submit(q, nonsense);
	vtd_queue_submit(q, wait);
	ok &= expect_error("bad type", vtd_queue_error(q), IQEI_TYPE, 0);
	ok &= vtd_queue_get(q, VTD_R_IQH, 8) == 0 && vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0;
	vtd_queue_recover(q);
	ok &= expect_error("after recovery", vtd_queue_error(q), 0, 0);
	ok &= vtd_queue_peek(q, VTD_STATUS_ADDRESS) == 0x77;
	/* QIE off: the head is 0 */
	vtd_queue_command(q, 0, 1u << 26);
	ok &= vtd_queue_get(q, VTD_R_IQH, 8) == 0 && !(vtd_queue_get(q, VTD_R_GSTS, 4) >> 26 & 1);
	vtd_queue_free(q);
	if (!ok)
		CU_FAIL("errors of the queue");
	return ok;
}
