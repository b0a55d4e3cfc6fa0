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
	{ "one", { { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 }, { 1, 1, 0 } } },
};

bool iom_cache_config_preset(iom_cache_config *config, const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(presets); i++) {
		if (strcmp(presets[i].name, name) != 0)
			continue;
		memcpy(config->cache, presets[i].cache, sizeof(config->cache));
		return true;
	}
	return false;
}
