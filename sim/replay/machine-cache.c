/* SPDX-License-Identifier: MIT */
#include "sim/replay/machine-cache.h"

#include "core/cache.h"

#include <string.h>

/* More than this would only exhaust the host's memory. */
#define MAX_ENTRIES (1u << 26)

#define EXPECTED_GEOMETRY \
	"'%s', expected ENTRIES, WAYS, POLICY such as 4096, 8, lru (policies: lru, plru, fifo, " \
	"random, oracle; at most %u entries)"

static const char *const cache_names[IOM_N_CACHES] = {
	[IOM_CACHE_CONFIG] = "config",       [IOM_CACHE_IOTLB] = "iotlb",
	[IOM_CACHE_WALK] = "walk",           [IOM_CACHE_STAGE2] = "stage2",
	[IOM_CACHE_INTERRUPT] = "interrupt",
};

static const char *const policy_names[] = {
	[IOM_POLICY_LRU] = "lru",       [IOM_POLICY_PLRU] = "plru",     [IOM_POLICY_FIFO] = "fifo",
	[IOM_POLICY_RANDOM] = "random", [IOM_POLICY_ORACLE] = "oracle",
};

static const char *const partition_names[] = {
	[IOM_PARTITION_SHARED] = "shared",
	[IOM_PARTITION_REQUESTER] = "requester",
	[IOM_PARTITION_PASID] = "pasid",
	[IOM_PARTITION_DOMAIN] = "domain",
};

const char *iom_cache_policy_name(unsigned policy)
{
	return policy < G_N_ELEMENTS(policy_names) ? policy_names[policy] : "unknown";
}

const char *iom_cache_name(unsigned id)
{
	return id < IOM_N_CACHES ? cache_names[id] : "unknown";
}

const char *iom_cache_partition_name(unsigned by)
{
	return by < G_N_ELEMENTS(partition_names) ? partition_names[by] : "unknown";
}

static int name_in(const char *const *names, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++) {
		if (names[i] && strcmp(names[i], text) == 0)
			return (int)i;
	}
	return -1;
}

/* ---- pieces of values: each moves *at behind what it has read ---- */

static bool read_number(const char **at, uint64_t max, uint64_t *value)
{
	bool hex = g_ascii_strncasecmp(*at, "0x", 2) == 0;
	const char *from = *at + (hex ? 2 : 0);
	uint64_t v = 0, base = hex ? 16 : 10;
	const char *p = from;

	for (; hex ? g_ascii_isxdigit(*p) : g_ascii_isdigit(*p); p++) {
		uint64_t digit = (uint64_t)g_ascii_xdigit_value(*p);

		if (v > (max - digit) / base || digit > max)
			return false;
		v = v * base + digit;
	}
	if (p == from)
		return false;
	*at = p;
	*value = v;
	return true;
}

static bool read_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* 00:02.0 */
static bool read_bdf(const char **at, uint32_t *value)
{
	unsigned part[3] = { 0 };
	const char *p = *at;
	static const char after[] = { ':', '.' };

	for (unsigned i = 0; i < 3; i++) {
		unsigned digits = 0;

		for (; g_ascii_isxdigit(*p) && digits < 2; p++, digits++)
			part[i] = part[i] * 16 + (unsigned)g_ascii_xdigit_value(*p);
		if (!digits || (i < 2 && !read_char(&p, after[i])))
			return false;
	}
	if (part[1] > 0x1f || part[2] > 7)
		return false;
	*at = p;
	*value = part[0] << 8 | part[1] << 3 | part[2];
	return true;
}

