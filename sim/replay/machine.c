/* SPDX-License-Identifier: MIT */
#include "sim/replay/machine.h"

#include "sim/replay/machine-cache.h"
#include "smmu/smmu.h"
#include "vtd/vtd.h"

#include <string.h>

typedef struct id_setting {
	char *name;
	uint64_t value;
} id_setting;

struct iom_machine {
	char *path;
	iom_kind kind; /* 0: any */
	GArray *ids; /* id_setting, in the order of the file */
	iom_cache_settings caches;
	bool prefetch_commands;
};

const char *iom_machine_kind_name(iom_kind kind)
{
	return kind == IOM_KIND_SMMUV3 ? "smmuv3" : kind == IOM_KIND_VTD ? "vtd" : "unknown";
}

const char *iom_machine_policy_name(unsigned policy)
{
	return iom_cache_policy_name(policy);
}

/* ---- the file ---- */

static gboolean wrong(const iom_machine *m, const char *group, const char *key, GError **error,
		      const char *format, ...) G_GNUC_PRINTF(5, 6);

static gboolean wrong(const iom_machine *m, const char *group, const char *key, GError **error,
		      const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: [%s]%s%s: %s", m->path, group,
		    key ? " " : "", key ? key : "", text);
	return FALSE;
}

/* Decimal, or hexadecimal after 0x; nothing else on the line. */
static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	bool hex = g_ascii_strncasecmp(text, "0x", 2) == 0;

	return g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, max, value,
					  NULL);
}

static gboolean load_machine_group(iom_machine *m, const char *key, const char *value,
				   GError **error)
{
	if (strcmp(key, "prefetch_commands") == 0) {
		m->prefetch_commands = strcmp(value, "on") == 0;
		return m->prefetch_commands || strcmp(value, "off") == 0 ||
		       wrong(m, "machine", key, error, "'%s', expected on or off", value);
	}
	if (strcmp(key, "kind") != 0)
		return wrong(m, "machine", key, error,
			     "unknown key, expected kind or prefetch_commands");
	if (strcmp(value, "smmuv3") == 0)
		m->kind = IOM_KIND_SMMUV3;
	else if (strcmp(value, "vtd") == 0)
		m->kind = IOM_KIND_VTD;
	else
		return wrong(m, "machine", key, error, "'%s', expected smmuv3 or vtd", value);
	return TRUE;
}

static gboolean load_id_group(iom_machine *m, const char *key, const char *value, GError **error)
{
	id_setting setting;

	if (!parse_number(value, UINT64_MAX, &setting.value))
		return wrong(m, "id", key, error, "'%s', expected a number such as 1 or 0x1f",
			     value);
	setting.name = g_strdup(key);
	g_array_append_val(m->ids, setting);
	return TRUE;
}

static gboolean load_cache_group(iom_machine *m, const char *key, const char *value, GError **error)
{
	g_autofree char *problem = iom_cache_settings_read(&m->caches, key, value);

	return problem ? wrong(m, "cache", key, error, "%s", problem) : TRUE;
}

static gboolean load_group(iom_machine *m, GKeyFile *file, const char *group, GError **error)
{
	static const struct {
		const char *name;
		gboolean (*load)(iom_machine *m, const char *key, const char *value,
				 GError **error);
	} groups[] = {
		{ "machine", load_machine_group },
		{ "id", load_id_group },
		{ "cache", load_cache_group },
	};
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);
	unsigned g = 0;

	while (g < G_N_ELEMENTS(groups) && strcmp(groups[g].name, group) != 0)
		g++;
	if (g == G_N_ELEMENTS(groups))
		return wrong(m, group, NULL, error,
			     "unknown group, expected [machine], [id] or [cache]");
	for (char **key = keys; key && *key; key++) {
		g_autofree char *value = g_key_file_get_value(file, group, *key, NULL);
		char *comment = value ? strchr(value, '#') : NULL;

		/* No value has a '#', so a remark behind one is easy to allow. */
		if (comment)
			*comment = '\0';
		if (!value || !groups[g].load(m, *key, g_strstrip(value), error))
			return FALSE;
	}
	return TRUE;
}

static void clear_setting(gpointer p)
{
	g_free(((id_setting *)p)->name);
}

iom_machine *iom_machine_load(const char *path, GError **error)
{
	GKeyFile *file = g_key_file_new();
	iom_machine *m = g_new0(iom_machine, 1);
	GError *problem = NULL;
	gboolean ok;

	m->path = g_strdup(path);
	m->ids = g_array_new(FALSE, FALSE, sizeof(id_setting));
	g_array_set_clear_func(m->ids, clear_setting);
	ok = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &problem);
	if (!ok)
		g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "%s: %s", path, problem->message);
	g_clear_error(&problem);
	if (ok) {
		g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

		for (char **g = groups; ok && *g; g++)
			ok = load_group(m, file, *g, error);
	}
	g_key_file_unref(file);
	if (ok)
		return m;
	iom_machine_free(m);
	return NULL;
}

