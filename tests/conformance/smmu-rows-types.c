/* SPDX-License-Identifier: MIT */
/*
 * attributes.tsv, the groups of encodings and of combinations: STE.MemAttr and GBPA,
 * stage-2 MemAttr with and without S2FWB, MAIR, two stages. What has to come out is read
 * from the row.
 */
#include "tests/conformance/smmu-rows-attributes.h"

#include "tests/harness.h"

#include <stdio.h>
#include <string.h>

/* "Normal oNC iWT", "Normal WB", "Device-nGRE (reserved)"... as iom_smmu_attrs_text(). */
static bool type_text(const char *result, char *text)
{
	char outer[3] = "", inner[3] = "";

	if (g_str_has_prefix(result, "Device-")) {
		g_strlcpy(text, result, 40);
		text[strcspn(text, " ")] = 0;
		return true;
	}
	if (sscanf(result, "Normal o%2[NCWTB] i%2[NCWTB]", outer, inner) != 2 &&
	    sscanf(result, "Normal i%2[NCWTB] o%2[NCWTB]", inner, outer) != 2) {
		if (sscanf(result, "Normal %2[NCWTB]", inner) != 1)
			return false;
		memcpy(outer, inner, sizeof outer);
	}
	g_snprintf(text, 40, "Normal-i%s-o%s", inner, outer);
	return true;
}

static const char *full_text(const char *type, const char *sh, char *text)
{
	bool outer = g_str_has_prefix(type, "Device") || strcmp(type, "Normal-iNC-oNC") == 0;

	g_snprintf(text, 40, "%s/%s", type, outer ? "OSH" : sh);
	return text;
}

/* "0b0110" at the start of a text, or behind "=". */
static bool binary(const char *text, unsigned *value)
{
	const char *p = strstr(text, "0b");

	if (!p || !strchr("01", p[2]) || !p[2])
		return false;
	*value = (unsigned)g_ascii_strtoull(p + 2, NULL, 2);
	return true;
}

static bool ste_memattr(const smmu_spec *spec, const iom_tsv_row *row)
{
	char type[40], text[40], ste[60], gbpa[40];
	unsigned n;

	if (!binary(iom_tsv_get(row, "inputs"), &n) || !type_text(iom_tsv_get(row, "result"), type))
		return false;
	full_text(type, "ISH", text);
	g_snprintf(ste, sizeof ste, "MTCFG=1;MemAttr=%u;SHCFG=3", n);
	g_snprintf(gbpa, sizeof gbpa, "CR0=4;GBPA=%#x", n | 1 << 4 | 3 << 12);
	return attr_run(spec, &(attr_case){ "ste_memattr", ste, .ste = ste, ATTRS(text) }) &&
	       attr_run(spec, &(attr_case){ "ste_memattr", gbpa, .regs = gbpa, ATTRS(text) });
}

/* Stage 2 alone: an input of write-back, Non-shareable, and the leaf Inner Shareable. */
static bool s2_leaf(const smmu_spec *spec, const char *idr, const char *ste, unsigned memattr,
		    const char *result)
{
	char type[40], text[40];

	if (!type_text(result, type))
		return false;
	return attr_run(spec, &(attr_case){ "stage-2 MemAttr", result, .config = 6, .idr = idr,
					    .ste = ste, .s2 = BLOCK(S2R | memattr << 2),
					    ATTRS(full_text(type, "ISH", text)) });
}

static bool s2_fwb0(const smmu_spec *spec, const iom_tsv_row *row)
{
	const char *result = iom_tsv_get(row, "result");
	const char *recommended = strstr(result, "recommended ");
	const char *mteperm = strstr(result, "MTEPERM==1: ");
	unsigned n;

	if (!binary(iom_tsv_get(row, "inputs"), &n))
		return false;
	if (mteperm && !s2_leaf(spec, V34, "SHCFG=0", n, mteperm + 12))
		return false;
	if (!recommended)
		return s2_leaf(spec, NULL, "SHCFG=0", n, result);
	char *text = g_strdup(recommended + 12);

	text[strcspn(text, ")")] = 0;
	bool ok = s2_leaf(spec, NULL, "SHCFG=0", n, text);

	g_free(text);
	return ok;
}

static const struct {
	const char *name;
	uint8_t mair;
	const char *type;
} stage1_types[] = {
	{ "Device", 0x00, "Device-nGnRnE" },     { "Device", 0x04, "Device-nGnRE" },
	{ "Device", 0x08, "Device-nGRE" },       { "Device", 0x0c, "Device-GRE" },
	{ "Normal NC", 0x44, "Normal-iNC-oNC" }, { "Normal WT", 0xbb, "Normal-iWT-oWT" },
	{ "Normal WB", 0xff, "Normal-iWB-oWB" },
};

/* Both stages, MAIR against the stage-2 leaf; types are compared, without shareability. */
static bool two_stages(const smmu_spec *spec, const char *idr, bool fwb, uint8_t mair,
		       unsigned memattr, const char *type)
{
	char cd[20];

	g_snprintf(cd, sizeof cd, "MAIR0=%u", mair);
	return attr_run(spec, &(attr_case){ "stage 1 and 2", cd, .config = 7, .idr = idr,
					    .ste = fwb ? "S2FWB=1" : "S2FWB=0", .cd = cd,
					    .s2 = BLOCK(S2R | memattr << 2), ATTRS(type) });
}

