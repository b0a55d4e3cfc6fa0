/* SPDX-License-Identifier: MIT */
/*
 * `iommulate acpi`: an IORT or DMAR table in; what it says, and which IOMMU a
 * requester is behind and under which id, out.
 */
#include "tools/commands.h"

#include "core/core.h"
#include "pcie/acpi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST_BYTES (16u << 20)

typedef struct options {
	char **ids, **components;
	gboolean json;
} options;

/* A question and its answer. */
typedef struct asked {
	char *who;
	iom_acpi_found found;
	iom_acpi_path path;
} asked;

static gboolean read_file(const char *path, GByteArray *data, GError **error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	uint8_t block[4096];
	size_t n;
	int problem;

	if (!file) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot open: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0 && data->len < MOST_BYTES)
		g_byte_array_append(data, block, (guint)n);
	problem = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	if (problem || data->len >= MOST_BYTES) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: %s", path,
			    problem ? g_strerror(problem) : "too large for a table");
		return FALSE;
	}
	return TRUE;
}

/* ---- questions ---- */

/* [SEGMENT:]BB:DD.F in hexadecimal, as lspci prints it. */
static bool parse_id(const char *text, unsigned *segment, unsigned *rid)
{
	unsigned bus, device, function;
	int used = 0;

	*segment = 0;
	if (sscanf(text, "%4x:%2x:%2x.%1x%n", segment, &bus, &device, &function, &used) != 4 ||
	    text[used]) {
		used = 0;
		*segment = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &used) != 3 ||
		    text[used])
			return false;
	}
	if (device > 31 || function > 7)
		return false;
	*rid = bus << 8 | device << 3 | function;
	return true;
}

static gboolean ask_ids(const options *o, const iom_acpi_table *t, GArray *answers, GError **error)
{
	for (char **id = o->ids; id && *id; id++) {
		asked a = { .who = *id };
		unsigned segment, rid;

		if (!parse_id(*id, &segment, &rid)) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "bad usage: --id '%s': expected [SEGMENT:]BB:DD.F, as in "
				    "0000:01:00.0",
				    *id);
			return FALSE;
		}
		a.found = iom_acpi_requester(t, (uint16_t)segment, rid, &a.path);
		g_array_append_val(answers, a);
	}
	return TRUE;
}

static gboolean ask_components(const options *o, const iom_acpi_table *t, GArray *answers,
			       GError **error)
{
	for (char **name = o->components; name && *name; name++) {
		g_auto(GStrv) parts = g_strsplit(*name, "=", 2);
		asked a = { .who = *name };
		guint64 id = 0;

		if (!parts[0] || !*parts[0] ||
		    (parts[1] &&
		     !g_ascii_string_to_unsigned(parts[1],
						 g_str_has_prefix(parts[1], "0x") ? 16 : 10, 0,
						 UINT32_MAX, &id, NULL) &&
		     !g_ascii_string_to_unsigned(parts[1] + 2, 16, 0, UINT32_MAX, &id, NULL))) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "bad usage: --component '%s': expected NAME or NAME=ID", *name);
			return FALSE;
		}
		a.found = iom_acpi_component(t, parts[0], (uint32_t)id, &a.path);
		g_array_append_val(answers, a);
	}
	return TRUE;
}

/* ---- text ---- */

static bool is_unit(const iom_acpi_node *n)
{
	return n->kind == IOM_ACPI_SMMU || n->kind == IOM_ACPI_SMMUV3 || n->kind == IOM_ACPI_DRHD;
}

static void print_name(const iom_acpi_table *t, unsigned i, GString *out)
{
	const iom_acpi_node *n = iom_acpi_node_at(t, i);

	if (n && is_unit(n))
		g_string_append_printf(out, "%s at 0x%" G_GINT64_MODIFIER "x", n->what, n->base);
	else if (n)
		g_string_append_printf(out, "%s [0x%03x]", n->what, n->offset);
	else
		g_string_append(out, "nothing");
}

