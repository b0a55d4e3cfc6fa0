/* SPDX-License-Identifier: MIT */
/*
 * Accesses whose tables the log does not show: it began after they were read, or
 * was recorded without the events that tell. The tables that there are are used
 * as far as they go; what is missing is made up so that it gives QEMU's answer.
 */
#include "sim/import/qemu-smmu.h"

#include <string.h>

#define STE_V UINT64_C(1)
#define STE_POINTER UINT64_C(0x00ffffffffffffc0)
#define STE_CONFIG(w) ((unsigned)((w) >> 1 & 7))
#define CONFIG_S1 5u
#define CONFIG_S2 6u
#define STE_S1_ATTRIBUTES UINT64_C(0xd6)
#define STE_BYPASS UINT64_C(9)
#define STE_SHCFG_INCOMING (UINT64_C(1) << 44)
/* S2AA64, S2PTW, S2R, 44 bits in and out, start at level 0. */
#define STE_S2 UINT64_C(0x044c359400000000)
#define CD_V (UINT64_C(1) << 31)
/* V, EPD1, AA64, A, R, ASET, 44-bit output, 48-bit input in 4 KiB granules. */
#define CD_WORD UINT64_C(0x0000e204c0003510)
#define CD_MAIR UINT64_C(0xfffffffff404ff44)
#define TTB_MASK UINT64_C(0x0000fffffffffff0)
#define ADDRESS UINT64_C(0x0000fffffffff000)
#define DESC_TABLE UINT64_C(3)
#define S1_LEAF UINT64_C(0xf43) /* AF, inner shareable, AP[1], nG, attribute 0 */
#define S2_LEAF UINT64_C(0x73f) /* AF, inner shareable, normal memory */
#define AP_RO UINT64_C(0x80)
#define IDR0_S2P 1u
#define IDR0_S1P 2u

typedef struct geometry {
	bool s2;
	unsigned granule_lg2, level, bits; /* of the input addresses */
	uint64_t root;
} geometry;

static uint64_t new_table(iom_qemu_smmu *q, unsigned granule_lg2)
{
	/* Far above what a machine's tables use; each of its own size. */
	if (!q->next_table)
		q->next_table = UINT64_C(1) << 40;
	q->next_table = (q->next_table - (UINT64_C(1) << granule_lg2)) >> granule_lg2
										  << granule_lg2;
	return q->next_table;
}

/* ---- from the StreamID to the tables ---- */

static uint64_t ste_address(iom_qemu_smmu *q, uint32_t sid)
{
	unsigned split = q->strtab_cfg >> 6 & 0x1f;
	uint64_t base = q->strtab & STE_POINTER, l1;

	if ((q->strtab_cfg >> 16 & 3) != 1)
		return base + (uint64_t)sid * 64;
	base += (uint64_t)(sid >> split) << 3;
	l1 = iom_sink_read(q->sink, base);
	if (!(l1 & 0x1f) || (l1 & 0x1f) > split + 1) {
		l1 = new_table(q, 16) | (split + 1);
		iom_sink_word(q->sink, base, l1);
	}
	return (l1 & STE_POINTER) + (uint64_t)(sid & ((1u << split) - 1)) * 64;
}

static unsigned wanted_config(const iom_qemu_smmu *q, unsigned stage, unsigned now)
{
	if (stage == 1 || stage == 2)
		return stage == 1 ? CONFIG_S1 : CONFIG_S2;
	if (now == CONFIG_S1 || now == CONFIG_S2)
		return now;
	return (q->id_seen & 1) && (q->id[0] & (IDR0_S1P | IDR0_S2P)) == IDR0_S2P ? CONFIG_S2
										  : CONFIG_S1;
}

static bool ste_is(const uint64_t *ste, unsigned config)
{
	return (ste[0] & STE_V) && STE_CONFIG(ste[0]) == config;
}

static void read_words(iom_shadow *from, uint64_t address, uint64_t *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		w[i] = iom_shadow_get(from, address + i * 8);
}

/* A structure is about to change that no command of the log invalidates. */
static void changing(iom_qemu_smmu *q, iom_smmu_stream *stream)
{
	if (stream->used && stream->used_at == q->n_config_commands)
		iom_qemu_smmu_forget_guess(q);
	stream->used = false;
}

static void write_words(iom_qemu_smmu *q, iom_smmu_stream *stream, uint64_t address,
			const uint64_t *w, unsigned n)
{
	bool differs = false;

	for (unsigned i = 0; i < n; i++)
		differs |= iom_sink_read(q->sink, address + i * 8) != w[i];
	for (unsigned i = 0; differs && i < n; i++)
		iom_sink_word(q->sink, address + i * 8, w[i]);
	if (differs)
		changing(q, stream);
}

