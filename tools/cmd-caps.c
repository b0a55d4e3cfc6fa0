/* SPDX-License-Identifier: MIT */
/*
 * `iommulate caps`: a configuration space dump in; its capability lists, what
 * of ATS and PASID a guest would be shown, and the reasons out.
 */
#include "tools/commands.h"

#include "pcie/pcie.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
	char *ats, *host_ats, *pasid, *at, *slot, *physical, *write;
	char **hidden;
	gboolean force, json, mediated, no_iommu_ats;
	int iommu_pasid;
} options;

typedef struct caps {
	options o;
	const char *path;
	iom_pci_config *shown; /* as the guest would see it in the end */
	iom_pci_config *physical;
	iom_pci_chain *standard, *extended;
	iom_pci_auto ats;
	iom_pci_host host;
	bool plan_pasid;
	iom_pci_place_options place;
	GArray *hidden; /* iom_pci_span */
	iom_pci_exposure ats_result, pasid_result;
} caps;

static gboolean bad(GError **error, const char *option, const char *value, const char *expected)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "bad usage: %s '%s': expected %s", option, value, expected);
	return FALSE;
}

static bool number(const char *text, uint64_t max, uint64_t *value)
{
	return g_str_has_prefix(text, "0x")
		       ? g_ascii_string_to_unsigned(text + 2, 16, 0, max, value, NULL)
		       : g_ascii_string_to_unsigned(text, 10, 0, max, value, NULL);
}

static gboolean choose(const char *option, const char *text, const char *const *words,
		       const char *expected, int *choice, GError **error)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*choice = i;
			return TRUE;
		}
	}
	return bad(error, option, text, expected);
}

/* BITS[,exec][,priv]: what the host answers. */
static gboolean parse_pasid(caps *c, GError **error)
{
	static const char expected[] = "off, or BITS[,exec][,priv] with BITS from 1 to 20";
	g_auto(GStrv) words = g_strsplit(c->o.pasid, ",", -1);
	uint64_t bits;

	if (strcmp(c->o.pasid, "off") == 0)
		return TRUE;
	if (!words[0] || !number(words[0], 20, &bits) || !bits)
		return bad(error, "--pasid", c->o.pasid, expected);
	for (char **w = words + 1; *w; w++) {
		if (strcmp(*w, "exec") == 0)
			c->host.pasid_exec = true;
		else if (strcmp(*w, "priv") == 0)
			c->host.pasid_priv = true;
		else
			return bad(error, "--pasid", c->o.pasid, expected);
	}
	c->host.max_pasid_log2 = (uint8_t)bits;
	c->plan_pasid = true;
	return TRUE;
}

/* OFFSET+SIZE, and ID and a name if known: "0x230+8:1b". */
static gboolean parse_hidden(caps *c, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);
	g_auto(GStrv) range = g_strsplit(parts[0] ? parts[0] : "", "+", 2);
	uint64_t offset, size, id = 0xffff;
	iom_pci_span span = { .kind = IOM_PCI_SPAN_HIDDEN };

	if (!range[0] || !range[1] || !number(range[0], 0xffc, &offset) || offset < 0x100 ||
	    !number(range[1], 0x1000 - offset, &size) || !size ||
	    (parts[0] && parts[1] &&
	     !g_ascii_string_to_unsigned(parts[1], 16, 0, 0xffff, &id, NULL)))
		return bad(error, "--hidden", text,
			   "OFFSET+SIZE[:ID] inside 0x100 to 0xfff, as in 0x230+8:1b");
	span.offset = (uint16_t)offset;
	span.size = (uint16_t)size;
	span.id = (uint16_t)id;
	g_array_append_val(c->hidden, span);
	return TRUE;
}

