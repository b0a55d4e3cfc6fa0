/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool smmu_spec_open(smmu_spec *spec)
{
	spec->ste = smmu_spec_table("ste_fields.tsv");
	spec->cd = smmu_spec_table("cd_fields.tsv");
	return spec->ste && spec->cd;
}

void smmu_spec_close(smmu_spec *spec)
{
	iom_tsv_free(spec->ste);
	iom_tsv_free(spec->cd);
}

const iom_tsv_row *smmu_spec_field(const iom_tsv *table, const char *structure, const char *name)
{
	size_t n = strlen(name);

	for (unsigned i = 0; i < iom_tsv_n_rows(table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(table, i);
		const char *found = iom_tsv_get(row, "name");

		if (strcmp(iom_tsv_get(row, "struct"), structure) == 0 &&
		    strncmp(found, name, n) == 0 && (found[n] == 0 || found[n] == ' '))
			return row;
	}
	return NULL;
}

/* Fields that hold an address without its low bits. */
static unsigned address_shift(const char *name)
{
	static const struct {
		const char *name;
		unsigned shift;
	} fields[] = {
		{ "S1ContextPtr", 6 }, { "S2TTB", 4 }, { "S_S2TTB", 4 },
		{ "VMSPtr", 12 },      { "TTB0", 4 },  { "TTB1", 4 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].shift;
	}
	return 0;
}

static void set_bits(uint64_t *words, unsigned msb, unsigned lsb, uint64_t value)
{
	for (unsigned bit = lsb; bit <= msb; bit++, value >>= 1) {
		words[bit / 64] &= ~(UINT64_C(1) << bit % 64);
		words[bit / 64] |= (value & 1) << bit % 64;
	}
}

static bool set_field(const iom_tsv *table, const char *structure, uint64_t *words,
		      const char *name, uint64_t value)
{
	const iom_tsv_row *row = smmu_spec_field(table, structure, name);
	uint64_t msb, lsb;

	if (!row || !iom_tsv_u64(row, "msb", &msb, NULL) || !iom_tsv_u64(row, "lsb", &lsb, NULL))
		return false;
	set_bits(words, (unsigned)msb, (unsigned)lsb, value >> address_shift(name));
	return true;
}

static bool set_id(smmu_build *build, const char *name, uint64_t value)
{
	for (unsigned i = 0; i < build->vector.n_ids; i++) {
		if (strcmp(build->vector.ids[i].name, name) == 0) {
			build->vector.ids[i].value = value;
			return true;
		}
	}
	if (!strchr(name, '.'))
		return false;
	iom_smmu_id id = { NULL, g_intern_string(name), value };

	g_array_append_val(build->extra_ids, id);
	return true;
}

static bool set_register(smmu_build *build, const char *name, uint64_t value)
{
	iom_smmu_registers *r = &build->vector.registers;

	if (strcmp(name, "CR0") == 0)
		r->cr0 = (uint32_t)value;
	else if (strcmp(name, "CR2") == 0)
		r->cr2 = (uint32_t)value;
	else if (strcmp(name, "GBPA") == 0)
		r->gbpa = (uint32_t)value;
	else if (strcmp(name, "STRTAB_BASE_CFG") == 0)
		r->strtab_base_cfg = (uint32_t)value;
	else
		return false;
	return true;
}

bool smmu_build_set(smmu_build *build, const char *what, const char *settings)
{
	char **items = g_strsplit(settings, ";", -1);
	bool ok = true;

	for (char **p = items; *p; p++) {
		char *equal = strchr(*p, '=');
		uint64_t value;

		if (!**p)
			continue;
		if (!equal || !iom_tsv_parse(equal + 1, &value)) {
			ok = false;
		} else {
			*equal = 0;
			if (strcmp(what, "ste") == 0)
				ok = set_field(build->spec->ste, "STE", build->ste, *p, value) &&
				     ok;
			else if (strcmp(what, "cd") == 0)
				ok = set_field(build->spec->cd, "CD", build->cd, *p, value) && ok;
			else if (strcmp(what, "idr") == 0)
				ok = set_id(build, *p, value) && ok;
			else
				ok = set_register(build, *p, value) && ok;
		}
		if (!ok)
			fprintf(stderr, "\n%s: '%s' of '%s' is not known\n", what, *p, settings);
	}
	g_strfreev(items);
	return ok;
}

void smmu_build_word(smmu_build *build, uint64_t address, uint64_t value)
{
	uint64_t pair[2] = { address, value };

	g_array_append_vals(build->words, pair, 2);
}

uint64_t smmu_build_get(const smmu_build *build, uint64_t address)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < build->words->len; i += 2) {
		if (g_array_index(build->words, uint64_t, i) == address)
			value = g_array_index(build->words, uint64_t, i + 1);
	}
	return value;
}

