/* SPDX-License-Identifier: MIT */
#include "sim/trace/lines.h"

#include "sim/trace/input.h"

#include <string.h>

#define MAX_LINE (1024u * 1024)
#define BUFFER (2 * MAX_LINE)

struct iom_lines {
	iom_input *in;
	uint64_t number;
	size_t pos, end;
	bool eof;
	char buffer[BUFFER + 1]; /* one more for the NUL of a last line without newline */
};

iom_lines *iom_lines_open(const char *path, GError **error)
{
	iom_input *in = iom_input_open(path, error);
	iom_lines *l;

	if (!in)
		return NULL;
	l = g_malloc(sizeof(*l));
	l->in = in;
	l->number = 0;
	l->pos = l->end = 0;
	l->eof = false;
	return l;
}

void iom_lines_close(iom_lines *l)
{
	if (!l)
		return;
	iom_input_close(l->in);
	g_free(l);
}

/* Move what is left to the front and read behind it. */
static bool refill(iom_lines *l, GError **error)
{
	size_t left = l->end - l->pos;
	GError *problem = NULL;
	gssize n;

	memmove(l->buffer, l->buffer + l->pos, left);
	l->pos = 0;
	l->end = left;
	n = iom_input_read(l->in, l->buffer + left, BUFFER - left, &problem);
	if (n < 0) {
		g_propagate_prefixed_error(error, problem, "line %" G_GUINT64_FORMAT " of ",
					   l->number + 1);
		return false;
	}
	l->eof = n == 0;
	l->end += (size_t)n;
	return true;
}

int iom_lines_next(iom_lines *l, char **line, size_t *len, bool *complete, GError **error)
{
	char *start = l->buffer + l->pos;
	char *newline = memchr(start, '\n', l->end - l->pos);
	size_t length;

	if (!newline && !l->eof) {
		size_t seen = l->end - l->pos;

		if (seen <= MAX_LINE && !refill(l, error))
			return -1;
		start = l->buffer + l->pos;
		newline = memchr(start + MIN(seen, l->end - l->pos), '\n',
				 l->end - l->pos - MIN(seen, l->end - l->pos));
	}
	length = newline ? (size_t)(newline - start) : l->end - l->pos;
	if (length > MAX_LINE) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: line %" G_GUINT64_FORMAT
			    " is longer than 1 MiB; the file is not text",
			    iom_input_name(l->in), l->number + 1);
		return -1;
	}
	if (!newline && length == 0)
		return 0;
	l->pos += length + (newline != NULL);
	start[length] = '\0';
	if (newline && length && start[length - 1] == '\r')
		start[--length] = '\0';
	l->number++;
	*line = start;
	*len = length;
	if (complete)
		*complete = newline != NULL;
	return 1;
}

uint64_t iom_lines_number(const iom_lines *l)
{
	return l->number;
}

uint64_t iom_lines_bytes(const iom_lines *l)
{
	uint64_t done, total;

	iom_input_progress(l->in, &done, &total);
	return done;
}

uint64_t iom_lines_size(const iom_lines *l)
{
	uint64_t done, total;

	iom_input_progress(l->in, &done, &total);
	return total;
}

const char *iom_lines_name(const iom_lines *l)
{
	return iom_input_name(l->in);
}
