/* SPDX-License-Identifier: MIT */
/*
 * The reference: walks of the first and second stage and of host permission
 * tables, in the order of stages 1, 3 and 5 of fault_priority.tsv. Accessed and
 * dirty flags are collected on the way and set at the end.
 */
#include "tests/conformance/refwalk-vtd-private.h"

#define A_FS BIT(5)
#define D_FS BIT(6)
#define EA_FS BIT(10)
#define A_SS BIT(8)
#define D_SS BIT(9)

typedef struct stage {
	uint64_t out;
	unsigned size_lg2;
	bool read, write; /* granted by every entry */
	bool user; /* first stage: U/S of every entry */
	bool snoop;
	int leaf; /* position of the leaf in r->updates, -1 */
} stage;

static int add_update(ref *r, uint64_t address, uint64_t value, uint64_t must, bool first_stage)
{
	if (r->n_updates == REFVTD_MAX_WRITES)
		return -1;
	r->updates[r->n_updates] = (ref_update){ .address = address,
						 .value = value,
						 .must = must,
						 .first_stage = first_stage,
						 .mapped_by = -1 };
	return r->n_updates++;
}

static bool wants_write(const ref *r)
{
	return r->c->op == 'W' || r->c->op == 'A';
}

/* A translation request asks for both unless NW is set and heeded. */
static bool asks_write(const ref *r)
{
	return r->c->at == 'T' && !(r->c->nw && ref_ecap(r, 33));
}

static bool ss_reserved(const ref *r, uint64_t e, unsigned level, bool leaf)
{
	unsigned sslps = (unsigned)(r->c->cap >> 34 & 0xf);

	return ref_any(&e, 51, r->c->haw) || (!r->ssirwe && ref_any(&e, 62, 62)) ||
	       (ref_any(&e, 11, 11) && (!leaf || !ref_ecap(r, 7))) ||
	       (level >= 4 && ref_any(&e, 7, 7)) ||
	       (level == 3 && ref_any(&e, 7, 7) && !(sslps & 2)) ||
	       (level == 2 && ref_any(&e, 7, 7) && !(sslps & 1)) ||
	       (level == 3 && leaf && ref_any(&e, 29, 12)) ||
	       (level == 2 && leaf && ref_any(&e, 20, 12));
}

/* Legacy mode has no code for an entry without permission: the access's own. */
static bool legacy_no_permission(ref *r)
{
	if (r->c->at == 'T') {
		r->a->first.out.kind = IOM_VTD_ATS_S0;
		return false;
	}
	return ref_fail(r, wants_write(r) ? "LGN.2" : "LGN.3");
}

static bool second_stage(ref *r, uint64_t in, stage *s)
{
	uint64_t table = r->ss_root;
	unsigned r_bit = r->ssirwe ? 61 : 0, w_bit = r->ssirwe ? 62 : 1;

	*s = (stage){ .read = true, .write = true, .user = true, .leaf = -1 };
	for (unsigned level = r->ss_levels;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t address = table + 8 * (in >> shift & 0x1ff), e;

		if (!ref_read(r, address, &e, 1))
			return ref_fail(r, level == r->ss_levels ? r->legacy ? "LCT.4.3" : "SSS.4"
					   : r->legacy           ? "LSS.1"
								 : "SSS.1");
		bool read = e >> r_bit & 1, write = e >> w_bit & 1;
		bool leaf = level == 1 || (level <= 3 && e >> 7 & 1);

		if (!read && !write)
			return r->legacy ? legacy_no_permission(r) : ref_fail(r, "SSS.2");
		s->read &= read;
		s->write &= write;
		bool none = !r->legacy && !s->read && !s->write;

		if (ss_reserved(r, e, level, leaf)) {
			ref_fail(r, r->legacy ? "LSS.2" : "SSS.3");
			if (none)
				ref_also(r, "SSS.2");
			return false;
		}
		if (none)
			return ref_fail(r, "SSS.2");
		if (r->ssade)
			s->leaf = add_update(r, address, e, A_SS, false);
		table = e & (BIT(r->c->haw) - 1) & ~UINT64_C(0xfff);
		if (!leaf)
			continue;
		s->size_lg2 = shift;
		s->out = (table >> shift << shift) | (in & (BIT(shift) - 1));
		s->snoop = e >> 11 & 1;
		return true;
	}
}

static bool fs_reserved(const ref *r, uint64_t e, unsigned level, bool leaf)
{
	return ref_any(&e, 51, r->c->haw) || (level >= 4 && ref_any(&e, 7, 7)) ||
	       (level == 3 && ref_any(&e, 7, 7) && !ref_cap(r, 56)) ||
	       (level == 3 && leaf && ref_any(&e, 29, 13)) ||
	       (level == 2 && leaf && ref_any(&e, 20, 13));
}

