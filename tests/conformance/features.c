/* SPDX-License-Identifier: MIT */
/*
 * docs/features.md against the models. Its rows on ID and capability fields
 * name the values that a machine may have; here every value is tried, through
 * the public interface, and the page has to say what came out. So a feature
 * that is taken out, or a field that nobody described, fails this test. Rows on
 * behaviour name the suites that show it; those have to exist.
 *
 * With IOM_FEATURES_PRINT=1 the rows as they should be are printed.
 */
#include "tests/harness.h"

#include <iommulate/smmu.h>
#include <iommulate/vtd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct id_register {
	iom_kind kind;
	const char *config; /* as machine files call it */
	uint32_t offset;
	uint8_t bytes;
	const char *needs; /* a field that has to be 1 for the register to exist */
} id_register;

static const id_register id_registers[] = {
	{ IOM_KIND_SMMUV3, "IDR0", 0x00, 4, NULL },
	{ IOM_KIND_SMMUV3, "IDR1", 0x04, 4, NULL },
	{ IOM_KIND_SMMUV3, "IDR2", 0x08, 4, NULL },
	{ IOM_KIND_SMMUV3, "IDR3", 0x0c, 4, NULL },
	{ IOM_KIND_SMMUV3, "IDR5", 0x14, 4, NULL },
	{ IOM_KIND_SMMUV3, "AIDR", 0x1c, 4, NULL },
	{ IOM_KIND_SMMUV3, "IDR6", 0x190, 4, "IDR1.ECMDQ" },
	{ IOM_KIND_VTD, "CAP", 0x08, 8, NULL },
	{ IOM_KIND_VTD, "ECAP", 0x10, 8, NULL },
};

/* A unit with one field set to `value`; NULL when there is none. */
static iom_iommu *make(const id_register *reg, const iom_field *field, uint64_t value)
{
	g_autofree char *name = field ? g_strdup_printf("%s.%s", reg->config, field->name) : NULL;
	iom_memory *memory = iom_memory_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { memory } };
	iom_iommu *iommu = NULL;

	if (reg->kind == IOM_KIND_SMMUV3) {
		iom_smmu_config config;

		iom_smmu_config_init(&config);
		if ((!reg->needs || iom_smmu_config_set(&config, reg->needs, 1, NULL)) &&
		    (!name || iom_smmu_config_set(&config, name, value, NULL)))
			iommu = iom_smmu_new(&config, &bus, NULL);
	} else {
		iom_vtd_config config;

		iom_vtd_config_init(&config);
		if (!name || iom_vtd_config_set(&config, name, value, NULL))
			iommu = iom_vtd_new(&config, &bus, NULL);
	}
	iom_memory_unref(memory);
	return iommu;
}

/* The value of the field in a unit that was made with it; -1 when there is none. */
static int64_t try_value(const id_register *reg, const iom_field *field, uint64_t value)
{
	iom_iommu *iommu = make(reg, field, value);
	int64_t got = -1;

	if (iommu) {
		uint64_t word =
			iom_iommu_mmio_read(iommu, reg->offset, reg->bytes, IOM_SPACE_NONSECURE);

		got = (int64_t)(iom_field_get(field, &word) >> field->shift);
		iom_iommu_unref(iommu);
	}
	return got;
}

/* "0-1", "0,2", "1-7": the values that a machine can have. */
static char *possible_values(const id_register *reg, const iom_field *field)
{
	GString *out = g_string_new(NULL);
	uint64_t n = UINT64_C(1) << MIN(field->width, 6), start = 0;
	bool open = false;

	for (uint64_t v = 0; v <= n; v++) {
		bool yes = v < n && try_value(reg, field, v) == (int64_t)v;

		if (yes && !open)
			start = v;
		if (!yes && open) {
			g_string_append_printf(out, "%s%u", out->len ? "," : "", (unsigned)start);
			if (v - 1 > start)
				g_string_append_printf(out, "-%u", (unsigned)(v - 1));
		}
		open = yes;
	}
	/* Wide fields: the lowest 64 values, and the largest there is. */
	if (field->width > 6) {
		uint64_t top = (UINT64_C(1) << field->width) - 1;

		if (try_value(reg, field, top) == (int64_t)top)
			g_string_append_printf(out, ",%u", (unsigned)top);
	}
	return g_string_free(out, FALSE);
}

static const iom_layout *layout_of(const id_register *reg)
{
	iom_iommu *iommu = make(reg, NULL, 0);
	const iom_layout *layout = NULL;
	const char *name;

	if (iommu) {
		layout = iom_iommu_register(iommu, reg->offset, &name);
		iom_iommu_unref(iommu);
	}
	return layout;
}

