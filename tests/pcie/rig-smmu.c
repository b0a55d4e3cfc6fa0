/* SPDX-License-Identifier: MIT */
#include "rig.h"
#include "smmu/smmu.h"

enum {
	R_CR0 = 0x20,
	R_CR1 = 0x28,
	R_CR2 = 0x2c,
	R_GERROR = 0x60,
	R_GERRORN = 0x64,
	R_STRTAB_BASE = 0x80,
	R_STRTAB_BASE_CFG = 0x88,
	R_CMDQ_BASE = 0x90,
	R_CMDQ_PROD = 0x98,
	R_CMDQ_CONS = 0x9c,
	R_EVENTQ_BASE = 0xa0,
	R_EVENTQ_PROD = 0x100a8,
	R_EVENTQ_CONS = 0x100ac,
	R_PRIQ_BASE = 0xc0,
	R_PRIQ_PROD = 0x100c8,
	R_PRIQ_CONS = 0x100cc,
	CR0_SMMUEN = 1,
	CR0_PRIQEN = 2,
	CR0_EVENTQEN = 4,
	CR0_CMDQEN = 8,
	CR0_ATSCHK = 16,
	CMDQ_LG2 = 10,
	EVENTQ_LG2 = 7,
	SID_BITS = 10,
};

static uint64_t rd(rig *r, uint64_t at)
{
	return iom_iommu_mmio_read(r->iommu, at, 4, IOM_SPACE_NONSECURE);
}

static void wr(rig *r, uint64_t at, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, at, size, value, IOM_SPACE_NONSECURE);
}

static iom_iommu *make(const iom_bus *bus, const void *given)
{
	iom_smmu_config config;

	iom_smmu_config_init(&config);
	return iom_smmu_new(given ? given : &config, bus, NULL);
}

static void push(rig *r, uint64_t word0, uint64_t word1)
{
	uint32_t mask = (1u << CMDQ_LG2) - 1;
	uint64_t at = r->cmdq + (uint64_t)(r->cmd_index & mask) * 16;

	iom_memory_store64(r->mem, at, word0);
	iom_memory_store64(r->mem, at + 8, word1);
	r->cmd_index = (r->cmd_index + 1) & (mask << 1 | 1);
}

/* 5.4 Context Descriptor */
static void write_cd(rig *r, unsigned space)
{
	uint64_t cd = r->contexts + space * 64;
	uint64_t word0 = 16 | 1u << 8 | 1u << 10 | 3u << 12 | 1u << 30 | UINT64_C(5) << 32 |
			 UINT64_C(1) << 41 | UINT64_C(1) << 45 | UINT64_C(1) << 46 |
			 UINT64_C(1) << 47 | (uint64_t)(space + 1) << 48;

	iom_memory_store64(r->mem, cd + 8, r->pt[space].root);
	iom_memory_store64(r->mem, cd + 24, 0xff);
	iom_memory_store64(r->mem, cd, word0 | 1u << 31);
}

/* 5.2 Stream Table Entry: stage 1, four CDs, CD 0 without a PASID, EATS, PPAR. */
static void write_ste(rig *r, bool eats)
{
	iom_memory_store64(r->mem, r->config + 8,
			   2u | 1u << 2 | 1u << 4 | 3u << 6 | 1u << 18 |
				   (uint64_t)(eats ? 1 : 0) << 28 | UINT64_C(1) << 44);
	iom_memory_store64(r->mem, r->config, r->contexts | 5u << 1 | 1u | UINT64_C(2) << 59);
	push(r, 0x03 | (uint64_t)RIG_REQUESTER << 32, 1);
	push(r, 0x46, 0);
	wr(r, R_CMDQ_PROD, 4, r->cmd_index);
}

static void bring_up(rig *r)
{
	uint64_t strtab = iom_guest_alloc(&r->pool, 64u << SID_BITS, 64u << SID_BITS);
	uint32_t cr0 = CR0_CMDQEN | CR0_EVENTQEN | CR0_PRIQEN | CR0_ATSCHK;

	r->config = strtab + RIG_REQUESTER * 64;
	r->contexts = iom_guest_alloc(&r->pool, 4096, 4096);
	r->cmdq = iom_guest_alloc(&r->pool, 16u << CMDQ_LG2, 16u << CMDQ_LG2);
	r->eventq = iom_guest_alloc(&r->pool, 32u << EVENTQ_LG2, 32u << EVENTQ_LG2);
	r->priq = iom_guest_alloc(&r->pool, 16u << r->priq_lg2, 4096);
	for (unsigned i = 0; i < RIG_PASIDS; i++)
		write_cd(r, i);
	wr(r, R_CR1, 4, 0xd75);
	wr(r, R_CR2, 4, r->cr2);
	wr(r, R_STRTAB_BASE, 8, strtab);
	wr(r, R_STRTAB_BASE_CFG, 4, SID_BITS);
	wr(r, R_CMDQ_BASE, 8, r->cmdq | CMDQ_LG2);
	wr(r, R_EVENTQ_BASE, 8, r->eventq | EVENTQ_LG2);
	wr(r, R_PRIQ_BASE, 8, r->priq | r->priq_lg2);
	wr(r, R_CR0, 4, cr0);
	push(r, 0x04, 31); /* CFGI_ALL */
	push(r, 0x30, 0); /* TLBI_NSNH_ALL */
	write_ste(r, true);
	wr(r, R_CR0, 4, cr0 | CR0_SMMUEN);
}