/* Where a first-stage entry lies: itself, or behind the second stage. */
static bool locate_entry(ref *r, bool nested, uint64_t address, bool top, uint64_t *host, stage *s)
{
	*host = address;
	*s = (stage){ .read = true, .write = true, .leaf = -1 };
	if (!nested)
		return true;
	if (!second_stage(r, address, s))
		return false;
	if (!s->read)
		return ref_fail(r, top ? "SFS.6" : "SFS.7");
	if (r->ssade && !s->write) {
		/* The tables name no code for write permission missing to read an entry. */
		ref_also(r, top ? "SFS.6" : "SFS.7");
		ref_also(r, "SFS.8");
	}
	*host = s->out;
	return true;
}

static bool first_stage(ref *r, bool nested, stage *s)
{
	uint64_t in = r->c->address, table = r->fs_root;
	unsigned top_bit = 12 + 9 * r->fs_levels - 1;
	unsigned width = nested ? ref_ss_width(r, r->ss_levels) : 64;

	*s = (stage){ .read = true, .write = true, .user = true, .leaf = -1 };
	for (unsigned bit = top_bit; bit < 64; bit++) {
		if ((in >> bit & 1) != (in >> top_bit & 1))
			return ref_fail(r, "SGN.1");
	}
	for (unsigned level = r->fs_levels;; level--) {
		bool top = level == r->fs_levels;
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t host, e;
		stage at;

		if (!locate_entry(r, nested, table + 8 * (in >> shift & 0x1ff), top, &host, &at))
			return false;
		if (!ref_read(r, host, &e, 1))
			return ref_fail(r, top ? "SFS.4" : "SFS.1");
		bool leaf = level == 1 || (level <= 3 && e >> 7 & 1);

		if (!(e & 1))
			return ref_fail(r, "SFS.2");
		if (fs_reserved(r, e, level, leaf))
			return ref_fail(r, "SFS.3");
		table = e & (BIT(r->c->haw) - 1) & ~UINT64_C(0xfff);
		if (leaf)
			table = table >> shift << shift;
		if (width < 64 && table >> width)
			return ref_fail(r, "SFS.5");
		s->write &= e >> 1 & 1;
		s->user &= e >> 2 & 1;
		s->leaf = add_update(r, host, e, A_FS | (r->eafe ? EA_FS : 0), true);
		if (s->leaf >= 0) {
			r->updates[s->leaf].blocked = nested && !at.write;
			r->updates[s->leaf].mapped_by = at.leaf;
		}
		if (!leaf)
			continue;
		s->size_lg2 = shift;
		s->out = table | (in & (BIT(shift) - 1));
		return true;
	}
}

/* Privilege and write permission of the first stage, 3.6.1. */
static bool first_stage_write(const ref *r, const stage *s)
{
	if (!r->privileged)
		return s->user && s->write;
	return r->wpe ? s->write : true;
}

static bool first_stage_allows(ref *r, const stage *s)
{
	if (r->c->at == 'T')
		return true;
	if (!r->privileged && !s->user)
		return ref_fail(r, "SGN.2");
	if (wants_write(r) && !first_stage_write(r, s))
		return ref_fail(r, "SGN.6");
	return true;
}

static bool second_stage_allows(ref *r, const stage *s)
{
	const iom_vtd_case *c = r->c;
	const char *no_write = r->legacy ? "LGN.2" : "SGN.6";
	const char *no_read = r->legacy ? "LGN.3" : "SGN.7";

	if (c->at == 'T')
		return true;
	if (wants_write(r) && !s->write)
		return ref_fail(r, no_write);
	if (c->op == 'Z' && ref_cap(r, 22) && s->write)
		return true;
	if (c->op != 'W' && !s->read)
		return ref_fail(r, no_read);
	return true;
}

static void set_dirty(ref *r, const stage *s, uint64_t bit)
{
	if (s->leaf >= 0)
		r->updates[s->leaf].must |= bit;
}

/* A completion without permission; what is found from here on would be as good. */
static void deny(ref *r, const char *condition)
{
	if (!r->failed) {
		r->a->first.out.kind = IOM_VTD_ATS_S0;
		r->a->first.condition = condition;
	}
	r->failed = true;
}

/*
 * Updates that the unit cannot make. Their order among each other and against
 * other faults is open, so they are alternatives to whatever else was found.
 */
