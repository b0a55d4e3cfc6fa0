/* SPDX-License-Identifier: MIT */
/* Names for the values of the common vocabulary, and named cache settings. */
#include "core/core.h"

#include <string.h>

const char *iom_status_name(iom_status status)
{
	switch (status) {
	case IOM_OK:
		return "ok";
	case IOM_ABORT:
		return "abort";
	case IOM_RAZWI:
		return "read as zero, write ignored";
	case IOM_STALL:
		return "stall";
	case IOM_RETRY:
		return "retry";
	case IOM_INTERRUPT:
		return "interrupt";
	}
	return NULL;
}

typedef struct preset {
	const char *name;
	iom_cache_geometry cache[IOM_N_CACHES];
} preset;

/* Few entries, so that they meet each other. */
#define FEW \
	{ \
		[IOM_CACHE_CONFIG] = { 16, 4, IOM_POLICY_PLRU }, \
		[IOM_CACHE_IOTLB] = { 16, 4, IOM_POLICY_LRU }, \
		[IOM_CACHE_WALK] = { 8, 4, IOM_POLICY_LRU }, \
		[IOM_CACHE_STAGE2] = { 8, 4, IOM_POLICY_FIFO }, \
		[IOM_CACHE_INTERRUPT] = { 8, 4, IOM_POLICY_RANDOM }, \
	}

static const preset presets[] = {
	{ "default",
	  {
		  [IOM_CACHE_CONFIG] = { 1024, 8, IOM_POLICY_LRU },
		  [IOM_CACHE_IOTLB] = { 16384, 8, IOM_POLICY_LRU },
		  [IOM_CACHE_WALK] = { 4096, 8, IOM_POLICY_LRU },
		  [IOM_CACHE_STAGE2] = { 8192, 8, IOM_POLICY_LRU },
		  [IOM_CACHE_INTERRUPT] = { 1024, 8, IOM_POLICY_LRU },
	  } },
	{ "off", { { 0, 0, 0 } } },
	{ "options", FEW },
	{ "prefetch", FEW },
	{ "one", { { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 } } },
};

/* Each option somewhere, and two at once where they meet. */
static void set_options(iom_cache_options *o)
{
	const iom_cache_pin everything = { IOM_PIN_ANY, IOM_PIN_ANY, 0, UINT64_MAX };
	const iom_cache_pin low = { IOM_PIN_ANY, IOM_PIN_ANY, 0, 0xffff };

	o[IOM_CACHE_CONFIG].partition_by = IOM_PARTITION_REQUESTER;
	o[IOM_CACHE_CONFIG].partitions = 2;
	o[IOM_CACHE_CONFIG].n_pins = 1;
	o[IOM_CACHE_CONFIG].pin[0] = everything;
	o[IOM_CACHE_IOTLB].sectors_lg2 = 2;
	o[IOM_CACHE_IOTLB].partition_by = IOM_PARTITION_DOMAIN;
	o[IOM_CACHE_IOTLB].partitions = 2;
	o[IOM_CACHE_IOTLB].n_pins = 1;
	o[IOM_CACHE_IOTLB].pin[0] = low;
	o[IOM_CACHE_IOTLB].n_bins = 1;
	o[IOM_CACHE_IOTLB].bin[0] = (iom_cache_bin){ 21, 0, { 4, 4, IOM_POLICY_PLRU } };
	o[IOM_CACHE_WALK].partition_by = IOM_PARTITION_PASID;
	o[IOM_CACHE_WALK].partitions = 2;
	o[IOM_CACHE_WALK].n_bins = 2;
	o[IOM_CACHE_WALK].bin[0] = (iom_cache_bin){ 21, 1, { 4, 2, IOM_POLICY_LRU } };
	o[IOM_CACHE_WALK].bin[1] = (iom_cache_bin){ 30, 2, { 4, 2, IOM_POLICY_RANDOM } };
	o[IOM_CACHE_STAGE2].sectors_lg2 = 1;
	o[IOM_CACHE_INTERRUPT].partition_by = IOM_PARTITION_REQUESTER;
	o[IOM_CACHE_INTERRUPT].partitions = 3;
}

bool iom_cache_config_preset(iom_cache_config *config, const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++) {
		if (strcmp(presets[i].name, name) != 0)
			continue;
		memcpy(config->cache, presets[i].cache, sizeof(config->cache));
		memset(config->options, 0, sizeof(config->options));
		if (strcmp(name, "prefetch") == 0)
			config->options[IOM_CACHE_IOTLB].prefetch = 2;
		if (strcmp(name, "prefetch") == 0 || strcmp(name, "options") == 0)
			set_options(config->options);
		return true;
	}
	return false;
}
