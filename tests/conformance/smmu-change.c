/* SPDX-License-Identifier: MIT */
/*
 * Software at work: a word of a structure or table changes, and the commands follow
 * that the architecture asks for, of those that are enough one at random. Nothing
 * that was cached may show afterwards. Where the architecture lets nothing be
 * cached (an invalid descriptor), nothing is invalidated.
 */
#include "tests/conformance/smmu-gen.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define BELOW(n) ((unsigned)smmu_random_below(&gen->random, (n)))
#define CHANCE(percent) smmu_chance(&gen->random, (percent))

/* Opcodes and fields: commands.tsv. */
enum {
	CFGI_STE = 0x03,
	CFGI_STE_RANGE = 0x04,
	CFGI_CD = 0x05,
	CFGI_CD_ALL = 0x06,
	NH_ALL = 0x10,
	NH_ASID = 0x11,
	NH_VA = 0x12,
	NH_VAA = 0x13,
	EL2_ALL = 0x20,
	EL2_ASID = 0x21,
	EL2_VA = 0x22,
	EL2_VAA = 0x23,
	S12_VMALL = 0x28,
	S2_IPA = 0x2a,
	NSNH_ALL = 0x30,
};

static void add(smmu_change *c, uint64_t w0, uint64_t w1)
{
	c->commands[c->n_commands][0] = w0;
	c->commands[c->n_commands++][1] = w1;
}

/* What tags the entries of the stream, as its STE and CD are now. */
typedef struct tags {
	uint64_t vmid, asid; /* in place of the first word */
	bool el2, nested;
} tags;

static tags current_tags(const smmu_gen *gen)
{
	uint64_t ste[8], cd[8] = { 0 };
	tags t = { 0 };

	for (unsigned i = 0; i < 8; i++) {
		ste[i] = smmu_store_get(&gen->store, gen->ste_address + 8 * i);
		if (gen->cd_pa)
			cd[i] = smmu_store_get(&gen->store, gen->cd_pa + 8 * i);
	}
	unsigned config = (unsigned)field(ste, 1, 3);

	t.vmid = field(ste, 128, 16) << 32;
	t.asid = field(cd, 48, 16) << 48;
	t.el2 = config == 5 && gen->ids.Hyp && field(ste, 94, 2) == 2;
	t.nested = config == 7;
	return t;
}

static void everything_translated(smmu_gen *gen, smmu_change *c)
{
	add(c, NSNH_ALL, 0);
	if (gen->ids.Hyp)
		add(c, EL2_ALL, 0);
}

static void for_ste(smmu_gen *gen, smmu_change *c, bool l1std)
{
	uint64_t sid = (uint64_t)gen->sid << 32;

	switch (BELOW(3)) {
	case 0:
		add(c, CFGI_STE | sid, l1std ? 0 : BELOW(2));
		break;
	case 1:
		add(c, CFGI_STE_RANGE | sid, BELOW(8));
		break;
	default:
		add(c, CFGI_STE_RANGE | sid, 31);
	}
	everything_translated(gen, c);
}

static void for_cd(smmu_gen *gen, smmu_change *c, bool l1cd)
{
	uint64_t sid = (uint64_t)gen->sid << 32;

	switch (BELOW(4)) {
	case 0:
		/* Another index of the L1CD's range will do for the L1CD. */
		add(c, CFGI_CD | sid | (uint64_t)gen->ssid << 12, l1cd ? 0 : BELOW(2));
		if (!l1cd)
			break;
		/* CDs that were found through the old L1CD stay cached otherwise. */
		add(c, CFGI_CD_ALL | sid, 0);
		break;
	case 1:
		add(c, CFGI_CD_ALL | sid, 0);
		break;
	case 2:
		add(c, CFGI_STE | sid, BELOW(2));
		break;
	default:
		add(c, CFGI_STE_RANGE | sid, 31);
	}
	everything_translated(gen, c);
}

/*
 * Second word and the range part of the first of an invalidation of 2^shift bytes
 * at `input`. False: more than one command can span.
 */