static void check_updates(ref *r)
{
	for (int i = 0; i < r->n_updates; i++) {
		ref_update *u = &r->updates[i];

		if (!u->first_stage || !r->ssade || u->mapped_by < 0)
			continue;
		/* An update is a write to the table's page; a mere read may count as one. */
		if (u->must & ~u->value)
			r->updates[u->mapped_by].must |= D_SS;
		r->updates[u->mapped_by].may |= D_SS;
	}
	for (int i = 0; i < r->n_updates; i++) {
		const ref_update *u = &r->updates[i];

		uint64_t bits = u->must & ~u->value;

		if (!bits)
			continue;
		bool fails = !r->snooped || u->blocked || ref_write_fails(r, u->address);

		if (fails && r->c->at == 'T' && bits == (u->first_stage ? D_FS : D_SS))
			ref_untested(r, "only the dirty flag of a completion cannot be set");
		if (!r->snooped)
			ref_fail(r, u->first_stage ? "SFS.9" : "SSS.5");
		if (u->blocked)
			ref_fail(r, "SFS.8");
		if (ref_write_fails(r, u->address)) {
			r->update_failed = true;
			ref_fail(r, u->first_stage ? "SFS.10" : "SSS.6");
		}
	}
}

/* What a translation request is told. */
static void complete_ats(ref *r, const stage *page, bool read, bool write, bool snoop)
{
	iom_vtd_outcome *out = &r->a->first.out;
	uint64_t size = BIT(page->size_lg2), base = page->out & ~(size - 1);
	uint64_t last = base + size - 1;

	write = write && asks_write(r);
	/* A completion without permission says nothing about the address. */
	if (r->failed && !read && !write)
		return;
	if (base <= 0xfeefffff && last >= 0xfee00000) {
		ref_fail(r, r->legacy ? "LGN.4" : "SGN.8.2");
		return;
	}
	if (r->failed)
		return;
	out->kind = IOM_VTD_ATS_OK;
	out->out_addr = base;
	out->page_size = size;
	out->perm = (uint8_t)((read ? IOM_READ : 0) | (write ? IOM_WRITE : 0));
	out->ats =
		(uint8_t)((read ? IOM_VTD_ATS_R : 0) | (write ? IOM_VTD_ATS_W : 0) |
			  (page->size_lg2 > 12 ? IOM_VTD_ATS_S : 0) | (snoop ? IOM_VTD_ATS_N : 0) |
			  (ref_has_pasid(r) && r->c->pr ? IOM_VTD_ATS_PRIV : 0));
}

static void complete(ref *r, const stage *page, bool read, bool write, bool snoop)
{
	if (r->c->at == 'T') {
		complete_ats(r, page, read, write, snoop);
		return;
	}
	if (ref_in_interrupt_range(page->out)) {
		/* Against an update that fails both orders have been read from the tables. */
		ref_fail(r, r->legacy ? "LGN.4" : "SGN.8.1");
		return;
	}
	if (r->failed)
		return;
	ref_succeed(r, page->out, BIT(page->size_lg2),
		    (uint8_t)((read ? IOM_READ : 0) | (write ? IOM_WRITE : 0)));
}

/* Does the leaf's dirty flag belong to this request, now that `write` is known? */
static bool dirties(const ref *r, bool write)
{
	return r->c->at == 'T' ? asks_write(r) && write : wants_write(r);
}

/* False: a completion that would grant nothing. */
static bool useful(const ref *r, bool read, bool write)
{
	return r->c->at != 'T' || read || (write && asks_write(r));
}

void ref_translate_legacy(ref *r)
{
	stage s;

	if (r->c->address >> ref_ss_width(r, r->ss_levels)) {
		ref_fail(r, "LGN.1.1");
		return;
	}
	if (!second_stage(r, r->c->address, &s) || !second_stage_allows(r, &s))
		return;
	if (!useful(r, s.read, s.write))
		deny(r, NULL);
	complete(r, &s, s.read, s.write, s.snoop);
}

void ref_translate_second_stage(ref *r)
{
	stage s;

	if (r->c->address >> ref_ss_width(r, r->ss_levels)) {
		ref_fail(r, "SGN.5");
		return;
	}
	bool ok = second_stage(r, r->c->address, &s) && second_stage_allows(r, &s);

	if (ok && r->ssade && dirties(r, s.write))
		set_dirty(r, &s, D_SS);
	if (ok && !useful(r, s.read, s.write))
		deny(r, NULL);
	check_updates(r);
	if (ok)
		complete(r, &s, s.read, s.write, r->pgsnp || s.snoop);
}

void ref_translate_first_stage(ref *r)
{
	stage s;
	bool ok = first_stage(r, false, &s) && first_stage_allows(r, &s);
	bool write = ok && first_stage_write(r, &s);

	if (ok && dirties(r, write))
		set_dirty(r, &s, D_FS);
	if (ok && !useful(r, r->privileged || s.user, write))
		deny(r, "SGN.2");
	check_updates(r);
	if (ok)
		complete(r, &s, r->privileged || s.user, write, r->pgsnp);
}