static gboolean parse_options(caps *c, GError **error)
{
	static const char *const tristate[] = { "auto", "off", "on", NULL };
	static const char *const answers[] = { "unknown", "yes", "no", NULL };
	int choice = 0;
	uint64_t at;

	if (c->o.ats && !choose("--ats", c->o.ats, tristate, "on, off or auto", &choice, error))
		return FALSE;
	c->ats = (iom_pci_auto)choice;
	choice = 0;
	if (c->o.host_ats &&
	    !choose("--host-ats", c->o.host_ats, answers, "yes, no or unknown", &choice, error))
		return FALSE;
	c->host.ats_unsupported = choice == 2;
	if (c->o.pasid && !parse_pasid(c, error))
		return FALSE;
	if (c->o.iommu_pasid < 0 || c->o.iommu_pasid > 20) {
		g_autofree char *text = g_strdup_printf("%d", c->o.iommu_pasid);

		return bad(error, "--iommu-pasid", text, "0 to 20 bits");
	}
	if (c->o.at) {
		if (!number(c->o.at, 0xfff, &at) || !at)
			return bad(error, "--at", c->o.at, "an offset from 0x100 to 0xff8");
		c->place.offset = (uint16_t)at;
	}
	for (char **h = c->o.hidden; h && *h; h++) {
		if (!parse_hidden(c, *h, error))
			return FALSE;
	}
	c->place.force = c->o.force;
	return TRUE;
}

/* The whole of a file or of standard input, of a length that a dump can have. */
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
	while ((n = fread(block, 1, sizeof(block), file)) > 0 && data->len < 64u << 20)
		g_byte_array_append(data, block, (guint)n);
	problem = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	if (problem || data->len >= 64u << 20) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: %s", path,
			    problem ? g_strerror(problem) : "too large for a dump");
		return FALSE;
	}
	return TRUE;
}

static iom_pci_config *load(const char *path, const char *slot, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();

	if (!read_file(path, data, error))
		return NULL;
	return iom_pci_config_parse(data->data, data->len, path, slot, error);
}

/* ---- text ---- */

static void print_size(const iom_pci_capability *cap, GString *out)
{
	if (!cap->size)
		g_string_append(out, "size unknown");
	else
		g_string_append_printf(out, "0x%03x to 0x%03x  %u bytes%s", cap->offset,
				       cap->offset + cap->size - 1, cap->size,
				       cap->size_kind == IOM_PCI_SIZE_COMPUTED ? " (computed)"
									       : "");
}

static void print_chain(const iom_pci_chain *chain, iom_pci_list list, GString *out)
{
	const char *title = list == IOM_PCI_STANDARD ? "Capabilities" : "Extended capabilities";

	if (!chain->n) {
		g_string_append_printf(out, "%s: none\n", title);
		return;
	}
	g_string_append_printf(out, "%s, in the order of the list\n", title);
	for (unsigned i = 0; i < chain->n; i++) {
		const iom_pci_capability *cap = &chain->capabilities[i];
		const char *name = iom_pci_capability_title(list, cap->id);

		if (list == IOM_PCI_STANDARD)
			g_string_append_printf(out, "  [%02x] %02x    ", cap->offset, cap->id);
		else
			g_string_append_printf(out, "  [%03x] %04x v%-2u ", cap->offset, cap->id,
					       cap->version);
		g_string_append_printf(out, "%-42s ", name ? name : "?");
		print_size(cap, out);
		if (cap->next && cap->next < cap->offset)
			g_string_append(out, ", next lies below");
		g_string_append_c(out, '\n');
	}
}

static void print_spans(const GArray *spans, GString *out)
{
	unsigned at = IOM_PCI_EXTENDED_START;

	g_string_append(out, "Bytes taken\n");
	for (guint i = 0; i < spans->len; i++) {
		const iom_pci_span *s = &g_array_index(spans, iom_pci_span, i);
		static const char *const kinds[] = { "", "  up to the next header: size unknown",
						     "  hidden", "  known of the device" };
		const char *name = iom_pci_capability_name(IOM_PCI_EXTENDED, s->id);

		if (s->offset > at)
			g_string_append_printf(out, "  0x%03x to 0x%03x  gap of %u bytes\n", at,
					       s->offset - 1, s->offset - at);
		g_string_append_printf(out, "  0x%03x to 0x%03x  %s%s\n", s->offset,
				       s->offset + s->size - 1, name ? name : "?", kinds[s->kind]);
		at = MAX(at, (unsigned)s->offset + s->size);
	}
	if (at < IOM_PCI_CONFIG_SIZE)
		g_string_append_printf(out, "  0x%03x to 0xfff  gap of %u bytes\n", at,
				       IOM_PCI_CONFIG_SIZE - at);
}

