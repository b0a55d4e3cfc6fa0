/* SPDX-License-Identifier: MIT */
/* The group [cache] of a machine file; docs/caches.md is the reference. */
#ifndef IOM_SIM_MACHINE_CACHE_H
#define IOM_SIM_MACHINE_CACHE_H

#include "core/core.h"

typedef struct iom_cache_settings {
	iom_cache_config config;
	bool set[IOM_N_CACHES]; /* the geometry; options are none where nothing is said */
} iom_cache_settings;

/* Take one key. NULL, or in words what is wrong and what was expected. */
char *iom_cache_settings_read(iom_cache_settings *settings, const char *key, const char *value);
/*
 * Put the settings over what `caches` has. NULL, or what does not go together;
 * then *key names the key, which g_free() frees as well.
 */
char *iom_cache_settings_apply(const iom_cache_settings *settings, iom_cache_config *caches,
			       char **key);

/* "lru", "plru", ...; "config", "iotlb", ...; "requester", "pasid", "domain". */
const char *iom_cache_policy_name(unsigned policy);
const char *iom_cache_name(unsigned id);
const char *iom_cache_partition_name(unsigned by);
/* "4k", "2m", "1g" */
void iom_cache_print_size(unsigned page_lg2, GString *out);
/* The options in the order of their keys: "sectors 4, prefetch 2 stride"; nothing without. */
void iom_cache_print_options(const iom_cache_options *options, GString *out);

#endif
