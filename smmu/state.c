/* SPDX-License-Identifier: MIT */
/*
 * Saving and restoring: registers, stalled transactions, enhanced command queues
 * and ATS invalidations on their way; never the caches. The list is walked by
 * both directions, so that they cannot differ.
 */
#include <string.h>

#include "smmu/pmcg.h"

#define STATE_VERSION 1

/* A new register has to be thought of here: is it architected state? All are. */
G_STATIC_ASSERT(SMMU_N_REGS == 41);
/* `flight` is none: nothing is in flight when the state is saved. */
G_STATIC_ASSERT(sizeof(struct smmu_ecmdq) == 5 * sizeof(uint64_t));

#define ROOT_WORDS 7
G_STATIC_ASSERT(sizeof(struct smmu_root) == ROOT_WORDS * sizeof(uint64_t));
#define PMCG_WORDS (sizeof(struct smmu_pmcg) / sizeof(uint64_t))
G_STATIC_ASSERT(sizeof(struct smmu_pmcg) % sizeof(uint64_t) == 0);

#define ID_WORDS 20

static void id_words(const iom_smmu_config *c, uint64_t *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 7; i++)
		w[n++] = c->idr[i];
	for (unsigned i = 0; i < 5; i++)
		w[n++] = c->s_idr[i];
	for (unsigned i = 0; i < 5; i++)
		w[n++] = c->r_idr[i];
	w[n++] = c->mpamidr;
	w[n++] = c->aidr;
	w[n++] = c->pmcg_groups;
	g_assert(n == ID_WORDS);
}

static void save_stall(gpointer key, gpointer value, gpointer opaque)
{
	const struct smmu_stall *stall = value;

	(void)key;
	iom_writer_u64(opaque,
		       (uint64_t)stall->recorded << 48 | (uint64_t)stall->stag << 32 | stall->sid);
}

GBytes *smmu_save(iom_iommu *iommu)
{
	smmu *s = smmu_of(iommu);
	iom_writer *w = iom_writer_new(IOM_KIND_SMMUV3, STATE_VERSION);
	uint64_t ids[ID_WORDS];

	smmu_lock(s);
	id_words(&s->config, ids);
	iom_writer_words(w, ids, ID_WORDS);
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		const struct smmu_interface *pi = &s->pi[space];

		iom_writer_words(w, pi->reg, SMMU_N_REGS);
		iom_writer_u64(w, (uint64_t)pi->atc_failed << 32 | pi->atc_pending);
		iom_writer_u64(w, pi->stalls.next);
		iom_writer_u64(w, g_hash_table_size(pi->stalls.by_stag));
		g_hash_table_foreach(pi->stalls.by_stag, save_stall, w);
		iom_writer_u64(w, pi->n_ecmdq);
		for (unsigned i = 0; i < pi->n_ecmdq; i++) {
			const struct smmu_ecmdq *e = &pi->ecmdq[i];
			uint64_t words[4] = { e->base, e->prod, e->cons,
					      (uint64_t)e->atc_failed << 32 | e->atc_pending };

			iom_writer_words(w, words, 4);
		}
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(s->atc); i++) {
		const struct smmu_atc *a = &s->atc[i];

		iom_writer_u64(w, a->busy ? UINT64_C(1) << 63 | (uint64_t)a->space << 56 |
						    (uint64_t)(uint16_t)(a->queue + 1) << 32 |
						    a->requester
					  : 0);
	}
	iom_writer_words(w, (const uint64_t *)&s->root, ROOT_WORDS);
	for (unsigned i = 0; i < s->n_pmcg; i++) {
		uint64_t words[PMCG_WORDS];

		memcpy(words, &s->pmcg[i], sizeof(words));
		iom_writer_words(w, words, PMCG_WORDS);
	}
	smmu_unlock(s);
	return iom_writer_end(w);
}

/* What was read, until all of it is known to be good. */
struct loaded {
	uint64_t reg[SMMU_N_REGS];
	uint64_t atc, next;
	GArray *stalls; /* uint64_t */
	GArray *ecmdq; /* uint64_t, four for each queue */
};

static bool read_array(iom_reader *r, GArray *to, uint64_t count, uint64_t most, unsigned words)
{
	uint64_t w[4];

	if (count > most)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		if (!(words == 1 ? iom_reader_u64(r, w) : iom_reader_words(r, w, words)))
			return false;
		g_array_append_vals(to, w, words);
	}
	return true;
}

