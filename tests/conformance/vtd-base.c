/* SPDX-License-Identifier: MIT */
#include "tests/conformance/vtd-base.h"

#define BIT(n) (UINT64_C(1) << (n))

#define ROOT UINT64_C(0x1000000000)
#define CONTEXTS UINT64_C(0x1000001000)
#define DIRECTORY UINT64_C(0x1000002000)
#define PASIDS UINT64_C(0x1000003000)
#define FS_HPA(level) (UINT64_C(0x1000010000) + ((uint64_t)(level) << 12))
#define FS_GPA(level) (UINT64_C(0x20000000) + ((uint64_t)(level) << 12))
#define SS_HPA(level) (UINT64_C(0x1000020000) + ((uint64_t)(level) << 12))
#define SS_FS_TABLE UINT64_C(0x1000027000) /* maps the pages of FS_GPA() */
#define HPT_HPA(level) (UINT64_C(0x1000030000) + ((uint64_t)(level) << 16))
#define PAGE_GPA UINT64_C(0x30005000)
#define PAGE_HPA UINT64_C(0x2000005000)
#define INPUT UINT64_C(0x7654321000)
#define SID 0x0010
#define RID_PASID 5
#define PASID 0x11

#define CAP UINT64_C(0xD9D2078C22780E06)
/* with HPTS, HPT1GPS, PTRS, SSIRWS */
#define ECAP UINT64_C(0x0BB3EF9EA4F00FDF)

static unsigned index_of(uint64_t address, unsigned level)
{
	return (unsigned)(address >> (12 + 9 * (level - 1)) & 0x1ff);
}

uint64_t vtd_base_word(const vtd_base *base, uint64_t address)
{
	int at = iom_vtd_case_find(base->c, address);

	return at < 0 ? 0 : g_array_index(base->c->words, iom_vtd_word, at).value;
}

void vtd_base_change(vtd_base *base, uint64_t address, uint64_t set, uint64_t clear)
{
	iom_vtd_case_put(base->c, address, (vtd_base_word(base, address) | set) & ~clear, "word");
}

void vtd_base_break(vtd_base *base, uint64_t address, bool write_only)
{
	iom_vtd_bad_page bad = { address & ~UINT64_C(0xfff), write_only };

	g_array_append_val(base->c->bad, bad);
}

/* Second-stage tables for `in`, which lead to `out`. */
static void put_second_stage(vtd_base *b, uint64_t in, uint64_t out)
{
	for (unsigned level = b->ss_levels; level >= 1; level--) {
		char label[16];

		g_snprintf(label, sizeof label, "ss.L%u", level);
		b->ss[level] = SS_HPA(level) + 8 * index_of(in, level);
		iom_vtd_case_put(b->c, b->ss[level], (level == 1 ? out : SS_HPA(level - 1)) | 3,
				 label);
	}
}

/* The pages of the first-stage tables share one table of the second stage. */
static void put_table_pages(vtd_base *b)
{
	iom_vtd_case_put(b->c, SS_HPA(2) + 8 * index_of(FS_GPA(1), 2), SS_FS_TABLE | 3,
			 "ss.fsL1.L2");
	for (unsigned level = 1; level <= b->fs_levels; level++) {
		char label[16];

		g_snprintf(label, sizeof label, "ss.fsL%u.L1", level);
		b->ss_fs[level] = SS_FS_TABLE + 8 * index_of(FS_GPA(level), 1);
		iom_vtd_case_put(b->c, b->ss_fs[level], FS_HPA(level) | 3, label);
	}
}

static void put_first_stage(vtd_base *b, bool nested)
{
	for (unsigned level = b->fs_levels; level >= 1; level--) {
		uint64_t next = level == 1 ? nested ? PAGE_GPA : PAGE_HPA
				: nested   ? FS_GPA(level - 1)
					   : FS_HPA(level - 1);
		char label[16];

		g_snprintf(label, sizeof label, "fs.L%u", level);
		b->fs[level] = FS_HPA(level) + 8 * index_of(INPUT, level);
		iom_vtd_case_put(b->c, b->fs[level], next | 7, label);
	}
}

static void put_permissions(vtd_base *b)
{
	for (unsigned level = 4; level >= 1; level--) {
		unsigned shift = 17 + 8 * (level - 1);
		uint64_t index = INPUT >> shift & 0xff;
		char label[16];

		g_snprintf(label, sizeof label, "hpt.L%u.q0", level);
		b->hpt[level] = HPT_HPA(level) + 16 * index;
		if (level > 1) {
			iom_vtd_case_put(b->c, b->hpt[level], 0, label);
			g_snprintf(label, sizeof label, "hpt.L%u.q1", level);
			iom_vtd_case_put(b->c, b->hpt[level] + 8, HPT_HPA(level - 1) | 1, label);
		} else {
			unsigned sub = INPUT >> 12 & 0x1f;
			bool high = sub >= 16;

			iom_vtd_case_put(b->c, b->hpt[1] + (high ? 8 : 0),
					 UINT64_C(3) << 4 * (sub % 16), label);
		}
	}
}

static void put_legacy(vtd_base *b)
{
	b->context = CONTEXTS + 16 * SID;
	iom_vtd_case_put(b->c, b->root, CONTEXTS | 1, "root.q0");
	iom_vtd_case_put(b->c, b->context,
			 (b->kind == VTD_BASE_LEGACY ? SS_HPA(4) | 1 << 2 : 2 << 2) | 1, "ctx.q0");
	iom_vtd_case_put(b->c, b->context + 8, 7 << 8 | 2, "ctx.q1");
	b->ss_levels = b->kind == VTD_BASE_LEGACY ? 4 : 0;
	if (b->ss_levels)
		put_second_stage(b, INPUT, PAGE_HPA);
}

