/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */

#include "sim/trace/output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct iom_output {
	char *name;
	char *target; /* what the finished file replaces; NULL: written directly */
	char *temporary; /* its name until then; NULL while it has none */
	FILE *file;
	int failed; /* errno of the first failure */
};

/* The file behind symbolic links, so that finishing replaces it and not the link. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = g_strdup(real ? real : path);

	free(real);
	return copy;
}

/* A name in the target's directory that nothing has yet. */
static char *temporary_name(const char *target)
{
	g_autofree char *dir = g_path_get_dirname(target);
	g_autofree char *base = g_path_get_basename(target);
	g_autofree char *name = g_strdup_printf(".%s.%08x", base, g_random_int());

	return g_build_filename(dir, name, NULL);
}

static int open_temporary(iom_output *out)
{
	g_autofree char *dir = g_path_get_dirname(out->target);
	int fd = -1;

#ifdef O_TMPFILE
	fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
#endif
	for (int i = 0; fd < 0 && i < 16; i++) {
		g_free(out->temporary);
		out->temporary = temporary_name(out->target);
		fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		g_clear_pointer(&out->temporary, g_free);
	return fd;
}

static void output_free(iom_output *out)
{
	if (out->file)
		fclose(out->file);
	if (out->temporary)
		g_unlink(out->temporary);
	g_free(out->temporary);
	g_free(out->target);
	g_free(out->name);
	g_free(out);
}

static void set_error(GError **error, const iom_output *out, int number)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot write: %s", out->name,
		    g_strerror(number));
}

iom_output *iom_output_open(const char *path, GError **error)
{
	bool standard = strcmp(path, "-") == 0;
	iom_output *out = g_new0(iom_output, 1);
	struct stat st;
	int fd;

	out->name = g_strdup(standard ? "standard output" : path);
	if (standard) {
		fd = dup(STDOUT_FILENO);
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else if (*path == '\0' || path[strlen(path) - 1] == '/') {
		errno = *path ? EISDIR : ENOENT;
		fd = -1;
	} else {
		out->target = resolve(path);
		/* A file that may not be written is not to be replaced either. */
		fd = access(out->target, F_OK) == 0 && access(out->target, W_OK) < 0
			     ? -1
			     : open_temporary(out);
	}
	if (fd < 0) {
		set_error(error, out, errno);
		output_free(out);
		return NULL;
	}
	out->file = fdopen(fd, "wb");
	if (!out->file) {
		set_error(error, out, errno);
		close(fd);
		output_free(out);
		return NULL;
	}
	setvbuf(out->file, NULL, _IOFBF, 256 * 1024);
	return out;
}

gboolean iom_output_probe(const char *path, GError **error)
{
	struct stat st;
	iom_output *out;

	/* Opening a pipe or a device may have effects; it is left for when it is meant. */
	if (strcmp(path, "-") == 0 ||
	    (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return TRUE;
	out = iom_output_open(path, error);
	if (!out)
		return FALSE;
	iom_output_abandon(out);
	return TRUE;
}

void iom_output_write(iom_output *out, const void *data, size_t len)
{
	if (!out->failed && len && fwrite(data, 1, len, out->file) != len)
		out->failed = errno ? errno : EIO;
}

bool iom_output_failed(const iom_output *out)
{
	return out->failed != 0;
}

/* Give the file without a name one, next to the target. */
static bool name_file(iom_output *out)
{
	g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", fileno(out->file));

	for (int i = 0; i < 16; i++) {
		g_autofree char *name = temporary_name(out->target);

		if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
			out->temporary = g_steal_pointer(&name);
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	return false;
}

gboolean iom_output_finish(iom_output *out, GError **error)
{
	int closed;

	if (!out->failed && fflush(out->file) != 0)
		out->failed = errno;
	if (!out->failed && out->target && !out->temporary && !name_file(out))
		out->failed = errno;
	closed = fclose(out->file);
	out->file = NULL;
	if (!out->failed && closed != 0)
		out->failed = errno;
	if (!out->failed && out->target) {
		if (g_rename(out->temporary, out->target) == 0)
			g_clear_pointer(&out->temporary, g_free);
		else
			out->failed = errno;
	}
	if (out->failed) {
		int number = out->failed;

		set_error(error, out, number);
		output_free(out);
		return FALSE;
	}
	output_free(out);
	return TRUE;
}

void iom_output_abandon(iom_output *out)
{
	if (out)
		output_free(out);
}

const char *iom_output_name(const iom_output *out)
{
	return out->name;
}
