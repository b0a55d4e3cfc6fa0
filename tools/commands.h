/* SPDX-License-Identifier: MIT */
/*
 * The sub-commands of `iommulate`. Each gets the arguments from its own name on
 * and returns the exit status of the process: 0 all well, 1 the run found what
 * it looks for, 2 bad usage or bad input.
 */
#ifndef IOM_TOOLS_COMMANDS_H
#define IOM_TOOLS_COMMANDS_H

#include <glib.h>

int iom_cmd_import(int argc, char **argv);
int iom_cmd_info(int argc, char **argv);
int iom_cmd_replay(int argc, char **argv);
int iom_cmd_explain(int argc, char **argv);
int iom_cmd_vectors(int argc, char **argv);
int iom_cmd_bench(int argc, char **argv);
int iom_cmd_caps(int argc, char **argv);
int iom_cmd_acpi(int argc, char **argv);
int iom_cmd_host(int argc, char **argv);
int iom_cmd_iommufd(int argc, char **argv);

/*
 * Parse GOption entries for the sub-command `argv[0]`; `synopsis` and `summary`
 * make its --help. False: a message was printed and the exit status is in
 * *status (0 for --help).
 */
gboolean iom_cmd_parse(int *argc, char ***argv, const char *synopsis, const char *summary,
		       const GOptionEntry *entries, int *status);
/* Print "iommulate COMMAND: message" to standard error; returns 2. Frees the error. */
int iom_cmd_fail(const char *command, GError *error);

#endif