static uint64_t pgtt_of(vtd_base_kind kind)
{
	switch (kind) {
	case VTD_BASE_SECOND:
		return 2;
	case VTD_BASE_NESTED:
		return 3;
	case VTD_BASE_PASS:
		return 4;
	default:
		return 1;
	}
}

static void put_scalable(vtd_base *b)
{
	uint64_t pgtt = pgtt_of(b->kind);

	b->scalable = true;
	b->context = CONTEXTS + 32 * SID;
	b->directory = DIRECTORY;
	b->fs_levels = pgtt == 1 || pgtt == 3 ? 4 : 0;
	b->ss_levels = pgtt == 2 ? 4 : pgtt == 3 ? 3 : 0;
	b->c->rtaddr |= BIT(10);
	iom_vtd_case_put(b->c, b->root, CONTEXTS | 1, "smroot.q0");
	/* P, DTE, PASIDE, PRE, EPTR; PDTS=7 */
	iom_vtd_case_put(b->c, b->context,
			 DIRECTORY | 7 << 9 | 0x5d | (b->kind == VTD_BASE_HPT ? BIT(5) : 0),
			 "smctx.q0");
	iom_vtd_case_put(b->c, b->context + 8, RID_PASID, "smctx.q1");
	iom_vtd_case_put(b->c, b->directory, PASIDS | 1, "pdir");
	b->n_pents = 2;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t at = PASIDS + 64 * (i ? PASID : RID_PASID);

		b->pent[i] = at;
		iom_vtd_case_put(b->c, at,
				 1 | pgtt << 6 |
					 (b->ss_levels
						  ? SS_HPA(b->ss_levels) | (b->ss_levels - 2) << 2
						  : 0),
				 "pent.q0");
		iom_vtd_case_put(b->c, at + 8, BIT(23) | 9, "pent.q1"); /* PWSNP, DID 9 */
		iom_vtd_case_put(b->c, at + 16,
				 !b->fs_levels                ? 0
				 : b->kind == VTD_BASE_NESTED ? FS_GPA(4)
							      : FS_HPA(4),
				 "pent.q2");
		if (b->kind == VTD_BASE_HPT) {
			iom_vtd_case_put(b->c, at + 32, HPT_HPA(4), "pent.q4");
			iom_vtd_case_put(b->c, at + 40, 11, "pent.q5");
		}
	}
	if (b->ss_levels)
		put_second_stage(b, pgtt == 3 ? PAGE_GPA : INPUT, PAGE_HPA);
	if (b->fs_levels)
		put_first_stage(b, pgtt == 3);
	if (pgtt == 3)
		put_table_pages(b);
	if (b->kind == VTD_BASE_HPT)
		put_permissions(b);
}

static void put_request(iom_vtd_case *c, vtd_request_kind request)
{
	static const char types[] = "UUTTXXP";
	bool pasid = request == VTD_REQ_U_PASID || request == VTD_REQ_T_PASID ||
		     request == VTD_REQ_X_PASID || request == VTD_REQ_P;

	c->at = types[request];
	c->op = c->at == 'T' ? '-' : 'R';
	c->pasid = pasid ? PASID : IOM_NO_PASID;
	c->address = INPUT;
	c->length = 8;
	c->lpig = request == VTD_REQ_P;
}

vtd_base *vtd_base_new(vtd_base_kind kind, vtd_request_kind request)
{
	vtd_base *b = g_new0(vtd_base, 1);

	b->c = iom_vtd_case_new();
	b->kind = kind;
	b->c->haw = kind == VTD_BASE_HPT ? 52 : 46;
	b->c->cap = CAP;
	b->c->ecap = ECAP;
	b->c->tes = true;
	b->c->sid = SID;
	b->c->rtaddr = ROOT;
	b->root = ROOT + 16 * (SID >> 8);
	put_request(b->c, request);
	if (kind == VTD_BASE_LEGACY || kind == VTD_BASE_LEGACY_PT) {
		b->c->pasid = IOM_NO_PASID;
		put_legacy(b);
	} else {
		put_scalable(b);
	}
	return b;
}

void vtd_base_free(vtd_base *base)
{
	if (!base)
		return;
	iom_vtd_case_free(base->c);
	g_free(base);
}

iom_vtd_case *vtd_base_interrupt(bool posted)
{
	iom_vtd_case *c = iom_vtd_case_new();

	c->haw = 46;
	c->cap = CAP;
	c->ecap = ECAP;
	c->sid = SID;
	c->ires = true;
	c->irta = (VTD_IRTE_ADDRESS & ~UINT64_C(0xfff)) | BIT(11) | 7;
	c->address = 0xfee00010 | VTD_IRTE_INDEX << 5;
	c->op = 'W';
	c->length = 4;
	if (posted) {
		iom_vtd_case_put(c, VTD_IRTE_ADDRESS,
				 (VTD_PID_ADDRESS & 0xffffffc0) << 32 | 0x51 << 16 | BIT(15) | 1,
				 "irte.q0");
		iom_vtd_case_put(c, VTD_PID_ADDRESS + 32, UINT64_C(0x123) << 32 | 0xf2 << 16,
				 "pid.q4");
	} else {
		iom_vtd_case_put(c, VTD_IRTE_ADDRESS, UINT64_C(0x500) << 32 | 0x31 << 16 | 1,
				 "irte.q0");
	}
	/* SVT=01: the requester itself */
	iom_vtd_case_put(c, VTD_IRTE_ADDRESS + 8,
			 (posted ? VTD_PID_ADDRESS >> 32 << 32 : 0) | 1 << 18 | SID, "irte.q1");
	return c;
}
