/* SPDX-License-Identifier: MIT */
/*
 * 11.4.13 Performance Monitoring Registers, and 11.4.14 the enhanced commands
 * that control them.
 */
#include "vtd/internal.h"

/* Filters of a counter, by offset in its configuration block. */
enum { RID = 0, DID, PASID, AT, PTL, N_FILTERS };

#define FILTER_EN (1u << 31)

uint64_t vtd_perfmon_events(unsigned group)
{
	static const uint32_t events[VTD_PERF_GROUPS] = { 0x0a, 0x41, 0xff, 0x03, 0x07 };

	return group < VTD_PERF_GROUPS ? events[group] : 0;
}

static unsigned n_counters(const vtd_unit *unit)
{
	return unit->caps.pms ? (unsigned)vtd_perfcap_get_NCNTR(&unit->config.perfcap) : 0;
}

static uint64_t width_mask(const vtd_unit *unit)
{
	return iom_mask((unsigned)vtd_perfcap_get_CW(&unit->config.perfcap));
}

bool vtd_perfmon_running(vtd_unit *unit)
{
	for (unsigned c = 0; c < n_counters(unit); c++) {
		if (vtd_perfcntrcfg_get_EN(&unit->perfmon.counters[c].config))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------------
 * Counting
 */
static bool filters_match(const vtd_counter *c, const vtd_perf_source *s)
{
	if (c->filter[RID] & FILTER_EN && (uint16_t)c->filter[RID] != s->sid)
		return false;
	if (c->filter[DID] & FILTER_EN && (uint16_t)c->filter[DID] != s->did)
		return false;
	if (c->filter[AT] & FILTER_EN && !(c->filter[AT] >> s->type & 1))
		return false;
	/* the level of a paging entry; events without one are not filtered by it */
	if (c->filter[PTL] & FILTER_EN && s->level && !(c->filter[PTL] >> (s->level - 1) & 1))
		return false;
	if (!(c->filter[PASID] & FILTER_EN))
		return true;
	switch (c->filter[PASID] >> 20 & 3) {
	case 0:
		return s->pasid == (c->filter[PASID] & 0xfffff);
	case 1:
		return s->pasid != IOM_NO_PASID;
	case 2:
		return s->pasid == IOM_NO_PASID;
	default:
		return false;
	}
}

/* A counter went over its width: status, interrupt, freeze. */
static void overflow(vtd_unit *unit, unsigned c)
{
	uint64_t *config = &unit->perfmon.counters[c].config;

	vtd_set64(&unit->regs, unit->regs.perf_overflow,
		  vtd_get64(&unit->regs, unit->regs.perf_overflow) | UINT64_C(1) << c);
	if (vtd_perfcntrcfg_get_GFO(config))
		vtd_set64(&unit->regs, unit->regs.perf_freeze, iom_mask(n_counters(unit)));
	if (vtd_perfcntrcfg_get_IO(config) && !(vtd_get32(&unit->regs, VTD_PERFINTRSTS) & 1)) {
		vtd_set32(&unit->regs, VTD_PERFINTRSTS, 1);
		vtd_event_raise(unit, VTD_EVENT_PERFMON);
	}
}

void vtd_perfmon_count(vtd_unit *unit, vtd_perf_event event, const vtd_perf_source *source)
{
	unsigned group = (unsigned)event >> 28;

	vtd_lock(unit);
	for (unsigned c = 0; c < n_counters(unit); c++) {
		vtd_counter *counter = &unit->perfmon.counters[c];
		const uint64_t *config = &counter->config;

		if (!vtd_perfcntrcfg_get_EN(config) || vtd_perfcntrcfg_get_EGI(config) != group ||
		    !(vtd_perfcntrcfg_get_ES(config) & event & 0xfffffff) ||
		    vtd_get64(&unit->regs, unit->regs.perf_freeze) >> c & 1 ||
		    !filters_match(counter, source))
			continue;
		counter->value = (counter->value + 1) & width_mask(unit);
		if (!counter->value)
			overflow(unit, c);
	}
	vtd_unlock(unit);
}

/* ------------------------------------------------------------------------
 * Registers of counters
 */

/* The counter whose configuration block holds `offset`, and where in it. */
static vtd_counter *find_config(vtd_unit *unit, uint32_t offset, uint32_t *in)
{
	uint32_t base = unit->regs.perf_config;

	if (offset < base || offset >= base + 0x100 * n_counters(unit))
		return NULL;
	*in = (offset - base) % 0x100;
	return &unit->perfmon.counters[(offset - base) / 0x100];
}

static vtd_counter *find_value(vtd_unit *unit, uint32_t offset, uint32_t *in)
{
	uint32_t base = unit->regs.perf_counters;
	uint32_t stride = 1u << (vtd_perfcap_get_CS(&unit->config.perfcap) + 10);

	if (offset < base || offset >= base + stride * n_counters(unit))
		return NULL;
	*in = (offset - base) % stride;
	return &unit->perfmon.counters[(offset - base) / stride];
}

/* One dword of a counter's registers; false: not one of them. */
bool vtd_perfmon_read(vtd_unit *unit, uint32_t offset, uint32_t *value)
{
	uint32_t in;
	vtd_counter *c = find_config(unit, offset, &in);

	*value = 0;
	if (!vtd_regs_find(&unit->regs, offset))
		return false;
	if (c) {
		if (in >= 8 + 4 * N_FILTERS)
			return false; /* what the counter can do: constants */
		if (in < 8)
			*value = (uint32_t)(c->config >> (8 * in));
		else
			*value = c->filter[(in - 8) / 4];
		return true;
	}
	c = find_value(unit, offset, &in);
	if (c)
		*value = (uint32_t)(c->value >> (8 * in));
	return c != NULL;
}

static void put(uint64_t *word, uint32_t in, uint32_t value)
{
	iom_set_bits(word, 8 * in, 32, value);
}

/* Configuration may be written while the counter is off, EN only by command. */
static void write_config(vtd_counter *c, uint32_t in, uint32_t value)
{
	static const uint32_t writable[N_FILTERS] = { 0x8000ffff, 0x8000ffff, 0x803fffff,
						      0x8000001f, 0x8000001f };

	if (vtd_perfcntrcfg_get_EN(&c->config) || in >= 8 + 4 * N_FILTERS)
		return;
	if (in < 8) {
		put(&c->config, in, value);
		c->config &= UINT64_C(0x0fffffff00000f06);
	} else {
		c->filter[(in - 8) / 4] = value & writable[(in - 8) / 4];
	}
}

static void write_dword(vtd_unit *unit, uint32_t offset, uint32_t value)
{
	uint32_t in;
	vtd_counter *c = find_config(unit, offset, &in);

	if (!vtd_regs_find(&unit->regs, offset))
		return;
	if (c) {
		write_config(c, in, value);
		return;
	}
	c = find_value(unit, offset, &in);
	if (c &&
	    (!vtd_perfcntrcfg_get_EN(&c->config) || vtd_perfcap_get_CWE(&unit->config.perfcap))) {
		put(&c->value, in, value);
		c->value &= width_mask(unit);
	}
}

bool vtd_perfmon_write(vtd_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	uint32_t in;

	if (!find_config(unit, offset, &in) && !find_value(unit, offset, &in))
		return false;
	write_dword(unit, offset, (uint32_t)value);
	if (size == 8)
		write_dword(unit, offset + 4, (uint32_t)(value >> 32));
	return true;
}

void vtd_perfmon_reset(vtd_unit *unit)
{
	memset(unit->perfmon.counters, 0, sizeof(unit->perfmon.counters));
}

/* ------------------------------------------------------------------------
 * 11.4.14 Enhanced Command Interface. A command is over before the write that
 * gives it returns, so that IP is never seen set.
 */
enum {
	ENABLE = 240,
	DISABLE = 241,
	RESET_CONFIG = 242,
	RESET_VALUES = 243,
	FREEZE = 244,
	UNFREEZE = 245,
};

enum { SUCCESS = 0, UNDEFINED = 1, COUNTER_ERROR = 16 };

static unsigned enable(vtd_unit *unit, uint64_t counter)
{
	const uint64_t *cap = &unit->config.perfcap;
	uint64_t *config;

	if (counter >= n_counters(unit))
		return COUNTER_ERROR;
	config = &unit->perfmon.counters[counter].config;

	uint64_t events = vtd_perfcntrcfg_get_ES(config);
	unsigned group = (unsigned)vtd_perfcntrcfg_get_EGI(config);

	if (group >= vtd_perfcap_get_EGCNT(cap) || events & ~vtd_perfmon_events(group) ||
	    (vtd_perfcntrcfg_get_IO(config) && !vtd_perfcap_get_IOS(cap)) ||
	    (vtd_perfcntrcfg_get_GFO(config) && !vtd_perfcap_get_GFS(cap)))
		return COUNTER_ERROR;
	vtd_perfcntrcfg_set_EN(config, 1);
	return SUCCESS;
}

static unsigned disable(vtd_unit *unit, uint64_t counter)
{
	if (counter >= n_counters(unit))
		return COUNTER_ERROR;
	vtd_perfcntrcfg_set_EN(&unit->perfmon.counters[counter].config, 0);
	return SUCCESS;
}

static unsigned run(vtd_unit *unit, unsigned command, uint64_t operand)
{
	if (command < ENABLE || command > UNFREEZE ||
	    !(unit->config.eccap[3] >> (command - 192) & 1))
		return UNDEFINED;
	switch (command) {
	case ENABLE:
		return enable(unit, operand);
	case DISABLE:
		return disable(unit, operand);
	case RESET_CONFIG:
		for (unsigned c = 0; c < n_counters(unit); c++) {
			unit->perfmon.counters[c].config = 0;
			memset(unit->perfmon.counters[c].filter, 0,
			       sizeof(unit->perfmon.counters[c].filter));
		}
		return SUCCESS;
	case RESET_VALUES:
		for (unsigned c = 0; c < n_counters(unit); c++)
			unit->perfmon.counters[c].value = 0;
		return SUCCESS;
	case FREEZE:
		vtd_set64(&unit->regs, unit->regs.perf_freeze, iom_mask(n_counters(unit)));
		return SUCCESS;
	default:
		vtd_set64(&unit->regs, unit->regs.perf_freeze, 0);
		return SUCCESS;
	}
}

void vtd_ecmd_write(vtd_unit *unit, uint64_t value)
{
	uint64_t response = 0;

	vtd_ecrsp_set_SC(&response,
			 run(unit, (unsigned)vtd_ecmd_get_CMD(&value), vtd_ecmd_get_OA(&value)));
	vtd_set64(&unit->regs, VTD_ECRSP, response);
	vtd_publish(unit);
}
