/* SPDX-License-Identifier: MIT */
/* VT-d vectors: rows of the two tables to plain numbers and back. */
#include "sim/vectors/vectors-vtd.h"

#include <inttypes.h>
#include <string.h>

/* VER_REG of vectors that do not name one: the interrupt table has no such column. */
#define DEFAULT_VER 0x50

static const char *const kind_names[IOM_VTD_N_KINDS] = {
	[IOM_VTD_OK] = "OK",
	[IOM_VTD_FAULT] = "FAULT",
	[IOM_VTD_ATS_OK] = "ATS_OK",
	[IOM_VTD_ATS_S0] = "ATS_S0",
	[IOM_VTD_ATS_SPECIAL] = "ATS_SPECIAL",
	[IOM_VTD_UR] = "UR",
	[IOM_VTD_INTERRUPT] = "INTERRUPT",
	[IOM_VTD_PRQ_QUEUED] = "PRQ_QUEUED",
	[IOM_VTD_PRQ_IR] = "PRQ_IR",
	[IOM_VTD_PRQ_SUCCESS] = "PRQ_SUCCESS",
	[IOM_VTD_PRQ_DROP] = "PRQ_DROP",
	[IOM_VTD_DELIVER] = "DELIVER",
	[IOM_VTD_COMPAT] = "COMPAT",
	[IOM_VTD_POSTED] = "POSTED",
	[IOM_VTD_POSTED_NOTIFY] = "POSTED_NOTIFY",
};

const char *iom_vtd_kind_name(iom_vtd_kind kind)
{
	return kind < IOM_VTD_N_KINDS ? kind_names[kind] : "?";
}

iom_vtd_kind iom_vtd_kind_from(const char *name)
{
	iom_vtd_kind kind = 0;

	while (kind < IOM_VTD_N_KINDS && strcmp(kind_names[kind], name) != 0)
		kind++;
	return kind;
}

iom_vtd_case *iom_vtd_case_new(void)
{
	iom_vtd_case *c = g_new0(iom_vtd_case, 1);

	c->words = g_array_new(FALSE, TRUE, sizeof(iom_vtd_word));
	c->bad = g_array_new(FALSE, TRUE, sizeof(iom_vtd_bad_page));
	c->ver = DEFAULT_VER;
	c->pasid = IOM_NO_PASID;
	c->at = 'U';
	c->op = 'R';
	return c;
}

void iom_vtd_case_free(iom_vtd_case *c)
{
	if (!c)
		return;
	g_array_unref(c->words);
	g_array_unref(c->bad);
	g_free(c);
}

int iom_vtd_case_find(const iom_vtd_case *c, uint64_t address)
{
	for (unsigned i = 0; i < c->words->len; i++) {
		if (g_array_index(c->words, iom_vtd_word, i).address == address)
			return (int)i;
	}
	return -1;
}

void iom_vtd_case_put(iom_vtd_case *c, uint64_t address, uint64_t value, const char *label)
{
	int at = iom_vtd_case_find(c, address);

	if (at >= 0) {
		g_array_index(c->words, iom_vtd_word, at).value = value;
		return;
	}
	iom_vtd_word word = { address, value, "" };

	g_strlcpy(word.label, label, sizeof word.label);
	g_array_append_val(c->words, word);
}

/* LABEL@ADDRESS=WORD */
static bool parse_word(const iom_tsv_row *row, const char *column, const char *item, void *opaque,
		       GError **error)
{
	iom_vtd_case *c = opaque;
	const char *at = strchr(item, '@');
	const char *equals = at ? strchr(at, '=') : NULL;
	uint64_t address = 0, value = 0;
	bool ok = false;

	if (equals) {
		char *text = g_strndup(at + 1, (gsize)(equals - at - 1));

		ok = iom_tsv_parse(text, &address) && iom_tsv_parse(equals + 1, &value) &&
		     address % 8 == 0 && address >> 52 == 0;
		g_free(text);
	}
	if (!ok)
		return iom_tsv_fail(
			row, column, error,
			"'%s': expected LABEL@ADDRESS=WORD with an address below 2^52 that"
			" is a multiple of 8",
			item);
	char *label = g_strndup(item, (gsize)(at - item));

	iom_vtd_case_put(c, address, value, label);
	g_free(label);
	return true;
}

