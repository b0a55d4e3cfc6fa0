/* SPDX-License-Identifier: MIT */
/* Fault recording: registers, compression, overflow, events, FPD. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define PFO 1u
#define PPF 2u
#define F_BIT (UINT64_C(1) << 63)

static rig *faulting(void)
{
	rig *r = rig_new(NULL);

	rig_legacy(r); /* every context is absent */
	return r;
}

static uint64_t record_low(rig *r, unsigned n)
{
	return rig_read64(r, R_FRCD + 16 * n);
}

static uint64_t record_high(rig *r, unsigned n)
{
	return rig_read64(r, R_FRCD + 16 * n + 8);
}

static void clear_record(rig *r, unsigned n)
{
	rig_write(r, R_FRCD + 16 * n + 12, 1u << 31);
}

static void one_record(void)
{
	rig *r = faulting();
	iom_result result = rig_dma(r, 0x42, IOM_NO_PASID, IOM_WRITE, UINT64_C(0x123456789a));

	CHECK_EQ(result.status, IOM_ABORT);
	CHECK_EQ(result.response, IOM_RESPONSE_UR);
	CHECK_EQ(result.fault.code, 0x02);
	CHECK_EQ(result.fault.recorded, 1);
	CHECK_EQ(record_low(r, 0), UINT64_C(0x1234567000));
	CHECK_EQ(record_high(r, 0), F_BIT | UINT64_C(2) << 32 | 0x42);
	CHECK_EQ(result.fault.record[1], record_high(r, 0));
	CHECK_EQ(rig_read(r, R_FSTS), PPF);
	CU_ASSERT_STRING_EQUAL(iom_iommu_diagnosis(r->unit, result.fault.diagnosis),
			       "LCT.2 context entry not present");
	/* the record is read-only but for F */
	rig_write64(r, R_FRCD, UINT64_MAX);
	rig_write(r, R_FRCD + 8, UINT32_MAX);
	CHECK_EQ(record_high(r, 0), F_BIT | UINT64_C(2) << 32 | 0x42);
	clear_record(r, 0);
	CHECK_EQ(record_high(r, 0), UINT64_C(2) << 32 | 0x42);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

/* 7.2.1: a requester with a record pending gets no second one. */
static void compression(void)
{
	rig *r = faulting();

	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 1);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x5000).fault.recorded, 0);
	CHECK_EQ(rig_dma(r, 2, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 1);
	CHECK_EQ(record_high(r, 2) & F_BIT, 0);
	CHECK_EQ(rig_read(r, R_FSTS), PPF);
	clear_record(r, 0);
	CHECK_EQ(rig_read(r, R_FSTS), PPF | 1 << 8); /* the first pending one */
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x5000).fault.recorded, 1);
	CHECK_EQ(record_low(r, 2), 0x5000); /* the next register in turn */
	rig_free(r);
}

