/* SPDX-License-Identifier: MIT */
#include "vtd/reasons.h"

#define SEEN(x) VTD_SEEN_##x

const vtd_reason_info vtd_reasons[VTD_N_REASONS] = {
	[VTD_OK] = { "-", "no fault", "no fault", 0, false, { 0 } },
#define X(id, cond, code, name, qualified, u, up, t, tp, x, xp, page) \
	[VTD_##id] = { \
		cond,      cond " " name, \
		name,      code, \
		qualified, { SEEN(u), SEEN(up), SEEN(t), SEEN(tp), SEEN(x), SEEN(xp), SEEN(page) } \
	},
	VTD_REASONS(X)
#undef X
};
