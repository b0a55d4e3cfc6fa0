/* SPDX-License-Identifier: MIT */
/* What rows of ats_pri.tsv need of an SMMUv3, and the test of the whole table. */
#include "rows.h"
#include "smmu/smmu.h"

#include <string.h>

#define POOL UINT64_C(0x10000000)
#define POOL_SIZE UINT64_C(0x10000000)
#define SECURE_QUEUE UINT64_C(0x30000000)

enum { S_CR0 = 0x8020, S_CR1 = 0x8028, S_EVENTQ_BASE = 0x80a0, S_EVENTQ_PROD = 0x80a8 };

rig *smmu_rig(const void *config, uint32_t cr2)
{
	rig_options o;

	rig_options_init(&o);
	o.model = config;
	o.cr2 = cr2;
	return rig_new(IOM_KIND_SMMUV3, &o);
}

rig *smmu_rig_secure(void)
{
	iom_smmu_config config;
	rig_options o;
	rig *r;

	iom_smmu_config_init(&config);
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "S_IDR1.SECURE_IMPL", 1, NULL));
	rig_options_init(&o);
	o.model = &config;
	o.iommu_space = IOM_SPACE_SECURE;
	r = rig_new(IOM_KIND_SMMUV3, &o);
	iom_iommu_mmio_write(r->iommu, S_CR1, 4, 0xd75, IOM_SPACE_SECURE);
	iom_iommu_mmio_write(r->iommu, S_EVENTQ_BASE, 8, SECURE_QUEUE | 4, IOM_SPACE_SECURE);
	/* SMMUEN, EVENTQEN */
	iom_iommu_mmio_write(r->iommu, S_CR0, 4, 5, IOM_SPACE_SECURE);
	return r;
}

unsigned smmu_secure_event(rig *r)
{
	uint64_t word = 0;

	if (iom_iommu_mmio_read(r->iommu, S_EVENTQ_PROD, 4, IOM_SPACE_SECURE) != 1)
		return 0;
	iom_memory_load64(r->mem, SECURE_QUEUE, &word);
	return word & 0xff;
}

uint64_t smmu_reg(rig *r, uint64_t at, unsigned size)
{
	return iom_iommu_mmio_read(r->iommu, at, size, IOM_SPACE_NONSECURE);
}

void smmu_set_reg(rig *r, uint64_t at, unsigned size, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, at, size, value, IOM_SPACE_NONSECURE);
}

static void change(rig *r, uint64_t at, uint64_t clear, uint64_t set)
{
	uint64_t w;

	iom_memory_load64(r->mem, at, &w);
	iom_memory_store64(r->mem, at, (w & ~clear) | set);
	r->ops->reconfigure(r);
}

void smmu_ste(rig *r, unsigned word, uint64_t clear, uint64_t set)
{
	change(r, r->config + 8 * word, clear, set);
}

void smmu_cd(rig *r, unsigned space, unsigned word, uint64_t clear, uint64_t set)
{
	change(r, r->contexts + space * 64 + 8 * word, clear, set);
}

void smmu_nest(rig *r, iom_pt *s2, unsigned eats)
{
	CU_ASSERT_TRUE_FATAL(iom_pt_init(s2, &r->pool, IOM_PT_ARM_S2, 12, 48));
	CU_ASSERT_TRUE_FATAL(iom_pt_map(s2, POOL, POOL, POOL_SIZE, ALL | IOM_EXECUTE, 21));
	CU_ASSERT_TRUE_FATAL(iom_pt_map(s2, IPA_DATA, RIG_DATA, 0x8000, ALL | IOM_EXECUTE, 12));
	/* S2T0SZ 16, from level 0, write-back, inner shareable, 48 bits, AA64, S2R */
	smmu_ste(r, 2, UINT64_MAX,
		 UINT64_C(16) << 32 | UINT64_C(2) << 38 | UINT64_C(1) << 40 | UINT64_C(1) << 42 |
			 UINT64_C(3) << 44 | UINT64_C(5) << 48 | UINT64_C(1) << 51 |
			 UINT64_C(1) << 58);
	smmu_ste(r, 3, UINT64_MAX, s2->root);
	smmu_ste(r, 1, UINT64_C(3) << 28, (uint64_t)eats << 28);
	smmu_ste(r, 0, 0xe, 7u << 1);
}

