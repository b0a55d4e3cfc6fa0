/* SPDX-License-Identifier: MIT */
/* Decoding an STE and a CD into a context, and keeping contexts. */
#include <string.h>

#include "core/cache-impl.h"
#include "smmu/walk.h"

/* ------------------------------------------------------------------------
 * Decoding. The words are legal when these run.
 */
static unsigned s2_granule(unsigned tg)
{
	return tg == 1 ? 16 : tg == 2 ? 14 : 12;
}

static void decode_s2(const smmu *s, unsigned space, const uint64_t *ste, bool secure_ipa,
		      struct smmu_s2 *s2)
{
	const struct smmu_ids *ids = &s->ids;
	unsigned tg, t0sz, sl, entries_lg2, ps = 40;
	uint64_t ttb;

	s2->lpae = !smmu_ste_get_S2AA64(ste);
	tg = (unsigned)(secure_ipa ? smmu_ste_get_S_S2TG(ste) : smmu_ste_get_S2TG(ste));
	t0sz = (unsigned)(secure_ipa ? smmu_ste_get_S_S2T0SZ(ste) : smmu_ste_get_S2T0SZ(ste));
	sl = (unsigned)(secure_ipa ? smmu_ste_get_S_S2SL0(ste) : smmu_ste_get_S2SL0(ste));
	ttb = secure_ipa ? smmu_ste_get_S_S2TTB(ste) : smmu_ste_get_S2TTB(ste);
	if (s2->lpae) {
		int size = (int)(t0sz & 15) - (t0sz & 8 ? 16 : 0);

		s2->granule_lg2 = 12;
		s2->ia_bits = (uint8_t)(32 - size);
		s2->oa_bits = 40;
		s2->start_level = sl == 1 ? 1 : 2;
		ttb &= iom_mask(40);
	} else {
		s2->granule_lg2 = (uint8_t)s2_granule(tg);
		s2->ds = ids->ds && smmu_ste_get_S2DS(ste) && s2->granule_lg2 != 16;
		s2->ia_bits = (uint8_t)(64 - t0sz);
		ps = MIN(smmu_ids_ps_bits(ids, (unsigned)smmu_ste_get_S2PS(ste)), ids->oas_bits);
		s2->oa_bits = (uint8_t)ps;
		if (s2->granule_lg2 != 16 && !s2->ds)
			s2->oa_bits = MIN(s2->oa_bits, 48);
		if (s2->ds && s2->granule_lg2 == 12)
			sl |= (unsigned)(secure_ipa ? smmu_ste_get_S_S2SL0_2(ste)
						    : smmu_ste_get_S2SL0_2(ste))
			      << 2;
		if (s2->granule_lg2 == 12)
			s2->start_level = (int8_t)(sl == 3 ? 3 : 2 - (int)sl + (sl == 4));
		else
			s2->start_level = (int8_t)(3 - (int)sl);
		ttb &= iom_mask(ids->minor ? 52 : 48);
		s2->ha = smmu_ste_get_S2HA(ste);
		s2->hd = s2->ha && smmu_ste_get_S2HD(ste);
		s2->haft = s2->ha && ids->httu == 3 && smmu_ste_get_S2HAFT(ste);
		s2->fwb = ids->fwb && smmu_ste_get_S2FWB(ste);
		s2->pie = ids->s2pi && smmu_ste_get_S2PIE(ste);
		s2->poe = s2->pie && ids->s2po && smmu_ste_get_S2POE(ste);
	}
	entries_lg2 = s2->ia_bits - smmu_level_shift(s2->granule_lg2, s2->start_level);
	/* The alignment follows S2PS even where the format cannot use all of it. */
	s2->ttb = smmu_table_base(ttb, entries_lg2, ps);
	s2->affd = smmu_ste_get_S2AFFD(ste) && !s2->ha;
	s2->big_endian = smmu_ste_get_S2ENDI(ste);
	s2->ptw = smmu_ste_get_Config(ste) == 7 && smmu_ste_get_S2PTW(ste);
	s2->sh = (uint8_t)smmu_ste_get_S2SH0(ste);
	if (space == IOM_SPACE_SECURE) {
		/* 13.4.4: NS of the walk and of the output, by IPA space */
		bool sa = smmu_ste_get_S2SW(ste) || smmu_ste_get_S2SA(ste);
		bool nsa = smmu_ste_get_S2NSW(ste) || sa || smmu_ste_get_S2NSA(ste);

		s2->walk_ns = secure_ipa ? smmu_ste_get_S2SW(ste) : smmu_ste_get_S2NSW(ste);
		s2->out_ns = secure_ipa ? sa : nsa;
	}
}