void iom_machine_free(iom_machine *m)
{
	if (!m)
		return;
	g_array_unref(m->ids);
	g_free(m->path);
	g_free(m);
}

/* ---- what it makes ---- */

gboolean iom_machine_caches(const iom_machine *m, const char *preset, iom_cache_config *caches,
			    GError **error)
{
	memset(caches, 0, sizeof(*caches));
	if (!iom_cache_config_preset(caches, preset ? preset : "default")) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_CONFIG,
			    "unknown cache setting '%s', expected default, off, one, options or "
			    "prefetch",
			    preset);
		return FALSE;
	}
	if (m && !preset) {
		g_autofree char *key = NULL;
		g_autofree char *problem = iom_cache_settings_apply(&m->caches, caches, &key);

		if (problem)
			return wrong(m, "cache", key, error, "%s", problem);
	}
	return TRUE;
}

iom_memory *iom_machine_memory(const iom_trace_info *info, GError **error)
{
	iom_memory *mem = iom_memory_new();
	bool ok = true;

	/* Physical addresses have at most 52 bits in both architectures. */
	if (info->regions->len == 0)
		ok = iom_memory_add_sparse(mem, 0, UINT64_C(1) << 52, error);
	for (guint i = 0; ok && i < info->regions->len; i++) {
		const iom_trace_region *r = &g_array_index(info->regions, iom_trace_region, i);

		ok = iom_memory_add_sparse(mem, r->base, r->size, error);
	}
	if (ok)
		return mem;
	iom_memory_unref(mem);
	return NULL;
}

/* Apply [id] with the setter of the architecture. */
static gboolean apply_ids(const iom_machine *m,
			  gboolean (*set)(void *config, const char *name, uint64_t value,
					  GError **error),
			  void *config, GError **error)
{
	for (guint i = 0; m && i < m->ids->len; i++) {
		const id_setting *s = &g_array_index(m->ids, id_setting, i);

		if (!set(config, s->name, s->value, error)) {
			g_prefix_error(error, "%s: [id] %s: ", m->path, s->name);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean set_smmu(void *config, const char *name, uint64_t value, GError **error)
{
	return iom_smmu_config_set(config, name, value, error);
}

static gboolean set_vtd(void *config, const char *name, uint64_t value, GError **error)
{
	return iom_vtd_config_set(config, name, value, error);
}

static iom_iommu *make_smmu(const iom_machine *m, const iom_trace_info *info,
			    const iom_cache_config *caches, const iom_bus *bus, GError **error)
{
	iom_smmu_config config;

	iom_smmu_config_init(&config);
	if (info->registers->len) {
		memset(config.idr, 0, sizeof(config.idr));
		config.iidr = config.aidr = config.mpamidr = 0;
	}
	for (guint i = 0; i < info->registers->len; i++) {
		const iom_trace_register *r =
			&g_array_index(info->registers, iom_trace_register, i);

		(void)iom_smmu_config_set_register(&config, r->offset, r->value);
	}
	config.cache = *caches;
	config.prefetch_commands = m && m->prefetch_commands;
	if (!apply_ids(m, set_smmu, &config, error))
		return NULL;
	return iom_smmu_new(&config, bus, error);
}

static iom_iommu *make_vtd(const iom_machine *m, const iom_trace_info *info,
			   const iom_cache_config *caches, const iom_bus *bus, GError **error)
{
	iom_vtd_config config;

	iom_vtd_config_init(&config);
	if (info->registers->len) {
		config.cap = config.ecap = config.vccap = config.perfcap = 0;
		memset(config.eccap, 0, sizeof(config.eccap));
	}
	for (guint i = 0; i < info->registers->len; i++) {
		const iom_trace_register *r =
			&g_array_index(info->registers, iom_trace_register, i);

		(void)iom_vtd_config_set_register(&config, r->offset, r->value);
	}
	if (info->haw)
		config.haw = (uint8_t)CLAMP(info->haw, 30, 52);
	config.cache = *caches;
	if (!apply_ids(m, set_vtd, &config, error))
		return NULL;
	return iom_vtd_new(&config, bus, error);
}

iom_iommu *iom_machine_iommu(const iom_machine *m, const iom_trace_info *info,
			     const iom_cache_config *caches, const iom_bus *bus, GError **error)
{
	if (m && m->kind && m->kind != info->kind) {
		wrong(m, "machine", "kind", error, "%s, but the trace is of %s",
		      iom_machine_kind_name(m->kind), iom_machine_kind_name(info->kind));
		return NULL;
	}
	if (m && m->prefetch_commands && info->kind == IOM_KIND_VTD) {
		wrong(m, "machine", "prefetch_commands", error,
		      "on, but VT-d has no such commands");
		return NULL;
	}
	return info->kind == IOM_KIND_VTD ? make_vtd(m, info, caches, bus, error)
					  : make_smmu(m, info, caches, bus, error);
}
