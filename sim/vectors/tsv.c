/* SPDX-License-Identifier: MIT */
#include "sim/vectors/tsv.h"

#include "sim/trace/lines.h"

#include <inttypes.h>
#include <string.h>

struct iom_tsv {
	char *path;
	char **columns;
	unsigned n_columns;
	GHashTable *index; /* column name to position + 1 */
	GPtrArray *rows; /* of iom_tsv_row */
};

static void row_free(gpointer data)
{
	iom_tsv_row *row = data;

	g_strfreev(row->cells);
	g_free(row);
}

void iom_tsv_free(iom_tsv *table)
{
	if (!table)
		return;
	g_free(table->path);
	g_strfreev(table->columns);
	g_hash_table_unref(table->index);
	g_ptr_array_unref(table->rows);
	g_free(table);
}

static bool take_header(iom_tsv *table, const char *line, uint64_t number, GError **error)
{
	table->columns = g_strsplit(line, "\t", -1);
	table->n_columns = g_strv_length(table->columns);
	for (unsigned i = 0; i < table->n_columns; i++) {
		char *name = g_strstrip(table->columns[i]);

		if (!g_hash_table_insert(table->index, name, GUINT_TO_POINTER(i + 1)) && *name) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "%s:%" PRIu64 ": column '%s' appears twice in the header",
				    table->path, number, name);
			return false;
		}
	}
	return true;
}

static bool take_row(iom_tsv *table, const char *line, uint64_t number, GError **error)
{
	char **cells = g_strsplit(line, "\t", -1);
	unsigned n = g_strv_length(cells);

	if (n != table->n_columns) {
		if (n < table->n_columns)
			g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "%s:%" PRIu64 ": column '%s' is missing: the row has %u cells,"
				    " the header %u",
				    table->path, number, table->columns[n], n, table->n_columns);
		else
			g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "%s:%" PRIu64 ": %u cells, but the header has only %u columns"
				    " (the last is '%s')",
				    table->path, number, n, table->n_columns,
				    table->columns[table->n_columns - 1]);
		g_strfreev(cells);
		return false;
	}
	iom_tsv_row *row = g_new0(iom_tsv_row, 1);

	row->table = table;
	row->line = number;
	row->cells = cells;
	for (unsigned i = 0; i < n; i++)
		g_strstrip(cells[i]);
	g_ptr_array_add(table->rows, row);
	return true;
}

static bool take_line(iom_tsv *table, char *line, size_t len, uint64_t number, GError **error)
{
	if (memchr(line, 0, len) || !g_utf8_validate(line, (gssize)len, NULL)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s:%" PRIu64 ": not text (expected UTF-8, tab-separated)", table->path,
			    number);
		return false;
	}
	if (len && line[len - 1] == '\r')
		line[len - 1] = 0;
	if (*line == '#' || *line == 0)
		return true;
	return table->columns ? take_row(table, line, number, error)
			      : take_header(table, line, number, error);
}

iom_tsv *iom_tsv_load(const char *path, GError **error)
{
	iom_lines *lines = iom_lines_open(path, error);

	if (!lines)
		return NULL;
	iom_tsv *table = g_new0(iom_tsv, 1);

	table->path = g_strdup(path);
	table->index = g_hash_table_new(g_str_hash, g_str_equal);
	table->rows = g_ptr_array_new_with_free_func(row_free);
	char *line;
	size_t len;
	int more;
	bool ok = true;

	while (ok && (more = iom_lines_next(lines, &line, &len, NULL, error)) != 0)
		ok = more > 0 && take_line(table, line, len, iom_lines_number(lines), error);
	iom_lines_close(lines);
	if (ok && !table->columns) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: no header row (expected names of columns, separated by tabs)",
			    path);
		ok = false;
	}
	if (!ok) {
		iom_tsv_free(table);
		return NULL;
	}
	return table;
}

const char *iom_tsv_path(const iom_tsv *table)
{
	return table->path;
}

unsigned iom_tsv_n_rows(const iom_tsv *table)
{
	return table->rows->len;
}

const iom_tsv_row *iom_tsv_row_at(const iom_tsv *table, unsigned i)
{
	return g_ptr_array_index(table->rows, i);
}

int iom_tsv_column(const iom_tsv *table, const char *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(table->index, name)) - 1;
}

const char *iom_tsv_get(const iom_tsv_row *row, const char *column)
{
	int i = iom_tsv_column(row->table, column);

	return i < 0 ? "-" : row->cells[i];
}

bool iom_tsv_has(const iom_tsv_row *row, const char *column)
{
	const char *cell = iom_tsv_get(row, column);

	return *cell && strcmp(cell, "-") != 0;
}

bool iom_tsv_fail(const iom_tsv_row *row, const char *column, GError **error, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);

	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s:%" PRIu64 ": column '%s': %s",
		    row->table->path, row->line, column, text);
	g_free(text);
	return false;
}

bool iom_tsv_parse(const char *text, uint64_t *value)
{
	unsigned base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	return g_ascii_string_to_unsigned(text, base, 0, UINT64_MAX, value, NULL);
}

bool iom_tsv_u64(const iom_tsv_row *row, const char *column, uint64_t *value, GError **error)
{
	const char *cell = iom_tsv_get(row, column);

	if (iom_tsv_parse(cell, value))
		return true;
	return iom_tsv_fail(row, column, error, "'%s' is not a number (expected 0x... or decimal)",
			    cell);
}

bool iom_tsv_u64_or(const iom_tsv_row *row, const char *column, uint64_t fallback, uint64_t *value,
		    GError **error)
{
	if (iom_tsv_has(row, column))
		return iom_tsv_u64(row, column, value, error);
	*value = fallback;
	return true;
}

bool iom_tsv_each(const iom_tsv_row *row, const char *column, const char *separators,
		  iom_tsv_item fn, void *opaque, GError **error)
{
	if (!iom_tsv_has(row, column))
		return true;
	char **items = g_strsplit_set(iom_tsv_get(row, column), separators, -1);
	bool ok = true;

	for (char **p = items; ok && *p; p++) {
		if (*g_strstrip(*p))
			ok = fn(row, column, *p, opaque, error);
	}
	g_strfreev(items);
	return ok;
}

bool iom_tsv_pair(const iom_tsv_row *row, const char *column, const char *item, char **key,
		  uint64_t *value, GError **error)
{
	const char *equal = strchr(item, '=');

	if (!equal || equal == item)
		return iom_tsv_fail(row, column, error, "'%s' is not KEY=VALUE", item);
	if (!iom_tsv_parse(equal + 1, value))
		return iom_tsv_fail(row, column, error,
				    "the value of '%s' is not a number (expected 0x... or decimal)",
				    item);
	*key = g_strndup(item, (gsize)(equal - item));
	return true;
}
