/* SPDX-License-Identifier: MIT */
/*
 * The register frame (6.2 Register overview): which register is where, what of it
 * exists, when software may write it, and what a write sets off.
 */
#include <string.h>

#include "core/tags.h"
#include "smmu/layouts/regs-realm.h"
#include "smmu/layouts/regs-secure.h"
#include "smmu/pmcg.h"
#include "smmu/regs.h"

#define DOORBELL 0x98 /* CMDQ_PROD */

enum guard {
	G_NONE,
	G_RO,
	G_SMMUEN, /* writable while SMMUEN and its ACK are 0 */
	G_CMDQEN,
	G_EVENTQEN,
	G_PRIQEN,
	G_CR1,
	G_GERROR_IRQ,
	G_EVENTQ_IRQ,
	G_PRIQ_IRQ,
};

enum { NS = 1u << IOM_SPACE_NONSECURE, S_ = 1u << IOM_SPACE_SECURE, R_ = 1u << IOM_SPACE_REALM };

enum { /* reg of rows that hold no state of the interface */
       X_ID = SMMU_N_REGS, /* a word of the configuration */
       X_ZERO,
       X_INIT,
       X_MPAMIDR,
};

struct row {
	const char *name[3];
	uint32_t offset; /* in Non-secure page 0 (and 1), Secure at +0x8000 */
	uint8_t width;
	uint8_t reg;
	uint8_t guard;
	uint8_t interfaces;
	uint16_t id; /* X_ID: offset in iom_smmu_config, by interface see id_word() */
};

