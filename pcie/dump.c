/* SPDX-License-Identifier: MIT */
/*
 * Dumps of configuration spaces: what `lspci -x`, `-xxx` and `-xxxx` print (and
 * `lspci -F` reads), or plain bytes. Text has a line for each function that
 * starts with its address, then rows of an offset and 16 bytes; other lines, as
 * those of `-v`, are passed over.
 */
#include "pcie/internal.h"

#include <string.h>

#define ROW 16u

typedef struct parser {
	const char *name;
	const char *wanted; /* slot, or NULL */
	unsigned line;
	unsigned functions; /* with rows, seen so far */
	char slot[24]; /* of the rows being read */
	bool take; /* these rows are the ones wanted */
	bool counted; /* the function at hand has had a row */
	unsigned at; /* offset that the next row must have */
	bool ended; /* the last row was short */
	iom_pci_config *config;
	unsigned size;
	char *slots; /* of every function with rows, for the message */
} parser;

static bool fail(const parser *p, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail(const parser *p, GError **error, const char *format, ...)
{
	va_list args;
	g_autofree char *text = NULL;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s:%u: %s", p->name, p->line, text);
	return false;
}

/* "[dddd:]bb:dd.f" and a blank: the length of the address, 0 if it is none. */
static size_t slot_length(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF:.");
	const char *dot = memchr(text, '.', n);

	if (n < 7 || n > 20 || !dot || (size_t)(dot - text) + 2 != n || !memchr(text, ':', n) ||
	    (text[n] && text[n] != ' ' && text[n] != '\t'))
		return 0;
	return n;
}

/* "00:01.0" names the same function as "0000:00:01.0". */
static bool same_slot(const char *a, const char *b)
{
	if (g_str_has_prefix(a, "0000:") && strlen(a) > 8)
		a += 5;
	if (g_str_has_prefix(b, "0000:") && strlen(b) > 8)
		b += 5;
	return g_ascii_strcasecmp(a, b) == 0;
}

/* A row starts with two or three digits and a colon, and a blank behind it. */
static bool is_row(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	return n >= 2 && n <= 3 && text[n] == ':' && (text[n + 1] == ' ' || !text[n + 1]);
}

static bool begin_function(parser *p, const char *text, size_t length)
{
	g_strlcpy(p->slot, text, MIN(length + 1, sizeof(p->slot)));
	p->take = !p->wanted || same_slot(p->wanted, p->slot);
	p->counted = false;
	p->ended = false;
	p->at = 0;
	return true;
}

/* The first row of a function: is it the one that is wanted? */
static void count_function(parser *p)
{
	char *old = p->slots;

	if (p->counted)
		return;
	p->counted = true;
	p->functions++;
	p->slots = g_strconcat(old ? old : "", old ? ", " : "", p->slot[0] ? p->slot : "?", NULL);
	g_free(old);
	if (p->functions > 1 && !p->wanted)
		p->take = false;
}

static bool parse_row(parser *p, const char *text, GError **error)
{
	char *end;
	unsigned offset = (unsigned)strtoul(text, &end, 16), n = 0;

	count_function(p);
	if (p->ended || offset != p->at)
		return fail(p, error, "row 0x%02x where row 0x%02x was expected", offset, p->at);
	if (offset + ROW > IOM_PCI_CONFIG_SIZE)
		return fail(p, error, "row 0x%02x lies behind the 4096 bytes of the space", offset);
	for (text = end + 1; *text; n++) {
		int hi, lo;

		text += strspn(text, " \t\r");
		if (!*text)
			break;
		hi = g_ascii_xdigit_value(text[0]);
		lo = hi < 0 ? -1 : g_ascii_xdigit_value(text[1]);
		if (lo < 0 || (text[2] && !strchr(" \t\r", text[2])))
			return fail(p, error, "row 0x%02x: byte %u is not two hexadecimal digits",
				    offset, n);
		if (n >= ROW)
			return fail(p, error, "row 0x%02x has more than 16 bytes", offset);
		if (p->take)
			p->config->bytes[offset + n] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	p->ended = n < ROW;
	p->at += n;
	if (p->take)
		p->size = p->at;
	return true;
}

static bool parse_line(parser *p, const char *text, GError **error)
{
	size_t slot = slot_length(text);

	if (slot)
		return begin_function(p, text, slot);
	return is_row(text) ? parse_row(p, text, error) : true;
}

static bool finish_text(parser *p, GError **error)
{
	if (!p->functions)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: no configuration space found: expected rows like \"00: 86 80 "
			    "...\", as `lspci -xxxx` prints them, or raw bytes",
			    p->name);
	else if (p->functions > 1 && !p->wanted)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: holds %u functions; name one of %.200s", p->name, p->functions,
			    p->slots);
	else if (p->wanted && !p->size)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: has no function %s, only %.200s", p->name, p->wanted, p->slots);
	else if (p->size < 64)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: ends after %u bytes of configuration space; 64 is the least",
			    p->name, p->size);
	else
		return true;
	return false;
}

static bool parse_text(parser *p, const char *data, size_t length, GError **error)
{
	const char *end = data + length;

	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		const char *stop = newline ? newline : end;
		g_autofree char *line = g_strndup(data, (gsize)(stop - data));

		p->line++;
		if (!parse_line(p, line, error))
			return false;
		data = stop + 1;
	}
	return finish_text(p, error);
}

/* Text has lines and no control characters; a configuration space has zeros. */
static bool is_text(const uint8_t *data, size_t length)
{
	bool lines = false;

	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n')
			lines = true;
		else if (data[i] < 0x20 && !memchr("\t\r\f", data[i], 3))
			return false;
	}
	/* One line and no newline is still text, but a short one of ones is not. */
	return lines || (length && data[0] < 0x80);
}

iom_pci_config *iom_pci_config_parse(const void *data, size_t length, const char *name,
				     const char *slot, GError **error)
{
	parser p = { .name = name, .wanted = slot, .take = !slot };
	bool ok = true;

	if (!length) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: is empty", name);
		return NULL;
	}
	p.config = iom_pci_config_new(IOM_PCI_CONFIG_SIZE);
	if (is_text(data, length)) {
		ok = parse_text(&p, data, length, error);
	} else if (length < 64 || length > IOM_PCI_CONFIG_SIZE) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "%s: %" G_GSIZE_FORMAT " bytes cannot be a configuration space, which "
			    "has 64 to 4096",
			    name, length);
		ok = false;
	} else {
		memcpy(p.config->bytes, data, length);
		p.size = (unsigned)length;
	}
	g_free(p.slots);
	if (!ok) {
		iom_pci_config_free(p.config);
		return NULL;
	}
	p.config->size = p.size & ~3u;
	return p.config;
}

void iom_pci_config_print(const iom_pci_config *config, const char *slot, GString *out)
{
	g_string_append_printf(out, "%s Device %04x:%04x\n", slot ? slot : "00:00.0",
			       iom_pci_config_read(config, PCI_VENDOR, 2),
			       iom_pci_config_read(config, PCI_DEVICE, 2));
	for (unsigned at = 0; at < config->size; at += ROW) {
		g_string_append_printf(out, "%02x:", at);
		for (unsigned i = at; i < MIN(at + ROW, config->size); i++)
			g_string_append_printf(out, " %02x", config->bytes[i]);
		g_string_append_c(out, '\n');
	}
	g_string_append_c(out, '\n');
}
