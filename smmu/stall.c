/* SPDX-License-Identifier: MIT */
/*
 * Stalled transactions (3.12.2 Stall model). Those whose record could not be
 * written yet are held back: they have a tag that only the requester knows, and
 * are told to ask again when the event queue has room.
 */
#include "smmu/internal.h"

void smmu_stalls_init(struct smmu_stalls *stalls)
{
	stalls->by_stag = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	stalls->next = 0;
	stalls->recorded = 0;
}

void smmu_stalls_clear(struct smmu_stalls *stalls)
{
	g_hash_table_remove_all(stalls->by_stag);
	stalls->next = 0;
	stalls->recorded = 0;
}

bool smmu_stall_room(const smmu *s, unsigned space)
{
	return s->pi[space].stalls.recorded < s->ids.stall_max;
}

bool smmu_stall_add(smmu *s, unsigned space, uint32_t sid, bool recorded, uint16_t *stag)
{
	struct smmu_stalls *st = &s->pi[space].stalls;
	struct smmu_stall *stall;

	if (g_hash_table_size(st->by_stag) > UINT16_MAX)
		return false;
	while (g_hash_table_contains(st->by_stag, GUINT_TO_POINTER(st->next & UINT16_MAX)))
		st->next++;
	*stag = (uint16_t)st->next++;
	stall = g_new0(struct smmu_stall, 1);
	*stall = (struct smmu_stall){ sid, *stag, recorded };
	st->recorded += recorded;
	g_hash_table_insert(st->by_stag, GUINT_TO_POINTER((unsigned)*stag), stall);
	return true;
}

void smmu_stall_recorded(smmu *s, unsigned space, uint16_t stag, bool recorded)
{
	struct smmu_stalls *st = &s->pi[space].stalls;
	struct smmu_stall *stall =
		g_hash_table_lookup(st->by_stag, GUINT_TO_POINTER((unsigned)stag));

	if (stall && recorded && !stall->recorded) {
		stall->recorded = true;
		st->recorded++;
	}
}

static void resolved(smmu *s, const struct smmu_stall *stall, bool retry, bool abort)
{
	if (s->iommu.bus.stall_resolved)
		s->iommu.bus.stall_resolved(s->iommu.bus.opaque, stall->sid, stall->stag, retry,
					    abort);
}

/* 4.7.1 CMD_RESUME: a tag that does not match has no effect. */
void smmu_stall_resume(smmu *s, unsigned space, uint32_t sid, uint16_t stag, bool retry, bool abort)
{
	struct smmu_stalls *st = &s->pi[space].stalls;
	struct smmu_stall *found =
		g_hash_table_lookup(st->by_stag, GUINT_TO_POINTER((unsigned)stag));
	struct smmu_stall stall;

	if (!found || !found->recorded || found->sid != sid)
		return;
	stall = *found;
	g_hash_table_remove(st->by_stag, GUINT_TO_POINTER((unsigned)stag));
	st->recorded--;
	resolved(s, &stall, retry, abort);
	smmu_stall_retry(s, space); /* one more record may be written */
}

struct selection {
	GArray *chosen;
	bool any, held_only;
	uint32_t sid;
};

static gboolean select_stall(gpointer key, gpointer value, gpointer opaque)
{
	const struct smmu_stall *stall = value;
	struct selection *sel = opaque;

	(void)key;
	if ((!sel->any && stall->sid != sel->sid) || (sel->held_only && stall->recorded))
		return FALSE;
	g_array_append_val(sel->chosen, *stall);
	return TRUE;
}

static gint by_tag(gconstpointer a, gconstpointer b)
{
	const struct smmu_stall *x = a, *y = b;

	return (x->stag > y->stag) - (x->stag < y->stag);
}

static void finish(smmu *s, unsigned space, struct selection *sel, bool retry, bool abort)
{
	struct smmu_stalls *st = &s->pi[space].stalls;

	sel->chosen = g_array_new(FALSE, FALSE, sizeof(struct smmu_stall));
	g_hash_table_foreach_remove(st->by_stag, select_stall, sel);
	g_array_sort(sel->chosen, by_tag);
	for (unsigned i = 0; i < sel->chosen->len; i++) {
		const struct smmu_stall *stall = &g_array_index(sel->chosen, struct smmu_stall, i);

		st->recorded -= stall->recorded;
		resolved(s, stall, retry, abort);
	}
	g_array_free(sel->chosen, TRUE);
}

/* 4.7.2 CMD_STALL_TERM, and SMMUEN becoming 0: abort. */
void smmu_stall_terminate(smmu *s, unsigned space, bool any, uint32_t sid)
{
	struct selection sel = { .any = any, .sid = sid };

	finish(s, space, &sel, false, true);
	if (!any)
		smmu_stall_retry(s, space);
}

void smmu_stall_retry(smmu *s, unsigned space)
{
	struct selection sel = { .any = true, .held_only = true };
	const struct smmu_stalls *st = &s->pi[space].stalls;

	if (g_hash_table_size(st->by_stag) == st->recorded || !smmu_event_writable(s, space) ||
	    !smmu_stall_room(s, space))
		return;
	finish(s, space, &sel, true, false);
}
