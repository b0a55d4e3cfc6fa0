/* SPDX-License-Identifier: MIT */
/* The reference: is somebody else's answer as good as its own? */
#include "tests/conformance/refwalk-vtd-private.h"

#include <inttypes.h>
#include <string.h>

static bool note(GString *why, const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		return true;
	if (why)
		g_string_append_printf(why, "%s%s: reference %#" PRIx64 ", model %#" PRIx64,
				       why->len ? "; " : "", what, want, got);
	return false;
}

static bool same_record(const refvtd_outcome *o, const iom_vtd_outcome *got, GString *why)
{
	if (!note(why, "records", o->out.recorded, got->recorded))
		return false;
	if (!got->recorded)
		return true;
	return note(why, "FRCD low", o->out.frcd[0] & o->frcd_mask[0],
		    got->frcd[0] & o->frcd_mask[0]) &&
	       note(why, "FRCD high", o->out.frcd[1] & o->frcd_mask[1],
		    got->frcd[1] & o->frcd_mask[1]);
}

static bool same_page(const refvtd_answer *a, const iom_vtd_case *c, const iom_vtd_outcome *want,
		      const iom_vtd_outcome *got, GString *why)
{
	uint8_t ats = a->any_page_size ? (uint8_t)~IOM_VTD_ATS_S : 0xff;
	bool ok = note(why, "ats", want->ats & ats, got->ats & ats);

	if (want->kind == IOM_VTD_ATS_SPECIAL)
		return ok;
	if (a->any_page_size)
		return ok &
		       note(why, "out_addr", c->address & ~(got->page_size - 1), got->out_addr);
	if (want->page_size)
		ok &= note(why, "page_size", want->page_size, got->page_size);
	if (want->perm)
		ok &= note(why, "perm", want->perm, got->perm);
	return ok & note(why, "out_addr", want->out_addr, got->out_addr);
}

static bool same(const refvtd_answer *a, const iom_vtd_case *c, const refvtd_outcome *o,
		 const iom_vtd_outcome *got, GString *why)
{
	const iom_vtd_outcome *want = &o->out;

	if (want->kind != got->kind) {
		if (why)
			g_string_append_printf(why, "reference %s %s fault %#x, model %s fault %#x",
					       iom_vtd_kind_name(want->kind),
					       o->condition ? o->condition : "", want->fault,
					       iom_vtd_kind_name(got->kind), got->fault);
		return false;
	}
	if (!same_record(o, got, why))
		return false;
	switch (want->kind) {
	case IOM_VTD_FAULT:
	case IOM_VTD_UR:
		return note(why, "fault", want->fault, got->fault) &&
		       note(why, "response", want->response, got->response);
	case IOM_VTD_OK:
	case IOM_VTD_ATS_OK:
	case IOM_VTD_ATS_SPECIAL:
		return same_page(a, c, want, got, why) && note(why, "fault", 0, got->fault);
	case IOM_VTD_DELIVER:
	case IOM_VTD_POSTED_NOTIFY:
		return note(why, "dest", want->dest, got->dest) &&
		       note(why, "vector", want->vector, got->vector) &&
		       note(why, "dlm", want->dlm, got->dlm) &&
		       note(why, "tm", want->tm, got->tm) && note(why, "rh", want->rh, got->rh) &&
		       note(why, "dm", want->dm, got->dm);
	default:
		return true;
	}
}

bool refvtd_accepts(const refvtd_answer *answer, const iom_vtd_case *c, const iom_vtd_outcome *got,
		    GString *why)
{
	gsize length = why ? why->len : 0;

	if (answer->untested || same(answer, c, &answer->first, got, why))
		return true;
	for (unsigned i = 0; i < answer->n_alternatives; i++) {
		if (same(answer, c, &answer->alternatives[i], got, NULL)) {
			if (why)
				g_string_truncate(why, length);
			return true;
		}
	}
	return false;
}

static bool completed(const iom_vtd_outcome *got)
{
	return got->kind == IOM_VTD_OK || got->kind == IOM_VTD_ATS_OK ||
	       got->kind == IOM_VTD_POSTED || got->kind == IOM_VTD_POSTED_NOTIFY;
}

bool refvtd_accepts_word(const refvtd_answer *answer, const iom_vtd_outcome *got, uint64_t address,
			 uint64_t before, uint64_t after)
{
	uint64_t must = 0, may = 0;

	if (answer->untested)
		return true;
	for (unsigned i = 0; i < answer->n_posted && completed(got); i++) {
		if (answer->posted[i][0] == address)
			return after == answer->posted[i][1];
	}
	for (unsigned i = 0; i < answer->n_writes; i++) {
		if (answer->writes[i].address != address)
			continue;
		must |= answer->writes[i].must;
		may |= answer->writes[i].may;
	}
	if (!completed(got)) {
		may |= must;
		must = 0;
	}
	return (after & ~may) == ((before | must) & ~may) && !(before & ~after);
}

unsigned refvtd_missing_writes(const refvtd_answer *answer, const iom_vtd_outcome *got,
			       iom_memory *after, GString *why)
{
	unsigned n = 0;

	if (answer->untested || !completed(got))
		return 0;
	for (unsigned i = 0; i < answer->n_writes + answer->n_posted; i++) {
		bool posted = i >= answer->n_writes;
		uint64_t address = posted ? answer->posted[i - answer->n_writes][0]
					  : answer->writes[i].address;
		uint64_t must =
			posted ? answer->posted[i - answer->n_writes][1] : answer->writes[i].must;
		uint64_t now = 0;

		iom_memory_load64(after, address, &now);
		if (!(must & ~now))
			continue;
		n++;
		g_string_append_printf(why, "%sword %#" PRIx64 " lacks bits %#" PRIx64,
				       why->len ? "; " : "", address, must & ~now);
	}
	return n;
}
