/* SPDX-License-Identifier: MIT */
/*
 * Firmware tables: the header that all have (ACPI 5.2.6 System Description Table
 * Header), and questions to either.
 */
#include "pcie/acpi-internal.h"

#include <string.h>

enum { OEM_ID = 10, OEM_TABLE = 16, OEM_REVISION = 24 };

bool acpi_fail(const iom_acpi_table *t, uint32_t offset, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: at 0x%x: %s", t->name, offset, text);
	return false;
}

static void free_node(gpointer data)
{
	iom_acpi_node *n = data;

	g_array_unref(n->mappings);
	g_array_unref(n->scopes);
	g_array_unref(n->identifiers);
	g_array_unref(n->regions);
	g_free(n->name);
	g_free(n);
}

iom_acpi_node *acpi_add(iom_acpi_table *t, iom_acpi_node_kind kind, const char *what,
			uint32_t offset)
{
	iom_acpi_node *n = g_new0(iom_acpi_node, 1);

	n->kind = kind;
	n->what = what;
	n->offset = offset;
	n->node = n->own_mapping = IOM_ACPI_NO_NODE;
	n->mappings = g_array_new(FALSE, FALSE, sizeof(iom_acpi_mapping));
	n->scopes = g_array_new(FALSE, FALSE, sizeof(iom_acpi_scope));
	n->identifiers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	n->regions = g_array_new(FALSE, FALSE, sizeof(iom_acpi_region));
	g_ptr_array_add(t->nodes, n);
	return n;
}

bool acpi_text(const iom_acpi_table *t, uint32_t at, uint32_t end, char **text)
{
	const void *zero = at < end ? memchr(t->data + at, 0, end - at) : NULL;

	if (!zero)
		return false;
	/* printed in messages and reports: nothing but what can be printed */
	*text = g_strndup((const char *)t->data + at, end - at);
	for (char *c = *text; *c; c++)
		*c = g_ascii_isgraph(*c) ? *c : '?';
	return true;
}

static void read_oem(iom_acpi_table *t)
{
	static const char hisi[] = "HISI  HIP0";
	g_autofree char *id = g_strndup((const char *)t->data + OEM_ID, 6);
	g_autofree char *table = g_strndup((const char *)t->data + OEM_TABLE, 8);

	/* HIP07 and HIP08 of revision 0 were shipped with counts that are not less one. */
	t->counts_whole = memcmp(t->data + OEM_ID, hisi, sizeof(hisi) - 1) == 0 &&
			  acpi_u32(t, OEM_REVISION) == 0;
	g_snprintf(t->oem, sizeof(t->oem), "%s %s", g_strchomp(id), g_strchomp(table));
	for (char *c = t->oem; *c; c++)
		*c = g_ascii_isprint(*c) ? *c : '?';
	g_strchomp(t->oem);
}

static bool read_header(iom_acpi_table *t, size_t length, GError **error)
{
	uint8_t sum = 0;

	if (length < ACPI_HEADER_BYTES + 12) {
		return acpi_fail(t, 0, error, "%zu bytes are no table: %u for the header expected",
				 length, ACPI_HEADER_BYTES + 12);
	}
	if (memcmp(t->data, "IORT", 4) == 0)
		t->kind = IOM_ACPI_IORT;
	else if (memcmp(t->data, "DMAR", 4) == 0)
		t->kind = IOM_ACPI_DMAR;
	else
		return acpi_fail(t, 0, error, "the signature of an IORT or a DMAR expected");
	t->length = acpi_u32(t, 4);
	if (t->length != length) {
		return acpi_fail(t, 4, error, "the table says that it has %u bytes; there are %zu",
				 t->length, length);
	}
	for (uint32_t i = 0; i < t->length; i++)
		sum = (uint8_t)(sum + t->data[i]);
	if (sum) {
		return acpi_fail(t, 9, error, "the checksum is 0x%02x, 0x%02x expected",
				 acpi_u8(t, 9), (acpi_u8(t, 9) - sum) & 0xff);
	}
	read_oem(t);
	return true;
}

iom_acpi_table *iom_acpi_parse(const void *data, size_t length, const char *name, GError **error)
{
	iom_acpi_table *t = g_new0(iom_acpi_table, 1);

	t->name = name;
	t->data = data;
	t->nodes = g_ptr_array_new_with_free_func(free_node);
	if (!read_header(t, length, error) ||
	    !(t->kind == IOM_ACPI_IORT ? iort_parse : dmar_parse)(t, error)) {
		iom_acpi_free(t);
		return NULL;
	}
	t->name = NULL;
	t->data = NULL;
	return t;
}

void iom_acpi_free(iom_acpi_table *table)
{
	if (!table)
		return;
	g_ptr_array_unref(table->nodes);
	g_free(table);
}

iom_acpi_kind iom_acpi_table_kind(const iom_acpi_table *table)
{
	return table->kind;
}

const char *iom_acpi_oem(const iom_acpi_table *table)
{
	return table->oem;
}

unsigned iom_acpi_address_bits(const iom_acpi_table *table)
{
	return table->address_bits;
}

unsigned iom_acpi_flags(const iom_acpi_table *table)
{
	return table->flags;
}

unsigned iom_acpi_n_nodes(const iom_acpi_table *table)
{
	return table->nodes->len;
}

const iom_acpi_node *iom_acpi_node_at(const iom_acpi_table *table, unsigned index)
{
	return index < table->nodes->len ? acpi_node(table, index) : NULL;
}

static void nowhere(iom_acpi_path *path, uint32_t id)
{
	*path = (iom_acpi_path){ IOM_ACPI_NO_NODE, id, IOM_ACPI_NO_NODE, id };
}

iom_acpi_found iom_acpi_requester(const iom_acpi_table *table, uint16_t segment, uint32_t rid,
				  iom_acpi_path *path)
{
	nowhere(path, rid);
	if (table->kind == IOM_ACPI_DMAR)
		return dmar_requester(table, segment, rid, path);
	/* Several root complexes may share a segment, each with its own ids. */
	for (unsigned i = 0; i < table->nodes->len; i++) {
		const iom_acpi_node *n = acpi_node(table, i);

		if (n->kind == IOM_ACPI_ROOT_COMPLEX && n->segment == segment &&
		    iort_resolve(table, n, rid, path) == IOM_ACPI_FOUND)
			return IOM_ACPI_FOUND;
	}
	return IOM_ACPI_NOT_MAPPED;
}

iom_acpi_found iom_acpi_component(const iom_acpi_table *table, const char *name, uint32_t id,
				  iom_acpi_path *path)
{
	nowhere(path, id);
	for (unsigned i = 0; i < table->nodes->len; i++) {
		const iom_acpi_node *n = acpi_node(table, i);

		if (n->kind == IOM_ACPI_NAMED_COMPONENT && strcmp(n->name, name) == 0)
			return iort_resolve(table, n, id, path);
	}
	return IOM_ACPI_NOT_MAPPED;
}

gboolean iom_acpi_apply(const iom_acpi_table *table, iom_pci_topology *topology, GError **error)
{
	return table->kind == IOM_ACPI_IORT ? iort_apply(table, topology, error)
					    : dmar_apply(table, topology, error);
}
