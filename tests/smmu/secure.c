/* SPDX-License-Identifier: MIT */
/* The Secure interface, EL2 and EL3 worlds. */
#include "tests/smmu/rig.h"
#include "tests/smmu/suites.h"

#define VA UINT64_C(0x7000)
#define PA UINT64_C(0x50000000)
#define NS_BIT (UINT64_C(1) << 5)

static void open_secure(rig *r, const char *more)
{
	iom_smmu_config c;

	rig_config(&c, "default", "S_IDR1.SECURE_IMPL=1", "S_IDR1.SEL2=1", "S_IDR0.MSI=1", NULL);
	if (more)
		CU_ASSERT_TRUE(iom_smmu_config_set(&c, more, 1, NULL));
	rig_open_reset(r, &c);
	r->space = IOM_SPACE_SECURE;
	rig_enable(r, SMMUEN | EVENTQEN | CMDQEN);
}

static void registers(void)
{
	rig r;

	open_secure(&r, NULL);
	CHECK_EQ(rd(&r, S + CR0ACK), SMMUEN | EVENTQEN | CMDQEN);
	/* Non-secure sees nothing of it, and has its own registers. */
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(rd(&r, S + CR0ACK), 0);
	CHECK_EQ(rd(&r, S + 4), 0);
	wr(&r, S + CR0, 0);
	CHECK_EQ(rd(&r, CR0), 0);
	r.space = IOM_SPACE_SECURE;
	CHECK_EQ(rd(&r, S + CR0), SMMUEN | EVENTQEN | CMDQEN);
	rig_close(&r);
	/* No Secure state: the page is RES0. */
	rig_open_reset(&r, NULL);
	r.space = IOM_SPACE_SECURE;
	wr(&r, S + CR0, 1);
	CHECK_EQ(rd(&r, S + CR0), 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	rig_close(&r);
}

static void streams(void)
{
	uint64_t e[4];
	iom_result res;
	rig r;

	open_secure(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	map(&r, r.ttb[1], VA + 0x1000, PA, 12, AF | USER | NG | NS_BIT);
	res = dma(&r, 1, VA, IOM_READ);
	CHECK_EQ(res.status, IOM_OK);
	CHECK_EQ(res.space, IOM_SPACE_SECURE);
	CHECK_EQ(dma(&r, 1, VA + 0x1000, IOM_READ).space, IOM_SPACE_NONSECURE);
	/* A Secure event goes to the Secure queue. */
	CHECK_EQ(dma(&r, 9, VA, IOM_READ).fault.code, 0x04);
	CU_ASSERT_TRUE(event(&r, e));
	CHECK_EQ(e[0], UINT64_C(0x900000004));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_S_EVENTQ], 1);
	cmd(&r, CMD_SYNC(1));
	CHECK_EQ(r.irqs[IOM_SMMU_IRQ_S_CMD_SYNC], 1);
	rig_close(&r);
}

/* SIF: instructions of a Secure stream do not come from Non-secure memory. */
static void sif(void)
{
	rig r;

	open_secure(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG | NS_BIT);
	CHECK_EQ(dma(&r, 1, VA, IOM_EXECUTE).status, IOM_OK);
	CHECK_EQ(dma(&r, 1, VA, IOM_EXECUTE).status, IOM_OK);
	wr(&r, S + CR0, SMMUEN | EVENTQEN | CMDQEN | 0x20);
	CHECK_EQ(dma(&r, 1, VA, IOM_EXECUTE).fault.code, 0x13);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	rig_close(&r);
}

static void stall_disabled(void)
{
	rig r;

	open_secure(&r, NULL);
	wr(&r, S + CR0, SMMUEN | EVENTQEN | CMDQEN | 0x200); /* NSSTALLD */
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(rd(&r, 0) >> 24 & 3, 1);
	r.space = IOM_SPACE_SECURE;
	wr(&r, S + CR0, SMMUEN | EVENTQEN | CMDQEN);
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(rd(&r, 0) >> 24 & 3, 0);
	rig_close(&r);
}

/* Commands of one state leave the other's translations. */
static void commands(void)
{
	rig r;

	open_secure(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	r.space = IOM_SPACE_NONSECURE;
	r.cmd_prod = 0;
	wr64(&r, STRTAB_BASE, STRTAB);
	wr(&r, STRTAB_BASE_CFG, 8);
	wr(&r, CR0, SMMUEN);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	r.space = IOM_SPACE_SECURE;
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
	cmd(&r, CMD_NH_ALL(0)); /* Secure regime */
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	r.space = IOM_SPACE_SECURE;
	cmd(&r, CMD_NSNH_ALL); /* Non-secure, from the Secure queue */
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	/* SSec chooses whose stream configuration goes. */
	stream_word(&r, 1, 0, 0xe, 0);
	r.space = IOM_SPACE_SECURE;
	cmd(&r, 0x03 | UINT64_C(1) << 32, 1); /* SSec 0: Non-secure */
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_OK);
	r.space = IOM_SPACE_NONSECURE;
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	r.space = IOM_SPACE_SECURE;
	cmd(&r, 0x03 | 1 << 10 | UINT64_C(1) << 32, 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).status, IOM_ABORT);
	rig_close(&r);
}