static void print_result(const char *title, const iom_pci_exposure *e, GString *out)
{
	g_string_append_printf(out, "%s: %s", title, e->shown ? "shown" : "not shown");
	if (e->shown)
		g_string_append_printf(out, " at 0x%03x", e->offset);
	g_string_append_c(out, '\n');
	for (guint i = 0; i < e->reasons->len; i++)
		g_string_append_printf(out, "  %s\n", (const char *)e->reasons->pdata[i]);
}

static void print_text(const caps *c, GString *out)
{
	g_string_append_printf(out, "%s: %04x:%04x, %u bytes\n", c->path,
			       iom_pci_config_read(c->physical, 0, 2),
			       iom_pci_config_read(c->physical, 2, 2),
			       iom_pci_config_size(c->physical));
	print_chain(c->standard, IOM_PCI_STANDARD, out);
	print_chain(c->extended, IOM_PCI_EXTENDED, out);
	if (c->ats_result.reasons)
		print_result("ATS", &c->ats_result, out);
	if (c->pasid_result.reasons) {
		if (c->pasid_result.plan)
			print_spans(c->pasid_result.plan->spans, out);
		print_result("PASID", &c->pasid_result, out);
	}
}

/* ---- JSON ---- */

static void json_string(const char *text, GString *out)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			g_string_append_printf(out, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void json_chain(const char *key, const iom_pci_chain *chain, iom_pci_list list, GString *out)
{
	static const char *const kinds[] = { "unknown", "fixed", "computed" };
	g_autofree char *defect = iom_pci_defect_text(chain);

	g_string_append_printf(out, "  \"%s\": {\"defect\": ", key);
	if (defect)
		json_string(defect, out);
	else
		g_string_append(out, "null");
	g_string_append(out, ", \"list\": [");
	for (unsigned i = 0; i < chain->n; i++) {
		const iom_pci_capability *cap = &chain->capabilities[i];
		const char *name = iom_pci_capability_name(list, cap->id);

		g_string_append_printf(
			out,
			"%s\n    {\"offset\": %u, \"id\": %u, \"version\": %u, "
			"\"next\": %u, \"size\": %u, \"size_kind\": \"%s\", \"name\": ",
			i ? "," : "", cap->offset, cap->id, cap->version, cap->next, cap->size,
			kinds[cap->size_kind]);
		json_string(name ? name : "?", out);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}");
}

static void json_result(const char *key, const iom_pci_exposure *e, GString *out)
{
	g_string_append_printf(out, ",\n  \"%s\": {\"shown\": %s, \"offset\": %u, \"reasons\": [",
			       key, e->shown ? "true" : "false", e->offset);
	for (guint i = 0; i < e->reasons->len; i++) {
		g_string_append(out, i ? ",\n    " : "\n    ");
		json_string(e->reasons->pdata[i], out);
	}
	g_string_append(out, "]");
	if (e->plan) {
		g_string_append(out, ", \"spans\": [");
		for (guint i = 0; i < e->plan->spans->len; i++) {
			const iom_pci_span *s = &g_array_index(e->plan->spans, iom_pci_span, i);
			static const char *const kinds[] = { "capability", "unknown", "hidden",
							     "quirk" };

			g_string_append_printf(
				out,
				"%s\n    {\"offset\": %u, \"size\": %u, \"id\": %u, \"kind\": "
				"\"%s\"}",
				i ? "," : "", s->offset, s->size, s->id, kinds[s->kind]);
		}
		g_string_append_printf(out, "], \"after\": %u, \"next\": %u", e->plan->after,
				       e->plan->next);
	}
	g_string_append_c(out, '}');
}

static void print_json(const caps *c, GString *out)
{
	g_autofree char *name = g_utf8_make_valid(c->path, -1);

	g_string_append(out, "{\n  \"file\": ");
	json_string(name, out);
	g_string_append_printf(out, ",\n  \"vendor\": %u, \"device\": %u, \"bytes\": %u,\n",
			       iom_pci_config_read(c->physical, 0, 2),
			       iom_pci_config_read(c->physical, 2, 2),
			       iom_pci_config_size(c->physical));
	json_chain("standard", c->standard, IOM_PCI_STANDARD, out);
	g_string_append(out, ",\n");
	json_chain("extended", c->extended, IOM_PCI_EXTENDED, out);
	if (c->ats_result.reasons)
		json_result("ats", &c->ats_result, out);
	if (c->pasid_result.reasons)
		json_result("pasid", &c->pasid_result, out);
	g_string_append(out, "\n}\n");
}

/* ---- the run ---- */

/* A list that cannot be relied on is what the user has to know first. */
static gboolean sound(const caps *c, GError **error)
{
	g_autofree char *standard = iom_pci_defect_text(c->standard);
	g_autofree char *extended = iom_pci_defect_text(c->extended);

	if (iom_pci_config_read(c->physical, 0, 2) == 0xffff)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: the function does not answer: its vendor id reads all ones",
			    c->path);
	else if (standard)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: capability list: %s", c->path,
			    standard);
	else if (extended)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: extended capability list: %s",
			    c->path, extended);
	else
		return TRUE;
	return FALSE;
}

