/* SPDX-License-Identifier: MIT */
/* The reference's answer in the columns of the vectors, so that a case can be kept. */
#include "tests/conformance/refwalk-vtd-private.h"

#include <inttypes.h>

const char *refvtd_print_header(bool interrupt)
{
	return interrupt ? "\tresult\tdest\tvector\tdlm\ttm\trh\tdm\tfault\trecorded\tfrcd_lo"
			   "\tfrcd_lo_mask\tfrcd_hi\tfrcd_hi_mask\tmem_after\talso_acceptable"
			 : "\tresult\tresponse\tout_addr\tpage_size\tperm\tats\tfault\tcondition"
			   "\trecorded\tfrcd_lo\tfrcd_lo_mask\tfrcd_hi\tfrcd_hi_mask\tmem_after"
			   "\talso_acceptable";
}

static const char *response(const iom_vtd_outcome *out)
{
	switch (out->kind) {
	case IOM_VTD_FAULT:
	case IOM_VTD_UR:
		return out->response == IOM_RESPONSE_CA ? "CA" : "UR";
	case IOM_VTD_ATS_S0:
		return "S0";
	case IOM_VTD_PRQ_IR:
		return "IR";
	case IOM_VTD_PRQ_DROP:
		return "drop";
	case IOM_VTD_PRQ_QUEUED:
	case IOM_VTD_INTERRUPT:
		return "-";
	default:
		return "SUCCESS";
	}
}

static void print_dma(const iom_vtd_outcome *out, GString *text)
{
	static const char *const perms[] = { "-", "R-", "-W", "RW" };
	static const char *const bits[] = { "R", "W", "U", "S", "N", "PRIV", "EXE", "G" };
	bool page = out->kind == IOM_VTD_OK || out->kind == IOM_VTD_ATS_OK;
	bool ats = out->kind == IOM_VTD_ATS_OK || out->kind == IOM_VTD_ATS_SPECIAL;

	g_string_append_printf(text, "\t%s", response(out));
	if (page)
		g_string_append_printf(text, "\t0x%016" PRIX64, out->out_addr);
	else
		g_string_append(text, "\t-");
	if (page && out->page_size)
		g_string_append_printf(text, "\t%" PRIu64, out->page_size);
	else
		g_string_append(text, "\t-");
	g_string_append_printf(text, "\t%s\t",
			       out->kind == IOM_VTD_OK ? perms[out->perm & 3] : "-");
	for (unsigned i = 0; ats && i < G_N_ELEMENTS(bits); i++)
		g_string_append_printf(text, "%s%s=%d", i ? " " : "", bits[i], out->ats >> i & 1);
	if (!ats)
		g_string_append_c(text, '-');
}

static void print_interrupt(const iom_vtd_outcome *out, GString *text)
{
	if (out->kind == IOM_VTD_DELIVER || out->kind == IOM_VTD_POSTED_NOTIFY)
		g_string_append_printf(text, "\t0x%X\t0x%02X\t%u\t%u\t%u\t%u", out->dest,
				       out->vector, out->dlm, out->tm, out->rh, out->dm);
	else
		g_string_append(text, "\t-\t-\t-\t-\t-\t-");
}

static bool completed(const iom_vtd_outcome *out)
{
	return out->kind == IOM_VTD_OK || out->kind == IOM_VTD_ATS_OK;
}

/* Each changed word once; the words that a refused request may change as "*". */
static void print_memory(const refvtd_answer *a, const iom_vtd_case *c, GString *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_writes && completed(&a->first.out); i++) {
		int at = iom_vtd_case_find(c, a->writes[i].address);
		uint64_t before = at < 0 ? 0 : g_array_index(c->words, iom_vtd_word, at).value;
		uint64_t must = 0;
		bool again = false;

		for (unsigned k = 0; k < a->n_writes; k++) {
			if (a->writes[k].address != a->writes[i].address)
				continue;
			must |= a->writes[k].must;
			again |= k < i;
		}
		if (again || !(must & ~before))
			continue;
		g_string_append_printf(text, "%s%s@0x%016" PRIX64 "=0x%016" PRIX64,
				       n++ ? " " : "\t",
				       at < 0 ? "?"
					      : g_array_index(c->words, iom_vtd_word, at).label,
				       a->writes[i].address, before | must);
	}
	for (unsigned i = 0; i < a->n_posted; i++)
		g_string_append_printf(text, "%spid@0x%016" PRIX64 "=0x%016" PRIX64,
				       n++ ? " " : "\t", a->posted[i][0], a->posted[i][1]);
	if (!n)
		g_string_append(text, a->n_writes && !completed(&a->first.out) ? "\t*" : "\t-");
}

void refvtd_print(const refvtd_answer *answer, bool interrupt, const iom_vtd_case *c, GString *text)
{
	const refvtd_outcome *o = &answer->first;
	bool fault = o->out.fault && (o->out.kind != IOM_VTD_ATS_S0 || o->out.recorded);

	g_string_append_printf(text, "\t%s", iom_vtd_kind_name(o->out.kind));
	if (interrupt)
		print_interrupt(&o->out, text);
	else
		print_dma(&o->out, text);
	if (fault)
		g_string_append_printf(text, "\t0x%02X", o->out.fault);
	else
		g_string_append(text, "\t-");
	if (!interrupt)
		g_string_append_printf(text, "\t%s", o->condition ? o->condition : "-");
	if (o->out.recorded)
		g_string_append_printf(text,
				       "\tyes\t0x%016" PRIX64 "\t0x%016" PRIX64 "\t0x%016" PRIX64
				       "\t0x%016" PRIX64,
				       o->out.frcd[0], o->frcd_mask[0], o->out.frcd[1],
				       o->frcd_mask[1]);
	else
		g_string_append_printf(text, "\t%s\t-\t-\t-\t-", o->condition ? "no" : "-");
	print_memory(answer, c, text);
	g_string_append(text, answer->any_page_size ? "\tsmaller page size allowed" : "\t-");
}