/* EL3: STRW 0b01, no ASID, its own commands. */
static void el3(void)
{
	rig r;

	open_secure(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	stream_word(&r, 1, 1, UINT64_C(3) << 30, UINT64_C(1) << 30);
	map(&r, r.ttb[1], VA, PA, 12, AF); /* no USER: one privilege */
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF);
	cmd(&r, CMD_NH_ALL(0));
	cmd(&r, 0x50, 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	cmd(&r, 0x1a, VA | 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	map(&r, r.ttb[1], VA, PA, 12, AF);
	cmd(&r, 0x18, 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	CHECK_EQ(rd(&r, S + GERROR), 0);
	rig_close(&r);
}

/* Non-secure EL2 and EL2-E2H with their commands. */
static void el2(void)
{
	for (unsigned e2h = 0; e2h < 2; e2h++) {
		rig r;

		rig_open_reset(&r, NULL);
		rig_enable(&r, 0);
		wr(&r, CR2, 2 | e2h);
		wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
		stream_s1(&r, 1, 7, 0);
		stream_word(&r, 1, 1, 0, UINT64_C(2) << 30);
		map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
		map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
		cmd(&r, CMD_NSNH_ALL);
		cmd(&r, CMD_NH_ASID(0, 7));
		cmd(&r, 0x22 | UINT64_C(8) << 48, (VA + 0x1000) | 1);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
		/* E2H: another ASID does not match; EL2 ignores the ASID. */
		cmd(&r, 0x22 | UINT64_C(8) << 48, VA | 1);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, e2h ? PA : PA + 0x1000);
		cmd(&r, 0x22 | UINT64_C(7) << 48, VA | 1);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
		map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
		cmd(&r, 0x21 | UINT64_C(7) << 48, 0);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, e2h ? PA : PA + 0x1000);
		map(&r, r.ttb[1], VA, PA + 0x2000, 12, AF | USER | NG);
		cmd(&r, 0x20, 0);
		CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x2000);
		rig_close(&r);
	}
}

/* Where EL2 has no ASID its field is ignored, also the half that 8-bit ASIDs leave out. */
static void el2_ignores_wide_asids(void)
{
	iom_smmu_config c;
	rig r;

	rig_config(&c, "default", "ASID16=0", NULL);
	rig_open_reset(&r, &c);
	rig_enable(&r, 0);
	wr(&r, CR2, 2);
	wr(&r, CR0, SMMUEN | EVENTQEN | CMDQEN);
	stream_s1(&r, 1, 7, 0);
	stream_word(&r, 1, 1, 0, UINT64_C(2) << 30);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
	cmd(&r, 0x22 | UINT64_C(0x1234) << 48, VA | 1);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	CHECK_EQ(rd(&r, GERROR), 0);
	rig_close(&r);
}

static void ats_is_refused(void)
{
	rig r;

	open_secure(&r, NULL);
	CHECK_EQ(ats(&r, 1, VA, 0).response, IOM_RESPONSE_UR);
	CHECK_EQ(events_waiting(&r), 1);
	rig_close(&r);
}

/* INV_ALL drops everything of every state. */
static void inv_all(void)
{
	rig r;

	open_secure(&r, NULL);
	stream_s1(&r, 1, 1, 0);
	map(&r, r.ttb[1], VA, PA, 12, AF | USER | NG);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	map(&r, r.ttb[1], VA, PA + 0x1000, 12, AF | USER | NG);
	wr(&r, S + 0x3c, 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA);
	wr(&r, S + 0x3c, 1);
	CHECK_EQ(rd(&r, S + 0x3c), 0);
	CHECK_EQ(dma(&r, 1, VA, IOM_READ).address, PA + 0x1000);
	rig_close(&r);
}

static const iom_test tests[] = {
	{ "registers", registers },
	{ "streams", streams },
	{ "SIF", sif },
	{ "NSSTALLD", stall_disabled },
	{ "commands of each state", commands },
	{ "EL3", el3 },
	{ "EL2 and EL2-E2H", el2 },
	{ "EL2 ignores wide ASIDs", el2_ignores_wide_asids },
	{ "ATS", ats_is_refused },
	{ "INV_ALL", inv_all },
	{ 0 },
};
const iom_suite smmu_secure_suite = { "secure", tests };
