/* SPDX-License-Identifier: MIT */
/* The reference: interrupt_remapping.tsv, in its own order of checks. */
#include "tests/conformance/refwalk-vtd-private.h"

#include <string.h>

static void refuse(ref *r, const char *condition, uint64_t index)
{
	bool informed = strcmp(condition, "IR.20") != 0 && strcmp(condition, "IR.25") != 0 &&
			strcmp(condition, "IR.29") != 0 && strcmp(condition, "IR.2A") != 0 &&
			strcmp(condition, "IR.2B") != 0;
	bool first = !r->failed;
	unsigned before = r->a->n_alternatives;

	ref_fail(r, condition);
	if (!first && r->a->n_alternatives == before)
		return;
	refvtd_outcome *o = first ? &r->a->first : &r->a->alternatives[before];

	o->out.frcd[0] = index << 48;
	/* An index above 16 bits does not fit its field. */
	o->frcd_mask[0] = informed && index <= 0xffff ? UINT64_MAX : 0;
}

static bool source_valid(ref *r, const uint64_t *e)
{
	static const uint16_t masks[] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
	uint16_t sid = (uint16_t)ref_field(e, 79, 64), mask = masks[ref_field(e, 81, 80)];

	switch (ref_field(e, 83, 82)) {
	case 0:
		return true;
	case 1:
		return (sid & mask) == (r->c->sid & mask);
	case 2:
		return r->c->sid >> 8 >= sid >> 8 && r->c->sid >> 8 <= (sid & 0xff);
	default:
		return false;
	}
}

static void deliver(ref *r, const uint64_t *e, bool eime, uint64_t index)
{
	iom_vtd_outcome *out = &r->a->first.out;
	unsigned mode = (unsigned)ref_field(e, 7, 5);

	if (ref_any(e, 14, 12) || ref_any(e, 31, 24) || ref_any(e, 127, 84) ||
	    (!eime && (ref_any(e, 39, 32) || ref_any(e, 63, 48)))) {
		refuse(r, "IR.24", index);
		return;
	}
	if (mode == 3 || mode == 6)
		ref_also(r, "IR.24");
	out->kind = IOM_VTD_DELIVER;
	out->dest = (uint32_t)(eime ? ref_field(e, 63, 32) : ref_field(e, 47, 40));
	out->vector = (uint8_t)ref_field(e, 23, 16);
	out->dlm = (uint8_t)mode;
	out->tm = (uint8_t)ref_field(e, 4, 4);
	out->rh = (uint8_t)ref_field(e, 3, 3);
	out->dm = (uint8_t)ref_field(e, 2, 2);
}

static void post(ref *r, const uint64_t *e, bool eime, uint64_t index)
{
	uint64_t address = ref_field(e, 127, 96) << 32 | ref_field(e, 63, 38) << 6, d[8];
	unsigned vector = (unsigned)ref_field(e, 23, 16);
	bool urgent = ref_field(e, 14, 14);
	iom_vtd_outcome *out = &r->a->first.out;

	if (!ref_cap(r, 59) || ref_any(e, 7, 2) || ref_any(e, 13, 12) || ref_any(e, 37, 24) ||
	    ref_any(e, 95, 84) || ref_any(e, 127, r->c->haw + 64)) {
		refuse(r, "IR.24", index);
		return;
	}
	if (!ref_read(r, address, d, 8)) {
		refuse(r, "IR.27", index);
		return;
	}
	if (ref_any(d, 271, 258) || ref_any(d, 287, 280) || ref_any(d, 511, 320) ||
	    (!eime && (ref_any(d, 295, 288) || ref_any(d, 319, 304)))) {
		if (ref_write_fails(r, address))
			refuse(r, "IR.27", index);
		refuse(r, "IR.28", index);
		return;
	}
	bool notify = !ref_field(d, 256, 256) && (urgent || !ref_field(d, 257, 257));
	bool changes = notify || !ref_field(d, vector, vector);

	if (ref_write_fails(r, address)) {
		refuse(r, "IR.27", index);
		if (!changes)
			ref_untested(r, "posting that changes nothing to memory that cannot be"
					" written");
		return;
	}
	r->a->posted[0][0] = address + vector / 64 * 8;
	r->a->posted[0][1] = d[vector / 64] | BIT(vector % 64);
	r->a->posted[1][0] = address + 32;
	r->a->posted[1][1] = d[4] | notify;
	r->a->n_posted = 2;
	out->kind = notify ? IOM_VTD_POSTED_NOTIFY : IOM_VTD_POSTED;
	if (!notify)
		return;
	out->dest = (uint32_t)(eime ? ref_field(d, 319, 288) : ref_field(d, 303, 296));
	out->vector = (uint8_t)ref_field(d, 279, 272);
}

/* The request names an entry of the table. */
static void remap(ref *r)
{
	const iom_vtd_case *c = r->c;
	bool eime = c->irta >> 11 & 1 && ref_ecap(r, 4), shv = c->address >> 3 & 1;
	uint64_t index = (c->address >> 5 & 0x7fff) | (c->address >> 2 & 1) << 15, e[2];
	uint64_t table = c->irta & (BIT(c->haw) - 1) & ~UINT64_C(0xfff);

	if (shv && c->data >> 16) {
		refuse(r, "IR.20", index);
		return;
	}
	if (shv)
		index += c->data & 0xffff;
	if (index >= BIT((c->irta & 0xf) + 1) || (table + 16 * index) >> c->haw) {
		refuse(r, "IR.21", index);
		return;
	}
	if (!ref_read(r, table + 16 * index, e, 2)) {
		refuse(r, "IR.23", index);
		return;
	}
	r->fpd = e[0] >> 1 & 1;
	if (!(e[0] & 1)) {
		refuse(r, "IR.22", index);
		return;
	}
	if (!source_valid(r, e)) {
		refuse(r, "IR.26", index);
		if (ref_field(e, 83, 82) == 3)
			refuse(r, "IR.24", index);
		return;
	}
	if (ref_field(e, 15, 15))
		post(r, e, eime, index);
	else
		deliver(r, e, eime, index);
}

void refvtd_interrupt(const refvtd_rules *rules, const iom_vtd_case *c, refvtd_answer *answer)
{
	ref r = { .rules = rules, .c = c, .a = answer };
	bool eime = c->irta >> 11 & 1 && ref_ecap(&r, 4);

	memset(answer, 0, sizeof *answer);
	if (!c->ires) {
		if (ref_ecap(&r, 62))
			refuse(&r, "IR.2B", 0);
		else
			answer->first.out.kind = IOM_VTD_COMPAT;
		return;
	}
	if (ref_ecap(&r, 61) && !eime) {
		refuse(&r, "IR.2A", 0);
		return;
	}
	if (c->address >> 4 & 1) {
		remap(&r);
		return;
	}
	if (eime || !c->cfis)
		refuse(&r, "IR.25", 0);
	else
		answer->first.out.kind = IOM_VTD_COMPAT;
}