static bool range_words(smmu_gen *gen, unsigned i, bool table, uint64_t *w0, uint64_t *w1)
{
	unsigned granule = gen->descriptors[i].granule;
	unsigned scale = gen->descriptors[i].shift - granule;
	uint64_t tg = granule == 12 ? 1 : granule == 14 ? 2 : 3;
	int level = gen->descriptors[i].level;
	/* The hint may be left out, except where NUM, SCALE and TTL would all be 0. */
	bool hint = !table && level >= 1 && (scale == 0 || CHANCE(50)) &&
		    !(granule == 14 && level == 1);

	if (scale > 31 || (scale == 0 && !hint))
		return false;
	*w0 = (uint64_t)scale << 20;
	*w1 = gen->descriptors[i].input | tg << 10 | (hint ? (uint64_t)level << 8 : 0) |
	      (table ? 0 : BELOW(2));
	return true;
}

static void for_stage1(smmu_gen *gen, smmu_change *c, unsigned i, uint64_t before)
{
	tags t = current_tags(gen);
	bool table = (before & 2) && gen->descriptors[i].level < 3;
	/* Commands by ASID need not take global entries, nor what leads to them. */
	bool by_asid = !table && (before >> 11 & 1) && !(t.el2 && !gen->registers.e2h);
	uint64_t w0, w1;
	unsigned way = BELOW(6);

	if (way < 2 && range_words(gen, i, table, &w0, &w1)) {
		if (way == 0)
			add(c, (t.el2 ? (uint64_t)EL2_VA : NH_VA | t.vmid) | t.asid | w0, w1);
		else
			add(c, (t.el2 ? (uint64_t)EL2_VAA : NH_VAA | t.vmid) | w0, w1);
	} else if (way == 2 && by_asid) {
		add(c, (t.el2 ? (uint64_t)EL2_ASID : NH_ASID | t.vmid) | t.asid, 0);
	} else if (t.el2) {
		add(c, EL2_ALL, 0);
	} else if (way == 3 && gen->ids.S2P) {
		add(c, S12_VMALL | t.vmid, 0);
	} else if (way == 4) {
		add(c, NSNH_ALL, 0);
	} else {
		add(c, NH_ALL | t.vmid, 0);
	}
}

static void for_stage2(smmu_gen *gen, smmu_change *c, unsigned i, uint64_t before)
{
	tags t = current_tags(gen);
	bool table = (before & 2) && gen->descriptors[i].level < 3;
	uint64_t w0, w1;
	unsigned way = BELOW(4);

	if (way < 2 && range_words(gen, i, table, &w0, &w1)) {
		add(c, S2_IPA | t.vmid | w0, w1);
		/* It need not take entries that combine both stages. */
		if (gen->ids.S1P)
			add(c, NH_ALL | t.vmid, 0);
	} else if (way == 2) {
		add(c, NSNH_ALL, 0);
	} else {
		add(c, S12_VMALL | t.vmid, 0);
	}
	/* CDs were fetched through the old mapping. */
	if (gen->w.stage1)
		add(c, CFGI_CD_ALL | (uint64_t)gen->sid << 32, 0);
}

static uint64_t changed(smmu_gen *gen, uint64_t before, bool big_endian)
{
	uint64_t word = big_endian ? ref_swapped(before) : before;

	switch (BELOW(5)) {
	case 0: /* valid or not */
		word ^= 1;
		break;
	case 1: /* another page */
		word ^= UINT64_C(1) << (12 + BELOW(28));
		break;
	case 2: /* permissions and flags */
		word ^= UINT64_C(1) << (2 + BELOW(10));
		break;
	case 3: /* upper attributes */
		word ^= UINT64_C(1) << (50 + BELOW(14));
		break;
	default:
		word ^= UINT64_C(1) << BELOW(64);
	}
	return big_endian ? ref_swapped(word) : word;
}

static bool in_abort_range(const smmu_store *store, uint64_t address)
{
	return store->abort_first <= store->abort_last && address <= store->abort_last &&
	       address + 7 >= store->abort_first;
}

/* The commands for a word of the STE, a CD or what leads to them. */
static void for_structure(smmu_gen *gen, smmu_change *c)
{
	if (c->address == gen->l1std_pa)
		for_ste(gen, c, true);
	else if (c->address == gen->l1cd_pa)
		for_cd(gen, c, true);
	else if (c->address - gen->cd_pa < 64 && gen->cd_pa)
		for_cd(gen, c, false);
	else
		for_ste(gen, c, false);
}

