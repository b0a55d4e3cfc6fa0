/* SPDX-License-Identifier: MIT */
/* structures.tsv and register_fields.tsv against the layouts, bit by bit. */
#include "tests/conformance/vtd-tables.h"
#include "vtd/layouts/caps.h"
#include "vtd/layouts/descriptors.h"
#include "vtd/layouts/entries.h"
#include "vtd/layouts/interrupts.h"
#include "vtd/layouts/pages.h"
#include "vtd/layouts/registers.h"

#include <string.h>

static const iom_layout *const layouts[] = {
	&vtd_root_entry_layout,
	&vtd_sm_root_entry_layout,
	&vtd_context_entry_layout,
	&vtd_sm_context_entry_layout,
	&vtd_pasid_dir_entry_layout,
	&vtd_pasid_table_entry_layout,
	&vtd_hptl4e_layout,
	&vtd_hptl3e_layout,
	&vtd_hptl2e_layout,
	&vtd_hptl1e_layout,
	&vtd_fs_pml5e_layout,
	&vtd_fs_pml4e_layout,
	&vtd_fs_pdpe_table_layout,
	&vtd_fs_pde_table_layout,
	&vtd_fs_pdpe_1g_layout,
	&vtd_fs_pde_2m_layout,
	&vtd_fs_pte_layout,
	&vtd_ss_pml5e_layout,
	&vtd_ss_pml4e_layout,
	&vtd_ss_pdpe_table_layout,
	&vtd_ss_pde_table_layout,
	&vtd_ss_pdpe_1g_layout,
	&vtd_ss_pde_2m_layout,
	&vtd_ss_pte_layout,
	&vtd_cc_inv_dsc_layout,
	&vtd_pc_inv_dsc_layout,
	&vtd_iotlb_inv_dsc_layout,
	&vtd_p_iotlb_inv_dsc_layout,
	&vtd_dev_tlb_inv_dsc_layout,
	&vtd_p_dev_tlb_inv_dsc_layout,
	&vtd_iec_inv_dsc_layout,
	&vtd_inv_wait_dsc_layout,
	&vtd_page_grp_resp_dsc_layout,
	&vtd_hpt_inv_dsc_layout,
	&vtd_page_request_desc_layout,
	&vtd_irte_remapped_layout,
	&vtd_irte_posted_layout,
	&vtd_posted_interrupt_descriptor_layout,
	&vtd_msi_address_remappable_layout,
	&vtd_msi_data_remappable_layout,
	&vtd_msi_address_compat_layout,
	&vtd_ioapic_rte_remappable_layout,
	&vtd_ver_layout,
	&vtd_cap_layout,
	&vtd_ecap_layout,
	&vtd_mtrrcap_layout,
	&vtd_perfcap_layout,
	&vtd_perfevntcap_layout,
	&vtd_perfcntrcap_layout,
	&vtd_perfcntrevcap_layout,
	&vtd_eccap_3_layout,
	&vtd_vccap_layout,
	&vtd_gcmd_layout,
	&vtd_gsts_layout,
	&vtd_rtaddr_layout,
	&vtd_ccmd_layout,
	&vtd_iotlb_layout,
	&vtd_iva_layout,
	&vtd_fsts_layout,
	&vtd_fectl_layout,
	&vtd_iectl_layout,
	&vtd_pectl_layout,
	&vtd_perfintrctl_layout,
	&vtd_fedata_layout,
	&vtd_feaddr_layout,
	&vtd_feuaddr_layout,
	&vtd_iedata_layout,
	&vtd_ieaddr_layout,
	&vtd_ieuaddr_layout,
	&vtd_pedata_layout,
	&vtd_peaddr_layout,
	&vtd_peuaddr_layout,
	&vtd_perfintrdata_layout,
	&vtd_perfintraddr_layout,
	&vtd_perfintruaddr_layout,
	&vtd_frcd_layout,
	&vtd_pmen_layout,
	&vtd_iqh_layout,
	&vtd_iqt_layout,
	&vtd_iqa_layout,
	&vtd_ics_layout,
	&vtd_iqercd_layout,
	&vtd_irta_layout,
	&vtd_pqh_layout,
	&vtd_pqt_layout,
	&vtd_pqa_layout,
	&vtd_prs_layout,
	&vtd_mtrrdef_layout,
	&vtd_mtrr_fixn_layout,
	&vtd_mtrr_physbasen_layout,
	&vtd_mtrr_physmaskn_layout,
	&vtd_perfintrsts_layout,
	&vtd_perfcntrcfg_layout,
	&vtd_perfcntr_ridfltr_layout,
	&vtd_perfcntr_didfltr_layout,
	&vtd_perfcntr_pasidfltr_layout,
	&vtd_perfcntr_atfltr_layout,
	&vtd_perfcntr_ptlfltr_layout,
	&vtd_ecmd_layout,
	&vtd_eceo_layout,
	&vtd_ecrsp_layout,
	&vtd_rdtc_layout,
	&vtd_vcmd_layout,
	&vtd_vcmd_eo_layout,
	&vtd_vcrsp_layout,
};

/* Layouts are for the widest host address; walks check the bits below 52. */
#define LAYOUT_HAW 52

static const iom_layout *find_layout(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(layouts); i++) {
		if (strcmp(layouts[i]->name, name) == 0)
			return layouts[i];
	}
	return NULL;
}

