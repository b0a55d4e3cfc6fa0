/* SPDX-License-Identifier: MIT */
/*
 * Declaring an architected structure once.
 *
 *   #define SMMU_STE_FIELDS(F, P)                                   \
 *           F(P, V, 0, 1, 0, USE, "valid")                          \
 *           F(P, S1ContextPtr, 6, 50, 6, USE, "context descriptor")
 *   IOM_DECLARE_LAYOUT(smmu_ste, SMMU_STE_FIELDS)            in the header
 *   IOM_DEFINE_LAYOUT(smmu_ste, "STE", 512, "5.2 Stream Table Entry",
 *                     SMMU_STE_FIELDS)                       in one .c file
 *
 * gives inline accessors smmu_ste_get_V(words), smmu_ste_set_V(words, value)
 * that fold to a shift and a mask, and `const iom_layout smmu_ste_layout` for
 * everything that goes through names: printing, checks, machine files, export.
 * Columns: name, lowest bit, width, shift (the quantity is value << shift),
 * kind (USE, RESERVED, IGNORED, IMPDEF), meaning.
 */
#ifndef IOM_CORE_LAYOUT_H
#define IOM_CORE_LAYOUT_H

#include "core/core.h"

/* Mask of `n` low bits, 0 <= n <= 64. */
static inline uint64_t iom_mask(unsigned n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Bits [lsb + width - 1 : lsb] of a little-endian array of 64-bit words. */
static inline uint64_t iom_bits(const uint64_t *words, unsigned lsb, unsigned width)
{
	unsigned w = lsb / 64, s = lsb % 64;
	uint64_t v = words[w] >> s;

	if (s + width > 64)
		v |= words[w + 1] << (64 - s);
	return v & iom_mask(width);
}

static inline void iom_set_bits(uint64_t *words, unsigned lsb, unsigned width, uint64_t value)
{
	unsigned w = lsb / 64, s = lsb % 64;
	uint64_t m = iom_mask(width);

	value &= m;
	words[w] = (words[w] & ~(m << s)) | value << s;
	if (s + width > 64)
		words[w + 1] = (words[w + 1] & ~(m >> (64 - s))) | value >> (64 - s);
}

/* Bits [hi:lo] of one word. */
static inline uint64_t iom_get(uint64_t word, unsigned hi, unsigned lo)
{
	return word >> lo & iom_mask(hi - lo + 1);
}

#define IOM_FIELD_ACCESSORS_(P, N, LSB, WIDTH, SHIFT, KIND, DOC) \
	G_GNUC_UNUSED static inline uint64_t P##_get_##N(const uint64_t *words) \
	{ \
		return iom_bits(words, (LSB), (WIDTH)) << (SHIFT); \
	} \
	G_GNUC_UNUSED static inline void P##_set_##N(uint64_t *words, uint64_t value) \
	{ \
		iom_set_bits(words, (LSB), (WIDTH), value >> (SHIFT)); \
	}

#define IOM_FIELD_ROW_(P, N, LSB, WIDTH, SHIFT, KIND, DOC) \
	{ #N, (LSB), (WIDTH), (SHIFT), IOM_FIELD_##KIND, DOC },

#define IOM_DECLARE_LAYOUT(P, FIELDS) \
	FIELDS(IOM_FIELD_ACCESSORS_, P) \
	extern const iom_layout P##_layout;

#define IOM_DEFINE_LAYOUT(P, NAME, BITS, SECTION, FIELDS) \
	static const iom_field P##_fields_[] = { FIELDS(IOM_FIELD_ROW_, P) }; \
	const iom_layout P##_layout = { NAME, SECTION, (BITS), \
					(uint16_t)G_N_ELEMENTS(P##_fields_), P##_fields_ };

#endif