/* The stronger of two Device types comes first in stage1_types. */
static bool fwb_device(const smmu_spec *spec, unsigned n)
{
	bool ok = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(stage1_types); i++)
		ok = two_stages(spec, NULL, true, stage1_types[i].mair, n,
				stage1_types[MIN(i, n)].type) &&
		     ok;
	return ok;
}

/* "that Device type", "Normal WB" for a stage-1 type that the row names. */
static bool fwb_normal(const smmu_spec *spec, const char *idr, unsigned n, const char *stage1,
		       const char *result)
{
	bool ok = true, any = false;
	char type[40];

	for (unsigned i = 0; i < G_N_ELEMENTS(stage1_types); i++) {
		if (strcmp(stage1_types[i].name, stage1) != 0)
			continue;
		any = true;
		if (strcmp(result, "that Device type") == 0)
			g_strlcpy(type, stage1_types[i].type, sizeof type);
		else if (!type_text(result, type))
			return false;
		ok = two_stages(spec, idr, true, stage1_types[i].mair, n, type) && ok;
	}
	return ok && any;
}

static bool s2_fwb1(const smmu_spec *spec, const iom_tsv_row *row)
{
	const char *item = iom_tsv_get(row, "item"), *inputs = iom_tsv_get(row, "inputs");
	unsigned n;

	if (g_str_has_prefix(item, "bit 5"))
		return fwb_normal(spec, V34, 14, "Normal NC", "Normal WB") &&
		       fwb_normal(spec, V34, 15, "Normal WT", "Normal WT") &&
		       fwb_normal(spec, NULL, 13, "Normal WT", "Normal NC");
	if (strchr(item, '=') && g_str_has_prefix(inputs, "stage 1 = "))
		return binary(item, &n) &&
		       fwb_normal(spec, NULL, n, inputs + 10, iom_tsv_get(row, "result"));
	if (!binary(inputs, &n))
		return false;
	/* 0b0100 is recommended to be 0b0101 */
	return n < 4 ? fwb_device(spec, n)
		     : fwb_normal(spec, NULL, n, "Normal WB", "Normal NC") &&
			       fwb_normal(spec, NULL, n, "Device", "that Device type");
}

/* ---- MAIR --------------------------------------------------------------- */

static bool mair_byte(const smmu_spec *spec, unsigned byte, const char *type, unsigned memtype)
{
	char cd[20];
	attr_case c = { "mair", cd, .config = 5, .cd = cd };

	g_snprintf(cd, sizeof cd, "MAIR0=%u", byte);
	c.want.attrs = type;
	c.want.has_memtype = true;
	c.want.memtype = (uint8_t)memtype;
	return attr_run(spec, &c);
}

/* Four bits with AIE, and eight bytes. */
static bool attr_index(const smmu_spec *spec)
{
	static const char *const types[] = { "Normal-iWB-oWB", "Normal-iNC-oNC", "Normal-iWT-oWT",
					     "Device-nGRE",    "Normal-iNC-oWB", "Normal-iWB-oNC",
					     "Device-nGnRnE",  "Device-GRE" };
	const char *mairs = "MAIR0=0x08bb44ff;MAIR1=0x0c004ff4";
	char *aie = g_strdup_printf("AIE=1;%s", mairs);
	bool ok = true;

	for (unsigned n = 0; n < 16; n++) {
		uint64_t leaf = PAGE(USER | (n & 7) << 2) | (uint64_t)(n >> 3) << 59;

		ok = attr_run(spec, &(attr_case){ "mair", "AttrIndx", .config = 5, .cd = mairs,
						  .leaf = leaf, ATTRS(types[n & 7]) }) &&
		     attr_run(spec, &(attr_case){ "mair", "AttrIndx, AIE", .config = 5,
						  .idr = V34 ";AIE=1", .cd = aie, .leaf = leaf,
						  ATTRS(types[MIN(n, 7)]) }) &&
		     ok;
	}
	g_free(aie);
	return ok;
}

