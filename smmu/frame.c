/* SPDX-License-Identifier: MIT */
/*
 * The rest of the register frame: where its pages are, identification registers
 * and the command queue control pages (6.2.5, 3.5.6 Enhanced command queues).
 */
#include <string.h>

#include "smmu/layouts/regs.h"
#include "smmu/pmcg.h"
#include "smmu/regs.h"

#define PAGE UINT64_C(0x10000)

static bool has_ecmdq(const smmu *s, unsigned space)
{
	return space == IOM_SPACE_NONSECURE ? s->ids.ecmdq
	       : space == IOM_SPACE_SECURE  ? s->ids.ecmdq && s->ids.s_ecmdq
					    : s->ids.ecmdq && s->ids.r_ecmdq;
}

/* Pages follow each other in this order: VATOS, S_VATOS, control pages, Realm, Root, PMCG. */
void smmu_frame_init(smmu *s)
{
	uint64_t end = 2 * PAGE, idr2 = s->config.idr[2], s_idr2;

	if (s->ids.vatos) {
		s->vatos_base = 2 * PAGE + smmu_IDR2_get_BA_VATOS(&idr2) * PAGE;
		end = MAX(end, s->vatos_base + PAGE);
	}
	if (s->ids.vatos && s->ids.secure && s->ids.sel2) {
		s_idr2 = s->config.s_idr[2];
		s->s_vatos_base = 2 * PAGE + smmu_IDR2_get_BA_VATOS(&s_idr2) * PAGE;
		if (s->s_vatos_base == s->vatos_base) {
			/* Two pages cannot share a place; the Secure one moves. */
			s_idr2 = (idr2 + 1) & 0x3ff;
			s->config.s_idr[2] = (uint32_t)s_idr2;
			s->s_vatos_base = 2 * PAGE + s_idr2 * PAGE;
		}
		end = MAX(end, s->s_vatos_base + PAGE);
	}
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		struct smmu_interface *pi = &s->pi[space];

		if (!has_ecmdq(s, space) || !smmu_has_space(s, space))
			continue;
		s->ecmdq_base[space] = end;
		pi->n_ecmdq = 1u << (s->ids.ecmdq_pages_lg2 + s->ids.ecmdq_queues_lg2);
		pi->ecmdq = g_new0(struct smmu_ecmdq, pi->n_ecmdq);
		end += PAGE << s->ids.ecmdq_pages_lg2;
	}
	if (s->ids.realm) {
		/* BA_REALM is even. */
		end = (end + 2 * PAGE - 1) & ~(2 * PAGE - 1);
		s->realm_base = end;
		end += 2 * PAGE;
	}
	if (s->ids.rme) {
		s->root_base = end;
		end += PAGE;
	}
	s->n_pmcg = s->config.pmcg_groups;
	if (s->n_pmcg) {
		s->pmcg = g_new0(struct smmu_pmcg, s->n_pmcg);
		s->pmcg_base = end;
		end += (uint64_t)s->n_pmcg * PAGE;
	}
	s->mmio_size = end;
}

/* Component identification: that of an Arm system IP block. */
static uint32_t identification(uint64_t offset)
{
	static const uint8_t cidr[4] = { 0x0d, 0xf0, 0x05, 0xb1 };

	if (offset >= 0xff0)
		return cidr[(offset - 0xff0) / 4];
	return 0;
}

/* 6.3.49: SMMU_CMDQ_CONTROL_PAGE_BASEn, CFGn, STATUSn */
static uint64_t control_page(const smmu *s, unsigned space, uint64_t offset)
{
	uint64_t n = offset / 32, value = 0;

	if (!s->pi[space].n_ecmdq || n >> s->ids.ecmdq_pages_lg2)
		return 0;
	switch (offset & 31) {
	case 0:
	case 4:
		smmu_CMDQ_CONTROL_PAGE_BASEn_set_ADDR(&value, s->ecmdq_base[space] + n * PAGE);
		smmu_CMDQ_CONTROL_PAGE_BASEn_set_CMDQGS(&value, 1);
		smmu_CMDQ_CONTROL_PAGE_BASEn_set_CMDQ_CONTROL_PAGE_PRESET(&value, 1);
		return value;
	case 8:
	case 12:
		return 1;
	default:
		return 0;
	}
}

struct place {
	unsigned space;
	unsigned queue;
	unsigned reg; /* offset in the queue's registers */
};

static bool find_ecmdq(const smmu *s, uint64_t offset, struct place *p)
{
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		uint64_t base = s->ecmdq_base[space], in, stride;
		unsigned queues_lg2 = s->ids.ecmdq_queues_lg2;

		if (!s->pi[space].n_ecmdq || offset < base ||
		    offset >= base + (PAGE << s->ids.ecmdq_pages_lg2))
			continue;
		/* 6.2.5: the queues of a page are spread evenly. */
		stride = PAGE >> queues_lg2;
		in = offset - base;
		p->space = space;
		p->queue = (unsigned)((in / PAGE << queues_lg2) + in % PAGE / stride);
		p->reg = (unsigned)(in % stride);
		return p->reg < 16;
	}
	return false;
}

