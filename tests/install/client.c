/* SPDX-License-Identifier: MIT */
/* What a program outside the tree does first: both models from the installed headers. */
#include <iommulate/core.h>
#include <iommulate/smmu.h>
#include <iommulate/vtd.h>
#include <stdio.h>

int main(void)
{
	iom_memory *memory = iom_memory_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { memory } };
	iom_smmu_config smmu_config;
	iom_vtd_config vtd_config;
	GError *error = NULL;

	iom_smmu_config_init(&smmu_config);
	iom_vtd_config_init(&vtd_config);
	iom_iommu *smmu = iom_smmu_new(&smmu_config, &bus, &error);
	iom_iommu *vtd = smmu ? iom_vtd_new(&vtd_config, &bus, &error) : NULL;

	if (!vtd) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	/* Out of reset neither translates: the address comes back as it was. */
	iom_request request = { .address = 0x1234, .pasid = IOM_NO_PASID, .access = IOM_READ };
	iom_result result;

	iom_iommu_translate(smmu, &request, &result);
	if (result.status != IOM_OK || result.address != request.address)
		return 2;
	iom_iommu_translate(vtd, &request, &result);
	if (result.status != IOM_OK || result.address != request.address)
		return 3;
	iom_iommu_unref(smmu);
	iom_iommu_unref(vtd);
	iom_memory_unref(memory);
	printf("%s\n", iom_version());
	return 0;
}