/* 4.5.1: bits of ATC_INV; Size 52 is everything. */
static void atc_inv(rig *r, bool global, unsigned space, uint64_t va, unsigned size_lg2)
{
	push(r,
	     0x40 | (uint64_t)global << 9 | (space || global ? 1u << 11 : 0) |
		     (uint64_t)space << 12 | (uint64_t)RIG_REQUESTER << 32,
	     (va & ~UINT64_C(0xfff)) | (size_lg2 == 64 ? 52 : size_lg2 - 12));
}

static void invalidate(rig *r, unsigned space, uint64_t va, unsigned size_lg2, bool iotlb, bool atc)
{
	if (iotlb) {
		push(r, 0x11 | (uint64_t)(space + 1) << 48, 0); /* TLBI_NH_ASID */
		push(r, 0x46, 0);
	}
	if (atc)
		atc_inv(r, false, space, va, size_lg2);
}

static void invalidate_global(rig *r, uint64_t va, unsigned size_lg2)
{
	atc_inv(r, true, 0, va, size_lg2);
}

static void sync_queue(rig *r)
{
	push(r, 0x46, 0);
	wr(r, R_CMDQ_PROD, 4, r->cmd_index);
}

static bool synced(rig *r)
{
	return (rd(r, R_CMDQ_CONS) & 0xfffff) == r->cmd_index;
}

/* 4.7.3: CERROR_ATC_INV_SYNC; acknowledged, the queue goes on. */
static bool sync_failed(rig *r)
{
	uint64_t gerror = rd(r, R_GERROR);
	bool failed = ((gerror ^ rd(r, R_GERRORN)) & 1) && (rd(r, R_CMDQ_CONS) >> 24 & 0x7f) == 3;

	wr(r, R_GERRORN, 4, gerror);
	return failed;
}

/* 8 Page Request queue: the entry as ats_pri.tsv has it. */
static bool next_request(rig *r, rig_request *out)
{
	uint32_t mask = (1u << r->priq_lg2) - 1, prod = (uint32_t)rd(r, R_PRIQ_PROD);
	uint64_t w[2], at = r->priq + (uint64_t)(r->pri_index & mask) * 16;

	if (((prod ^ r->pri_index) & (mask << 1 | 1)) == 0)
		return false;
	iom_memory_load64(r->mem, at, &w[0]);
	iom_memory_load64(r->mem, at + 8, &w[1]);
	*out = (rig_request){
		.requester = (uint32_t)w[0],
		.pasid = w[0] >> 63 & 1 ? (uint32_t)(w[0] >> 32 & 0xfffff) : IOM_NO_PASID,
		.address = w[1] & ~UINT64_C(0xfff),
		.access = (w[0] >> 60 & 1 ? IOM_READ : 0) | (w[0] >> 61 & 1 ? IOM_WRITE : 0) |
			  (w[0] >> 59 & 1 ? IOM_EXECUTE : 0),
		.last = w[0] >> 62 & 1,
		.privileged = w[0] >> 58 & 1,
		.prg_index = (unsigned)(w[1] & 0x1ff),
	};
	r->pri_index = (r->pri_index + 1) & (mask << 1 | 1);
	/* an overflow that was seen is acknowledged with it */
	wr(r, R_PRIQ_CONS, 4, r->pri_index | (prod & 1u << 31));
	return true;
}

static void respond(rig *r, const rig_request *request, iom_prg_code code)
{
	uint64_t resp = code == IOM_PRG_SUCCESS ? 2 : code == IOM_PRG_INVALID ? 1 : 0;
	bool ssv = request->pasid != IOM_NO_PASID;

	push(r,
	     0x41 | (uint64_t)ssv << 11 | (ssv ? (uint64_t)request->pasid << 12 : 0) |
		     (uint64_t)request->requester << 32,
	     request->prg_index | resp << 12);
	sync_queue(r);
}

static unsigned next_event(rig *r)
{
	uint32_t mask = (1u << EVENTQ_LG2) - 1, prod = (uint32_t)rd(r, R_EVENTQ_PROD);
	uint64_t w;

	if (((prod ^ r->event_index) & (mask << 1 | 1)) == 0)
		return 0;
	iom_memory_load64(r->mem, r->eventq + (uint64_t)(r->event_index & mask) * 32, &w);
	r->event_index = (r->event_index + 1) & (mask << 1 | 1);
	wr(r, R_EVENTQ_CONS, 4, r->event_index);
	return (unsigned)(w & 0xff);
}

static void ats_allowed(rig *r, bool on)
{
	write_ste(r, on);
}

static void translation(rig *r, bool on)
{
	uint64_t cr0 = rd(r, R_CR0);

	wr(r, R_CR0, 4, on ? cr0 | CR0_SMMUEN : cr0 & ~(uint64_t)CR0_SMMUEN);
}

static void page_requests(rig *r, bool on)
{
	uint64_t cr0 = rd(r, R_CR0);

	wr(r, R_CR0, 4, on ? cr0 | CR0_PRIQEN : cr0 & ~(uint64_t)CR0_PRIQEN);
}

static void reconfigure(rig *r)
{
	push(r, 0x04, 31);
	push(r, 0x30, 0);
	sync_queue(r);
}

static bool overflow(rig *r)
{
	return (rd(r, R_PRIQ_PROD) ^ rd(r, R_PRIQ_CONS)) >> 31 & 1;
}

const struct rig_ops rig_smmu_ops = {
	.make = make,
	.bring_up = bring_up,
	.invalidate = invalidate,
	.invalidate_global = invalidate_global,
	.sync = sync_queue,
	.synced = synced,
	.sync_failed = sync_failed,
	.next_request = next_request,
	.respond = respond,
	.next_event = next_event,
	.ats_allowed = ats_allowed,
	.translation = translation,
	.page_requests = page_requests,
	.overflow = overflow,
	.reconfigure = reconfigure,
};