/* rd:PAGE or wr:PAGE */
static bool parse_bad_page(const iom_tsv_row *row, const char *column, const char *item,
			   void *opaque, GError **error)
{
	iom_vtd_case *c = opaque;
	iom_vtd_bad_page bad = { 0, g_str_has_prefix(item, "wr:") };

	if ((!bad.write_only && !g_str_has_prefix(item, "rd:")) ||
	    !iom_tsv_parse(item + 3, &bad.page) || bad.page >> 52)
		return iom_tsv_fail(row, column, error,
				    "'%s': expected rd:PAGE or wr:PAGE with an address below 2^52",
				    item);
	bad.page &= ~UINT64_C(0xfff);
	g_array_append_val(c->bad, bad);
	return true;
}

static bool parse_flag(const iom_tsv_row *row, const char *column, bool *flag, GError **error)
{
	uint64_t value;

	if (!iom_tsv_u64_or(row, column, 0, &value, error))
		return false;
	if (value > 1)
		return iom_tsv_fail(row, column, error, "expected 0 or 1");
	*flag = value;
	return true;
}

/* A number of at most `limit`. */
static bool parse_limited(const iom_tsv_row *row, const char *column, uint64_t fallback,
			  uint64_t limit, uint64_t *value, GError **error)
{
	if (!iom_tsv_u64_or(row, column, fallback, value, error))
		return false;
	if (*value != fallback && *value > limit)
		return iom_tsv_fail(row, column, error, "expected at most %#" PRIx64, limit);
	return true;
}

static bool parse_letter(const iom_tsv_row *row, const char *column, const char *letters,
			 char *letter, GError **error)
{
	const char *text = iom_tsv_get(row, column);

	if (strlen(text) != 1 || !strchr(letters, *text))
		return iom_tsv_fail(row, column, error, "'%s': expected one of %s", text, letters);
	*letter = *text;
	return true;
}

static bool parse_unit(iom_vtd_case *c, const iom_tsv_row *row, GError **error)
{
	uint64_t haw, ver, sid;

	if (!parse_limited(row, "haw", 46, 52, &haw, error) ||
	    !parse_limited(row, "ver", DEFAULT_VER, 0xff, &ver, error) ||
	    !iom_tsv_u64(row, "cap", &c->cap, error) ||
	    !iom_tsv_u64(row, "ecap", &c->ecap, error) ||
	    !parse_limited(row, "sid", 0, 0xffff, &sid, error) ||
	    !iom_tsv_u64(row, "addr", &c->address, error) ||
	    !iom_tsv_each(row, "mem", " ", parse_word, c, error) ||
	    !iom_tsv_each(row, "bus_errors", " ,;", parse_bad_page, c, error))
		return false;
	c->haw = (uint8_t)haw;
	c->ver = (uint32_t)ver;
	c->sid = (uint16_t)sid;
	return true;
}

static bool parse_dma(iom_vtd_case *c, const iom_tsv_row *row, GError **error)
{
	uint64_t pasid, length;

	if (!parse_flag(row, "tes", &c->tes, error) ||
	    !iom_tsv_u64(row, "rtaddr", &c->rtaddr, error) ||
	    !parse_limited(row, "pasid", IOM_NO_PASID, 0xfffff, &pasid, error) ||
	    !parse_letter(row, "at", "UTXP", &c->at, error) ||
	    !parse_letter(row, "op", "RWAZ-", &c->op, error) ||
	    !parse_flag(row, "pr", &c->pr, error) || !parse_flag(row, "er", &c->er, error) ||
	    !parse_flag(row, "nw", &c->nw, error) || !parse_flag(row, "lpig", &c->lpig, error) ||
	    !parse_limited(row, "len", 1, UINT32_MAX, &length, error))
		return false;
	c->pasid = (uint32_t)pasid;
	c->length = (uint32_t)length;
	return true;
}

