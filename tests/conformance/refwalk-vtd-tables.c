/* SPDX-License-Identifier: MIT */
/*
 * The reference: root, context and PASID tables, in the order of stages 1 to 4 of
 * fault_priority.tsv.
 */
#include "tests/conformance/refwalk-vtd-private.h"

static uint64_t pointer(const ref *r, uint64_t word)
{
	return word & (BIT(r->c->haw) - 1) & ~UINT64_C(0xfff);
}

/* Bits of a domain-id above what CAP.ND has; the field starts at `lsb`. */
static bool wide_domain(const ref *r, const uint64_t *words, int lsb)
{
	int bits = 4 + 2 * (int)(r->c->cap & 7);

	return ref_any(words, lsb + 15, lsb + bits);
}

static uint64_t root_pointer(const ref *r)
{
	return pointer(r, r->c->rtaddr);
}

/* Translated requests that no permission table checks. */
static void take_as_is(ref *r, const char *too_high, const char *interrupt_range)
{
	if (r->c->address >> r->c->haw)
		ref_fail(r, too_high);
	else if (ref_in_interrupt_range(r->c->address))
		ref_fail(r, interrupt_range);
	else
		ref_succeed(r, r->c->address, 0, 0);
}

static bool legacy_context_ok(ref *r, const uint64_t *ctx)
{
	unsigned tt = (unsigned)ref_field(ctx, 3, 2);

	r->fpd |= ref_field(ctx, 1, 1);
	if (!ref_field(ctx, 0, 0))
		return ref_fail(r, "LCT.2");
	if (ref_any(ctx, 11, 4) || ref_any(ctx, 63, r->c->haw) || ref_any(ctx, 71, 71) ||
	    ref_any(ctx, 127, 88) || wide_domain(r, ctx, 72))
		return ref_fail(r, "LCT.3");
	r->ss_levels = ref_levels_of_aw(r, ref_field(ctx, 66, 64));
	if (!r->ss_levels)
		return ref_fail(r, "LCT.4.1");
	if (tt == 3 || (tt == 1 && !ref_ecap(r, 2)) || (tt == 2 && !ref_ecap(r, 6)))
		return ref_fail(r, "LCT.4.2");
	if (r->c->at != 'U' && tt != 1)
		return ref_fail(r, "LCT.5");
	return true;
}

void ref_legacy(ref *r)
{
	uint64_t root[2], ctx[2];

	if (!ref_read(r, root_pointer(r) + 16 * (r->c->sid >> 8), root, 2)) {
		ref_fail(r, "LRT.1");
		return;
	}
	if (!(root[0] & 1)) {
		ref_fail(r, "LRT.2");
		return;
	}
	if (ref_any(root, 11, 1) || ref_any(root, 63, r->c->haw) || root[1]) {
		ref_fail(r, "LRT.3");
		return;
	}
	if (!ref_read(r, pointer(r, root[0]) + 16 * (r->c->sid & 0xff), ctx, 2)) {
		ref_fail(r, "LCT.1");
		return;
	}
	if (!legacy_context_ok(r, ctx))
		return;
	if (r->c->at == 'X') {
		take_as_is(r, "LGN.1.2", "LGN.4");
		return;
	}
	if (ref_field(ctx, 3, 2) == 2) {
		take_as_is(r, "LGN.1.3", "LGN.4");
		r->a->first.out.perm = r->failed ? 0 : IOM_READ | IOM_WRITE;
		return;
	}
	if (ref_special_completion(r))
		return;
	r->ss_root = pointer(r, ctx[0]);
	ref_translate_legacy(r);
}

static bool scalable_root(ref *r, uint64_t *table)
{
	uint64_t root[2];
	unsigned half = r->c->sid >> 7 & 1;

	if (!ref_read(r, root_pointer(r) + 16 * (r->c->sid >> 8), root, 2))
		return ref_fail(r, "SRT.1");
	/* The wording also allows to check the half that is not used. */
	uint64_t other = root[!half];

	if (other & 1 && (ref_any(&other, 11, 1) || ref_any(&other, 63, r->c->haw)))
		ref_also(r, "SRT.3");
	if (!(root[half] & 1))
		return ref_fail(r, "SRT.2");
	if (ref_any(&root[half], 11, 1) || ref_any(&root[half], 63, r->c->haw))
		return ref_fail(r, "SRT.3");
	*table = pointer(r, root[half]);
	return true;
}

static bool context_reserved(const ref *r, const uint64_t *ctx)
{
	return ref_any(ctx, 8, 7) || ref_any(ctx, 255, 85) || ref_any(ctx, 63, r->c->haw) ||
	       (ref_any(ctx, 84, 84) && !ref_ecap(r, 53)) || /* RID_PRIV: RPRIVS */
	       (ref_any(ctx, 83, 64) && !ref_ecap(r, 49)) || /* RID_PASID: RPS */
	       (ref_any(ctx, 6, 6) && !ref_ecap(r, 56)) || /* EPTR: PTRS */
	       (ref_any(ctx, 5, 5) && !ref_ecap(r, 55)) || /* HPTE: HPTS */
	       (ref_any(ctx, 4, 4) && !ref_ecap(r, 29)) || /* PRE: PRS */
	       (ref_any(ctx, 3, 3) && !ref_ecap(r, 40)) || /* PASIDE: PASID */
	       (ref_any(ctx, 2, 2) && !ref_ecap(r, 2)); /* DTE: DT */
}

