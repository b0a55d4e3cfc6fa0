/* SPDX-License-Identifier: MIT */
/*
 * A QEMU log of an SMMUv3: what the importer keeps between its lines.
 *
 * An access starts with the line of the configuration cache and ends with one of
 * the translate lines or a recorded event; the lines between say which words
 * QEMU read. Commands are logged as they are consumed, the register write that
 * set them off comes after them.
 */
#ifndef IOM_SIM_IMPORT_QEMU_SMMU_H
#define IOM_SIM_IMPORT_QEMU_SMMU_H

#include "sim/import/path.h"
#include "sim/import/qemu-event.h"
#include "sim/import/sink.h"

#define IOM_SMMU_ANY UINT32_MAX /* no ASID, or no VMID */
#define IOM_SMMU_MAX_LOOKUPS 8 /* look-ups that are open inside each other */

/* A command that was consumed. */
typedef struct iom_smmu_seen_command {
	uint32_t index; /* in the queue */
	bool has_index;
	uint8_t opcode;
	bool known; /* the opcode is one */
	bool has_sid, has_asid, has_vmid, has_range, has_sids;
	uint32_t sid, last_sid, asid, vmid;
	uint64_t address, pages;
	uint8_t tg, ttl, leaf;
} iom_smmu_seen_command;

/* One of the two translation tables of a CD. */
typedef struct iom_smmu_seen_tt {
	bool seen;
	uint8_t tsz, granule_lg2;
	bool has_had, had;
	uint64_t ttb; /* as the CD holds it */
} iom_smmu_seen_tt;

/* What the lines of the access that is open have said. */
typedef struct iom_smmu_access {
	bool open;
	uint32_t sid;
	bool cfg_miss;
	bool split_seen;
	uint32_t split; /* log2 of StreamIDs per second-level stream table */
	uint64_t strtab; /* register value, with the two-level line */
	uint64_t l1ptr, l2ptr, max_l2;
	bool two_level;
	bool has_ste, has_cd, has_oas;
	uint64_t ste, cd, cd_pointer;
	uint8_t oas;
	iom_smmu_seen_tt tt[2];
	/* The look-up of the access itself; those of table addresses do not count. */
	bool has_lookup, hit;
	uint32_t asid, vmid;
	uint64_t iova;
	bool has_iova;
	/* Look-ups that missed and whose entry was not inserted yet. */
	struct {
		uint32_t asid, vmid;
		uint64_t address;
		guint first; /* of the words */
	} open_lookup[IOM_SMMU_MAX_LOOKUPS];
	unsigned n_open;
	uint64_t s2_lookup; /* input address of the last look-up of stage 2 alone */
	bool has_s2_lookup;
	/* First descriptor of stage 2, for what the STE says about it. */
	bool has_s2;
	uint64_t s2_base;
	bool has_s2_level;
	uint8_t s2_level, s2_granule_lg2;
	bool s1_walk, s2_walk; /* descriptors of that stage were read */
	bool invalid; /* a walk ended at an invalid descriptor */
	bool has_base;
	uint64_t first_base; /* of the table whose descriptor was read first, */
	uint64_t first_index; /* and which descriptor of it */
	uint64_t s1_leaf; /* leaf of stage 1, 0 none */
	uint64_t last_leaf; /* leaf read last, of the stage below */
	uint8_t last_leaf_stage;
	guint config_words; /* words read for the configuration come first */
} iom_smmu_access;

/* How a StreamID is configured, as far as the log told. */
typedef struct iom_smmu_stream {
	iom_path_word *words;
	guint n_words; /* 0: the log did not tell */
	uint64_t checked;
	uint64_t cd; /* made up, or guessed */
	bool used; /* an access used a guess, ... */
	uint64_t used_at; /* ... after so many configuration commands */
} iom_smmu_stream;

/* Stage 2 of a VMID: words 2 and 3 of the STEs. */
typedef struct iom_smmu_s2 {
	uint64_t word2, ttb;
} iom_smmu_s2;