static void build_tables(smmu_build *build, unsigned config)
{
	if ((config & 5) == 5) {
		smmu_build_word(build, SMMU_BUILD_S1, SMMU_BUILD_S1_L2 | 3);
		smmu_build_word(build, SMMU_BUILD_S1_L2, SMMU_BUILD_S1_L3 | 3);
		/* AF, Inner Shareable, AP 0b01, AttrIndx 0, page */
		smmu_build_word(build, SMMU_BUILD_S1_L3 + 8, SMMU_BUILD_OA | 0xf43);
	}
	if ((config & 6) == 6) {
		/* Level 1: blocks of 1GB, AF, read and write, Normal write-back. */
		for (uint64_t i = 0; i < 4; i++)
			smmu_build_word(build, SMMU_BUILD_S2 + 8 * i, i << 30 | 0x7fd);
	}
}

void smmu_build_init(smmu_build *build, const smmu_spec *spec, unsigned config)
{
	char text[40];

	memset(build, 0, sizeof *build);
	build->spec = spec;
	build->words = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	build->extra_ids = g_array_new(FALSE, FALSE, sizeof(iom_smmu_id));
	build->ste_address = SMMU_BUILD_STE;
	build->cd_address = SMMU_BUILD_CD;
	iom_smmu_vector_base_ids(&build->vector);
	build->vector.registers = (iom_smmu_registers){ .cr0 = 0x5,
							.cr2 = 0x2,
							.gbpa = 0x1000,
							.strtab_base = SMMU_BUILD_STRTAB,
							.strtab_base_cfg = 8 };
	build->request = (iom_request){ .address = SMMU_BUILD_VA,
					.length = 1,
					.requester = SMMU_BUILD_SID,
					.pasid = IOM_NO_PASID,
					.access = IOM_READ };
	g_snprintf(text, sizeof text, "V=1;Config=%u;SHCFG=1", config);
	smmu_build_set(build, "ste", text);
	if (config & 1) {
		smmu_build_set(build, "ste", "S1ContextPtr=0x40010000;S1CIR=1;S1COR=1;S1CSH=3");
		smmu_build_set(build, "cd",
			       "V=1;AA64=1;A=1;R=1;IPS=5;ASID=7;MAIR0=0x40044ff;T0SZ=25;"
			       "TTB0=0x80000000;EPD1=1;IR0=1;OR0=1;SH0=3");
	}
	if (config & 2)
		smmu_build_set(build, "ste",
			       "S2VMID=3;S2T0SZ=25;S2SL0=1;S2IR0=1;S2OR0=1;S2SH0=3;S2PS=5;"
			       "S2AA64=1;S2R=1;S2TTB=0x90000000");
	build_tables(build, config);
}

void smmu_build_clear(smmu_build *build)
{
	g_array_unref(build->words);
	g_array_unref(build->extra_ids);
}

static void store_words(iom_memory *memory, uint64_t address, const uint64_t *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iom_memory_store64(memory, address + 8 * i, words[i]);
}

static iom_memory *build_memory(const smmu_build *build)
{
	iom_memory *memory = iom_memory_new();

	iom_memory_add_sparse(memory, 0, UINT64_C(1) << 56, NULL);
	store_words(memory, build->ste_address, build->ste, 8);
	store_words(memory, build->cd_address, build->cd, 8);
	for (unsigned i = 0; i < build->words->len; i += 2)
		iom_memory_store64(memory, g_array_index(build->words, uint64_t, i),
				   g_array_index(build->words, uint64_t, i + 1));
	for (unsigned i = 0; i < build->n_aborts; i++)
		iom_memory_inject(memory, build->aborts[i].first,
				  build->aborts[i].last - build->aborts[i].first + 1, true, true,
				  IOM_MEM_ABORT);
	return memory;
}

static bool set_extra_ids(const smmu_build *build, iom_smmu_config *config, GError **error)
{
	for (unsigned i = 0; i < build->extra_ids->len; i++) {
		const iom_smmu_id *id = &g_array_index(build->extra_ids, iom_smmu_id, i);

		if (!iom_smmu_config_set(config, id->field, id->value, error))
			return false;
	}
	return true;
}

/* Offset of the Realm page 0: where the model says that its CR0 is. */
static uint64_t realm_page(const iom_iommu *iommu)
{
	for (uint64_t at = 0x20000; at < iom_iommu_mmio_size(iommu); at += 0x10000) {
		const char *name = NULL;

		if (iom_iommu_register(iommu, at + 0x20, &name) && name &&
		    strcmp(name, "SMMU_R_CR0") == 0)
			return at;
	}
	return 0;
}