static void print_mappings(const iom_acpi_table *t, const iom_acpi_node *n, GString *out)
{
	for (guint i = 0; i < n->mappings->len; i++) {
		const iom_acpi_mapping *m = &g_array_index(n->mappings, iom_acpi_mapping, i);

		if (m->single)
			g_string_append_printf(out, "    every id to 0x%x of ", m->output_base);
		else
			g_string_append_printf(out,
					       "    0x%x to 0x%" G_GINT64_MODIFIER
					       "x: 0x%x to 0x%" G_GINT64_MODIFIER "x of ",
					       m->input_base, m->input_base + m->count - 1,
					       m->output_base, m->output_base + m->count - 1);
		print_name(t, m->output, out);
		g_string_append(out, i == n->own_mapping ? ", its own messages\n"
				     : m->overlapped ? ", the last id belongs to the next range\n"
						     : "\n");
	}
}

static void print_scopes(const iom_acpi_node *n, GString *out)
{
	static const char *const kinds[] = { "?",      "function", "bridge and below",
					     "IOAPIC", "HPET",     "namespace device" };

	for (guint i = 0; i < n->scopes->len; i++) {
		const iom_acpi_scope *s = &g_array_index(n->scopes, iom_acpi_scope, i);

		g_string_append_printf(out, "    %s", kinds[s->kind < 6 ? s->kind : 0]);
		if (s->kind >= IOM_ACPI_SCOPE_IOAPIC)
			g_string_append_printf(out, " %u", s->enumeration);
		g_string_append_printf(out, ", bus %02x", s->start_bus);
		for (unsigned k = 0; k < s->path_length; k++)
			g_string_append_printf(out, "%s%02x.%x", k ? ", then " : " device ",
					       s->path[k].device, s->path[k].function);
		g_string_append_c(out, '\n');
	}
}

static void print_node(const iom_acpi_table *t, const iom_acpi_node *n, GString *out)
{
	g_string_append_printf(out, "  [0x%03x] %s", n->offset, n->what);
	if (n->kind == IOM_ACPI_UNKNOWN)
		g_string_append_printf(out, " type %u", n->type);
	if (n->kind == IOM_ACPI_ROOT_COMPLEX || n->kind == IOM_ACPI_DRHD ||
	    n->kind == IOM_ACPI_RMRR || n->kind == IOM_ACPI_ATSR || n->kind == IOM_ACPI_SATC)
		g_string_append_printf(out, " segment %u", n->segment);
	if (n->kind == IOM_ACPI_ROOT_COMPLEX && n->flags & 1)
		g_string_append(out, ", ATS");
	if (n->kind == IOM_ACPI_DRHD && n->flags & 1)
		g_string_append(out, ", all other functions");
	if (n->kind == IOM_ACPI_ATSR && n->flags & 1)
		g_string_append(out, ", all ports");
	if (n->base)
		g_string_append_printf(out, ", registers at 0x%" G_GINT64_MODIFIER "x", n->base);
	if (n->name)
		g_string_append_printf(out, " %s", n->name);
	if (n->node != IOM_ACPI_NO_NODE) {
		g_string_append(out, n->kind == IOM_ACPI_PMCG ? ", counts for " : ", of ");
		print_name(t, n->node, out);
	}
	if (n->kind == IOM_ACPI_RHSA || (n->kind == IOM_ACPI_SMMUV3 && n->domain))
		g_string_append_printf(out, ", proximity domain %u", n->domain);
	for (guint i = 0; i < n->identifiers->len; i++)
		g_string_append_printf(out, " %u", g_array_index(n->identifiers, uint32_t, i));
	g_string_append_c(out, '\n');
	for (guint i = 0; i < n->regions->len; i++) {
		const iom_acpi_region *r = &g_array_index(n->regions, iom_acpi_region, i);

		g_string_append_printf(out,
				       "    memory 0x%" G_GINT64_MODIFIER
				       "x to 0x%" G_GINT64_MODIFIER "x\n",
				       r->base, r->last);
	}
	print_mappings(t, n, out);
	print_scopes(n, out);
}