void smmu_context_ste(const smmu *s, unsigned space, uint32_t sid, const uint64_t *ste,
		      struct smmu_context *c)
{
	static const uint8_t modes[8] = { SMMU_MODE_ABORT, SMMU_MODE_ABORT,  SMMU_MODE_ABORT,
					  SMMU_MODE_ABORT, SMMU_MODE_BYPASS, SMMU_MODE_S1,
					  SMMU_MODE_S2,    SMMU_MODE_NESTED };
	const struct smmu_ids *ids = &s->ids;
	bool s2;

	memset(c, 0, sizeof(*c));
	c->sid = sid;
	c->space = (uint8_t)space;
	c->mode = modes[smmu_ste_get_Config(ste)];
	s2 = c->mode == SMMU_MODE_S2 || c->mode == SMMU_MODE_NESTED;
	c->world = (uint8_t)smmu_stream_world(s, space, ste);
	c->eats = space == IOM_SPACE_SECURE ? 0 : (uint8_t)smmu_ste_get_EATS(ste);
	c->s2_stall = s2 && smmu_ste_get_S2S(ste);
	c->s2_record = s2 && smmu_ste_get_S2R(ste);
	c->ppar = smmu_ste_get_PPAR(ste);
	c->override.shcfg = IOM_SH_RESERVED; /* use incoming */
	if (ids->attr_types_ovr) {
		c->override.mtcfg = (uint8_t)smmu_ste_get_MTCFG(ste);
		c->override.memattr = (uint8_t)smmu_ste_get_MemAttr(ste);
		c->override.alloccfg = (uint8_t)smmu_ste_get_ALLOCCFG(ste);
		c->override.shcfg = (uint8_t)smmu_ste_get_SHCFG(ste);
	}
	if (ids->attr_perms_ovr) {
		c->privcfg = (uint8_t)smmu_ste_get_PRIVCFG(ste);
		c->instcfg = (uint8_t)smmu_ste_get_INSTCFG(ste);
	}
	/* 13.1.4: NSCFG of Realm streams does not depend on ATTR_PERMS_OVR. */
	if (space == IOM_SPACE_REALM || (space == IOM_SPACE_SECURE && ids->attr_perms_ovr))
		c->nscfg = (uint8_t)smmu_ste_get_NSCFG(ste);
	if (space == IOM_SPACE_SECURE ? ids->sel2 && s2 : ids->s2p && c->world == SMMU_EL1)
		c->vmid = (uint16_t)smmu_ste_get_S2VMID(ste);
	if (s2) {
		decode_s2(s, space, ste, false, &c->s2[0]);
		if (space == IOM_SPACE_SECURE)
			decode_s2(s, space, ste, true, &c->s2[1]);
		c->s2poi = ste[7];
	}
	if (ids->mpam) {
		uint64_t partid = smmu_ste_get_PARTID(ste), pmg = smmu_ste_get_PMG(ste);

		c->partid = partid > ids->partid_max ? 0 : (uint16_t)partid;
		c->pmg = pmg > ids->pmg_max ? 0 : (uint8_t)pmg;
	}
}