static bool parse_interrupt(iom_vtd_case *c, const iom_tsv_row *row, GError **error)
{
	uint64_t data;

	if (!parse_flag(row, "ires", &c->ires, error) ||
	    !parse_flag(row, "cfis", &c->cfis, error) ||
	    !iom_tsv_u64(row, "irta", &c->irta, error) ||
	    !parse_limited(row, "data", 0, UINT32_MAX, &data, error))
		return false;
	c->data = (uint32_t)data;
	return true;
}

iom_vtd_case *iom_vtd_case_parse(const iom_tsv_row *row, bool interrupt, GError **error)
{
	iom_vtd_case *c = iom_vtd_case_new();

	if (parse_unit(c, row, error) &&
	    (interrupt ? parse_interrupt(c, row, error) : parse_dma(c, row, error)))
		return c;
	iom_vtd_case_free(c);
	return NULL;
}

const char *iom_vtd_case_header(bool interrupt)
{
	return interrupt
		       ? "id\ttitle\thaw\tcap\tecap\tires\tcfis\tirta\tmem\tbus_errors\tsid\taddr"
			 "\tdata"
		       : "id\tgroup\ttitle\thaw\tver\tcap\tecap\ttes\trtaddr\tmem\tbus_errors\tsid"
			 "\tpasid\tat\top\tpr\ter\tnw\tlpig\taddr\tlen";
}

static void print_memory(const iom_vtd_case *c, GString *out)
{
	for (unsigned i = 0; i < c->words->len; i++) {
		const iom_vtd_word *w = &g_array_index(c->words, iom_vtd_word, i);

		g_string_append_printf(out, "%s%s@0x%016" PRIX64 "=0x%016" PRIX64, i ? " " : "",
				       w->label, w->address, w->value);
	}
	g_string_append(out, c->words->len ? "\t" : "-\t");
	for (unsigned i = 0; i < c->bad->len; i++) {
		const iom_vtd_bad_page *b = &g_array_index(c->bad, iom_vtd_bad_page, i);

		g_string_append_printf(out, "%s%s:0x%016" PRIX64, i ? " " : "",
				       b->write_only ? "wr" : "rd", b->page);
	}
	g_string_append(out, c->bad->len ? "\t" : "-\t");
}

void iom_vtd_case_print(const iom_vtd_case *c, const char *id, const char *title, bool interrupt,
			GString *out)
{
	if (interrupt) {
		g_string_append_printf(out,
				       "%s\t%s\t%u\t0x%016" PRIX64 "\t0x%016" PRIX64
				       "\t%d\t%d\t0x%016" PRIX64 "\t",
				       id, title, c->haw, c->cap, c->ecap, c->ires, c->cfis,
				       c->irta);
		print_memory(c, out);
		g_string_append_printf(out, "0x%04X\t0x%08" PRIX64 "\t0x%08X", c->sid, c->address,
				       c->data);
		return;
	}
	g_string_append_printf(out,
			       "%s\trandom\t%s\t%u\t0x%X\t0x%016" PRIX64 "\t0x%016" PRIX64
			       "\t%d\t0x%016" PRIX64 "\t",
			       id, title, c->haw, c->ver, c->cap, c->ecap, c->tes, c->rtaddr);
	print_memory(c, out);
	g_string_append_printf(out, "0x%04X\t", c->sid);
	if (c->pasid == IOM_NO_PASID)
		g_string_append(out, "-");
	else
		g_string_append_printf(out, "0x%05X", c->pasid);
	g_string_append_printf(out, "\t%c\t%c\t%d\t%d\t%d\t%s\t0x%016" PRIX64 "\t%u", c->at, c->op,
			       c->pr, c->er, c->nw,
			       c->at != 'P' ? "-"
			       : c->lpig    ? "1"
					    : "0",
			       c->address, c->length);
}
