/* SPDX-License-Identifier: MIT */
/*
 * Rules of register_fields.tsv about fault recording: FSTS, FECTL and any number of
 * fault recording registers, their overflow and the fault event.
 */
#include "tests/conformance/vtd-queue.h"

#define BIT(n) (UINT64_C(1) << (n))

enum { FSTS_PFO = 1, FSTS_PPF = 2 };

/* One fault of requester `sid`: its root or context entry is not there. */
static void fault(const vtd_queue *q, uint16_t sid)
{
	iom_request request = { .address = 0x1000,
				.length = 4,
				.requester = sid,
				.pasid = IOM_NO_PASID,
				.access = IOM_READ };
	iom_result result;

	iom_iommu_translate(iom_vtd_bench_unit(q->bench), &request, &result);
	CHECK_EQ(result.status, IOM_ABORT);
}

static uint64_t record(const vtd_queue *q, unsigned i)
{
	return vtd_queue_get(q, (q->base->c->cap >> 24 & 0x3ff) * 16 + 16 * i + 8, 8);
}

static void release(const vtd_queue *q, unsigned i)
{
	vtd_queue_put(q, (q->base->c->cap >> 24 & 0x3ff) * 16 + 16 * i + 8, 8, BIT(63));
}

static uint32_t status(const vtd_queue *q)
{
	return (uint32_t)vtd_queue_get(q, VTD_R_FSTS, 4);
}

static vtd_queue *unit_of(unsigned n_records)
{
	vtd_base *b = vtd_base_new(VTD_BASE_LEGACY, VTD_REQ_U);

	b->c->cap = (b->c->cap & ~(UINT64_C(0xff) << 40)) | (uint64_t)(n_records - 1) << 40;
	return vtd_queue_new(b, false, 0);
}

static void records_and_overflow(void)
{
	static const unsigned sizes[] = { 1, 2, 4, 16 };

	for (unsigned s = 0; s < G_N_ELEMENTS(sizes); s++) {
		unsigned n = sizes[s];
		vtd_queue *q = unit_of(n);

		CHECK_EQ(status(q), 0);
		for (unsigned i = 0; i < n; i++) {
			fault(q, (uint16_t)(0x1000 + 0x100 * i));
			CHECK_EQ(status(q) & 3, FSTS_PPF);
			/* The first pending record. */
			CHECK_EQ(status(q) >> 8 & 0xff, 0);
			CHECK_EQ(record(q, i) >> 63, 1);
			CHECK_EQ(record(q, i) & 0xffff, 0x1000 + 0x100 * i);
		}
		/* No room: overflow, nothing is overwritten. */
		fault(q, 0x7700);
		CHECK_EQ(status(q) & 3, FSTS_PPF | FSTS_PFO);
		for (unsigned i = 0; i < n; i++)
			CHECK_EQ(record(q, i) & 0xffff, 0x1000 + 0x100 * i);
		/* Room does not help while the overflow stands. */
		release(q, 0);
		CHECK_EQ(record(q, 0) >> 63, 0);
		fault(q, 0x7800);
		CHECK_EQ(record(q, 0) >> 63, 0);
		CHECK_EQ(status(q) & 3, (n > 1 ? FSTS_PPF : 0) | FSTS_PFO);
		if (n > 1)
			CHECK_EQ(status(q) >> 8 & 0xff, 1);
		vtd_queue_put(q, VTD_R_FSTS, 4, FSTS_PFO);
		fault(q, 0x7900);
		CHECK_EQ(record(q, 0) >> 63, 1);
		CHECK_EQ(record(q, 0) & 0xffff, 0x7900);
		for (unsigned i = 0; i < n; i++)
			release(q, i);
		CHECK_EQ(status(q) & 3, 0);
		/* Zeros clear nothing. */
		fault(q, 0x7a00);
		vtd_queue_put(q, VTD_R_FSTS, 4, 0);
		CHECK_EQ(status(q) & FSTS_PPF, FSTS_PPF);
		vtd_queue_free(q);
	}
}

/* The event: when the first status bit is set; pending while masked; withdrawn with its cause. */
static void event(void)
{
	vtd_queue *q = unit_of(2);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);

	vtd_queue_put(q, 0x3c, 4, 0x37);
	vtd_queue_put(q, 0x40, 4, 0xfee03000);
	CHECK_EQ(vtd_queue_get(q, VTD_R_FECTL, 4), BIT(31));
	fault(q, 0x1000);
	CHECK_EQ(seen->messages, 0);
	CHECK_EQ(vtd_queue_get(q, VTD_R_FECTL, 4), BIT(31) | BIT(30));
	release(q, 0);
	CHECK_EQ(vtd_queue_get(q, VTD_R_FECTL, 4), BIT(31));
	fault(q, 0x1000);
	vtd_queue_put(q, VTD_R_FECTL, 4, 0);
	CHECK_EQ(seen->messages, 1);
	CHECK_EQ(seen->message_address, 0xfee03000);
	CHECK_EQ(seen->message_data, 0x37);
	CHECK_EQ(vtd_queue_get(q, VTD_R_FECTL, 4), 0);
	/* Further faults while one is pending raise nothing. */
	fault(q, 0x1100);
	fault(q, 0x1200);
	CHECK_EQ(seen->messages, 1);
	for (unsigned i = 0; i < 2; i++)
		release(q, i);
	/* Overflow alone keeps the status from being clear. */
	CHECK_EQ(status(q) & 3, FSTS_PFO);
	vtd_queue_put(q, VTD_R_FSTS, 4, FSTS_PFO);
	fault(q, 0x1300);
	CHECK_EQ(seen->messages, 2);
	vtd_queue_free(q);
}

/* An error of the invalidation queue is a cause as well. */
static void queue_error_event(void)
{
	vtd_queue *q = unit_of(2);
	iom_vtd_seen *seen = iom_vtd_bench_seen(q->bench);
	uint64_t nonsense[4] = { 0xf };

	vtd_queue_put(q, VTD_R_FECTL, 4, 0);
	vtd_queue_submit(q, nonsense);
	CHECK_EQ(status(q) & VTD_FSTS_IQE, VTD_FSTS_IQE);
	CHECK_EQ(seen->messages, 1);
	fault(q, 0x1000);
	CHECK_EQ(seen->messages, 1);
	vtd_queue_free(q);
}

static const iom_test tests[] = {
	{ "any number of records, overflow and its end", records_and_overflow },
	{ "the fault event, masked, pending, sent, withdrawn", event },
	{ "the fault event of the invalidation queue", queue_error_event },
	{ 0 },
};
const iom_suite vtd_recording_suite = { "recording", tests };
