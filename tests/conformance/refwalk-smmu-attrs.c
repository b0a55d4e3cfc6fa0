/* SPDX-License-Identifier: MIT */
/* Memory attributes: attributes.tsv. */
#include "tests/conformance/refwalk-smmu-internal.h"

#include <stdio.h>

static attributes device(unsigned type)
{
	attributes a = { .device = true, .type = type };

	return a;
}

/* STE.MemAttr and the stage-2 leaf without S2FWB: groups ste_memattr, s2_memattr_fwb0. */
attributes ref_ste_memattr(unsigned code)
{
	unsigned outer = code >> 2, inner = code & 3;
	attributes a = { 0 };

	if (outer == 0)
		return device(inner);
	if (inner == 0)
		return device(0); /* reserved */
	a.outer = outer == 1 ? NC : outer == 2 ? WT : WB;
	a.inner = inner == 1 ? NC : inner == 2 ? WT : WB;
	return a;
}

static unsigned mair_half(unsigned nibble)
{
	if (nibble == 4)
		return NC;
	return (nibble & 0xc) == 0x4 || (nibble & 0xc) == 0xc ? WB : WT;
}

attributes ref_mair(unsigned byte)
{
	attributes a = { 0 };

	if (byte >> 4 == 0)
		return device(byte >> 2 & 3);
	a.outer = mair_half(byte >> 4);
	a.inner = mair_half(byte & 0xf);
	return a;
}

static bool non_cacheable(attributes a)
{
	return a.device || (a.inner == NC && a.outer == NC);
}

static unsigned weaker(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned combine_sh(unsigned a, unsigned b)
{
	if (a == 2 || b == 2)
		return 2;
	return a == 3 || b == 3 ? 3 : 0;
}

/* S2FWB==1: group s2_memattr_fwb1; bit 3 is RES0 without MTEPERM. */
static attributes forced(attributes s1, unsigned code)
{
	attributes a = { 0 };

	switch (code & 7) {
	case 4: /* reserved, as 5 */
	case 5:
		return s1.device ? s1 : a;
	case 6:
		a.inner = a.outer = WB;
		return a;
	case 7:
		return s1;
	default:
		return device(s1.device ? weaker(s1.type, code & 3) : code & 3);
	}
}

static bool forced_on(const walk *w)
{
	return w->id->FWB && STE(w, 89, 89);
}

attributes ref_combine(const walk *w, attributes s1, uint64_t memattr, unsigned s2_sh)
{
	attributes result;

	if (forced_on(w)) {
		result = forced(s1, (unsigned)memattr);
	} else {
		attributes s2 = ref_ste_memattr((unsigned)memattr);

		if (s1.device && s2.device)
			result = device(weaker(s1.type, s2.type));
		else if (s1.device || s2.device)
			result = s1.device ? s1 : s2;
		else
			result = (attributes){ .inner = weaker(s1.inner, s2.inner),
					       .outer = weaker(s1.outer, s2.outer) };
	}
	result.sh = combine_sh(s1.sh, s2_sh);
	return result;
}

bool ref_s2_device(const walk *w, uint64_t memattr)
{
	if (forced_on(w))
		return (memattr & 4) == 0;
	return ref_ste_memattr((unsigned)memattr).device;
}

void ref_attrs_text(attributes a, char text[40])
{
	static const char *const types[] = { "nGnRnE", "nGnRE", "nGRE", "GRE" };
	static const char *const cache[] = { "NC", "WT", "WB" };
	static const char *const sh[] = { "NSH", "NSH", "OSH", "ISH" };
	unsigned s = non_cacheable(a) ? 2 : a.sh;

	if (a.device)
		snprintf(text, 40, "Device-%s/%s", types[a.type], sh[s]);
	else
		snprintf(text, 40, "Normal-i%s-o%s/%s", cache[a.inner], cache[a.outer], sh[s]);
}