/* What masking took out of the list is still there physically. */
static void hide_masked(caps *c)
{
	static const uint16_t ids[] = { IOM_PCI_EXT_ATS, IOM_PCI_EXT_PRI };

	for (unsigned i = 0; i < c->extended->n; i++) {
		const iom_pci_capability *cap = &c->extended->capabilities[i];

		for (unsigned k = 0; k < G_N_ELEMENTS(ids); k++) {
			iom_pci_span span = { .offset = cap->offset,
					      .size = cap->size,
					      .id = cap->id,
					      .kind = IOM_PCI_SPAN_HIDDEN };

			if (cap->id == ids[k] && !iom_pci_find(c->shown, IOM_PCI_EXTENDED, cap->id))
				g_array_append_val(c->hidden, span);
		}
	}
}

static gboolean plan(caps *c, GError **error)
{
	const iom_pci_host *host = c->o.mediated ? NULL : &c->host;
	const iom_pci_host *ats_host =
		c->o.host_ats && strcmp(c->o.host_ats, "unknown") != 0 ? host : NULL;

	if ((c->o.ats || c->o.host_ats || c->o.no_iommu_ats) &&
	    !iom_pci_expose_ats(c->shown, c->ats, ats_host, !c->o.no_iommu_ats, &c->ats_result,
				error))
		return FALSE;
	if (!c->plan_pasid)
		return TRUE;
	hide_masked(c);
	c->place.physical = c->physical;
	c->place.hidden = (const iom_pci_span *)(const void *)c->hidden->data;
	c->place.n_hidden = c->hidden->len;
	return iom_pci_expose_pasid(c->shown, host, (unsigned)c->o.iommu_pasid, &c->place,
				    &c->pasid_result, error);
}

static gboolean write_result(const caps *c, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!c->o.write)
		return TRUE;
	iom_pci_config_print(c->shown, c->o.slot, text);
	if (strcmp(c->o.write, "-") == 0) {
		fputs(text->str, stdout);
		return TRUE;
	}
	return g_file_set_contents(c->o.write, text->str, (gssize)text->len, error);
}

static gboolean run(caps *c, GError **error)
{
	GError *first = NULL;
	gboolean ok;

	if (!parse_options(c, error))
		return FALSE;
	c->shown = load(c->path, c->o.slot, error);
	if (!c->shown)
		return FALSE;
	c->physical =
		c->o.physical ? load(c->o.physical, NULL, error) : iom_pci_config_copy(c->shown);
	if (!c->physical)
		return FALSE;
	c->standard = iom_pci_walk(c->shown, IOM_PCI_STANDARD);
	c->extended = iom_pci_walk(c->shown, IOM_PCI_EXTENDED);
	ok = sound(c, &first) && plan(c, &first);
	/* What was read is worth showing even where it is broken. */
	if (!c->o.write || strcmp(c->o.write, "-") != 0) {
		g_autoptr(GString) out = g_string_new(NULL);

		if (c->o.json)
			print_json(c, out);
		else
			print_text(c, out);
		fputs(out->str, stdout);
	}
	if (!ok) {
		fflush(stdout);
		g_propagate_error(error, first);
		return FALSE;
	}
	return write_result(c, error);
}