static bool mair(const smmu_spec *spec, const iom_tsv_row *row)
{
	const char *item = iom_tsv_get(row, "item"), *inputs = iom_tsv_get(row, "inputs");
	unsigned from, to, n;
	char type[40];
	bool ok = true;

	if (strcmp(item, "MAIR byte") == 0) {
		if (sscanf(inputs, "0x%x-0x%x", &from, &to) != 2)
			to = from = (unsigned)g_ascii_strtoull(inputs, NULL, 16);
		type_text(iom_tsv_get(row, "result"), type);
		/* A reserved byte is answered as the type that it is. */
		for (unsigned byte = from; byte <= to; byte++)
			ok = mair_byte(spec, byte, type, byte & 0xc) && ok;
		return ok;
	}
	if (strcmp(item, "0xF0") == 0)
		return mair_byte(spec, 0xf0, "Normal-iWT-oWB", 0xf3);
	if (strcmp(item, "AttrIndx") == 0)
		return attr_index(spec);
	if (!binary(inputs, &n))
		return false;
	if (g_str_has_prefix(inputs, "0b0000"))
		return mair_byte(spec, 0xb0, "Normal-iWT-oWT", 0xb3);
	if (g_str_has_prefix(inputs, "0b0100"))
		return mair_byte(spec, 0x44, "Normal-iNC-oNC", 0x44);
	/* 0bxxRW */
	bool back = strstr(iom_tsv_get(row, "result"), "Write-Back") != NULL;

	for (unsigned rw = strstr(inputs, "RW!=00") ? 1 : 0; rw < 4; rw++) {
		unsigned nibble = n << 2 | rw;

		ok = mair_byte(spec, nibble << 4 | nibble,
			       back ? "Normal-iWB-oWB" : "Normal-iWT-oWT", nibble << 4 | nibble) &&
		     ok;
	}
	return ok;
}

/* ---- combinations without FWB -------------------------------------------- */

static const struct {
	const char *name;
	unsigned mair, memattr, sh;
} named[] = {
	{ "NC", 0x44, 5, 0 },   { "WT", 0xbb, 10, 0 },  { "WB", 0xff, 15, 0 },
	{ "NSH", 0xff, 15, 0 }, { "OSH", 0xff, 15, 2 }, { "ISH", 0xff, 15, 3 },
};

static bool fits(unsigned i, const char *name, bool shareability)
{
	return (i >= 3) == shareability &&
	       (strcmp(name, "any") == 0 || strcmp(named[i].name, name) == 0);
}

/* "stage 1 NC, stage 2 any": every pair that is one. */
static bool pairs(const smmu_spec *spec, const iom_tsv_row *row, bool shareability)
{
	char one[8], two[8], text[40], cd[20];
	const char *result = iom_tsv_get(row, "result");
	bool ok = true, any = false;

	if (sscanf(iom_tsv_get(row, "inputs"), "stage 1 %7[A-Za-z], stage 2 %7[A-Za-z]", one,
		   two) != 2)
		return false;
	if (shareability)
		g_snprintf(text, sizeof text, "Normal-iWB-oWB/%s", result);
	else
		g_snprintf(text, sizeof text, "Normal-i%s-o%s", result, result);
	for (unsigned n = 0; n < 36; n++) {
		unsigned i = n / 6, k = n % 6;

		if (!fits(i, one, shareability) || !fits(k, two, shareability))
			continue;
		any = true;
		g_snprintf(cd, sizeof cd, "MAIR0=%u", named[i].mair);
		ok = attr_run(spec, &(attr_case){ "combine", text, .config = 7, .cd = cd,
						  .leaf = (PAGE(USER) & ~UINT64_C(0x300)) |
							  named[i].sh << 8,
						  .s2 = (BLOCK(S2R | named[k].memattr << 2) &
							 ~UINT64_C(0x300)) |
							named[k].sh << 8,
						  ATTRS(text) }) &&
		     ok;
	}
	return ok && any;
}

/* nGnRnE > nGnRE > nGRE > GRE > Normal: all pairs, whichever of the rows it is. */
static bool device_pairs(const smmu_spec *spec)
{
	static const unsigned memattr[] = { 0, 1, 2, 3, 5, 10, 15 };
	bool ok = true;

	for (unsigned i = 0; i < 7; i++) {
		for (unsigned k = 0; k < 7; k++) {
			if (MIN(i, k) > 3)
				continue;
			ok = two_stages(spec, NULL, false, stage1_types[i].mair, memattr[k],
					stage1_types[MIN(i, k)].type) &&
			     ok;
		}
	}
	return ok;
}

void attr_types(smmu_coverage *coverage, const smmu_spec *spec)
{
	for (unsigned i = 0; i < iom_tsv_n_rows(coverage->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(coverage->table, i);
		const char *group = iom_tsv_get(row, "group"), *item = iom_tsv_get(row, "item");
		bool ok;

		if (strcmp(group, "ste_memattr") == 0)
			ok = ste_memattr(spec, row);
		else if (strcmp(group, "s2_memattr_fwb0") == 0)
			ok = s2_fwb0(spec, row);
		else if (strcmp(group, "s2_memattr_fwb1") == 0)
			ok = s2_fwb1(spec, row);
		else if (strcmp(group, "mair") == 0)
			ok = mair(spec, row);
		else if (strcmp(group, "combine") == 0 && g_str_has_prefix(item, "memory type"))
			ok = device_pairs(spec);
		else if (strcmp(group, "combine") == 0 && g_str_has_prefix(item, "cacheability"))
			ok = pairs(spec, row, false);
		else if (strcmp(group, "combine") == 0 && g_str_has_prefix(item, "shareability"))
			ok = pairs(spec, row, true);
		else
			continue;
		if (!ok)
			fprintf(stderr, "\nattributes.tsv:%u\n", (unsigned)row->line);
		CU_ASSERT_TRUE(ok);
		smmu_cover(coverage, row);
	}
}
