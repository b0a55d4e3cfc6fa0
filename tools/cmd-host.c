/* SPDX-License-Identifier: MIT */
/* `iommulate host`: what this host's /dev/iommu offers, device by device. */
#include "tools/commands.h"

#include "iommufd/iommufd.h"

#include <stdio.h>
#include <string.h>

#define DEVICES "/dev/vfio/devices"

static int by_name(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_devices(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(DEVICES, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strconcat("vfio/devices/", name, NULL));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(names, by_name);
	return names;
}

/* One device that cannot be had, because something uses it, hides no other. */
static void describe_all(iom_iommufd *t)
{
	g_autoptr(GPtrArray) names = list_devices();

	if (names->len == 0)
		printf("no device is given to VFIO (" DEVICES " is empty)\n");
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		const char *name = g_ptr_array_index(names, i), *device;

		if (!iom_iommufd_describe(t, name, out, &error)) {
			printf("device %s\n  not available       %s\n", name, error->message);
			continue;
		}
		device = strstr(out->str, "device ");
		printf("%s", device ? device : "");
	}
}

int iom_cmd_host(int argc, char **argv)
{
	g_autofree char *device = NULL;
	const GOptionEntry entries[] = {
		{ "device", 0, 0, G_OPTION_ARG_STRING, &device,
		  "Only this device (a node below " DEVICES ")", "PATH" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GString) out = g_string_new(NULL);
	GError *error = NULL;
	const char *node;
	iom_iommufd *t;
	int status;

	if (!iom_cmd_parse(&argc, &argv, "[--device PATH]",
			   "Show what this host's /dev/iommu offers.", entries, &status))
		return status;
	if (!g_file_test("/dev/iommu", G_FILE_TEST_EXISTS)) {
		printf("there is no /dev/iommu on this host: its kernel has no iommufd\n");
		return device ? 2 : 0;
	}
	t = iom_iommufd_new_kernel(NULL);
	node = device && g_str_has_prefix(device, "/dev/") ? device + 5 : device;
	if (!iom_iommufd_describe(t, node, out, &error)) {
		iom_iommufd_free(t);
		return iom_cmd_fail("host", error);
	}
	printf("%s", out->str);
	if (!device)
		describe_all(t);
	iom_iommufd_free(t);
	return 0;
}