static bool in_structure(const smmu_gen *gen, uint64_t address)
{
	return address - gen->ste_address < 64 || (gen->cd_pa && address - gen->cd_pa < 64) ||
	       (gen->l1cd_pa && address == gen->l1cd_pa) ||
	       (gen->l1std_pa && address == gen->l1std_pa);
}

static void change_descriptor(smmu_gen *gen, smmu_change *c, unsigned i, bool undo)
{
	unsigned stage = gen->descriptors[i].stage;
	bool big = stage == 1 ? CD(&gen->w, 15, 15) : STE(&gen->w, 180, 180);
	uint64_t before = smmu_store_get(&gen->store, gen->descriptors[i].pa);
	uint64_t seen = big ? ref_swapped(before) : before;

	c->address = gen->descriptors[i].pa;
	/* Tables may lie over an STE or a CD: then it is that too. */
	if (in_structure(gen, c->address))
		for_structure(gen, c);
	if (!undo)
		c->value = changed(gen, before, big);
	/* Nothing is cached of an invalid descriptor. */
	if (!(seen & 1) && CHANCE(60))
		return;
	if (stage == 1)
		for_stage1(gen, c, i, seen);
	else
		for_stage2(gen, c, i, seen);
}

static void change_structure(smmu_gen *gen, smmu_change *c)
{
	unsigned what = BELOW(10);

	if (what < 1 && gen->l1std_pa)
		c->address = gen->l1std_pa;
	else if (what < 2 && gen->l1cd_pa)
		c->address = gen->l1cd_pa;
	else if (what < 7 && gen->cd_pa && gen->ids.S1P)
		c->address = gen->cd_pa + 8 * BELOW(4);
	else
		c->address = gen->ste_address + 8 * BELOW(4);
	c->value = smmu_store_get(&gen->store, c->address) ^ UINT64_C(1) << BELOW(64);
	for_structure(gen, c);
}

/* Take the last change back. */
static void undo_change(smmu_gen *gen, smmu_change *c, unsigned *descriptor)
{
	gen->n_undo--;
	c->address = gen->undo[gen->n_undo].address;
	c->value = gen->undo[gen->n_undo].before;
	*descriptor = gen->undo[gen->n_undo].descriptor;
	if (*descriptor == UINT_MAX)
		for_structure(gen, c);
	else
		change_descriptor(gen, c, *descriptor, true);
}

/* A TLBI by VMID or a CFGI_CD needs the stage that the ID registers may lack. */
static bool possible(const smmu_gen *gen, const smmu_change *c)
{
	for (unsigned i = 0; i < c->n_commands; i++) {
		unsigned op = c->commands[i][0] & 0xff;
		bool s1 = op == CFGI_CD || op == CFGI_CD_ALL || (op >= NH_ALL && op <= EL2_VAA);
		bool s2 = op == S12_VMALL || op == S2_IPA;

		if ((s1 && !gen->ids.S1P) || (s2 && !gen->ids.S2P))
			return false;
	}
	return true;
}

bool smmu_gen_change(smmu_gen *gen, smmu_change *change)
{
	unsigned descriptor = UINT_MAX;
	bool undo = gen->n_undo && CHANCE(gen->n_undo > 1 ? 80 : 45);

	*change = (smmu_change){ 0 };
	if (undo) {
		undo_change(gen, change, &descriptor);
	} else if (gen->n_descriptors && CHANCE(70)) {
		descriptor = BELOW(gen->n_descriptors);
		change_descriptor(gen, change, descriptor, false);
	} else {
		change_structure(gen, change);
	}
	if (in_abort_range(&gen->store, change->address) || !possible(gen, change))
		return false;
	int n = snprintf(change->text, sizeof change->text, "%#" PRIx64 "=%#" PRIx64,
			 change->address, change->value);

	for (unsigned i = 0; i < change->n_commands && n > 0 && n < (int)sizeof change->text; i++)
		n += snprintf(change->text + n, sizeof change->text - (size_t)n,
			      " %#" PRIx64 ",%#" PRIx64, change->commands[i][0],
			      change->commands[i][1]);
	if (!undo && gen->n_undo < G_N_ELEMENTS(gen->undo)) {
		gen->undo[gen->n_undo].address = change->address;
		gen->undo[gen->n_undo].before = smmu_store_get(&gen->store, change->address);
		gen->undo[gen->n_undo++].descriptor = descriptor;
	}
	smmu_store_set(&gen->store, change->address, change->value);
	return true;
}