void smmu_s2_leaf(rig *r, const iom_pt *s2, uint64_t ipa, uint64_t set, uint64_t clear)
{
	uint64_t at, value;

	CU_ASSERT_TRUE_FATAL(iom_pt_leaf(s2, ipa, &at, &value));
	change(r, at, clear, set);
}

bool smmu_event(rig *r, uint64_t words[4])
{
	/* 128 records; next_event() moves on from the one that is read here */
	uint64_t at = r->eventq + (uint64_t)(r->event_index & 127) * 32;

	for (unsigned i = 0; i < 4; i++)
		iom_memory_load64(r->mem, at + 8 * i, &words[i]);
	return r->ops->next_event(r) != 0;
}

/* What the row says the requester gets, as far as an endpoint sees it. */
static bool response_fits(const char *says, const iom_dma_answer *a)
{
	iom_ats_entry e = row_entry(a);

	if (g_str_has_prefix(says, "UR"))
		return a->status == IOM_ABORT && a->response == IOM_RESPONSE_UR;
	if (g_str_has_prefix(says, "CA"))
		return a->status == IOM_ABORT && a->response == IOM_RESPONSE_CA;
	if (g_str_has_prefix(says, "Success, R=W=0"))
		return a->refusal == IOM_REFUSAL_PAGE && !(e.permissions & ALL) &&
		       a->response == IOM_RESPONSE_SUCCESS;
	if (g_str_has_prefix(says, "Success"))
		return a->status == IOM_OK && e.permissions & ALL && !e.untranslated_only;
	if (g_str_has_prefix(says, "abort"))
		return a->status == IOM_ABORT && a->type == IOM_TRANSLATED;
	if (g_str_has_prefix(says, "pass"))
		return a->status == IOM_OK && a->type == IOM_TRANSLATED;
	return false;
}

void row_agrees(char **cells, rig *r, const iom_dma_answer *a, bool recorded)
{
	unsigned event = r->ops->next_event(r);
	const char *name = event ? iom_iommu_fault_name(r->iommu, event) : "none";

	if (!response_fits(cells[ROW_RESPONSE], a)) {
		g_printerr("status %u response %u refusal %u completion %" G_GINT64_MODIFIER
			   "x; the table: %s\n",
			   a->status, a->response, a->refusal, a->completion, cells[ROW_RESPONSE]);
		row_fail(cells, "response");
	}
	if (recorded ? !g_str_has_prefix(cells[ROW_EVENT], name) : event != 0) {
		g_printerr("event %s; the table: %s\n", name, cells[ROW_EVENT]);
		row_fail(cells, "event");
	}
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
}

/* ats_pri.tsv: all of it. */
static void whole_table(void)
{
	static const row_case others[] = {
		{ "stall", "CMD_RESUME", "matching", NULL, 0,
		  "no PCI Express requester is stalled: row \"PCIe streams\"" },
		{ "stall", "CMD_RESUME mismatch", NULL, NULL, 0, "the same" },
		{ "stall", "CMD_STALL_TERM", NULL, NULL, 0, "the same" },
		{ "stall", "STAG reuse", NULL, NULL, 0, "the same" },
		{ "stall", "STALL_MAX", NULL, NULL, 0, "the same" },
		{ "stall", "PCIe streams", NULL, NULL, 0, "a rule for software" },
	};
	rows *t = rows_open("smmuv3/ats_pri.tsv");

	rows_run(t, rows_requests, n_rows_requests);
	rows_run(t, rows_permissions, n_rows_permissions);
	rows_run(t, rows_translated, n_rows_translated);
	rows_run(t, rows_pri, n_rows_pri);
	rows_run(t, others, G_N_ELEMENTS(others));
	rows_close(t, 87, 10);
}

static const iom_test tests[] = {
	{ "ats_pri.tsv, every row", whole_table },
	{ 0 },
};
const iom_suite rows_smmu_suite = { "rows-smmu", tests };