typedef struct iom_qemu_smmu {
	iom_sink *sink;
	iom_tables *tables;
	uint32_t id[8]; /* IDR0 to IDR5, IIDR, AIDR */
	uint8_t id_seen; /* bit: read in the log */
	bool stage1, stage2; /* used before the header was written */
	uint32_t cr0, strtab_cfg, cmdq_cons;
	uint64_t strtab, cmdq;
	bool enabled_seen; /* the log holds a write that enables translation */
	GArray *commands; /* iom_smmu_seen_command, consumed by the write to come */
	uint32_t next_index; /* where the next command is read */
	uint32_t prod, prod_wrap; /* as of the last consume line */
	uint32_t cons_wrap;
	bool has_prod, has_index;
	iom_smmu_access access;
	GArray *words; /* iom_path_word: read by the access that is open */
	bool walk_known; /* they, or those of an earlier access, are its whole walk */
	iom_paths paths;
	GHashTable *streams; /* StreamID + 1 -> iom_smmu_stream */
	GHashTable *s2; /* VMID + 1 -> iom_smmu_s2 */
	uint64_t n_config_commands;
	uint32_t wide_index; /* value of the last write to CMDQ_PROD */
	uint32_t shift; /* commands of the importer's own, in front of the log's */
	uint64_t next_table; /* pages made up, taken downwards */
} iom_qemu_smmu;

void iom_qemu_smmu_init(iom_qemu_smmu *q, iom_sink *sink, iom_tables *tables);
void iom_qemu_smmu_clear(iom_qemu_smmu *q);
void iom_qemu_smmu_event(iom_qemu_smmu *q, const iom_qemu_event *e);
void iom_qemu_smmu_finish(iom_qemu_smmu *q);

/* ---- qemu-smmu-command.c ---- */
void iom_qemu_smmu_command_event(iom_qemu_smmu *q, const iom_qemu_event *e);
/* See that each command has its index, before the first is placed. */
void iom_qemu_smmu_number_commands(iom_qemu_smmu *q);
/* Put the commands that were seen into the queue's memory. */
void iom_qemu_smmu_place_commands(iom_qemu_smmu *q);
/* Invalidate everything: the importer changes what it had guessed. */
void iom_qemu_smmu_forget_guess(iom_qemu_smmu *q);
/* The place in the model's queue of an index and wrap bit of the log. */
uint32_t iom_qemu_smmu_shifted(const iom_qemu_smmu *q, uint32_t value);

/* ---- qemu-smmu-config.c ---- */
typedef enum iom_smmu_outcome {
	IOM_SMMU_TRANSLATED,
	IOM_SMMU_BYPASSED,
	IOM_SMMU_ABORTED,
	IOM_SMMU_FAULTED,
} iom_smmu_outcome;
/*
 * Make the stream table, STE and CD say what QEMU must have read from them in
 * the access that is open; `stage` 1, 2 or 3, 0 unknown; `event` its number when
 * it faulted.
 */
void iom_qemu_smmu_configure(iom_qemu_smmu *q, iom_smmu_outcome outcome, unsigned stage,
			     unsigned event);
/* Put back what the configuration of the stream consists of. */
void iom_qemu_smmu_restore_config(iom_qemu_smmu *q, uint32_t sid);

/* ---- qemu-smmu-assume.c ---- */
/*
 * Make the tables translate so, with what the access that is open told. Only where
 * the log does not hold the configuration or the walk.
 */
void iom_qemu_smmu_assume(iom_qemu_smmu *q, uint32_t sid, unsigned stage, uint64_t iova,
			  uint64_t output, unsigned perm);
void iom_qemu_smmu_assume_untranslated(iom_qemu_smmu *q, uint32_t sid, bool abort);
iom_smmu_stream *iom_qemu_smmu_stream(iom_qemu_smmu *q, uint32_t sid);

/* ---- qemu-smmu-access.c ---- */
void iom_qemu_smmu_access_event(iom_qemu_smmu *q, const iom_qemu_event *e);
/* The access that is open ended without a line that says so. */
void iom_qemu_smmu_access_drop(iom_qemu_smmu *q);

/* ---- qemu-smmu-registers.c ---- */
void iom_qemu_smmu_register_event(iom_qemu_smmu *q, const iom_qemu_event *e);
/* Translation is on, or is turned on with what the tables tell. */
void iom_qemu_smmu_need_enabled(iom_qemu_smmu *q, bool queue);
/* Translation is off, whatever the log showed. */
void iom_qemu_smmu_need_disabled(iom_qemu_smmu *q);
/* Write the header, if it is not written yet. */
void iom_qemu_smmu_open(iom_qemu_smmu *q);

#endif
