/* SPDX-License-Identifier: MIT */
/* Protected memory, performance counters, commands, memory types. */
#include "tests/vtd/rig.h"
#include "tests/vtd/suites.h"

static void protected_memory(void)
{
	rig *r = rig_new(NULL);

	rig_write(r, R_PLMBASE, 0x200000);
	rig_write(r, R_PLMLIMIT, 0x400000); /* to 5fffffh */
	rig_write64(r, R_PHMBASE, UINT64_C(0x1000000000));
	rig_write64(r, R_PHMLIMIT, UINT64_C(0x1000000000));
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x200000).status, IOM_OK);
	rig_write(r, R_PMEN, 1u << 31);
	CHECK_EQ(rig_read(r, R_PMEN), 1u << 31 | 1);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1ffff0).status, IOM_OK);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x1ffffc).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_READ, 0x200000).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, 0x5ffff8).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, 0x600000).status, IOM_OK);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, UINT64_C(0x10001fffff)).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, 1, IOM_NO_PASID, IOM_WRITE, UINT64_C(0x1000200000)).status, IOM_OK);
	/* with translation on, the address that comes out counts; nothing is recorded */
	uint64_t ss = rig_table(r);

	rig_context(r, RIG_SID, ss, 0, 5);
	rig_map(r, ss, RIG_VA, 0x300000, 1, 3, 3);
	rig_map(r, ss, 0x300000, 0x900000, 1, 3, 3);
	rig_legacy(r);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_ABORT);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, 0x300000).status, IOM_OK);
	CHECK_EQ(rig_read(r, R_FSTS), 0);
	/* a limit below the base protects nothing */
	rig_write(r, R_PLMLIMIT, 0);
	CHECK_EQ(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).status, IOM_OK);
	rig_write(r, R_PMEN, 0);
	CHECK_EQ(rig_read(r, R_PMEN), 0);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Performance counters
 */
static unsigned config_of(rig *r, unsigned counter)
{
	return rig_read(r, 0x310) + 0x100 * counter;
}

static unsigned value_of(rig *r, unsigned counter)
{
	return rig_read(r, 0x31c) + 0x400 * counter;
}

static unsigned command(rig *r, unsigned cmd, unsigned operand)
{
	rig_write64(r, R_ECMD, cmd | (uint64_t)operand << 16);
	return (unsigned)rig_read64(r, R_ECRSP) >> 1 & 0x7f;
}

#define EVENT(group, bit) ((uint64_t)(bit) << 32 | (group) << 8)

static rig *counting(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss = rig_table(r);

	rig_context(r, 0x10, ss, 0, 5);
	rig_context(r, 0x18, ss, 0, 5);
	rig_map(r, ss, RIG_VA, 0x500000, 1, 3, 3);
	rig_legacy(r);
	return r;
}

static void counters_count(void)
{
	rig *r = counting();

	rig_write64(r, config_of(r, 0), EVENT(0, 2)); /* requests */
	rig_write64(r, config_of(r, 1), EVENT(3, 2)); /* IOTLB hits */
	rig_write64(r, config_of(r, 2), EVENT(0, 2));
	rig_write(r, config_of(r, 2) + 8, 1u << 31 | 0x18); /* of one requester */
	for (unsigned c = 0; c < 3; c++)
		CHECK_EQ(command(r, 240, c), 0);
	CHECK_EQ(rig_read64(r, config_of(r, 0)) & 1, 1);
	rig_write64(r, config_of(r, 0), 0); /* locked while it counts */
	CHECK_EQ(rig_read64(r, config_of(r, 0)), EVENT(0, 2) | 1);
	for (unsigned i = 0; i < 10; i++)
		rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	for (unsigned i = 0; i < 4; i++)
		rig_dma(r, 0x18, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 14);
	CHECK_EQ(rig_read64(r, value_of(r, 1)), 13);
	CHECK_EQ(rig_read64(r, value_of(r, 2)), 4);
	/* Who only looks is no traffic. */
	for (unsigned i = 0; i < 3; i++) {
		iom_request look = { .address = RIG_VA + i * 0x100000,
				     .requester = 0x18,
				     .pasid = IOM_NO_PASID,
				     .access = IOM_READ };
		iom_result found;

		iom_iommu_inspect(r->unit, &look, &found);
		CHECK_EQ(found.status, i ? IOM_ABORT : IOM_OK);
	}
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 14);
	CHECK_EQ(rig_read64(r, value_of(r, 1)), 13);
	CHECK_EQ(rig_read64(r, value_of(r, 2)), 4);
	CHECK_EQ(command(r, 244, 0), 0); /* freeze */
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 14);
	CHECK_EQ(command(r, 245, 0), 0);
	CHECK_EQ(command(r, 241, 1), 0);
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 15);
	CHECK_EQ(rig_read64(r, value_of(r, 1)), 13);
	CHECK_EQ(command(r, 243, 0), 0);
	CHECK_EQ(rig_read64(r, value_of(r, 1)), 0);
	CHECK_EQ(command(r, 242, 0), 0);
	CHECK_EQ(rig_read64(r, config_of(r, 0)), 0);
	rig_free(r);
}

