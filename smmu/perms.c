/* SPDX-License-Identifier: MIT */
/* Permissions of leaf descriptors (13.4 Attributes, Arm ARM D8.4 Memory access control). */
#include "smmu/walk.h"

static inline bool bit(uint64_t desc, unsigned n)
{
	return desc >> n & 1;
}

static uint8_t rwx(bool r, bool w, bool x)
{
	return (uint8_t)((r ? IOM_READ : 0) | (w ? IOM_WRITE : 0) | (x ? IOM_EXECUTE : 0));
}

/* D8.4.1 Direct permissions. `dirty`: as if the descriptor were made dirty. */
static void s1_direct(const struct smmu_s1 *s1, uint64_t desc,
		      const struct smmu_table_limits *limits, bool candidate, uint8_t perm[2],
		      bool dirty)
{
	bool ap2 = bit(desc, 7), ap1 = bit(desc, 6);
	/* 3.13.8: a candidate for a dirty update counts as writable where writable
	 * pages are not executable. */
	bool writable = (!ap2 || candidate) && !limits->no_write;
	bool w = dirty ? writable : !ap2 && !limits->no_write;
	bool uxn = bit(desc, 54) || limits->uxn, pxn = bit(desc, 53) || limits->pxn;
	bool ur, uw, ux, pr = true, px;

	if (s1->one_privilege) {
		perm[0] = perm[1] = rwx(true, w, !uxn && !(s1->wxn && writable));
		return;
	}
	ap1 = ap1 && !limits->no_user;
	ur = ap1;
	uw = ap1 && w;
	ux = !uxn && !(s1->wxn && ap1 && writable);
	px = !pxn && !(s1->wxn && writable);
	if (s1->lpae) {
		/* XN is for both privileges; what is fetched has to be readable. */
		ux = ux && ur;
		px = px && !uxn && !(s1->uwxn && ap1 && writable);
	} else if (ap1 && writable) {
		px = false; /* what EL0 may write, EL1 does not execute */
	}
	/* D8.4.5 PAN; EPAN adds pages that EL0 may execute. */
	if (s1->pan && (ap1 || (s1->epan && ux)))
		pr = w = false;
	perm[0] = rwx(ur, uw, ux);
	perm[1] = rwx(pr, w, px);
}

static uint8_t s1_base(uint64_t pii, unsigned index)
{
	unsigned p = pii >> (3 * index) & 7;

	if (p == 4 || p == 6)
		return 0;
	return rwx(p & 1, p & 4, p & 2);
}

/* 3.26.1 Stage 1 permission indirection */
static void s1_indirect(const struct smmu_s1 *s1, uint64_t desc, uint8_t perm[2], bool dirty)
{
	unsigned index = (unsigned)(bit(desc, 54) << 3 | bit(desc, 53) << 2 | bit(desc, 51) << 1 |
				    bit(desc, 6));
	uint8_t p = s1_base(s1->piip, index), u = s1_base(s1->piiu, index);

	if (s1->one_privilege)
		u = p;
	else if (s1->pan && u)
		p &= (uint8_t) ~(IOM_READ | IOM_WRITE);
	if (bit(desc, 7) && !dirty) {
		p &= (uint8_t)~IOM_WRITE;
		u &= (uint8_t)~IOM_WRITE;
	}
	perm[0] = u;
	perm[1] = p;
}

void smmu_s1_permissions(const struct smmu_s1 *s1, uint64_t desc,
			 const struct smmu_table_limits *limits, struct smmu_s1_out *out)
{
	bool hardware = s1->ha && s1->hd;

	if (s1->pie) {
		s1_indirect(s1, desc, out->perm, false);
		s1_indirect(s1, desc, out->grant, hardware);
		return;
	}
	hardware = hardware && bit(desc, 51);
	s1_direct(s1, desc, limits, hardware, out->perm, false);
	s1_direct(s1, desc, limits, hardware, out->grant, hardware);
}

/* 6.3.17 SMMU_S2PII: encodings of a base permission */
static void s2_base(unsigned p, uint8_t perm[2], uint8_t *mostly_ro)
{
	bool r = p == 2 || p == 3 || p >= 6, w = p == 4 || p >= 12;

	*mostly_ro = p == 2 || p == 3 || p == 6 || p == 7;
	perm[0] = rwx(r, w, p >= 8 && (p & 1));
	perm[1] = rwx(r, w, p >= 8 && (p & 2));
}

static void s2_indirect(const smmu *s, const struct smmu_context *c, const struct smmu_s2 *s2,
			uint64_t desc, struct smmu_s2_out *out)
{
	unsigned index = (unsigned)(bit(desc, 54) << 3 | bit(desc, 53) << 2 | bit(desc, 51) << 1 |
				    bit(desc, 6));
	uint64_t pii = smmu_reg(s, c->space, SMMU_R_S2PII);

	s2_base(pii >> (4 * index) & 15, out->grant, &out->mostly_ro);
	if (s2->poe) {
		uint8_t over[2], mro;

		s2_base(c->s2poi >> (4 * iom_get(desc, 62, 59)) & 15, over, &mro);
		out->grant[0] &= over[0];
		out->grant[1] &= over[1];
		out->mostly_ro |= mro;
	}
	for (unsigned i = 0; i < 2; i++) {
		out->perm[i] = out->grant[i];
		if (!bit(desc, 7)) { /* Dirty */
			out->perm[i] &= (uint8_t)~IOM_WRITE;
			if (!s2->ha || !s2->hd)
				out->grant[i] &= (uint8_t)~IOM_WRITE;
		}
	}
}

/* D8.4.2 Stage 2 permissions */
void smmu_s2_permissions(const smmu *s, const struct smmu_context *c, const struct smmu_s2 *s2,
			 uint64_t desc, struct smmu_s2_out *out)
{
	bool r = bit(desc, 6), w = bit(desc, 7), ux, px;

	out->mostly_ro = 0;
	if (s2->pie) {
		s2_indirect(s, c, s2, desc, out);
		return;
	}
	ux = px = !bit(desc, 54);
	if (s->ids.xnx) {
		/* 0b01 unprivileged only, 0b11 privileged only */
		ux = bit(desc, 54) == 0;
		px = bit(desc, 54) == bit(desc, 53);
	}
	if (s2->lpae)
		ux = ux && r, px = px && r;
	out->perm[0] = rwx(r, w, ux);
	out->perm[1] = rwx(r, w, px);
	w = w || (s2->ha && s2->hd && bit(desc, 51));
	out->grant[0] = rwx(r, w, ux);
	out->grant[1] = rwx(r, w, px);
}
