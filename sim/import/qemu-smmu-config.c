/* SPDX-License-Identifier: MIT */
/*
 * Stream table entries and context descriptors over time (IHI 0070 chapter 5
 * "Data structure formats"). The tables file holds how they were when the run
 * ended; the log says where they were read and what came of it. Words that agree
 * with that are kept, others are made to mean what the log says.
 */
#include "sim/import/qemu-smmu.h"

#include <string.h>

#define STE_WORDS 8
#define CD_WORDS 8
#define STE_V UINT64_C(1)
#define STE_CONFIG(w) ((unsigned)((w) >> 1 & 7))
#define CONFIG_ABORT 0u
#define CONFIG_BYPASS 4u
#define CONFIG_S1 5u
#define CONFIG_S2 6u
#define CONFIG_NESTED 7u
#define STE_POINTER UINT64_C(0x00ffffffffffffc0)
#define STE_FMT(w) ((unsigned)((w) >> 4 & 3))
/* S1DSS: SubstreamID 0; CD fetches write-back, inner shareable. */
#define STE_S1_ATTRIBUTES UINT64_C(0xd6)
#define STE_SHCFG_INCOMING (UINT64_C(1) << 44)
#define STE_S2TTB UINT64_C(0x00fffffffffffff0)
/* S2AA64, S2PTW, S2R, walks write-back and inner shareable, 44-bit output. */
#define STE_S2_ATTRIBUTES UINT64_C(0x044c350000000000)
#define CD_V (UINT64_C(1) << 31)
#define CD_TTB UINT64_C(0x00fffffffffffff0)
#define CD_EPD(i) (UINT64_C(1) << (14 + 16 * (i)))
#define CD_MAIR UINT64_C(0xfffffffff404ff44)
#define EVENT_BAD_STREAMID 0x02u
#define EVENT_BAD_STE 0x04u
#define EVENT_BAD_CD 0x0au
#define EVENT_FIRST_TRANSLATION 0x0bu /* F_WALK_EABT, F_TRANSLATION... */

static void get_words(iom_shadow *s, uint64_t address, uint64_t *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		w[i] = iom_shadow_get(s, address + i * 8);
}

static void put_words(iom_qemu_smmu *q, uint64_t address, const uint64_t *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iom_sink_word(q->sink, address + i * 8, w[i]);
}

/* ---- the stream table's first level ---- */

static void configure_level1(iom_qemu_smmu *q, const iom_smmu_access *a)
{
	uint64_t word = iom_sink_read(q->sink, a->l1ptr);
	unsigned span = 0;

	/* QEMU prints the largest index it accepts, 2^Span - 1. */
	while (span < 11 && (UINT64_C(1) << span) - 1 < a->max_l2)
		span++;
	if ((word & STE_POINTER) == (a->l2ptr & STE_POINTER) && (word & 0x1f) == span)
		return;
	iom_sink_word(q->sink, a->l1ptr, (a->l2ptr & STE_POINTER) | span);
}

/* The stream has no entry: end the second level before it. */
static void configure_no_stream(iom_qemu_smmu *q, uint32_t sid)
{
	unsigned split = q->strtab_cfg >> 6 & 0x1f, log2size = q->strtab_cfg & 0x3f;
	uint64_t base = q->strtab & STE_POINTER, l1;

	if ((q->strtab_cfg >> 16 & 3) != 1 || sid >> MIN(log2size, 31u))
		return;
	l1 = base + ((uint64_t)(sid >> split) << 3);
	if (iom_sink_read(q->sink, l1) & 0x1f)
		iom_sink_word(q->sink, l1, 0);
}

/* ---- STE ---- */

typedef struct ste_wish {
	unsigned config;
	bool s1, s2;
	uint64_t cd; /* the address the STE holds */
	bool has_vmid;
	uint32_t vmid;
	const iom_smmu_access *a;
} ste_wish;

/* Address of the CD for transactions without a SubstreamID (5.2.2, 5.4.1). */
static uint64_t cd_of_ste(iom_qemu_smmu *q, const uint64_t *ste)
{
	uint64_t pointer = ste[0] & STE_POINTER;

	if (!(ste[0] >> 59) || STE_FMT(ste[0]) == 0)
		return pointer;
	return iom_sink_read(q->sink, pointer) & UINT64_C(0x00fffffffffff000);
}

static unsigned granule_of_s2tg(unsigned tg)
{
	return tg == 0 ? 12 : tg == 1 ? 16 : 14;
}

