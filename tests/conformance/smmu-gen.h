/* SPDX-License-Identifier: MIT */
/*
 * Random SMMUv3 cases: ID registers, registers, STE, CDs and tables that are valid
 * and reach far, then with some probability broken in one or two places.
 * Everything follows from the seed.
 */
#ifndef IOM_TESTS_SMMU_GEN_H
#define IOM_TESTS_SMMU_GEN_H

#include "tests/conformance/refwalk-smmu-internal.h"

#include <iommulate/core.h>

/* Words of memory by address; open addressing. */
#define SMMU_STORE_SLOTS 2048u

typedef struct smmu_store {
	uint64_t address[SMMU_STORE_SLOTS];
	uint64_t value[SMMU_STORE_SLOTS];
	bool used[SMMU_STORE_SLOTS];
	uint16_t order[SMMU_STORE_SLOTS]; /* slots in use */
	unsigned n;
	bool full;
	/* One range that answers with an external abort; first > last: none. */
	uint64_t abort_first, abort_last;
	/* The range that the last undo log goes back to. */
	struct {
		uint64_t address, before;
	} log[64];
	unsigned n_log;
} smmu_store;

void smmu_store_clear(smmu_store *store);
uint64_t smmu_store_get(const smmu_store *store, uint64_t address);
void smmu_store_set(smmu_store *store, uint64_t address, uint64_t value);
/* For refwalk_memory: honour the abort range, log writes. */
bool smmu_store_read(void *opaque, uint64_t address, uint64_t *word);
bool smmu_store_write(void *opaque, uint64_t address, uint64_t word);

typedef struct smmu_random {
	uint64_t state;
} smmu_random;

uint64_t smmu_random_next(smmu_random *r);
uint64_t smmu_random_below(smmu_random *r, uint64_t n);
bool smmu_chance(smmu_random *r, unsigned percent);

#define SMMU_MAX_TARGETS 4

typedef struct smmu_gen {
	smmu_random random;
	refwalk_ids ids;
	refwalk_registers registers;
	smmu_store store;
	walk w; /* with the STE and the CD of the target */
	refwalk_result unused;
	refwalk_request none;
	uint32_t sid;
	bool ssv;
	uint32_t ssid;
	uint64_t targets[SMMU_MAX_TARGETS]; /* addresses that tables were made for */
	unsigned n_targets;
	uint64_t cd_address, ste_address; /* as software sees them */
	/* Where the parts lie in physical memory, 0: there is none. */
	uint64_t cd_pa, l1cd_pa, l1std_pa;
	struct {
		uint64_t pa, input; /* input: the lowest address it translates */
		uint8_t stage, granule, shift; /* it translates 2^shift bytes */
		int8_t level;
	} descriptors[160];
	unsigned n_descriptors;
	/* The last change and what is needed to take it back. */
	struct {
		uint64_t address, before;
		unsigned descriptor; /* or UINT_MAX */
	} undo[8];
	unsigned n_undo;
	/* Pieces of memory in use by tables. */
	struct {
		uint64_t base, size;
	} taken[128];
	unsigned n_taken;
} smmu_gen;

/* Random but possible ID registers. */
void smmu_gen_ids(smmu_random *random, refwalk_ids *ids);
/* A case for gen->ids; everything else of `gen` but `random` is set. */
void smmu_gen_case(smmu_gen *gen);
/* A request against the case. */
void smmu_gen_request(smmu_gen *gen, refwalk_request *request);

/* smmu-gen-tables.c */
uint64_t smmu_gen_room(smmu_gen *gen, unsigned bits, uint64_t size);
/* Where software address `ipa` of a structure lies; makes stage-2 tables as needed. */
uint64_t smmu_gen_physical(smmu_gen *gen, uint64_t ipa, bool structure);
void smmu_gen_stage1(smmu_gen *gen, uint64_t va);
void smmu_gen_break(smmu_gen *gen);
void smmu_gen_note(smmu_gen *gen, unsigned stage, const geometry *g, int level, uint64_t pa,
		   uint64_t input);

/* smmu-change.c: software changes a word and invalidates what may be cached of it. */
typedef struct smmu_change {
	uint64_t address, value;
	uint64_t commands[8][2];
	unsigned n_commands;
	char text[160];
} smmu_change;

/* False: nothing suitable. The change is made in gen->store. */
bool smmu_gen_change(smmu_gen *gen, smmu_change *change);

#endif
