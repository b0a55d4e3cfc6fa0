/* SPDX-License-Identifier: MIT */
/*
 * Lines of a QEMU trace log: which event, and the numbers in it.
 *
 * The formats are those of hw/arm/trace-events and hw/i386/trace-events from
 * QEMU 4.2 to 10.2. They changed over time, mostly by fields that were added, so
 * numbers are found by the word in front of them.
 */
#ifndef IOM_SIM_IMPORT_QEMU_EVENT_H
#define IOM_SIM_IMPORT_QEMU_EVENT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum iom_qemu_id {
	IOM_QEMU_NONE = 0,

	/* SMMUv3. The comment lists the numbers, in order. */
	IOM_QEMU_SMMU_FIRST,
	IOM_QEMU_SMMU_READ = IOM_QEMU_SMMU_FIRST, /* offset, value, size */
	IOM_QEMU_SMMU_WRITE, /* offset, value, size */
	IOM_QEMU_SMMU_CONSUME, /* prod, cons, prod wrap, cons wrap */
	IOM_QEMU_SMMU_CONSUME_OUT, /* prod, cons, prod wrap, cons wrap */
	IOM_QEMU_SMMU_OPCODE, /* text: the command's name */
	IOM_QEMU_SMMU_CMD_ERROR,
	IOM_QEMU_SMMU_CFGI_STE, /* StreamID */
	IOM_QEMU_SMMU_CFGI_STE_RANGE, /* first, last */
	IOM_QEMU_SMMU_CFGI_CD, /* StreamID */
	IOM_QEMU_SMMU_TLBI_NH, /* [vmid] */
	IOM_QEMU_SMMU_TLBI_ASID, /* asid */
	IOM_QEMU_SMMU_TLBI_VMID, /* vmid */
	IOM_QEMU_SMMU_INV_ASID_VMID, /* asid, vmid */
	IOM_QEMU_SMMU_RANGE, /* vmid, asid, addr, tg, num_pages, ttl, leaf */
	IOM_QEMU_SMMU_CFG_HIT, /* StreamID */
	IOM_QEMU_SMMU_CFG_MISS, /* StreamID */
	IOM_QEMU_SMMU_FIND_STE, /* StreamID, features, split */
	IOM_QEMU_SMMU_FIND_STE_2LVL, /* strtab_base, l1ptr, l1_off, l2ptr, l2_off, max */
	IOM_QEMU_SMMU_GET_STE, /* address */
	IOM_QEMU_SMMU_GET_CD, /* address */
	IOM_QEMU_SMMU_DECODE_CD, /* oas */
	IOM_QEMU_SMMU_DECODE_TT, /* which, tsz, ttb, granule, [had] */
	IOM_QEMU_SMMU_LOOKUP_HIT, /* asid, [vmid], addr */
	IOM_QEMU_SMMU_LOOKUP_MISS, /* asid, [vmid], addr */
	IOM_QEMU_SMMU_INSERT, /* asid, [vmid], addr, tg, level */
	IOM_QEMU_SMMU_GET_PTE, /* base, index, pteaddr, pte */
	IOM_QEMU_SMMU_PTW_LEVEL, /* [stage], level, iova, subpage size, base */
	IOM_QEMU_SMMU_PTW_INVALID, /* stage, level, [pte address] */
	IOM_QEMU_SMMU_PTW_PAGE, /* stage, level, iova, base, pte address, pte */
	IOM_QEMU_SMMU_PTW_BLOCK, /* stage, level, base, pte address, pte */
	IOM_QEMU_SMMU_SUCCESS, /* StreamID, iova, translated, perm, [stage] */
	IOM_QEMU_SMMU_BYPASS, /* StreamID, iova */
	IOM_QEMU_SMMU_DISABLE, /* StreamID, iova */
	IOM_QEMU_SMMU_ABORT, /* StreamID, iova */
	IOM_QEMU_SMMU_EVENT, /* StreamID; text: the event's name */
	IOM_QEMU_SMMU_RESET,
	IOM_QEMU_SMMU_INFO, /* of no consequence here */
	IOM_QEMU_SMMU_LAST = IOM_QEMU_SMMU_INFO,

	/* VT-d. */
	IOM_QEMU_VTD_FIRST,
	IOM_QEMU_VTD_WRITE = IOM_QEMU_VTD_FIRST, /* offset, size, value */
	IOM_QEMU_VTD_READ, /* offset, size */
	IOM_QEMU_VTD_QI_HEAD, /* index */
	IOM_QEMU_VTD_DESC, /* high, low */
	IOM_QEMU_VTD_CC_HIT, /* bus, devfn, high, low */
	IOM_QEMU_VTD_CC_UPDATE, /* bus, devfn, high, low */
	IOM_QEMU_VTD_PAGE, /* source-id, iova, entry, domain */
	IOM_QEMU_VTD_TRANSLATE, /* bus, device, function, iova, gpa, mask */
	IOM_QEMU_VTD_PASS_THROUGH, /* source-id, iova */
	IOM_QEMU_VTD_FAULT, /* source-id, reason, address, write */
	IOM_QEMU_VTD_FAULT_OFF,
	IOM_QEMU_VTD_CC_RESET, /* all of the context cache */
	IOM_QEMU_VTD_RESET,
	IOM_QEMU_VTD_INFO,
	IOM_QEMU_VTD_LAST = IOM_QEMU_VTD_INFO,
	IOM_QEMU_N_IDS,
} iom_qemu_id;

#define IOM_QEMU_MAX_FIELDS 7

typedef struct iom_qemu_event {
	iom_qemu_id id;
	uint32_t have; /* bit i: f[i] was in the line */
	uint64_t f[IOM_QEMU_MAX_FIELDS]; /* 0 where absent */
	const char *text; /* the arguments, not terminated */
	size_t text_len;
} iom_qemu_event;

typedef enum iom_qemu_line {
	IOM_QEMU_LINE_EVENT, /* a known event, parsed */
	IOM_QEMU_LINE_DAMAGED, /* a known event whose numbers are not there */
	IOM_QEMU_LINE_UNKNOWN, /* some other event: text is its name */
	IOM_QEMU_LINE_OTHER, /* no event */
} iom_qemu_line;

#define IOM_QEMU_SLOTS 512

/* Which event has which name; filled once, then only read. */
typedef struct iom_qemu_names {
	uint8_t slot[IOM_QEMU_SLOTS];
} iom_qemu_names;

void iom_qemu_names_init(iom_qemu_names *names);
/* `line` is NUL-terminated after `len` bytes. */
iom_qemu_line iom_qemu_parse(const iom_qemu_names *names, const char *line, size_t len,
			     iom_qemu_event *event);

static inline bool iom_qemu_is_smmu(iom_qemu_id id)
{
	return id >= IOM_QEMU_SMMU_FIRST && id <= IOM_QEMU_SMMU_LAST;
}

#endif
