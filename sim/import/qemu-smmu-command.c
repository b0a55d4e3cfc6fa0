/* SPDX-License-Identifier: MIT */
/*
 * SMMUv3 commands (IHI 0070 chapter 4 "Commands"): the log names each one that
 * is consumed and most of its operands. The queue as the run left it is used
 * where it agrees; a slot that was used again since is written from the log.
 */
#include "sim/import/qemu-smmu.h"

#include <string.h>

#define OP_PREFETCH_CONFIG 0x01
#define OP_CFGI_STE 0x03
#define OP_CFGI_STE_RANGE 0x04
#define OP_CFGI_CD 0x05
#define OP_CFGI_CD_ALL 0x06
#define OP_TLBI_NH_ALL 0x10
#define OP_TLBI_NH_ASID 0x11
#define OP_TLBI_NH_VA 0x12
#define OP_TLBI_NH_VAA 0x13
#define OP_TLBI_EL2_VA 0x22
#define OP_TLBI_EL2_VAA 0x23
#define OP_TLBI_S12_VMALL 0x28
#define OP_TLBI_S2_IPA 0x2a
#define OP_TLBI_NSNH_ALL 0x30
#define OP_SYNC 0x46
#define CR0_CMDQEN 8u
#define REG_CMDQ_PROD 0x98

#define NUM_SHIFT 12
#define SCALE_SHIFT 20
#define RANGE_BITS UINT64_C(0x1f)
#define TTL_SHIFT 8
#define TG_SHIFT 10
#define ADDRESS_MASK (~UINT64_C(0xfff))
#define PREFIX "SMMU_CMD_"

static const struct {
	const char *name;
	uint8_t opcode;
} opcodes[] = {
	{ "PREFETCH_CONFIG", OP_PREFETCH_CONFIG },
	{ "PREFETCH_ADDR", 0x02 },
	{ "CFGI_STE", OP_CFGI_STE },
	{ "CFGI_STE_RANGE", OP_CFGI_STE_RANGE },
	{ "CFGI_ALL", OP_CFGI_STE_RANGE },
	{ "CFGI_CD", OP_CFGI_CD },
	{ "CFGI_CD_ALL", OP_CFGI_CD_ALL },
	{ "TLBI_NH_ALL", OP_TLBI_NH_ALL },
	{ "TLBI_NH_ASID", OP_TLBI_NH_ASID },
	{ "TLBI_NH_VA", OP_TLBI_NH_VA },
	{ "TLBI_NH_VAA", OP_TLBI_NH_VAA },
	{ "TLBI_EL3_ALL", 0x18 },
	{ "TLBI_EL3_VA", 0x1a },
	{ "TLBI_EL2_ALL", 0x20 },
	{ "TLBI_EL2_ASID", 0x21 },
	{ "TLBI_EL2_VA", OP_TLBI_EL2_VA },
	{ "TLBI_EL2_VAA", OP_TLBI_EL2_VAA },
	{ "TLBI_S12_VMALL", OP_TLBI_S12_VMALL },
	{ "TLBI_S2_IPA", OP_TLBI_S2_IPA },
	{ "TLBI_NSNH_ALL", OP_TLBI_NSNH_ALL },
	{ "ATC_INV", 0x40 },
	{ "PRI_RESP", 0x41 },
	{ "RESUME", 0x44 },
	{ "STALL_TERM", 0x45 },
	{ "SYNC", OP_SYNC },
};

static iom_smmu_seen_command *last_command(iom_qemu_smmu *q)
{
	return q->commands->len
		       ? &g_array_index(q->commands, iom_smmu_seen_command, q->commands->len - 1)
		       : NULL;
}

static uint32_t index_mask(const iom_qemu_smmu *q)
{
	unsigned log2size = (unsigned)(q->cmdq & 0x1f);

	return (UINT32_C(1) << MIN(log2size, 19u)) - 1;
}

static void add_command(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_seen_command command = { .index = q->next_index, .has_index = q->has_index };
	const char *name = e->text;
	size_t len = e->text_len;

	while (len && (*name == ' ' || *name == '<' || *name == '-'))
		name++, len--;
	while (len && g_ascii_isspace(name[len - 1]))
		len--;
	if (len > strlen(PREFIX) && memcmp(name, PREFIX, strlen(PREFIX)) == 0) {
		name += strlen(PREFIX);
		len -= strlen(PREFIX);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(opcodes); i++) {
		if (strlen(opcodes[i].name) == len && memcmp(opcodes[i].name, name, len) == 0) {
			command.opcode = opcodes[i].opcode;
			command.known = true;
		}
	}
	g_array_append_val(q->commands, command);
	q->sink->report->commands++;
	q->next_index++;
}

