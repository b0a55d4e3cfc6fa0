/* SPDX-License-Identifier: MIT */
/*
 * The reference SMMU: order of checks as in fault_priority.tsv (its order numbers
 * are the reasons given), records as in events.tsv.
 */
#include "tests/conformance/refwalk-smmu.h"

#include "tests/conformance/refwalk-smmu-internal.h"

bool refwalk_set_id(refwalk_ids *ids, const char *name, uint64_t value)
{
#define SET_ID(member) \
	if (strcmp(name, #member) == 0) { \
		ids->member = (unsigned)value; \
		return true; \
	}
	REFWALK_IDS(SET_ID)
	return false;
}

const char *refwalk_status_name(refwalk_status status)
{
	static const char *const names[] = { "OK", "ABORT", "RAZWI", "STALL" };

	return names[status];
}

/* ---- outcomes --------------------------------------------------------- */

bool ref_abort(walk *w, const char *why)
{
	w->out->status = REFWALK_ABORT;
	w->out->why = why;
	return false;
}

static void record(walk *w, unsigned id)
{
	refwalk_result *out = w->out;

	out->event = true;
	memset(out->words, 0, sizeof out->words);
	memset(out->mask, 0xff, sizeof out->mask);
	out->words[0] = id | (uint64_t)w->rq->sid << 32;
	if (w->rq->ssv)
		out->words[0] |= UINT64_C(1) << 11 | (uint64_t)w->rq->ssid << 12;
	else
		out->mask[0] &= ~(low_bits(20) << 12); /* SSV==0: SubstreamID UNKNOWN */
	if (id == F_STREAM_DISABLED)
		out->mask[0] &= ~(low_bits(24) << 8); /* not settled */
	if (id == C_BAD_SUBSTREAMID) {
		out->words[0] &= ~(UINT64_C(1) << 11);
		out->mask[0] = UINT64_MAX;
	}
}

bool ref_config_event(walk *w, unsigned id, const char *why)
{
	if (id != C_BAD_STREAMID || w->reg->recinvsid)
		record(w, id);
	return ref_abort(w, why);
}

bool ref_fetch_event(walk *w, unsigned id, uint64_t address, const char *why)
{
	record(w, id);
	w->out->mask[1] &= ~low_bits(16); /* Reason */
	w->out->words[3] = address & low_bits(56) & ~low_bits(3);
	return ref_abort(w, why);
}

/* PnU, InD, RnW of the transaction and S2, CLASS: word 1 of translation events. */
static uint64_t attribute_bits(const walk *w, bool s2, unsigned class)
{
	bool rnw = !w->writes;

	return (uint64_t)w->priv << 33 | (uint64_t)(w->inst && rnw) << 34 | (uint64_t)rnw << 35 |
	       (uint64_t)s2 << 39 | (uint64_t) class << 40;
}

bool ref_walk_abort(walk *w, bool s2, unsigned class, uint64_t address)
{
	record(w, F_WALK_EABT);
	w->out->words[1] = attribute_bits(w, s2, class);
	w->out->mask[1] &= ~low_bits(16); /* Reason */
	w->out->words[2] = w->rq->address;
	w->out->words[3] = address & low_bits(56) & ~low_bits(3);
	return ref_abort(w, s2 ? "331 stage-2 walk abort" : "313 stage-1 walk abort");
}

static void translation_record(walk *w, unsigned id, bool s2, unsigned class, uint64_t ipa,
			       bool stall)
{
	record(w, id);
	w->out->words[1] = attribute_bits(w, s2, class) | (uint64_t)stall << 31;
	w->out->words[2] = w->rq->address;
	if (stall)
		w->out->mask[1] &= ~low_bits(16); /* STAG */
	if (s2)
		w->out->words[3] = ipa & low_bits(56) & ~low_bits(12);
	else
		w->out->mask[3] = 0; /* IPA UNKNOWN */
	if (id == F_PERMISSION && !(s2 && class == CLASS_TT))
		w->out->mask[1] &= ~(UINT64_C(1) << 44); /* TTRnW means nothing */
}

/* Rows M01 to M09. */
bool ref_translation_fault(walk *w, unsigned id, bool s2, unsigned class, uint64_t ipa,
			   const char *why)
{
	bool stall = s2 ? STE(w, 185, 185) : CD(w, 44, 44);
	bool recorded = stall || (s2 ? STE(w, 186, 186) : CD(w, 45, 45));

	if (recorded)
		translation_record(w, id, s2, class, ipa, stall);
	ref_abort(w, why);
	if (stall)
		w->out->status = REFWALK_STALL;
	else if (!s2 && !CD(w, 46, 46))
		w->out->status = REFWALK_RAZWI;
	return false;
}

bool ref_permission_fault(walk *w, bool s2, unsigned class, uint64_t ipa, bool tt_write,
			  bool atomic_read, const char *why)
{
	ref_translation_fault(w, F_PERMISSION, s2, class, ipa, why);
	if (w->out->event) {
		/* DirtyBit of v3.4: its position is not known. */
		if (!s2 && w->stage1 && ref_s1_indirect(w))
			w->out->mask[1] &= low_bits(44);
		if (atomic_read && w->id->AIDR >= 1)
			w->out->words[1] |= UINT64_C(1) << 35;
		if (s2 && class == CLASS_TT && !tt_write)
			w->out->words[1] |= UINT64_C(1) << 44;
	}
	return false;
}

/* Stage 1 bypassed and the input too large: always recorded, always abort. */
bool ref_bypass_fault(walk *w, const char *why)
{
	translation_record(w, F_ADDR_SIZE, false, CLASS_IN, 0, false);
	return ref_abort(w, why);
}

static void succeed(walk *w, uint64_t oa, attributes a, unsigned leaf_lg2, const char *why)
{
	w->out->status = REFWALK_OK;
	w->out->oa = oa;
	w->out->leaf_lg2 = leaf_lg2;
	w->out->why = why;
	ref_attrs_text(a, w->out->attrs);
}

/* ---- configuration ---------------------------------------------------- */

/* MTCFG, MemAttr, SHCFG of an STE or of GBPA. */
static attributes input_attributes(const walk *w, bool mtcfg, unsigned memattr, unsigned shcfg)
{
	attributes a = { .inner = WB, .outer = WB, .sh = 0 };
	unsigned incoming_sh = 0;

	if (w->rq->has_attrs) {
		a = ref_mair(w->rq->memtype);
		incoming_sh = w->rq->sh == 1 ? 0 : w->rq->sh;
	}
	if (w->id->ATTR_TYPES_OVR && mtcfg)
		a = ref_ste_memattr(memattr);
	a.sh = w->id->ATTR_TYPES_OVR && shcfg != 1 ? shcfg : incoming_sh;
	/* Device and Normal non-cacheable enter as Outer Shareable whatever SHCFG says. */
	if (a.device || (a.inner == NC && a.outer == NC))
		a.sh = 2;
	return a;
}

static void incoming(walk *w)
{
	w->priv = w->rq->privileged;
	w->inst = w->rq->access == 'X';
	w->reads = w->rq->access == 'R' || w->rq->access == 'A';
	w->writes = w->rq->access == 'W' || w->rq->access == 'A';
}

static void overrides(walk *w)
{
	unsigned priv = (unsigned)STE(w, 113, 112), inst = (unsigned)STE(w, 115, 114);

	if (w->id->ATTR_PERMS_OVR) {
		if (priv >= 2)
			w->priv = priv == 3;
		if (inst >= 2 && !w->writes) {
			w->inst = inst == 3;
			w->reads = !w->inst;
		}
	}
	w->input = input_attributes(w, STE(w, 100, 100), (unsigned)STE(w, 99, 96),
				    (unsigned)STE(w, 109, 108));
}

static bool read_words(walk *w, uint64_t address, uint64_t *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!w->mem->read(w->mem->opaque, address + 8 * i, &words[i]))
			return false;
	}
	return true;
}

