/* SPDX-License-Identifier: MIT */
/*
 * A driver of the SMMUv3: linear stream table, one context descriptor for each
 * domain, queues polled by reading CONS.
 */
#include "core/layout.h"
#include "sim/driver/driver-internal.h"

enum {
	R_IDR0 = 0x00,
	R_IDR3 = 0x0c,
	R_IDR5 = 0x14,
	R_CR0 = 0x20,
	R_CR0ACK = 0x24,
	R_CR1 = 0x28,
	R_CR2 = 0x2c,
	R_STRTAB_BASE = 0x80,
	R_STRTAB_BASE_CFG = 0x88,
	R_CMDQ_BASE = 0x90,
	R_CMDQ_PROD = 0x98,
	R_CMDQ_CONS = 0x9c,
	R_EVENTQ_BASE = 0xa0,
	R_EVENTQ_PROD = 0x100a8,
	R_EVENTQ_CONS = 0x100ac,
	CR0_SMMUEN = 1,
	CR0_EVENTQEN = 4,
	CR0_CMDQEN = 8,
	STREAM_BITS = 16,
	QUEUE_LG2 = 8,
};

enum {
	CMD_CFGI_STE = 0x03,
	CMD_CFGI_ALL = 0x04,
	CMD_CFGI_CD = 0x05,
	CMD_TLBI_NH_ASID = 0x11,
	CMD_TLBI_NH_VA = 0x12,
	CMD_TLBI_S12_VMALL = 0x28,
	CMD_TLBI_S2_IPA = 0x2a,
	CMD_TLBI_NSNH_ALL = 0x30,
	CMD_SYNC = 0x46,
};

static void push(iom_driver *d, uint64_t word0, uint64_t word1)
{
	uint32_t mask = d->queue_entries - 1;
	uint64_t at = d->queue + (uint64_t)(d->queue_index & mask) * 16;

	iom_memory_store64(d->pool.memory, at, word0);
	iom_memory_store64(d->pool.memory, at + 8, word1);
	d->queue_index = (d->queue_index + 1) & (mask << 1 | 1);
}

/* Commands take effect when PROD is written; CMD_SYNC waits for those before it. */
static void sync(iom_driver *d)
{
	push(d, CMD_SYNC, 0);
	iom_driver_write(d, R_CMDQ_PROD, 4, d->queue_index);
}

static uint64_t granule_code(const iom_driver *d)
{
	return d->config.granule_lg2 == 12 ? 0 : d->config.granule_lg2 == 16 ? 1 : 2;
}

/* 3.4.3 and D8.2: the level a walk of `pt` starts at, 0 to 3. */
static unsigned start_level(const iom_pt *pt)
{
	return 4 - iom_pt_levels(pt);
}

static bool supported(iom_driver *d, GError **error)
{
	static const uint8_t granule_bit[] = { [12] = 4, [14] = 5, [16] = 6 };
	uint32_t idr0 = iom_driver_read(d, R_IDR0), idr5 = iom_driver_read(d, R_IDR5);
	bool s1 = d->config.mode != IOM_DRIVER_STAGE2, s2 = d->config.mode != IOM_DRIVER_STAGE1;

	if (d->config.mode == IOM_DRIVER_LEGACY || (s1 && !(idr0 & 2)) || (s2 && !(idr0 & 1))) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "the SMMUv3 does not have the stage asked for");
		return false;
	}
	if (!(idr5 >> granule_bit[d->config.granule_lg2] & 1)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "the SMMUv3 does not have a granule of %u bytes",
			    1u << d->config.granule_lg2);
		return false;
	}
	d->output_size = idr5 & 7;
	d->range_commands = iom_driver_read(d, R_IDR3) >> 10 & 1;
	return true;
}

