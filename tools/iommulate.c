/* SPDX-License-Identifier: MIT */
/* The command: finds the sub-command and hands over to it. */
#include "tools/commands.h"

#include "core/core.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

typedef struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} command;

static const command commands[] = {
	{ "import", iom_cmd_import, "make a trace of a log of QEMU" },
	{ "info", iom_cmd_info, "describe what a trace holds" },
	{ "replay", iom_cmd_replay, "replay a trace and compare every answer" },
	{ "explain", iom_cmd_explain, "show every step of one DMA of a trace" },
	{ "vectors", iom_cmd_vectors, "run conformance vectors against the models" },
	{ "caps", iom_cmd_caps, "plan and print PCIe extended capabilities" },
	{ "acpi", iom_cmd_acpi, "read an IORT or DMAR table: which IOMMU, under which id" },
	{ "host", iom_cmd_host, "show what the host's /dev/iommu offers" },
	{ "iommufd", iom_cmd_iommufd, "run a program with the engine as its /dev/iommu" },
	{ "bench", iom_cmd_bench, "measure the models beside a baseline" },
};

static const command *find_command(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void usage(FILE *file)
{
	fprintf(file,
		"Usage: iommulate COMMAND [OPTION...] [ARGUMENT...]\n"
		"\n"
		"Models of the Arm SMMUv3 and the Intel VT-d IOMMU, fed with what real drivers "
		"did.\n"
		"\n"
		"Commands:\n");
	for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(file, "\n"
		      "Options:\n"
		      "  -h, --help   show this help; after a command, the command's own\n"
		      "  --version    show the version\n"
		      "\n"
		      "Exit status: 0 all well, 1 the run found what it looks for (an answer that\n"
		      "differs), 2 bad usage or bad input.\n");
}

/* `iommulate help` and `iommulate help COMMAND`. */
static int help(int argc, char **argv)
{
	const command *c = argc > 1 ? find_command(argv[1]) : NULL;
	char *args[3] = { NULL, (char *)"--help", NULL };

	if (argc < 2) {
		usage(stdout);
		return 0;
	}
	if (!c) {
		fprintf(stderr, "iommulate: unknown command '%s'; `iommulate --help` lists them\n",
			argv[1]);
		return 2;
	}
	args[0] = argv[1];
	return c->run(2, args);
}

static int dispatch(int argc, char **argv)
{
	const command *c;

	if (argc < 1) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[0], "--version") == 0) {
		printf("iommulate %s\n", iom_version());
		return 0;
	}
	if (strcmp(argv[0], "help") == 0)
		return help(argc, argv);
	c = find_command(argv[0]);
	if (!c) {
		fprintf(stderr, "iommulate: unknown %s '%s'; `iommulate --help` lists %s\n",
			argv[0][0] == '-' ? "option" : "command", argv[0],
			argv[0][0] == '-' ? "them" : "the commands");
		return 2;
	}
	return c->run(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	/* File names and text are the user's; numbers are the same everywhere. */
	setlocale(LC_CTYPE, "");
	status = dispatch(argc - 1, argv + 1);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "iommulate: standard output: cannot write: %s\n",
			g_strerror(errno));
		return 2;
	}
	return status;
}