/* 11.4.13.20 to 22: reads of one level of the tables, and what a counter can do. */
static void counters_by_level(void)
{
	rig *r = counting();

	for (unsigned c = 0; c < 3; c++) {
		rig_write64(r, config_of(r, c), EVENT(1, 1)); /* memory reads */
		rig_write(r, config_of(r, c) + 0x18, c ? 1u << 31 | (c == 1 ? 1 : 0xc) : 0);
		CHECK_EQ(command(r, 240, c), 0);
	}
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 4);
	CHECK_EQ(rig_read64(r, value_of(r, 1)), 1); /* PTE */
	CHECK_EQ(rig_read64(r, value_of(r, 2)), 2); /* PDPE and PML4E */
	CHECK_EQ(rig_read(r, config_of(r, 7) + 0x80), 5u << 28 | 3 << 16 | 48 << 8 | 1);
	CHECK_EQ(rig_read(r, config_of(r, 7) + 0x84), 0x0a);
	CHECK_EQ(rig_read(r, config_of(r, 7) + 0x84 + 4 * 3), 3u << 28 | 3);
	rig_write(r, config_of(r, 7) + 0x80, 0);
	CHECK_EQ(rig_read(r, config_of(r, 7) + 0x80) & 1, 1);
	rig_free(r);
}

static void counters_overflow(void)
{
	rig *r = counting();

	rig_write(r, 0x330, 0xfee09000);
	rig_write(r, 0x32c, 0x88);
	rig_write(r, 0x328, 0);
	rig_write64(r, config_of(r, 0), EVENT(0, 2) | 1 << 2 | 1 << 1); /* freeze, interrupt */
	rig_write64(r, value_of(r, 0), UINT64_MAX);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), UINT64_C(0xffffffffffff)); /* 48 bits */
	CHECK_EQ(command(r, 240, 0), 0);
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 0);
	CHECK_EQ(rig_read64(r, rig_read(r, 0x318)), 1);
	CHECK_EQ(rig_read64(r, rig_read(r, 0x314)), 0xff);
	CHECK_EQ(rig_read(r, 0x324), 1);
	CHECK_EQ(r->n_msi, 1);
	CHECK_EQ(r->msi[0].address, 0xfee09000);
	CHECK_EQ(r->msi[0].data, 0x88);
	rig_dma(r, 0x10, IOM_NO_PASID, IOM_READ, RIG_VA);
	CHECK_EQ(rig_read64(r, value_of(r, 0)), 0); /* frozen */
	rig_write64(r, rig_read(r, 0x318), 1);
	rig_write(r, 0x324, 1);
	CHECK_EQ(rig_read64(r, rig_read(r, 0x318)), 0);
	CHECK_EQ(rig_read(r, 0x324), 0);
	rig_free(r);
}

