/* SPDX-License-Identifier: MIT */
/* registers.tsv: reset values, access rights, and registers that a unit does not have. */
#include "tests/conformance/vtd-generate.h"
#include "tests/conformance/vtd-tables.h"

#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

typedef struct rig {
	iom_memory *memory;
	iom_iommu *unit;
	iom_vtd_config config;
} rig;

static void rig_free(rig *g)
{
	if (g->unit)
		iom_iommu_unref(g->unit);
	iom_memory_unref(g->memory);
	g_free(g);
}

/* A unit of everything the model has, or without one feature ("CAP.PLMR"). */
static rig *rig_new(const char *without)
{
	rig *g = g_new0(rig, 1);
	iom_bus bus = { .size = sizeof bus };
	GError *error = NULL;

	g->memory = iom_memory_new();
	iom_memory_add_sparse(g->memory, 0, BIT(52), NULL);
	bus.memory[IOM_SPACE_NONSECURE] = g->memory;
	iom_vtd_config_init(&g->config);
	g->config.ecap |= BIT(44); /* virtual commands, which only emulated units have */
	if (without) {
		iom_vtd_case *c = iom_vtd_case_new();

		if (!iom_vtd_config_set(&g->config, without, 0, &error)) {
			g_print("%s: %s\n", without, error->message);
			CU_FAIL("a field of a capability register cannot be set");
		}
		g_clear_error(&error);
		c->cap = g->config.cap;
		c->ecap = g->config.ecap;
		vtd_settle_capabilities(c);
		g->config.cap = c->cap;
		g->config.ecap = c->ecap;
		if (!(g->config.cap >> 61 & 1))
			g->config.ecap &= ~BIT(51); /* PMS needs ECMDS */
		iom_vtd_case_free(c);
	}
	g->unit = iom_vtd_new(&g->config, &bus, &error);
	if (!g->unit)
		g_print("unit without %s: %s\n", without ? without : "nothing", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g->unit);
	return g;
}

static uint64_t get(const rig *g, uint64_t offset, unsigned bits)
{
	if (bits == 32)
		return iom_iommu_mmio_read(g->unit, offset, 4, IOM_SPACE_NONSECURE);
	return iom_iommu_mmio_read(g->unit, offset, 8, IOM_SPACE_NONSECURE);
}

static void put(const rig *g, uint64_t offset, unsigned bits, uint64_t value)
{
	iom_iommu_mmio_write(g->unit, offset, bits == 32 ? 4 : 8, value, IOM_SPACE_NONSECURE);
}

/* "0x034", "0x380+8*g", "16*ECAP.IRO+8", "CFGOFF+0x100*c+0x08": the first of them. */
static bool offset_of(const rig *g, const char *cell, uint64_t *offset)
{
	static const struct {
		const char *name;
		uint64_t reg;
	} bases[] = {
		{ "CFGOFF", 0x310 }, { "FRZOFF", 0x314 }, { "OVFOFF", 0x318 }, { "CNTROFF", 0x31c }
	};
	char **terms;

	*offset = 0;
	if (g_str_has_prefix(cell, "16*ECAP.IRO")) {
		*offset =
			(g->config.ecap >> 8 & 0x3ff) * 16 + (g_str_has_suffix(cell, "+8") ? 8 : 0);
		return true;
	}
	if (g_str_has_prefix(cell, "16*CAP.FRO")) {
		*offset = (g->config.cap >> 24 & 0x3ff) * 16;
		return true;
	}
	terms = g_strsplit(cell, "+", -1);
	for (char **t = terms; *t; t++) {
		uint64_t number = 0;

		for (unsigned i = 0; i < G_N_ELEMENTS(bases); i++) {
			if (strcmp(*t, bases[i].name) == 0)
				number = get(g, bases[i].reg, 32);
		}
		/* Products are indexes, of which the first is 0. */
		if (!strchr(*t, '*'))
			iom_tsv_parse(*t, &number);
		*offset += number;
	}
	g_strfreev(terms);
	return true;
}