static bool fetch_ste_two_level(walk *w, unsigned log2size, uint64_t *address)
{
	unsigned split = (w->reg->strtab_base_cfg >> 6) & 0x1f;
	uint64_t l1std;

	if (split != 8 && split != 10)
		split = 6;
	unsigned align = log2size > split + 3 ? log2size - split + 3 : 6;
	uint64_t base = w->reg->strtab_base & low_bits(56) & ~low_bits(align);
	uint64_t at = base + (uint64_t)(w->rq->sid >> split) * 8;

	if (at >> w->id->OAS || !read_words(w, at, &l1std, 1))
		return ref_fetch_event(w, F_STE_FETCH, at, "110 L1STD fetch");
	unsigned span = (unsigned)part(l1std, 4, 0);
	uint64_t index = w->rq->sid & low_bits(split);

	if (span == 0 || span > 11 || span > split + 1 || index >> (span - 1))
		return ref_config_event(w, C_BAD_STREAMID, "111 L1STD");
	*address = (part(l1std, 55, 6) << 6 & ~low_bits(6 + span - 1)) + index * 64;
	return true;
}

static bool fetch_ste(walk *w)
{
	unsigned log2size = w->reg->strtab_base_cfg & 0x3f;
	unsigned effective = log2size < w->id->SIDSIZE ? log2size : w->id->SIDSIZE;
	unsigned fmt = (w->reg->strtab_base_cfg >> 16) & 3;
	uint64_t address;

	if ((uint64_t)w->rq->sid >> effective)
		return ref_config_event(w, C_BAD_STREAMID, "100 StreamID range");
	if (fmt == 1 && w->id->ST_LEVEL) {
		if (!fetch_ste_two_level(w, log2size, &address))
			return false;
	} else {
		uint64_t base = w->reg->strtab_base & low_bits(56) & ~low_bits(log2size + 6);

		address = base + (uint64_t)w->rq->sid * 64;
	}
	if (address >> w->id->OAS || !read_words(w, address, w->ste, 8))
		return ref_fetch_event(w, F_STE_FETCH, address, "120 STE fetch");
	return true;
}