static void decode_half(const smmu *s, const uint64_t *cd, unsigned n, struct smmu_s1 *s1)
{
	static const uint8_t granule[2][4] = { { 12, 16, 14, 12 }, { 12, 14, 12, 16 } };
	const struct smmu_ids *ids = &s->ids;
	struct smmu_half *h = &s1->half[n];
	unsigned txsz = (unsigned)(n ? smmu_cd_get_T1SZ(cd) : smmu_cd_get_T0SZ(cd));
	uint64_t ttb = n ? smmu_cd_get_TTB1(cd) : smmu_cd_get_TTB0(cd);

	h->disabled = n ? !s1->two_halves || smmu_cd_get_EPD1(cd)
			: !s1->one_privilege && smmu_cd_get_EPD0(cd);
	h->tbi = !s1->lpae && (n ? smmu_cd_get_TBI1(cd) : smmu_cd_get_TBI0(cd));
	h->had = ids->had && (n ? smmu_cd_get_HAD1(cd) : smmu_cd_get_HAD0(cd));
	h->e0pd = ids->e0pd && !s1->lpae && !s1->one_privilege &&
		  (n ? smmu_cd_get_E0PD1(cd) : smmu_cd_get_E0PD0(cd));
	h->ns = n ? smmu_cd_get_NSCFG1(cd) : smmu_cd_get_NSCFG0(cd);
	h->sh = (uint8_t)(n ? smmu_cd_get_SH1(cd) : smmu_cd_get_SH0(cd));
	h->granule_lg2 = s1->lpae ? 12 : granule[n][n ? smmu_cd_get_TG1(cd) : smmu_cd_get_TG0(cd)];
	if (s1->lpae) {
		h->ia_bits = (uint8_t)(32 - (txsz & 7));
		ttb &= iom_mask(40);
	} else {
		h->ia_bits = (uint8_t)(64 - txsz);
		ttb &= iom_mask(ids->minor ? 52 : 48);
	}
	if (h->disabled) {
		h->ttb = 0;
		return;
	}
	h->start_level = (int8_t)smmu_s1_start_level(h->granule_lg2, h->ia_bits);
	h->ttb = smmu_table_base(ttb, h->ia_bits - smmu_level_shift(h->granule_lg2, h->start_level),
				 s1->oa_bits);
}

void smmu_context_cd(const smmu *s, const uint64_t *ste, const uint64_t *cd, struct smmu_context *c)
{
	const struct smmu_ids *ids = &s->ids;
	struct smmu_s1 *s1 = &c->s1;

	s1->lpae = !smmu_cd_get_AA64(cd);
	s1->one_privilege = c->world == SMMU_EL2 || c->world == SMMU_EL3;
	s1->two_halves = !s1->one_privilege;
	s1->mair = cd[3];
	if (!s1->one_privilege)
		s1->asid = (uint16_t)smmu_cd_get_ASID(cd);
	s1->oa_bits =
		(uint8_t)MIN(ids->oas_bits,
			     s1->lpae ? 40 : smmu_ids_ps_bits(ids, (unsigned)smmu_cd_get_IPS(cd)));
	if (s1->lpae && c->mode == SMMU_MODE_NESTED)
		s1->oa_bits = 40;
	s1->big_endian = smmu_cd_get_ENDI(cd);
	s1->wxn = smmu_cd_get_WXN(cd);
	s1->uwxn = s1->lpae && !s1->one_privilege && smmu_cd_get_UWXN(cd);
	s1->pan = !s1->one_privilege && smmu_cd_get_PAN(cd);
	s1->affd = smmu_cd_get_AFFD(cd);
	if (!s1->lpae) {
		s1->ds = ids->ds && smmu_cd_get_DS(cd);
		s1->ha = smmu_cd_get_HA(cd);
		s1->hd = s1->ha && smmu_cd_get_HD(cd);
		s1->haft = s1->ha && ids->httu == 3 && smmu_cd_get_HAFT(cd);
		s1->epan = ids->epan && smmu_cd_get_EPAN(cd);
		s1->aie = ids->aie && smmu_cd_get_AIE(cd);
		s1->pie = ids->s1pi && smmu_ste_get_S1PIE(ste) && smmu_cd_get_PIE(cd);
		if (s1->pie) {
			s1->piip = cd[7];
			s1->piiu = cd[6];
		}
	}
	if (s1->ha)
		s1->affd = false;
	s1->a = smmu_cd_get_A(cd) || ids->term_model;
	s1->r = smmu_cd_get_R(cd);
	s1->stall = smmu_cd_get_S(cd);
	decode_half(s, cd, 0, s1);
	decode_half(s, cd, 1, s1);
	if (ids->mpam && smmu_ste_get_S1MPAM(ste)) {
		uint64_t partid = smmu_cd_get_PARTID(cd), pmg = smmu_cd_get_PMG(cd);

		c->partid = partid > ids->partid_max ? 0 : (uint16_t)partid;
		c->pmg = pmg > ids->pmg_max ? 0 : (uint8_t)pmg;
	}
}

