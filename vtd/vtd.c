/* SPDX-License-Identifier: MIT */
/*
 * Making and ending a unit, statistics and names.
 */
#include "vtd/internal.h"

#include "core/ahead.h"
#include "core/front.h"
#include "vtd/flat.h"

static const char *const command_names[VTD_N_COMMANDS] = {
	[VTD_CMD_CONTEXT_CACHE] = "context-cache",
	[VTD_CMD_IOTLB] = "iotlb",
	[VTD_CMD_DEV_IOTLB] = "dev-iotlb",
	[VTD_CMD_IEC] = "iec",
	[VTD_CMD_WAIT] = "wait",
	[VTD_CMD_PASID_IOTLB] = "pasid-iotlb",
	[VTD_CMD_PASID_CACHE] = "pasid-cache",
	[VTD_CMD_PASID_DEV_IOTLB] = "pasid-dev-iotlb",
	[VTD_CMD_PAGE_GROUP_RESPONSE] = "page-group-response",
	[VTD_CMD_HPT] = "hpt",
};

static const char *const cache_names[IOM_N_CACHES] = {
	[IOM_CACHE_CONFIG] = "config",       [IOM_CACHE_IOTLB] = "iotlb",
	[IOM_CACHE_WALK] = "walk",           [IOM_CACHE_STAGE2] = "stage2",
	[IOM_CACHE_INTERRUPT] = "interrupt",
};

static void statistics(iom_iommu *iommu, iom_statistics *out)
{
	vtd_unit *unit = vtd_of(iommu);

	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		iom_cache_statistics_get(unit->cache[i], &out->caches[i]);
	for (unsigned i = 0; i < VTD_N_COMMANDS; i++) {
		out->commands[i].name = command_names[i];
		out->commands[i].value =
			atomic_load_explicit(&unit->commands[i], memory_order_relaxed);
	}
}

static void reset_statistics(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);

	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		iom_cache_statistics_reset(unit->cache[i]);
	for (unsigned i = 0; i < VTD_N_COMMANDS; i++)
		atomic_store_explicit(&unit->commands[i], 0, memory_order_relaxed);
}

static const char *fault_name(const iom_iommu *iommu, unsigned code)
{
	(void)iommu;
	for (unsigned i = 1; i < VTD_N_REASONS; i++) {
		if (vtd_reasons[i].code == code)
			return vtd_reasons[i].name;
	}
	return NULL;
}

static const char *diagnosis(const iom_iommu *iommu, unsigned number)
{
	(void)iommu;
	return number && number < VTD_N_REASONS ? vtd_reasons[number].text : NULL;
}

static void destroy(iom_iommu *iommu)
{
	vtd_unit *unit = vtd_of(iommu);

	for (unsigned i = 0; i < IOM_SLOTS; i++)
		iom_flat_free(unit->flat[i]);
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		iom_cache_free(unit->cache[i]);
	iom_tags_free(unit->tags);
	vtd_regs_free(&unit->regs);
	g_array_free(unit->queue.waits, TRUE);
	g_byte_array_free(unit->pasids, TRUE);
	iom_iommu_fini(iommu);
	g_aligned_free(unit);
}

static const iom_iommu_ops ops = {
	.kind = IOM_KIND_VTD,
	.destroy = destroy,
	.translate = vtd_translate,
	.translate_class = vtd_translate_class,
	.mmio_read = vtd_mmio_read,
	.mmio_write = vtd_mmio_write,
	.mmio_size = vtd_mmio_size,
	.page_request = vtd_page_request,
	.interrupt = vtd_interrupt,
	.ats_completed = vtd_ats_completed,
	.reset = vtd_reset,
	.save = vtd_save,
	.load = vtd_load,
	.statistics = statistics,
	.reset_statistics = reset_statistics,
	.fault_name = fault_name,
	.diagnosis = diagnosis,
	.register_layout = vtd_register_layout,
	.landed = vtd_landed,
};

/* What a scope is about; vtd_scope(). */
static unsigned stage_of(const iom_cache_scope *scope)
{
	switch (scope->hi >> 32) {
	case VTD_SCOPE_FIRST:
		return 1;
	case VTD_SCOPE_SECOND:
		return 2;
	default:
		return 0;
	}
}

static uint32_t domain_of(const iom_cache_scope *scope)
{
	return (uint32_t)(scope->lo >> 32);
}

iom_iommu *iom_vtd_new(const iom_vtd_config *config, const iom_bus *bus, GError **error)
{
	static const iom_cache_reader reader = { stage_of, domain_of };
	vtd_unit *unit;
	iom_vtd_config c;

	if (config->size < offsetof(iom_vtd_config, cache) || config->size > sizeof(c)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "iom_vtd_config.size is %zu, expected %zu: call iom_vtd_config_init()",
			    config->size, sizeof(c));
		return NULL;
	}
	iom_vtd_config_init(&c);
	memcpy(&c, config, config->size);
	vtd_config_normalise(&c);
	if (!vtd_config_check(&c, error) || !iom_cache_config_check(&c.cache, error))
		return NULL;

	unit = g_aligned_alloc0(1, sizeof(*unit), 64);
	unit->config = c;
	vtd_caps_decode(&unit->caps, &c);
	vtd_masks_init(&unit->masks, &unit->caps);
	if (!vtd_regs_init(&unit->regs, &unit->caps, &c, error)) {
		g_aligned_free(unit);
		return NULL;
	}
	if (!iom_iommu_init(&unit->base, &ops, bus, error)) {
		vtd_regs_free(&unit->regs);
		g_aligned_free(unit);
		return NULL;
	}
	unit->memory = unit->base.bus.memory[IOM_SPACE_NONSECURE];
	unit->base.lock = &unit->lock;
	unit->tags = iom_tags_new();
	for (unsigned i = 0; i < IOM_N_CACHES; i++)
		unit->cache[i] = iom_cache_new_with(cache_names[i], &c.cache.cache[i],
						    &c.cache.options[i], &reader, unit->tags);
	iom_iommu_has_caches(&unit->base, unit->cache, IOM_N_CACHES, &c.cache);
	iom_front_enable(&unit->base, unit->tags, unit->cache[IOM_CACHE_CONFIG],
			 unit->cache[IOM_CACHE_IOTLB]);
	iom_flat_enable(unit->cache[IOM_CACHE_STAGE2]);
	unit->queue.waits = g_array_new(FALSE, TRUE, sizeof(vtd_wait));
	unit->pasids = g_byte_array_new();
	vtd_reset_locked(unit);
	return &unit->base;
}
