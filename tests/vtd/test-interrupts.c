/* SPDX-License-Identifier: MIT */
/* Interrupt remapping and posting. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define EIME (1 << 11)

/* 256 entries; IRES on. */
static rig *remapping(void (*set)(iom_vtd_config *), uint64_t irta_bits)
{
	rig *r = rig_new(set);

	rig_write64(r, R_IRTA, RIG_IRT | irta_bits | 7);
	rig_command(r, G_SIRTP);
	rig_command(r, G_IRE);
	return r;
}

static void irte(rig *r, unsigned index, uint64_t low, uint64_t high)
{
	rig_set(r, RIG_IRT + 16 * index + 8, high);
	rig_set(r, RIG_IRT + 16 * index, low);
}

static iom_interrupt_result send(rig *r, uint16_t sid, uint64_t address, uint32_t data)
{
	iom_interrupt message = { address, data, sid };
	iom_interrupt_result result;

	iom_iommu_interrupt(r->unit, &message, &result);
	return result;
}

/* Remappable, without subhandle. */
static iom_interrupt_result send_index(rig *r, uint16_t sid, unsigned index)
{
	return send(r, sid, 0xfee00010 | (index & 0x7fff) << 5 | (index >> 15) << 2, 0);
}

static void delivery(void)
{
	rig *r = remapping(NULL, 0);
	iom_interrupt_result result;

	/* vector 31h, lowest priority, level, logical, hint; xAPIC id ABh */
	irte(r, 5, UINT64_C(0x0000ab000031003d), 0);
	result = send_index(r, RIG_SID, 5);
	CHECK_EQ(result.status, IOM_OK);
	CHECK_EQ(result.remapped, 1);
	CHECK_EQ(result.deliver, 1);
	CHECK_EQ(result.posted, 0);
	CHECK_EQ(result.vector, 0x31);
	CHECK_EQ(result.delivery_mode, 1);
	CHECK_EQ(result.trigger_level, 1);
	CHECK_EQ(result.destination_logical, 1);
	CHECK_EQ(result.redirection_hint, 1);
	CHECK_EQ(result.destination, 0xab);
	CHECK_EQ(result.address, 0xfee00000 | 0xab << 12 | 3 << 2);
	CHECK_EQ(result.data, 0x31 | 1 << 8 | 1 << 14 | 1 << 15);
	rig_free(r);

	r = remapping(NULL, EIME);
	irte(r, 5, UINT64_C(0x1234567800310001), 0);
	result = send_index(r, RIG_SID, 5);
	CHECK_EQ(result.destination, 0x12345678);
	CHECK_EQ(result.address, UINT64_C(0x12345600fee78000));
	rig_free(r);
}

static void compatibility(void)
{
	rig *r = rig_new(NULL);
	iom_interrupt_result result = send(r, RIG_SID, 0xfee05004, 0x4131);

	/* remapping off: everything passes */
	CHECK_EQ(result.status, IOM_OK);
	CHECK_EQ(result.remapped, 0);
	CHECK_EQ(result.deliver, 1);
	CHECK_EQ(result.address, 0xfee05004);
	CHECK_EQ(result.data, 0x4131);
	CHECK_EQ(result.vector, 0x31);
	CHECK_EQ(result.destination, 5);
	rig_free(r);

	r = remapping(NULL, 0);
	result = send(r, RIG_SID, 0xfee05004, 0x31);
	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.fault.code, 0x25);
	rig_command(r, G_CFI);
	CHECK_EQ(send(r, RIG_SID, 0xfee05004, 0x31).status, IOM_OK);
	rig_free(r);

	r = remapping(NULL, EIME);
	rig_command(r, G_CFI);
	CHECK_EQ(send(r, RIG_SID, 0xfee05004, 0x31).fault.code, 0x25);
	rig_free(r);
}