/* The name under which register_fields.tsv has it: without index. */
static char *plain_name(const char *name)
{
	char *plain = g_strdup(name), *bracket = strchr(plain, '[');

	if (bracket)
		*bracket = 0;
	if (g_str_has_prefix(plain, "MTRR_FIX"))
		strcpy(plain, "MTRR_FIXn_REG");
	if (g_str_has_prefix(plain, "MTRR_PHYSBASE"))
		strcpy(plain, "MTRR_PHYSBASEn_REG");
	if (g_str_has_prefix(plain, "MTRR_PHYSMASK"))
		strcpy(plain, "MTRR_PHYSMASKn_REG");
	return plain;
}

static int position(const char *cell, int haw)
{
	uint64_t number = 0;

	if (!g_str_has_prefix(cell, "HAW"))
		return iom_tsv_parse(cell, &number) ? (int)number : -1;
	return strcmp(cell, "HAW-1") == 0 ? haw - 1 : haw;
}

typedef struct rights {
	bool known; /* register_fields.tsv has the register */
	uint64_t writable; /* software's bits */
	uint64_t fixed; /* read-only and reserved bits */
	uint64_t clear; /* write 1 to clear */
} rights;

/* Of the 64 bits from `first` on. */
static rights rights_of(const vtd_table *fields, const char *name, int first, int haw)
{
	char *plain = plain_name(name);
	rights r = { 0 };

	for (unsigned i = 0; i < fields->n; i++) {
		const iom_tsv_row *row = vtd_table_row(fields, i);
		const char *access = iom_tsv_get(row, "access");
		int msb = position(iom_tsv_get(row, "msb"), haw);
		int lsb = position(iom_tsv_get(row, "lsb"), haw);

		if (strcmp(iom_tsv_get(row, "register"), plain) != 0 ||
		    g_str_has_prefix(iom_tsv_get(row, "field"), "RULE."))
			continue;
		r.known = true;
		for (int bit = MAX(lsb, first); bit <= MIN(msb, first + 63); bit++) {
			uint64_t mask = BIT(bit - first);

			if (strcmp(access, "RW") == 0 || strcmp(access, "RWL") == 0)
				r.writable |= mask;
			else if (g_str_has_prefix(access, "RW1C"))
				r.clear |= mask;
			else if (strcmp(access, "WO") != 0)
				r.fixed |= mask;
		}
	}
	g_free(plain);
	return r;
}

static void expect(const char *name, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return;
	g_print("%s %s: %#" G_GINT64_MODIFIER "x, should be %#" G_GINT64_MODIFIER "x\n", name, what,
		got, want);
	CU_FAIL("a register differs");
}

