/* SPDX-License-Identifier: MIT */
/* Memory attributes (13 Attributes, 13.1 to 13.5; Arm ARM D8.6 Memory attributes). */
#include "smmu/attrs.h"

static struct smmu_attr normal(unsigned inner, unsigned outer, unsigned hints, unsigned sh)
{
	return (struct smmu_attr){ .inner = (uint8_t)inner,
				   .outer = (uint8_t)outer,
				   .inner_hints = (uint8_t)hints,
				   .outer_hints = (uint8_t)hints,
				   .sh = (uint8_t)sh };
}

static struct smmu_attr device(unsigned kind)
{
	return (struct smmu_attr){ .device = 1, .kind = (uint8_t)kind, .sh = IOM_SH_OUTER };
}

static bool cacheable(const struct smmu_attr *a)
{
	return !a->device && (a->inner != SMMU_NC || a->outer != SMMU_NC);
}

/* 13.1.3: Normal write-back, Non-shareable, allocate, non-transient */
struct smmu_attr smmu_attr_default(void)
{
	return normal(SMMU_WB, SMMU_WB, SMMU_RA | SMMU_WA, IOM_SH_NON);
}

/* 5.4 MAIR0: one half of a byte; 00RW WT transient, 01RW WB transient, 10RW, 11RW */
static void mair_half(unsigned nibble, uint8_t *cache, uint8_t *hints)
{
	unsigned rw = nibble & 3;

	if (nibble == 4) {
		*cache = SMMU_NC;
		*hints = 0;
		return;
	}
	if (nibble == 0)
		rw = 3; /* reserved inner encoding */
	*cache = nibble & 4 ? SMMU_WB : SMMU_WT;
	*hints = (uint8_t)((rw & 2 ? SMMU_RA : 0) | (rw & 1 ? SMMU_WA : 0) |
			   (nibble & 8 ? 0 : SMMU_TR));
}

struct smmu_attr smmu_attr_mair(uint8_t byte)
{
	struct smmu_attr a = { 0 };

	if (!(byte >> 4))
		return device(byte >> 2 & 3);
	mair_half(byte & 15, &a.inner, &a.inner_hints);
	mair_half(byte >> 4, &a.outer, &a.outer_hints);
	return a;
}

struct smmu_attr smmu_attr_request(const iom_request *request)
{
	struct smmu_attr a;

	if (!(request->flags & IOM_REQ_HAS_ATTRS))
		return smmu_attr_default();
	a = smmu_attr_mair(request->memtype);
	a.sh = request->shareability == IOM_SH_RESERVED ? IOM_SH_NON : request->shareability & 3;
	a.inner_hints = a.outer_hints = request->hints & 7;
	smmu_attr_normalise(&a);
	return a;
}

struct smmu_attr smmu_attr_memattr(unsigned memattr, bool mteperm)
{
	static const uint8_t cache[4] = { SMMU_NC, SMMU_NC, SMMU_WT, SMMU_WB };
	unsigned outer = memattr >> 2 & 3, inner = memattr & 3;

	if (mteperm && memattr == 4)
		return normal(SMMU_WB, SMMU_WB, SMMU_RA | SMMU_WA, IOM_SH_NON);
	if (!outer)
		return device(inner);
	if (!inner)
		return device(0); /* reserved: Device-nGnRnE */
	return normal(cache[inner], cache[outer], SMMU_RA | SMMU_WA, IOM_SH_NON);
}

/* 13.1.7: what cannot be, is not. */
void smmu_attr_normalise(struct smmu_attr *a)
{
	if (!cacheable(a)) {
		a->sh = IOM_SH_OUTER;
		a->inner_hints = a->outer_hints = 0;
		return;
	}
	if (a->inner == SMMU_NC)
		a->inner_hints = 0;
	else if (!(a->inner_hints & (SMMU_RA | SMMU_WA)))
		a->inner_hints = 0;
	if (a->outer == SMMU_NC)
		a->outer_hints = 0;
	else if (!(a->outer_hints & (SMMU_RA | SMMU_WA)))
		a->outer_hints = 0;
}

/* 13.1.4 Overrides */
void smmu_attr_override(struct smmu_attr *a, const struct smmu_override *o)
{
	if (o->mtcfg) {
		struct smmu_attr to = smmu_attr_memattr(o->memattr, false);

		to.sh = a->sh;
		if (cacheable(a) && cacheable(&to)) {
			to.inner_hints = a->inner_hints;
			to.outer_hints = a->outer_hints;
		}
		*a = to;
	}
	if (cacheable(a)) {
		if (o->shcfg != IOM_SH_RESERVED)
			a->sh = o->shcfg;
		if (o->alloccfg & 8) {
			uint8_t hints = (uint8_t)((o->alloccfg & 4 ? SMMU_RA : 0) |
						  (o->alloccfg & 2 ? SMMU_WA : 0) |
						  (o->alloccfg & 1 ? SMMU_TR : 0));

			a->inner_hints = a->outer_hints = hints;
		}
	}
	smmu_attr_normalise(a);
}

