/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

#include "sim/import/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SUMMARY \
	"Read LOG, which QEMU's -trace option wrote, and the contents of the guest's tables;\n" \
	"write a trace that `iommulate replay` compares with QEMU's answers. SMMUv3 and VT-d, " \
	"QEMU\n7.2 to 11; files may be compressed (.xz, .gz, .zst), - is standard input or " \
	"output."

/* A number in C's notation, as an option's argument. */
static bool number(const char *name, const char *text, uint64_t max, bool *have, uint64_t *value,
		   GError **error)
{
	char *end;

	*have = text != NULL;
	if (!text)
		return true;
	errno = 0;
	*value = g_ascii_strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || *value > max) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "--%s=%s: expected a number of at most %#" G_GINT64_MODIFIER "x", name,
			    text, (guint64)max);
		return false;
	}
	return true;
}

static int import_qemu(iom_import_options *options, gboolean quiet)
{
	iom_import_report report;
	GError *error = NULL;
	int status = 0;

	iom_import_report_init(&report);
	if (iom_import_qemu(options, &report, &error)) {
		GString *text = g_string_new(NULL);

		iom_import_report_print(&report, options->log, text);
		if (!quiet)
			fputs(text->str, stderr);
		g_string_free(text, TRUE);
	} else {
		status = iom_cmd_fail("import", error);
	}
	iom_import_report_clear(&report);
	return status;
}

int iom_cmd_import(int argc, char **argv)
{
	g_autofree char *tables = NULL, *output = NULL, *ver = NULL, *cap = NULL, *ecap = NULL,
			*haw = NULL;
	gboolean quiet = FALSE;
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write the trace here",
		  "TRACE" },
		{ "tables", 't', 0, G_OPTION_ARG_FILENAME, &tables,
		  "Words of the guest's tables, lines of `ADDRESS VALUE KIND`", "FILE" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print no summary", NULL },
		{ "ver", 0, 0, G_OPTION_ARG_STRING, &ver, "VT-d: value of VER_REG", "N" },
		{ "cap", 0, 0, G_OPTION_ARG_STRING, &cap,
		  "VT-d: value of CAP_REG (default: what the tables use)", "N" },
		{ "ecap", 0, 0, G_OPTION_ARG_STRING, &ecap,
		  "VT-d: value of ECAP_REG (default: what the tables use)", "N" },
		{ "haw", 0, 0, G_OPTION_ARG_STRING, &haw, "VT-d: host address width in bits",
		  "BITS" },
		G_OPTION_ENTRY_NULL,
	};
	iom_import_options options = { 0 };
	GError *error = NULL;
	uint64_t ver_value = 0, haw_value = 0;
	int status;

	if (!iom_cmd_parse(&argc, &argv, "qemu LOG", SUMMARY, entries, &status))
		return status;
	if (argc != 3 || strcmp(argv[1], "qemu") != 0 || !output) {
		g_set_error(&error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "bad usage: expected `import qemu LOG --tables FILE -o TRACE`");
		return iom_cmd_fail("import", error);
	}
	if (!number("ver", ver, UINT32_MAX, &options.have_ver, &ver_value, &error) ||
	    !number("cap", cap, UINT64_MAX, &options.have_cap, &options.cap, &error) ||
	    !number("ecap", ecap, UINT64_MAX, &options.have_ecap, &options.ecap, &error) ||
	    !number("haw", haw, 52, &options.have_haw, &haw_value, &error))
		return iom_cmd_fail("import", error);
	if (options.have_haw && haw_value < 30) {
		g_set_error(&error, IOM_ERROR, IOM_ERROR_CONFIG, "--haw=%s: expected 30 to 52 bits",
			    haw);
		return iom_cmd_fail("import", error);
	}
	options.ver = (uint32_t)ver_value;
	options.haw = (uint32_t)haw_value;
	options.log = argv[2];
	options.tables = tables;
	options.output = output;
	return import_qemu(&options, quiet);
}
