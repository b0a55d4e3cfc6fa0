/* SPDX-License-Identifier: MIT */
/*
 * ats_pri.tsv: ats_permission, what a completion grants, and ats_translated, what
 * becomes of an access with an address that is said to be translated.
 */
#include "rows.h"
#include "smmu/smmu.h"

#include <string.h>

#define FIELD(value, lsb) ((uint64_t)(value) << (lsb))
#define USER (UINT64_C(1) << 6)
#define READ_ONLY (UINT64_C(1) << 7)
#define UXN (UINT64_C(1) << 54)

static unsigned granted(rig *r, unsigned access, unsigned flags)
{
	iom_dma_answer a;

	rig_access(r, 1, VA, access, flags, &a);
	return row_entry(&a).permissions;
}

/* Without a PASID neither privilege nor execution is asked for. */
static void attributes(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	(void)t;
	for (unsigned space = 0; space < 2; space++) {
		rig_map(r, space, VA, RIG_DATA, 0x1000, ALL, 12);
		rig_change_leaf(r, space, VA, 0, USER);
	}
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, !row_entry(&a).privileged && !row_entry(&a).permissions);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ | IOM_EXECUTE, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	ROW_CHECK(cells, row_entry(&a).privileged && row_entry(&a).permissions & IOM_EXECUTE);
	/* R is always asked for, W unless NW */
	ROW_CHECK(cells, row_entry(&a).permissions & IOM_READ);
	rig_free(r);
}

/* STE.PRIVCFG 0b10 and 0b11 override; the completion echoes the request. */
static void privilege(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned privcfg = 0; privcfg < 4; privcfg++) {
		for (unsigned flag = 0; flag <= IOM_DMA_PRIVILEGED; flag++) {
			rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
			bool want = privcfg & 2 ? privcfg & 1 : flag;
			iom_dma_answer a;

			rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
			rig_change_leaf(r, 1, VA, 0, USER);
			smmu_ste(r, 1, FIELD(3, 48), FIELD(privcfg, 48));
			rig_access(r, 1, VA, IOM_READ, flag, &a);
			ROW_CHECK(cells, (row_entry(&a).permissions != 0) == want);
			ROW_CHECK(cells, row_entry(&a).privileged == flag);
			rig_free(r);
		}
	}
}

static void write_permission(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);

	(void)t;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	ROW_CHECK(cells, granted(r, IOM_WRITE, 0) == ALL);
	rig_change_leaf(r, 1, VA, READ_ONLY, 0);
	rig_flush(r, 1, VA, 12);
	ROW_CHECK(cells, granted(r, IOM_WRITE, 0) == IOM_READ);
	/* at the effective privilege: for the privileged only */
	rig_change_leaf(r, 1, VA, 0, READ_ONLY | USER);
	rig_flush(r, 1, VA, 12);
	ROW_CHECK(cells, granted(r, IOM_WRITE, 0) == 0);
	ROW_CHECK(cells, granted(r, IOM_WRITE, IOM_DMA_PRIVILEGED) == ALL);
	rig_free(r);
}

/* INSTCFG `arg`, for each page that can be read, executed, or both. */
static void instruction(const row_case *t, char **cells)
{
	for (unsigned page = 1; page < 4; page++) {
		for (unsigned exe = 0; exe < 2; exe++) {
			rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
			bool readable = page & 1, executable = page & 2, want_r, want_x;
			unsigned got;

			rig_map(r, 1, VA, RIG_DATA, 0x1000, IOM_READ, 12);
			rig_change_leaf(r, 1, VA, executable ? 0 : UXN, readable ? 0 : USER);
			smmu_ste(r, 1, FIELD(3, 50), FIELD(t->arg, 50));
			got = granted(r, IOM_READ | (exe ? IOM_EXECUTE : 0), 0);
			want_r = t->arg == 3 ? executable : readable;
			want_x = exe && (t->arg == 3   ? executable
					 : t->arg == 2 ? readable
						       : readable && executable);
			ROW_CHECK(cells, !(got & IOM_READ) == !want_r);
			ROW_CHECK(cells, !(got & IOM_EXECUTE) == !want_x);
			rig_free(r);
		}
	}
}

/* "R=1 W=0/1 Exe=0": whether the bit may be as it is. */
static bool bit_fits(const char *says, const char *name, bool is)
{
	const char *at = strstr(says, name);

	if (!at)
		return false;
	at += strlen(name);
	return g_str_has_prefix(at, "0/1") || (*at == '1') == is;
}