static uint64_t read_ecmdq(const smmu *s, const struct place *p, unsigned size)
{
	const struct smmu_ecmdq *e = &s->pi[p->space].ecmdq[p->queue];

	switch (p->reg) {
	case 0:
		return size == 8 ? e->base : e->base & UINT32_MAX;
	case 4:
		return e->base >> 32;
	case 8:
		return size == 4 ? e->prod : 0;
	default:
		return size == 4 ? e->cons : 0;
	}
}

static void write_ecmdq(smmu *s, const struct place *p, unsigned size, uint64_t value)
{
	struct smmu_ecmdq *e = &s->pi[p->space].ecmdq[p->queue];
	const uint64_t base_mask = UINT64_C(1) << 62 | iom_mask(56);
	bool enabled = smmu_ECMDQ_PRODn_get_EN(&e->prod) || smmu_ECMDQ_CONSn_get_ENACK(&e->cons);

	switch (p->reg) {
	case 0:
		if (!enabled)
			e->base = (size == 8 ? value
					     : (e->base & ~(uint64_t)UINT32_MAX) |
						       (value & UINT32_MAX)) &
				  base_mask;
		return;
	case 4:
		if (!enabled && size == 4)
			e->base = ((e->base & UINT32_MAX) | value << 32) & base_mask;
		return;
	case 8:
		if (size != 4)
			return;
		e->prod = value & 0x808fffff;
		if (!enabled)
			e->flight = 0; /* another command may be the next */
		smmu_ECMDQ_CONSn_set_ENACK(&e->cons, value >> 31 & 1);
		smmu_ecmdq_run(s, p->space, p->queue);
		return;
	default:
		if (size == 4 && !enabled)
			e->cons = value & 0x078fffff;
		return;
	}
}

static bool may_access(unsigned interface, iom_space space)
{
	return interface == IOM_SPACE_NONSECURE || space == IOM_SPACE_ROOT ||
	       (unsigned)space == interface;
}

/* Control page registers are at 0x4000 of the interface's page 0. */
static bool control_page_offset(const smmu *s, uint64_t offset, unsigned *interface, uint64_t *in)
{
	*interface = IOM_SPACE_NONSECURE;
	*in = offset;
	if (s->realm_base && offset >= s->realm_base) {
		*interface = IOM_SPACE_REALM;
		*in = offset - s->realm_base;
	} else if (offset >= 0x8000 && offset < PAGE) {
		*interface = IOM_SPACE_SECURE;
		*in = offset - 0x8000;
	}
	if (*in < 0x4000 || *in >= 0x6000)
		return false;
	*in -= 0x4000;
	return true;
}

static bool in_root(const smmu *s, uint64_t offset)
{
	return s->root_base && offset >= s->root_base && offset < s->root_base + PAGE;
}

uint64_t smmu_other_read(smmu *s, uint64_t offset, unsigned size, iom_space space)
{
	unsigned interface;
	uint64_t in, value;
	struct place p;

	if (offset & (size - 1))
		return 0;
	if (offset >= 0xfd0 && offset < 0x1000)
		return size == 4 ? identification(offset) : 0;
	if (find_ecmdq(s, offset, &p))
		return may_access(p.space, space) ? read_ecmdq(s, &p, size) : 0;
	if (in_root(s, offset))
		return space == IOM_SPACE_ROOT ? smmu_root_read(s, offset - s->root_base, size) : 0;
	if (s->pmcg_base && offset >= s->pmcg_base)
		return smmu_pmcg_read(s, offset - s->pmcg_base, size);
	if (control_page_offset(s, offset, &interface, &in)) {
		if (!may_access(interface, space))
			return 0;
		value = control_page(s, interface, in);
		if (size == 8)
			return (in & 31) == 0 ? value : 0;
		return (in & 31) == 4 ? value >> 32 : value & UINT32_MAX;
	}
	return 0;
}

bool smmu_other_write(smmu *s, uint64_t offset, unsigned size, uint64_t value, iom_space space)
{
	struct place p;

	if (offset & (size - 1))
		return false;
	if (find_ecmdq(s, offset, &p)) {
		if (may_access(p.space, space))
			write_ecmdq(s, &p, size, value);
		/* Commands say themselves what they end. */
		return false;
	}
	if (in_root(s, offset)) {
		if (space == IOM_SPACE_ROOT)
			smmu_root_write(s, offset - s->root_base, size, value);
	} else if (s->pmcg_base && offset >= s->pmcg_base) {
		smmu_pmcg_write(s, offset - s->pmcg_base, size, value);
	}
	return true;
}

const iom_layout *smmu_other_layout(const smmu *s, uint64_t offset, const char **name)
{
	static const struct {
		const char *name;
		const iom_layout *layout;
	} ecmdq[4] = { { "SMMU_ECMDQ_BASEn", &smmu_ECMDQ_BASEn_layout },
		       { "SMMU_ECMDQ_BASEn", &smmu_ECMDQ_BASEn_layout },
		       { "SMMU_ECMDQ_PRODn", &smmu_ECMDQ_PRODn_layout },
		       { "SMMU_ECMDQ_CONSn", &smmu_ECMDQ_CONSn_layout } };
	struct place p;

	if (find_ecmdq(s, offset, &p)) {
		*name = ecmdq[p.reg / 4].name;
		return ecmdq[p.reg / 4].layout;
	}
	if (in_root(s, offset))
		return smmu_root_layout(offset - s->root_base, name);
	return NULL;
}