/* The cells of the row that begins with "| `key` |"; NULL without such a row. */
static char **find_row(char **lines, const char *key)
{
	g_autofree char *start = g_strdup_printf("| `%s` |", key);

	for (char **l = lines; *l; l++) {
		if (g_str_has_prefix(*l, start)) {
			char **cells = g_strsplit(*l, "|", -1);

			for (char **c = cells; *c; c++)
				g_strstrip(*c);
			return cells;
		}
	}
	return NULL;
}

static char **page_lines(void)
{
	g_autofree char *path =
		g_build_filename(iom_test_data(), "..", "..", "docs", "features.md", NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL)) {
		fprintf(stderr, "%s cannot be read\n", path);
		return NULL;
	}
	char **lines = g_strsplit(text, "\n", -1);

	g_free(text);
	return lines;
}

static void check_field(char **lines, const id_register *reg, const iom_field *field)
{
	g_autofree char *key = g_strdup_printf("%s.%s", reg->config, field->name);
	g_autofree char *values = possible_values(reg, field);
	bool absent = strcmp(values, "0") == 0, fixed = !absent && !strpbrk(values, ",-");
	const char *state = absent ? "absent" : fixed ? "fixed" : "works";
	char **cells = find_row(lines, key);
	bool ok = cells && g_strv_length(cells) >= 5 && strcmp(cells[3], values) == 0 &&
		  (strcmp(cells[2], state) == 0 || (!absent && strcmp(cells[2], "partly") == 0) ||
		   (absent && strcmp(cells[2], "fixed") == 0));

	if (g_getenv("IOM_FEATURES_PRINT"))
		printf("| `%s` | %s | %s | %s |\n", key, state, values,
		       cells && g_strv_length(cells) >= 5 ? cells[4] : field->doc);
	else if (!ok)
		fprintf(stderr, "docs/features.md should have: | `%s` | %s | %s | ... |\n", key,
			state, values);
	CU_ASSERT_TRUE(ok);
	g_strfreev(cells);
}

static void fields(void)
{
	char **lines = page_lines();

	CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
	for (unsigned i = 0; i < G_N_ELEMENTS(id_registers); i++) {
		const iom_layout *layout = layout_of(&id_registers[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(layout);
		for (unsigned f = 0; f < layout->n_fields; f++) {
			if (layout->fields[f].kind == IOM_FIELD_USE)
				check_field(lines, &id_registers[i], &layout->fields[f]);
		}
	}
	g_strfreev(lines);
}

/* Every source file of the tests, in one string. */
static char *all_tests(void)
{
	g_autofree char *root = g_build_filename(iom_test_data(), "..", NULL);
	GString *all = g_string_new(NULL);
	GDir *top = g_dir_open(root, 0, NULL);

	for (const char *d = top ? g_dir_read_name(top) : NULL; d; d = g_dir_read_name(top)) {
		g_autofree char *folder = g_build_filename(root, d, NULL);
		GDir *dir = strcmp(d, "data") ? g_dir_open(folder, 0, NULL) : NULL;

		for (const char *f = dir ? g_dir_read_name(dir) : NULL; f;
		     f = g_dir_read_name(dir)) {
			g_autofree char *path = g_build_filename(folder, f, NULL);
			char *text = NULL;

			if (g_file_get_contents(path, &text, NULL, NULL))
				g_string_append(all, text);
			g_free(text);
			g_string_append_printf(all, "\n%s/%s\n", d, f);
		}
		if (dir)
			g_dir_close(dir);
	}
	if (top)
		g_dir_close(top);
	return g_string_free(all, FALSE);
}

/* The last cell of a row "| feature | works | tests |" names suites or files of the tests. */
static void behaviour(void)
{
	char **lines = page_lines(), *tests = all_tests();
	unsigned rows = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
	for (char **l = lines; *l; l++) {
		char **cells = g_strsplit(*l, "|", -1);

		if (g_strv_length(cells) == 5 && cells[1][0] == ' ' && cells[1][1] != '`' &&
		    (strstr(cells[2], "works") || strstr(cells[2], "partly"))) {
			char **names = g_strsplit(cells[3], "`", -1);

			rows++;
			if (!names[0] || !names[1]) {
				fprintf(stderr, "docs/features.md: no test named in: %s\n", *l);
				CU_FAIL("row without a test");
			}
			for (unsigned i = 1; names[0] && i < g_strv_length(names); i += 2) {
				if (!strstr(tests, names[i])) {
					fprintf(stderr, "docs/features.md: no test %s\n", names[i]);
					CU_FAIL("a test that does not exist");
				}
			}
			g_strfreev(names);
		}
		g_strfreev(cells);
	}
	CU_ASSERT_TRUE(rows > 20);
	g_free(tests);
	g_strfreev(lines);
}

static const iom_test tests[] = {
	{ "every ID field has the values that the page says", fields },
	{ "every feature names tests that exist", behaviour },
	{ 0 },
};
static const iom_suite features_suite = { "features", tests };

IOM_TEST_MAIN(&features_suite)