#define ROW(N, OFFSET, WIDTH, REG, GUARD, IFACES) \
	{ \
		{ "SMMU_" #N, "SMMU_S_" #N, "SMMU_R_" #N }, OFFSET, WIDTH, REG, GUARD, IFACES, 0 \
	}
#define REG(N, OFFSET, WIDTH, GUARD, IFACES) ROW(N, OFFSET, WIDTH, SMMU_R_##N, GUARD, IFACES)
#define ID(N, OFFSET, INDEX, IFACES) \
	{ \
		{ "SMMU_" #N, "SMMU_S_" #N, "SMMU_R_" #N }, OFFSET, 4, X_ID, G_RO, IFACES, INDEX \
	}

static const struct row rows[] = {
	ID(IDR0, 0x00, 0, NS | S_ | R_),
	ID(IDR1, 0x04, 1, NS | S_ | R_),
	ID(IDR2, 0x08, 2, NS | S_ | R_),
	ID(IDR3, 0x0c, 3, NS | S_ | R_),
	ID(IDR4, 0x10, 4, NS | S_ | R_),
	ID(IDR5, 0x14, 5, NS),
	ID(IIDR, 0x18, 7, NS),
	ID(AIDR, 0x1c, 8, NS | R_),
	REG(CR0, 0x20, 4, G_NONE, NS | S_ | R_),
	REG(CR0ACK, 0x24, 4, G_RO, NS | S_ | R_),
	REG(CR1, 0x28, 4, G_CR1, NS | S_ | R_),
	REG(CR2, 0x2c, 4, G_SMMUEN, NS | S_ | R_),
	REG(S2PII, 0x30, 8, G_NONE, NS | S_ | R_),
	ROW(INIT, 0x3c, 4, X_INIT, G_NONE, S_),
	ROW(STATUSR, 0x40, 4, X_ZERO, G_RO, NS),
	REG(GBPA, 0x44, 4, G_NONE, NS | S_ | R_),
	REG(AGBPA, 0x48, 4, G_NONE, NS | S_ | R_),
	REG(IRQ_CTRL, 0x50, 4, G_NONE, NS | S_ | R_),
	ROW(IRQ_CTRLACK, 0x54, 4, SMMU_R_IRQ_CTRL, G_RO, NS | S_ | R_),
	REG(GERROR, 0x60, 4, G_RO, NS | S_ | R_),
	REG(GERRORN, 0x64, 4, G_NONE, NS | S_ | R_),
	REG(GERROR_IRQ_CFG0, 0x68, 8, G_GERROR_IRQ, NS | S_ | R_),
	REG(GERROR_IRQ_CFG1, 0x70, 4, G_GERROR_IRQ, NS | S_ | R_),
	REG(GERROR_IRQ_CFG2, 0x74, 4, G_GERROR_IRQ, NS | S_ | R_),
	REG(STRTAB_BASE, 0x80, 8, G_SMMUEN, NS | S_ | R_),
	REG(STRTAB_BASE_CFG, 0x88, 4, G_SMMUEN, NS | S_ | R_),
	REG(CMDQ_BASE, 0x90, 8, G_CMDQEN, NS | S_ | R_),
	REG(CMDQ_PROD, DOORBELL, 4, G_NONE, NS | S_ | R_),
	REG(CMDQ_CONS, 0x9c, 4, G_CMDQEN, NS | S_ | R_),
	REG(EVENTQ_BASE, 0xa0, 8, G_EVENTQEN, NS | S_ | R_),
	/* The page-0 images of the page-1 registers are aliases. */
	REG(EVENTQ_PROD, 0xa8, 4, G_EVENTQEN, NS | S_ | R_),
	REG(EVENTQ_CONS, 0xac, 4, G_NONE, NS | S_ | R_),
	REG(EVENTQ_IRQ_CFG0, 0xb0, 8, G_EVENTQ_IRQ, NS | S_ | R_),
	REG(EVENTQ_IRQ_CFG1, 0xb8, 4, G_EVENTQ_IRQ, NS | S_ | R_),
	REG(EVENTQ_IRQ_CFG2, 0xbc, 4, G_EVENTQ_IRQ, NS | S_ | R_),
	REG(PRIQ_BASE, 0xc0, 8, G_PRIQEN, NS | R_),
	REG(PRIQ_PROD, 0xc8, 4, G_PRIQEN, NS | R_),
	REG(PRIQ_CONS, 0xcc, 4, G_NONE, NS | R_),
	REG(PRIQ_IRQ_CFG0, 0xd0, 8, G_PRIQ_IRQ, NS | R_),
	REG(PRIQ_IRQ_CFG1, 0xd8, 4, G_PRIQ_IRQ, NS | R_),
	REG(PRIQ_IRQ_CFG2, 0xdc, 4, G_PRIQ_IRQ, NS | R_),
	REG(GATOS_CTRL, 0x100, 4, G_NONE, NS | S_),
	REG(GATOS_SID, 0x108, 8, G_NONE, NS | S_),
	REG(GATOS_ADDR, 0x110, 8, G_NONE, NS | S_),
	REG(GATOS_PAR, 0x118, 8, G_RO, NS | S_),
	ROW(MPAMIDR, 0x130, 4, X_MPAMIDR, G_RO, NS | S_ | R_),
	REG(GMPAM, 0x138, 4, G_NONE, NS | S_ | R_),
	REG(GBPMPAM, 0x13c, 4, G_NONE, NS | S_),
	REG(VATOS_SEL, 0x180, 4, G_NONE, NS | S_),
	ID(IDR6, 0x190, 6, NS | S_ | R_),
	REG(EVENTQ_PROD, 0x100a8, 4, G_EVENTQEN, NS | R_),
	REG(EVENTQ_CONS, 0x100ac, 4, G_NONE, NS | R_),
	REG(PRIQ_PROD, 0x100c8, 4, G_PRIQEN, NS | R_),
	REG(PRIQ_CONS, 0x100cc, 4, G_NONE, NS | R_),
};

static const struct row vatos_rows[] = {
	REG(VATOS_CTRL, 0xa00, 4, G_NONE, NS | S_),
	REG(VATOS_SID, 0xa08, 8, G_NONE, NS | S_),
	REG(VATOS_ADDR, 0xa10, 8, G_NONE, NS | S_),
	REG(VATOS_PAR, 0xa18, 8, G_RO, NS | S_),
};

/* ------------------------------------------------------------------------
 * Reading
 */
static uint32_t id_word(const smmu *s, unsigned space, unsigned index)
{
	const iom_smmu_config *c = &s->config;

	if (index == 7)
		return c->iidr;
	if (index == 8)
		return space == IOM_SPACE_REALM ? 0 : c->aidr;
	if (space == IOM_SPACE_SECURE) {
		if (index == 6)
			return s->ids.s_ecmdq ? c->idr[6] : 0;
		return index < 5 ? c->s_idr[index] : 0;
	}
	if (space == IOM_SPACE_REALM) {
		if (index == 6)
			return s->ids.r_ecmdq ? c->idr[6] : 0;
		return index < 5 ? c->r_idr[index] : 0;
	}
	if (index == 0)
		return (c->idr[0] & ~(3u << 24)) | smmu_stall_model(s, space) << 24;
	if (index == 6 && !s->ids.ecmdq)
		return 0;
	return c->idr[index];
}

static uint64_t read_row(const smmu *s, unsigned space, const struct row *r)
{
	const struct smmu_interface *pi = &s->pi[space];
	uint64_t value, base;

	switch (r->reg) {
	case X_ID:
		return id_word(s, space, r->id);
	case X_ZERO:
	case X_INIT:
		return 0;
	case X_MPAMIDR:
		return s->ids.mpam ? s->config.mpamidr : 0;
	case SMMU_R_CMDQ_CONS:
	case SMMU_R_EVENTQ_PROD:
	case SMMU_R_PRIQ_PROD: {
		/* Bits of the index above the size of the queue read 0. */
		unsigned max = r->reg == SMMU_R_CMDQ_CONS     ? s->ids.cmdqs
			       : r->reg == SMMU_R_EVENTQ_PROD ? s->ids.eventqs
							      : s->ids.priqs;
		enum smmu_reg b = r->reg == SMMU_R_CMDQ_CONS     ? SMMU_R_CMDQ_BASE
				  : r->reg == SMMU_R_EVENTQ_PROD ? SMMU_R_EVENTQ_BASE
								 : SMMU_R_PRIQ_BASE;
		unsigned size_lg2;

		value = pi->reg[r->reg];
		base = pi->reg[b];
		size_lg2 = MIN((unsigned)smmu_CMDQ_BASE_get_LOG2SIZE(&base), max);
		return value & (~UINT64_C(0xfffff) | iom_mask(size_lg2 + 1));
	}
	default:
		return pi->reg[r->reg];
	}
}

/* ------------------------------------------------------------------------
 * Writing
 */
static bool writable(const smmu *s, unsigned space, enum guard guard)
{
	const uint64_t *reg = s->pi[space].reg;
	uint64_t cr0 = reg[SMMU_R_CR0] | reg[SMMU_R_CR0ACK];

	switch (guard) {
	case G_RO:
		return false;
	case G_SMMUEN:
		return !(cr0 & SMMU_CR0_SMMUEN);
	case G_CMDQEN:
		return !(cr0 & SMMU_CR0_CMDQEN);
	case G_EVENTQEN:
		return !(cr0 & SMMU_CR0_EVENTQEN);
	case G_PRIQEN:
		return !(cr0 & SMMU_CR0_PRIQEN);
	case G_GERROR_IRQ:
		return !(reg[SMMU_R_IRQ_CTRL] & SMMU_IRQ_GERROR);
	case G_EVENTQ_IRQ:
		return !(reg[SMMU_R_IRQ_CTRL] & SMMU_IRQ_EVENTQ);
	case G_PRIQ_IRQ:
		return !(reg[SMMU_R_IRQ_CTRL] & SMMU_IRQ_PRIQ);
	default:
		return true;
	}
}

static bool any_ecmdq(const smmu *s, unsigned space)
{
	for (unsigned i = 0; i < s->pi[space].n_ecmdq; i++) {
		if (s->pi[space].ecmdq[i].prod >> 31 & 1)
			return true;
	}
	return false;
}

/* 6.3.11: TABLE_* and QUEUE_* have their own guards. */
static void write_cr1(smmu *s, unsigned space, uint64_t value)
{
	uint64_t cr0 = smmu_reg(s, space, SMMU_R_CR0), m = 0;

	if (!(cr0 & SMMU_CR0_SMMUEN))
		m |= 0xfc0;
	if (!(cr0 & (SMMU_CR0_CMDQEN | SMMU_CR0_EVENTQEN | SMMU_CR0_PRIQEN)) &&
	    !any_ecmdq(s, space))
		m |= 0x3f;
	smmu_reg_set(s, space, SMMU_R_CR1, (smmu_reg(s, space, SMMU_R_CR1) & ~m) | (value & m));
}

/*
 * 6.3.9: updates complete at once, but for SMMUEN being cleared, which completes
 * when every transaction has ended that the SMMU may have translated before.
 */
static void write_cr0(smmu *s, unsigned space, uint64_t value)
{
	uint64_t old = smmu_reg(s, space, SMMU_R_CR0), ack = value;
	uint64_t *disabling = &s->pi[space].disabling;

	if (space == IOM_SPACE_REALM && s->ids.r_ats)
		ack = value |= SMMU_CR0_ATSCHK;
	smmu_reg_set(s, space, SMMU_R_CR0, value);
	if (value & SMMU_CR0_SMMUEN) {
		*disabling = 0;
	} else if (old & SMMU_CR0_SMMUEN || *disabling) {
		iom_tags_outdate(s->tags);
		if (!iom_flight_landed(&s->iommu, disabling))
			ack |= SMMU_CR0_SMMUEN;
	}
	smmu_reg_set(s, space, SMMU_R_CR0ACK, ack);
	smmu_forget_reaches(s); /* VMW */
	if (old & ~value & SMMU_CR0_SMMUEN)
		smmu_stall_terminate(s, space, true, 0);
	if (~old & value & SMMU_CR0_EVENTQEN)
		smmu_stall_retry(s, space);
	if (~old & value & SMMU_CR0_CMDQEN) {
		s->pi[space].flight = 0; /* another command may be the next */
		smmu_cmdq_run(s, space);
	}
}

/*
 * 6.3.20: software acknowledges an active error. Toggling the bit of an inactive
 * one is CONSTRAINED UNPREDICTABLE: the value is kept, and GERROR follows, so that
 * no error appears.
 */
static void write_gerrorn(smmu *s, unsigned space, uint64_t value)
{
	uint64_t n = smmu_reg(s, space, SMMU_R_GERRORN), e = smmu_reg(s, space, SMMU_R_GERROR);
	uint64_t acked = (n ^ value) & (n ^ e);

	smmu_reg_set(s, space, SMMU_R_GERROR, e ^ ((n ^ value) & ~(n ^ e)));
	smmu_reg_set(s, space, SMMU_R_GERRORN, value);
	if (acked & SMMU_GERROR_EVENTQ_ABT)
		smmu_stall_retry(s, space);
	if (acked & SMMU_GERROR_CMDQ)
		smmu_cmdq_run(s, space);
}

static void write_update(smmu *s, unsigned space, enum smmu_reg r, uint64_t value, uint64_t mask)
{
	/* 6.3.14: without Update the write has no effect; Update reads 0 again. */
	if (value >> 31 & 1)
		smmu_reg_set(s, space, r, value & mask);
}

static void write_row(smmu *s, unsigned space, const struct row *r, uint64_t raw)
{
	uint64_t mask, value;

	if (!writable(s, space, (enum guard)r->guard))
		return;
	if (r->reg == X_INIT) {
		if ((raw & 1) && !(s->root.cr0 & 2))
			iom_tags_invalidate_all(s->tags);
		return;
	}
	mask = smmu_reg_mask(s, space, r->reg);
	value = raw & mask;
	switch (r->reg) {
	case SMMU_R_CR0:
		write_cr0(s, space, value);
		return;
	case SMMU_R_CR1:
		write_cr1(s, space, value);
		return;
	case SMMU_R_GBPA:
		if (space == IOM_SPACE_REALM)
			return;
		/* fallthrough */
	case SMMU_R_GMPAM:
	case SMMU_R_GBPMPAM:
		write_update(s, space, (enum smmu_reg)r->reg, raw, mask);
		return;
	case SMMU_R_GERRORN:
		write_gerrorn(s, space, value);
		return;
	case SMMU_R_GATOS_CTRL:
	case SMMU_R_VATOS_CTRL:
		if (value & 1)
			smmu_atos_run(s, space, r->reg == SMMU_R_VATOS_CTRL);
		return;
	default:
		break;
	}
	smmu_reg_set(s, space, (enum smmu_reg)r->reg, value);
	if (r->reg == SMMU_R_CR2)
		smmu_forget_reaches(s); /* E2H */
	if (r->reg == SMMU_R_CMDQ_PROD)
		smmu_cmdq_run(s, space);
	else if (r->reg == SMMU_R_EVENTQ_CONS)
		smmu_stall_retry(s, space);
}

/* ------------------------------------------------------------------------
 * Pages
 */
static bool may_access(unsigned interface, iom_space space)
{
	return interface == IOM_SPACE_NONSECURE || space == IOM_SPACE_ROOT ||
	       (unsigned)space == interface;
}

static const struct row *find_row(const struct row *from, size_t n, uint64_t offset,
				  unsigned interface)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &from[i];

		if (offset >= r->offset && offset < r->offset + r->width &&
		    (r->interfaces >> interface & 1))
			return r;
	}
	return NULL;
}

