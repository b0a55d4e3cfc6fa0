/* SPDX-License-Identifier: MIT */
/* Queued invalidation: fetching, waits, legality of descriptors, errors. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

#define FSTS_IQE (1u << 4)

/* Types, word 0 bits 3:0 */
enum { CC = 1, IOTLB = 2, DEV = 3, IEC = 4, WAIT = 5, PIOTLB = 6, PC = 7, PDEV = 8, RESP = 9 };

static void waits_write_status(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	rig_wait(r, 0xabcd1234);
	CHECK_EQ(rig_status(r), 0xabcd1234);
	CHECK_EQ(rig_read64(r, R_IQH), 16);
	rig_wait(r, 2);
	CHECK_EQ(rig_status(r), 2);
	CHECK_EQ(rig_count(r, "wait"), 2);
	/* neither SW nor IF: a fence alone */
	rig_push(r, WAIT | 1 << 6, 0);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	CHECK_EQ(rig_read64(r, R_IQH), 48);
	/* address bits from the host address width on are ignored */
	rig_push(r, WAIT | 1 << 5 | UINT64_C(77) << 32, RIG_STATUS | UINT64_C(0xffff) << 48);
	CHECK_EQ(rig_status(r), 77);
	rig_free(r);
}

static void descriptors_wait_for_the_queue(void)
{
	rig *r = rig_new(NULL);

	rig_write64(r, R_IQA, RIG_IQ | 1);
	rig_set(r, RIG_IQ, WAIT | 1 << 5 | UINT64_C(9) << 32);
	rig_set(r, RIG_IQ + 8, RIG_STATUS);
	rig_write(r, R_IQT, 16);
	CHECK_EQ(rig_status(r), 0);
	rig_command(r, G_QIE);
	CHECK_EQ(rig_status(r), 9);
	CHECK_EQ(rig_read64(r, R_IQH), 16);
	rig_clear(r, G_QIE);
	CHECK_EQ(rig_read64(r, R_IQH), 0);
	rig_free(r);
}

static void wait_interrupts(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	rig_write(r, R_IEADDR, 0xfee01000);
	rig_write(r, R_IEDATA, 0x55);
	rig_push(r, WAIT | 1 << 4, 0);
	CHECK_EQ(rig_read(r, R_ICS), 1);
	CHECK_EQ(r->n_msi, 0); /* masked at reset */
	CHECK_EQ(rig_read(r, R_IECTL), 3u << 30);
	rig_write(r, R_IECTL, 0);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(r->msi[0].address, 0xfee01000);
	CHECK_EQ(r->msi[0].data, 0x55);
	CHECK_EQ(rig_read(r, R_IECTL), 0);
	rig_push(r, WAIT | 1 << 4, 0); /* IWC is still set: no new event */
	CHECK_EQ(r->n_msi, 1);
	rig_write(r, R_ICS, 1);
	CHECK_EQ(rig_read(r, R_ICS), 0);
	rig_push(r, WAIT | 1 << 4, 0);
	CHECK_EQ(r->n_msi, 2);
	/* clearing the status takes a masked event back */
	rig_write(r, R_IECTL, 1u << 31);
	rig_write(r, R_ICS, 1);
	rig_push(r, WAIT | 1 << 4, 0);
	rig_write(r, R_ICS, 1);
	CHECK_EQ(rig_read(r, R_IECTL), 1u << 31);
	rig_write(r, R_IECTL, 0);
	CHECK_EQ(r->n_msi, 2);
	rig_free(r);
}

static void the_queue_wraps(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, true);
	for (unsigned i = 1; i <= 1000; i++)
		rig_wait(r, i);
	CHECK_EQ(rig_status(r), 1000);
	CHECK_EQ(rig_read64(r, R_IQH), 1000 % 256 * 32);
	rig_free(r);
}

