/* SPDX-License-Identifier: MIT */
/* ats_pri.tsv, ats_translation_request: what becomes of a translation request. */
#include "rows.h"
#include "smmu/smmu.h"

#include <string.h>

enum { BAD_SID, STE_FETCH, BAD_STE, VMS_FETCH, BAD_SSID, DISABLED, WALK_EABT, CD_FETCH, BAD_CD };

#define FIELD(value, lsb) ((uint64_t)(value) << (lsb))

static void secure(const row_case *t, char **cells)
{
	rig *r = smmu_rig_secure();
	iom_dma_answer a;

	(void)t;
	rig_access(r, 0, VA, IOM_READ, 0, &a);
	ROW_CHECK(cells, strcmp(cells[ROW_RESPONSE], "UR") == 0 && a.response == IOM_RESPONSE_UR);
	ROW_CHECK(cells, strcmp(iom_iommu_fault_name(r->iommu, smmu_secure_event(r)),
				"F_BAD_ATS_TREQ") == 0);
	ROW_CHECK(cells, g_str_has_prefix(cells[ROW_EVENT], "F_BAD_ATS_TREQ in the Secure"));
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

static void disabled(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
	r->ops->translation(r, false);
	rig_access(r, 0, VA, IOM_READ, 0, &a);
	row_agrees(cells, r, &a, true);
	rig_free(r);
}

/* MPAM with a stage 1 that takes PARTIDs through the VMS: the VMS must be read. */
static rig *with_vms(uint32_t cr2)
{
	iom_smmu_config config;
	iom_pt s2;
	rig *r;

	iom_smmu_config_init(&config);
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR3.MPAM", 1, NULL));
	config.mpamidr = 63;
	r = smmu_rig(&config, cr2);
	smmu_nest(r, &s2, 1);
	smmu_ste(r, 5, FIELD(0xfffffffffff, 12), FIELD(0x50000, 12));
	smmu_ste(r, 1, 0, FIELD(1, 26));
	iom_memory_inject(r->mem, FIELD(0x50000, 12), 64, true, false, IOM_MEM_ABORT);
	return r;
}

static void spoil(rig *r, int what)
{
	switch (what) {
	case BAD_SID:
		rig_move(r, 0x1234);
		break;
	case STE_FETCH:
		iom_memory_inject(r->mem, r->config, 64, true, false, IOM_MEM_ABORT);
		break;
	case BAD_STE:
		smmu_ste(r, 0, 1, 0);
		break;
	case DISABLED:
		smmu_ste(r, 1, 3, 0);
		break;
	case WALK_EABT:
		iom_memory_inject(r->mem, r->pt[1].root, 4096, true, false, IOM_MEM_ABORT);
		break;
	case CD_FETCH:
		iom_memory_inject(r->mem, r->contexts + 64, 64, true, false, IOM_MEM_ABORT);
		break;
	case BAD_CD:
		smmu_cd(r, 1, 0, UINT64_MAX, 0);
		break;
	default:
		break;
	}
	r->ops->reconfigure(r);
}

/* Recorded only where CR2 says so, for each way that CR2 can be. */
static void would_be(const row_case *t, char **cells)
{
	static const uint32_t ways[] = { 0, CR2_RECINVSID, CR2_REC_CFG_ATS,
					 CR2_RECINVSID | CR2_REC_CFG_ATS };
	bool both = strstr(cells[ROW_EVENT], "RECINVSID==1") != NULL;

	ROW_CHECK(cells, strstr(cells[ROW_EVENT], "only if REC_CFG_ATS==1") != NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
		uint32_t needed = CR2_REC_CFG_ATS | (both ? CR2_RECINVSID : 0u);
		rig *r = t->arg == VMS_FETCH ? with_vms(ways[i]) : smmu_rig(NULL, ways[i]);
		iom_dma dma =
			rig_dma(t->arg == DISABLED || t->arg == BAD_SID ? 0 : 1, VA, IOM_READ, 0);
		iom_dma_answer a;

		rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
		spoil(r, t->arg);
		if (t->arg == BAD_SSID)
			dma.pasid = 9;
		CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_ABORT);
		row_agrees(cells, r, &a, (ways[i] & needed) == needed);
		rig_free(r);
	}
}