/* Where the interface's registers are: 6.2.1, 6.2.8; page 1 has the event queue's indexes. */
static void interface_pages(const iom_iommu *iommu, iom_space space, uint64_t *page0,
			    uint64_t *indexes)
{
	*page0 = space == IOM_SPACE_SECURE  ? 0x8000
		 : space == IOM_SPACE_REALM ? realm_page(iommu)
					    : 0;
	*indexes = space == IOM_SPACE_SECURE ? *page0 : *page0 + 0x10000;
}

static void program_interface(const iom_smmu_registers *r, iom_iommu *iommu, iom_space space)
{
	uint64_t page0, indexes;

	interface_pages(iommu, space, &page0, &indexes);
	const struct {
		uint64_t offset;
		unsigned size;
		uint64_t value;
	} writes[] = {
		{ page0 + 0x2c, 4, r->cr2 },
		{ page0 + 0x80, 8, r->strtab_base },
		{ page0 + 0x88, 4, r->strtab_base_cfg },
		{ page0 + 0xa0, 8, SMMU_BUILD_EVENTQ | 7 },
		{ indexes + 0xa8, 4, 0 },
		{ indexes + 0xac, 4, 0 },
		{ page0 + 0x20, 4, r->cr0 & ~1u },
		{ page0 + 0x20, 4, r->cr0 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(writes); i++)
		iom_iommu_mmio_write(iommu, writes[i].offset, writes[i].size, writes[i].value,
				     space);
}

/* With RME nothing passes before Root software has said so (ROOT_CR0.ACCESSEN). */
static void let_root_pass(iom_iommu *iommu)
{
	uint64_t size = iom_iommu_mmio_size(iommu);
	const char *name;

	for (uint64_t page = 0x20000; page < size; page += 0x10000) {
		if (iom_iommu_register(iommu, page + 0x20, &name) &&
		    strcmp(name, "SMMU_ROOT_CR0") == 0)
			iom_iommu_mmio_write(iommu, page + 0x20, 4, 1, IOM_SPACE_ROOT);
	}
}

iom_iommu *smmu_build_model(const smmu_build *build, const char *preset, iom_memory **memory)
{
	iom_memory *mem = build_memory(build);
	iom_bus bus = { .size = sizeof bus, .memory = { mem } };
	iom_cache_config cache;
	iom_smmu_config config;
	iom_iommu *iommu = NULL;
	GError *error = NULL;

	if (smmu_caches(&cache, preset) &&
	    iom_smmu_vector_config(&build->vector, &cache, &config, &error) &&
	    set_extra_ids(build, &config, &error))
		iommu = iom_smmu_new(&config, &bus, &error);
	if (!iommu) {
		fprintf(stderr, "\nno model: %s\n", error ? error->message : preset);
		g_clear_error(&error);
		iom_memory_unref(mem);
		return NULL;
	}
	let_root_pass(iommu);
	if (build->space != IOM_SPACE_NONSECURE)
		program_interface(&build->vector.registers, iommu, build->space);
	else
		iom_smmu_vector_program(&build->vector.registers, SMMU_BUILD_EVENTQ, iommu);
	if (memory)
		*memory = mem;
	else
		iom_memory_unref(mem);
	return iommu;
}

static void ask_once(const smmu_build *build, iom_iommu *iommu, iom_memory *memory,
		     unsigned *records, smmu_answer *answer)
{
	iom_request request = build->request;
	uint64_t page0, indexes;

	interface_pages(iommu, build->space, &page0, &indexes);
	request.space = (uint8_t)build->space;
	memset(answer, 0, sizeof *answer);
	iom_iommu_translate(iommu, &request, &answer->result);
	uint32_t prod = (uint32_t)iom_iommu_mmio_read(iommu, indexes + 0xa8, 4, build->space);

	answer->events = prod - *records;
	for (unsigned i = 0; i < 4 && answer->events; i++)
		iom_memory_load64(memory, SMMU_BUILD_EVENTQ + 32 * *records + 8 * i,
				  &answer->event[i]);
	*records = prod;
}

bool smmu_build_ask(const smmu_build *build, const char *preset, smmu_answer *answer)
{
	smmu_answer again;
	iom_memory *memory;
	unsigned records = 0;
	iom_iommu *iommu = smmu_build_model(build, preset, &memory);

	if (!iommu)
		return false;
	ask_once(build, iommu, memory, &records, answer);
	ask_once(build, iommu, memory, &records, &again);
	iom_iommu_unref(iommu);
	iom_memory_unref(memory);
	uint64_t stag = answer->event[1] ^ again.event[1];

	if (answer->result.status == again.result.status && answer->events == again.events &&
	    answer->event[0] == again.event[0] && (stag & ~UINT64_C(0xffff)) == 0 &&
	    answer->event[2] == again.event[2] && answer->event[3] == again.event[3] &&
	    answer->result.address == again.result.address)
		return true;
	fprintf(stderr, "\nasked again (caches %s), the model answers differently\n", preset);
	return false;
}