/* Level of the first look-up (5.2, S2SL0). */
static unsigned s2_start_level(unsigned sl0, unsigned granule_lg2)
{
	if (granule_lg2 == 12)
		return sl0 == 3 ? 3 : 2 - sl0;
	return 3 - sl0;
}

static bool s2_agrees(const iom_smmu_access *a, const uint64_t *ste)
{
	unsigned granule = granule_of_s2tg((unsigned)(ste[2] >> 46 & 3));
	uint64_t base = ste[3] & STE_S2TTB;

	if (!a->has_s2)
		return true;
	/* Up to 16 tables stand side by side at the first level. */
	if (a->s2_base < base || a->s2_base - base >= UINT64_C(16) << granule)
		return false;
	if (a->has_s2_level &&
	    (granule != a->s2_granule_lg2 ||
	     s2_start_level((unsigned)(ste[2] >> 38 & 3), granule) != a->s2_level))
		return false;
	return true;
}

static bool ste_agrees(iom_qemu_smmu *q, const uint64_t *ste, const ste_wish *wish)
{
	if (!(ste[0] & STE_V) || STE_CONFIG(ste[0]) != wish->config)
		return false;
	if (wish->s1 && cd_of_ste(q, ste) != wish->cd)
		return false;
	if (wish->s2 && !s2_agrees(wish->a, ste))
		return false;
	return !wish->has_vmid || (ste[2] & 0xffff) == (wish->vmid & 0xffff);
}

/*
 * S2T0SZ and S2SL0 for a walk that starts at this level: as many input bits as
 * one table resolves, but no more than are output (S2T0SZ, 5.2).
 */
static uint64_t s2_geometry(unsigned level, unsigned granule_lg2)
{
	unsigned bits = granule_lg2 + (4 - MIN(level, 3u)) * (granule_lg2 - 3);
	unsigned sl0 = granule_lg2 == 12 ? (level == 3 ? 3 : 2 - level) : 3 - level;
	uint64_t tg = granule_lg2 == 12 ? 0 : granule_lg2 == 16 ? 1 : 2;

	bits = MIN(bits, 44u);
	return (uint64_t)(64 - bits) << 32 | (uint64_t)(sl0 & 3) << 38 | tg << 46;
}

/* Stage 2 was not walked: what the same VMID, or this stream, had before. */
static void known_s2(iom_qemu_smmu *q, uint64_t address, uint64_t *ste, const ste_wish *wish)
{
	const iom_smmu_s2 *known =
		g_hash_table_lookup(q->s2, GUINT_TO_POINTER(wish->has_vmid ? wish->vmid + 1 : 0));
	iom_smmu_s2 s2 = { 0 };

	if (known)
		s2 = *known;
	for (unsigned i = 0; !s2.ttb && i < 2; i++) {
		iom_shadow *from = i ? &q->tables->words : &q->sink->memory;

		s2.word2 = iom_shadow_get(from, address + 16);
		s2.ttb = iom_shadow_get(from, address + 24);
	}
	ste[2] |= s2.word2 & ~UINT64_C(0xffff);
	ste[3] = s2.ttb;
}

static void make_ste(iom_qemu_smmu *q, uint64_t address, uint64_t *ste, const ste_wish *wish)
{
	memset(ste, 0, STE_WORDS * sizeof(*ste));
	ste[0] = STE_V | (uint64_t)wish->config << 1;
	if (wish->config == CONFIG_BYPASS)
		ste[1] = STE_SHCFG_INCOMING;
	if (wish->s1) {
		ste[0] |= wish->cd & STE_POINTER;
		ste[1] |= STE_S1_ATTRIBUTES;
	}
	if (wish->has_vmid)
		ste[2] |= wish->vmid & 0xffff;
	if (wish->s2 && !wish->a->has_s2) {
		known_s2(q, address, ste, wish);
	} else if (wish->s2) {
		unsigned granule = wish->a->has_s2_level ? wish->a->s2_granule_lg2 : 12;
		unsigned level = wish->a->has_s2_level ? wish->a->s2_level : 0;

		ste[2] |= STE_S2_ATTRIBUTES | s2_geometry(level, granule);
		ste[3] = wish->a->s2_base & STE_S2TTB;
	}
}

static void configure_ste(iom_qemu_smmu *q, uint64_t address, const ste_wish *wish)
{
	uint64_t ste[STE_WORDS];

	get_words(&q->sink->memory, address, ste, STE_WORDS);
	if (!ste_agrees(q, ste, wish)) {
		get_words(&q->tables->words, address, ste, STE_WORDS);
		if (!ste_agrees(q, ste, wish))
			make_ste(q, address, ste, wish);
		put_words(q, address, ste, STE_WORDS);
	}
	if (wish->s2) {
		iom_smmu_s2 s2 = { ste[2], ste[3] };

		g_hash_table_insert(q->s2, GUINT_TO_POINTER(wish->has_vmid ? wish->vmid + 1 : 0),
				    g_memdup2(&s2, sizeof(s2)));
	}
}