/* QEMU logs a range in pieces of powers of two. */
static void add_range(iom_smmu_seen_command *c, const iom_qemu_event *e)
{
	if (!c->has_range) {
		c->has_range = true;
		c->address = e->f[2];
		c->tg = (uint8_t)(e->f[3] & 3);
		c->ttl = (uint8_t)(e->f[5] & 3);
		c->leaf = (uint8_t)(e->f[6] & 1);
		/* -1 stands for any; what the command holds there is not used. */
		c->has_vmid = (e->have & 1) && (int64_t)e->f[0] >= 0;
		c->vmid = (uint32_t)e->f[0];
		c->has_asid = (int64_t)e->f[1] >= 0;
		c->asid = (uint32_t)e->f[1];
	}
	c->pages += e->f[4];
}

void iom_qemu_smmu_command_event(iom_qemu_smmu *q, const iom_qemu_event *e)
{
	iom_smmu_seen_command *c = last_command(q);

	switch (e->id) {
	case IOM_QEMU_SMMU_CONSUME:
		q->next_index = (uint32_t)e->f[1];
		q->has_index = true;
		q->prod = (uint32_t)e->f[0];
		q->prod_wrap = (uint32_t)e->f[2];
		q->cons_wrap = (uint32_t)e->f[3];
		q->has_prod = true;
		return;
	case IOM_QEMU_SMMU_CONSUME_OUT:
		q->next_index = (uint32_t)e->f[1];
		q->has_index = true;
		return;
	case IOM_QEMU_SMMU_OPCODE:
		add_command(q, e);
		return;
	default:
		break;
	}
	if (!c)
		return;
	switch (e->id) {
	case IOM_QEMU_SMMU_CFGI_STE:
	case IOM_QEMU_SMMU_CFGI_CD:
		c->has_sid = true;
		c->sid = (uint32_t)e->f[0];
		break;
	case IOM_QEMU_SMMU_CFGI_STE_RANGE:
		if (e->have == 3) {
			c->has_sids = true;
			c->sid = (uint32_t)e->f[0];
			c->last_sid = (uint32_t)e->f[1];
		}
		break;
	case IOM_QEMU_SMMU_TLBI_ASID:
		c->has_asid = true;
		c->asid = (uint32_t)e->f[0];
		break;
	case IOM_QEMU_SMMU_TLBI_NH:
	case IOM_QEMU_SMMU_TLBI_VMID:
		if ((e->have & 1) && (int64_t)e->f[0] >= 0) {
			c->has_vmid = true;
			c->vmid = (uint32_t)e->f[0];
		}
		break;
	case IOM_QEMU_SMMU_INV_ASID_VMID:
		if (c->opcode == OP_TLBI_NH_ASID && (int64_t)e->f[1] >= 0) {
			c->has_vmid = true;
			c->vmid = (uint32_t)e->f[1];
		}
		break;
	case IOM_QEMU_SMMU_RANGE:
		add_range(c, e);
		break;
	default:
		break;
	}
}

static bool by_address(uint8_t opcode)
{
	return opcode == OP_TLBI_NH_VA || opcode == OP_TLBI_NH_VAA || opcode == OP_TLBI_EL2_VA ||
	       opcode == OP_TLBI_EL2_VAA || opcode == OP_TLBI_S2_IPA;
}

static bool is_tlbi(uint8_t opcode)
{
	return opcode >= OP_TLBI_NH_ALL && opcode <= 0x30;
}

/* (NUM + 1) << SCALE pages; too odd a number is rounded up. */
static uint64_t range_fields(uint64_t pages)
{
	unsigned scale = 0;

	if (!pages)
		pages = 1;
	while (scale < 31 && (!(pages & 1) || pages > 32)) {
		pages = (pages + 1) / 2;
		scale++;
	}
	return (MIN(pages, 32) - 1) << NUM_SHIFT | (uint64_t)scale << SCALE_SHIFT;
}

static uint64_t range_pages(uint64_t low)
{
	return ((low >> NUM_SHIFT & RANGE_BITS) + 1) << (low >> SCALE_SHIFT & RANGE_BITS);
}

static bool agrees(const iom_smmu_seen_command *c, uint64_t low, uint64_t high)
{
	if (!c->known || (low & 0xff) != c->opcode)
		return false;
	if (c->has_sid && low >> 32 != c->sid)
		return false;
	if (c->has_asid && is_tlbi(c->opcode) && low >> 48 != (c->asid & 0xffff))
		return false;
	if (c->has_vmid && is_tlbi(c->opcode) && (low >> 32 & 0xffff) != (c->vmid & 0xffff))
		return false;
	if (c->has_sids) {
		unsigned range = (unsigned)(high & 0x1f);
		uint64_t mask = (UINT64_C(2) << range) - 1;

		if ((low >> 32 & ~mask) != (c->sid & ~mask) ||
		    (c->last_sid & mask) != (mask & UINT32_MAX))
			return false;
	}
	if (c->has_range && by_address(c->opcode)) {
		if ((high & ADDRESS_MASK) != (c->address & ADDRESS_MASK) || (high & 1) != c->leaf ||
		    (high >> TG_SHIFT & 3) != c->tg || (high >> TTL_SHIFT & 3) != c->ttl)
			return false;
		if (c->tg && range_pages(low) != c->pages)
			return false;
	}
	return true;
}

