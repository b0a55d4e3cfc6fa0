/* SPDX-License-Identifier: MIT */
/* TLB invalidation commands (4.4 TLB invalidation). */
#include "smmu/cmdq.h"

enum scope { NONE, ALL, ASID, VA, VAA, VMALL, IPA, EVERYTHING };

#define FIRST_OPCODE 0x10
#define LAST_OPCODE 0x60

/* What each opcode reaches: regime of which state, by what. */
static const struct tlbi {
	uint8_t scope;
	uint8_t world; /* SMMU_EL2: EL2 or EL2-E2H by CR2.E2H */
	bool own_state; /* the state of the queue; else Non-secure from the Secure queue */
} table[LAST_OPCODE - FIRST_OPCODE + 1] = {
#define T(OPCODE) [(OPCODE)-FIRST_OPCODE]
	T(0x10) = { ALL, SMMU_EL1, true },         T(0x11) = { ASID, SMMU_EL1, true },
	T(0x12) = { VA, SMMU_EL1, true },          T(0x13) = { VAA, SMMU_EL1, true },
	T(0x18) = { ALL, SMMU_EL3, true },         T(0x1a) = { VA, SMMU_EL3, true },
	T(0x20) = { ALL, SMMU_EL2, false },        T(0x21) = { ASID, SMMU_EL2, false },
	T(0x22) = { VA, SMMU_EL2, false },         T(0x23) = { VAA, SMMU_EL2, false },
	T(0x28) = { VMALL, SMMU_EL1, false },      T(0x2a) = { IPA, SMMU_EL1, false },
	T(0x30) = { EVERYTHING, SMMU_EL1, false }, T(0x50) = { ALL, SMMU_EL2, true },
	T(0x51) = { ASID, SMMU_EL2, true },        T(0x52) = { VA, SMMU_EL2, true },
	T(0x53) = { VAA, SMMU_EL2, true },         T(0x58) = { VMALL, SMMU_EL1, true },
	T(0x5a) = { IPA, SMMU_EL1, true },         T(0x60) = { EVERYTHING, SMMU_EL1, true },
#undef T
};

static inline bool by_address(const struct tlbi *t)
{
	return t->scope == VA || t->scope == VAA || t->scope == IPA;
}

struct operands {
	uint64_t first, last;
	uint8_t granule_lg2;
	bool leaf;
	uint32_t asid;
	unsigned vmid, wild_lg2;
	bool has_vmid;
	bool out_of_range;
};

/* 4.4.1.1: a range of nothing but a level-less granule is not a command. */
bool smmu_cmd_range_legal(const smmu *s, const uint64_t *w)
{
	unsigned tg = (unsigned)smmu_cmd_TLBI_NH_VA_get_TG(w);
	unsigned ttl = (unsigned)smmu_cmd_TLBI_NH_VA_get_TTL(w);
	unsigned scale = (unsigned)(s->ids.ds ? smmu_cmd_TLBI_NH_VA_get_SCALE(w)
					      : smmu_cmd_TLBI_NH_VA_get_SCALE(w) & 31);

	if (!s->ids.ril || !tg || scale || smmu_cmd_TLBI_NH_VA_get_NUM(w))
		return true;
	return ttl != 0 && !(tg == 2 && ttl == 1 && !s->ids.ds);
}

static inline void decode_range(const struct smmu_cmd *cmd, bool ipa, struct operands *o)
{
	static const uint8_t granules[4] = { 12, 12, 14, 16 };
	const smmu *s = cmd->s;
	const uint64_t *w = cmd->w;
	uint64_t first = smmu_cmd_TLBI_NH_VA_get_Addr(w), bytes = 4096;

	if (ipa)
		first &= iom_mask(56);
	else
		first = smmu_cmd_va(first);
	o->leaf = smmu_cmd_TLBI_NH_VA_get_Leaf(w);
	if (!smmu_cmd_is_page(s, w)) {
		unsigned tg = (unsigned)smmu_cmd_TLBI_NH_VA_get_TG(w);
		unsigned scale = (unsigned)smmu_cmd_TLBI_NH_VA_get_SCALE(w);

		scale = s->ids.ds ? MIN(scale, 39u) : scale & 31;
		o->granule_lg2 = granules[tg];
		bytes = (smmu_cmd_TLBI_NH_VA_get_NUM(w) + 1) << (scale + granules[tg]);
	}
	o->first = first;
	o->last = first + bytes - 1;
	if (o->last < first) /* ranges do not wrap */
		o->last = UINT64_MAX;
}

static __attribute__((noinline)) void notify(const struct smmu_cmd *cmd, const struct tlbi *t,
					     unsigned space, const struct operands *o)
{
	const iom_bus *bus = &cmd->s->iommu.bus;
	iom_invalidation inv = { .kind = t->scope == EVERYTHING ? IOM_INV_ALL : IOM_INV_TLB,
				 .stage = t->scope == IPA                               ? 2
					  : t->scope == VMALL || t->scope == EVERYTHING ? 0
											: 1,
				 .leaf = o->leaf,
				 .granule_lg2 = o->granule_lg2,
				 .space = (uint8_t)space,
				 .global = t->scope != ASID,
				 .requester = IOM_INV_ANY,
				 .pasid = IOM_NO_PASID,
				 .asid = o->asid,
				 .vmid = o->has_vmid ? o->vmid : IOM_INV_ANY };

	if (by_address(t)) {
		inv.address = o->first;
		inv.length = o->last - o->first + 1;
	}
	bus->invalidated(bus->opaque, &inv);
}