static bool read_requester(const char **at, uint32_t *value)
{
	uint64_t number;

	if (read_bdf(at, value))
		return true;
	if (!read_number(at, UINT32_MAX, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

/* What a partition is chosen by; a domain of an SMMU may be written VMID/ASID. */
static bool read_key(const char **at, unsigned by, uint32_t *value)
{
	uint64_t number, asid;

	if (by == IOM_PARTITION_REQUESTER)
		return read_requester(at, value);
	if (!read_number(at, UINT32_MAX, &number))
		return false;
	if (by == IOM_PARTITION_DOMAIN && read_char(at, '/')) {
		if (number > 0xffff || !read_number(at, 0xffff, &asid))
			return false;
		number = number << 16 | asid;
	}
	*value = (uint32_t)number;
	return true;
}

static bool whole_number(const char *text, uint64_t max, uint64_t *value)
{
	return read_number(&text, max, value) && !*text;
}

/* ---- keys ---- */

static bool read_geometry(const char *text, iom_cache_geometry *geometry)
{
	g_auto(GStrv) part = g_strsplit(text, ",", -1);
	unsigned n = g_strv_length(part);
	uint64_t number;
	int policy;

	*geometry = (iom_cache_geometry){ 0, 0, IOM_POLICY_LRU };
	if (n < 1 || n > 3 || !whole_number(g_strstrip(part[0]), MAX_ENTRIES, &number))
		return false;
	geometry->entries = (uint32_t)number;
	if (n > 1) {
		if (!whole_number(g_strstrip(part[1]), MAX_ENTRIES, &number))
			return false;
		geometry->ways = (uint32_t)number;
	}
	if (n < 3)
		return true;
	policy = name_in(policy_names, G_N_ELEMENTS(policy_names), g_strstrip(part[2]));
	if (policy < 0)
		return false;
	geometry->policy = (uint8_t)policy;
	return true;
}

/* KEYS:SHARE, or *:SHARE */
static bool read_share(iom_cache_options *o, const char *at)
{
	iom_cache_share s;
	uint64_t share;

	if (read_char(&at, '*')) {
		if (o->rest || !read_char(&at, ':') || !whole_number(at, UINT16_MAX, &share))
			return false;
		o->rest = (uint32_t)share;
		return share > 0;
	}
	if (o->n_shares == G_N_ELEMENTS(o->share) || !read_key(&at, o->partition_by, &s.first))
		return false;
	s.last = s.first;
	if ((read_char(&at, '-') && !read_key(&at, o->partition_by, &s.last)) ||
	    !read_char(&at, ':') || !whole_number(at, UINT16_MAX, &share))
		return false;
	s.share = (uint32_t)share;
	o->share[o->n_shares++] = s;
	return true;
}

static char *read_partition(iom_cache_options *o, const char *value)
{
	g_auto(GStrv) part = g_strsplit(value, ",", -1);
	unsigned n = g_strv_length(part);
	uint64_t number;
	int by = n ? name_in(partition_names, G_N_ELEMENTS(partition_names), g_strstrip(part[0]))
		   : -1;
	bool ok = by > IOM_PARTITION_SHARED && n > 1;

	if (by == IOM_PARTITION_SHARED && n == 1) {
		o->partition_by = IOM_PARTITION_SHARED;
		return NULL;
	}
	o->partition_by = (uint8_t)MAX(by, 0);
	o->partitions = o->n_shares = 0;
	o->rest = 0;
	if (ok && n == 2 && whole_number(g_strstrip(part[1]), UINT8_MAX, &number)) {
		o->partitions = (uint8_t)number;
		return NULL;
	}
	for (unsigned i = 1; ok && i < n; i++)
		ok = read_share(o, g_strstrip(part[i]));
	if (ok && o->n_shares)
		return NULL;
	return g_strdup_printf(
		"'%s', expected shared, or requester, pasid or domain and then a "
		"number of partitions, or shares such as 0x10-0x1f:2, *:6 (at most %u)",
		value, IOM_CACHE_PARTITIONS - 1);
}

/* REQUESTER[/PASID][:FIRST-LAST] */
static bool read_pin(const char *at, iom_cache_pin *pin)
{
	uint64_t number;

	*pin = (iom_cache_pin){ IOM_PIN_ANY, IOM_PIN_ANY, 0, UINT64_MAX };
	if (!read_char(&at, '*') && !read_requester(&at, &pin->requester))
		return false;
	if (read_char(&at, '/') && !read_char(&at, '*')) {
		if (!read_number(&at, 0xfffff, &number))
			return false;
		pin->pasid = (uint32_t)number;
	}
	if (!*at)
		return true;
	return read_char(&at, ':') && read_number(&at, UINT64_MAX, &pin->first) &&
	       read_char(&at, '-') && read_number(&at, UINT64_MAX, &pin->last) && !*at;
}

static char *read_pins(iom_cache_options *o, const char *value)
{
	g_auto(GStrv) part = g_strsplit(value, ",", -1);
	unsigned n = g_strv_length(part);
	bool ok = n >= 1 && n <= IOM_CACHE_PINS;

	for (unsigned i = 0; ok && i < n; i++)
		ok = read_pin(g_strstrip(part[i]), &o->pin[i]);
	o->n_pins = (uint8_t)(ok ? n : 0);
	return ok ? NULL
		  : g_strdup_printf("'%s', expected at most %u of REQUESTER[/PASID][:FIRST-LAST] "
				    "such as 00:02.0/7:0x10000-0x1ffff",
				    value, IOM_CACHE_PINS);
}

static char *read_prefetch(iom_cache_options *o, const char *value)
{
	g_auto(GStrv) part = g_strsplit(value, ",", -1);
	unsigned n = g_strv_length(part);
	uint64_t number = 0;
	bool ok = n >= 1 && n <= 2 && whole_number(g_strstrip(part[0]), UINT8_MAX, &number);

	o->prefetch = (uint8_t)number;
	o->stride = 0;
	if (ok && n == 2) {
		o->stride = strcmp(g_strstrip(part[1]), "stride") == 0;
		ok = o->stride || strcmp(part[1], "next") == 0;
	}
	return ok ? NULL
		  : g_strdup_printf("'%s', expected a number of pages, and perhaps next or stride",
				    value);
}

static char *read_option(iom_cache_options *o, const char *key, const char *value)
{
	uint64_t number;

	if (strcmp(key, "partition") == 0)
		return read_partition(o, value);
	if (strcmp(key, "pin") == 0)
		return read_pins(o, value);
	if (strcmp(key, "prefetch") == 0)
		return read_prefetch(o, value);
	if (strcmp(key, "pin_ways") == 0) {
		if (!whole_number(value, MAX_ENTRIES, &number) || !number)
			return g_strdup_printf("'%s', expected a number of ways from 1", value);
		o->pin_ways = (uint32_t)number;
		return NULL;
	}
	if (strcmp(key, "sectors") == 0) {
		if (!whole_number(value, 1u << IOM_CACHE_SECTORS_LG2, &number) || !number ||
		    number & (number - 1))
			return g_strdup_printf("'%s', expected 1, 2, 4, 8 or 16 pages", value);
		o->sectors_lg2 = (uint8_t)__builtin_ctzll(number);
		return NULL;
	}
	return NULL;
}

static bool is_option(const char *key)
{
	static const char *const keys[] = { "partition", "pin", "pin_ways", "prefetch", "sectors" };

	return name_in(keys, G_N_ELEMENTS(keys), key) >= 0;
}

/* [stage1.|stage2.]SIZE */
static bool read_size(const char *at, iom_cache_bin *bin)
{
	static const char units[] = "kmgt";
	const char *unit;
	uint64_t number;

	bin->stage = 0;
	if (g_str_has_prefix(at, "stage1.") || g_str_has_prefix(at, "stage2.")) {
		bin->stage = (uint8_t)(at[5] - '0');
		at += strlen("stage1.");
	}
	if (!read_number(&at, 1023, &number) || !number || number & (number - 1) || !*at || at[1])
		return false;
	unit = strchr(units, *at);
	if (!unit)
		return false;
	bin->page_lg2 = (uint8_t)(10 * (unit - units + 1) + __builtin_ctzll(number));
	return true;
}

static char *read_bin(iom_cache_options *o, const char *key, const char *value)
{
	iom_cache_bin bin;

	if (!read_size(key, &bin))
		return g_strdup("unknown setting, expected partition, pin, pin_ways, prefetch, "
				"sectors, or a size such as 4k, 2m or stage1.1g");
	if (!read_geometry(value, &bin.geometry))
		return g_strdup_printf(EXPECTED_GEOMETRY, value, MAX_ENTRIES);
	if (o->n_bins == IOM_CACHE_BINS)
		return g_strdup_printf("expected at most %u sizes", IOM_CACHE_BINS);
	o->bin[o->n_bins++] = bin;
	return NULL;
}

char *iom_cache_settings_read(iom_cache_settings *s, const char *key, const char *value)
{
	const char *dot = strchr(key, '.');
	g_autofree char *name = dot ? g_strndup(key, (gsize)(dot - key)) : g_strdup(key);
	int id = name_in(cache_names, IOM_N_CACHES, name);

	if (id < 0)
		return g_strdup("unknown cache, expected config, iotlb, walk, stage2 or interrupt");
	if (dot)
		return is_option(dot + 1) ? read_option(&s->config.options[id], dot + 1, value)
					  : read_bin(&s->config.options[id], dot + 1, value);
	if (!read_geometry(value, &s->config.cache[id]))
		return g_strdup_printf(EXPECTED_GEOMETRY, value, MAX_ENTRIES);
	s->set[id] = true;
	return NULL;
}

char *iom_cache_settings_apply(const iom_cache_settings *s, iom_cache_config *caches, char **key)
{
	for (unsigned id = 0; id < IOM_N_CACHES; id++) {
		const char *option;
		char *wrong;

		if (s->set[id])
			caches->cache[id] = s->config.cache[id];
		caches->options[id] = s->config.options[id];
		wrong = iom_cache_options_check((iom_cache_id)id, &caches->cache[id],
						&caches->options[id], &option);
		if (!wrong)
			continue;
		*key = option ? g_strdup_printf("%s.%s", cache_names[id], option)
			      : g_strdup(cache_names[id]);
		return wrong;
	}
	return NULL;
}

/* ---- printing ---- */

void iom_cache_print_size(unsigned page_lg2, GString *out)
{
	static const char units[] = "bkmgtpe";

	g_string_append_printf(out, "%u%c", 1u << page_lg2 % 10, units[page_lg2 / 10]);
}

void iom_cache_print_options(const iom_cache_options *o, GString *out)
{
	const char *between = "";

	if (o->sectors_lg2) {
		g_string_append_printf(out, "%u pages a tag", 1u << o->sectors_lg2);
		between = ", ";
	}
	if (o->partition_by) {
		g_string_append_printf(out, "%s%u partitions by %s", between,
				       o->n_shares ? o->n_shares + 1u : o->partitions,
				       iom_cache_partition_name(o->partition_by));
		between = ", ";
	}
	if (o->n_pins) {
		g_string_append_printf(out, "%s%u pin%s", between, o->n_pins,
				       o->n_pins == 1 ? "" : "s");
		between = ", ";
	}
	if (o->prefetch) {
		g_string_append_printf(out, "%sprefetch of %u%s", between, o->prefetch,
				       o->stride ? " by stride" : "");
		between = ", ";
	}
	for (unsigned b = 0; b < o->n_bins; b++) {
		const iom_cache_bin *bin = &o->bin[b];

		g_string_append_printf(out, "%s%s", between,
				       bin->stage == 1   ? "stage1."
				       : bin->stage == 2 ? "stage2."
							 : "");
		iom_cache_print_size(bin->page_lg2, out);
		if (bin->geometry.entries)
			g_string_append_printf(out, " %u x %u %s", bin->geometry.entries,
					       bin->geometry.ways ? MIN(bin->geometry.ways,
									bin->geometry.entries)
								  : bin->geometry.entries,
					       iom_cache_policy_name(bin->geometry.policy));
		else
			g_string_append(out, " off");
		between = ", ";
	}
}
