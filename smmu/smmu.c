/* SPDX-License-Identifier: MIT */
/* Making, resetting and counting: the model behind the interface of core/iommu.h. */
#include "smmu/smmu.h"

#include "core/ahead.h"
#include "core/front.h"
#include "smmu/cmdq.h"
#include "smmu/flat.h"
#include "smmu/walk.h"

static void destroy(iom_iommu *iommu)
{
	smmu *s = smmu_of(iommu);

	for (unsigned i = 0; i < G_N_ELEMENTS(s->caches); i++)
		iom_cache_free(s->caches[i]);
	for (unsigned space = 0; space < SMMU_N_SPACES; space++) {
		g_hash_table_destroy(s->pi[space].stalls.by_stag);
		g_free(s->pi[space].ecmdq);
	}
	g_free(s->pmcg);
	smmu_scopes_free(s);
	smmu_contexts_free(s);
	for (unsigned i = 0; i < IOM_SLOTS; i++)
		iom_flat_free(s->flat[i]);
	iom_tags_free(s->tags);
	iom_iommu_fini(iommu);
	g_free(s);
}

static uint64_t mmio_size(const iom_iommu *iommu)
{
	return ((const smmu *)iommu)->mmio_size;
}

static void reset(iom_iommu *iommu)
{
	smmu *s = smmu_of(iommu);

	smmu_lock(s);
	iom_tags_invalidate_all(s->tags);
	smmu_regs_reset(s);
	smmu_unlock(s);
}

static void statistics(iom_iommu *iommu, iom_statistics *out)
{
	smmu *s = smmu_of(iommu);

	for (unsigned i = 0; i < G_N_ELEMENTS(s->caches); i++)
		iom_cache_statistics_get(s->caches[i], &out->caches[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(s->prefetched); i++)
		out->caches[i].prefetched += __atomic_load_n(&s->prefetched[i], __ATOMIC_RELAXED);
	out->caches[IOM_CACHE_INTERRUPT].name = "interrupt";
	for (unsigned i = 0; smmu_command_name(i); i++)
		out->commands[i] =
			(iom_counter){ smmu_command_name(i),
				       __atomic_load_n(&s->commands[i], __ATOMIC_RELAXED) };
}

static void reset_statistics(iom_iommu *iommu)
{
	smmu *s = smmu_of(iommu);

	smmu_lock(s);
	for (unsigned i = 0; i < G_N_ELEMENTS(s->caches); i++)
		iom_cache_statistics_reset(s->caches[i]);
	memset(s->commands, 0, sizeof(s->commands));
	memset(s->prefetched, 0, sizeof(s->prefetched));
	smmu_unlock(s);
}

static const char *fault_name(const iom_iommu *iommu, unsigned code)
{
	(void)iommu;
	return smmu_event_name(code);
}

static const char *diagnosis(const iom_iommu *iommu, unsigned number)
{
	(void)iommu;
	return smmu_diagnosis_name(number);
}

static const iom_iommu_ops ops = {
	.kind = IOM_KIND_SMMUV3,
	.destroy = destroy,
	.translate = smmu_translate,
	.translate_class = smmu_translate_class,
	.mmio_read = smmu_mmio_read,
	.mmio_write = smmu_mmio_write,
	.mmio_size = mmio_size,
	.page_request = smmu_page_request,
	.ats_completed = smmu_ats_completed,
	.reset = reset,
	.save = smmu_save,
	.load = smmu_load,
	.statistics = statistics,
	.reset_statistics = reset_statistics,
	.fault_name = fault_name,
	.diagnosis = diagnosis,
	.register_layout = smmu_register_layout,
	.landed = smmu_landed,
};

/* What a scope is about; the configuration cache has none of it. */
static unsigned stage_of(const iom_cache_scope *scope)
{
	switch ((enum smmu_scope_kind)(scope->lo >> 44)) {
	case SMMU_SCOPE_ASID:
	case SMMU_SCOPE_GLOBAL:
	case SMMU_SCOPE_WALK1:
		return 1;
	case SMMU_SCOPE_S2:
	case SMMU_SCOPE_S2_SECURE:
	case SMMU_SCOPE_WALK2:
	case SMMU_SCOPE_WALK2_SECURE:
		return 2;
	}
	return 0;
}

static uint32_t domain_of(const iom_cache_scope *scope)
{
	return (uint32_t)scope->lo;
}

iom_iommu *iom_smmu_new(const iom_smmu_config *config, const iom_bus *bus, GError **error)
{
	static const char *const names[] = { "config", "iotlb", "walk", "stage2" };
	static const iom_cache_reader reader = { stage_of, domain_of };
	iom_smmu_config full;
	struct smmu_ids ids;
	uint64_t w;
	smmu *s;

	if (!config || config->size < offsetof(iom_smmu_config, idr) + sizeof(config->idr)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iom_smmu_config.size is not set; use iom_smmu_config_init()");
		return NULL;
	}
	/* A configuration of an older header ends earlier: the rest is the default. */
	iom_smmu_config_init(&full);
	memcpy(&full, config, MIN(config->size, sizeof(full)));
	full.size = sizeof(full);
	/* 6.3.1 SMMU_IDR0: Hyp is RES0 unless both stages exist. Software that finds it
	 * set sends commands that a stage 2 without stage 1 does not know. */
	w = full.idr[0];
	if (!smmu_IDR0_get_S1P(&w) || !smmu_IDR0_get_S2P(&w))
		smmu_IDR0_set_Hyp(&w, 0);
	full.idr[0] = (uint32_t)w;
	if (!smmu_ids_decode(&ids, &full, error) || !iom_cache_config_check(&full.cache, error))
		return NULL;
	s = g_new0(smmu, 1);
	if (!iom_iommu_init(&s->iommu, &ops, bus, error)) {
		g_free(s);
		return NULL;
	}
	s->config = full;
	s->ids = ids;
	s->iommu.lock = &s->lock;
	s->tags = iom_tags_new();
	for (unsigned i = 0; i < G_N_ELEMENTS(s->caches); i++)
		s->caches[i] = iom_cache_new_with(names[i], &full.cache.cache[i],
						  &full.cache.options[i], &reader, s->tags);
	/* 3.25: a prefetch could be seen in the fault registers of granule protection. */
	if (ids.rme)
		full.cache.options[IOM_CACHE_IOTLB].prefetch = 0;
	iom_iommu_has_caches(&s->iommu, s->caches, G_N_ELEMENTS(s->caches), &full.cache);
	for (unsigned space = 0; space < SMMU_N_SPACES; space++)
		smmu_stalls_init(&s->pi[space].stalls);
	smmu_scopes_init(s);
	smmu_contexts_init(s);
	iom_front_enable(&s->iommu, s->tags, s->caches[IOM_CACHE_CONFIG],
			 s->caches[IOM_CACHE_IOTLB]);
	iom_flat_enable(s->caches[IOM_CACHE_STAGE2]);
	smmu_commands_init(s);
	smmu_regs_init(s);
	smmu_frame_init(s);
	smmu_regs_reset(s);
	return &s->iommu;
}
