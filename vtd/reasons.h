/* SPDX-License-Identifier: MIT */
/*
 * Every condition that refuses a request (section 7.1.3 "Fault conditions and
 * remapping hardware behavior", table 30; interrupts: section 5.1.4.1).
 *
 * Columns: identifier, condition code, fault reason, meaning, qualified by FPD,
 * then what the requester sees: untranslated without and with PASID,
 * translation request without and with PASID, translated without and with
 * PASID, page request. UR and CA are completion statuses; S0 is success without
 * any permission and EFF success with the permissions there are, both without a
 * record; S0R is S0 with a record; IR is the page group response "invalid
 * request"; NA cannot happen for that type.
 */
#ifndef IOM_VTD_REASONS_H
#define IOM_VTD_REASONS_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define VTD_REASONS(X) \
	X(LRT_1, "LRT.1", 0x08, "root table access error", 0, UR, NA, CA, NA, UR, NA, NA) \
	X(LRT_2, "LRT.2", 0x01, "root entry not present", 0, UR, NA, UR, NA, UR, NA, NA) \
	X(LRT_3, "LRT.3", 0x0a, "root entry reserved", 0, UR, NA, CA, NA, UR, NA, NA) \
	X(LCT_1, "LCT.1", 0x09, "context table access error", 0, UR, NA, CA, NA, UR, NA, NA) \
	X(LCT_2, "LCT.2", 0x02, "context entry not present", 1, UR, NA, UR, NA, UR, NA, NA) \
	X(LCT_3, "LCT.3", 0x0b, "context entry reserved", 1, UR, NA, CA, NA, UR, NA, NA) \
	X(LCT_4_1, "LCT.4.1", 0x03, "context aw unsupported", 1, UR, NA, CA, NA, UR, NA, NA) \
	X(LCT_4_2, "LCT.4.2", 0x03, "context tt unsupported", 1, UR, NA, CA, NA, UR, NA, NA) \
	X(LCT_4_3, "LCT.4.3", 0x03, "ss root access error", 1, UR, NA, CA, NA, NA, NA, NA) \
	X(LCT_5, "LCT.5", 0x0d, "ats blocked by tt", 1, NA, NA, UR, NA, UR, NA, NA) \
	X(LSS_1, "LSS.1", 0x07, "ss entry access error", 1, UR, NA, CA, NA, NA, NA, NA) \
	X(LSS_2, "LSS.2", 0x0c, "ss entry reserved", 1, UR, NA, CA, NA, NA, NA, NA) \
	X(LGN_1_1, "LGN.1.1", 0x04, "input beyond address width", 1, UR, NA, S0, NA, NA, NA, NA) \
	X(LGN_1_2, "LGN.1.2", 0x04, "translated beyond haw", 1, NA, NA, NA, NA, UR, NA, NA) \
	X(LGN_1_3, "LGN.1.3", 0x04, "passthrough beyond haw", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(LGN_2, "LGN.2", 0x05, "no write permission", 1, UR, NA, EFF, NA, NA, NA, NA) \
	X(LGN_3, "LGN.3", 0x06, "no read permission", 1, UR, NA, EFF, NA, NA, NA, NA) \
	X(LGN_4, "LGN.4", 0x0e, "output in interrupt range", 1, UR, NA, CA, NA, UR, NA, NA) \
	X(RTA_1_1, "RTA.1.1", 0x30, "rta abort unsupported", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(RTA_1_2, "RTA.1.2", 0x30, "rta ttm reserved", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(RTA_1_3, "RTA.1.3", 0x30, "rta scalable unsupported", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(RTA_1_4, "RTA.1.4", 0x30, "rta ssirwe in legacy", 0, UR, NA, CA, NA, UR, NA, NA) \
	X(RTA_2, "RTA.2", 0x31, "pasid request in legacy", 0, NA, UR, NA, UR, NA, UR, NA) \
	X(RTA_3, "RTA.3", 0x32, "page request in legacy", 0, NA, NA, NA, NA, NA, NA, IR) \
	X(RTA_4, "RTA.4", 0x33, "abort dma mode", 0, UR, UR, UR, UR, UR, UR, IR) \
	X(RTA_5, "RTA.5", 0x34, "execute request blocked", 0, NA, UR, NA, UR, NA, UR, NA) \
	X(SRT_1, "SRT.1", 0x38, "sm root access error", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(SRT_2, "SRT.2", 0x39, "sm root not present", 0, UR, UR, UR, UR, UR, UR, IR) \
	X(SRT_3, "SRT.3", 0x3a, "sm root reserved", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(SCT_1, "SCT.1", 0x40, "sm context access error", 0, UR, UR, CA, CA, UR, UR, IR) \
	X(SCT_2, "SCT.2", 0x41, "sm context not present", 1, UR, UR, UR, UR, UR, UR, IR) \
	X(SCT_3, "SCT.3", 0x42, "sm context reserved", 1, UR, UR, CA, CA, UR, UR, IR) \
	X(SCT_4_1, "SCT.4.1", 0x43, "sm context dte pre", 1, UR, UR, CA, CA, UR, UR, IR) \
	X(SCT_4_2, "SCT.4.2", 0x43, "sm context rid pasid range", 1, UR, UR, CA, CA, UR, UR, IR) \
	X(SCT_4_3, "SCT.4.3", 0x43, "sm context eptr paside", 1, UR, NA, CA, NA, UR, UR, IR) \
	X(SCT_5, "SCT.5", 0x44, "ats blocked by dte", 1, NA, NA, UR, UR, UR, UR, NA) \
	X(SCT_6, "SCT.6", 0x45, "pasid disabled", 1, NA, UR, NA, UR, NA, NA, IR) \
	X(SCT_7, "SCT.7", 0x46, "pasid beyond directory", 1, NA, UR, NA, UR, NA, UR, IR) \
	X(SCT_8, "SCT.8", 0x47, "page request disabled", 1, NA, NA, NA, NA, NA, NA, IR) \
	X(SCT_9, "SCT.9", 0x48, "pasid equals rid pasid", 1, NA, UR, NA, UR, NA, UR, IR) \
	X(SCT_10, "SCT.10", 0x49, "translated pasid disabled", 1, NA, NA, NA, NA, NA, UR, NA) \
	X(SPD_1, "SPD.1", 0x50, "pasid dir access error", 0, UR, UR, CA, CA, CA, CA, IR) \
	X(SPD_2, "SPD.2", 0x51, "pasid dir not present", 1, UR, UR, S0, S0, UR, UR, IR) \
	X(SPD_3, "SPD.3", 0x52, "pasid dir reserved", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_1, "SPT.1", 0x58, "pasid table access error", 0, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_2, "SPT.2", 0x59, "pasid entry not present", 1, UR, UR, S0, S0, UR, UR, IR) \
	X(SPT_3, "SPT.3", 0x5a, "pasid entry reserved", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_4_1, "SPT.4.1", 0x5b, "pasid entry aw", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_4_2, "SPT.4.2", 0x5b, "pasid entry pgtt", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_4_3, "SPT.4.3", 0x5b, "pasid entry fspm", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_4_4, "SPT.4.4", 0x5b, "pasid entry fsptptr range", 1, UR, UR, CA, CA, CA, CA, IR) \
	X(SPT_5, "SPT.5", 0x5c, "execute request unsupported", 1, NA, UR, NA, S0, NA, NA, NA) \
	X(SPT_6, "SPT.6", 0x5d, "supervisor request blocked", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SPT_9, "SPT.9", 0x60, "translated beyond hpt", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(SFS_1, "SFS.1", 0x70, "fs entry access error", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_2, "SFS.2", 0x71, "fs entry not present", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_3, "SFS.3", 0x72, "fs entry reserved", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_4, "SFS.4", 0x73, "fs root access error", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_5, "SFS.5", 0x74, "fs addr beyond second stage", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_6, "SFS.6", 0x75, "nested no read for fs root", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_7, "SFS.7", 0x76, "nested no read for fs entry", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_8, "SFS.8", 0x77, "nested no write for fs ad", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_9, "SFS.9", 0x90, "fs ad update not snooped", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SFS_10, "SFS.10", 0x91, "fs ad update failed", 1, UR, UR, S0R, S0R, NA, NA, NA) \
	X(SSS_1, "SSS.1", 0x78, "ss entry access error", 1, UR, UR, CA, CA, NA, NA, NA) \
	X(SSS_2, "SSS.2", 0x79, "ss entry no permission", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SSS_3, "SSS.3", 0x7a, "ss entry reserved", 1, UR, UR, CA, CA, NA, NA, NA) \
	X(SSS_4, "SSS.4", 0x7b, "ss root access error", 1, UR, UR, CA, CA, NA, NA, NA) \
	X(SSS_5, "SSS.5", 0x7c, "ss ad update not snooped", 1, UR, UR, CA, CA, NA, NA, NA) \
	X(SSS_6, "SSS.6", 0x7d, "ss ad update failed", 1, UR, UR, CA, CA, NA, NA, NA) \
	X(SGN_1, "SGN.1", 0x80, "input not canonical", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SGN_2, "SGN.2", 0x81, "user privilege", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SGN_4_1, "SGN.4.1", 0x83, "translated beyond haw", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(SGN_4_2, "SGN.4.2", 0x83, "passthrough beyond haw", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SGN_5, "SGN.5", 0x84, "input beyond address width", 1, UR, UR, S0, S0, NA, NA, NA) \
	X(SGN_6, "SGN.6", 0x85, "no write permission", 1, UR, UR, EFF, EFF, NA, NA, NA) \
	X(SGN_7, "SGN.7", 0x86, "no read permission", 1, UR, UR, EFF, EFF, NA, NA, NA) \
	X(SGN_8_1, "SGN.8.1", 0x87, "output in interrupt range", 1, UR, UR, NA, NA, NA, NA, NA) \
	X(SGN_8_2, "SGN.8.2", 0x87, "completion overlaps interrupt range", 1, NA, NA, CA, CA, NA, NA, NA) \
	X(SGN_8_3, "SGN.8.3", 0x87, "translated in interrupt range", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(SGN_10, "SGN.10", 0x89, "pasid beyond pss", 1, NA, UR, NA, UR, NA, UR, NA) \
	X(HPT_1, "HPT.1", 0xa0, "hpt entry access error", 1, NA, NA, NA, NA, CA, CA, NA) \
	X(HPT_2, "HPT.2", 0xa1, "hpt entry reserved", 1, NA, NA, NA, NA, CA, CA, NA) \
	X(HPT_3, "HPT.3", 0xa2, "hpt root access error", 1, NA, NA, NA, NA, CA, CA, NA) \
	X(HPT_4, "HPT.4", 0xa3, "hpt zlr no mapping", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(HPT_5, "HPT.5", 0xa4, "hpt no write", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(HPT_6, "HPT.6", 0xa5, "hpt no read", 1, NA, NA, NA, NA, UR, UR, NA) \
	X(IR_20, "IR.20", 0x20, "ir request reserved", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_21, "IR.21", 0x21, "ir index too large", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_22, "IR.22", 0x22, "ir entry not present", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_23, "IR.23", 0x23, "ir table access error", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_24, "IR.24", 0x24, "ir entry reserved", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_25, "IR.25", 0x25, "ir compat blocked", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_26, "IR.26", 0x26, "ir sid mismatch", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_27, "IR.27", 0x27, "ir pid access error", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_28, "IR.28", 0x28, "ir pid reserved", 1, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_29, "IR.29", 0x29, "ir not an interrupt", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_2A, "IR.2A", 0x2a, "ir eime required", 0, UR, NA, NA, NA, NA, NA, NA) \
	X(IR_2B, "IR.2B", 0x2b, "ir remapping required", 0, UR, NA, NA, NA, NA, NA, NA)
/* clang-format on */

typedef enum vtd_reason {
	VTD_OK = 0,
#define X(id, ...) VTD_##id,
	VTD_REASONS(X)
#undef X
		VTD_N_REASONS
} vtd_reason;

typedef enum vtd_seen {
	VTD_SEEN_NA = 0,
	VTD_SEEN_UR,
	VTD_SEEN_CA,
	VTD_SEEN_S0,
	VTD_SEEN_EFF,
	VTD_SEEN_S0R,
	VTD_SEEN_IR,
} vtd_seen;

/* Columns of the table; a request without PASID, plus 1 with one. */
enum {
	VTD_COLUMN_UNTRANSLATED = 0,
	VTD_COLUMN_TRANSLATION = 2,
	VTD_COLUMN_TRANSLATED = 4,
	VTD_COLUMN_PAGE_REQUEST = 6,
	VTD_N_COLUMNS
};

typedef struct vtd_reason_info {
	const char *condition; /* "LRT.1" */
	const char *text; /* "LRT.1 root table access error" */
	const char *name;
	uint8_t code; /* FRCD.FR */
	bool qualified; /* not recorded when an entry on the way has FPD set */
	uint8_t seen[VTD_N_COLUMNS]; /* vtd_seen */
} vtd_reason_info;

extern const vtd_reason_info vtd_reasons[VTD_N_REASONS];

#endif
