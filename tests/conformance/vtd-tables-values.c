/* SPDX-License-Identifier: MIT */
/*
 * Fields whose values, not bits, are right or wrong: every value of each with every
 * capability that allows it, for every kind of request, against the reference.
 */
#include "tests/conformance/vtd-tables-values.h"
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-tables.h"

#define BIT(n) (UINT64_C(1) << (n))

static void set_field(vtd_base *b, uint64_t address, unsigned lsb, unsigned width, uint64_t value)
{
	uint64_t mask = (BIT(width) - 1) << lsb;

	vtd_base_change(b, address, value << lsb & mask, 0);
	vtd_base_change(b, address, 0, mask & ~(value << lsb));
}

/* Untested combinations count as agreed: the tables say nothing about them. */
static bool agree(vtd_base *b, const char *what)
{
	refvtd_answer *answer = g_new(refvtd_answer, 1);

	refvtd_dma(vtd_rules(), b->c, answer);
	bool ok = answer->untested || vtd_agree(b->c, false, what);

	g_free(answer);
	vtd_base_free(b);
	return ok;
}

/* TTM and SSIRWE, with and without what they need. */
bool vtd_check_root_address(void)
{
	bool ok = true;

	for (unsigned r = 0; r < VTD_N_REQUESTS; r++) {
		for (unsigned bits = 0; bits < 64; bits++) {
			vtd_base *b = vtd_base_new(bits & 1 ? VTD_BASE_LEGACY : VTD_BASE_SECOND, r);

			b->c->rtaddr = (b->c->rtaddr & ~UINT64_C(0xc80)) |
				       (uint64_t)(bits >> 1 & 3) << 10 | (bits & 8 ? BIT(7) : 0);
			b->c->ecap &= bits & 16 ? ~(BIT(52) | BIT(57)) : UINT64_MAX;
			if (bits & 32) {
				b->c->ecap &= ~BIT(43);
				vtd_settle_capabilities(b->c);
			}
			ok &= agree(b, "root table address register");
		}
	}
	return ok;
}

/* TT and AW of context entries. */
bool vtd_check_context_values(void)
{
	static const vtd_request_kind requests[] = { VTD_REQ_U, VTD_REQ_T, VTD_REQ_X };
	bool ok = true;

	for (unsigned r = 0; r < G_N_ELEMENTS(requests); r++) {
		for (unsigned bits = 0; bits < 32; bits++) {
			for (unsigned caps = 0; caps < 16; caps++) {
				vtd_base *b = vtd_base_new(VTD_BASE_LEGACY, requests[r]);

				set_field(b, b->context, 2, 2, bits & 3);
				set_field(b, b->context + 8, 0, 3, bits >> 2);
				b->c->ecap &= caps & 1 ? ~BIT(2) : UINT64_MAX;
				b->c->ecap &= caps & 2 ? ~BIT(6) : UINT64_MAX;
				/* one AGAW less, or all three */
				if (caps >> 2)
					b->c->cap &= ~BIT(8 + (caps >> 2));
				vtd_settle_capabilities(b->c);
				ok &= agree(b, "context entry");
			}
		}
	}
	return ok;
}

/* DTE, PRE, PASIDE, EPTR, HPTE, RID_PASID and the size of the directory. */
bool vtd_check_sm_context_values(void)
{
	static const uint32_t rid_pasids[] = { 5, 0x11, 0x1fff, 0x2000, 0xfffff };
	bool ok = true;

	for (unsigned r = 0; r < VTD_N_REQUESTS; r++) {
		for (unsigned bits = 0; bits < 32; bits++) {
			for (unsigned i = 0; i < G_N_ELEMENTS(rid_pasids); i++) {
				for (unsigned pdts = 0; pdts < 8; pdts += 1 + pdts % 2 * 3) {
					vtd_base *b = vtd_base_new(VTD_BASE_HPT, r);

					set_field(b, b->context, 2, 5, bits);
					set_field(b, b->context, 9, 3, pdts);
					set_field(b, b->context + 8, 0, 20, rid_pasids[i]);
					ok &= agree(b, "scalable context entry");
				}
			}
		}
	}
	return ok;
}

/* PGTT, AW, FSPM with the features they need. */
bool vtd_check_pasid_values(void)
{
	static const vtd_request_kind requests[] = { VTD_REQ_U_PASID, VTD_REQ_T_PASID, VTD_REQ_P };
	static const unsigned without[] = { 64, 47, 46, 26, 6, 65 };
	bool ok = true;

	for (unsigned r = 0; r < G_N_ELEMENTS(requests); r++) {
		for (unsigned bits = 0; bits < 256; bits++) {
			for (unsigned w = 0; w < G_N_ELEMENTS(without); w++) {
				vtd_base *b = vtd_base_new(VTD_BASE_NESTED, requests[r]);

				for (unsigned i = 0; i < b->n_pents; i++) {
					set_field(b, b->pent[i], 6, 3, bits & 7);
					set_field(b, b->pent[i], 2, 3, bits >> 3 & 7);
					set_field(b, b->pent[i] + 16, 2, 2, bits >> 6);
				}
				if (without[w] < 64)
					b->c->ecap &= ~BIT(without[w]);
				else if (without[w] == 65)
					b->c->cap &= ~(BIT(60) | BIT(9)); /* FS5LP, 39 bits */
				vtd_settle_capabilities(b->c);
				ok &= agree(b, "PASID table entry");
			}
		}
	}
	/* FSPTPTR against the width of the second stage. */
	for (unsigned bit = 12; bit < 52; bit++) {
		vtd_base *b = vtd_base_new(VTD_BASE_NESTED, VTD_REQ_U);

		for (unsigned i = 0; i < b->n_pents; i++)
			vtd_base_change(b, b->pent[i] + 16, BIT(bit), 0);
		ok &= agree(b, "first-stage pointer");
	}
	return ok;
}
