/* SPDX-License-Identifier: MIT */
#include "rig.h"
#include "vtd/vtd.h"

enum {
	R_GCMD = 0x18,
	R_GSTS = 0x1c,
	R_RTADDR = 0x20,
	R_FSTS = 0x34,
	R_IQT = 0x88,
	R_IQA = 0x90,
	R_PQH = 0xc0,
	R_PQT = 0xc8,
	R_PQA = 0xd0,
	R_PRS = 0xdc,
	R_FRCD = 0x220,
	N_FRCD = 8,
	QUEUE_PAGES_LG2 = 3,
	QUEUE_ENTRIES = (4096 << QUEUE_PAGES_LG2) / 32,
};

#define GCMD_TE (1u << 31)
#define GCMD_SRTP (1u << 30)
#define GCMD_QIE (1u << 26)

static uint64_t rd(rig *r, uint64_t at, unsigned size)
{
	return iom_iommu_mmio_read(r->iommu, at, size, IOM_SPACE_NONSECURE);
}

static void wr(rig *r, uint64_t at, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, at, size, value, IOM_SPACE_NONSECURE);
}

static iom_iommu *make(const iom_bus *bus, const void *given)
{
	iom_vtd_config config;

	iom_vtd_config_init(&config);
	return iom_vtd_new(given ? given : &config, bus, NULL);
}

static void push(rig *r, uint64_t word0, uint64_t word1)
{
	uint64_t at = r->cmdq + (uint64_t)r->cmd_index * 32;

	for (unsigned i = 0; i < 4; i++)
		iom_memory_store64(r->mem, at + i * 8, i == 0 ? word0 : i == 1 ? word1 : 0);
	r->cmd_index = (r->cmd_index + 1) % QUEUE_ENTRIES;
}

static void sync_queue(rig *r)
{
	r->serial++;
	push(r, 5 | 1u << 5 | (uint64_t)r->serial << 32, r->status);
	wr(r, R_IQT, 8, (uint64_t)r->cmd_index << 5);
}

static void command(rig *r, uint32_t bit, bool on)
{
	uint32_t now = (uint32_t)rd(r, R_GSTS, 4) & 0x86800000u;

	wr(r, R_GCMD, 4, on ? now | bit : now & ~bit);
}

/* 9.4 scalable-mode context entry, 9.5 and 9.6: PASID directory and table. */
static void write_context(rig *r, bool dte, bool pre)
{
	iom_memory_store64(r->mem, r->config + 8, 0);
	iom_memory_store64(r->mem, r->config,
			   r->contexts | 1u | (dte ? 1u << 2 : 0) | 1u << 3 | (pre ? 1u << 4 : 0));
	push(r, 1 | 1u << 4, 0);
	push(r, 7 | 3u << 4, 0);
	push(r, 2 | 1u << 4 | 3u << 6, 0);
	sync_queue(r);
}

static void bring_up(rig *r)
{
	uint64_t root = iom_guest_alloc(&r->pool, 4096, 4096);
	uint64_t context = iom_guest_alloc(&r->pool, 4096, 4096);
	uint64_t table = iom_guest_alloc(&r->pool, 4096, 4096);

	r->contexts = iom_guest_alloc(&r->pool, 4096, 4096);
	r->cmdq = iom_guest_alloc(&r->pool, 4096 << QUEUE_PAGES_LG2, 4096);
	r->status = iom_guest_alloc(&r->pool, 64, 64);
	r->priq = iom_guest_alloc(&r->pool, 32u << r->priq_lg2, 4096);
	iom_memory_store64(r->mem, root + (RIG_REQUESTER >> 8) * 16, context | 1);
	r->config = context + (RIG_REQUESTER & 0xff) * 32;
	iom_memory_store64(r->mem, r->contexts, table | 1);
	for (unsigned i = 0; i < RIG_PASIDS; i++) {
		uint64_t entry = table + i * 64;

		iom_memory_store64(r->mem, entry + 16, r->pt[i].root | 1); /* SRE */
		iom_memory_store64(r->mem, entry + 8, i + 1); /* DID */
		iom_memory_store64(r->mem, entry, 1 | 1u << 6); /* first stage */
	}
	wr(r, R_IQT, 8, 0);
	wr(r, R_IQA, 8, r->cmdq | 1u << 11 | QUEUE_PAGES_LG2);
	command(r, GCMD_QIE, true);
	wr(r, R_RTADDR, 8, root | 1u << 10);
	command(r, GCMD_SRTP, true);
	wr(r, R_PQA, 8, r->priq | (r->priq_lg2 - 7));
	write_context(r, true, true);
	command(r, GCMD_TE, true);
}

