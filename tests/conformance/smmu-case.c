/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-case.h"

#include "tests/harness.h"

iom_tsv *smmu_spec_table(const char *name)
{
	char *path = g_build_filename(iom_test_data(), "spec", "smmuv3", name, NULL);
	GError *error = NULL;
	iom_tsv *table = iom_tsv_load(path, &error);

	if (!table) {
		CU_FAIL("a table of the specification cannot be read");
		g_printerr("\n%s\n", error->message);
		g_error_free(error);
	}
	g_free(path);
	return table;
}

void smmu_reference_ids(const iom_smmu_vector *vector, refwalk_ids *ids)
{
	memset(ids, 0, sizeof *ids);
	for (unsigned i = 0; i < vector->n_ids; i++)
		refwalk_set_id(ids, vector->ids[i].name, vector->ids[i].value);
}

void smmu_reference_registers(const iom_smmu_registers *registers, refwalk_registers *out)
{
	*out = (refwalk_registers){
		.smmuen = registers->cr0 & 1,
		.e2h = registers->cr2 & 1,
		.recinvsid = registers->cr2 >> 1 & 1,
		.gbpa = registers->gbpa,
		.strtab_base = registers->strtab_base,
		.strtab_base_cfg = registers->strtab_base_cfg,
	};
}

void smmu_reference_request(const iom_request *request, refwalk_request *out)
{
	*out = (refwalk_request){
		.sid = request->requester,
		.ssv = request->pasid != IOM_NO_PASID,
		.ssid = request->pasid == IOM_NO_PASID ? 0 : request->pasid,
		.address = request->address,
		.access = request->access & IOM_ATOMIC    ? 'A'
			  : request->access & IOM_EXECUTE ? 'X'
			  : request->access & IOM_WRITE   ? 'W'
							  : 'R',
		.privileged = request->flags & IOM_REQ_PRIVILEGED,
	};
}

static bool read_word(void *opaque, uint64_t address, uint64_t *word)
{
	return iom_memory_load64(opaque, address, word) == IOM_MEM_OK;
}

static bool write_word(void *opaque, uint64_t address, uint64_t word)
{
	return iom_memory_store64(opaque, address, word) == IOM_MEM_OK;
}

refwalk_memory smmu_reference_memory(iom_memory *memory)
{
	return (refwalk_memory){ memory, read_word, write_word };
}

bool smmu_caches(iom_cache_config *config, const char *name)
{
	bool walks = strcmp(name, "walks") == 0;

	if (!walks && strcmp(name, "stage2") != 0)
		return iom_cache_config_preset(config, name);
	iom_cache_config_preset(config, "default");
	config->cache[IOM_CACHE_IOTLB].entries = 0;
	config->cache[IOM_CACHE_WALK].entries = 0;
	if (walks)
		config->cache[IOM_CACHE_STAGE2].entries = 0;
	return true;
}
