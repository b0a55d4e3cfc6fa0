/* SPDX-License-Identifier: MIT */
/* Registers: reset values, access rights, field masks and guards of registers.tsv. */
#include "tests/conformance/smmu-build.h"
#include "tests/conformance/smmu-suites.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const presets[] = { "default", "off", "one", "prefetch" };

/* What a model of everything has beyond the default; each only where it is offered. */
static const struct {
	const char *name;
	uint64_t value;
} everything[] = {
	{ "AIDR", 4 },
	{ "IDR3.S1PI", 1 },
	{ "IDR3.S2PI", 1 },
	{ "IDR3.S2PO", 1 },
	{ "IDR3.EPAN", 1 },
	{ "IDR3.MTEPERM", 1 },
	{ "IDR3.AIE", 1 },
	{ "IDR3.MPAM", 1 },
	{ "MPAMIDR.PARTID_MAX", 31 },
	{ "MPAMIDR.PMG_MAX", 3 },
	{ "IDR3.STT", 1 },
	{ "IDR0.ATOS", 1 },
	{ "IDR0.VATOS", 1 },
	{ "IDR1.ECMDQ", 1 },
	{ "IDR3.DPT", 1 },
	{ "S_IDR1.SECURE_IMPL", 1 },
	{ "S_IDR1.SEL2", 1 },
	{ "S_IDR1.S_SIDSIZE", 16 },
	{ "S_IDR0.MSI", 1 },
	{ "S_IDR0.ECMDQ", 1 },
	{ "R_IDR0.STALL_MODEL", 1 },
	{ "R_IDR1.RME_DA_IMPL", 1 },
	{ "IDR0.RME_IMPL", 1 },
	{ "R_IDR0.ATS", 1 },
	{ "R_IDR0.PRI", 1 },
	{ "R_IDR0.MSI", 1 },
	{ "R_IDR0.ECMDQ", 1 },
};

/* Set a field, unless the model then no longer accepts the whole. */
static void try_field(iom_smmu_config *config, const iom_bus *bus, const char *name, uint64_t value)
{
	iom_smmu_config with = *config;
	iom_iommu *iommu;

	if (!iom_smmu_config_set(&with, name, value, NULL))
		return;
	iommu = iom_smmu_new(&with, bus, NULL);
	if (!iommu)
		return;
	iom_iommu_unref(iommu);
	*config = with;
}

static iom_smmu_config full_config(void)
{
	iom_memory *memory = iom_memory_new();
	iom_bus bus = { .size = sizeof bus, .memory = { memory } };
	iom_smmu_config config;

	iom_smmu_config_init(&config);
	iom_cache_config_preset(&config.cache, "off");
	/* Twice: one field may need another. */
	for (unsigned i = 0; i < 2 * G_N_ELEMENTS(everything); i++)
		try_field(&config, &bus, everything[i % G_N_ELEMENTS(everything)].name,
			  everything[i % G_N_ELEMENTS(everything)].value);
	iom_memory_unref(memory);
	return config;
}

static iom_iommu *full_model(const char *preset, iom_memory **memory)
{
	iom_smmu_config config = full_config();
	iom_bus bus = { .size = sizeof bus };

	*memory = bus.memory[0] = iom_memory_new();
	iom_memory_add_sparse(*memory, 0, UINT64_C(1) << 52, NULL);
	iom_cache_config_preset(&config.cache, preset);
	return iom_smmu_new(&config, &bus, NULL);
}

typedef struct subject {
	iom_iommu *iommu;
	iom_memory *memory;
	const iom_tsv_row *row;
	const char *name;
	uint64_t offset;
	unsigned size;
	iom_space space;
	bool found;
} subject;

static uint64_t get(const subject *s)
{
	return iom_iommu_mmio_read(s->iommu, s->offset, s->size, s->space);
}

static void put(const subject *s, uint64_t value)
{
	iom_iommu_mmio_write(s->iommu, s->offset, s->size, value, s->space);
}

