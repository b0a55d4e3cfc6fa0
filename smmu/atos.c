/* SPDX-License-Identifier: MIT */
/* Address translation operations through registers (9 Address Translation Operations). */
#include <string.h>

#include "smmu/walk.h"

enum { TYPE_S1 = 1, TYPE_S2 = 2, TYPE_NESTED = 3 };
enum { INV_REQ = 0xff, INV_STAGE = 0xfe, INTERNAL_ERR = 0xfd };

static uint64_t par_fault(unsigned code, unsigned reason, uint64_t faddr)
{
	uint64_t par = 0;

	smmu_GATOS_PAR_set_FADDR(&par, faddr);
	smmu_GATOS_PAR_set_FAULTCODE(&par, code);
	smmu_GATOS_PAR_set_REASON(&par, reason);
	smmu_GATOS_PAR_set_FAULT(&par, 1);
	return par;
}

static uint64_t par_success(const smmu *s, const struct smmu_tx *tx, const struct smmu_out *out)
{
	struct smmu_attr attr = smmu_final_attr(s, &tx->attr, out);
	uint64_t par = 0, address = out->address & ~iom_mask(out->page_lg2);
	iom_result type;

	memset(&type, 0, sizeof(type));
	smmu_attr_result(&attr, false, &type);
	/* 6.3.40: the size of a larger translation is coded by the lowest 1. */
	if (out->page_lg2 > 12) {
		address |= UINT64_C(1) << (out->page_lg2 - 1);
		smmu_GATOS_PAR_set_Size(&par, 1);
	}
	smmu_GATOS_PAR_set_ADDR(&par, address);
	smmu_GATOS_PAR_set_ATTR(&par, type.memtype);
	smmu_GATOS_PAR_set_SH(&par, type.shareability);
	if (tx->space == IOM_SPACE_SECURE && out->space == IOM_SPACE_NONSECURE)
		par |= UINT64_C(1) << 10;
	return par;
}

static uint64_t fault_of(const smmu *s, const struct smmu_fault *f, unsigned type)
{
	unsigned reason = !f->s2                      ? 0
			  : f->class == SMMU_CLASS_CD ? 1
			  : f->class == SMMU_CLASS_TT ? 2
						      : 3;
	uint64_t par =
		par_fault(f->event, reason,
			  f->s2 && type == TYPE_NESTED ? f->ipa & iom_mask(s->ids.oas_bits) : 0);

	if (f->s2 && f->ns_ipa)
		par |= 8;
	return par;
}

/* Which stages the stream has, and which were asked for: adjust or refuse. */
static bool stages(struct smmu_context *c, unsigned type)
{
	bool s1 = c->mode == SMMU_MODE_S1 || c->mode == SMMU_MODE_NESTED;
	bool s2 = c->mode == SMMU_MODE_S2 || c->mode == SMMU_MODE_NESTED;

	switch (type) {
	case TYPE_S1:
		if (!s1)
			return false;
		return true;
	case TYPE_S2:
		if (!s2)
			return false;
		c->mode = SMMU_MODE_S2;
		return true;
	default:
		return s1 && s2;
	}
}

/* A stage 1 request of a nested stream: the answer is the IPA. */
static bool stage1_only(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
			struct smmu_out *out, struct smmu_fault *f)
{
	struct smmu_s1_out s1;

	memset(out, 0, sizeof(*out));
	if (!smmu_s1_translate(s, tx, c, &s1, f))
		return false;
	out->has_s1 = true;
	out->address = s1.oa;
	out->page_lg2 = s1.page_lg2;
	out->mair = s1.mair;
	out->s1_sh = s1.sh;
	out->space = s1.ns ? IOM_SPACE_NONSECURE : c->space;
	return true;
}

static uint64_t operate(smmu *s, unsigned interface, bool vatos, uint64_t sid, uint64_t addr)
{
	unsigned type = (unsigned)smmu_GATOS_ADDR_get_TYPE(&addr);
	bool secure = interface == IOM_SPACE_SECURE && (vatos || (sid >> 53 & 1));
	uint64_t vmid = smmu_reg(s, interface, SMMU_R_VATOS_SEL);
	struct smmu_fault f = { 0 };
	struct smmu_context c;
	struct smmu_tx tx;
	struct smmu_out out;
	bool done;

	if (type == 0 || (vatos && type != TYPE_S1))
		return par_fault(INV_REQ, 0, 0);
	memset(&tx, 0, sizeof(tx));
	tx.origin = SMMU_ATOS;
	tx.locked = true;
	tx.space = secure ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE;
	if (!smmu_enabled(s, tx.space))
		return par_fault(INV_REQ, 0, 0);
	tx.address = smmu_GATOS_ADDR_get_ADDR(&addr);
	tx.sid = (uint32_t)smmu_GATOS_SID_get_STREAMID(&sid);
	tx.ssv = smmu_GATOS_SID_get_SSID_VALID(&sid);
	tx.ssid = tx.ssv ? (uint32_t)smmu_GATOS_SID_get_SUBSTREAMID(&sid) : 0;
	tx.read = smmu_GATOS_ADDR_get_RnW(&addr);
	tx.privileged = smmu_GATOS_ADDR_get_PnU(&addr);
	tx.instruction = tx.read && smmu_GATOS_ADDR_get_InD(&addr);
	tx.need = tx.read ? (tx.instruction ? IOM_EXECUTE : IOM_READ) : IOM_WRITE;
	tx.passive = smmu_GATOS_ADDR_get_HTTUI(&addr);
	tx.input_ns = secure && (addr >> 4 & 1);
	tx.attr = smmu_attr_default();
	smmu_tx_start(s, &tx);
	memset(&c, 0, sizeof(c));
	if (!smmu_context_get(s, &tx, &c, &f))
		return fault_of(s, &f, type);
	/* 9.1.6: VATOS shows one VMID, and of it only EL1. */
	if (vatos && (c.vmid != vmid || c.world != SMMU_EL1))
		return par_fault(INV_REQ, 0, 0);
	if (!stages(&c, type))
		return par_fault(INV_STAGE, 0, 0);
	if (type == TYPE_S1)
		done = stage1_only(s, &tx, &c, &out, &f);
	else
		done = smmu_walk(s, &tx, &c, &out, &f);
	return done ? par_success(s, &tx, &out) : fault_of(s, &f, type);
}

/* RUN was set: the operation is over before the write returns. Lock held. */
void smmu_atos_run(smmu *s, unsigned space, bool vatos)
{
	uint64_t sid = smmu_reg(s, space, vatos ? SMMU_R_VATOS_SID : SMMU_R_GATOS_SID);
	uint64_t addr = smmu_reg(s, space, vatos ? SMMU_R_VATOS_ADDR : SMMU_R_GATOS_ADDR);

	/* 6.3.37: without SMMUEN nothing starts. */
	if (!smmu_enabled(s, space))
		return;
	smmu_reg_set(s, space, vatos ? SMMU_R_VATOS_PAR : SMMU_R_GATOS_PAR,
		     operate(s, space, vatos, sid, addr));
}