static void config(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	smmu_ste(r, 0, 0xe, FIELD(t->arg, 1));
	rig_access(r, 0, VA, IOM_READ, 0, &a);
	row_agrees(cells, r, &a, true);
	rig_free(r);
}

/* EATS 0; 2 without ATSCHK; 3, for there is no DPT. */
static void no_eats(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned way = 0; way < 3; way++) {
		static const uint64_t eats[] = { 0, 2, 3 };
		rig *r = smmu_rig(NULL, 0);
		iom_dma_answer a;
		iom_pt s2;

		if (way == 1)
			smmu_nest(r, &s2, 2);
		smmu_ste(r, 1, FIELD(3, 28), FIELD(eats[way], 28));
		if (way) /* CR0.ATSCHK */
			smmu_set_reg(r, 0x20, 4, smmu_reg(r, 0x20, 4) & ~UINT64_C(16));
		rig_access(r, 0, VA, IOM_READ, 0, &a);
		row_agrees(cells, r, &a, true);
		rig_free(r);
	}
}

/* Every fault of a walk, at either stage: nothing granted, of the size of STU. */
static void walk_faults(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned way = 0; way < 7; way++) {
		rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS | CR2_RECINVSID);
		uint64_t out = way < 3 ? RIG_DATA : IPA_DATA;
		iom_dma_answer a;
		iom_pt s2;

		if (way)
			rig_map(r, 1, VA, out, 0x1000, ALL, 12);
		if (way >= 3)
			smmu_nest(r, &s2, 1);
		switch (way) {
		case 1: /* the access flag */
			rig_change_leaf(r, 1, VA, 0, 1u << 10);
			break;
		case 2: /* an output of more than CD.IPS bits */
			smmu_cd(r, 1, 0, FIELD(7, 32), FIELD(2, 32));
			rig_change_leaf(r, 1, VA, FIELD(1, 44), 0);
			break;
		case 3: /* stage 2: not mapped, of the page, the CD, the first table */
			smmu_s2_leaf(r, &s2, IPA_DATA, 0, 1);
			break;
		case 4:
			smmu_s2_leaf(r, &s2, IPA_DATA, 0, 1u << 10);
			break;
		case 5:
			smmu_s2_leaf(r, &s2, r->contexts, 0, 1);
			break;
		case 6:
			smmu_s2_leaf(r, &s2, r->pt[1].root, 0, 1);
			break;
		default:
			break;
		}
		r->ops->reconfigure(r);
		rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
		rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8002);
		rig_access(r, 1, VA, IOM_READ, 0, &a);
		row_agrees(cells, r, &a, true);
		ROW_CHECK(cells, row_entry(&a).page_lg2 == 14);
		rig_free(r);
	}
}

static void page_permission(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, IOM_READ, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_WRITE, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, a.refusal == IOM_REFUSAL_PAGE && a.permissions == IOM_READ);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	row_agrees(cells, r, &a, true);
	rig_free(r);
}

/* Stage 2 without R for what holds the CD, or the first table. */
static void table_permission(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned way = 0; way < 2; way++) {
		rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
		iom_dma_answer a;
		iom_pt s2;

		rig_map(r, 1, VA, IPA_DATA, 0x1000, ALL, 12);
		smmu_nest(r, &s2, 1);
		/* a page of its own for what may not be read */
		smmu_s2_leaf(r, &s2, way ? r->pt[1].root : r->contexts, 0, 1u << 6);
		rig_access(r, 1, VA, IOM_READ, 0, &a);
		row_agrees(cells, r, &a, true);
		rig_free(r);
	}
}

/* Stage 2 of the page is not looked at: its access flag stays clear with S2HA. */
static void no_stage1(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	uint64_t at, value;
	iom_dma_answer a;
	iom_pt s2;

	(void)t;
	rig_map(r, 1, VA, IPA_DATA, 0x1000, ALL, 12);
	smmu_nest(r, &s2, 1);
	smmu_ste(r, 2, 0, FIELD(1, 56));
	smmu_s2_leaf(r, &s2, IPA_DATA, 0, 1u << 10);
	rig_change_leaf(r, 1, VA, 0, 1u << 6); /* privileged only */
	r->ops->reconfigure(r);
	rig_access(r, 1, VA, IOM_READ, 0, &a);
	row_agrees(cells, r, &a, true);
	CU_ASSERT_TRUE(iom_pt_leaf(&s2, IPA_DATA, &at, &value));
	ROW_CHECK(cells, !(value & 1u << 10));
	/* ... which a request with permission sets */
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	CU_ASSERT_TRUE(iom_pt_leaf(&s2, IPA_DATA, &at, &value));
	ROW_CHECK(cells, value & 1u << 10);
	rig_free(r);
}

