/* SPDX-License-Identifier: MIT */
/* What the files of the reference share. */
#ifndef IOM_TESTS_REFWALK_VTD_PRIVATE_H
#define IOM_TESTS_REFWALK_VTD_PRIVATE_H

#include "tests/conformance/refwalk-vtd.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Bits hi..lo of a structure of 64-bit words, at most 64 of them. */
static inline uint64_t ref_field(const uint64_t *words, unsigned hi, unsigned lo)
{
	uint64_t value = 0;

	for (unsigned bit = hi + 1; bit-- > lo;)
		value = value << 1 | (words[bit / 64] >> bit % 64 & 1);
	return value;
}

/* Any of the bits hi..lo set; an empty range (hi < lo) has none. */
static inline bool ref_any(const uint64_t *words, int hi, int lo)
{
	for (int bit = lo; bit <= hi; bit++) {
		if (words[bit / 64] >> bit % 64 & 1)
			return true;
	}
	return false;
}

/* An accessed or dirty flag that this request updates. */
typedef struct ref_update {
	uint64_t address;
	uint64_t value; /* of the entry before */
	uint64_t must;
	uint64_t may;
	bool first_stage;
	bool blocked; /* nested: the second stage does not let this entry be written */
	int mapped_by; /* nested: the second-stage leaf that maps the entry, or -1 */
} ref_update;

typedef struct ref {
	const refvtd_rules *rules;
	const iom_vtd_case *c;
	refvtd_answer *a;
	bool failed; /* a->first is a refusal */
	bool fpd;
	bool update_failed; /* memory refused an accessed or dirty flag */
	ref_update updates[REFVTD_MAX_WRITES];
	int n_updates;
	/* the tables in use */
	bool legacy;
	bool ssirwe;
	bool ssade;
	bool eafe;
	bool wpe;
	bool snooped; /* paging-structure accesses snoop */
	bool pgsnp;
	bool privileged;
	unsigned ss_levels;
	uint64_t ss_root;
	unsigned fs_levels;
	uint64_t fs_root;
} ref;

bool ref_cap(const ref *r, unsigned bit);
bool ref_ecap(const ref *r, unsigned bit);
unsigned ref_major(const ref *r);
bool ref_has_pasid(const ref *r);
bool ref_in_interrupt_range(uint64_t address);
/* Read words of memory; false: bus error. */
bool ref_read(const ref *r, uint64_t address, uint64_t *words, unsigned n);
bool ref_write_fails(const ref *r, uint64_t address);
/* min(MGAW, AGAW of `levels`): addresses must be below 2^that. */
unsigned ref_ss_width(const ref *r, unsigned levels);
/* 3, 4 or 5 levels of an AW field if SAGAW has it, else 0. */
unsigned ref_levels_of_aw(const ref *r, uint64_t aw);

/* The condition was met: the first one decides. Always false, for `return ref_fail()`. */
bool ref_fail(ref *r, const char *condition);
/* It would be as good to report this condition. */
void ref_also(ref *r, const char *condition);
void ref_untested(ref *r, const char *why);
/* Complete a->first as a success. */
void ref_succeed(ref *r, uint64_t address, uint64_t page_size, uint8_t perm);

/* Requests that have passed the root table; address translation of one kind each. */
void ref_legacy(ref *r);
void ref_scalable(ref *r);
void ref_translate_legacy(ref *r);
void ref_translate_first_stage(ref *r);
void ref_translate_second_stage(ref *r);
void ref_translate_nested(ref *r);
void ref_pass_through(ref *r);
void ref_host_permissions(ref *r, uint64_t root, unsigned size);
/* A translation request without PASID to the interrupt range; true: answered. */
bool ref_special_completion(ref *r);

#endif