static void assume_ste(iom_qemu_smmu *q, iom_smmu_stream *stream, uint64_t address, unsigned config,
		       uint64_t *ste)
{
	read_words(&q->sink->memory, address, ste, 8);
	if (ste_is(ste, config))
		return;
	read_words(&q->tables->words, address, ste, 8);
	if (!ste_is(ste, config)) {
		memset(ste, 0, 8 * sizeof(*ste));
		ste[0] = STE_V | (uint64_t)config << 1;
		if (config == CONFIG_S1) {
			if (!stream->cd)
				stream->cd = new_table(q, 12);
			ste[0] |= stream->cd;
			ste[1] = STE_S1_ATTRIBUTES;
		} else {
			ste[2] = STE_S2 | (q->access.vmid & 0xffff);
			ste[3] = new_table(q, 12);
		}
	}
	write_words(q, stream, address, ste, 8);
}

static void s1_geometry(const uint64_t *cd, bool upper, geometry *g)
{
	static const uint8_t tg0[4] = { 12, 16, 14, 12 }, tg1[4] = { 12, 14, 12, 16 };
	uint64_t half = cd[0] >> (upper ? 16 : 0);

	g->granule_lg2 = (upper ? tg1 : tg0)[half >> 6 & 3];
	g->bits = 64 - (unsigned)CLAMP(half & 0x3f, 16, 39);
	g->level = 4 - (g->bits - 4) / (g->granule_lg2 - 3);
	g->root = cd[upper ? 2 : 1] & TTB_MASK;
}

/*
 * Whether the first descriptor that the log holds of this access is that of the
 * table where walks start; its beginning may be missing.
 */
static bool saw_root(const iom_smmu_access *a, const geometry *g, uint64_t iova)
{
	unsigned shift = g->granule_lg2 + (3 - MIN(g->level, 3u)) * (g->granule_lg2 - 3);

	if (g->bits < 64)
		iova &= (UINT64_C(1) << g->bits) - 1;
	return a->has_base && a->first_index == iova >> shift;
}

static void assume_cd(iom_qemu_smmu *q, iom_smmu_stream *stream, const uint64_t *ste, uint64_t iova,
		      geometry *g)
{
	const iom_smmu_access *a = &q->access;
	uint64_t address = ste[0] & STE_POINTER, cd[8];
	bool upper = iova >> 63 != 0;

	read_words(&q->sink->memory, address, cd, 8);
	if (!(cd[0] & CD_V)) {
		memset(cd, 0, sizeof(cd));
		cd[0] = CD_WORD;
		cd[1] = new_table(q, 12);
		cd[3] = CD_MAIR;
	}
	if (a->has_lookup && a->asid != IOM_SMMU_ANY)
		cd[0] = (cd[0] & ~(UINT64_C(0xffff) << 48)) | (uint64_t)(a->asid & 0xffff) << 48;
	s1_geometry(cd, upper, g);
	/* The first descriptor that was read says where the table is. */
	if (saw_root(a, g, iova) && a->first_base != g->root) {
		cd[upper ? 2 : 1] = (cd[upper ? 2 : 1] & ~TTB_MASK) | a->first_base;
		g->root = a->first_base;
	}
	write_words(q, stream, address, cd, 8);
	stream->cd = address;
}

static void s2_geometry(iom_qemu_smmu *q, iom_smmu_stream *stream, uint64_t address, uint64_t *ste,
			uint64_t iova, geometry *g)
{
	static const uint8_t granule[4] = { 12, 16, 14, 12 };
	const iom_smmu_access *a = &q->access;
	unsigned sl0 = (unsigned)(ste[2] >> 38 & 3);

	g->s2 = true;
	g->granule_lg2 = granule[ste[2] >> 46 & 3];
	g->bits = 64 - (unsigned)CLAMP(ste[2] >> 32 & 0x3f, 16, 39);
	g->level = g->granule_lg2 == 12 ? (sl0 == 3 ? 3 : 2 - sl0) : 3 - sl0;
	g->root = ste[3] & TTB_MASK;
	if (a->has_lookup && a->vmid != IOM_SMMU_ANY)
		ste[2] = (ste[2] & ~UINT64_C(0xffff)) | (a->vmid & 0xffff);
	if (saw_root(a, g, iova) && (a->first_base < g->root ||
				     a->first_base - g->root >= UINT64_C(16) << g->granule_lg2)) {
		ste[3] = (ste[3] & ~TTB_MASK) | a->first_base;
		g->root = a->first_base;
	}
	write_words(q, stream, address, ste, 8);
}