/* The three range checks have no order among them. */
static bool pasid_in_range(ref *r, uint64_t rid_pasid, unsigned pdts)
{
	uint32_t pasid = r->c->pasid;
	unsigned pss = (unsigned)(r->c->ecap >> 35 & 0x1f);
	const char *met[3];
	unsigned n = 0;

	/* Page requests are not compared with ECAP.PSS. */
	if (pasid >= BIT(pss + 1) && r->c->at != 'P')
		met[n++] = "SGN.10";
	if (pasid >= BIT(pdts + 13))
		met[n++] = "SCT.7";
	if (pasid == rid_pasid) {
		met[n++] = "SCT.9";
		if (!ref_ecap(r, 49))
			ref_untested(r, "PASID 0 on a unit without RID_PASID");
	}
	for (unsigned i = 0; i < n; i++)
		ref_fail(r, met[i]);
	return n == 0;
}

static bool scalable_context_ok(ref *r, const uint64_t *ctx)
{
	bool pasid = ref_has_pasid(r);
	bool paside = ref_field(ctx, 3, 3), eptr = ref_field(ctx, 6, 6);
	bool dte = ref_field(ctx, 2, 2), pre = ref_field(ctx, 4, 4);
	unsigned pdts = (unsigned)ref_field(ctx, 11, 9);
	uint64_t rid_pasid = ref_ecap(r, 49) ? ref_field(ctx, 83, 64) : 0;

	r->fpd |= ref_field(ctx, 1, 1);
	if (!ref_field(ctx, 0, 0))
		return ref_fail(r, "SCT.2");
	if (context_reserved(r, ctx))
		return ref_fail(r, "SCT.3");
	if (!paside && pasid && r->c->at != 'X') {
		/* Before the rule on EPTR; against the other two no order is given. */
		if (pre && !dte)
			ref_also(r, "SCT.4.1");
		if (rid_pasid >= BIT(pdts + 13))
			ref_also(r, "SCT.4.2");
		return ref_fail(r, "SCT.6");
	}
	if (pre && !dte) {
		/* An invalid entry is taken first, but ATS may be refused at once. */
		if (r->c->at == 'T' || r->c->at == 'X')
			ref_also(r, "SCT.5");
		return ref_fail(r, "SCT.4.1");
	}
	if (rid_pasid >= BIT(pdts + 13))
		return ref_fail(r, "SCT.4.2");
	if (eptr && !paside)
		return ref_fail(r, "SCT.4.3");
	if (!dte && (r->c->at == 'T' || r->c->at == 'X'))
		return ref_fail(r, "SCT.5");
	if (!pre && r->c->at == 'P')
		return ref_fail(r, "SCT.8");
	if (pasid && r->c->at == 'X' && !eptr)
		return ref_fail(r, "SCT.10");
	return !pasid || pasid_in_range(r, rid_pasid, pdts);
}

static bool entry_reserved(const ref *r, const uint64_t *e, bool hpte)
{
	int haw = r->c->haw;
	bool ssts = ref_ecap(r, 46), fsts = ref_ecap(r, 47), hpts = ref_ecap(r, 55);
	bool mts = ref_ecap(r, 25);

	return ref_any(e, 5, 5) || ref_any(e, 11, 10) || ref_any(e, 86, 80) || ref_any(e, 95, 91) ||
	       ref_any(e, 129, 129) || ref_any(e, 139, 136) || ref_any(e, 255, 192) ||
	       ref_any(e, 267, 259) || ref_any(e, 511, 336) || ref_any(e, 63, haw) ||
	       ref_any(e, 191, haw + 128) || ref_any(e, 319, haw + 256) ||
	       (!ssts && (ref_any(e, 4, 2) || ref_any(e, 63, 12) || ref_any(e, 9, 9))) ||
	       (ref_any(e, 9, 9) && !ref_ecap(r, 45)) || /* SSADE: SSADS */
	       (ref_any(e, 87, 87) && !ref_ecap(r, 48)) || /* PWSNP: SMPWCS */
	       (ref_any(e, 88, 88) && !ref_ecap(r, 7)) || /* PGSNP: SC */
	       (!mts && (ref_any(e, 90, 89) || ref_any(e, 127, 96))) ||
	       (ref_any(e, 128, 128) && !ref_ecap(r, 31)) || /* SRE: SRS */
	       (!fsts && (ref_any(e, 132, 130) || ref_any(e, 191, 140))) ||
	       (ref_any(e, 135, 135) && !ref_ecap(r, 34)) || /* EAFE: EAFS */
	       (!hpts && (ref_any(e, 258, 256) || ref_any(e, 335, 268))) || wide_domain(r, e, 64) ||
	       (hpte && wide_domain(r, e, 320));
}

