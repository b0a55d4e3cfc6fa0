/* SPDX-License-Identifier: MIT */
/*
 * One engine a process, made when the program first opens one of its nodes, from what
 * `iommulate iommufd` left in the environment. A preloaded library has no owner that
 * could hold it.
 */
#include "iommufd/preload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static iom_iommufd *engine;
static GOnce made = G_ONCE_INIT;

/* What a device was asked to be, and the model that it sits behind. */
typedef struct spec {
	const char *text;
	iom_iommufd_device device;
	iom_smmu_config smmu;
	iom_vtd_config vtd;
	bool configured; /* a field of the model's ID registers was given */
} spec;

static bool wrong(const spec *s, const char *what)
{
	fprintf(stderr, "iommulate iommufd: device '%s': %s\n", s->text, what);
	return false;
}

static const struct {
	const char *name;
	iom_iommufd_backend backend;
} backends[] = {
	{ "mock", IOM_IOMMUFD_MOCK },         { "noiommu", IOM_IOMMUFD_NOIOMMU },
	{ "emulated", IOM_IOMMUFD_EMULATED }, { "smmuv3", IOM_IOMMUFD_SMMUV3 },
	{ "vtd", IOM_IOMMUFD_VTD },
};

static bool number(const char *text, unsigned *out)
{
	bool hex = strncmp(text, "0x", 2) == 0;
	guint64 n;

	if (!g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, UINT32_MAX, &n,
					NULL))
		return false;
	*out = (unsigned)n;
	return true;
}

/* "KEY=VALUE": of the device, or a field of the model's ID registers. */
static bool set_key(spec *s, const char *key, const char *value)
{
	g_autoptr(GError) error = NULL;
	unsigned n;
	gboolean ok;

	if (!number(value, &n))
		return wrong(s, "a number is wanted behind '='");
	if (strcmp(key, "pasid") == 0)
		s->device.pasid_bits = n;
	else if (strcmp(key, "group") == 0)
		s->device.group = n;
	else if (strcmp(key, "iommu") == 0)
		s->device.instance = n;
	else if (strcmp(key, "requester") == 0)
		s->device.requester = n;
	else if (strcmp(key, "ats") == 0)
		s->device.ats = n != 0;
	else if (s->device.backend == IOM_IOMMUFD_SMMUV3 || s->device.backend == IOM_IOMMUFD_VTD) {
		ok = s->device.backend == IOM_IOMMUFD_SMMUV3
			     ? iom_smmu_config_set(&s->smmu, key, n, &error)
			     : iom_vtd_config_set(&s->vtd, key, n, &error);
		s->configured = true;
		return ok || wrong(s, error->message);
	} else {
		return wrong(s, "keys are pasid, group, iommu, requester and ats");
	}
	return true;
}

/* "BACKEND:NUMBER[:KEY=VALUE...]", as `iommulate iommufd --device` takes it. */
static bool parse(spec *s)
{
	g_auto(GStrv) parts = g_strsplit(s->text, ":", -1);
	size_t b = 0;

	while (parts[0] && b < G_N_ELEMENTS(backends) && strcmp(parts[0], backends[b].name))
		b++;
	if (!parts[0] || !parts[1] || b == G_N_ELEMENTS(backends) ||
	    !number(parts[1], &s->device.number))
		return wrong(s, "BACKEND:NUMBER is wanted, of mock, noiommu, emulated, smmuv3 "
				"or vtd");
	s->device.backend = backends[b].backend;
	s->device.group = s->device.requester = s->device.number;
	/* Numbers of IOMMUs are one space: by default each kind has one. */
	s->device.instance = s->device.backend == IOM_IOMMUFD_VTD ? 1 : 0;
	for (char **part = parts + 2; *part; part++) {
		char *value = strchr(*part, '=');

		if (!value)
			return wrong(s, "KEY=VALUE is wanted behind the number");
		*value++ = 0;
		if (!set_key(s, *part, value))
			return false;
	}
	return true;
}

/* The first device behind an IOMMU says what it is. */
static bool add_model(iom_iommufd *t, spec *s, GHashTable *models)
{
	gpointer key = GUINT_TO_POINTER(s->device.instance),
		 kind = GINT_TO_POINTER(s->device.backend);
	g_autoptr(GError) error = NULL;
	gboolean ok;

	if (s->device.backend != IOM_IOMMUFD_SMMUV3 && s->device.backend != IOM_IOMMUFD_VTD)
		return true;
	if (g_hash_table_contains(models, key)) {
		if (g_hash_table_lookup(models, key) != kind)
			return wrong(s, "that IOMMU is one of the other kind");
		return !s->configured || wrong(s, "the first device of an IOMMU says what it is");
	}
	ok = s->device.backend == IOM_IOMMUFD_SMMUV3
		     ? iom_iommufd_add_smmu(t, s->device.instance, &s->smmu, &error)
		     : iom_iommufd_add_vtd(t, s->device.instance, &s->vtd, &error);
	if (!ok)
		return wrong(s, error->message);
	g_hash_table_insert(models, key, kind);
	return true;
}

static bool add_device(iom_iommufd *t, const char *text, GHashTable *models)
{
	spec s = { .text = text, .device = { .size = sizeof(s.device) } };
	g_autoptr(GError) error = NULL;

	iom_smmu_config_init(&s.smmu);
	iom_vtd_config_init(&s.vtd);
	if (!parse(&s) || !add_model(t, &s, models))
		return false;
	return iom_iommufd_add_device(t, &s.device, &error) || wrong(&s, error->message);
}

static void before_fork(void)
{
	iom_iommufd_before_fork(engine);
}

static void after_fork_parent(void)
{
	iom_iommufd_after_fork(engine, false);
}

static void after_fork_child(void)
{
	iom_iommufd_after_fork(engine, true);
}

static gpointer make_engine(gpointer unused)
{
	const char *profile = getenv("IOM_IOMMUFD_PROFILE");
	const char *devices = getenv("IOM_IOMMUFD_DEVICES");
	g_autoptr(GHashTable) models = g_hash_table_new(NULL, NULL);
	iom_iommufd_engine_config config;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) specs = NULL;
	iom_iommufd *t;
	bool ok = true;

	(void)unused;
	iom_iommufd_engine_config_init(&config);
	config.profile = profile && *profile ? profile : NULL;
	config.selftest = getenv("IOM_IOMMUFD_NO_SELFTEST") == NULL;
	t = iom_iommufd_new_engine(&config, &error);
	if (!t) {
		fprintf(stderr, "iommulate iommufd: %s\n", error->message);
		return NULL;
	}
	specs = g_strsplit(devices ? devices : "", " ", -1);
	for (char **s = specs; *s; s++)
		ok &= !**s || add_device(t, *s, models);
	/* A machine that is not as it was asked for is none. */
	if (!ok) {
		iom_iommufd_free(t);
		return NULL;
	}
	__atomic_store_n(&engine, t, __ATOMIC_RELEASE);
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	return t;
}

iom_iommufd *iom_preload_engine(bool make)
{
	if (make)
		g_once(&made, make_engine, NULL);
	return __atomic_load_n(&engine, __ATOMIC_ACQUIRE);
}