/* One bad descriptor, its cause, and how the queue goes on. */
static void expect_error(rig *r, unsigned cause)
{
	uint64_t head = rig_read64(r, R_IQH);

	CHECK_EQ(rig_read(r, R_FSTS) & FSTS_IQE, FSTS_IQE);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, cause);
	rig_wait(r, 0x1111); /* not fetched */
	CHECK_EQ(rig_read64(r, R_IQH), head);
	/* software puts something harmless there and clears the error */
	rig_set(r, RIG_IQ + head, WAIT);
	rig_set(r, RIG_IQ + head + 8, 0);
	if (r->wide) {
		rig_set(r, RIG_IQ + head + 16, 0);
		rig_set(r, RIG_IQ + head + 24, 0);
	}
	rig_write(r, R_FSTS, FSTS_IQE);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	CHECK_EQ(rig_status(r), 0x1111);
	rig_set(r, RIG_STATUS, 0);
}

static void bad_descriptors_legacy(void)
{
	static const struct {
		uint64_t w0, w1;
		unsigned cause;
	} bad[] = {
		{ 0, 0, 3 }, /* type 0 */
		{ 11, 0, 3 },
		{ CC | 1 << 9, 0, 3 }, /* type 11h */
		{ PIOTLB | 2 << 4, 0, 3 }, /* scalable mode only */
		{ PC | 3 << 4, 0, 3 },
		{ RESP, 0, 3 },
		{ CC, 0, 4 }, /* granularity 0 */
		{ IOTLB, 0, 4 },
		{ IOTLB | 3 << 4, 19, 4 }, /* AM beyond MAMV */
		{ CC | 1 << 4 | 1 << 6, 0, 4 },
		{ CC | 1 << 4, 1, 4 },
		{ IOTLB | 1 << 4 | UINT64_C(1) << 40, 0, 4 },
		{ DEV | 1 << 4, 0, 4 },
		{ DEV, 2, 4 },
		{ IEC | 1 << 5, 0, 4 },
		{ WAIT | 1 << 8, 0, 4 },
		{ WAIT | 1 << 5, 1, 4 },
	};
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		rig_push(r, bad[i].w0, bad[i].w1);
		expect_error(r, bad[i].cause);
	}
	rig_free(r);
}

static void bad_descriptors_scalable(void)
{
	static const struct {
		uint64_t w0, w1, w2;
		unsigned cause;
	} bad[] = {
		{ PIOTLB, 0, 0, 4 },
		{ PIOTLB | 1 << 4, 0, 0, 4 },
		{ PC | 2 << 4, 0, 0, 4 },
		{ CC | 1 << 4, 0, 1, 4 }, /* the upper half of a 128-bit descriptor */
		{ WAIT, 0, 4, 4 },
		{ PIOTLB | 2 << 4 | UINT64_C(1) << 52, 0, 0, 4 },
		{ RESP | 1 << 5, 0, 0, 4 },
		{ PDEV, 2, 0, 4 },
		{ 12, 0, 0, 3 },
	};
	rig *r = rig_new(NULL);

	rig_scalable(r);
	rig_queue(r, true);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		rig_push4(r, bad[i].w0, bad[i].w1, bad[i].w2, 0);
		expect_error(r, bad[i].cause);
	}
	rig_free(r);
}

static void no_endpoints(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.DT", 0, NULL);
	iom_vtd_config_set(c, "ECAP.IR", 0, NULL);
	iom_vtd_config_set(c, "CAP.PSI", 0, NULL);
}

static void types_need_their_feature(void)
{
	static const struct {
		uint64_t w0;
		unsigned cause;
	} bad[] = {
		{ DEV, 3 },         { PDEV, 3 },           { RESP, 3 },
		{ IEC, 3 },         { IOTLB | 3 << 4, 4 }, { WAIT | 1 << 7, 4 },
		{ 10 | 1 << 4, 3 },
	};
	rig *r = rig_new(no_endpoints);

	rig_scalable(r);
	rig_queue(r, true);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		rig_push(r, bad[i].w0, 0);
		expect_error(r, bad[i].cause);
	}
	rig_free(r);
}

static void legacy_only(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.SMTS", 0, NULL);
	iom_vtd_config_set(c, "ECAP.ADMS", 0, NULL);
}

