/* SPDX-License-Identifier: MIT */
/*
 * first_stage_permissions.tsv: every combination of permission bits with every kind of
 * access and privilege, flags and completions; snooping and memory types.
 */
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-queue.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

static const char ops[] = "RWAZ";

static void set_op(iom_vtd_case *c, char op)
{
	if (c->at == 'T')
		return;
	c->op = op;
	c->length = op == 'Z' ? 0 : 8;
}

static void change_pents(vtd_base *b, unsigned word, uint64_t set, uint64_t clear)
{
	for (unsigned i = 0; i < b->n_pents; i++)
		vtd_base_change(b, b->pent[i] + 8 * word, set, clear);
}

/* Permission bits of two levels, privilege, WPE, zero-length reads; U and T requests. */
static bool check_first_stage(vtd_base_kind kind)
{
	bool ok = true;

	for (unsigned bits = 0; bits < 1u << 9; bits++) {
		for (unsigned op = 0; op < sizeof ops - 1; op++) {
			vtd_base *b =
				vtd_base_new(kind, bits & 256 ? VTD_REQ_T_PASID : VTD_REQ_U_PASID);
			char what[64];

			g_snprintf(what, sizeof what, "first stage, combination %#x op %c", bits,
				   ops[op]);
			set_op(b->c, ops[op]);
			/* R/W and U/S of a table and of the leaf */
			vtd_base_change(b, b->fs[3], 0,
					(bits & 1 ? BIT(1) : 0) | (bits & 2 ? BIT(2) : 0));
			vtd_base_change(b, b->fs[1], 0,
					(bits & 4 ? BIT(1) : 0) | (bits & 8 ? BIT(2) : 0));
			b->c->pr = bits & 16;
			change_pents(b, 2, BIT(0) | (bits & 32 ? BIT(4) : 0), 0);
			/* flags that are set already, EAFE, no-write */
			if (bits & 64) {
				vtd_base_change(b, b->fs[2], BIT(5) | BIT(10), 0);
				vtd_base_change(b, b->fs[1], BIT(5) | BIT(6), 0);
			}
			if (bits & 128) {
				change_pents(b, 2, BIT(7), 0);
				b->c->nw = b->c->at == 'T';
			}
			ok &= vtd_agree(b->c, false, what);
			vtd_base_free(b);
		}
	}
	return ok;
}

/* Permission bits of two levels in either position, flags, no-write. */
static bool check_second_stage(vtd_base_kind kind, bool io_bits)
{
	bool ok = true;

	for (unsigned bits = 0; bits < 1u << 9; bits++) {
		for (unsigned op = 0; op < sizeof ops - 1; op++) {
			vtd_base *b = vtd_base_new(kind, bits & 256 ? VTD_REQ_T : VTD_REQ_U);
			unsigned r = io_bits ? 61 : 0;
			char what[64];

			g_snprintf(what, sizeof what, "second stage, combination %#x op %c", bits,
				   ops[op]);
			set_op(b->c, ops[op]);
			if (io_bits) {
				GArray *words = b->c->words;

				/* Everything else is allowed by the bits that count. */
				b->c->rtaddr |= BIT(7);
				for (unsigned i = 0; i < words->len; i++) {
					iom_vtd_word *w = &g_array_index(words, iom_vtd_word, i);

					if (g_str_has_prefix(w->label, "ss."))
						w->value |= BIT(61) | BIT(62);
				}
				vtd_base_change(b, b->ss[2], 0, BIT(0) | BIT(1));
			}
			vtd_base_change(b, b->ss[2], 0, (uint64_t)(bits & 3) << r);
			vtd_base_change(b, b->ss[1], 0, (uint64_t)(bits >> 2 & 3) << r);
			/* bit 2 was execute; a snooping leaf; A and D; CAP.ZLR */
			vtd_base_change(b, b->ss[1],
					(bits & 16 ? BIT(2) | BIT(11) : 0) |
						(bits & 32 ? BIT(8) | BIT(9) : 0),
					0);
			if (bits & 64 && b->scalable)
				change_pents(b, 0, BIT(9), 0);
			else if (bits & 64)
				b->c->cap &= ~BIT(22);
			b->c->nw = bits & 128 && b->c->at == 'T';
			ok &= vtd_agree(b->c, false, what);
			vtd_base_free(b);
		}
	}
	return ok;
}

