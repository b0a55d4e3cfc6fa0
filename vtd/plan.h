/* SPDX-License-Identifier: MIT */
/*
 * What the fast way knows of a context: everything that does not change from one
 * request to the next, worked out once and kept by the thread for as long as its
 * front keeps the context itself.
 */
#ifndef IOM_VTD_PLAN_H
#define IOM_VTD_PLAN_H

#include "core/front.h"
#include "core/memory.h"
#include "vtd/flat.h"
#include "vtd/internal.h"

#define VTD_ENTRY_PS (UINT64_C(1) << 7)

#define VTD_FS_P (UINT64_C(1) << 0)
#define VTD_FS_RW (UINT64_C(1) << 1)
#define VTD_FS_US (UINT64_C(1) << 2)
#define VTD_FS_A (UINT64_C(1) << 5)
#define VTD_FS_D (UINT64_C(1) << 6)
#define VTD_FS_EA (UINT64_C(1) << 10)

/* Bits of the paging entries of one stage; arrays by level. */
typedef struct vtd_plain {
	uint64_t table[6]; /* that send the walk elsewhere in a pointer to a table */
	uint64_t leaf[4]; /* and in a leaf */
	uint64_t want; /* that all entries must have */
	uint64_t gathered; /* these, and the rights, which all entries must grant */
	uint64_t own; /* other bits of a leaf that its meaning follows from */
} vtd_plain;

/* What the last leaf meant; most are like the one before. */
typedef struct vtd_leaf {
	uint64_t key, ss; /* all that the rest follows from */
	uint64_t head[2]; /* of the result, as it is laid out */
	uint8_t allowed; /* IOM_READ | IOM_WRITE */
	uint8_t grants; /* of these, what needs no dirty flag */
	uint8_t flags; /* VTD_TLB_* */
	uint8_t bits; /* VTD_SS_* */
} vtd_leaf;

typedef struct vtd_plan vtd_plan;

/*
 * Walk the tables and answer; false says nothing but that the others must look.
 * `generation` is what the plan was valid under.
 */
typedef bool vtd_walk(vtd_unit *unit, vtd_plan *plan, const iom_request *request,
		      uint64_t generation, iom_result *result);

struct vtd_plan {
	vtd_context ctx;
	vtd_walk *walk; /* NULL: not a context of tables that the request may use */
	/* the thread's own counters: set in a front */
	uint64_t *tlb_misses, *stage2_hits, *reads;
	iom_flat_view flat; /* of the second stage under a first one with a stage-2 cache */
	/* first-stage tables: the first, and of levels 2, 3 and 4 the last ones */
	iom_flat_link root, last[3];
	uint64_t address; /* of what a paging entry points to */
	/* bits that an address lacks once `half`, of canonical addresses, is added */
	uint64_t half, beyond;
	uint64_t linked; /* bits that pointers to tables lack at every level */
	uint64_t fetch_bits; /* that reading a first-stage entry needs of the second stage */
	bool supervisor; /* the privilege that tables judge */
	bool mtrr; /* the memory type depends on the address */
	uint8_t n_tags;
	uint8_t ss_shift; /* of the rights in second-stage entries */
	uint8_t fetch; /* as fetch_bits, of VTD_SS_ bits */
	uint8_t ss_always; /* VTD_SS_ bits that no entry has to tell */
	iom_cache *tlb, *tables, *stage2; /* NULL when off */
	iom_cache_scope tlb_scope, second_scope;
	iom_tag *tags[2]; /* of translations */
	iom_tag *second_tag; /* of the second stage under a first */
	vtd_plain fs, ss;
	vtd_leaf leaf;
	iom_window window;
};
G_STATIC_ASSERT(sizeof(vtd_plan) <= IOM_FRONT_CONTEXT_WORDS * sizeof(uint64_t));

/*
 * Fills in all but the context, from what holds under `generation`. `own`: the
 * front of the calling thread will keep it.
 */
void vtd_plan_make(vtd_unit *unit, const iom_request *request, uint64_t generation, bool own,
		   vtd_plan *plan);
vtd_walk *vtd_walk_for(const vtd_plan *plan);
/* Forget where in memory tables are. */
void vtd_plan_cut(vtd_plan *plan);

/*
 * What an access may do with a page of these VTD_TLB_ flags, as rights() of
 * translate.c: 3.6.1 and 3.7.1.
 */
static inline uint8_t vtd_plan_rights(const vtd_plan *plan, unsigned flags)
{
	unsigned read = flags & VTD_TLB_SS_R, write = flags & VTD_TLB_SS_W;

	/* Without a first stage the flags of one are not looked at. */
	if (vtd_has_first_stage(plan->ctx.pgtt)) {
		if (!plan->supervisor && !(flags & VTD_TLB_USER))
			return 0;
		if (!(flags & VTD_TLB_FS_W) && (!plan->supervisor || plan->ctx.flags & VTD_CTX_WPE))
			write = 0;
	}
	return (uint8_t)((read ? IOM_READ : 0) | (write ? IOM_WRITE : 0));
}

/* The result but for the addresses, of a page that allows the access. */
static inline void vtd_plan_head(const vtd_plan *plan, unsigned tlb_flags, uint8_t allowed,
				 uint8_t memtype, unsigned lg2, unsigned flags, iom_result *result)
{
	if (plan->supervisor)
		flags |= IOM_RES_PRIVILEGED;
	if (tlb_flags & VTD_TLB_SNOOP || plan->ctx.flags & VTD_CTX_PGSNP)
		flags |= IOM_RES_SNOOP;
	memset(result, 0, offsetof(iom_result, address));
	memset(&result->fault, 0, sizeof(uint64_t));
	result->status = IOM_OK;
	result->permissions = allowed;
	result->page_lg2 = (uint8_t)lg2;
	result->memtype = memtype;
	result->shareability = IOM_SH_OUTER;
	result->flags = (uint16_t)flags;
}

#endif