/* Programming that the unit does not support; the table gives one code to all of it. */
static bool entry_unsupported(ref *r, const uint64_t *e)
{
	unsigned pgtt = (unsigned)ref_field(e, 8, 6);
	bool first = pgtt == 1 || pgtt == 3, second = pgtt == 2 || pgtt == 3;
	unsigned fspm = (unsigned)ref_field(e, 131, 130);
	static const unsigned feature[] = { 0, 47, 46, 26, 6 };

	if (pgtt < 1 || pgtt > 4 || !ref_ecap(r, feature[pgtt])) {
		ref_fail(r, "SPT.4.2");
		return true;
	}
	r->ss_levels = second ? ref_levels_of_aw(r, ref_field(e, 4, 2)) : 0;
	if (second && !r->ss_levels) {
		ref_fail(r, "SPT.4.1");
		return true;
	}
	if (first && (fspm > 1 || (fspm == 1 && !ref_cap(r, 60)))) {
		ref_fail(r, "SPT.4.3");
		return true;
	}
	r->fs_levels = 4 + fspm;
	if (pgtt == 3 && e[2] >> 12 << 12 >> ref_ss_width(r, r->ss_levels)) {
		ref_fail(r, "SPT.4.4");
		return true;
	}
	return false;
}

static bool pasid_entry(ref *r, uint64_t directory, uint32_t pasid, bool hpte, uint64_t *e)
{
	uint64_t d;

	if (!ref_read(r, directory + 8 * (pasid >> 6), &d, 1))
		return ref_fail(r, "SPD.1");
	r->fpd |= d >> 1 & 1;
	if (!(d & 1))
		return ref_fail(r, "SPD.2");
	if (ref_any(&d, 11, 2) || ref_any(&d, 63, r->c->haw))
		return ref_fail(r, "SPD.3");
	if (!ref_read(r, pointer(r, d) + 64 * (pasid & 0x3f), e, 8))
		return ref_fail(r, "SPT.1");
	r->fpd |= e[0] >> 1 & 1;
	if (!(e[0] & 1))
		return ref_fail(r, "SPT.2");
	if (entry_reserved(r, e, hpte))
		return ref_fail(r, "SPT.3");
	return !entry_unsupported(r, e);
}

/* Rules about the request that the PASID entry decides. */
static bool request_allowed(ref *r, const uint64_t *e)
{
	bool execute = r->c->er && ref_has_pasid(r) && !ref_ecap(r, 30) && ref_major(r) <= 7;
	bool supervisor = r->privileged && !ref_field(e, 128, 128);

	if (execute)
		ref_fail(r, "SPT.5");
	/* One after the other, or the other way round. */
	if (supervisor)
		ref_fail(r, "SPT.6");
	return !r->failed;
}

void ref_scalable(ref *r)
{
	uint64_t contexts = 0, ctx[4], e[8];

	if (!scalable_root(r, &contexts))
		return;
	if (!ref_read(r, contexts + 32 * (r->c->sid & 0x7f), ctx, 4)) {
		ref_fail(r, "SCT.1");
		return;
	}
	if (!scalable_context_ok(r, ctx))
		return;
	bool hpte = ref_field(ctx, 5, 5);

	if (r->c->at == 'X' && !hpte) {
		take_as_is(r, "SGN.4.1", "SGN.8.3");
		return;
	}
	uint32_t pasid = ref_has_pasid(r)  ? r->c->pasid
			 : ref_ecap(r, 49) ? (uint32_t)ref_field(ctx, 83, 64)
					   : 0;

	r->privileged = ref_has_pasid(r) ? r->c->pr : ref_ecap(r, 53) && ref_field(ctx, 84, 84);
	if (!pasid_entry(r, pointer(r, ctx[0]), pasid, hpte, e))
		return;
	if (r->c->at == 'P') {
		r->a->first.out.kind = IOM_VTD_PRQ_QUEUED;
		return;
	}
	if (r->c->at == 'X') {
		ref_host_permissions(r, pointer(r, e[4]), (unsigned)ref_field(e, 257, 256));
		return;
	}
	if (!request_allowed(r, e) || ref_special_completion(r))
		return;
	r->ss_root = pointer(r, e[0]);
	r->fs_root = pointer(r, e[2]);
	r->ssade = ref_field(e, 9, 9);
	r->eafe = ref_field(e, 135, 135);
	r->wpe = ref_field(e, 132, 132);
	r->snooped = ref_ecap(r, 48) && ref_field(e, 87, 87);
	r->pgsnp = ref_field(e, 88, 88);
	switch (ref_field(e, 8, 6)) {
	case 1:
		r->ssade = false;
		ref_translate_first_stage(r);
		break;
	case 2:
		ref_translate_second_stage(r);
		break;
	case 3:
		ref_translate_nested(r);
		break;
	default:
		ref_pass_through(r);
		break;
	}
}