/* Pages 0 and 1 are asked most: their first rows by word, counted from 1. */
G_STATIC_ASSERT(G_N_ELEMENTS(rows) < UINT8_MAX);

void smmu_regs_init(smmu *s)
{
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		for (uint32_t word = 0; word < SMMU_FRAME_WORDS; word++) {
			const struct row *r =
				find_row(rows, G_N_ELEMENTS(rows), word * UINT64_C(4), space);

			s->row_at[space][word] = r ? (uint8_t)(r - rows + 1) : 0;
		}
	}
}

static const struct row *row_at(const smmu *s, uint64_t offset, unsigned interface)
{
	unsigned at;

	if (offset >= SMMU_FRAME_WORDS * 4)
		return find_row(rows, G_N_ELEMENTS(rows), offset, interface);
	at = s->row_at[interface][offset / 4];
	return at ? &rows[at - 1] : NULL;
}

/* The row at a place of the frame and the interface it belongs to; NULL: none. */
static const struct row *locate(const smmu *s, uint64_t offset, unsigned *interface)
{
	const struct row *r = NULL;
	uint64_t in = offset;

	*interface = IOM_SPACE_NONSECURE;
	if (offset < 0x20000) {
		if (offset >= 0x8000 && offset < 0x10000) {
			*interface = IOM_SPACE_SECURE;
			in = offset - 0x8000;
		}
		r = row_at(s, in, *interface);
	} else if (s->realm_base && offset >= s->realm_base && offset < s->realm_base + 0x20000) {
		*interface = IOM_SPACE_REALM;
		r = row_at(s, offset - s->realm_base, *interface);
	} else if (s->vatos_base && offset >> 16 == s->vatos_base >> 16) {
		r = find_row(vatos_rows, G_N_ELEMENTS(vatos_rows), offset & 0xffff, *interface);
	} else if (s->s_vatos_base && offset >> 16 == s->s_vatos_base >> 16) {
		*interface = IOM_SPACE_SECURE;
		r = find_row(vatos_rows, G_N_ELEMENTS(vatos_rows), offset & 0xffff, *interface);
	}
	return r && smmu_has_space(s, *interface) ? r : NULL;
}