/* 13.1.5: allocate only if both do, non-transient only if both are */
static uint8_t combine_hints(uint8_t x, uint8_t y)
{
	return (uint8_t)((x & y & (SMMU_RA | SMMU_WA)) | ((x | y) & SMMU_TR));
}

/* 13.4.2 Stage 1 page attributes */
struct smmu_attr smmu_attr_stage1(const struct smmu_attr *in, const struct smmu_attr *s1)
{
	struct smmu_attr a = *s1;

	if (a.sh == IOM_SH_RESERVED)
		a.sh = IOM_SH_NON;
	if (!a.device) {
		if (!in->device && in->inner != SMMU_NC)
			a.inner_hints = combine_hints(in->inner_hints, a.inner_hints);
		if (!in->device && in->outer != SMMU_NC)
			a.outer_hints = combine_hints(in->outer_hints, a.outer_hints);
	}
	/* Not normalised: what enters stage 2 is the shareability of the descriptor. */
	return a;
}

static unsigned combine_sh(unsigned x, unsigned y)
{
	if (y == IOM_SH_RESERVED)
		y = IOM_SH_NON;
	if (x == IOM_SH_OUTER || y == IOM_SH_OUTER)
		return IOM_SH_OUTER;
	return x == IOM_SH_INNER || y == IOM_SH_INNER ? IOM_SH_INNER : IOM_SH_NON;
}

/* D8.6.6 Stage 2 memory types with forced write-back */
static struct smmu_attr forced(const struct smmu_attr *in, unsigned memattr, bool mteperm)
{
	struct smmu_attr a = *in;

	if (mteperm && memattr >= 14)
		memattr -= 8;
	else
		memattr &= 7;
	if (memattr < 4) {
		struct smmu_attr d = device(memattr);

		if (in->device)
			d.kind = MIN(d.kind, in->kind);
		return d;
	}
	if (memattr == 6) {
		if (in->device || in->inner == SMMU_NC)
			a.inner_hints = SMMU_RA | SMMU_WA;
		if (in->device || in->outer == SMMU_NC)
			a.outer_hints = SMMU_RA | SMMU_WA;
		a.device = 0;
		a.kind = 0;
		a.inner = a.outer = SMMU_WB;
		return a;
	}
	if (memattr == 7 || in->device)
		return a;
	a.inner = a.outer = SMMU_NC;
	return a;
}

struct smmu_attr smmu_attr_stage2(const struct smmu_attr *in, unsigned memattr, unsigned sh,
				  bool fwb, bool mteperm)
{
	struct smmu_attr a;

	if (fwb) {
		a = forced(in, memattr, mteperm);
	} else {
		struct smmu_attr s2 = smmu_attr_memattr(memattr, mteperm);

		a = *in;
		if (in->device || s2.device) {
			a = device(in->device && s2.device ? MIN(in->kind, s2.kind)
				   : in->device            ? in->kind
							   : s2.kind);
		} else {
			a.inner = MIN(a.inner, s2.inner);
			a.outer = MIN(a.outer, s2.outer);
		}
	}
	a.sh = (uint8_t)combine_sh(in->sh, sh);
	smmu_attr_normalise(&a);
	return a;
}

static unsigned half_byte(unsigned cache, unsigned hints)
{
	unsigned rw = (hints & SMMU_RA ? 2u : 0) | (hints & SMMU_WA ? 1u : 0);

	if (cache == SMMU_NC)
		return 4;
	if (hints & SMMU_TR)
		return (cache == SMMU_WB ? 4u : 0u) | rw;
	return (cache == SMMU_WB ? 12u : 8u) | rw;
}

uint8_t smmu_attr_byte(const struct smmu_attr *a)
{
	if (a->device)
		return (uint8_t)(a->kind << 2);
	return (uint8_t)(half_byte(a->outer, a->outer_hints) << 4 |
			 half_byte(a->inner, a->inner_hints));
}

void smmu_attr_result(const struct smmu_attr *attr, bool no_snoop, iom_result *result)
{
	struct smmu_attr a = *attr;

	/* 13.6.1.1 No_snoop: applied last, never to Device. */
	if (no_snoop && cacheable(&a))
		a = normal(SMMU_NC, SMMU_NC, 0, IOM_SH_OUTER);
	result->memtype = smmu_attr_byte(&a);
	result->shareability = a.sh;
	result->hints = a.inner != SMMU_NC ? a.inner_hints : a.outer_hints;
}

bool smmu_memattr_device(unsigned memattr, bool fwb, bool mteperm)
{
	if (fwb)
		return (memattr & 7) < 4 && !(mteperm && memattr >= 14);
	return smmu_attr_memattr(memattr, mteperm).device;
}