/* IQEI 1, 2, 5, 6, 7: the queue itself. */
static void bad_queues(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	rig_write64(r, R_IQA, RIG_IQ); /* one page */
	rig_write(r, R_IQT, 0x1000);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 1);
	rig_write64(r, R_IQT, 0x10);
	iom_memory_inject(r->memory, RIG_IQ, 0x1000, true, false, IOM_MEM_ABORT);
	rig_write(r, R_FSTS, FSTS_IQE);
	CHECK_EQ(rig_read(r, R_FSTS), FSTS_IQE);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 2);
	rig_free(r);

	r = rig_new(NULL);
	rig_scalable(r);
	rig_queue(r, false);
	rig_wait(r, 1);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 5);
	rig_free(r);

	r = rig_new(legacy_only);
	rig_queue(r, true);
	rig_wait(r, 1);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 5);
	rig_free(r);

	r = rig_new(NULL);
	rig_queue(r, true);
	rig_write(r, R_IQT, 16);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 6);
	rig_free(r);

	r = rig_new(NULL);
	rig_write64(r, R_RTADDR, RIG_ROOT | 2 << 10);
	rig_command(r, G_SRTP);
	rig_queue(r, true);
	rig_wait(r, 1);
	CHECK_EQ(rig_read64(r, R_IQERCD) & 15, 7);
	rig_free(r);
}

/* An event for the first of several status bits only. */
static void queue_errors_are_fault_events(void)
{
	rig *r = rig_new(NULL);

	rig_queue(r, false);
	rig_write(r, R_FEADDR, 0xfee02000);
	rig_write(r, R_FEDATA, 0x31);
	rig_write(r, R_FECTL, 0);
	rig_push(r, 0, 0);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(r->msi[0].address, 0xfee02000);
	rig_write(r, R_FSTS, FSTS_IQE); /* the same descriptor again */
	CHECK_EQ(r->n_msi, 2);
	rig_free(r);
}

static void commands_are_counted(void)
{
	rig *r = rig_new(NULL);

	rig_scalable(r);
	rig_queue(r, true);
	rig_push(r, CC | 1 << 4, 0);
	rig_push(r, IOTLB | 1 << 4, 0);
	rig_push(r, IOTLB | 2 << 4 | 5 << 16, 0);
	rig_push(r, IEC, 0);
	rig_push(r, PC | 3 << 4, 0);
	rig_push(r, PIOTLB | 2 << 4, 0);
	rig_push(r, DEV, 0);
	rig_push(r, PDEV, 0);
	rig_push(r, RESP, 0);
	rig_wait(r, 1);
	CHECK_EQ(rig_status(r), 1);
	CHECK_EQ(rig_count(r, "context-cache"), 1);
	CHECK_EQ(rig_count(r, "iotlb"), 2);
	CHECK_EQ(rig_count(r, "iec"), 1);
	CHECK_EQ(rig_count(r, "pasid-cache"), 1);
	CHECK_EQ(rig_count(r, "pasid-iotlb"), 1);
	CHECK_EQ(rig_count(r, "dev-iotlb"), 1);
	CHECK_EQ(rig_count(r, "pasid-dev-iotlb"), 1);
	CHECK_EQ(rig_count(r, "page-group-response"), 1);
	CHECK_EQ(rig_count(r, "wait"), 1);
	iom_iommu_reset_statistics(r->unit);
	CHECK_EQ(rig_count(r, "iotlb"), 0);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "waits write their status", waits_write_status },
	{ "descriptors wait for the queue", descriptors_wait_for_the_queue },
	{ "waits interrupt", wait_interrupts },
	{ "the queue wraps", the_queue_wraps },
	{ "bad descriptors, legacy mode", bad_descriptors_legacy },
	{ "bad descriptors, scalable mode", bad_descriptors_scalable },
	{ "types need their feature", types_need_their_feature },
	{ "bad queues", bad_queues },
	{ "queue errors are fault events", queue_errors_are_fault_events },
	{ "commands are counted", commands_are_counted },
	{ 0 },
};

const iom_suite queue_suite = { "queue", tests };