/* An access of `size` bytes at `offset` fits the register. */
static bool access_fits(const struct row *r, uint64_t offset, unsigned size)
{
	if (offset & (size - 1))
		return false;
	return size == 4 || (size == 8 && r->width == 8);
}

/*
 * 6.2: a 64-bit access to two adjacent 32-bit registers is CONSTRAINED UNPREDICTABLE. Of
 * the choices this model makes two 32-bit accesses of it, since FreeBSD's driver reads
 * the indexes of a queue like that.
 */
static bool access_is_pair(const struct row *r, uint64_t offset, unsigned size)
{
	return r && size == 8 && r->width == 4 && !(offset & 7);
}

uint64_t smmu_mmio_read(iom_iommu *iommu, uint64_t offset, unsigned size, iom_space space)
{
	smmu *s = smmu_of(iommu);
	unsigned interface;
	const struct row *r = locate(s, offset, &interface);
	uint64_t value = 0;

	if (size != 4 && size != 8)
		return 0;
	if (access_is_pair(r, offset, size)) {
		value = smmu_mmio_read(iommu, offset, 4, space);
		return value | smmu_mmio_read(iommu, offset + 4, 4, space) << 32;
	}
	smmu_lock(s);
	if (r) {
		if (access_fits(r, offset, size) && may_access(interface, space)) {
			value = read_row(s, interface, r);
			if (size == 4)
				value = offset & 4 && r->width == 8 ? value >> 32
								    : value & UINT32_MAX;
		}
	} else {
		value = smmu_other_read(s, offset, size, space);
	}
	smmu_unlock(s);
	return value;
}