/* Faults with their index, and FPD. */
static void faults(void)
{
	rig *r = remapping(NULL, EIME);
	iom_interrupt_result result = send_index(r, 0x42, 9);

	CHECK_EQ(result.fault.code, 0x22);
	CHECK_EQ(result.fault.recorded, 1);
	CHECK_EQ(rig_read64(r, R_FRCD), UINT64_C(9) << 48);
	CHECK_EQ(rig_read64(r, R_FRCD + 8) & UINT64_C(0x800000ff0000ffff),
		 UINT64_C(0x8000002200000042));
	CHECK_EQ(rig_read(r, R_FSTS), 2);
	CHECK_EQ(send_index(r, 1, 256).fault.code, 0x21);
	CHECK_EQ(send(r, 2, 0xfee00018, 0x10000).fault.code, 0x20);
	/* a handle and a subhandle whose sum is too large for 16 bits */
	CHECK_EQ(send(r, 3, 0xfeeffffc, 1).fault.code, 0x21);
	irte(r, 4, 2, 0); /* not present, FPD */
	result = send_index(r, 4, 4);
	CHECK_EQ(result.fault.code, 0x22);
	CHECK_EQ(result.fault.recorded, 0);
	irte(r, 6, 1 | 1 << 12, 0);
	CHECK_EQ(send_index(r, 5, 6).fault.code, 0x24);
	irte(r, 7, 1, UINT64_C(1) << 20);
	CHECK_EQ(send_index(r, 6, 7).fault.code, 0x24);
	iom_memory_inject(r->memory, RIG_IRT, 0x1000, true, false, IOM_MEM_ABORT);
	CHECK_EQ(send_index(r, 7, 8).fault.code, 0x23);
	rig_free(r);
}

static void sources(void)
{
	static const struct {
		unsigned svt, sq, sid, from;
		bool ok;
	} cases[] = {
		{ 0, 0, 0, 0xffff, true },       { 1, 0, 0x10, 0x10, true },
		{ 1, 0, 0x10, 0x11, false },     { 1, 1, 0x10, 0x14, true },
		{ 1, 2, 0x10, 0x16, true },      { 1, 2, 0x10, 0x17, false },
		{ 1, 3, 0x10, 0x17, true },      { 1, 3, 0x10, 0x18, false },
		{ 2, 0, 0x0408, 0x0510, true },  { 2, 0, 0x0408, 0x0910, false },
		{ 2, 0, 0x0408, 0x0310, false },
	};
	rig *r = remapping(NULL, EIME);

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		irte(r, i, 1,
		     cases[i].sid | (uint64_t)cases[i].sq << 16 | (uint64_t)cases[i].svt << 18);
		/* twice: the second time from the interrupt entry cache */
		for (unsigned again = 0; again < 2; again++)
			CHECK_EQ(send_index(r, (uint16_t)cases[i].from, i).fault.code,
				 cases[i].ok ? 0 : 0x26);
	}
	/* the cached entry of one source does not serve another */
	CHECK_EQ(send_index(r, 0x11, 1).fault.code, 0x26);
	rig_free(r);
}

static void entry_cache(void)
{
	rig *r = remapping(NULL, EIME);

	rig_queue(r, false);
	for (unsigned i = 0; i < 8; i++) {
		irte(r, i, 1 | 0x30 << 16, 0);
		send_index(r, 0, i);
		irte(r, i, 1 | 0x40 << 16, 0);
	}
	rig_push(r, 4 | 1 << 4 | UINT64_C(2) << 32, 0);
	CHECK_EQ(send_index(r, 0, 2).vector, 0x40);
	CHECK_EQ(send_index(r, 0, 1).vector, 0x30); /* allowed to be old */
	rig_push(r, 4 | 1 << 4 | 1 << 27 | UINT64_C(1) << 32, 0); /* 0 and 1 */
	CHECK_EQ(send_index(r, 0, 0).vector, 0x40);
	CHECK_EQ(send_index(r, 0, 1).vector, 0x40);
	CHECK_EQ(send_index(r, 0, 3).vector, 0x30);
	rig_push(r, 4, 0);
	CHECK_EQ(send_index(r, 0, 7).vector, 0x40);
	/* entries that are not present are never kept */
	irte(r, 20, 0, 0);
	CHECK_EQ(send_index(r, 0, 20).fault.code, 0x22);
	irte(r, 20, 1 | 0x50 << 16, 0);
	CHECK_EQ(send_index(r, 0, 20).vector, 0x50);
	/* ESIRTPS: taking the table pointer empties the cache */
	irte(r, 20, 1 | 0x60 << 16, 0);
	rig_command(r, G_SIRTP);
	CHECK_EQ(send_index(r, 0, 20).vector, 0x60);
	rig_free(r);
}

static void insistent(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.IRREQ", 1, NULL);
	iom_vtd_config_set(c, "ECAP.EIMER", 1, NULL);
}