/* Rights of the second stage for one first-stage table and for the page. */
static bool check_nested(void)
{
	bool ok = true;

	for (unsigned bits = 0; bits < 1u << 9; bits++) {
		for (unsigned op = 0; op < sizeof ops - 1; op++) {
			vtd_base *b = vtd_base_new(VTD_BASE_NESTED,
						   bits & 256 ? VTD_REQ_T_PASID : VTD_REQ_U_PASID);
			refvtd_answer *answer = g_new(refvtd_answer, 1);
			char what[64];

			g_snprintf(what, sizeof what, "nested, combination %#x op %c", bits,
				   ops[op]);
			set_op(b->c, ops[op]);
			vtd_base_change(b, b->ss_fs[bits & 128 ? 4 : 1], 0, bits & 3);
			vtd_base_change(b, b->ss[1], 0, bits >> 2 & 3);
			vtd_base_change(b, b->fs[1], 0, bits & 16 ? BIT(1) : 0);
			for (unsigned level = 1; level <= 4 && bits & 32; level++)
				vtd_base_change(b, b->fs[level], BIT(5) | (level == 1 ? BIT(6) : 0),
						0);
			if (bits & 64)
				change_pents(b, 0, BIT(9), 0);
			refvtd_dma(vtd_rules(), b->c, answer);
			/* Some of these the tables leave open. */
			if (!answer->untested)
				ok &= vtd_agree(b->c, false, what);
			g_free(answer);
			vtd_base_free(b);
		}
	}
	return ok;
}

/* Privilege, execute, zero-length reads as a request carries them. */
static bool check_requests(void)
{
	bool ok = true;

	for (unsigned kind = VTD_BASE_FIRST; kind <= VTD_BASE_PASS; kind++) {
		for (unsigned bits = 0; bits < 1u << 6; bits++) {
			static const vtd_request_kind kinds[] = { VTD_REQ_U, VTD_REQ_U_PASID,
								  VTD_REQ_T, VTD_REQ_T_PASID };
			vtd_base *b = vtd_base_new(kind, kinds[bits & 3]);
			bool pasid = b->c->pasid != IOM_NO_PASID;

			b->c->pr = bits & 4 && pasid;
			b->c->er = bits & 8 && pasid;
			if (bits & 4 && !pasid)
				vtd_base_change(b, b->context + 8, BIT(20), 0);
			if (bits & 16)
				change_pents(b, 2, BIT(0), 0);
			if (bits & 32) {
				/* Without supervisor requests the fields do not exist. */
				b->c->ecap &= ~(BIT(31) | BIT(53));
				change_pents(b, 2, 0, BIT(0));
				vtd_base_change(b, b->context + 8, 0, BIT(20));
			}
			ok &= vtd_agree(b->c, false, "privilege and execute flags");
			b->c->ver = 0x80;
			ok &= vtd_agree(b->c, false, "privilege and execute flags, version 8");
			vtd_base_free(b);
		}
	}
	return ok;
}

/* Bits that mean nothing. */
static bool check_ignored(void)
{
	bool ok = true;

	for (unsigned level = 1; level <= 4; level++) {
		for (unsigned bit = 0; bit < 64; bit++) {
			static const uint64_t ignored = BIT(3) | BIT(4) | BIT(8) | BIT(9) |
							BIT(10) | BIT(11) | UINT64_C(0xfff) << 52;
			vtd_base *b = vtd_base_new(VTD_BASE_FIRST, VTD_REQ_U);

			if (ignored >> bit & 1) {
				vtd_base_change(b, b->fs[level], BIT(bit), 0);
				change_pents(b, 2, BIT(5) | BIT(6), 0);
				ok &= vtd_try(b->c, false, 0, "ignored first-stage bit");
			}
			vtd_base_free(b);
		}
	}
	return ok;
}

