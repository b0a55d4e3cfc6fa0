/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

struct rows {
	const char *name;
	GPtrArray *rows; /* char **, the heading not among them */
	GArray *claimed; /* gboolean */
	unsigned driven, outside;
};

rows *rows_open(const char *name)
{
	g_autofree char *path = g_build_filename(iom_test_data(), "spec", name, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	rows *t = g_new0(rows, 1);
	bool heading = true;

	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	t->name = name;
	t->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	t->claimed = g_array_new(FALSE, TRUE, sizeof(gboolean));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (!**line || **line == '#')
			continue;
		if (!heading)
			g_ptr_array_add(t->rows, g_strsplit(*line, "\t", -1));
		heading = false;
	}
	g_array_set_size(t->claimed, t->rows->len);
	return t;
}

void row_fail(char **cells, const char *what)
{
	g_printerr("%s, %s, %s: %s\n", cells[0], cells[1], cells[2], what);
	CU_FAIL("differs from the row");
}

void row_check(char **cells, bool holds, const char *what)
{
	CU_ASSERT_TRUE(holds);
	if (!holds)
		g_printerr("%s, %s, %s: %s\n", cells[0], cells[1], cells[2], what);
}

/* The first row that fits and is nobody's yet. */
static char **claim(rows *t, const row_case *c)
{
	for (guint i = 0; i < t->rows->len; i++) {
		char **cells = t->rows->pdata[i];

		if (g_array_index(t->claimed, gboolean, i) || g_strv_length(cells) < 4 ||
		    strcmp(cells[0], c->topic) != 0 || !g_str_has_prefix(cells[1], c->name) ||
		    (c->condition && !g_str_has_prefix(cells[2], c->condition)))
			continue;
		g_array_index(t->claimed, gboolean, i) = TRUE;
		return cells;
	}
	g_printerr("%s has no row %s, %s\n", t->name, c->topic, c->name);
	CU_FAIL("row");
	return NULL;
}

void rows_run(rows *t, const row_case *cases, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char **cells = claim(t, &cases[i]);

		CU_ASSERT_TRUE((cases[i].run != NULL) != (cases[i].outside != NULL));
		if (cells && cases[i].run) {
			cases[i].run(&cases[i], cells);
			t->driven++;
		} else if (cells) {
			t->outside++;
		}
	}
}

void rows_close(rows *t, unsigned driven, unsigned outside)
{
	for (guint i = 0; i < t->rows->len; i++) {
		if (!g_array_index(t->claimed, gboolean, i))
			row_fail(t->rows->pdata[i], "no case drives this row or says why not");
	}
	g_print("%u rows driven, %u outside, of %u ... ", t->driven, t->outside, t->rows->len);
	CHECK_EQ(t->driven, driven);
	CHECK_EQ(t->outside, outside);
	g_ptr_array_unref(t->rows);
	g_array_unref(t->claimed);
	g_free(t);
}

uint64_t row_bits(const uint64_t *words, const char *range)
{
	char *end;
	unsigned high, low;

	range += range[0] == '[';
	high = (unsigned)strtoul(range, &end, 10);
	low = *end == ':' ? (unsigned)strtoul(end + 1, NULL, 10) : high;
	if (high - low + 1 >= 64)
		return words[low / 64];
	return words[low / 64] >> (low % 64) & ((UINT64_C(1) << (high - low + 1)) - 1);
}

iom_ats_entry row_entry(const iom_dma_answer *a)
{
	iom_ats_entry e;

	iom_ats_decode(a->completion, &e);
	return e;
}