static bool bring_up(iom_driver *d, GError **error)
{
	uint64_t eventq;

	if (!supported(d, error))
		return false;
	d->queue_entries = 1u << QUEUE_LG2;
	d->root =
		iom_guest_alloc(&d->pool, UINT64_C(64) << STREAM_BITS, UINT64_C(64) << STREAM_BITS);
	d->queue = iom_guest_alloc(&d->pool, 16u << QUEUE_LG2, 16u << QUEUE_LG2);
	eventq = iom_guest_alloc(&d->pool, 32u << QUEUE_LG2, 32u << QUEUE_LG2);
	if (!d->root || !d->queue || !eventq ||
	    (d->config.mode == IOM_DRIVER_NESTED &&
	     (!iom_pt_init(&d->second, &d->pool, IOM_PT_ARM_S2, d->config.granule_lg2,
			   d->config.input_bits) ||
	      !iom_driver_map_second(d, d->config.pool_base, d->config.pool_size,
				     d->config.granule_lg2)))) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_RANGE, "no room for the SMMUv3's tables");
		return false;
	}
	iom_driver_write(d, R_CR0, 4, 0);
	iom_driver_write(d, R_CR1, 4, 0xd75); /* write-back, inner shareable tables and queues */
	iom_driver_write(d, R_CR2, 4, 0x2); /* RECINVSID */
	iom_driver_write(d, R_STRTAB_BASE, 8, d->root | UINT64_C(1) << 62);
	iom_driver_write(d, R_STRTAB_BASE_CFG, 4, STREAM_BITS);
	iom_driver_write(d, R_CMDQ_BASE, 8, d->queue | UINT64_C(1) << 62 | QUEUE_LG2);
	iom_driver_write(d, R_CMDQ_PROD, 4, 0);
	iom_driver_write(d, R_CMDQ_CONS, 4, 0);
	iom_driver_write(d, R_CR0, 4, CR0_CMDQEN);
	push(d, CMD_CFGI_ALL, 31);
	push(d, CMD_TLBI_NSNH_ALL, 0);
	sync(d);
	iom_driver_write(d, R_EVENTQ_BASE, 8, eventq | UINT64_C(1) << 62 | QUEUE_LG2);
	iom_driver_write(d, R_EVENTQ_PROD, 4, 0);
	iom_driver_write(d, R_EVENTQ_CONS, 4, 0);
	iom_driver_write(d, R_CR0, 4, CR0_CMDQEN | CR0_EVENTQEN);
	iom_driver_write(d, R_CR0, 4, CR0_CMDQEN | CR0_EVENTQEN | CR0_SMMUEN);
	if (iom_driver_read(d, R_CR0ACK) != (CR0_CMDQEN | CR0_EVENTQEN | CR0_SMMUEN)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED, "the SMMUv3 does not come up");
		return false;
	}
	return true;
}

static bool domain_init(iom_driver *d, iom_domain *domain)
{
	bool s2 = d->config.mode == IOM_DRIVER_STAGE2;
	iom_memory *mem = d->pool.memory;
	uint64_t cd, word0;

	if (!iom_pt_init(&domain->tables, &d->pool, s2 ? IOM_PT_ARM_S2 : IOM_PT_ARM_S1,
			 d->config.granule_lg2, d->config.input_bits))
		return false;
	if (s2)
		return true;
	cd = iom_guest_alloc(&d->pool, 64, 64);
	if (!cd)
		return false;
	/* 5.4: T0SZ, TG0, write-back inner-shareable walks, EPD1, IPS, AA64, R, A, ASET, ASID */
	word0 = (64u - d->config.input_bits) | granule_code(d) << 6 | 1u << 8 | 1u << 10 |
		3u << 12 | 1u << 30 | d->output_size << 32 | UINT64_C(1) << 41 | UINT64_C(1) << 45 |
		UINT64_C(1) << 46 | UINT64_C(1) << 47 | (uint64_t)domain->id << 48;
	iom_memory_store64(mem, cd + 8, domain->tables.root);
	iom_memory_store64(mem, cd + 24, UINT64_C(0xf404ff44) << 8 | 0xff);
	iom_memory_store64(mem, cd, word0 | 1u << 31);
	domain->context = cd;
	return true;
}

