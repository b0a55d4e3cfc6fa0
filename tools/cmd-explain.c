/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

#include "sim/replay/explain.h"

#include <stdio.h>

int iom_cmd_explain(int argc, char **argv)
{
	g_autofree char *machine_path = NULL;
	g_autofree char *at = NULL;
	const GOptionEntry entries[] = {
		{ "at", 0, 0, G_OPTION_ARG_STRING, &at, "Number of the DMA, counted from 0", "N" },
		{ "machine", 0, 0, G_OPTION_ARG_FILENAME, &machine_path,
		  "Change ID registers as FILE says", "FILE" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GString) out = NULL;
	iom_machine *machine = NULL;
	GError *error = NULL;
	guint64 number;
	gboolean ok;
	int status;

	if (!iom_cmd_parse(&argc, &argv, "TRACE --at N",
			   "Replay the trace up to DMA number N, then show every structure read "
			   "for it,\nevery decision with its section of the specification, and "
			   "the answer or the fault.",
			   entries, &status))
		return status;
	if (argc != 2 || !at)
		return iom_cmd_fail("explain", g_error_new(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
							   "bad usage: expected TRACE --at N; "
							   "`iommulate explain --help` says more"));
	if (!g_ascii_string_to_unsigned(at, 10, 0, G_MAXUINT64 - 1, &number, NULL))
		return iom_cmd_fail("explain",
				    g_error_new(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
						"bad usage: --at %s, expected a number from 0",
						at));
	if (machine_path) {
		machine = iom_machine_load(machine_path, &error);
		if (!machine)
			return iom_cmd_fail("explain", error);
	}
	out = g_string_new(NULL);
	ok = iom_explain(argv[1], machine, number, out, &error);
	iom_machine_free(machine);
	if (!ok)
		return iom_cmd_fail("explain", error);
	fputs(out->str, stdout);
	return 0;
}