/* ---- tables ---- */

/* A pointer to a table that somebody filled; anything else was a leaf in another role. */
static bool is_table(iom_qemu_smmu *q, uint64_t w)
{
	return (w & 3) == DESC_TABLE && iom_shadow_find(&q->sink->memory, w & ADDRESS);
}

/* Change a descriptor that the model may have seen. */
static void replace(iom_qemu_smmu *q, uint64_t slot, uint64_t w)
{
	bool seen = iom_sink_read(q->sink, slot) & 1;

	iom_sink_word(q->sink, slot, w);
	if (seen)
		iom_qemu_smmu_forget_guess(q);
}

static void map(iom_qemu_smmu *q, const geometry *g, uint64_t iova, uint64_t output, unsigned perm)
{
	unsigned stride = g->granule_lg2 - 3;
	uint64_t table = g->root, slot = g->root, w;

	if (g->bits < 64)
		iova &= (UINT64_C(1) << g->bits) - 1;
	for (unsigned level = g->level; level <= 3; level++) {
		unsigned shift = g->granule_lg2 + (3 - level) * stride;
		uint64_t index = iova >> shift, low = (UINT64_C(1) << shift) - 1;

		if (level != g->level)
			index &= (UINT64_C(1) << stride) - 1;
		slot = table + index * 8;
		w = iom_sink_read(q->sink, slot);
		if (level == 3 || ((w & 3) == 1 && level > 0)) {
			if ((w & 1) && (w & ADDRESS & ~low) == (output & ~low))
				return;
			if (level == 3)
				break;
			w = 0;
		}
		if (!is_table(q, w)) {
			w = new_table(q, g->granule_lg2) | DESC_TABLE;
			replace(q, slot, w);
		}
		table = w & ADDRESS & ~((UINT64_C(1) << g->granule_lg2) - 1);
	}
	w = output & ADDRESS & ~((UINT64_C(1) << g->granule_lg2) - 1);
	if (g->s2)
		w |= S2_LEAF | (uint64_t)(perm & 3) << 6;
	else
		w |= S1_LEAF | (perm & IOM_WRITE ? 0 : AP_RO);
	replace(q, slot, w);
}

iom_smmu_stream *iom_qemu_smmu_stream(iom_qemu_smmu *q, uint32_t sid)
{
	gpointer key = GUINT_TO_POINTER(sid + 1);
	iom_smmu_stream *stream = g_hash_table_lookup(q->streams, key);

	if (!stream) {
		stream = g_new0(iom_smmu_stream, 1);
		g_hash_table_insert(q->streams, key, stream);
	}
	return stream;
}

void iom_qemu_smmu_assume(iom_qemu_smmu *q, uint32_t sid, unsigned stage, uint64_t iova,
			  uint64_t output, unsigned perm)
{
	iom_smmu_stream *stream = iom_qemu_smmu_stream(q, sid);
	uint64_t address = ste_address(q, sid), ste[8];
	geometry g = { 0 };
	unsigned config = wanted_config(q, stage, STE_CONFIG(iom_sink_read(q->sink, address)));

	/* Of nested translation the log must tell more. */
	if (stage == 3)
		return;
	if (stream->n_words) {
		/* The configuration is known, the walk is not. */
		read_words(&q->sink->memory, address, ste, 8);
		if (ste_is(ste, CONFIG_S2))
			config = CONFIG_S2;
		else if (!ste_is(ste, CONFIG_S1))
			return;
	} else {
		assume_ste(q, stream, address, config, ste);
	}
	if (config == CONFIG_S1)
		assume_cd(q, stream, ste, iova, &g);
	else
		s2_geometry(q, stream, address, ste, iova, &g);
	map(q, &g, iova, output, perm);
	stream->used = true;
	stream->used_at = q->n_config_commands;
}

void iom_qemu_smmu_assume_untranslated(iom_qemu_smmu *q, uint32_t sid, bool abort)
{
	iom_smmu_stream *stream = iom_qemu_smmu_stream(q, sid);
	uint64_t address = ste_address(q, sid), ste[8] = { 0 };

	if (stream->n_words)
		return;
	ste[0] = abort ? STE_V : STE_BYPASS;
	ste[1] = abort ? 0 : STE_SHCFG_INCOMING;
	if (!ste_is((uint64_t[]){ iom_sink_read(q->sink, address) }, STE_CONFIG(ste[0])))
		write_words(q, stream, address, ste, 8);
	stream->used = true;
	stream->used_at = q->n_config_commands;
}
