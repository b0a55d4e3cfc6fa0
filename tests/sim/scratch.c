/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/sim/scratch.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

char *scratch_new(void)
{
	return g_dir_make_tmp("iommulate-test-XXXXXX", NULL);
}

void scratch_free(char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_unlink(path);
	}
	if (d)
		g_dir_close(d);
	g_rmdir(dir);
	g_free(dir);
}

char *scratch_path(const char *dir, const char *name)
{
	return g_build_filename(dir, name, NULL);
}

void scratch_put(const char *path, const void *data, gsize len)
{
	/* A file system may wait for the disk when a file is replaced or cut; a new one is quick. */
	g_unlink(path);

	FILE *file = fopen(path, "wb");

	if (file) {
		fwrite(data, 1, len, file);
		fclose(file);
	}
}

unsigned scratch_count(const char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	unsigned n = 0;

	while (d && g_dir_read_name(d))
		n++;
	if (d)
		g_dir_close(d);
	return n;
}

/* Does this build read what the tool writes? */
static gboolean scratch_reads(const char *tool)
{
	return (strcmp(tool, "zstd") == 0 && IOM_HAVE_ZSTD) ||
	       (strcmp(tool, "xz") == 0 && IOM_HAVE_LZMA) ||
	       (strcmp(tool, "gzip") == 0 && IOM_HAVE_ZLIB);
}

gboolean scratch_compress(const char *tool, const char *path, const char *to)
{
	const char *argv[] = { tool, "-c", path, NULL };
	g_autofree char *found = g_find_program_in_path(tool);
	gint status = 0;
	int fd;
	FILE *file;
	GPid pid;

	if (!found || !scratch_reads(tool))
		return FALSE;
	file = fopen(to, "wb");
	if (!file)
		return FALSE;
	fd = fileno(file);
	if (!g_spawn_async_with_fds(NULL, (char **)argv, NULL,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
				    &pid, -1, fd, -1, NULL)) {
		fclose(file);
		return FALSE;
	}
	waitpid(pid, &status, 0);
	fclose(file);
	return status == 0;
}
