/* SPDX-License-Identifier: MIT */
/* Options of the sub-commands, and how they report a problem. */
#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

int iom_cmd_fail(const char *command, GError *error)
{
	/* One problem is one line, whatever a library put into its message. */
	char *text = g_strdelimit(g_strdup(error ? error->message : "unknown error"), "\r\n", ' ');

	fprintf(stderr, "iommulate %s: %s\n", command, g_strchomp(text));
	g_free(text);
	g_clear_error(&error);
	return 2;
}

gboolean iom_cmd_parse(int *argc, char ***argv, const char *synopsis, const char *summary,
		       const GOptionEntry *entries, int *status)
{
	gboolean show_help = FALSE;
	const GOptionEntry own[] = {
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &show_help, "Show this help", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autofree char *command = g_strdup((*argv)[0]);
	g_autofree char *name = g_strdup_printf("iommulate %s", command);
	GOptionContext *context = g_option_context_new(synopsis);
	GError *error = NULL;
	gboolean ok;

	/* Usage lines begin with it. */
	g_set_prgname(name);
	g_option_context_set_summary(context, summary);
	/* GLib's own --help would leave the process without checking its output. */
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_add_main_entries(context, own, NULL);
	if (entries)
		g_option_context_add_main_entries(context, entries, NULL);
	ok = g_option_context_parse(context, argc, argv, &error);
	if (!ok) {
		g_prefix_error(&error, "bad usage: ");
		*status = iom_cmd_fail(command, error);
	} else if (show_help) {
		g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

		fputs(text, stdout);
		*status = 0;
		ok = FALSE;
	}
	g_option_context_free(context);
	return ok;
}