static void print_answer(const iom_acpi_table *t, const asked *a, GString *out)
{
	bool iort = iom_acpi_table_kind(t) == IOM_ACPI_IORT;

	g_string_append_printf(out, "%s: ", a->who);
	if (a->found != IOM_ACPI_FOUND) {
		g_string_append(out, a->found == IOM_ACPI_NOT_MAPPED
					     ? "behind no IOMMU of this table\n"
					     : "depends on the bus numbers of bridges\n");
		return;
	}
	if (a->path.iommu != IOM_ACPI_NO_NODE) {
		print_name(t, a->path.iommu, out);
		g_string_append_printf(out, iort ? ", StreamID 0x%x" : ", source-id 0x%x",
				       a->path.id);
	} else {
		g_string_append(out, "no IOMMU");
	}
	if (a->path.its != IOM_ACPI_NO_NODE) {
		g_string_append(out, "; ");
		print_name(t, a->path.its, out);
		g_string_append_printf(out, ", DeviceID 0x%x", a->path.device_id);
	}
	g_string_append_c(out, '\n');
}

static void print_text(const char *path, const iom_acpi_table *t, const GArray *answers,
		       GString *out)
{
	bool iort = iom_acpi_table_kind(t) == IOM_ACPI_IORT;

	g_string_append_printf(out, "%s: %s of %s", path, iort ? "IORT" : "DMAR", iom_acpi_oem(t));
	if (!iort)
		g_string_append_printf(out, ", addresses of %u bits%s", iom_acpi_address_bits(t),
				       iom_acpi_flags(t) & 1 ? ", interrupt remapping" : "");
	g_string_append_c(out, '\n');
	for (unsigned i = 0; i < iom_acpi_n_nodes(t); i++)
		print_node(t, iom_acpi_node_at(t, i), out);
	for (guint i = 0; i < answers->len; i++)
		print_answer(t, &g_array_index(answers, asked, i), out);
}

/* ---- JSON ---- */

static void json_text(const char *text, GString *out)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		if ((unsigned char)*text < 0x20)
			g_string_append_printf(out, "\\u%04x", (unsigned char)*text);
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void json_node(const iom_acpi_node *n, GString *out)
{
	g_string_append_printf(out,
			       "{\"offset\": %u, \"kind\": \"%s\", \"type\": %u, \"segment\": %u, "
			       "\"flags\": %u, \"base\": %" G_GUINT64_FORMAT ", ",
			       n->offset, n->what, n->type, n->segment, n->flags, n->base);
	if (n->name) {
		g_string_append(out, "\"name\": ");
		json_text(n->name, out);
		g_string_append(out, ", ");
	}
	g_string_append(out, "\"mappings\": [");
	for (guint i = 0; i < n->mappings->len; i++) {
		const iom_acpi_mapping *m = &g_array_index(n->mappings, iom_acpi_mapping, i);

		g_string_append_printf(out,
				       "%s{\"input\": %u, \"count\": %" G_GUINT64_FORMAT
				       ", \"output\": %u, \"node\": %u, \"single\": %s}",
				       i ? ", " : "", m->input_base, m->count, m->output_base,
				       m->output, m->single ? "true" : "false");
	}
	g_string_append(out, "], \"scopes\": [");
	for (guint i = 0; i < n->scopes->len; i++) {
		const iom_acpi_scope *s = &g_array_index(n->scopes, iom_acpi_scope, i);

		g_string_append_printf(out,
				       "%s{\"kind\": %u, \"enumeration\": %u, \"bus\": %u, "
				       "\"path\": [",
				       i ? ", " : "", s->kind, s->enumeration, s->start_bus);
		for (unsigned k = 0; k < s->path_length; k++)
			g_string_append_printf(out, "%s[%u, %u]", k ? ", " : "", s->path[k].device,
					       s->path[k].function);
		g_string_append(out, "]}");
	}
	g_string_append(out, "], \"regions\": [");
	for (guint i = 0; i < n->regions->len; i++) {
		const iom_acpi_region *r = &g_array_index(n->regions, iom_acpi_region, i);

		g_string_append_printf(out, "%s[%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT "]",
				       i ? ", " : "", r->base, r->last);
	}
	g_string_append(out, "]}");
}