static void bad_commands(void)
{
	rig *r = counting();

	CHECK_EQ(command(r, 240, 8), 16);
	CHECK_EQ(command(r, 241, 99), 16);
	CHECK_EQ(command(r, 1, 0), 1);
	CHECK_EQ(command(r, 250, 0), 1);
	rig_write64(r, config_of(r, 0), EVENT(9, 1)); /* no such group */
	CHECK_EQ(command(r, 240, 0), 16);
	rig_write64(r, config_of(r, 0), EVENT(0, 1 << 20)); /* no such event */
	CHECK_EQ(command(r, 240, 0), 16);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * Virtual commands
 */
static void virtual_commands_on(iom_vtd_config *c)
{
	iom_vtd_config_set(c, "ECAP.VCS", 1, NULL);
	iom_vtd_config_set(c, "ECAP.PSS", 3, NULL);
}

static uint64_t virtual_command(rig *r, uint64_t word)
{
	rig_write64(r, R_VCMD, word);
	return rig_read64(r, R_VCRSP);
}

static void virtual_commands(void)
{
	rig *r = rig_new(virtual_commands_on);

	CHECK_EQ(rig_read64(r, 0xe30), 7);
	CHECK_EQ(virtual_command(r, 0), 0);
	for (uint64_t i = 1; i < 16; i++)
		CHECK_EQ(virtual_command(r, 1), i << 16);
	CHECK_EQ(virtual_command(r, 1), 16 << 1); /* none left */
	CHECK_EQ(virtual_command(r, 2 | 9 << 16), 0);
	CHECK_EQ(virtual_command(r, 2 | 9 << 16), 16 << 1); /* not given out */
	CHECK_EQ(virtual_command(r, 1), 9 << 16);
	CHECK_EQ(virtual_command(r, 77), 1 << 1);
	rig_free(r);
	r = rig_new(NULL);
	CHECK_EQ(virtual_command(r, 1), 0);
	CHECK_EQ(rig_read64(r, R_VCMD), 0);
	rig_free(r);
}

/* ------------------------------------------------------------------------
 * 3.11 Memory types
 */
static uint8_t type_of(rig *r, uint32_t pasid, uint64_t address)
{
	iom_result result = rig_dma(r, RIG_SID, pasid, IOM_READ, address);

	CHECK_EQ(result.status, IOM_OK);
	return result.memtype;
}

static void memory_types(void)
{
	rig *r = rig_new(NULL);
	uint64_t fs = rig_table(r), ss = rig_table(r);
	/* PA0 WB, PA1 WT, PA2 UC-, PA3 UC, PA4 WC */
	uint64_t pat = UINT64_C(0x10746) << 32;

	rig_scalable(r);
	rig_sm_context(r, RIG_SID, 1 << 3, 0);
	rig_pasid(r, 1, PGTT_FIRST, fs, 0, 5, 0);
	rig_pasid_bits(r, 1, pat, 0);
	rig_pasid(r, 2, PGTT_SECOND, 0, ss, 6, 0);
	rig_pasid_bits(r, 2, 1 << 26, 0); /* EMTE */
	rig_pasid(r, 3, PGTT_SECOND, 0, ss, 6, 0);
	rig_pasid_bits(r, 3, 1 << 25, 0); /* CD */
	rig_map(r, fs, RIG_VA, 0x500000, 1, 0x67, 0x27);
	rig_map(r, fs, RIG_VA + 0x1000, 0x501000, 1, 0x67 | 1 << 3, 0x27);
	rig_map(r, fs, RIG_VA + 0x2000, 0x502000, 1, 0x67 | 1 << 7, 0x27);
	rig_map(r, ss, RIG_VA, 0x500000, 1, 3 | 4 << 3, 3);
	/* without MTRRs everything is uncached, but for what PAT makes WC */
	CHECK_EQ(type_of(r, 1, RIG_VA), IOM_MEM_DEVICE_nGnRnE);
	CHECK_EQ(type_of(r, 1, RIG_VA + 0x2000), IOM_MEM_NORMAL_NC);
	rig_write64(r, 0x108, 1 << 11 | 6);
	CHECK_EQ(type_of(r, 1, RIG_VA), IOM_MEM_NORMAL_WB);
	CHECK_EQ(type_of(r, 1, RIG_VA + 0x1000), IOM_MEM_NORMAL_WT);
	/* a variable range: 4 to 6 MiB uncached */
	rig_write64(r, 0x180, 0x400000);
	rig_write64(r, 0x188, (UINT64_C(0x3fffffffffff) & ~UINT64_C(0x1fffff)) | 1 << 11);
	CHECK_EQ(type_of(r, 1, RIG_VA), IOM_MEM_DEVICE_nGnRnE);
	CHECK_EQ(type_of(r, 2, RIG_VA), IOM_MEM_NORMAL_WT);
	CHECK_EQ(type_of(r, 3, RIG_VA), IOM_MEM_DEVICE_nGnRnE);
	rig_free(r);
}

static void snooping(void)
{
	rig *r = rig_new(NULL);
	uint64_t ss = rig_table(r);

	rig_context(r, RIG_SID, ss, 1, 5);
	rig_map(r, ss, RIG_VA, 0x500000, 1, 3 | 1 << 11, 3);
	rig_map(r, ss, RIG_VA + 0x1000, 0x501000, 1, 3, 3);
	rig_legacy(r);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA).flags &
			       IOM_RES_SNOOP);
		CU_ASSERT_FALSE(rig_dma(r, RIG_SID, IOM_NO_PASID, IOM_READ, RIG_VA + 0x1000).flags &
				IOM_RES_SNOOP);
	}
	/* the N bit of a completion */
	CU_ASSERT_TRUE(rig_ats(r, RIG_SID, IOM_NO_PASID, RIG_VA, 0).flags & IOM_RES_NO_SNOOP);
	CU_ASSERT_FALSE(rig_ats(r, RIG_SID, IOM_NO_PASID, RIG_VA + 0x1000, 0).flags &
			IOM_RES_NO_SNOOP);
	rig_free(r);
}

static const iom_test tests[] = {
	{ "protected memory", protected_memory },
	{ "performance counters count", counters_count },
	{ "performance counters by level", counters_by_level },
	{ "performance counters overflow", counters_overflow },
	{ "bad enhanced commands", bad_commands },
	{ "virtual commands", virtual_commands },
	{ "memory types", memory_types },
	{ "snooping", snooping },
	{ 0 },
};

const iom_suite beside_suite = { "beside", tests };