/* The N bit of completions, snooping of accesses. */
static bool check_snoop(void)
{
	bool ok = true;

	for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
		for (unsigned bits = 0; bits < 8; bits++) {
			vtd_base *b = vtd_base_new(kind, bits & 4 ? VTD_REQ_T : VTD_REQ_U);

			if (kind == VTD_BASE_LEGACY_PT && bits & 4) {
				vtd_base_free(b);
				continue;
			}
			if (bits & 1)
				change_pents(b, 1, BIT(24), 0);
			if (bits & 2 && b->ss_levels)
				vtd_base_change(b, b->ss[1], BIT(11), 0);
			ok &= vtd_agree(b->c, false, "snooping");
			vtd_base_free(b);
		}
	}
	return ok;
}

/* Walks snoop with PWSNP, else flags cannot be set. */
static bool check_walk_snoop(void)
{
	bool ok = true;

	for (unsigned kind = VTD_BASE_FIRST; kind <= VTD_BASE_NESTED; kind++) {
		for (unsigned bits = 0; bits < 4; bits++) {
			vtd_base *b = vtd_base_new(kind, VTD_REQ_U);

			if (bits & 1)
				change_pents(b, 1, 0, BIT(23));
			if (bits & 2 && b->ss_levels)
				change_pents(b, 0, BIT(9), 0);
			ok &= vtd_agree(b->c, false, "snooped walks");
			vtd_base_free(b);
		}
	}
	return ok;
}

/* 3.11 "Memory Type": what the final page access uses, as a MAIR-style byte. */
static bool memory_type_is(vtd_base *b, uint64_t mtrr_default, uint8_t expected, const char *what)
{
	bool ok = true;

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		iom_vtd_bench *bench = iom_vtd_bench_new();
		iom_cache_config config;
		iom_request request = { .address = b->c->address,
					.length = 8,
					.requester = b->c->sid,
					.pasid = b->c->pasid,
					.access = IOM_READ };
		iom_result result;

		vtd_cache_config(cache, &config);
		iom_vtd_bench_load(bench, b->c, false, &config, false, NULL);
		/* MTRRDEF_REG: enable, default type */
		iom_iommu_mmio_write(iom_vtd_bench_unit(bench), 0x108, 8, mtrr_default,
				     IOM_SPACE_NONSECURE);
		for (unsigned again = 0; again < 2; again++) {
			memset(&result, 0, sizeof result);
			iom_iommu_translate(iom_vtd_bench_unit(bench), &request, &result);
			if (result.status != IOM_OK || result.memtype != expected) {
				g_print("%s (caches %s): status %u memory type %#x, expected %#x\n",
					what, vtd_cache_names[cache], result.status, result.memtype,
					expected);
				ok = false;
			}
		}
		iom_vtd_bench_free(bench);
	}
	if (!ok)
		CU_FAIL("memory type");
	vtd_base_free(b);
	return ok;
}

#define MTRR_WB (BIT(11) | 6)

static vtd_base *typed(vtd_base_kind kind, uint64_t word1, uint64_t leaf)
{
	vtd_base *b = vtd_base_new(kind, VTD_REQ_U);

	b->c->ecap |= BIT(25); /* MTS */
	/* PAT: WB WT UC- UC WB WT UC- UC, the processor's at reset */
	change_pents(b, 1, word1 | UINT64_C(0x07460746) << 32, 0);
	if (b->kind == VTD_BASE_FIRST)
		vtd_base_change(b, b->fs[1], leaf, 0);
	else if (b->ss_levels)
		vtd_base_change(b, b->ss[1], leaf, 0);
	return b;
}