/*
 * The examples, as they stand: request and page are read from the row. Permission
 * indirection can express each of them.
 */
static void example(const row_case *t, char **cells)
{
	const char *says = cells[ROW_CONDITION];
	bool nw = !strstr(says, "NW=0"), exe = strstr(says, "Exe=1") != NULL;
	unsigned flag = strstr(says, "Priv=1") ? IOM_DMA_PRIVILEGED : 0;
	bool executable = strstr(says, "XN=0") != NULL;
	uint64_t user = strstr(says, "user X only") ? 2
			: strstr(says, "user RW")   ? (executable ? 7 : 5)
						    : (executable ? 3 : 1);
	iom_smmu_config config;
	iom_ats_entry e;
	iom_dma_answer a;
	rig *r;

	(void)t;
	iom_smmu_config_init(&config);
	config.aidr = 4;
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR3.EPAN", 1, NULL));
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR3.MTEPERM", 1, NULL));
	CU_ASSERT_TRUE(iom_smmu_config_set(&config, "IDR3.S1PI", 1, NULL));
	r = smmu_rig(&config, CR2_REC_CFG_ATS);
	smmu_ste(r, 1, 0, FIELD(1, 24)); /* S1PIE */
	smmu_cd(r, 1, 6, UINT64_MAX, user << 3); /* index 1: user, privileged RW */
	smmu_cd(r, 1, 7, UINT64_MAX, 5u << 3);
	smmu_cd(r, 1, 2, 0, FIELD(1, 59)); /* PIE */
	if (!strstr(says, "fault")) {
		rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
		/* the index is in bits 54, 53, 51 and 6 */
		rig_change_leaf(r, 1, VA, USER, UXN | UXN >> 1 | FIELD(1, 51));
	}
	rig_access(r, 1, VA, IOM_READ | (nw ? 0 : IOM_WRITE) | (exe ? IOM_EXECUTE : 0), flag, &a);
	e = row_entry(&a);
	ROW_CHECK(cells, bit_fits(cells[ROW_RESPONSE], "R=", e.permissions & IOM_READ));
	ROW_CHECK(cells, bit_fits(cells[ROW_RESPONSE], "W=", e.permissions & IOM_WRITE));
	ROW_CHECK(cells, bit_fits(cells[ROW_RESPONSE], "Exe=", e.permissions & IOM_EXECUTE));
	ROW_CHECK(cells, e.privileged == (flag != 0));
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	rig_free(r);
}

#define ROW(name, condition, run, arg) \
	{ \
		"ats_permission", name, condition, run, arg, NULL \
	}

const row_case rows_permissions[] = {
	ROW("request attributes", NULL, attributes, 0),
	ROW("effective privilege", NULL, privilege, 0),
	ROW("W granted", NULL, write_permission, 0),
	ROW("R/Exe with INSTCFG incoming", NULL, instruction, 0),
	ROW("R/Exe with INSTCFG Instruction", NULL, instruction, 3),
	ROW("R/Exe with INSTCFG Data", NULL, instruction, 2),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
	ROW("example", NULL, example, 0),
};
const unsigned n_rows_permissions = G_N_ELEMENTS(rows_permissions);

/* ------------------------------------------------------------------------
 * Translated accesses: the device makes the address up
 */
#undef ROW

static void forge(rig *r, unsigned space, uint64_t address, unsigned flags, iom_dma_answer *a)
{
	rig_access(r, space, address, IOM_WRITE, IOM_DMA_TRANSLATED | flags, a);
	CHECK_EQ(a->type, IOM_TRANSLATED);
}

static void secure(const row_case *t, char **cells)
{
	rig *r = smmu_rig_secure();
	iom_dma_answer a;

	(void)t;
	forge(r, 0, RIG_DATA, 0, &a);
	ROW_CHECK(cells, a.status == IOM_ABORT);
	ROW_CHECK(cells, strcmp(iom_iommu_fault_name(r->iommu, smmu_secure_event(r)),
				cells[ROW_EVENT]) == 0);
	rig_free(r);
}

/* What an ATC gave, and then what a row changes. */
static void translated(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS);
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 0, VA, IOM_WRITE, 0, &a), IOM_OK);
	switch (t->arg) {
	case 0:
		break;
	case 1:
		r->ops->translation(r, false);
		break;
	case 2:
		smmu_ste(r, 1, FIELD(3, 28), 0);
		break;
	default: /* STE.Config, 16 more */
		smmu_ste(r, 0, 0xe, FIELD(t->arg - 16, 1));
		break;
	}
	rig_access(r, 0, VA, IOM_WRITE, 0, &a);
	ROW_CHECK(cells, a.cached == 1 && a.type == IOM_TRANSLATED);
	row_agrees(cells, r, &a, true);
	rig_free(r);
}