void ref_translate_nested(ref *r)
{
	stage fs, ss;
	bool ok = first_stage(r, true, &fs) && first_stage_allows(r, &fs);
	bool read = ok && (r->privileged || fs.user), write = ok && first_stage_write(r, &fs);

	if (ok && !useful(r, read, write))
		deny(r, "SGN.2");
	ok = ok && second_stage(r, fs.out, &ss) && second_stage_allows(r, &ss);
	if (ok && !useful(r, read && ss.read, write && ss.write))
		deny(r, NULL);
	if (ok && dirties(r, write && ss.write)) {
		set_dirty(r, &fs, D_FS);
		if (r->ssade)
			set_dirty(r, &ss, D_SS);
	} else if (ok && dirties(r, write) && fs.leaf >= 0) {
		/* Only the second stage refuses to write: D of the first may be set. */
		r->updates[fs.leaf].may |= D_FS;
	}
	check_updates(r);
	if (!ok)
		return;
	stage page = { .out = ss.out, .size_lg2 = MIN(fs.size_lg2, ss.size_lg2) };

	complete(r, &page, read && ss.read, write && ss.write, r->pgsnp || ss.snoop);
}

void ref_pass_through(ref *r)
{
	stage page = { .out = r->c->address, .size_lg2 = 12 };

	if (r->c->address >> r->c->haw) {
		ref_fail(r, "SGN.4.2");
		return;
	}
	if (r->c->at != 'T') {
		complete(r, &page, true, true, false);
		r->a->first.out.page_size = 0;
		return;
	}
	/* Nothing is checked, the interrupt range included; any page size will do. */
	r->a->any_page_size = true;
	r->a->first.out.kind = IOM_VTD_ATS_OK;
	r->a->first.out.page_size = BIT(30);
	r->a->first.out.out_addr = r->c->address & ~(BIT(30) - 1);
	r->a->first.out.ats = (uint8_t)(IOM_VTD_ATS_R | (asks_write(r) ? IOM_VTD_ATS_W : 0) |
					(r->pgsnp ? IOM_VTD_ATS_N : 0) |
					(ref_has_pasid(r) && r->c->pr ? IOM_VTD_ATS_PRIV : 0));
	r->a->first.out.perm = (uint8_t)(IOM_READ | (asks_write(r) ? IOM_WRITE : 0));
}

/* HPT rows of stage 3 and the hptl4e..hptl1e rows of structures.tsv. */
void ref_host_permissions(ref *r, uint64_t root, unsigned size)
{
	uint64_t in = r->c->address, table = root;

	if (in >> r->c->haw) {
		ref_fail(r, "SGN.4.1");
		return;
	}
	if (in >> (49 + size)) {
		ref_fail(r, "SPT.9");
		return;
	}
	if (ref_in_interrupt_range(in)) {
		ref_fail(r, "SGN.8.3");
		return;
	}
	unsigned pp = 0;

	for (unsigned level = 4; level >= 1 && !pp; level--) {
		static const unsigned sub_regions[] = { 0, 32, 16, 8, 0 };
		unsigned shift = 17 + 8 * (level - 1), n = sub_regions[level];
		uint64_t index = level == 4 ? in >> shift : in >> shift & 0xff, e[2];

		if (!ref_read(r, table + 16 * index, e, 2)) {
			ref_fail(r, level == 4 ? "HPT.3" : "HPT.1");
			return;
		}
		bool bad = level > 1 && (ref_any(e, 75, 65) || ref_any(e, 115, r->c->haw + 64) ||
					 ref_any(e, 63, (int)(4 * n)));

		if (level == 3 && !ref_ecap(r, 59))
			bad |= ref_any(e, 31, 0);
		for (unsigned i = 0; i < n; i++)
			bad |= ref_any(e, (int)(4 * i + 3), (int)(4 * i + 2));
		if (bad) {
			ref_fail(r, "HPT.2");
			return;
		}
		if (n) {
			unsigned i = (unsigned)(in >> (shift - (level == 1   ? 5
								: level == 2 ? 4
									     : 3)) &
						(n - 1));

			pp = (unsigned)ref_field(e, 4 * i + 3, 4 * i);
		}
		if (level > 1 && !pp && !(e[1] & 1))
			break;
		table = e[1] & (BIT(r->c->haw) - 1) & ~UINT64_C(0xfff);
	}
	bool zero = r->c->op == 'Z' && ref_cap(r, 22);

	if (zero && !pp)
		ref_fail(r, "HPT.4");
	else if (wants_write(r) && !(pp & 2))
		ref_fail(r, "HPT.5");
	else if (!zero && r->c->op != 'W' && !(pp & 1))
		ref_fail(r, "HPT.6");
	else
		ref_succeed(r, in, 0, 0);
}