static uint64_t root_page(rig *r)
{
	return iom_iommu_mmio_size(r->iommu) - 0x10000;
}

/* RME: a granule of the output that is not Non-secure. */
static void granule(const row_case *t, char **cells)
{
	const uint64_t gpt = UINT64_C(0x70000000);
	iom_smmu_config config;
	iom_dma_answer a;
	rig *r;

	(void)t;
	iom_smmu_config_init(&config);
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR0.RME_IMPL", 1, NULL));
	r = smmu_rig(&config, CR2_REC_CFG_ATS);
	/* 4 GiB protected: GiB 0 any, GiB 1 by a table, the others Non-secure */
	iom_memory_store64(r->mem, gpt, 0xf1);
	iom_memory_store64(r->mem, gpt + 8, (gpt + 0x100000) | 3);
	iom_memory_store64(r->mem, gpt + 16, 0x91);
	iom_memory_store64(r->mem, gpt + 24, 0x91);
	for (unsigned i = 0; i < 0x4000; i++)
		iom_memory_store64(r->mem, gpt + 0x100000 + 8 * i, UINT64_C(0x9999999999999999));
	/* the second page of the data: Realm */
	iom_memory_store64(r->mem, gpt + 0x100000, UINT64_C(0x99999999999999b9));
	iom_iommu_mmio_write(r->iommu, root_page(r) + 0x28, 8, gpt, IOM_SPACE_ROOT);
	iom_iommu_mmio_write(r->iommu, root_page(r) + 0x30, 8, 0, IOM_SPACE_ROOT);
	iom_iommu_mmio_write(r->iommu, root_page(r) + 0x20, 4, 3, IOM_SPACE_ROOT);
	r->ops->reconfigure(r);
	rig_map(r, 1, VA, RIG_DATA, 0x2000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	rig_access(r, 1, VA + 0x1000, IOM_READ, 0, &a);
	row_agrees(cells, r, &a, true);
	rig_free(r);
}

static void skipped_one_stage(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_ats_entry e;
	iom_dma_answer a;

	(void)t;
	smmu_ste(r, 1, 3, 1);
	CHECK_EQ(rig_access(r, 0, VA + 0x40, IOM_WRITE, 0, &a), IOM_OK);
	row_agrees(cells, r, &a, true);
	e = row_entry(&a);
	ROW_CHECK(cells, a.address == VA + 0x40 && e.permissions == ALL && !e.privileged);
	/* the notes: beyond IAS it is a size fault of stage 1 */
	CHECK_EQ(rig_access(r, 0, UINT64_C(1) << 52, IOM_READ, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, a.refusal == IOM_REFUSAL_PAGE && r->ops->next_event(r) == 0);
	rig_free(r);
}

/* Config 0b111 without a PASID and stage 1 skipped: `arg` is EATS. */
static void skipped_of_two(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_ats_entry e;
	iom_dma_answer a;
	iom_pt s2;

	smmu_nest(r, &s2, (unsigned)t->arg);
	smmu_ste(r, 1, 3, 1);
	smmu_s2_leaf(r, &s2, IPA_DATA + 0x1000, 0, 1u << 7); /* read only */
	CHECK_EQ(rig_access(r, 0, IPA_DATA + 0x1008, IOM_READ, 0, &a), IOM_OK);
	e = row_entry(&a);
	row_agrees(cells, r, &a, true);
	ROW_CHECK(cells, e.address == (t->arg == 2 ? IPA_DATA : RIG_DATA) + 0x1000);
	ROW_CHECK(cells, e.permissions == IOM_READ && e.page_lg2 == 12);
	/* where it ends up is the same */
	ROW_CHECK(cells, a.address == RIG_DATA + 0x1008);
	rig_free(r);
}

/* Both stages: the smaller page, permissions of both; an IPA or a PA. */
static void two_stages(const row_case *t, char **cells)
{
	const uint64_t big = UINT64_C(0x7f0000200000);
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_ats_entry e;
	iom_dma_answer a;
	iom_pt s2;

	rig_map(r, 1, VA, IPA_DATA, 0x2000, ALL, 12);
	rig_map(r, 1, big, IPA_DATA, 0x200000, ALL, 21);
	smmu_nest(r, &s2, (unsigned)t->arg);
	smmu_s2_leaf(r, &s2, IPA_DATA + 0x1000, 0, 1u << 7);
	CHECK_EQ(rig_access(r, 1, VA + 0x1010, IOM_READ, 0, &a), IOM_OK);
	row_agrees(cells, r, &a, true);
	e = row_entry(&a);
	ROW_CHECK(cells, e.address == (t->arg == 2 ? IPA_DATA : RIG_DATA) + 0x1000);
	ROW_CHECK(cells, a.address == RIG_DATA + 0x1010);
	ROW_CHECK(cells, e.permissions == IOM_READ);
	/* a block of stage 1 over pages of stage 2 */
	CHECK_EQ(rig_access(r, 1, big + 0x2000, IOM_WRITE, 0, &a), IOM_OK);
	ROW_CHECK(cells, row_entry(&a).page_lg2 == 12 && a.address == RIG_DATA + 0x2000);
	rig_free(r);
}

static void execute_only(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	rig_change_leaf(r, 1, VA, 0, 1u << 6); /* no user data, but UXN is clear */
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ | IOM_EXECUTE, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, strcmp(cells[ROW_RESPONSE], "R=0 W=0 Exe=0") == 0);
	ROW_CHECK(cells, row_entry(&a).permissions == 0 && a.refusal == IOM_REFUSAL_PAGE);
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

/* S and the lowest clear bit of the address; Global is 0. */
static void page_size(const row_case *t, char **cells)
{
	const uint64_t va = UINT64_C(0x7f0000200000), pa = UINT64_C(0x80000000);
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, va, pa, 0x200000, ALL, 21);
	rig_change_leaf(r, 1, va, 0, 1u << 11); /* nG */
	CHECK_EQ(rig_access(r, 1, va + 0x12345, IOM_READ, 0, &a), IOM_OK);
	/* bits 19:12 set, 20 clear, S is bit 11, R and W */
	ROW_CHECK(cells, (a.completion & ~UINT64_C(2)) == (pa | 0xff000 | 0x801));
	rig_free(r);
}

static void hardware_flags(const row_case *t, char **cells)
{
	const uint64_t af = 1u << 10, ro = 1u << 7, dbm = UINT64_C(1) << 51;
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x4000, ALL, 12);
	for (unsigned i = 0; i < 4; i++)
		rig_change_leaf(r, 1, VA + i * 0x1000, i == 3 ? ro : ro | dbm, af);
	/* HA alone: the access flag is set, a clean page has no W */
	smmu_cd(r, 1, 0, 0, FIELD(1, 43));
	CHECK_EQ(rig_access(r, 1, VA, IOM_WRITE, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, row_entry(&a).permissions == IOM_READ);
	ROW_CHECK(cells, (rig_leaf(r, 1, VA) & (af | ro)) == (af | ro));
	/* HD: a write makes it dirty, a request with NW never does, nor one read-only page */
	smmu_cd(r, 1, 0, 0, FIELD(3, 42));
	CHECK_EQ(rig_access(r, 1, VA + 0x1000, IOM_READ, 0, &a), IOM_OK);
	ROW_CHECK(cells, (rig_leaf(r, 1, VA + 0x1000) & (af | ro)) == (af | ro));
	CHECK_EQ(rig_access(r, 1, VA + 0x1000, IOM_WRITE, 0, &a), IOM_OK);
	ROW_CHECK(cells, row_entry(&a).permissions == ALL);
	ROW_CHECK(cells, (rig_leaf(r, 1, VA + 0x1000) & (af | ro)) == af);
	CHECK_EQ(rig_access(r, 1, VA + 0x3000, IOM_WRITE, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, (rig_leaf(r, 1, VA + 0x3000) & (af | ro)) == (af | ro));
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

static void no_hardware_flags(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	rig_change_leaf(r, 1, VA, 0, 1u << 10);
	rig_access(r, 1, VA, IOM_READ, 0, &a);
	row_agrees(cells, r, &a, true);
	ROW_CHECK(cells, !(rig_leaf(r, 1, VA) & 1u << 10));
	/* AFFD: as if it were set */
	smmu_cd(r, 1, 0, 0, FIELD(1, 35));
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	rig_free(r);
}

/* Not write-back and shareable, or split stage: CXL.io. */
static void source_cxl(const row_case *t, char **cells)
{
	(void)t;
	ROW_CHECK(cells, g_str_has_prefix(cells[ROW_RESPONSE], "CXL.io bit set"));
	for (unsigned way = 0; way < 3; way++) {
		rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
		iom_dma_answer a;
		iom_pt s2;

		rig_map(r, 1, VA, way == 2 ? IPA_DATA : RIG_DATA, 0x1000, ALL, 12);
		if (way == 1)
			smmu_cd(r, 1, 3, UINT64_MAX, 0x44);
		if (way == 2)
			smmu_nest(r, &s2, 2);
		CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_CXL, &a), IOM_OK);
		ROW_CHECK(cells, a.cxl_io == (way != 0));
		CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
		ROW_CHECK(cells, a.cxl_io == 0);
		rig_free(r);
	}
}

#define ROW(name, condition, run, arg) \
	{ \
		"ats_translation_request", name, condition, run, arg, NULL \
	}

const row_case rows_requests[] = {
	ROW("Secure stream", NULL, secure, 0),
	ROW("SMMUEN==0", NULL, disabled, 0),
	ROW("StreamID out of range", NULL, would_be, BAD_SID),
	ROW("would be F_STE_FETCH", NULL, would_be, STE_FETCH),
	ROW("would be C_BAD_STE", NULL, would_be, BAD_STE),
	ROW("would be F_VMS_FETCH", NULL, would_be, VMS_FETCH),
	{ "ats_translation_request", "would be F_CFG_CONFLICT", NULL, NULL, 0,
	  "caches of this model never hold two entries for one thing" },
	{ "ats_translation_request", "would be F_TLB_CONFLICT", NULL, NULL, 0, "the same" },
	ROW("would be C_BAD_SUBSTREAMID", NULL, would_be, BAD_SSID),
	ROW("would be F_STREAM_DISABLED", NULL, would_be, DISABLED),
	ROW("would be F_WALK_EABT", NULL, would_be, WALK_EABT),
	ROW("would be F_CD_FETCH", NULL, would_be, CD_FETCH),
	ROW("would be C_BAD_CD", NULL, would_be, BAD_CD),
	ROW("STE.Config==0b000", NULL, config, 0),
	ROW("STE.Config==0b100", NULL, config, 4),
	ROW("effective EATS==0b00", NULL, no_eats, 0),
	ROW("F_TRANSLATION / F_ADDR_SIZE / F_ACCESS", NULL, walk_faults, 0),
	ROW("F_PERMISSION on the page", NULL, page_permission, 0),
	ROW("F_PERMISSION at stage 2", NULL, table_permission, 0),
	ROW("no stage-1 permission at all", NULL, no_stage1, 0),
	ROW("granule protection fault", NULL, granule, 0),
	ROW("stage 1 skipped, Config==0b101", NULL, skipped_one_stage, 0),
	ROW("stage 1 skipped, Config==0b111, full", NULL, skipped_of_two, 1),
	ROW("stage 1 skipped, Config==0b111, split", NULL, skipped_of_two, 2),
	ROW("split-stage normal", NULL, two_stages, 2),
	ROW("full ATS nested", NULL, two_stages, 1),
	ROW("execute-only page", NULL, execute_only, 0),
	ROW("page address of completion", NULL, page_size, 0),
	ROW("HTTU", NULL, hardware_flags, 0),
	ROW("AF==0, no HTTU", NULL, no_hardware_flags, 0),
	ROW("Source-CXL request", NULL, source_cxl, 0),
};
const unsigned n_rows_requests = G_N_ELEMENTS(rows_requests);
