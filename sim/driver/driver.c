/* SPDX-License-Identifier: MIT */
#include "sim/driver/driver-internal.h"

iom_driver *iom_driver_new(iom_iommu *iommu, const iom_driver_config *config, GError **error)
{
	iom_driver *d = g_new0(iom_driver, 1);

	d->ops = iom_iommu_kind(iommu) == IOM_KIND_SMMUV3 ? &iom_smmu_driver_ops
							  : &iom_vtd_driver_ops;
	d->iommu = iom_iommu_ref(iommu);
	d->config = *config;
	iom_memory_ref(config->memory);
	d->pool = (iom_guest_pool){ .memory = config->memory,
				    .next = config->pool_base,
				    .end = config->pool_base + config->pool_size };
	d->domains = g_ptr_array_new_with_free_func(g_free);
	if (!d->ops->bring_up(d, error)) {
		iom_driver_free(d);
		return NULL;
	}
	return d;
}

void iom_driver_free(iom_driver *driver)
{
	if (!driver)
		return;
	iom_iommu_unref(driver->iommu);
	iom_memory_unref(driver->config.memory);
	g_ptr_array_unref(driver->domains);
	g_free(driver);
}

iom_domain *iom_domain_new(iom_driver *driver)
{
	iom_domain *domain = g_new0(iom_domain, 1);

	domain->id = (uint16_t)(driver->domains->len + 1);
	if (driver->domains->len >= 0xfffe || !driver->ops->domain_init(driver, domain)) {
		g_free(domain);
		return NULL;
	}
	g_ptr_array_add(driver->domains, domain);
	return domain;
}

bool iom_driver_attach(iom_driver *driver, iom_domain *domain, uint32_t requester)
{
	return driver->ops->attach(driver, domain, requester);
}

bool iom_driver_map_second(iom_driver *driver, uint64_t base, uint64_t size, unsigned max_page_lg2)
{
	uint64_t mask = (UINT64_C(1) << driver->config.granule_lg2) - 1;
	uint64_t start = base & ~mask, end = (base + size + mask) & ~mask;

	return iom_pt_map(&driver->second, start, start, end - start, IOM_READ | IOM_WRITE,
			  max_page_lg2);
}

bool iom_driver_map(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t pa,
		    uint64_t size, unsigned access, unsigned max_page_lg2)
{
	if (driver->config.mode == IOM_DRIVER_NESTED &&
	    !iom_driver_map_second(driver, pa, size, max_page_lg2))
		return false;
	return iom_pt_map(&domain->tables, iova, pa, size, access, max_page_lg2);
}

void iom_driver_unmap_silently(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size)
{
	(void)driver;
	iom_pt_unmap(&domain->tables, iova, size);
}

void iom_driver_unmap(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size)
{
	iom_pt_unmap(&domain->tables, iova, size);
	driver->ops->invalidate(driver, domain, iova, size);
}

void iom_driver_invalidate(iom_driver *driver, iom_domain *domain, uint64_t iova, uint64_t size)
{
	driver->ops->invalidate(driver, domain, iova, size);
}

void iom_driver_invalidate_domain(iom_driver *driver, iom_domain *domain)
{
	driver->ops->invalidate_domain(driver, domain);
}

iom_pt *iom_domain_tables(iom_domain *domain)
{
	return &domain->tables;
}

iom_pt *iom_driver_second_stage(iom_driver *driver)
{
	return driver->config.mode == IOM_DRIVER_NESTED ? &driver->second : NULL;
}