/* Without ATSCHK no STE is read: an invalid one and a stream that is none pass. */
static void unchecked(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, CR2_REC_CFG_ATS | CR2_RECINVSID);
	iom_dma_answer a;

	(void)t;
	smmu_set_reg(r, 0x20, 4, smmu_reg(r, 0x20, 4) & ~UINT64_C(16));
	smmu_ste(r, 0, 1, 0);
	forge(r, 0, RIG_DATA + 0x120, 0, &a);
	row_agrees(cells, r, &a, true);
	ROW_CHECK(cells, a.address == RIG_DATA + 0x120);
	rig_move(r, 0x1234);
	forge(r, 0, RIG_DATA, 0, &a);
	row_agrees(cells, r, &a, true);
	/* the notes: beyond the output size, an abort without an event */
	forge(r, 0, UINT64_C(1) << 50, 0, &a);
	ROW_CHECK(cells, a.status == IOM_ABORT && r->ops->next_event(r) == 0);
	rig_free(r);
}

/* A rig whose translated accesses keep their PASIDs. */
static rig *with_pasids(uint32_t cr2)
{
	rig_options o;
	rig *r;

	rig_options_init(&o);
	o.cr2 = cr2;
	o.function.translated_pasid = true;
	r = rig_new(IOM_KIND_SMMUV3, &o);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 0xf);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8000);
	return r;
}

static void spoil(rig *r, unsigned way, iom_dma *dma)
{
	switch (way) {
	case 0:
		rig_move(r, 0x1234);
		break;
	case 1:
		dma->pasid = 9;
		break;
	case 2:
		iom_memory_inject(r->mem, r->config, 64, true, false, IOM_MEM_ABORT);
		break;
	case 3:
		smmu_ste(r, 0, 1, 0);
		break;
	case 4:
		smmu_ste(r, 1, 3, 0);
		break;
	default:
		break;
	}
	r->ops->reconfigure(r);
}

/* That event, with REC_CFG_ATS; RECINVSID does not matter. */
static void configuration(const row_case *t, char **cells)
{
	static const char *const events[] = { "C_BAD_STREAMID", "C_BAD_SUBSTREAMID", "F_STE_FETCH",
					      "C_BAD_STE", "F_STREAM_DISABLED" };

	(void)t;
	ROW_CHECK(cells, g_str_has_prefix(cells[ROW_EVENT], "that event only if REC_CFG_ATS==1"));
	for (unsigned way = 0; way < G_N_ELEMENTS(events); way++) {
		ROW_CHECK(cells, strstr(cells[ROW_CONDITION], events[way]) != NULL);
		for (unsigned cr2 = 0; cr2 <= CR2_REC_CFG_ATS; cr2 += CR2_REC_CFG_ATS) {
			rig *r = with_pasids(cr2);
			/* PASID 0 is the one that S1DSS 0b10 disables */
			iom_dma dma = rig_dma(1, RIG_DATA, IOM_WRITE, IOM_DMA_TRANSLATED);
			iom_dma_answer a;
			unsigned event;

			if (way == 4) {
				dma.pasid = 0;
				spoil(r, 5, &dma);
			} else {
				spoil(r, way, &dma);
			}
			CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_ABORT);
			event = r->ops->next_event(r);
			ROW_CHECK(cells, cr2 ? g_strcmp0(iom_iommu_fault_name(r->iommu, event),
							 events[way]) == 0
					     : event == 0);
			rig_free(r);
		}
	}
}

