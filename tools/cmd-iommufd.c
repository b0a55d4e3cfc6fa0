/* SPDX-License-Identifier: MIT */
/* `iommulate iommufd -- PROGRAM`: run a program with the engine as its /dev/iommu. */
#include "tools/commands.h"

#include "core/core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libiommulate-iommufd.so"

/* Beside the command as it was built, or where it was installed. */
static char *find_library(void)
{
	static const char *const places[] = {
		"../iommufd/" LIBRARY,
		"../" IOM_LIBDIR "/iommulate/" LIBRARY,
	};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = self ? g_path_get_dirname(self) : NULL;

	for (size_t i = 0; dir && i < G_N_ELEMENTS(places); i++) {
		char *path = g_build_filename(dir, places[i], NULL);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return path;
		g_free(path);
	}
	return NULL;
}

static int run(char **argv, const char *profile, char **devices, gboolean no_selftest)
{
	g_autofree char *library = find_library();
	g_autofree char *preload = NULL;
	const char *before = g_getenv("LD_PRELOAD");

	if (!library) {
		fprintf(stderr, "iommulate iommufd: " LIBRARY " is not where it was installed\n");
		return 2;
	}
	preload = before && *before ? g_strconcat(library, ":", before, NULL) : g_strdup(library);
	g_setenv("LD_PRELOAD", preload, TRUE);
	if (profile)
		g_setenv("IOM_IOMMUFD_PROFILE", profile, TRUE);
	if (devices) {
		g_autofree char *list = g_strjoinv(" ", devices);

		g_setenv("IOM_IOMMUFD_DEVICES", list, TRUE);
	}
	if (no_selftest)
		g_setenv("IOM_IOMMUFD_NO_SELFTEST", "1", TRUE);
	execvp(argv[0], argv);
	fprintf(stderr, "iommulate iommufd: %s: cannot run: %s\n", argv[0], g_strerror(errno));
	return 2;
}

int iom_cmd_iommufd(int argc, char **argv)
{
	g_autofree char *profile = NULL;
	g_auto(GStrv) devices = NULL;
	gboolean no_selftest = FALSE;
	const GOptionEntry entries[] = {
		{ "profile", 0, 0, G_OPTION_ARG_STRING, &profile,
		  "Behave as this kernel: 6.6, 6.12, 6.13, 6.15, 6.17, 7.2 (default), 7.3",
		  "VERSION" },
		{ "device", 0, 0, G_OPTION_ARG_STRING_ARRAY, &devices,
		  "Offer /dev/vfio/devices/vfioN: mock:N, smmuv3:N, vtd:N, emulated:N or "
		  "noiommu:N, then :KEY=VALUE... of pasid, group, iommu, requester, ats, or of the "
		  "model's ID registers (IDR3.RIL=0)",
		  "SPEC" },
		{ "no-selftest", 0, 0, G_OPTION_ARG_NONE, &no_selftest,
		  "Refuse IOMMU_TEST_CMD, as kernels for use do", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	int status;

	if (!iom_cmd_parse(&argc, &argv, "[OPTION...] -- PROGRAM [ARGUMENT...]",
			   "Run a program with the software iommufd engine as its /dev/iommu and "
			   "VFIO devices.\nThe program must be dynamically linked.",
			   entries, &status))
		return status;
	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argc--;
		argv++;
	}
	if (argc < 2) {
		fprintf(stderr, "iommulate iommufd: a program to run is wanted; "
				"`iommulate iommufd --help` shows how\n");
		return 2;
	}
	return run(argv + 1, profile, devices, no_selftest);
}