/* ------------------------------------------------------------------------
 * Digests: two contexts of one ASID share translations only if every field
 * that a translation depends on agrees.
 */
static uint64_t mix(uint64_t h, const void *data, size_t size)
{
	const unsigned char *p = data;

	while (size) {
		uint64_t word = 0;
		size_t n = MIN(size, sizeof(word));

		memcpy(&word, p, n);
		h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
		h ^= h >> 32;
		h *= UINT64_C(0xd6e8feb86659fd93);
		h ^= h >> 29;
		p += n;
		size -= n;
	}
	return h;
}

static void digest_s2(const smmu *s, struct smmu_context *c)
{
	uint64_t h = 0x5e1ec7ed, pii = smmu_reg(s, c->space, SMMU_R_S2PII);

	h = mix(h, c->s2, sizeof(c->s2));
	if (c->s2[0].pie) {
		h = mix(h, &pii, sizeof(pii));
		if (c->s2[0].poe)
			h = mix(h, &c->s2poi, sizeof(c->s2poi));
	}
	c->s2_digest = h;
}

static void digest(struct smmu_context *c)
{
	struct smmu_s1 s1;
	uint64_t h = c->s2_digest;
	uint8_t same[8] = { c->space,
			    c->world,
			    c->mode,
			    c->override.mtcfg,
			    c->override.memattr,
			    c->override.alloccfg,
			    c->override.shcfg,
			    c->nscfg };

	/* The ASID is in the scope; A, R and S decide about faults only. */
	memcpy(&s1, &c->s1, sizeof(s1));
	s1.asid = 0;
	s1.a = s1.r = s1.stall = false;
	h = mix(h, &s1, sizeof(s1));
	c->digest = mix(h, same, sizeof(same));
}

/* ------------------------------------------------------------------------
 * The pool
 */
void smmu_contexts_init(smmu *s)
{
	uint32_t entries = s->config.cache.cache[IOM_CACHE_CONFIG].entries, n = 4;

	while (n < 2 * (uint64_t)entries && n < 1u << 16)
		n *= 2;
	s->contexts.n = n;
	s->contexts.slots = entries ? g_new0(struct smmu_slot, n) : NULL;
}

void smmu_contexts_free(smmu *s)
{
	g_free(s->contexts.slots);
}

#define CONTEXT_WORDS (sizeof(struct smmu_context) / sizeof(uint64_t))
G_STATIC_ASSERT(sizeof(struct smmu_context) % sizeof(uint64_t) == 0);