/* Registers whose write starts something: cases of their own, below or elsewhere. */
static bool starts_something(const char *name)
{
	static const char *const names[] = { "GCMD_REG", "CCMD_REG", "IOTLB_REG", "ECMD_REG",
					     "VCMD_REG", "IVA_REG",  "ECEO_REG" };

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Ones and zeros into every bit, as words of the register's width and as dwords. */
static void check_access(const rig *g, const char *name, uint64_t offset, unsigned bits,
			 const rights *r)
{
	uint64_t mask = bits == 32 ? 0xffffffff : UINT64_MAX, before = get(g, offset, bits);
	/* Address bits from the host address width on may be missing. */
	uint64_t sure = r->writable & mask & ~(bits == 64 ? UINT64_MAX << g->config.haw : 0);

	put(g, offset, bits, mask);
	uint64_t ones = get(g, offset, bits);

	expect(name, "after ones, writable bits", ones & sure, sure);
	expect(name, "after ones, fixed bits", ones & r->fixed & mask, before & r->fixed & mask);
	expect(name, "after ones, bits that ones clear", ones & r->clear & mask, 0);
	put(g, offset, bits, 0);
	expect(name, "after zeros, writable bits", get(g, offset, bits) & r->writable & mask, 0);
	if (bits == 64) {
		put(g, offset + 4, 32, 0xffffffff);
		expect(name, "after ones in the upper half", get(g, offset, 64) & sure,
		       sure & ~UINT64_C(0xffffffff));
		put(g, offset, 32, 0xffffffff);
		expect(name, "after ones in both halves", get(g, offset, 64) & sure, sure);
		expect(name, "its halves", get(g, offset + 4, 32) << 32 | get(g, offset, 32),
		       get(g, offset, 64));
		put(g, offset, 64, 0);
	}
	/* What it was, as far as software may. */
	put(g, offset, bits, before);
}

/* Protected memory: low bits are fixed, the others software's. */
static void check_region(const rig *g, const char *name, uint64_t offset, unsigned bits)
{
	uint64_t mask = bits == 32 ? 0xffffffff : BIT(g->config.haw) - 1;

	put(g, offset, bits, UINT64_MAX);
	uint64_t ones = get(g, offset, bits) & mask;

	/* Ones from some bit on up. */
	expect(name, "granularity", ones & (ones - 1) & ~ones, 0);
	CU_ASSERT_TRUE(ones != 0 && ((ones | (ones - 1)) & mask) == mask);
	put(g, offset, bits, 0);
	expect(name, "after zeros", get(g, offset, bits), 0);
}

static bool is_region(const char *name)
{
	return g_str_has_prefix(name, "PLM") || g_str_has_prefix(name, "PHM");
}

/* Values that an implementation chooses: what the configuration says. */
static bool configured(const rig *g, const char *name, uint64_t *value)
{
	const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{ "VER_REG", g->config.ver },         { "CAP_REG", g->config.cap },
		{ "ECAP_REG", g->config.ecap },       { "VCCAP_REG", g->config.vccap },
		{ "PERFCAP_REG", g->config.perfcap }, { "ECCAP_REG_3", g->config.eccap[3] },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strcmp(name, known[i].name) == 0) {
			*value = known[i].value;
			return true;
		}
	}
	return false;
}

static void check_reset(const rig *g, const iom_tsv_row *row, uint64_t offset, unsigned bits)
{
	const char *name = iom_tsv_get(row, "name"), *cell = iom_tsv_get(row, "reset");
	uint64_t value = 0;

	if (strcmp(cell, "impl") == 0) {
		/* The unit may have fewer features than its configuration asks for. */
		if (configured(g, name, &value) && strcmp(name, "PERFCAP_REG") != 0 &&
		    strcmp(name, "CAP_REG") != 0 && strcmp(name, "ECAP_REG") != 0)
			expect(name, "value", get(g, offset, bits), value);
		return;
	}
	char **words = g_strsplit(cell, " ", 2);

	if (iom_tsv_parse(words[0], &value))
		expect(name, "reset value", get(g, offset, bits), value);
	g_strfreev(words);
}

/* The first "CAP.X", "ECAP.X" or "PERFCAP.X" of the presence condition. */
static char *feature_of(const char *cell)
{
	char **words = g_strsplit_set(cell, " |&;<=(", -1);
	char *feature = NULL;

	for (char **w = words; *w && !feature; w++) {
		if (g_str_has_prefix(*w, "CAP.") || g_str_has_prefix(*w, "ECAP.") ||
		    g_str_has_prefix(*w, "PERFCAP."))
			feature = g_strdup(*w);
	}
	/* Historic: there is no such bit any more. */
	if (feature && strcmp(feature, "CAP.AFL") == 0)
		g_clear_pointer(&feature, g_free);
	g_strfreev(words);
	return feature;
}

/* On a unit without the feature it reads zero and ignores writes. */
static void check_absent(const iom_tsv_row *row, const char *feature, uint64_t offset,
			 unsigned bits)
{
	const char *name = iom_tsv_get(row, "name"), *condition = iom_tsv_get(row, "present_if");
	rig *g = rig_new(feature);

	/* Either of two regions keeps the register that enables them; some may stay. */
	if (strstr(condition, "CAP.PLMR|CAP.PHMR") || strstr(condition, "may be")) {
		rig_free(g);
		return;
	}
	expect(name, "on a unit without it", get(g, offset, bits), 0);
	put(g, offset, bits, UINT64_MAX);
	expect(name, "written on a unit without it", get(g, offset, bits), 0);
	rig_free(g);
}