static inline void apply(smmu *s, const struct tlbi *t, unsigned space, enum smmu_world world,
			 unsigned vmid, const struct operands *o)
{
	switch (t->scope) {
	case ALL:
		if (world == SMMU_EL1)
			smmu_invalidate_vmid(s, space, vmid, false);
		else
			smmu_invalidate_regime(s, space, world);
		break;
	case ASID:
		/* EL2 without E2H has no ASIDs; 0x21 means EL2-E2H. */
		smmu_invalidate_asid(s, space, world == SMMU_EL2 ? SMMU_EL2_E2H : world, vmid,
				     o->asid);
		break;
	case VA:
		smmu_invalidate_va(s, space, world, vmid,
				   world == SMMU_EL2 || world == SMMU_EL3 ? 0 : o->asid, o->first,
				   o->last, o->leaf);
		break;
	case VAA:
		smmu_invalidate_va(s, space, world, vmid, SMMU_ANY_ASID, o->first, o->last,
				   o->leaf);
		break;
	case VMALL:
		smmu_invalidate_vmid(s, space, vmid, true);
		break;
	case IPA:
		smmu_invalidate_ipa(s, space, vmid, o->first, o->last, o->leaf);
		break;
	default:
		smmu_invalidate_regime(s, space, SMMU_EL1);
		break;
	}
}

/* VMID, ASID and the wildcard (3.17.6 VMID wildcards). */
static inline void decode_ids(const struct smmu_cmd *cmd, const struct tlbi *t,
			      enum smmu_world world, unsigned space, struct operands *o)
{
	const smmu *s = cmd->s;
	bool tagged = space == IOM_SPACE_SECURE ? s->ids.sel2 : s->ids.s2p;
	uint64_t cr0 = smmu_reg(s, space, SMMU_R_CR0);

	o->asid = IOM_INV_ANY;
	/* EL3, and EL2 without E2H, have no ASIDs: the field is ignored (4.4.2, 4.4.4). */
	if (t->scope == ASID || (t->scope == VA && world != SMMU_EL3 && world != SMMU_EL2)) {
		o->asid = (uint32_t)smmu_cmd_TLBI_NH_ASID_get_ASID(cmd->w);
		o->out_of_range = !s->ids.asid16 && o->asid >> 8;
	}
	if (t->world != SMMU_EL1 || t->scope == EVERYTHING)
		return;
	o->has_vmid = true;
	if (!tagged)
		return;
	o->vmid = (unsigned)smmu_cmd_TLBI_NH_ASID_get_VMID(cmd->w);
	if (!s->ids.vmid16 && o->vmid >> 8)
		o->out_of_range = true;
	if (s->ids.vmw) {
		o->wild_lg2 = (unsigned)smmu_CR0_get_VMW(&cr0);
		if (o->wild_lg2 > 4)
			o->wild_lg2 = 0;
	}
}

static void remember(const struct smmu_cmd *cmd, const struct tlbi *t, unsigned space,
		     enum smmu_world world, const struct operands *o)
{
	smmu *s = cmd->s;
	uint64_t vmid = o->vmid;

	switch (t->scope) {
	case VA:
		smmu_remember_va(s, cmd, space, world, o->vmid,
				 world == SMMU_EL2 || world == SMMU_EL3 ? 0 : o->asid);
		break;
	case ASID:
		world = world == SMMU_EL2 ? SMMU_EL2_E2H : world;
		smmu_remember_tags(s, cmd,
				   SMMU_TAG(SMMU_TAG_ASID, space, world, vmid << 16 | o->asid), 0);
		break;
	case VMALL:
		/* Stage 2 first, as in smmu_invalidate_vmid(). */
		smmu_remember_tags(s, cmd, SMMU_TAG(SMMU_TAG_STAGE2, space, 0, vmid),
				   SMMU_TAG(SMMU_TAG_VMID, space, SMMU_EL1, vmid));
		break;
	case ALL:
		smmu_remember_tags(s, cmd,
				   world == SMMU_EL1
					   ? SMMU_TAG(SMMU_TAG_VMID, space, SMMU_EL1, vmid)
					   : SMMU_TAG(SMMU_TAG_REGIME, space, smmu_regime(world),
						      0),
				   0);
		break;
	case EVERYTHING:
		smmu_remember_tags(s, cmd, SMMU_TAG(SMMU_TAG_REGIME, space, SMMU_EL1, 0), 0);
		break;
	default:
		break;
	}
}

enum smmu_done smmu_cmd_tlbi(const struct smmu_cmd *cmd)
{
	const struct tlbi *t = &table[(cmd->w[0] & 0xff) - FIRST_OPCODE];
	struct operands o = { 0 };
	enum smmu_world world = (enum smmu_world)t->world;
	unsigned space =
		t->own_state || cmd->space != IOM_SPACE_SECURE ? cmd->space : IOM_SPACE_NONSECURE;

	if (world == SMMU_EL2 && (smmu_reg(cmd->s, space, SMMU_R_CR2) & SMMU_CR2_E2H))
		world = SMMU_EL2_E2H;
	decode_ids(cmd, t, world, space, &o);
	if (by_address(t))
		decode_range(cmd, t->scope == IPA, &o);
	/* 4.1.7: parameters out of range have no effect. */
	if (o.out_of_range)
		return SMMU_DONE;
	for (unsigned n = 0; n < 1u << o.wild_lg2; n++)
		apply(cmd->s, t, space, world, (o.vmid & ~(unsigned)iom_mask(o.wild_lg2)) | n, &o);
	if (cmd->s->iommu.bus.invalidated)
		notify(cmd, t, space, &o);
	else if (!o.wild_lg2)
		remember(cmd, t, space, world, &o);
	return SMMU_DONE;
}
