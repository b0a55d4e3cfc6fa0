/* SPDX-License-Identifier: MIT */
#include "sim/import/tables.h"

#include "sim/trace/lines.h"

#include <inttypes.h>
#include <string.h>

static const char *const kind_names[IOM_TABLE_N_KINDS] = {
	[IOM_TABLE_STRTAB] = "strtab",
	[IOM_TABLE_STE] = "ste",
	[IOM_TABLE_CMDQ] = "cmdq",
	[IOM_TABLE_EVENTQ] = "eventq",
	[IOM_TABLE_ROOT] = "root",
	[IOM_TABLE_CONTEXT] = "context",
	[IOM_TABLE_PASID_DIR] = "pasid-dir",
	[IOM_TABLE_PASID_TABLE] = "pasid-table",
	[IOM_TABLE_QUEUE] = "invalidation-queue",
	[IOM_TABLE_IRTE] = "irte",
	[IOM_TABLE_OTHER] = "",
};

void iom_tables_init(iom_tables *t)
{
	memset(t, 0, sizeof(*t));
	iom_shadow_init(&t->words);
	t->kinds = g_hash_table_new(NULL, NULL);
	for (unsigned i = 0; i < IOM_TABLE_N_KINDS; i++)
		t->low[i] = UINT64_MAX;
}

void iom_tables_clear(iom_tables *t)
{
	iom_shadow_clear(&t->words);
	g_clear_pointer(&t->kinds, g_hash_table_destroy);
}

iom_table_kind iom_tables_kind(const iom_tables *t, uint64_t address)
{
	gpointer kind = g_hash_table_lookup(t->kinds, GSIZE_TO_POINTER(address >> 12));

	return kind ? (iom_table_kind)(GPOINTER_TO_UINT(kind) - 1) : IOM_TABLE_OTHER;
}

static const char *hex(const char *p, uint64_t *value)
{
	unsigned digits = 0;

	*value = 0;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2;
	for (; g_ascii_isxdigit(*p); p++, digits++)
		*value = *value << 4 | (unsigned)g_ascii_xdigit_value(*p);
	return digits >= 1 && digits <= 16 ? p : NULL;
}

static const char *blanks(const char *p)
{
	const char *start = p;

	while (*p == ' ' || *p == '\t')
		p++;
	return p > start ? p : NULL;
}

static iom_table_kind kind_of(const char *name, size_t len)
{
	for (unsigned i = 0; i < IOM_TABLE_OTHER; i++) {
		if (strlen(kind_names[i]) == len && memcmp(kind_names[i], name, len) == 0)
			return (iom_table_kind)i;
	}
	return IOM_TABLE_OTHER;
}

/* One line; false: it is not `ADDRESS VALUE KIND`. */
static bool read_line(iom_tables *t, const char *line)
{
	uint64_t address, value;
	const char *p = hex(line, &address), *name;
	iom_table_kind kind;
	size_t len = 0;

	p = p ? blanks(p) : NULL;
	p = p ? hex(p, &value) : NULL;
	name = p ? blanks(p) : NULL;
	if (!name || (address & 7))
		return false;
	while (g_ascii_isgraph(name[len]))
		len++;
	for (p = name + len; *p; p++) {
		if (!g_ascii_isspace(*p))
			return false;
	}
	if (!len)
		return false;
	kind = kind_of(name, len);
	iom_shadow_set(&t->words, address, value);
	t->n_words++;
	t->low[kind] = MIN(t->low[kind], address);
	t->high[kind] = MAX(t->high[kind], address);
	if (kind != IOM_TABLE_OTHER)
		g_hash_table_insert(t->kinds, GSIZE_TO_POINTER(address >> 12),
				    GUINT_TO_POINTER((guint)kind + 1));
	return true;
}

gboolean iom_tables_read(iom_tables *t, const char *path, GError **error)
{
	iom_lines *lines = iom_lines_open(path, error);
	gboolean ok = TRUE;
	char *line;
	size_t len;
	int r;

	if (!lines)
		return FALSE;
	while ((r = iom_lines_next(lines, &line, &len, NULL, error)) > 0) {
		const char *p = line;

		while (g_ascii_isspace(*p))
			p++;
		if (!*p || *p == '#')
			continue;
		if (strlen(line) != len || !read_line(t, p)) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
				    "%s:%" PRIu64 ": expected `ADDRESS VALUE KIND`, the numbers "
				    "hexadecimal, the address a multiple of 8",
				    path, iom_lines_number(lines));
			ok = FALSE;
			break;
		}
	}
	iom_lines_close(lines);
	return ok && r >= 0;
}