static iom_space space_of(const char *iface)
{
	if (strcmp(iface, "S") == 0 || strcmp(iface, "S_VATOS") == 0)
		return IOM_SPACE_SECURE;
	if (strcmp(iface, "R") == 0)
		return IOM_SPACE_REALM;
	return strcmp(iface, "ROOT") == 0 ? IOM_SPACE_ROOT : IOM_SPACE_NONSECURE;
}

/* "NAMEn" of the table is any one of them in the model. */
static bool same_name(const char *found, const char *name)
{
	size_t n = strlen(name);

	if (strcmp(found, name) == 0)
		return true;
	return n && name[n - 1] == 'n' && strncmp(found, name, n - 1) == 0;
}

/* Where the model says that the register is. */
static bool find_by_name(const iom_iommu *iommu, const char *name, uint64_t *offset)
{
	uint64_t size = iom_iommu_mmio_size(iommu);

	for (uint64_t at = 0; at < size; at += 4) {
		const char *found = NULL;

		if (iom_iommu_register(iommu, at, &found) && found && same_name(found, name)) {
			*offset = at;
			return true;
		}
	}
	return false;
}

/* Control pages of command queues may go without a name; PRESET is set in the first. */
static bool find_control_page(subject *s)
{
	uint64_t offset = g_ascii_strtoull(iom_tsv_get(s->row, "offset"), NULL, 16);
	uint64_t base = 0;

	if (s->space == IOM_SPACE_REALM && !find_by_name(s->iommu, "SMMU_R_IDR0", &base))
		return false;
	s->offset = base + offset;
	return iom_iommu_mmio_read(s->iommu, base + (offset & ~UINT64_C(31)), 8, s->space) & 1;
}

static bool open_subject(subject *s, const iom_tsv_row *row, const char *preset)
{
	const char *iface = iom_tsv_get(row, "iface"), *found = NULL;
	uint64_t width = 32;

	memset(s, 0, sizeof *s);
	s->row = row;
	s->name = iom_tsv_get(row, "name");
	s->iommu = full_model(preset, &s->memory);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->iommu);
	iom_tsv_u64(row, "width", &width, NULL);
	s->size = (unsigned)width / 8;
	s->space = space_of(iface);
	bool plain = strcmp(iface, "NS") == 0 || strcmp(iface, "S") == 0;

	if (plain) /* "OFFSET+32*n": the first of them */
		plain = g_ascii_strtoull(iom_tsv_get(row, "offset"), NULL, 16) != 0 ||
			strcmp(s->name, "SMMU_IDR0") == 0;
	s->offset = g_ascii_strtoull(iom_tsv_get(row, "offset"), NULL, 16);

	if (plain)
		s->found = iom_iommu_register(s->iommu, s->offset, &found) && found &&
			   same_name(found, s->name);
	else
		s->found = find_by_name(s->iommu, s->name, &s->offset);
	if (!s->found && strstr(s->name, "CMDQ_CONTROL_PAGE"))
		s->found = find_control_page(s);
	return s->found;
}

static void close_subject(subject *s)
{
	iom_iommu_unref(s->iommu);
	iom_memory_unref(s->memory);
}

/* Bits of the register that the table gives a meaning to. */
static uint64_t table_mask(const iom_tsv *fields, const char *name)
{
	uint64_t mask = 0;
	bool any = false;

	for (unsigned i = 0; i < iom_tsv_n_rows(fields); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(fields, i);
		const char *field = iom_tsv_get(row, "field");
		uint64_t msb, lsb;

		if (strcmp(iom_tsv_get(row, "register"), name) != 0)
			continue;
		any = true;
		if (strncmp(field, "RES0", 4) == 0 || !iom_tsv_u64(row, "msb", &msb, NULL) ||
		    !iom_tsv_u64(row, "lsb", &lsb, NULL))
			continue;
		mask |= (msb - lsb == 63 ? UINT64_MAX : (UINT64_C(1) << (msb - lsb + 1)) - 1)
			<< lsb;
	}
	return any ? mask : UINT64_MAX;
}