/* A structure of the CD tables: L1CD or CD; its address is an IPA when nested. */
static bool fetch_cd_words(walk *w, uint64_t address, uint64_t *words, unsigned n)
{
	attributes unused;
	uint64_t pa = address, memattr;
	unsigned lg2;

	if (w->stage2 && !ref_stage2(w, address, CLASS_CD, false, &pa, &unused, &memattr, &lg2))
		return false;
	if (!read_words(w, pa, words, n))
		return ref_fetch_event(w, F_CD_FETCH, pa, "202/205 CD fetch");
	return true;
}

static bool fetch_cd(walk *w, unsigned cdmax, uint32_t ssid)
{
	uint64_t pointer = STE(w, 55, 6) << 6;
	unsigned fmt = (unsigned)STE(w, 5, 4);
	uint64_t l1cd;

	if (cdmax == 0 || fmt == 0 || fmt == 3) {
		uint64_t base = pointer & ~low_bits(6 + cdmax);

		return fetch_cd_words(w, base + (uint64_t)ssid * 64, w->cd, 8);
	}
	unsigned leaf_bits = fmt == 1 ? 6 : 10;
	unsigned align = cdmax > leaf_bits + 3 ? cdmax - leaf_bits + 3 : 6;
	uint64_t at = (pointer & ~low_bits(align)) + (uint64_t)(ssid >> leaf_bits) * 8;

	if (!fetch_cd_words(w, at, &l1cd, 1))
		return false;
	uint64_t leaf = part(l1cd, 55, 12) << 12;

	/* 64KB leaf tables: bits [15:12] should be 0; taken so. */
	if (fmt == 2)
		leaf &= ~low_bits(16);
	if (!(l1cd & 1))
		return ref_config_event(w, C_BAD_SUBSTREAMID, "203 L1CD.V");
	if (leaf >> (w->stage2 ? ref_ias(w->id) : w->id->OAS))
		return ref_config_event(w, C_BAD_SUBSTREAMID, "203 L1CD.L2Ptr");
	return fetch_cd_words(w, leaf + (ssid & low_bits(leaf_bits)) * 64, w->cd, 8);
}