static void write_anything(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
			   iom_space space)
{
	smmu *s = smmu_of(iommu);
	unsigned interface;
	const struct row *r = locate(s, offset, &interface);
	bool matters;

	if (size != 4 && size != 8)
		return;
	if (access_is_pair(r, offset, size)) {
		write_anything(iommu, offset, 4, value, space);
		write_anything(iommu, offset + 4, 4, value >> 32, space);
		return;
	}
	smmu_lock(s);
	if (r) {
		if (access_fits(r, offset, size) && may_access(interface, space)) {
			if (size == 4 && r->width == 8) {
				uint64_t old = read_row(s, interface, r);

				value = offset & 4 ? (old & UINT32_MAX) | value << 32
						   : (old & ~(uint64_t)UINT32_MAX) |
							     (value & UINT32_MAX);
			} else if (size == 4) {
				value &= UINT32_MAX;
			}
			write_row(s, interface, r, value);
		}
		matters = !(r->reg == SMMU_R_CMDQ_PROD || r->reg == SMMU_R_EVENTQ_CONS ||
			    r->reg == SMMU_R_PRIQ_CONS);
	} else {
		matters = smmu_other_write(s, offset, size, value, space);
	}
	/* What a hit depends on may be different; the queues' indexes are no such thing. */
	if (matters)
		iom_tags_outdate(s->tags);
	smmu_unlock(s);
}