static bool fails(const subject *s, const char *what, uint64_t got, uint64_t expected)
{
	fprintf(stderr, "\n%s at %#" PRIx64 ": %s: %#" PRIx64 ", should be %#" PRIx64 "\n", s->name,
		s->offset, what, got, expected);
	return false;
}

static bool check_reset(const subject *s)
{
	const char *reset = iom_tsv_get(s->row, "reset");
	uint64_t expected = 0, got = get(s);

	if (strcmp(s->name, "SMMU_GBPA") == 0)
		expected = 0x1000;
	else if (strcmp(s->name, "SMMU_R_CR0ACK") == 0)
		expected = 0x10; /* ATSCHK is RES1 with R_IDR0.ATS: register_fields.tsv */
	else if (!iom_tsv_parse(reset, &expected) && strncmp(reset, "UNKNOWN", 7) != 0)
		return true; /* a constant of the implementation */
	/* UNKNOWN: zero is recommended. */
	return got == expected || fails(s, "reset value", got, expected);
}

static bool read_only(const subject *s)
{
	uint64_t before = get(s);

	put(s, UINT64_MAX);
	if (get(s) != before)
		return fails(s, "changed by a write", get(s), before);
	put(s, 0);
	return get(s) == before || fails(s, "changed by a write", get(s), before);
}

/* Registers that do not simply keep what is written. */
static bool keeps_value(const char *name)
{
	static const char *const others[] = { "GATOS_CTRL", "VATOS_CTRL", "DPT_CFG_FAR",
					      "S_INIT",     "GPF_FAR",    "GPT_CFG_FAR",
					      "TLBI",       "GERRORN",    "GPT_BASE_UPDATE" };

	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
		if (strstr(name, others[i]))
			return false;
	}
	return true;
}

static bool implementation_defined(const char *name)
{
	return strstr(name, "AGBPA") != NULL;
}

static bool writable_bits(const subject *s, const iom_tsv *fields)
{
	uint64_t mask = table_mask(fields, s->name);
	bool update =
		strstr(s->name, "GBPA") || strstr(s->name, "GMPAM") || strstr(s->name, "GBPMPAM");

	if (s->size == 4)
		mask &= UINT32_MAX;
	if (update && !implementation_defined(s->name)) {
		uint64_t before = get(s);

		put(s, UINT32_MAX >> 1);
		if (get(s) != before)
			return fails(s, "written without Update", get(s), before);
		mask &= ~UINT64_C(0x80000000); /* done at once */
	}
	put(s, UINT64_MAX);
	uint64_t ones = get(s);

	if (ones & ~mask)
		return fails(s, "reserved bits kept", ones, mask);
	if (!ones && keeps_value(s->name) && !implementation_defined(s->name))
		return fails(s, "cannot be written", ones, mask);
	return true;
}

/* The halves of a 64-bit register by 32-bit accesses. */
static bool check_halves(const subject *s)
{
	if (s->size != 8)
		return true;
	iom_iommu_mmio_write(s->iommu, s->offset, 8, UINT64_MAX, s->space);
	uint64_t ones = get(s);
	uint64_t low = iom_iommu_mmio_read(s->iommu, s->offset, 4, s->space);
	uint64_t high = iom_iommu_mmio_read(s->iommu, s->offset + 4, 4, s->space);

	if ((high << 32 | low) != ones)
		return fails(s, "read by halves", high << 32 | low, ones);
	iom_iommu_mmio_write(s->iommu, s->offset, 8, 0, s->space);
	uint64_t zeroes = get(s);

	iom_iommu_mmio_write(s->iommu, s->offset + 4, 4, UINT32_MAX, s->space);
	uint64_t expected = (ones & ~UINT64_C(0xffffffff)) | (zeroes & 0xffffffff);

	return get(s) == expected || fails(s, "upper half written", get(s), expected);
}