/* The optional parts of performance monitoring, as PERFCAP_REG of the unit has them. */
static bool offered(const rig *g, const char *condition)
{
	static const struct {
		const char *name;
		unsigned bit;
	} parts[] = { { "PERFCAP.PTLFS", 36 }, { "PERFCAP.ATFS", 35 },  { "PERFCAP.PASIDFS", 34 },
		      { "PERFCAP.DIDFS", 33 }, { "PERFCAP.RIDFS", 32 }, { "PERFCAP.PCCS", 51 } };

	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (strstr(condition, parts[i].name))
			return get(g, 0x300, 64) >> parts[i].bit & 1;
	}
	return true;
}

static bool check_register(const rig *g, const vtd_table *fields, const iom_tsv_row *row)
{
	const char *name = iom_tsv_get(row, "name"), *access = iom_tsv_get(row, "access");
	uint64_t offset, width = 0;
	char *feature = feature_of(iom_tsv_get(row, "present_if"));

	iom_tsv_u64(row, "width_bits", &width, NULL);
	offset_of(g, iom_tsv_get(row, "offset"), &offset);
	/* A 128-bit record is two words. */
	unsigned bits = width == 32 ? 32 : 64;

	/* Listed as absent only while the unit itself says so. */
	if (!offered(g, iom_tsv_get(row, "present_if"))) {
		g_free(feature);
		return false;
	}
	for (unsigned word = 0; word < MAX(width / 64, 1u); word++) {
		uint64_t at = offset + 8 * word;
		rights r = rights_of(fields, name, 64 * (int)word, g->config.haw);

		/* The status follows the enable bit. */
		if (strcmp(name, "PMEN_REG") == 0)
			r.fixed &= ~BIT(0);
		if (word == 0 || width <= 64)
			check_reset(g, row, at, bits);
		if (is_region(name)) {
			check_region(g, name, at, bits);
		} else if (g_str_has_prefix(name, "PERFCNTR_REG")) {
			put(g, at, 64, UINT64_MAX);
			expect(name, "counter width", get(g, at, 64),
			       BIT(g->config.perfcap >> 16 & 0x7f) - 1);
			put(g, at, 64, 0);
		} else if (!starts_something(name)) {
			/* Without fields of its own it is what the access column says. */
			if (!r.known)
				r.fixed = strcmp(access, "RW") == 0 ||
							  g_str_has_prefix(access, "RW1C")
						  ? 0
						  : UINT64_MAX;
			check_access(g, name, at, bits, &r);
		}
	}
	if (strcmp(name, "GCMD_REG") == 0)
		expect(name, "read", get(g, offset, 32), 0);
	if (feature && width <= 64 && !starts_something(name))
		check_absent(row, feature, offset, bits);
	g_free(feature);
	return true;
}

static void registers(void)
{
	vtd_table *t = vtd_table_open("registers.tsv");
	vtd_table *fields = vtd_table_open("register_fields.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		/* A register that a test left behind would disturb the next. */
		rig *g = rig_new(NULL);

		if (check_register(g, fields, vtd_table_row(t, i)))
			vtd_table_cover(t, i);
		else
			vtd_table_excuse(t, i, "PERFCAP of the unit does not offer it");
		rig_free(g);
	}
	g_strfreev(fields->state);
	iom_tsv_free(fields->rows);
	g_free(fields);
	vtd_table_close(t);
}