static uint64_t range(uint64_t va, unsigned size_lg2, unsigned s_bit)
{
	uint64_t low;

	if (size_lg2 == 12)
		return va & ~UINT64_C(0xfff);
	if (size_lg2 == 64)
		return UINT64_C(0x7ffffffffffff000) | UINT64_C(1) << s_bit;
	low = (UINT64_C(1) << (size_lg2 - 1)) - 1;
	return ((va & ~(low << 1 | 1)) | (low & ~UINT64_C(0xfff))) | UINT64_C(1) << s_bit;
}

static void invalidate(rig *r, unsigned space, uint64_t va, unsigned size_lg2, bool iotlb, bool atc)
{
	if (iotlb)
		push(r, 2 | 2u << 4 | 3u << 6 | (uint64_t)(space + 1) << 16, 0);
	if (atc && !space)
		push(r, 3 | (uint64_t)RIG_REQUESTER << 32, range(va, size_lg2, 0));
	else if (atc)
		push(r, 8 | (uint64_t)RIG_REQUESTER << 16 | (uint64_t)space << 32,
		     range(va, size_lg2, 11));
}

static void invalidate_global(rig *r, uint64_t va, unsigned size_lg2)
{
	push(r, 8 | (uint64_t)RIG_REQUESTER << 16, range(va, size_lg2, 11) | 1);
}

static bool synced(rig *r)
{
	uint32_t value = 0;

	iom_memory_load32(r->mem, r->status, &value);
	return value == r->serial;
}

/* 11.4.7.1: ITE; cleared, fetching goes on. */
static bool sync_failed(rig *r)
{
	bool failed = rd(r, R_FSTS, 4) >> 6 & 1;

	wr(r, R_FSTS, 4, 1u << 6);
	return failed;
}

/* 7.4.1.1: the descriptor as page_requests.tsv has it. */
static bool next_request(rig *r, rig_request *out)
{
	uint64_t head = rd(r, R_PQH, 8), tail = rd(r, R_PQT, 8), w[2];

	if (head == tail)
		return false;
	iom_memory_load64(r->mem, r->priq + head, &w[0]);
	iom_memory_load64(r->mem, r->priq + head + 8, &w[1]);
	CHECK_EQ(w[0] & 0xff, 1);
	*out = (rig_request){
		.requester = (uint32_t)(w[0] >> 16 & 0xffff),
		.pasid = w[0] >> 8 & 1 ? (uint32_t)(w[0] >> 32 & 0xfffff) : IOM_NO_PASID,
		.address = w[1] & ~UINT64_C(0xfff),
		.access = (w[1] & 1 ? IOM_READ : 0) | (w[1] & 2 ? IOM_WRITE : 0) |
			  (w[0] >> 52 & 1 ? IOM_EXECUTE : 0),
		.last = w[1] >> 2 & 1,
		.privileged = w[0] >> 53 & 1,
		.prg_index = (unsigned)(w[1] >> 3 & 0x1ff),
	};
	wr(r, R_PQH, 8, (head + 32) & ((32u << r->priq_lg2) - 1));
	wr(r, R_PRS, 4, 3);
	return true;
}

static void respond(rig *r, const rig_request *request, iom_prg_code code)
{
	bool pp = request->pasid != IOM_NO_PASID;

	push(r,
	     9 | (uint64_t)pp << 4 | (uint64_t)code << 12 | (uint64_t)request->requester << 16 |
		     (pp ? (uint64_t)request->pasid << 32 : 0),
	     (uint64_t)request->prg_index << 3);
	sync_queue(r);
}

static unsigned next_event(rig *r)
{
	uint64_t at = R_FRCD + (r->fault_index % N_FRCD) * 16, hi = rd(r, at + 8, 8);

	if (!(hi >> 63))
		return 0;
	wr(r, at + 12, 4, 1u << 31);
	r->fault_index++;
	return (unsigned)(hi >> 32 & 0xff);
}

static void ats_allowed(rig *r, bool on)
{
	write_context(r, on, on);
}

static void translation(rig *r, bool on)
{
	command(r, GCMD_TE, on);
}

static void page_requests(rig *r, bool on)
{
	write_context(r, true, on);
}

static void reconfigure(rig *r)
{
	push(r, 1 | 1u << 4, 0);
	push(r, 7 | 3u << 4, 0);
	push(r, 2 | 1u << 4 | 3u << 6, 0);
	sync_queue(r);
}

static void table_mode(rig *r, unsigned ttm)
{
	uint64_t root = rd(r, R_RTADDR, 8) & ~UINT64_C(0xfff);

	wr(r, R_RTADDR, 8, root | ttm << 10);
	command(r, GCMD_SRTP, true);
}

static bool overflow(rig *r)
{
	return rd(r, R_PRS, 4) >> 1 & 1;
}

const struct rig_ops rig_vtd_ops = {
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
	.table_mode = table_mode,
};