/* "63", "HAW", "HAW-1", "HAW+127" */
static int position(const char *cell)
{
	uint64_t number = 0;

	if (!g_str_has_prefix(cell, "HAW"))
		return iom_tsv_parse(cell, &number) ? (int)number : -1;
	if (!cell[3])
		return LAYOUT_HAW;
	iom_tsv_parse(cell + 4, &number);
	return cell[3] == '-' ? LAYOUT_HAW - (int)number : LAYOUT_HAW + (int)number;
}

/* Names that are no identifiers: "TYPE[3:0]" is TYPE_LO, "HANDLE[15]" HANDLE_HI. */
static char *field_name(const char *name)
{
	const char *bracket = strchr(name, '[');

	if (!bracket)
		return g_strdup(name);
	/* The part that ends at bit 0 is the low one. */
	bool low = g_str_has_suffix(name, ":0]");

	return g_strdup_printf("%.*s_%s", (int)(bracket - name), name, low ? "LO" : "HI");
}

static const iom_field *field_at(const iom_layout *layout, int bit)
{
	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];

		if (bit >= f->lsb && bit < f->lsb + f->width)
			return f;
	}
	return NULL;
}

static bool check_range(const iom_layout *layout, int msb, int lsb, iom_field_kind kind,
			const char *name)
{
	for (int bit = lsb; bit <= msb; bit++) {
		const iom_field *f = field_at(layout, bit);

		if (f && f->kind == kind)
			continue;
		g_print("%s bit %d (%s): the layout has %s\n", layout->name, bit, name,
			f ? f->name : "nothing");
		CU_FAIL("a layout differs from the table");
		return false;
	}
	return true;
}

/* A used field by name: place, width, and the shift of an address. */
static bool check_field(const iom_layout *layout, int msb, int lsb, const char *name)
{
	char *plain = field_name(name);
	const iom_field *f = iom_layout_find(layout, plain);
	bool ok = f && f->lsb == lsb && f->width == msb - lsb + 1;

	/* A range wider than a word comes in words. */
	if (!f && msb - lsb + 1 > 64) {
		ok = true;
		for (int bit = lsb; bit <= msb; bit++) {
			f = field_at(layout, bit);
			ok &= f && f->kind == IOM_FIELD_USE && g_str_has_prefix(f->name, plain);
		}
	}
	if (!ok) {
		g_print("%s %s: the table has bits %d:%d, the layout %s", layout->name, name, msb,
			lsb, f ? "" : "no such field");
		if (f)
			g_print("bits %d:%d", f->lsb + f->width - 1, f->lsb);
		g_print("\n");
		CU_FAIL("a layout differs from the table");
	}
	g_free(plain);
	return ok;
}

static void structures(void)
{
	vtd_table *t = vtd_table_open("structures.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const iom_layout *layout = find_layout(iom_tsv_get(row, "structure"));
		int msb = position(iom_tsv_get(row, "msb")),
		    lsb = position(iom_tsv_get(row, "lsb"));
		const char *kind = iom_tsv_get(row, "kind"), *name = iom_tsv_get(row, "field");
		uint64_t bits = 0;
		bool ok;

		if (strcmp(iom_tsv_get(row, "structure"), "fault_record") == 0) {
			vtd_table_excuse(t, i, "the layout of FRCD_REG in register_fields.tsv");
			continue;
		}
		if (!layout) {
			g_print("%s: no layout\n", iom_tsv_get(row, "structure"));
			continue;
		}
		iom_tsv_u64(row, "width_bits", &bits, NULL);
		CHECK_EQ(layout->bits, bits);
		/* With the widest host address nothing is left of "63:HAW" of 52-bit fields. */
		if (msb < lsb)
			ok = true;
		else if (strcmp(kind, "rsvd") == 0)
			ok = check_range(layout, msb, lsb, IOM_FIELD_RESERVED, name);
		else if (strcmp(kind, "ignored") == 0)
			ok = check_range(layout, msb, lsb, IOM_FIELD_IGNORED, name);
		else
			ok = check_field(layout, msb, lsb, name);
		if (ok)
			vtd_table_cover(t, i);
	}
	vtd_table_close(t);
}

static bool reserved_register_field(const iom_tsv_row *row)
{
	return g_str_has_prefix(iom_tsv_get(row, "field"), "RSVD") ||
	       g_str_has_prefix(iom_tsv_get(row, "field"), "DEP") ||
	       strstr(iom_tsv_get(row, "field"), "historic");
}

static void register_fields(void)
{
	vtd_table *t = vtd_table_open("register_fields.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const iom_tsv_row *row = vtd_table_row(t, i);
		const iom_layout *layout = find_layout(iom_tsv_get(row, "register"));
		const char *name = iom_tsv_get(row, "field");
		int msb = position(iom_tsv_get(row, "msb")),
		    lsb = position(iom_tsv_get(row, "lsb"));

		if (g_str_has_prefix(name, "RULE.")) {
			vtd_table_excuse(t, i, "a rule for software, no field");
			continue;
		}
		if (!layout) {
			g_print("%s: no layout\n", iom_tsv_get(row, "register"));
			continue;
		}
		if (msb < lsb || (reserved_register_field(row)
					  ? check_range(layout, msb, lsb, IOM_FIELD_RESERVED, name)
					  : check_field(layout, msb, lsb, name)))
			vtd_table_cover(t, i);
	}
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "every field of every structure is where the table has it", structures },
	{ "every field of every register is where the table has it", register_fields },
	{ 0 },
};
const iom_suite vtd_layout_suite = { "layout", tests };