static void encode(const iom_smmu_seen_command *c, uint64_t *low, uint64_t *high)
{
	*low = c->opcode;
	*high = 0;
	if (c->has_sid)
		*low |= (uint64_t)c->sid << 32;
	if (c->opcode == OP_CFGI_STE || c->opcode == OP_CFGI_CD)
		*high = 1; /* Leaf, as drivers mostly set it */
	if (c->opcode == OP_CFGI_STE_RANGE) {
		uint64_t n = c->has_sids ? (uint64_t)c->last_sid - c->sid + 1 : UINT64_C(1) << 32;
		unsigned range = 0;

		while (range < 31 && (UINT64_C(2) << range) < n)
			range++;
		*low |= (uint64_t)c->sid << 32;
		*high = range;
	}
	if (is_tlbi(c->opcode)) {
		if (c->has_asid)
			*low |= (uint64_t)(c->asid & 0xffff) << 48;
		if (c->has_vmid)
			*low |= (uint64_t)(c->vmid & 0xffff) << 32;
	}
	if (c->has_range && by_address(c->opcode)) {
		*high = (c->address & ADDRESS_MASK) | c->leaf | (uint64_t)c->ttl << TTL_SHIFT |
			(uint64_t)c->tg << TG_SHIFT;
		if (c->tg)
			*low |= range_fields(c->pages);
	}
}

void iom_qemu_smmu_number_commands(iom_qemu_smmu *q)
{
	iom_smmu_seen_command *c = (iom_smmu_seen_command *)(void *)q->commands->data;
	guint known = 0;

	/* A log may begin after the line that tells the index of its first command. */
	while (known < q->commands->len && !c[known].has_index)
		known++;
	if (known == q->commands->len)
		return;
	for (guint i = 0; i < known; i++) {
		c[i].index = c[known].index - (known - i);
		c[i].has_index = true;
	}
}

void iom_qemu_smmu_place_commands(iom_qemu_smmu *q)
{
	uint64_t base = q->cmdq & UINT64_C(0x000fffffffffffe0);
	uint32_t mask = index_mask(q);

	base &= ~((uint64_t)mask << 4 | 0xf);
	for (guint i = 0; i < q->commands->len; i++) {
		const iom_smmu_seen_command *c =
			&g_array_index(q->commands, iom_smmu_seen_command, i);
		uint64_t slot = base + ((uint64_t)(c->index & mask) << 4);
		uint64_t low = iom_shadow_get(&q->tables->words, slot);
		uint64_t high = iom_shadow_get(&q->tables->words, slot + 8);

		slot = base + ((uint64_t)((c->index + q->shift) & mask) << 4);
		q->n_config_commands += c->opcode >= OP_CFGI_STE && c->opcode <= OP_CFGI_CD_ALL;

		if (!agrees(c, low, high) && c->known) {
			encode(c, &low, &high);
			q->sink->report->made_up++;
		}
		iom_sink_word(q->sink, slot, low);
		iom_sink_word(q->sink, slot + 8, high);
	}
	g_array_set_size(q->commands, 0);
}

uint32_t iom_qemu_smmu_shifted(const iom_qemu_smmu *q, uint32_t value)
{
	uint32_t mask = 2 * index_mask(q) + 1;

	return q->shift ? (value & ~mask) | ((value + q->shift) & mask) : value;
}

void iom_qemu_smmu_forget_guess(iom_qemu_smmu *q)
{
	static const uint64_t everything[][2] = {
		{ OP_CFGI_STE_RANGE, 31 },
		{ OP_TLBI_NSNH_ALL, 0 },
		{ OP_SYNC, 0 },
	};
	uint32_t mask = index_mask(q), next;
	uint64_t base = q->cmdq & UINT64_C(0x000fffffffffffe0) & ~((uint64_t)mask << 4 | 0xf);

	/* Without a queue there is nobody who would have told the model before. */
	if (!q->cmdq || !(q->cr0 & CR0_CMDQEN))
		return;
	next = iom_qemu_smmu_shifted(q, q->wide_index);
	for (unsigned i = 0; i < G_N_ELEMENTS(everything); i++, next++) {
		uint64_t slot = base + ((uint64_t)(next & mask) << 4);

		iom_sink_word(q->sink, slot, everything[i][0]);
		iom_sink_word(q->sink, slot + 8, everything[i][1]);
	}
	q->shift += G_N_ELEMENTS(everything);
	iom_sink_register(q->sink, REG_CMDQ_PROD, next & (2 * mask + 1), 4);
	iom_sink_note(q->sink, "what was assumed before the log showed it was invalidated, which "
			       "the driver did not do");
}