/* Checks 140 to 152. False: ended. */
static bool substream(walk *w, unsigned cdmax)
{
	bool s1 = STE(w, 1, 1);
	unsigned dss = (unsigned)STE(w, 65, 64);

	if (w->rq->ssv) {
		if (!s1 || cdmax == 0)
			return ref_config_event(w, C_BAD_SUBSTREAMID, "140 no substreams");
		if (w->rq->ssid >> cdmax)
			return ref_config_event(w, C_BAD_SUBSTREAMID, "141 SubstreamID range");
		if (w->rq->ssid == 0 && dss == 2)
			return ref_config_event(w, F_STREAM_DISABLED, "151 SubstreamID 0");
	} else if (s1 && cdmax) {
		if (dss == 0 || dss == 3)
			return ref_config_event(w, F_STREAM_DISABLED, "150 S1DSS");
		if (dss == 1)
			w->stage1 = false;
	}
	return true;
}

/* ---- the whole -------------------------------------------------------- */

static void disabled(walk *w)
{
	uint32_t gbpa = w->reg->gbpa;

	if (gbpa >> 20 & 1) {
		ref_abort(w, "020 GBPA.ABORT");
		return;
	}
	if (w->rq->address >> w->id->OAS) {
		ref_abort(w, "021 beyond OAS");
		return;
	}
	succeed(w, w->rq->address, input_attributes(w, gbpa >> 4 & 1, gbpa & 0xf, gbpa >> 12 & 3),
		0, "022 bypass");
}

static bool prepare(walk *w)
{
	const char *why = NULL;

	if (!fetch_ste(w))
		return false;
	if (ref_ste_illegal(w, &why))
		return ref_config_event(w, C_BAD_STE, why);
	unsigned config = (unsigned)STE(w, 3, 1);
	unsigned cdmax = w->id->SSIDSIZE ? (unsigned)STE(w, 63, 59) : 0;

	if (!(config & 4))
		return ref_abort(w, "131 Config 0b0xx");
	w->stage1 = config & 1;
	w->stage2 = config & 2;
	w->single = config == 5 && w->id->Hyp && STE(w, 95, 94) == 2 && !w->reg->e2h;
	overrides(w);
	if (!substream(w, cdmax))
		return false;
	if (!w->stage1) {
		if (config == 4 && w->rq->address >> w->id->OAS)
			return ref_bypass_fault(w, "160 beyond OAS");
		if (config != 4 && w->rq->address >> ref_ias(w->id))
			return ref_bypass_fault(w, "161 beyond IAS");
		return true;
	}
	if (!fetch_cd(w, cdmax, w->rq->ssv ? w->rq->ssid : 0))
		return false;
	if (ref_cd_illegal(w, &why))
		return ref_config_event(w, C_BAD_CD, why);
	return true;
}

void refwalk_smmu(const refwalk_ids *ids, const refwalk_registers *registers,
		  const refwalk_memory *memory, const refwalk_request *request,
		  refwalk_result *result)
{
	walk w = { .id = ids, .reg = registers, .mem = memory, .rq = request, .out = result };
	unsigned lg2 = 0, s2_lg2 = 0;
	uint64_t ipa = request->address, memattr;
	attributes attrs, s2 = { 0 };

	memset(result, 0, sizeof *result);
	incoming(&w);
	if (!registers->smmuen) {
		disabled(&w);
		return;
	}
	if (!prepare(&w))
		return;
	attrs = w.input;
	if (w.stage1 && !ref_stage1(&w, request->address, &ipa, &attrs, &lg2))
		return;
	uint64_t oa = ipa;

	if (w.stage2) {
		if (!ref_stage2(&w, ipa, CLASS_IN, w.writes, &oa, &s2, &memattr, &s2_lg2))
			return;
		bool open = w.stage1 && (attrs.device || (attrs.inner == NC && attrs.outer == NC));

		attrs = ref_combine(&w, attrs, memattr, s2.sh);
		/* IMPDEF unless the combined type is Outer Shareable anyway. */
		result->attrs_unsettled =
			open && !attrs.device && !(attrs.inner == NC && attrs.outer == NC);
		lg2 = lg2 && lg2 < s2_lg2 ? lg2 : s2_lg2;
	}
	succeed(&w, oa, attrs, lg2, "translated");
}
