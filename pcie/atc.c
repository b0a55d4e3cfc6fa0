/* SPDX-License-Identifier: MIT */
/*
 * The address translation cache and the form its entries have on the bus.
 *
 * An entry belongs to one PASID, or to requests without one, to one privilege, and
 * to requests with or without the CXL Src bit; a global one to every PASID. An Invalidate Request without a PASID reaches only
 * entries without one (10.3.1 Invalidate Request).
 */
#include "pcie/endpoint.h"

#include <string.h>

enum { SCOPE_NO_PASID = 0, SCOPE_PASID = 1, SCOPE_GLOBAL = 2 };

static iom_cache_scope scope_of(ep_key key, bool global)
{
	iom_cache_scope s = { .hi = global                      ? SCOPE_GLOBAL
				    : key.pasid == IOM_NO_PASID ? SCOPE_NO_PASID
								: SCOPE_PASID,
			      .lo = key.privileged | (unsigned)key.cxl << 1 };

	if (s.hi == SCOPE_PASID)
		s.lo |= (uint64_t)key.pasid << 2;
	return s;
}

/* One tag for each PASID, one for none, one for the global entries. */
static uint64_t tag_of(const iom_cache_scope *s)
{
	return s->hi << 32 | s->lo >> 2;
}

bool ep_atc_lookup(iom_endpoint *ep, ep_key key, uint64_t address, iom_ats_entry *entry)
{
	iom_cache_scope s = scope_of(key, false), global = scope_of(key, true);

	if (!iom_cache_enabled(ep->atc))
		return false;
	/* A global entry is peeked at, so that one look-up counts once. */
	return (key.pasid != IOM_NO_PASID &&
		iom_cache_peek(ep->atc, &global, address, entry, sizeof(*entry), NULL)) ||
	       iom_cache_lookup(ep->atc, &s, address, entry, sizeof(*entry), NULL);
}

void ep_atc_insert(iom_endpoint *ep, ep_key key, uint64_t address, const iom_ats_entry *entry,
		   iom_epoch epoch)
{
	iom_cache_scope s = scope_of(key, entry->global && key.pasid != IOM_NO_PASID);
	iom_tag *tag;

	if (!iom_cache_enabled(ep->atc))
		return;
	tag = iom_tags_get(ep->tags, tag_of(&s));
	iom_cache_insert(ep->atc, &s, address, entry->page_lg2, entry, sizeof(*entry), &tag, 1,
			 epoch);
}

static void drop_tag(iom_endpoint *ep, uint64_t identity)
{
	/* Made if it is not there: an entry on its way in must find it invalidated. */
	iom_tag_invalidate(ep->tags, iom_tags_get(ep->tags, identity));
}

void ep_atc_drop_pasid(iom_endpoint *ep, uint32_t pasid)
{
	iom_cache_scope s = scope_of((ep_key){ .pasid = pasid }, false);

	drop_tag(ep, tag_of(&s));
}

void ep_atc_drop_all(iom_endpoint *ep)
{
	iom_tags_invalidate_all(ep->tags);
}

static void drop_range(iom_endpoint *ep, uint32_t pasid, bool global, uint64_t start, uint64_t last)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		ep_key key = { .pasid = pasid, .privileged = kind & 1, .cxl = kind >> 1 };
		iom_cache_scope s = scope_of(key, global);

		iom_cache_invalidate_range(ep->atc, &s, start, last);
	}
}

static bool with_pasid(void *opaque, const iom_cache_scope *scope, uint64_t address,
		       unsigned page_lg2, const void *value)
{
	const iom_ats_invalidate *inv = opaque;
	uint64_t page = UINT64_C(1) << page_lg2;

	(void)value;
	address &= ~(page - 1);
	return scope->hi != SCOPE_NO_PASID &&
	       (!inv->length || (address <= inv->address + (inv->length - 1) &&
				 inv->address <= address + (page - 1)));
}

void ep_atc_invalidate(iom_endpoint *ep, const iom_ats_invalidate *inv)
{
	bool pasid = inv->pasid != IOM_NO_PASID;
	uint64_t last = inv->address + (inv->length - 1);

	if (!iom_cache_enabled(ep->atc))
		return;
	if (pasid && inv->global) {
		iom_cache_invalidate_if(ep->atc, with_pasid, (void *)inv);
	} else if (!inv->length) {
		ep_atc_drop_pasid(ep, inv->pasid);
		if (pasid)
			drop_tag(ep, (uint64_t)SCOPE_GLOBAL << 32);
	} else {
		drop_range(ep, inv->pasid, false, inv->address, last);
		/* A global entry may have come with this very PASID. */
		if (pasid)
			drop_range(ep, inv->pasid, true, inv->address, last);
	}
}

/* ---- saving: scope, address with the page size in its low bits, entry ---- */
static bool collect(void *opaque, const iom_cache_scope *scope, uint64_t address, unsigned page_lg2,
		    const void *value)
{
	uint64_t base = address & ~((UINT64_C(1) << page_lg2) - 1);
	uint64_t words[ATC_WORDS] = { scope->hi, scope->lo, base | page_lg2,
				      iom_ats_encode(value) };

	g_array_append_vals(opaque, words, ATC_WORDS);
	return false;
}

GArray *ep_atc_save(iom_endpoint *ep)
{
	GArray *words = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	if (iom_cache_enabled(ep->atc))
		iom_cache_invalidate_if(ep->atc, collect, words);
	return words;
}

bool ep_atc_possible(const uint64_t *words)
{
	unsigned page_lg2 = words[2] & 0xfff;
	uint64_t pasid = words[1] >> 2;
	iom_ats_entry entry;

	iom_ats_decode(words[3], &entry);
	return words[0] <= SCOPE_GLOBAL && pasid <= MAX_PASID &&
	       (words[0] == SCOPE_PASID || !pasid) && page_lg2 == entry.page_lg2 &&
	       !(words[2] & ~UINT64_C(0xfff) & ((UINT64_C(1) << page_lg2) - 1)) &&
	       entry.permissions & (IOM_READ | IOM_WRITE);
}

void ep_atc_restore(iom_endpoint *ep, const uint64_t *words, iom_epoch epoch)
{
	iom_cache_scope s = { .hi = words[0], .lo = words[1] };
	iom_tag *tag = iom_tags_get(ep->tags, tag_of(&s));
	iom_ats_entry entry;

	iom_ats_decode(words[3], &entry);
	iom_cache_insert(ep->atc, &s, words[2] & ~UINT64_C(0xfff), entry.page_lg2, &entry,
			 sizeof(entry), &tag, 1, epoch);
}