/* Split stage: the address is an IPA, with faults like those of any other access. */
static void split(const row_case *t, char **cells)
{
	rig *r = smmu_rig(NULL, 0);
	iom_dma_answer a;
	uint64_t w[4];
	iom_pt s2;

	(void)t;
	rig_map(r, 1, VA, IPA_DATA, 0x1000, ALL, 12);
	smmu_nest(r, &s2, 2);
	CHECK_EQ(rig_access(r, 1, VA + 0x30, IOM_WRITE, 0, &a), IOM_OK);
	ROW_CHECK(cells, a.address == RIG_DATA + 0x30 && a.type == IOM_TRANSLATED);
	ROW_CHECK(cells, r->ops->next_event(r) == 0);
	/* beyond IAS: F_ADDR_SIZE with S2 clear */
	forge(r, 0, UINT64_C(1) << 50, 0, &a);
	ROW_CHECK(cells, a.status == IOM_ABORT && smmu_event(r, w));
	ROW_CHECK(cells, (w[0] & 0xff) == 0x11 && !(w[1] >> 39 & 1));
	/* stage 2 was taken away: F_TRANSLATION, S2 set */
	smmu_s2_leaf(r, &s2, IPA_DATA, 0, 1);
	CHECK_EQ(rig_access(r, 1, VA + 0x30, IOM_WRITE, 0, &a), IOM_ABORT);
	ROW_CHECK(cells, a.cached == 1 && smmu_event(r, w));
	ROW_CHECK(cells, (w[0] & 0xff) == 0x10 && w[1] >> 39 & 1);
	rig_free(r);
}

/* A record of a translated access tells its PASID only where the access had one. */
static void told(const row_case *t, char **cells)
{
	(void)t;
	for (unsigned keeps = 0; keeps < 2; keeps++) {
		rig *r = keeps ? with_pasids(0) : smmu_rig(NULL, 0);
		iom_dma_answer a;
		uint64_t w[4];
		iom_pt s2;

		smmu_nest(r, &s2, 2);
		forge(r, 1, IPA_DATA + 0x100000, IOM_DMA_PRIVILEGED, &a);
		ROW_CHECK(cells, a.status == IOM_ABORT && smmu_event(r, w));
		/* SSV is bit 11, PnU bit 33 and InD bit 34 of the second word */
		ROW_CHECK(cells, (w[0] >> 11 & 1) == keeps);
		ROW_CHECK(cells, (w[1] >> 33 & 1) == keeps && !(w[1] >> 34 & 1));
		rig_free(r);
	}
}

/* Two things wrong at once: the earlier one of the row's list is reported. */
static void order(const row_case *t, char **cells)
{
	static const struct {
		unsigned sooner, later; /* ways of spoil(); 6 is EATS 0 */
		const char *event;
	} pairs[] = {
		{ 2, 1, "F_STE_FETCH" },
		{ 3, 6, "C_BAD_STE" },
		{ 6, 1, "F_TRANSL_FORBIDDEN" },
	};

	(void)t;
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char *list = cells[ROW_CONDITION],
			   *other = i == 1 ? "F_TRANSL_FORBIDDEN" : "C_BAD_SUBSTREAMID";
		rig *r = with_pasids(CR2_REC_CFG_ATS | CR2_RECINVSID);
		iom_dma dma = rig_dma(1, RIG_DATA, IOM_WRITE, IOM_DMA_TRANSLATED);
		iom_dma_answer a;

		ROW_CHECK(cells, strstr(list, pairs[i].event) < strstr(list, other));
		for (unsigned k = 0; k < 2; k++) {
			unsigned way = k ? pairs[i].later : pairs[i].sooner;

			if (way == 6)
				smmu_ste(r, 1, FIELD(3, 28), 0);
			else
				spoil(r, way, &dma);
		}
		CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_ABORT);
		ROW_CHECK(cells, g_strcmp0(iom_iommu_fault_name(r->iommu, r->ops->next_event(r)),
					   pairs[i].event) == 0);
		rig_free(r);
	}
}

#define ROW(name, run, arg) \
	{ \
		"ats_translated", name, NULL, run, arg, NULL \
	}

const row_case rows_translated[] = {
	ROW("Secure stream", secure, 0),
	ROW("SMMUEN==0", translated, 1),
	ROW("ATSCHK==0 (NS)", unchecked, 0),
	ROW("configuration error", configuration, 0),
	ROW("STE.Config==0b000", translated, 16),
	ROW("STE.Config==0b100", translated, 20),
	ROW("effective EATS==0b00", translated, 2),
	ROW("EATS==0b01", translated, 0),
	ROW("EATS==0b10", split, 0),
	{ "ats_translated", "EATS==0b11", NULL, NULL, 0,
	  "this model has no Device Permission Table: IDR3.DPT is 0 and cannot be set" },
	ROW("attributes", told, 0),
	{ "ats_translated", "F_UUT condition", NULL, NULL, 0,
	  "this model supports every upstream transaction" },
	ROW("event order", order, 0),
};
const unsigned n_rows_translated = G_N_ELEMENTS(rows_translated);