/* Only the interface's own state, or Root, sees a Secure or Realm register. */
static bool check_space(const subject *s)
{
	if (s->space == IOM_SPACE_NONSECURE)
		return true;
	uint64_t before = get(s);

	iom_iommu_mmio_write(s->iommu, s->offset, s->size, UINT64_MAX, IOM_SPACE_NONSECURE);
	if (get(s) != before)
		return fails(s, "written by a Non-secure access", get(s), before);
	uint64_t seen = iom_iommu_mmio_read(s->iommu, s->offset, s->size, IOM_SPACE_NONSECURE);

	return seen == 0 || fails(s, "read by a Non-secure access", seen, 0);
}

static bool check_alignment(const subject *s)
{
	uint64_t odd = iom_iommu_mmio_read(s->iommu, s->offset + 1, 4, s->space);

	return odd == 0 || fails(s, "misaligned access", odd, 0);
}

static bool check_row(const iom_tsv_row *row, const iom_tsv *fields, const char *preset)
{
	const char *access = iom_tsv_get(row, "access");
	subject s;

	if (!open_subject(&s, row, preset)) {
		close_subject(&s);
		return false;
	}
	/* "RO while ..." can be written after reset. */
	bool constant = strcmp(access, "RO") == 0;
	bool ok = check_reset(&s) && check_alignment(&s) && check_space(&s) &&
		  (constant ? read_only(&s) : writable_bits(&s, fields));

	/* The halves of what a write starts would start it twice. */
	if (!constant && keeps_value(s.name))
		ok = check_halves(&s) && ok;
	close_subject(&s);
	CU_ASSERT_TRUE(ok);
	return true;
}

static void waive(smmu_coverage *coverage, const iom_tsv_row *row)
{
	const char *access = iom_tsv_get(row, "access");

	if (strcmp(access, "alias or RAZ/WI") == 0)
		smmu_waive(coverage, row, "optional second place of a register of page 1");
	else if (strncmp(access, "IMPDEF", 6) == 0 || strstr(access, "IMPDEF content"))
		smmu_waive(coverage, row, "IMPLEMENTATION DEFINED");
	else if (strncmp(iom_tsv_get(row, "present_when"), "always", 6) != 0)
		smmu_waive(coverage, row, "not present in the model's largest configuration");
}

static void every_register(void)
{
	iom_tsv *table = smmu_spec_table("registers.tsv");
	iom_tsv *fields = smmu_spec_table("register_fields.tsv");
	smmu_coverage coverage;

	if (!table || !fields)
		return;
	smmu_coverage_init(&coverage, table);
	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		bool present = true;

		for (unsigned p = 0; present && p < G_N_ELEMENTS(presets); p++)
			present = check_row(row, fields, presets[p]);
		if (present)
			smmu_cover(&coverage, row);
		else
			waive(&coverage, row);
	}
	smmu_coverage_end(&coverage, 161);
	iom_tsv_free(fields);
	iom_tsv_free(table);
}

/* ---- guards: a write that must be ignored while something is enabled --- */

typedef struct guard_case {
	const char *name;
	uint64_t offset;
	unsigned size;
	uint64_t enable_offset;
	uint32_t enable;
	uint64_t first, second; /* written before and after enabling */
} guard_case;

enum { CR0 = 0x20, IRQ_CTRL = 0x50 };

