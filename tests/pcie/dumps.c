/* SPDX-License-Identifier: MIT */
/*
 * Dumps of real devices, which are other people's data and so not here: a folder
 * of them is named by IOM_PCI_DUMPS. Each must be read as `lspci -F` reads it,
 * before and after a capability is placed.
 */
#include "suites.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* "[040] [100 v1] ..." as lspci lists them; NULL if it cannot be run. */
static char *by_lspci(const char *path)
{
	const char *argv[] = { "lspci", "-F", path, "-vv", NULL };
	g_autofree char *out = NULL;
	g_auto(GStrv) lines = NULL;
	GString *list = g_string_new(NULL);

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
			  NULL, NULL)) {
		g_string_free(list, TRUE);
		return NULL;
	}
	lines = g_strsplit(out, "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *text = *line, *end;

		if (!g_str_has_prefix(text, "\tCapabilities: ["))
			continue;
		text += strlen("\tCapabilities: ");
		end = strchr(text, ']');
		if (end)
			g_string_append_len(list, text, end - text + 1);
	}
	return g_string_free(list, FALSE);
}

static char *by_us(const iom_pci_config *c)
{
	GString *list = g_string_new(NULL);

	for (unsigned which = 0; which < 2; which++) {
		iom_pci_chain *chain = iom_pci_walk(c, (iom_pci_list)which);

		for (unsigned i = 0; i < chain->n; i++) {
			const iom_pci_capability *cap = &chain->capabilities[i];

			if (which == IOM_PCI_STANDARD)
				g_string_append_printf(list, "[%02x]", cap->offset);
			else
				g_string_append_printf(list, "[%03x v%u]", cap->offset,
						       cap->version);
		}
		iom_pci_chain_free(chain);
	}
	return g_string_free(list, FALSE);
}

static void same(const char *path, const iom_pci_config *c, const char *when)
{
	g_autofree char *theirs = by_lspci(path), *ours = by_us(c);

	if (!theirs)
		return;
	if (strcmp(theirs, ours) != 0) {
		g_printerr("%s, %s:\n  lspci %s\n  here  %s\n", path, when, theirs, ours);
		CU_FAIL("differs from lspci");
	}
}

/* Show the space again to lspci, with a PASID capability of our making in it. */
static bool place(const char *path, iom_pci_config *c)
{
	iom_pci_host host = { .max_pasid_log2 = 20, .pasid_exec = true, .pasid_priv = true };
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *name = NULL;
	iom_pci_exposure e;
	GError *error = NULL;
	unsigned at = iom_pci_find(c, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID);
	bool shown;
	int fd;

	/* as the host shows it: without the device's own */
	if (at)
		CU_ASSERT_TRUE(iom_pci_unlink(c, at, NULL));
	CU_ASSERT_TRUE(iom_pci_expose_pasid(c, &host, 20, NULL, &e, &error));
	g_clear_error(&error);
	shown = e.shown;
	CU_ASSERT_TRUE(e.reasons->len > 0);
	iom_pci_exposure_clear(&e);
	fd = g_file_open_tmp("caps-XXXXXX", &name, NULL);
	if (fd < 0)
		return shown;
	g_close(fd, NULL);
	iom_pci_config_print(c, "01:00.0", text);
	if (g_file_set_contents(name, text->str, (gssize)text->len, NULL))
		same(name, c, path);
	remove(name);
	return shown;
}

static void one(const char *path, unsigned *placed, unsigned *sound)
{
	g_autofree char *data = NULL;
	gsize length;
	GError *error = NULL;
	iom_pci_config *c;
	iom_pci_chain *chain;

	if (!g_file_get_contents(path, &data, &length, NULL))
		return;
	c = iom_pci_config_parse(data, length, path, NULL, &error);
	if (!c) {
		g_printerr("%s\n", error->message);
		CU_FAIL("not read");
		g_clear_error(&error);
		return;
	}
	same(path, c, "as dumped");
	chain = iom_pci_walk(c, IOM_PCI_EXTENDED);
	if (iom_pci_config_size(c) == IOM_PCI_CONFIG_SIZE && chain->n && !chain->defect) {
		bool shown = place(path, c);

		*sound += 1;
		*placed += shown;
		/* room is left in all of them but where one of unknown size ends the list */
		if (!shown)
			g_print("(%s: no place) ", path);
	}
	iom_pci_chain_free(chain);
	iom_pci_config_free(c);
}

static void all(void)
{
	const char *folder = g_getenv("IOM_PCI_DUMPS");
	g_autofree char *lspci = g_find_program_in_path("lspci");
	GDir *dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	unsigned files = 0, placed = 0, sound = 0;
	const char *name;

	if (!dir) {
		g_print("no dumps of real devices: IOM_PCI_DUMPS names no folder ... ");
		return;
	}
	if (!lspci)
		g_print("no lspci to compare with ... ");
	while ((name = g_dir_read_name(dir))) {
		if (g_str_has_suffix(name, ".txt")) {
			g_autofree char *path = g_build_filename(folder, name, NULL);

			one(path, &placed, &sound);
			files++;
		}
	}
	g_dir_close(dir);
	g_print("%u dumps, %u lists, PASID placed in %u ... ", files, sound, placed);
	CU_ASSERT_TRUE(files > 0 && placed * 10 >= sound * 8);
}

static const iom_test tests[] = {
	{ "real devices read as lspci reads them", all },
	{ 0 },
};
const iom_suite dumps_suite = { "dumps", tests };