static void json_number(const char *name, unsigned value, GString *out)
{
	if (value == IOM_ACPI_NO_NODE)
		g_string_append_printf(out, "\"%s\": null", name);
	else
		g_string_append_printf(out, "\"%s\": %u", name, value);
}

static void print_json(const iom_acpi_table *t, const GArray *answers, GString *out)
{
	static const char *const found[] = { "yes", "no", "needs topology" };

	g_string_append_printf(out, "{\"table\": \"%s\", \"oem\": ",
			       iom_acpi_table_kind(t) == IOM_ACPI_IORT ? "IORT" : "DMAR");
	json_text(iom_acpi_oem(t), out);
	g_string_append(out, ",\n \"nodes\": [");
	for (unsigned i = 0; i < iom_acpi_n_nodes(t); i++) {
		g_string_append(out, i ? ",\n  " : "\n  ");
		json_node(iom_acpi_node_at(t, i), out);
	}
	g_string_append(out, "],\n \"requesters\": [");
	for (guint i = 0; i < answers->len; i++) {
		const asked *a = &g_array_index(answers, asked, i);

		g_string_append(out, i ? ",\n  {\"who\": " : "\n  {\"who\": ");
		json_text(a->who, out);
		g_string_append_printf(out, ", \"found\": \"%s\", ", found[a->found]);
		json_number("iommu", a->path.iommu, out);
		g_string_append_printf(out, ", \"id\": %u, ", a->path.id);
		json_number("its", a->path.its, out);
		g_string_append_printf(out, ", \"device_id\": %u}", a->path.device_id);
	}
	g_string_append(out, "]}\n");
}

static gboolean run(const options *o, const char *path, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	g_autoptr(GArray) answers = g_array_new(FALSE, FALSE, sizeof(asked));
	g_autoptr(GString) out = g_string_new(NULL);
	iom_acpi_table *t;
	gboolean ok;

	if (!read_file(path, data, error))
		return FALSE;
	t = iom_acpi_parse(data->data, data->len, path, error);
	if (!t)
		return FALSE;
	ok = ask_ids(o, t, answers, error) && ask_components(o, t, answers, error);
	if (ok && o->json)
		print_json(t, answers, out);
	else if (ok)
		print_text(path, t, answers, out);
	fputs(out->str, stdout);
	iom_acpi_free(t);
	return ok;
}

int iom_cmd_acpi(int argc, char **argv)
{
	options o = { 0 };
	const GOptionEntry entries[] = {
		{ "id", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.ids,
		  "Where the requests of this function go", "[SEGMENT:]BB:DD.F" },
		{ "component", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.components,
		  "The same for an id of a named component", "NAME[=ID]" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "Print JSON", NULL },
		G_OPTION_ENTRY_NULL,
	};
	GError *error = NULL;
	int status;
	gboolean ok = FALSE;

	if (!iom_cmd_parse(&argc, &argv, "FILE",
			   "Read an IORT or DMAR table from its bytes, check it, and print which "
			   "requesters are\nbehind which IOMMU and under which id.",
			   entries, &status))
		return status;
	if (argc == 2)
		ok = run(&o, argv[1], &error);
	else
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "bad usage: expected one FILE; `iommulate acpi --help` says more");
	g_strfreev(o.ids);
	g_strfreev(o.components);
	return ok ? 0 : iom_cmd_fail("acpi", error);
}