/* 11.4.4.1: one-shot and level bits as GSTS shows them. */
static void global_commands(void)
{
	static const struct {
		uint32_t command, status;
	} levels[] = { { BIT(31), BIT(31) }, { BIT(26), BIT(26) }, { BIT(25), BIT(25) } };
	rig *g = rig_new(NULL);

	expect("GSTS", "at reset", get(g, 0x1c, 32), 0);
	put(g, 0x18, 32, BIT(30));
	expect("GSTS", "after SRTP", get(g, 0x1c, 32), BIT(30));
	put(g, 0x18, 32, 0);
	expect("GSTS", "after SRTP=0", get(g, 0x1c, 32), BIT(30));
	put(g, 0x18, 32, BIT(24));
	expect("GSTS", "after SIRTP", get(g, 0x1c, 32), BIT(30) | BIT(24));
	for (unsigned i = 0; i < G_N_ELEMENTS(levels); i++) {
		put(g, 0x18, 32, levels[i].command);
		expect("GSTS", "after a level bit", get(g, 0x1c, 32) & ~(BIT(30) | BIT(24)),
		       levels[i].status);
		put(g, 0x18, 32, 0);
		expect("GSTS", "after clearing it", get(g, 0x1c, 32), BIT(30) | BIT(24));
	}
	put(g, 0x18, 32, BIT(25));
	put(g, 0x18, 32, BIT(25) | BIT(23));
	expect("GSTS", "after CFI", get(g, 0x1c, 32) >> 23 & 1, 1);
	/* The pointers stay set, the table address is what SRTP saw. */
	iom_iommu_reset(g->unit);
	expect("GSTS", "after reset", get(g, 0x1c, 32), 0);
	rig_free(g);
}

/*
 * 11.4.8 protected memory: a DMA whose final address lies in an enabled region is
 * blocked, with and without translation, and nothing is recorded.
 */
static void protected_memory(void)
{
	static const struct {
		unsigned base, limit, size;
		uint64_t page; /* what the leaf maps, or the raw address */
	} regions[] = { { 0x68, 0x6c, 4, 0x40005000 }, { 0x70, 0x78, 8, UINT64_C(0x2000005000) } };

	for (unsigned i = 0; i < G_N_ELEMENTS(regions); i++) {
		for (unsigned tes = 0; tes < 2; tes++) {
			vtd_base *b = vtd_base_new(VTD_BASE_LEGACY, VTD_REQ_U);
			iom_cache_config config;
			iom_vtd_outcome got;

			b->c->cap |= BIT(5) | BIT(6);
			b->c->tes = tes;
			iom_vtd_case_put(b->c, b->ss[1], regions[i].page | 3, "ss.L1");
			if (!tes)
				b->c->address = regions[i].page;
			iom_vtd_bench *bench = iom_vtd_bench_new();

			iom_cache_config_preset(&config, "default");
			iom_vtd_bench_load(bench, b->c, false, &config, false, NULL);
			rig g = { .unit = iom_vtd_bench_unit(bench) };
			uint64_t start = regions[i].page & ~UINT64_C(0x1fffff);

			iom_vtd_bench_run(bench, b->c, false, &got);
			CHECK_EQ(got.kind, IOM_VTD_OK);
			put(&g, regions[i].base, 8 * regions[i].size, start);
			put(&g, regions[i].limit, 8 * regions[i].size, start);
			put(&g, 0x64, 32, BIT(31));
			CHECK_EQ(get(&g, 0x64, 32), BIT(31) | 1);
			iom_vtd_bench_run(bench, b->c, false, &got);
			CU_ASSERT_TRUE(got.kind == IOM_VTD_UR || got.kind == IOM_VTD_FAULT);
			CHECK_EQ(got.recorded, 0);
			/* A region that ends before it starts is none. */
			put(&g, 0x64, 32, 0);
			put(&g, regions[i].limit, 8 * regions[i].size, start - 0x200000);
			put(&g, 0x64, 32, BIT(31));
			iom_vtd_bench_run(bench, b->c, false, &got);
			CHECK_EQ(got.kind, IOM_VTD_OK);
			iom_vtd_bench_free(bench);
			vtd_base_free(b);
		}
	}
}

static const iom_test tests[] = {
	{ "registers: reset values, access rights, presence", registers },
	{ "the global command and status registers", global_commands },
	{ "protected memory", protected_memory },
	{ 0 },
};
const iom_suite vtd_registers_suite = { "registers", tests };