/* ---- CD ---- */

static unsigned granule_of_tg(unsigned i, unsigned tg)
{
	static const uint8_t tg0[4] = { 12, 16, 14, 0 }, tg1[4] = { 0, 14, 12, 16 };

	return (i ? tg1 : tg0)[tg & 3];
}

static uint64_t tg_of_granule(unsigned i, unsigned granule_lg2)
{
	for (unsigned tg = 0; tg < 4; tg++) {
		if (granule_of_tg(i, tg) == granule_lg2)
			return tg;
	}
	return i ? 2 : 0;
}

static unsigned size_bits(unsigned code)
{
	static const uint8_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	return bits[code & 7];
}

static bool oas_agrees(const iom_qemu_smmu *q, const iom_smmu_access *a, const uint64_t *cd)
{
	unsigned ips = size_bits((unsigned)(cd[0] >> 32 & 7));

	if (!a->has_oas)
		return true;
	if (q->id_seen >> 5 & 1)
		ips = MIN(ips, size_bits(q->id[5] & 7));
	return ips == a->oas || ips > 48;
}

static bool cd_agrees(const iom_qemu_smmu *q, const uint64_t *cd, const iom_smmu_access *a)
{
	if (!(cd[0] & CD_V) || !oas_agrees(q, a, cd))
		return false;
	if (a->has_lookup && a->asid != IOM_SMMU_ANY && cd[0] >> 48 != (a->asid & 0xffff))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		const iom_smmu_seen_tt *tt = &a->tt[i];
		uint64_t half = cd[0] >> (16 * i);

		if (!tt->seen) {
			/* Lines of tables come in order; without any nothing is known. */
			if ((a->tt[0].seen || a->tt[1].seen) && !(cd[0] & CD_EPD(i)))
				return false;
			continue;
		}
		if ((cd[0] & CD_EPD(i)) || (half & 0x3f) != tt->tsz ||
		    granule_of_tg(i, (unsigned)(half >> 6 & 3)) != tt->granule_lg2 ||
		    (cd[1 + i] & CD_TTB) != (tt->ttb & CD_TTB))
			return false;
		if (tt->has_had && (cd[1 + i] >> 1 & 1) != tt->had)
			return false;
	}
	return true;
}

static void make_cd(uint64_t *cd, const iom_smmu_access *a)
{
	unsigned ips = 0;

	while (ips < 5 && a->has_oas && size_bits(ips) < a->oas)
		ips++;
	memset(cd, 0, CD_WORDS * sizeof(*cd));
	/* AA64, A, R: faults are recorded and abort. */
	cd[0] = CD_V | (uint64_t)(a->has_oas ? ips : 4) << 32 | UINT64_C(1) << 41 |
		UINT64_C(3) << 45;
	if (a->has_lookup && a->asid != IOM_SMMU_ANY)
		cd[0] |= (uint64_t)(a->asid & 0xffff) << 48;
	cd[0] |= UINT64_C(1) << 47; /* ASET */
	for (unsigned i = 0; i < 2; i++) {
		const iom_smmu_seen_tt *tt = &a->tt[i];
		uint64_t half;

		if (!tt->seen) {
			cd[0] |= CD_EPD(i);
			continue;
		}
		half = tt->tsz | tg_of_granule(i, tt->granule_lg2) << 6 | 1 << 8 | 1 << 10 |
		       3 << 12;
		cd[0] |= half << (16 * i);
		cd[1 + i] = (tt->ttb & CD_TTB) | (uint64_t)(tt->has_had && tt->had) << 1;
	}
	cd[3] = CD_MAIR;
}

static void configure_cd(iom_qemu_smmu *q, const iom_smmu_access *a)
{
	uint64_t cd[CD_WORDS];

	get_words(&q->sink->memory, a->cd, cd, CD_WORDS);
	if (cd_agrees(q, cd, a))
		return;
	get_words(&q->tables->words, a->cd, cd, CD_WORDS);
	if (!cd_agrees(q, cd, a)) {
		if (!a->tt[0].seen && !a->tt[1].seen)
			return;
		make_cd(cd, a);
	}
	put_words(q, a->cd, cd, CD_WORDS);
}