static void units_that_insist(void)
{
	rig *r = rig_new(insistent);

	CHECK_EQ(send(r, 1, 0xfee05004, 0x31).fault.code, 0x2b);
	rig_free(r);
	r = remapping(insistent, 0);
	CHECK_EQ(send_index(r, 1, 1).fault.code, 0x2a);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Posting
 */
#define VV 0x85

static void posted_entry(rig *r, bool urgent)
{
	irte(r, 5, 1 | 1 << 15 | (uint64_t)urgent << 14 | VV << 16 | (uint64_t)RIG_PID << 32, 0);
}

static void posting(void)
{
	/* ON, SN, URG, then whether ON is set and a notification goes out */
	static const uint8_t cases[][5] = {
		{ 0, 0, 0, 1, 1 }, { 0, 1, 0, 0, 0 }, { 0, 1, 1, 1, 1 },
		{ 1, 0, 0, 1, 0 }, { 1, 1, 1, 1, 0 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		rig *r = remapping(NULL, EIME);
		uint64_t control =
			cases[i][0] | cases[i][1] << 1 | 0xf2 << 16 | UINT64_C(0xabcd) << 32;

		posted_entry(r, cases[i][2]);
		rig_set(r, RIG_PID + 8, 1);
		rig_set(r, RIG_PID + 32, control);
		iom_interrupt_result result = send_index(r, RIG_SID, 5);

		CHECK_EQ(result.status, IOM_OK);
		CHECK_EQ(result.posted, 1);
		CHECK_EQ(result.deliver, cases[i][4]);
		CHECK_EQ(rig_word(r, RIG_PID + 16), UINT64_C(1) << (VV & 63));
		CHECK_EQ(rig_word(r, RIG_PID + 8), 1); /* other requests stay */
		CHECK_EQ(rig_word(r, RIG_PID + 32), control | cases[i][3]);
		if (result.deliver) {
			CHECK_EQ(result.vector, 0xf2);
			CHECK_EQ(result.destination, 0xabcd);
			CHECK_EQ(result.data, 0x40f2);
		}
		rig_free(r);
	}
}

static void posting_faults(void)
{
	rig *r = remapping(NULL, EIME);

	posted_entry(r, false);
	rig_set(r, RIG_PID + 40, 1);
	CHECK_EQ(send_index(r, 1, 5).fault.code, 0x28);
	CHECK_EQ(rig_word(r, RIG_PID + 16), 0);
	rig_set(r, RIG_PID + 40, 0);
	iom_memory_inject(r->memory, RIG_PID & ~0xfffu, 0x1000, false, true, IOM_MEM_ABORT);
	CHECK_EQ(send_index(r, 2, 5).fault.code, 0x27);
	iom_memory_inject(r->memory, RIG_PID & ~0xfffu, 0x1000, true, true, IOM_MEM_ABORT);
	CHECK_EQ(send_index(r, 3, 5).fault.code, 0x27);
	rig_free(r);
}

static void no_posting(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "CAP.PI", 0, NULL);
}

static void units_without_posting(void)
{
	rig *r = remapping(no_posting, EIME);

	posted_entry(r, false);
	CHECK_EQ(send_index(r, 1, 5).fault.code, 0x24);
	rig_free(r);
}

/* Accesses to the range that are no interrupts, and those that are. */
static void the_range(void)
{
	rig *r = rig_new(NULL);
	iom_request request = { .address = 0xfee00010,
				.length = 4,
				.requester = 7,
				.pasid = IOM_NO_PASID,
				.access = IOM_WRITE };
	iom_result result;

	rig_legacy(r);
	iom_iommu_translate(r->unit, &request, &result);
	CHECK_EQ(result.status, IOM_INTERRUPT);
	request.length = 8;
	iom_iommu_translate(r->unit, &request, &result);
	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.fault.code, 0x29);
	request.access = IOM_READ;
	request.flags = IOM_REQ_ZERO_LENGTH;
	request.length = 0;
	iom_iommu_translate(r->unit, &request, &result);
	CHECK_EQ(result.status, IOM_OK);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "delivery", delivery },
	{ "compatibility format", compatibility },
	{ "faults", faults },
	{ "source validation", sources },
	{ "the interrupt entry cache", entry_cache },
	{ "units that insist on remapping", units_that_insist },
	{ "posting", posting },
	{ "posting faults", posting_faults },
	{ "units without posting", units_without_posting },
	{ "the interrupt address range", the_range },
	{ 0 },
};

const iom_suite interrupts_suite = { "interrupts", tests };
