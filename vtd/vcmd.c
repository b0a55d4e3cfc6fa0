/* SPDX-License-Identifier: MIT */
/*
 * 11.4.16 Virtual Command Interface: PASIDs handed out by the unit. A command is
 * over before the write that gives it returns, so that IP is never seen set.
 */
#include "vtd/internal.h"

#include <string.h>

enum { NULL_COMMAND = 0, ALLOCATE_PASID = 1, FREE_PASID = 2 };
enum { SUCCESS = 0, UNDEFINED = 1, PASID_ERROR = 16 };

/* PASID 0 is what requests without PASID use by default; it is not handed out. */
static uint32_t allocate(vtd_unit *unit)
{
	uint32_t limit = 1u << unit->caps.pss;

	for (uint32_t pasid = 1; pasid < limit; pasid++) {
		guint byte = pasid / 8;

		if (byte >= unit->pasids->len) {
			guint old = unit->pasids->len;

			g_byte_array_set_size(unit->pasids, byte + 64);
			memset(unit->pasids->data + old, 0, byte + 64 - old);
		}
		if (!(unit->pasids->data[byte] >> (pasid % 8) & 1)) {
			unit->pasids->data[byte] |= (guint8)(1u << (pasid % 8));
			return pasid;
		}
	}
	return 0;
}

static bool release(vtd_unit *unit, uint32_t pasid)
{
	guint byte = pasid / 8;

	if (byte >= unit->pasids->len || !(unit->pasids->data[byte] >> (pasid % 8) & 1))
		return false;
	unit->pasids->data[byte] &= (guint8) ~(1u << (pasid % 8));
	return true;
}

void vtd_vcmd_write(vtd_unit *unit, uint64_t value)
{
	uint64_t supported = unit->config.vccap, response = 0;
	unsigned command = (unsigned)vtd_vcmd_get_CMD(&value);
	uint32_t pasid;

	vtd_vcrsp_set_SC(&response, UNDEFINED);
	if (command == NULL_COMMAND && vtd_vccap_get_NS(&supported)) {
		vtd_vcrsp_set_SC(&response, SUCCESS);
	} else if (command == ALLOCATE_PASID && vtd_vccap_get_PAS(&supported)) {
		pasid = allocate(unit);
		vtd_vcrsp_set_SC(&response, pasid ? SUCCESS : PASID_ERROR);
		vtd_vcrsp_set_RSLT(&response, pasid);
	} else if (command == FREE_PASID && vtd_vccap_get_FPS(&supported)) {
		pasid = (uint32_t)vtd_vcmd_get_OA(&value) & 0xfffff;
		vtd_vcrsp_set_SC(&response, release(unit, pasid) ? SUCCESS : PASID_ERROR);
	}
	vtd_set64(&unit->regs, VTD_VCRSP, response);
}