/* ---- what makes a configuration ---- */

static void remember(iom_qemu_smmu *q, const iom_smmu_access *a)
{
	iom_smmu_stream *stream = g_hash_table_lookup(q->streams, GUINT_TO_POINTER(a->sid + 1));
	guint n = 0;

	if (!stream) {
		stream = g_new0(iom_smmu_stream, 1);
		g_hash_table_insert(q->streams, GUINT_TO_POINTER(a->sid + 1), stream);
	}
	g_free(stream->words);
	stream->words = g_new(iom_path_word, 1 + STE_WORDS + CD_WORDS + a->config_words);
	for (guint i = 0; i < a->config_words; i++)
		stream->words[n++] = g_array_index(q->words, iom_path_word, i);
	if (a->two_level)
		stream->words[n++].address = a->l1ptr;
	for (unsigned i = 0; a->has_ste && i < STE_WORDS; i++)
		stream->words[n++].address = a->ste + i * 8;
	for (unsigned i = 0; a->has_cd && i < CD_WORDS; i++)
		stream->words[n++].address = a->cd + i * 8;
	for (guint i = a->config_words; i < n; i++)
		stream->words[i].value = iom_sink_read(q->sink, stream->words[i].address);
	stream->n_words = n;
	stream->cd = a->has_cd ? a->cd : 0;
	stream->checked = q->sink->memory.changes;
}

void iom_qemu_smmu_restore_config(iom_qemu_smmu *q, uint32_t sid)
{
	iom_smmu_stream *stream = g_hash_table_lookup(q->streams, GUINT_TO_POINTER(sid + 1));

	if (!stream || !stream->n_words || stream->checked == q->sink->memory.changes)
		return;
	for (guint i = 0; i < stream->n_words; i++)
		iom_sink_word(q->sink, stream->words[i].address, stream->words[i].value);
	stream->checked = q->sink->memory.changes;
}

static void spoil(iom_qemu_smmu *q, const iom_smmu_access *a, unsigned event)
{
	uint64_t w;

	if (event == EVENT_BAD_STREAMID) {
		configure_no_stream(q, a->sid);
	} else if (event == EVENT_BAD_STE && a->has_ste) {
		/* Leave what is wrong already, whatever it is. */
		w = iom_sink_read(q->sink, a->ste);
		if ((w & STE_V) && (STE_CONFIG(w) >= CONFIG_BYPASS || STE_CONFIG(w) == 0))
			iom_sink_word(q->sink, a->ste, w & ~STE_V);
	} else if (event == EVENT_BAD_CD && a->has_cd) {
		w = iom_sink_read(q->sink, a->cd);
		if (w & CD_V)
			iom_sink_word(q->sink, a->cd, w & ~CD_V);
	}
}

void iom_qemu_smmu_configure(iom_qemu_smmu *q, iom_smmu_outcome outcome, unsigned stage,
			     unsigned event)
{
	const iom_smmu_access *a = &q->access;
	ste_wish wish = { .config = CONFIG_BYPASS, .a = a };
	bool bad_config = outcome == IOM_SMMU_FAULTED && event < EVENT_FIRST_TRANSLATION;

	if (!a->cfg_miss || !a->has_ste) {
		if (bad_config)
			spoil(q, a, event);
		return;
	}
	if (a->two_level)
		configure_level1(q, a);
	if (outcome == IOM_SMMU_ABORTED) {
		wish.config = CONFIG_ABORT;
	} else if (outcome != IOM_SMMU_BYPASSED && !(bad_config && !a->has_cd)) {
		wish.s1 = a->has_cd;
		wish.s2 = stage ? (stage & 2) != 0 : a->s2_walk || a->has_s2_lookup;
		wish.cd = a->cd_pointer;
		wish.config = CONFIG_BYPASS | (wish.s1 ? 1u : 0) | (wish.s2 ? 2u : 0);
		if (a->has_lookup && a->vmid != IOM_SMMU_ANY && (wish.s2 || a->vmid)) {
			wish.has_vmid = true;
			wish.vmid = a->vmid;
		}
	}
	if (bad_config && !a->has_cd) {
		spoil(q, a, event);
		return;
	}
	/* A fault before any table was read leaves open which stages there are. */
	if (wish.config == CONFIG_BYPASS && outcome != IOM_SMMU_BYPASSED)
		return;
	configure_ste(q, a->ste, &wish);
	if (wish.s1 && bad_config)
		spoil(q, a, event);
	else if (wish.s1)
		configure_cd(q, a);
	if (!bad_config)
		remember(q, a);
}