static bool read_interface(iom_reader *r, const smmu *s, unsigned space, struct loaded *l)
{
	uint64_t count;

	if (!iom_reader_words(r, l->reg, SMMU_N_REGS) || !iom_reader_u64(r, &l->atc) ||
	    !iom_reader_u64(r, &l->next) || !iom_reader_u64(r, &count) ||
	    !read_array(r, l->stalls, count, UINT16_MAX + UINT64_C(1), 1))
		return false;
	return iom_reader_u64(r, &count) && count == s->pi[space].n_ecmdq &&
	       read_array(r, l->ecmdq, count, count, 4);
}

static void apply(smmu *s, unsigned space, const struct loaded *l)
{
	struct smmu_interface *pi = &s->pi[space];

	smmu_stalls_clear(&pi->stalls);
	memcpy(pi->reg, l->reg, sizeof(pi->reg));
	pi->atc_pending = (uint32_t)l->atc;
	pi->atc_failed = l->atc >> 32 & 1;
	pi->flight = pi->disabling = 0;
	for (unsigned i = 0; i < l->stalls->len; i++) {
		uint64_t w = g_array_index(l->stalls, uint64_t, i);
		uint16_t stag;

		pi->stalls.next = (uint32_t)(w >> 32 & UINT16_MAX);
		smmu_stall_add(s, space, (uint32_t)w, w >> 48 & 1, &stag);
	}
	pi->stalls.next = (uint32_t)l->next;
	for (unsigned i = 0; i < pi->n_ecmdq; i++) {
		const uint64_t *w = &g_array_index(l->ecmdq, uint64_t, 4 * i);

		pi->ecmdq[i] = (struct smmu_ecmdq){ .base = w[0],
						    .prod = w[1],
						    .cons = w[2],
						    .atc_pending = (uint32_t)w[3],
						    .atc_failed = w[3] >> 32 & 1 };
	}
}

static void apply_atc(smmu *s, const uint64_t *atc)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(s->atc); i++) {
		unsigned space = atc[i] >> 56 & 3;
		int queue = (int)(atc[i] >> 32 & UINT16_MAX) - 1;

		s->atc[i] = (struct smmu_atc){ 0 };
		if (!(atc[i] >> 63) || space >= SMMU_N_SPACES || queue >= (int)s->pi[space].n_ecmdq)
			continue;
		s->atc[i] = (struct smmu_atc){ true, (uint8_t)space, (uint32_t)atc[i], queue };
	}
}

gboolean smmu_load(iom_iommu *iommu, GBytes *state, GError **error)
{
	smmu *s = smmu_of(iommu);
	struct loaded l[SMMU_N_SPACES];
	uint64_t ids[ID_WORDS], own[ID_WORDS], root[ROOT_WORDS], atc[G_N_ELEMENTS(s->atc)];
	g_autofree uint64_t *pmcg = g_new0(uint64_t, s->n_pmcg * PMCG_WORDS + 1);
	uint32_t version;
	iom_reader *r = iom_reader_new(state, IOM_KIND_SMMUV3, STATE_VERSION, &version, error);
	bool good, same;

	if (!r)
		return FALSE;
	id_words(&s->config, own);
	good = iom_reader_words(r, ids, ID_WORDS);
	same = good && memcmp(ids, own, sizeof(own)) == 0;
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		l[space].stalls = g_array_new(FALSE, FALSE, sizeof(uint64_t));
		l[space].ecmdq = g_array_new(FALSE, FALSE, sizeof(uint64_t));
		good = good && same && read_interface(r, s, space, &l[space]);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(s->atc); i++)
		good = good && iom_reader_u64(r, &atc[i]);
	good = good && iom_reader_words(r, root, ROOT_WORDS);
	for (unsigned i = 0; i < s->n_pmcg; i++)
		good = good && iom_reader_words(r, pmcg + i * PMCG_WORDS, PMCG_WORDS);
	if (!same) {
		iom_reader_end(r, NULL);
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
			    "the state is of an SMMUv3 with other ID registers");
		good = false;
	} else {
		GError *inner = NULL;

		if (!iom_reader_end(r, &inner) || !good) {
			if (inner)
				g_propagate_error(error, inner);
			else
				g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT,
					    "the state does not describe an SMMUv3");
			good = false;
		}
	}
	if (good) {
		smmu_lock(s);
		iom_tags_invalidate_all(s->tags);
		smmu_forget_reaches(s);
		for (unsigned space = 0; space < SMMU_N_SPACES; space++)
			apply(s, space, &l[space]);
		apply_atc(s, atc);
		memcpy(&s->root, root, sizeof(s->root));
		if (s->n_pmcg)
			memcpy(s->pmcg, pmcg, s->n_pmcg * sizeof(*s->pmcg));
		smmu_unlock(s);
	}
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		g_array_free(l[space].stalls, TRUE);
		g_array_free(l[space].ecmdq, TRUE);
	}
	return good;
}