static void overflow(void)
{
	rig *r = faulting();

	for (uint16_t i = 0; i < 8; i++)
		CHECK_EQ(rig_dma(r, i, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 1);
	CHECK_EQ(rig_read(r, R_FSTS), PPF);
	CHECK_EQ(rig_dma(r, 8, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 0);
	CHECK_EQ(rig_read(r, R_FSTS), PPF | PFO);
	/* nothing is recorded until the overflow is cleared */
	clear_record(r, 0);
	CHECK_EQ(rig_dma(r, 8, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 0);
	rig_write(r, R_FSTS, PFO);
	CHECK_EQ(rig_read(r, R_FSTS), PPF | 1 << 8);
	CHECK_EQ(rig_dma(r, 8, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 1);
	CHECK_EQ(record_high(r, 0) & 0xffff, 8);
	CHECK_EQ(rig_read(r, R_FSTS), PPF | 1 << 8); /* record 1 is the oldest */
	iom_statistics s = rig_statistics(r);

	CHECK_EQ(s.events, 9);
	CHECK_EQ(s.events_lost, 2);
	rig_free(r);
}

static void all_records(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "CAP.NFR", 255, NULL);
	iom_vtd_config_set(c, "CAP.FRO", 0x100, NULL);
}

static void many_registers(void)
{
	rig *r = rig_new(all_records);

	rig_legacy(r);
	for (uint16_t i = 0; i < 256; i++)
		CHECK_EQ(rig_dma(r, i, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 1);
	CHECK_EQ(rig_read64(r, 0x1000 + 16 * 255 + 8) & 0xffff, 255);
	CHECK_EQ(rig_dma(r, 256, IOM_NO_PASID, IOM_READ, 0x1000).fault.recorded, 0);
	CU_ASSERT_TRUE(iom_iommu_mmio_size(r->unit) >= 0x2000);
	rig_free(r);
}

/* Turning both kinds of remapping off starts over with register 0. */
static void index_starts_over(void)
{
	rig *r = faulting();

	rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1000);
	clear_record(r, 0);
	rig_clear(r, G_TE);
	rig_command(r, G_TE);
	rig_dma(r, 2, IOM_NO_PASID, IOM_READ, 0x2000);
	CHECK_EQ(record_low(r, 0), 0x2000);
	rig_free(r);
}

static void events(void)
{
	rig *r = faulting();

	rig_write(r, R_FEADDR, 0xfee03000);
	rig_write(r, R_FEUADDR, 0x100);
	rig_write(r, R_FEDATA, 0x77);
	rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1000);
	CHECK_EQ(r->n_msi, 0);
	CHECK_EQ(rig_read(r, R_FECTL), 3u << 30);
	rig_write(r, R_FECTL, 0);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(r->msi[0].address, UINT64_C(0x100fee03000));
	CHECK_EQ(r->msi[0].data, 0x77);
	CHECK_EQ(rig_read(r, R_FECTL), 0);
	rig_dma(r, 2, IOM_NO_PASID, IOM_READ, 0x1000); /* a status bit is set already */
	CHECK_EQ(r->n_msi, 1);
	clear_record(r, 0);
	clear_record(r, 1);
	rig_dma(r, 3, IOM_NO_PASID, IOM_READ, 0x1000);
	CHECK_EQ(r->n_msi, 2);
	/* serviced while masked: nothing is left to send */
	clear_record(r, 2);
	rig_write(r, R_FECTL, 1u << 31);
	rig_dma(r, 4, IOM_NO_PASID, IOM_READ, 0x1000);
	CHECK_EQ(rig_read(r, R_FECTL), 3u << 30);
	clear_record(r, 3);
	CHECK_EQ(rig_read(r, R_FECTL), 1u << 31);
	rig_write(r, R_FECTL, 0);
	CHECK_EQ(r->n_msi, 2);
	CHECK_EQ(rig_statistics(r).interrupts, 2);
	rig_free(r);
}

/* FPD of an entry on the way, even one that is not present. */
static void fault_processing_disable(void)
{
	rig *r = faulting();

	rig_set(r, RIG_CONTEXT + 16 * 5, 2);
	iom_result result = rig_dma(r, 5, IOM_NO_PASID, IOM_READ, 0x1000);

	CHECK_EQ(result.fault.code, 0x02);
	CHECK_EQ(result.fault.recorded, 0);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	/* a fault that is not qualified */
	result = rig_dma(r, 0x105, IOM_NO_PASID, IOM_READ, 0x1000);
	CHECK_EQ(result.fault.code, 0x01);
	CHECK_EQ(result.fault.recorded, 1);
	/* behind a context that comes from the cache */
	uint64_t ss = rig_table(r);

	rig_map(r, ss, RIG_VA, 0x5000, 1, 1, 3);
	rig_context(r, 6, ss | 2, 0, 1);
	CHECK_EQ(rig_dma(r, 6, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_OK);
	result = rig_dma(r, 6, IOM_NO_PASID, IOM_WRITE, RIG_VA);
	CHECK_EQ(result.fault.code, 0x05);
	CHECK_EQ(result.fault.recorded, 0);
	rig_free(r);
}

static void records_of_pasids(void)
{
	rig *r = rig_new(NULL);

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	iom_request request = { .address = RIG_VA,
				.requester = RIG_SID,
				.pasid = 0x21,
				.access = IOM_READ | IOM_WRITE | IOM_ATOMIC,
				.flags = IOM_REQ_PASID_PRIV };
	iom_result result;

	iom_iommu_translate(r->unit, &request, &result);
	CHECK_EQ(result.fault.code, 0x59);
	/* F, T1, T2 for an AtomicOp; PV, PP, PRIV */
	CHECK_EQ(record_high(r, 0), F_BIT | UINT64_C(1) << 62 | UINT64_C(0x21) << 40 |
					    UINT64_C(0x59) << 32 | 1u << 31 | 1u << 29 | 1u << 28 |
					    RIG_SID);
	rig_free(r);
}

/* What caches hold must not hide a fault, or make one up. */
static void faults_are_never_cached(void)
{
	rig *r = faulting();
	uint64_t ss = rig_table(r);

	rig_context(r, 1, ss, 0, 1);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, RIG_VA).fault.code, 0x06);
	uint64_t leaf = rig_map(r, ss, RIG_VA, 0x5000, 1, 1, 3);

	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_OK);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, RIG_VA).fault.code, 0x05);
	rig_set(r, leaf, 0x5003);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, RIG_VA).status, IOM_OK);
	rig_free(r);
}

static void speculation_leaves_no_trace(void)
{
	rig *r = faulting();
	iom_request request = { .address = 0x1000,
				.requester = 9,
				.pasid = IOM_NO_PASID,
				.access = IOM_READ,
				.flags = IOM_REQ_SPECULATIVE };
	iom_result result;

	iom_iommu_translate(r->unit, &request, &result);
	CHECK_EQ(result.fault.code, 0x02);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "one record", one_record },
	{ "compression by requester", compression },
	{ "overflow", overflow },
	{ "many recording registers", many_registers },
	{ "the index starts over", index_starts_over },
	{ "events", events },
	{ "fault processing disable", fault_processing_disable },
	{ "records of requests with PASID", records_of_pasids },
	{ "faults are never cached", faults_are_never_cached },
	{ "speculation leaves no trace", speculation_leaves_no_trace },
	{ 0 },
};

const iom_suite faults_suite = { "faults", tests };