/* 5.2: the stage-2 words of an STE for the tables `pt`. */
static void ste_stage2(const iom_driver *d, const iom_pt *pt, uint16_t vmid, uint64_t *ste)
{
	static const uint8_t sl0_of_tg[3][4] = {
		/* S2SL0 by S2TG and start level */
		{ 2, 1, 0, 3 },
		{ 3, 2, 1, 0 },
		{ 3, 2, 1, 0 },
	};
	uint64_t tg = granule_code(d);

	ste[2] = vmid | (uint64_t)(64 - pt->input_bits) << 32 |
		 (uint64_t)sl0_of_tg[tg][start_level(pt) & 3] << 38 | UINT64_C(1) << 40 |
		 UINT64_C(1) << 42 | UINT64_C(3) << 44 | tg << 46 | d->output_size << 48 |
		 UINT64_C(1) << 51 | UINT64_C(1) << 58;
	ste[3] = pt->root;
}

static bool attach(iom_driver *d, iom_domain *domain, uint32_t requester)
{
	uint64_t ste[8] = { 0 }, at = d->root + (uint64_t)requester * 64;
	uint64_t config = d->config.mode == IOM_DRIVER_STAGE1   ? 5
			  : d->config.mode == IOM_DRIVER_STAGE2 ? 6
								: 7;

	if (requester >> STREAM_BITS)
		return false;
	if (config & 1) {
		ste[0] = domain->context;
		ste[1] = 1u << 2 | 1u << 4 | 3u << 6; /* S1CIR, S1COR, S1CSH */
	}
	ste[1] |= UINT64_C(1) << 44; /* SHCFG: use incoming */
	if (config == 6)
		ste_stage2(d, &domain->tables, domain->id, ste);
	if (config == 7)
		ste_stage2(d, &d->second, 1, ste);
	for (unsigned i = 1; i < 8; i++)
		iom_memory_store64(d->pool.memory, at + i * 8, ste[i]);
	iom_memory_store64(d->pool.memory, at, ste[0] | config << 1 | 1);
	push(d, CMD_CFGI_STE | (uint64_t)requester << 32, 1);
	sync(d);
	return true;
}

static uint64_t vmid_of(const iom_driver *d, const iom_domain *domain)
{
	switch (d->config.mode) {
	case IOM_DRIVER_STAGE2:
		return domain->id;
	case IOM_DRIVER_NESTED:
		return 1;
	default:
		return 0;
	}
}

static void invalidate(iom_driver *d, iom_domain *domain, uint64_t iova, uint64_t size)
{
	unsigned granule = d->config.granule_lg2;
	bool s2 = d->config.mode == IOM_DRIVER_STAGE2;
	uint64_t word0 = (s2 ? CMD_TLBI_S2_IPA : CMD_TLBI_NH_VA) | vmid_of(d, domain) << 32 |
			 (s2 ? 0 : (uint64_t)domain->id << 48);
	uint64_t pages = (size + iom_mask(granule)) >> granule, room = d->queue_entries - 2;

	while (pages > 0) {
		uint64_t step = 1, range = 0, tg = 0;

		if (d->range_commands) {
			/* 4.4.1: (NUM + 1) * 2^SCALE granules from the address */
			unsigned scale = (unsigned)__builtin_ctzll(pages);

			if (scale > 31)
				scale = 31;
			uint64_t num = pages >> scale & 31;

			step = num << scale;
			range = (num - 1) << 12 | (uint64_t)scale << 20;
			tg = (granule - 10u) / 2u;
		}
		push(d, word0 | range, (iova & ~iom_mask(12)) | tg << 10 | 1);
		iova += step << granule;
		pages -= MIN(step, pages);
		if (--room == 0) {
			sync(d);
			room = d->queue_entries - 2;
		}
	}
	sync(d);
}

static void invalidate_domain(iom_driver *d, iom_domain *domain)
{
	if (d->config.mode == IOM_DRIVER_STAGE2)
		push(d, CMD_TLBI_S12_VMALL | vmid_of(d, domain) << 32, 0);
	else
		push(d, CMD_TLBI_NH_ASID | vmid_of(d, domain) << 32 | (uint64_t)domain->id << 48,
		     0);
	sync(d);
}

const iom_driver_ops iom_smmu_driver_ops = {
	.bring_up = bring_up,
	.domain_init = domain_init,
	.attach = attach,
	.invalidate = invalidate,
	.invalidate_domain = invalidate_domain,
};