/* What software writes most; whoever writes it, there is nothing to decide. */
static void ring(smmu *s, uint64_t value)
{
	smmu_lock(s);
	smmu_reg_set(s, IOM_SPACE_NONSECURE, SMMU_R_CMDQ_PROD, value & SMMU_QUEUE_INDEX);
	smmu_cmdq_run(s, IOM_SPACE_NONSECURE);
	smmu_unlock(s);
}

void smmu_mmio_write(iom_iommu *iommu, uint64_t offset, unsigned size, uint64_t value,
		     iom_space space)
{
	if (G_LIKELY(offset == DOORBELL && size == 4))
		ring(smmu_of(iommu), value);
	else
		write_anything(iommu, offset, size, value, space);
}

/* 6.2: a register of an absent feature is RES0, no register. */
static bool present(const smmu *s, unsigned interface, const struct row *r)
{
	switch (r->reg) {
	case X_MPAMIDR:
		return s->ids.mpam;
	case X_ID:
		return r->id != 6 || s->pi[interface].n_ecmdq;
	case SMMU_R_AGBPA:
		return true;
	default:
		return r->reg >= SMMU_N_REGS || smmu_reg_mask(s, interface, r->reg);
	}
}

const iom_layout *smmu_register_layout(const iom_iommu *iommu, uint64_t offset, const char **name)
{
	static const iom_layout *const *const lists[] = { smmu_regs_layouts,
							  smmu_regs_secure_layouts,
							  smmu_regs_realm_layouts };
	const smmu *s = (const smmu *)iommu;
	unsigned interface;
	const struct row *r = locate(s, offset, &interface);

	if (!r)
		return smmu_other_layout(s, offset, name);
	if (!present(s, interface, r))
		return NULL;
	*name = r->name[interface];
	/* A twin without fields of its own has those of the Non-secure register. */
	for (unsigned pass = 0; pass < 2; pass++) {
		const char *wanted = pass ? r->name[0] : *name;

		for (size_t l = 0; l < G_N_ELEMENTS(lists); l++) {
			for (size_t i = 0; lists[l][i]; i++) {
				if (strcmp(lists[l][i]->name, wanted) == 0)
					return lists[l][i];
			}
		}
	}
	return NULL;
}

void smmu_regs_reset(smmu *s)
{
	smmu_forget_reaches(s);
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		struct smmu_interface *pi = &s->pi[space];

		memset(pi->reg, 0, sizeof(pi->reg));
		pi->atc_pending = 0;
		pi->atc_failed = false;
		pi->flight = pi->disabling = 0;
		for (unsigned i = 0; i < pi->n_ecmdq; i++)
			pi->ecmdq[i] = (struct smmu_ecmdq){ 0 };
		smmu_stalls_clear(&pi->stalls);
	}
	s->pi[IOM_SPACE_NONSECURE].reg[SMMU_R_GBPA] = s->config.gbpa & 0x1f3f1f;
	s->pi[IOM_SPACE_SECURE].reg[SMMU_R_GBPA] = 0x1000;
	s->pi[IOM_SPACE_REALM].reg[SMMU_R_GBPA] = 1u << 20;
	if (s->ids.r_ats) {
		s->pi[IOM_SPACE_REALM].reg[SMMU_R_CR0] = SMMU_CR0_ATSCHK;
		s->pi[IOM_SPACE_REALM].reg[SMMU_R_CR0ACK] = SMMU_CR0_ATSCHK;
	}
	s->pi[IOM_SPACE_SECURE].reg[SMMU_R_VATOS_SID] = 0;
	memset(s->atc, 0, sizeof(s->atc));
	smmu_pmcg_reset(s);
	s->root = (struct smmu_root){ 0 };
}