static void clear(caps *c)
{
	iom_pci_exposure_clear(&c->ats_result);
	iom_pci_exposure_clear(&c->pasid_result);
	iom_pci_chain_free(c->standard);
	iom_pci_chain_free(c->extended);
	iom_pci_config_free(c->shown);
	iom_pci_config_free(c->physical);
	g_array_unref(c->hidden);
	g_free(c->o.ats);
	g_free(c->o.host_ats);
	g_free(c->o.pasid);
	g_free(c->o.at);
	g_free(c->o.slot);
	g_free(c->o.physical);
	g_free(c->o.write);
	g_strfreev(c->o.hidden);
}

int iom_cmd_caps(int argc, char **argv)
{
	caps c = { .o.iommu_pasid = 20 };
	const GOptionEntry entries[] = {
		{ "ats", 0, 0, G_OPTION_ARG_STRING, &c.o.ats, "Show ATS to a guest",
		  "on|off|auto" },
		{ "host-ats", 0, 0, G_OPTION_ARG_STRING, &c.o.host_ats,
		  "What the host says of ATS for this device", "yes|no|unknown" },
		{ "no-iommu-ats", 0, 0, G_OPTION_ARG_NONE, &c.o.no_iommu_ats,
		  "The virtual IOMMU has no ATS", NULL },
		{ "pasid", 0, 0, G_OPTION_ARG_STRING, &c.o.pasid,
		  "Plan a PASID capability from the host's answer", "off|BITS[,exec][,priv]" },
		{ "iommu-pasid", 0, 0, G_OPTION_ARG_INT, &c.o.iommu_pasid,
		  "PASID bits of the virtual IOMMU (20)", "BITS" },
		{ "mediated", 0, 0, G_OPTION_ARG_NONE, &c.o.mediated,
		  "The device has no host IOMMU information", NULL },
		{ "at", 0, 0, G_OPTION_ARG_STRING, &c.o.at, "Place it at this offset", "OFFSET" },
		{ "force", 0, 0, G_OPTION_ARG_NONE, &c.o.force,
		  "--at may lie behind a capability of unknown size", NULL },
		{ "hidden", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c.o.hidden,
		  "Bytes of a capability that the list does not show", "OFFSET+SIZE[:ID]" },
		{ "physical", 0, 0, G_OPTION_ARG_FILENAME, &c.o.physical,
		  "Dump of the device itself, where FILE is what a guest sees", "FILE" },
		{ "slot", 0, 0, G_OPTION_ARG_STRING, &c.o.slot,
		  "Which function of a dump of several", "BB:DD.F" },
		{ "write", 'w', 0, G_OPTION_ARG_FILENAME, &c.o.write,
		  "Write the resulting space as lspci -F reads it", "FILE" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &c.o.json, "Print JSON", NULL },
		G_OPTION_ENTRY_NULL,
	};
	GError *error = NULL;
	int status;
	gboolean ok;

	if (!iom_cmd_parse(&argc, &argv, "FILE",
			   "Read a configuration space (`lspci -xxxx` output or raw bytes), print "
			   "its capability\nlists with the bytes they take, and plan what a guest "
			   "is shown of ATS and PASID.",
			   entries, &status))
		return status;
	iom_pci_place_options_init(&c.place);
	c.hidden = g_array_new(FALSE, FALSE, sizeof(iom_pci_span));
	c.path = argc == 2 ? argv[1] : NULL;
	if (c.path) {
		ok = run(&c, &error);
	} else {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "bad usage: expected one FILE; `iommulate caps --help` says more");
		ok = FALSE;
	}
	clear(&c);
	return ok ? 0 : iom_cmd_fail("caps", error);
}