static void copy_words(void *to, const void *from)
{
	uint64_t *t = to;
	const uint64_t *f = from;

	for (size_t i = 0; i < CONTEXT_WORDS; i++)
		__atomic_store_n(&t[i], __atomic_load_n(&f[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* With the lock held. */
static void pool_put(struct smmu_contexts *pool, const struct smmu_context *c, struct smmu_hot *hot)
{
	uint32_t index = pool->next++ & (pool->n - 1);
	struct smmu_slot *slot = &pool->slots[index];

	hot->slot = index;
	hot->generation = slot->generation + 1;
#ifdef IOM_TSAN /* which knows no fences */
	__atomic_fetch_add(&slot->sequence, 1, __ATOMIC_ACQ_REL);
#else
	__atomic_store_n(&slot->sequence, slot->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
	__atomic_store_n(&slot->generation, hot->generation, __ATOMIC_RELAXED);
	copy_words(&slot->context, c);
	__atomic_store_n(&slot->sequence, slot->sequence + 1, __ATOMIC_RELEASE);
}

bool smmu_context_copy(const struct smmu_contexts *pool, uint32_t slot, uint32_t generation,
		       struct smmu_context *c)
{
	const struct smmu_slot *from = &pool->slots[slot];
	uint32_t before = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);

	if ((before & 1) || __atomic_load_n(&from->generation, __ATOMIC_RELAXED) != generation)
		return false;
	copy_words(c, &from->context);
	IOM_CACHE_READ_FENCE();
	return __atomic_load_n(&from->sequence, __ATOMIC_RELAXED) == before;
}

void smmu_hot_fill(const struct smmu_context *c, struct smmu_hot *hot)
{
	bool s1 = c->mode == SMMU_MODE_S1 || c->mode == SMMU_MODE_NESTED;

	memset(hot, 0, sizeof(*hot));
	hot->mode = c->mode;
	if (s1) {
		hot->scope.hi = c->digest;
		hot->scope.lo =
			smmu_scope_lo(SMMU_SCOPE_ASID, -1, c->space, c->world, c->vmid, c->s1.asid);
	} else {
		hot->scope.hi = c->digest;
		hot->scope.lo = smmu_scope_lo(SMMU_SCOPE_S2, -1, c->space, c->world, c->vmid, 0);
	}
	hot->privcfg = c->privcfg;
	hot->instcfg = c->instcfg;
	if (s1 && c->s1.half[0].tbi)
		hot->tbi |= 1;
	if (s1 && c->s1.two_halves && c->s1.half[1].tbi)
		hot->tbi |= 2;
	hot->one_privilege = s1 && c->s1.one_privilege;
	hot->mtcfg_memattr = (uint8_t)(c->override.mtcfg << 4 | c->override.memattr);
	hot->shcfg = c->override.shcfg;
	hot->alloccfg = c->override.alloccfg;
	hot->partid = c->partid;
	hot->pmg = c->pmg;
	hot->nscfg = c->nscfg;
}

/* ------------------------------------------------------------------------
 * Finding the context of a transaction
 */
iom_cache_scope smmu_config_scope(unsigned space, uint32_t sid, bool ssv)
{
	return (iom_cache_scope){ (uint64_t)space << 32 | sid, ssv };
}

static bool refuse(struct smmu_fault *f, enum smmu_event event, enum smmu_diagnosis diagnosis)
{
	smmu_fault_set(f, event, 0, diagnosis);
	return false;
}

/* 3.9.1.2: what a translation request needs before its substream is looked at. */
static bool ats_allowed(const smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
			struct smmu_fault *f)
{
	bool check = c->space == IOM_SPACE_REALM ||
		     (smmu_reg(s, c->space, SMMU_R_CR0) & SMMU_CR0_ATSCHK);
	enum smmu_event event =
		tx->origin == SMMU_ATS_REQUEST ? SMMU_F_BAD_ATS_TREQ : SMMU_F_TRANSL_FORBIDDEN;

	if (c->mode == SMMU_MODE_ABORT)
		return true; /* silent, further on */
	if (c->mode == SMMU_MODE_BYPASS && !c->s1_skipped)
		return refuse(f, event, SMMU_DIAG_ATS_BYPASS);
	/* 5.2 EATS: split stage needs ATSCHK; 0b11 needs the DPT. */
	if (c->eats == 1 || (c->eats == 2 && check))
		return true;
	return refuse(f, event, SMMU_DIAG_ATS_EATS);
}

/* 5.6 VMS: virtual to physical PARTIDs */
static bool vms(smmu *s, unsigned space, const uint64_t *ste, struct smmu_fault *f, uint16_t *map)
{
	uint64_t address = smmu_ste_get_VMSPtr(ste), words[8];
	iom_mem_status status;

	/* The VMS is in the memory of the STE. */
	status = smmu_fetch(s, space, address, words, 8, SMMU_GPC_VMS);
	if (status != IOM_MEM_OK) {
		smmu_fault_set(f, SMMU_F_VMS_FETCH, 0, SMMU_DIAG_VMS_FETCH);
		f->gpcf = status == SMMU_MEM_GPF;
		f->fetch = address;
		return false;
	}
	for (unsigned i = 0; i < 32; i++)
		map[i] = (uint16_t)(words[i / 4] >> (16 * (i % 4)));
	return true;
}

/* 3.3.2, 5.2 S1DSS: which CD; *ssid is its index. False: fault; *cd_used tells. */
static bool substream(const smmu *s, const struct smmu_tx *tx, const uint64_t *ste,
		      struct smmu_context *c, uint32_t *index, bool *cd_used, struct smmu_fault *f)
{
	bool s1 = smmu_ste_get_Config(ste) & 1;
	unsigned cdmax = s1 && s->ids.ssidsize ? (unsigned)smmu_ste_get_S1CDMax(ste) : 0;
	unsigned dss = (unsigned)smmu_ste_get_S1DSS(ste);

	*index = 0;
	*cd_used = s1;
	if (tx->ssv) {
		if (!cdmax)
			return refuse(f, SMMU_C_BAD_SUBSTREAMID, SMMU_DIAG_SSID_NOT_USED);
		if (tx->ssid >> cdmax)
			return refuse(f, SMMU_C_BAD_SUBSTREAMID, SMMU_DIAG_SSID_RANGE);
		if (tx->ssid == 0 && dss == 2)
			return refuse(f, SMMU_F_STREAM_DISABLED, SMMU_DIAG_S1DSS_ZERO);
		*index = tx->ssid;
		return true;
	}
	if (!cdmax || dss == 2)
		return true;
	if (dss != 1)
		return refuse(f, SMMU_F_STREAM_DISABLED, SMMU_DIAG_S1DSS_TERMINATE);
	*cd_used = false;
	c->s1_skipped = true;
	c->skipped_nested = c->mode == SMMU_MODE_NESTED;
	c->mode = c->skipped_nested ? SMMU_MODE_S2 : SMMU_MODE_BYPASS;
	/* The world follows what is left: stage 2 only is EL1. */
	return true;
}

static void register_scopes(smmu *s, const struct smmu_tx *tx, const struct smmu_context *c,
			    bool stage2_only)
{
	if (!tx->locked)
		smmu_lock(s);
	if (stage2_only)
		smmu_scopes_register_stage2(s, c);
	else
		smmu_scopes_register(s, c);
	if (!tx->locked)
		smmu_unlock(s);
}

static bool load(smmu *s, struct smmu_tx *tx, struct smmu_context *c, struct smmu_fault *f)
{
	uint64_t ste[8], cd[8];
	uint16_t map[32];
	uint32_t index;
	bool cd_used, has_vms;
	enum smmu_diagnosis d;

	tx->config_reads++;
	if (!smmu_ste_fetch(s, tx->space, tx->sid, ste, f))
		return false;
	d = smmu_ste_check(s, tx->space, ste);
	if (d)
		return refuse(f, SMMU_C_BAD_STE, d);
	smmu_context_ste(s, tx->space, tx->sid, ste, c);
	if (c->mode == SMMU_MODE_ABORT)
		return true;
	has_vms = c->mode == SMMU_MODE_NESTED && s->ids.mpam && smmu_ste_get_S1MPAM(ste);
	if (has_vms && !vms(s, tx->space, ste, f, map))
		return false;
	if (tx->origin == SMMU_ATS_REQUEST || tx->origin == SMMU_ATS_TRANSLATED) {
		if (!ats_allowed(s, tx, c, f))
			return false;
		/* Translated traffic is not looked up further without a PASID. */
		if (tx->origin == SMMU_ATS_TRANSLATED && !tx->ssv) {
			digest_s2(s, c);
			smmu_tx_override(s, c, tx);
			return true;
		}
	}
	if (!substream(s, tx, ste, c, &index, &cd_used, f))
		return false;
	c->ssv = tx->ssv;
	c->ssid = tx->ssid;
	/* Records of a CD fetch show the transaction as the STE made it. */
	smmu_tx_override(s, c, tx);
	digest_s2(s, c);
	if (cd_used) {
		if (c->mode == SMMU_MODE_NESTED) {
			/* What the fetch leaves in the caches can be invalidated. */
			smmu_context_tags(s, c);
			register_scopes(s, tx, c, true);
		}
		tx->config_reads++;
		if (!smmu_cd_fetch(s, tx, c, ste, index, cd, f))
			return false;
		d = smmu_cd_check(s, tx->space, ste, (enum smmu_world)c->world, cd);
		if (d)
			return refuse(f, SMMU_C_BAD_CD, d);
		smmu_context_cd(s, ste, cd, c);
		if (has_vms) {
			uint16_t partid = map[smmu_cd_get_PARTID(cd) & 31];

			c->partid = partid > s->ids.partid_max ? 0 : partid;
		}
	}
	return true;
}

bool smmu_context_get(smmu *s, struct smmu_tx *tx, struct smmu_context *c, struct smmu_fault *f)
{
	iom_cache *cache = s->caches[IOM_CACHE_CONFIG];
	iom_cache_scope scope = smmu_config_scope(tx->space, tx->sid, tx->ssv);
	bool keep = iom_cache_enabled(cache) && tx->origin != SMMU_ATS_TRANSLATED &&
		    (!tx->locked || tx->ahead);
	struct smmu_hot hot;
	bool cached = false;

	/* An ordinary transaction has asked, and was counted, on its way to the IOTLB. */
	if (keep && tx->origin == SMMU_ORDINARY)
		cached = iom_cache_peek(cache, &scope, tx->ssid, &hot, sizeof(hot), NULL);
	else if (keep)
		cached = iom_cache_lookup(cache, &scope, tx->ssid, &hot, sizeof(hot), NULL);
	if (cached && smmu_context_copy(&s->contexts, hot.slot, hot.generation, c)) {
		if (tx->origin == SMMU_ATS_REQUEST && !ats_allowed(s, tx, c, f))
			return false;
		smmu_tx_override(s, c, tx);
		return true;
	}
	tx->loaded = true;
	if (!load(s, tx, c, f))
		return false;
	digest(c);
	smmu_context_tags(s, c);
	register_scopes(s, tx, c, false);
	if (keep) {
		iom_tag *tags[2];

		smmu_hot_fill(c, &hot);
		if (!tx->locked)
			smmu_lock(s);
		pool_put(&s->contexts, c, &hot);
		if (!tx->locked)
			smmu_unlock(s);
		tags[0] = iom_tags_get(s->tags, SMMU_TAG(SMMU_TAG_SID, tx->space, 0, tx->sid));
		tags[1] = iom_tags_get(s->tags, SMMU_TAG(SMMU_TAG_CONFIG, tx->space, 0, 0));
		iom_cache_insert(cache, &scope, tx->ssid, 0, &hot, sizeof(hot), tags, 2, tx->epoch);
	}
	return true;
}