static const guard_case guards[] = {
	{ "CR1.TABLE_*", 0x28, 4, CR0, 1, 0xdc0, 0x000 },
	{ "CR1.QUEUE_*", 0x28, 4, CR0, 8, 0x037, 0x000 },
	{ "CR2", 0x2c, 4, CR0, 1, 0x2, 0x0 },
	{ "STRTAB_BASE", 0x80, 8, CR0, 1, 0x40000000, 0x50000000 },
	{ "STRTAB_BASE_CFG", 0x88, 4, CR0, 1, 0x8, 0x7 },
	{ "CMDQ_BASE", 0x90, 8, CR0, 8, 0x40000004, 0x50000005 },
	{ "CMDQ_CONS", 0x9c, 4, CR0, 8, 0, 3 },
	{ "EVENTQ_BASE", 0xa0, 8, CR0, 4, 0x40000004, 0x50000005 },
	{ "EVENTQ_PROD", 0x100a8, 4, CR0, 4, 2, 3 },
	{ "PRIQ_BASE", 0xc0, 8, CR0, 3, 0x40000004, 0x50000005 },
	{ "PRIQ_PROD", 0x100c8, 4, CR0, 3, 2, 3 },
	{ "GERROR_IRQ_CFG0", 0x68, 8, IRQ_CTRL, 1, 0x1000, 0x2000 },
	{ "GERROR_IRQ_CFG1", 0x70, 4, IRQ_CTRL, 1, 0x1000, 0x2000 },
	{ "GERROR_IRQ_CFG2", 0x74, 4, IRQ_CTRL, 1, 0x5, 0x6 },
	{ "EVENTQ_IRQ_CFG0", 0xb0, 8, IRQ_CTRL, 4, 0x1000, 0x2000 },
	{ "EVENTQ_IRQ_CFG1", 0xb8, 4, IRQ_CTRL, 4, 0x1000, 0x2000 },
	{ "EVENTQ_IRQ_CFG2", 0xbc, 4, IRQ_CTRL, 4, 0x5, 0x6 },
	{ "PRIQ_IRQ_CFG0", 0xd0, 8, IRQ_CTRL, 2, 0x1000, 0x2000 },
	{ "PRIQ_IRQ_CFG1", 0xd8, 4, IRQ_CTRL, 2, 0x1000, 0x2000 },
};

/* Large queues first, so that no guard is met by an index that does not fit. */
static void set_queues(iom_iommu *iommu)
{
	static const uint64_t bases[] = { 0x90, 0xa0, 0xc0 };

	for (unsigned i = 0; i < G_N_ELEMENTS(bases); i++)
		iom_iommu_mmio_write(iommu, bases[i], 8, 0x60000004, IOM_SPACE_NONSECURE);
}

static bool run_guard(const guard_case *g, const char *preset)
{
	const iom_space ns = IOM_SPACE_NONSECURE;
	iom_memory *memory;
	iom_iommu *iommu = full_model(preset, &memory);

	set_queues(iommu);
	iom_iommu_mmio_write(iommu, g->offset, g->size, g->first, ns);
	bool ok = iom_iommu_mmio_read(iommu, g->offset, g->size, ns) == g->first;

	iom_iommu_mmio_write(iommu, g->enable_offset, 4, g->enable, ns);
	ok = iom_iommu_mmio_read(iommu, g->enable_offset + 4, 4, ns) == g->enable && ok;
	iom_iommu_mmio_write(iommu, g->offset, g->size, g->second, ns);
	ok = iom_iommu_mmio_read(iommu, g->offset, g->size, ns) == g->first && ok;
	iom_iommu_mmio_write(iommu, g->enable_offset, 4, 0, ns);
	iom_iommu_mmio_write(iommu, g->offset, g->size, g->second, ns);
	ok = iom_iommu_mmio_read(iommu, g->offset, g->size, ns) == g->second && ok;
	if (!ok)
		fprintf(stderr, "\n%s is not guarded as it should be (caches %s)\n", g->name,
			preset);
	iom_iommu_unref(iommu);
	iom_memory_unref(memory);
	return ok;
}

static void every_guard(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(guards); i++) {
		for (unsigned p = 0; p < G_N_ELEMENTS(presets); p++)
			CU_ASSERT_TRUE(run_guard(&guards[i], presets[p]));
	}
}

static const iom_test tests[] = {
	{ "reset value, access and fields of every register", every_register },
	{ "registers that may not change while enabled", every_guard },
	{ 0 },
};

const iom_suite smmu_registers_suite = { "registers", tests };