static bool check_memory_types(void)
{
	static const struct {
		uint64_t type;
		uint8_t mair;
	} emt[] = { { 0, IOM_MEM_DEVICE_nGnRnE },
		    { 1, IOM_MEM_NORMAL_NC },
		    { 4, IOM_MEM_NORMAL_WT },
		    { 6, IOM_MEM_NORMAL_WB } };
	bool ok = true;

	ok &= memory_type_is(typed(VTD_BASE_SECOND, 0, 0), MTRR_WB, IOM_MEM_NORMAL_WB,
			     "second stage, EMTE=0");
	ok &= memory_type_is(typed(VTD_BASE_PASS, 0, 0), MTRR_WB, IOM_MEM_NORMAL_WB,
			     "pass-through");
	for (unsigned kind = VTD_BASE_FIRST; kind <= VTD_BASE_PASS; kind++)
		ok &= memory_type_is(typed(kind, BIT(25), 0), MTRR_WB, IOM_MEM_DEVICE_nGnRnE,
				     "CD=1");
	for (unsigned i = 0; i < G_N_ELEMENTS(emt); i++) {
		ok &= memory_type_is(typed(VTD_BASE_SECOND, BIT(26), emt[i].type << 3), MTRR_WB,
				     emt[i].mair, "second stage, EMT");
		/* IPAT: the first stage has no say. */
		ok &= memory_type_is(typed(VTD_BASE_NESTED, BIT(26), emt[i].type << 3 | BIT(6)),
				     MTRR_WB, emt[i].mair, "nested, EMT with IPAT");
		/* PAT entry 0 is WB: the other type decides. */
		ok &= memory_type_is(typed(VTD_BASE_NESTED, BIT(26), emt[i].type << 3), MTRR_WB,
				     emt[i].mair, "nested, EMT with PAT WB");
	}
	ok &= memory_type_is(typed(VTD_BASE_FIRST, 0, 0), MTRR_WB, IOM_MEM_NORMAL_WB,
			     "first stage, PAT WB");
	ok &= memory_type_is(typed(VTD_BASE_FIRST, 0, BIT(3)), MTRR_WB, IOM_MEM_NORMAL_WT,
			     "first stage, PAT WT");
	ok &= memory_type_is(typed(VTD_BASE_FIRST, 0, BIT(3) | BIT(4)), MTRR_WB,
			     IOM_MEM_DEVICE_nGnRnE, "first stage, PAT UC");
	/* MTRRs off: everything is uncacheable. */
	ok &= memory_type_is(typed(VTD_BASE_FIRST, 0, 0), 0, IOM_MEM_DEVICE_nGnRnE,
			     "first stage, MTRRs disabled");
	return ok;
}

static void rights(void)
{
	vtd_table *t = vtd_table_open("first_stage_permissions.tsv");
	bool first = check_first_stage(VTD_BASE_FIRST) && check_ignored();
	bool second = check_second_stage(VTD_BASE_LEGACY, false) &&
		      check_second_stage(VTD_BASE_SECOND, false);
	bool io_bits = check_second_stage(VTD_BASE_SECOND, true);
	bool nested = check_nested() && check_first_stage(VTD_BASE_NESTED);
	bool requests = check_requests();
	bool snoop = check_snoop();

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const char *stage = iom_tsv_get(row, "stage"), *topic = iom_tsv_get(row, "topic");
		bool ok;

		if (strcmp(iom_tsv_get(row, "fault_or_result"), "do not test") == 0) {
			vtd_table_excuse(t, i, "the specification is silent: not to be tested");
			continue;
		}
		if (strcmp(stage, "first stage") == 0)
			ok = first && requests;
		else if (strcmp(stage, "second stage") == 0)
			ok = strcmp(topic, "SSIRWE=1") == 0 ? io_bits : second;
		else if (strcmp(stage, "nested") == 0)
			ok = nested;
		else if (strcmp(stage, "snoop") == 0)
			ok = snoop && check_walk_snoop();
		else if (strcmp(stage, "memory type") == 0)
			ok = check_memory_types();
		else
			ok = requests && first && second && snoop; /* request, pass-through, ATS */
		if (strcmp(iom_tsv_get(row, "confidence"), "low") == 0)
			vtd_table_excuse(t, i,
					 "low confidence: every code that the row names is"
					 " accepted");
		else if (ok)
			vtd_table_cover(t, i);
	}
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "access rights, flags, completions, snooping and memory types", rights },
	{ 0 },
};
const iom_suite vtd_rights_suite = { "rights", tests };
