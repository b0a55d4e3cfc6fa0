/* SPDX-License-Identifier: MIT */
/* Running SMMUv3 translation vectors against the model. */
#include "sim/vectors/vectors-smmu.h"

#include <inttypes.h>
#include <string.h>

/* Register offsets: IHI 0070, 6.2 Register overview. */
enum {
	CR0 = 0x20,
	CR0ACK = 0x24,
	CR1 = 0x28,
	CR2 = 0x2c,
	GBPA = 0x44,
	STRTAB_BASE = 0x80,
	STRTAB_BASE_CFG = 0x88,
	EVENTQ_BASE = 0xa0,
	EVENTQ_PROD = 0x100a8,
	EVENTQ_CONS = 0x100ac,
};

#define CR0_SMMUEN 0x1u
#define CR0_EVENTQEN 0x4u
#define GBPA_UPDATE 0x80000000u
#define EVENTQ_LOG2SIZE 7u /* 128 records of 32 bytes fill IOM_SMMU_EVENTQ_BYTES */

static uint32_t read32(iom_iommu *iommu, uint64_t offset)
{
	return (uint32_t)iom_iommu_mmio_read(iommu, offset, 4, IOM_SPACE_NONSECURE);
}

static void write32(iom_iommu *iommu, uint64_t offset, uint32_t value)
{
	iom_iommu_mmio_write(iommu, offset, 4, value, IOM_SPACE_NONSECURE);
}

static void write64(iom_iommu *iommu, uint64_t offset, uint64_t value)
{
	iom_iommu_mmio_write(iommu, offset, 8, value, IOM_SPACE_NONSECURE);
}

bool iom_smmu_vector_config(const iom_smmu_vector *vector, const iom_cache_config *cache,
			    iom_smmu_config *config, GError **error)
{
	iom_smmu_config_init(config);
	memset(config->idr, 0, sizeof config->idr);
	memset(config->s_idr, 0, sizeof config->s_idr);
	memset(config->r_idr, 0, sizeof config->r_idr);
	config->mpamidr = 0;
	config->pmcg_groups = 0;
	config->gbpa = 0x1000;
	config->cache = *cache;
	for (unsigned i = 0; i < vector->n_ids; i++) {
		const iom_smmu_id *id = &vector->ids[i];
		uint64_t value = id->value;

		if (strcmp(id->name, "OAS") == 0) {
			/* 6.3.6 SMMU_IDR5: the encodings of OAS */
			static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

			for (unsigned code = 0; code < G_N_ELEMENTS(bits); code++) {
				if (bits[code] == id->value)
					value = code;
			}
		}
		if (!iom_smmu_config_set(config, id->field, value, error))
			return false;
	}
	return true;
}

void iom_smmu_vector_program(const iom_smmu_registers *registers, uint64_t eventq, iom_iommu *iommu)
{
	write32(iommu, CR1, registers->cr1);
	write32(iommu, CR2, registers->cr2);
	write32(iommu, GBPA, registers->gbpa | GBPA_UPDATE);
	write64(iommu, STRTAB_BASE, registers->strtab_base);
	write32(iommu, STRTAB_BASE_CFG, registers->strtab_base_cfg);
	write64(iommu, EVENTQ_BASE, eventq | EVENTQ_LOG2SIZE);
	write32(iommu, EVENTQ_PROD, 0);
	write32(iommu, EVENTQ_CONS, 0);
	/* The queue first, as drivers do: faults must find it. */
	write32(iommu, CR0, registers->cr0 & ~CR0_SMMUEN);
	write32(iommu, CR0, registers->cr0);
}

void iom_smmu_attrs_text(uint8_t memtype, uint8_t shareability, char *text)
{
	static const char *const device[] = { "nGnRnE", "nGnRE", "nGRE", "GRE" };
	static const char *const sh[] = { "NSH", "SH1", "OSH", "ISH" };
	/* Bits [3:2] of half a MAIR byte; 0b01 with no allocation bits is Non-cacheable. */
	static const char *const cache[] = { "WT", "WB", "WT", "WB" };
	unsigned outer = memtype >> 4, inner = memtype & 0xf;

	if (outer == 0) {
		g_snprintf(text, 40, "Device-%s/%s", device[inner >> 2], sh[shareability & 3]);
		return;
	}
	g_snprintf(text, 40, "Normal-i%s-o%s/%s", inner == 4 ? "NC" : cache[inner >> 2],
		   outer == 4 ? "NC" : cache[outer >> 2], sh[shareability & 3]);
}

/* A vector that is being run. */
typedef struct run {
	const iom_smmu_vector *vector;
	iom_vector_outcome *outcome;
	iom_iommu *iommu;
	uint64_t eventq;
	unsigned records; /* in the event queue so far */
	const char *pass; /* "" at first, "repeated " when asked again */
} run;

static const char *label(const run *r, const char *what, char *text)
{
	g_snprintf(text, 64, "%s%s", r->pass, what);
	return text;
}

static void check_ok(const run *r, const iom_result *result)
{
	const iom_smmu_vector *v = r->vector;
	char what[64], attrs[40];

	if (v->has_oa)
		iom_vector_check(r->outcome, label(r, "oa", what), v->oa, result->address);
	if (v->has_leaf)
		iom_vector_check(r->outcome, label(r, "leaf_log2", what), v->leaf_lg2,
				 result->page_lg2);
	iom_smmu_attrs_text(result->memtype, result->shareability, attrs);
	if (v->attrs)
		iom_vector_check_text(r->outcome, label(r, "attrs", what), v->attrs, attrs);
	/* Permissions granted must at least cover what was just allowed. */
	unsigned need = v->request.access & (IOM_READ | IOM_WRITE | IOM_EXECUTE);

	if (need & IOM_EXECUTE)
		need = IOM_EXECUTE;
	iom_vector_check(r->outcome, label(r, "permissions", what), need,
			 result->permissions & need);
	iom_vector_check(r->outcome, label(r, "space", what), IOM_SPACE_NONSECURE, result->space);
}

static void check_record(run *r, const iom_result *result)
{
	const iom_smmu_vector *v = r->vector;
	uint64_t at = r->eventq + r->records * 32u;
	char what[64], name[16];
	uint64_t word[4] = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		iom_memory_load64(iom_memimage_memory(v->image), at + i * 8, &word[i]);
		g_snprintf(name, sizeof name, "event word %u", i);
		iom_vector_check(r->outcome, label(r, name, what),
				 v->event_words[i] & v->event_mask[i], word[i] & v->event_mask[i]);
	}
	if (result->status == IOM_STALL)
		iom_vector_check(r->outcome, label(r, "STAG of the record", what), result->stag,
				 word[1] & 0xffff);
}

static void check_events(run *r, const iom_result *result)
{
	const iom_smmu_vector *v = r->vector;
	char what[64];
	uint32_t prod = read32(r->iommu, EVENTQ_PROD);

	if (v->events < 0)
		return;
	uint32_t expected = r->records + (uint32_t)v->events;

	iom_vector_check(r->outcome, label(r, "EVENTQ_PROD", what), expected, prod);
	if (v->events && prod == expected)
		check_record(r, result);
	r->records = prod & 0x7f;
}

static void ask(run *r, const char *pass)
{
	iom_result result;
	char what[64];

	r->pass = pass;
	memset(&result, 0, sizeof result);
	iom_iommu_translate(r->iommu, &r->vector->request, &result);
	iom_vector_check_text(r->outcome, label(r, "expect", what),
			      iom_status_name(r->vector->status),
			      iom_status_name((iom_status)result.status));
	if (r->vector->status == IOM_OK && result.status == IOM_OK)
		check_ok(r, &result);
	check_events(r, &result);
	iom_vector_check_memory(r->outcome, r->vector->image);
}

/* Highest address that every part of the SMMU can reach, exclusive. */
static uint64_t reach(const iom_smmu_vector *vector)
{
	for (unsigned i = 0; i < vector->n_ids; i++) {
		if (strcmp(vector->ids[i].name, "OAS") == 0)
			return UINT64_C(1) << vector->ids[i].value;
	}
	return UINT64_C(1) << 32;
}

static bool start(const iom_tsv_row *row, const iom_vector_options *options, run *r, GError **error)
{
	const iom_smmu_vector *v = r->vector;
	const uint64_t avoid[] = { v->request.address, v->registers.strtab_base };
	iom_smmu_config config;
	GError *why = NULL;

	r->eventq = iom_memimage_room(v->image, IOM_SMMU_EVENTQ_BYTES, reach(v), avoid,
				      G_N_ELEMENTS(avoid));
	if (!r->eventq)
		return iom_tsv_fail(row, "abort_at", error,
				    "leaves no page where an event queue could be");
	iom_memimage_ignore(v->image, r->eventq, IOM_SMMU_EVENTQ_BYTES);
	iom_bus bus = { .size = sizeof bus, .memory = { iom_memimage_memory(v->image) } };

	if (iom_smmu_vector_config(v, &options->cache, &config, &why))
		r->iommu = iom_smmu_new(&config, &bus, &why);
	if (!r->iommu) {
		iom_tsv_fail(row, "idr", error, "%s", why->message);
		g_error_free(why);
		return false;
	}
	iom_smmu_vector_program(&v->registers, r->eventq, r->iommu);
	uint32_t ack = read32(r->iommu, CR0ACK);

	if (ack != v->registers.cr0)
		iom_vector_check(r->outcome, "CR0ACK", v->registers.cr0, ack);
	return true;
}

static bool run_row(const iom_tsv_row *row, const iom_vector_options *options,
		    iom_vector_outcome *outcome, GError **error)
{
	iom_smmu_vector vector;

	if (!iom_smmu_vector_parse(row, &vector, error))
		return false;
	run r = { .vector = &vector, .outcome = outcome };
	bool ok = start(row, options, &r, error);

	if (ok) {
		iom_vector_explain(options, r.iommu);
		ask(&r, "");
		/*
		 * Caches are invisible: the same request again, now that they are warm,
		 * must be answered, recorded and leave memory the same way.
		 */
		ask(&r, "repeated ");
		iom_iommu_unref(r.iommu);
	}
	iom_smmu_vector_clear(&vector);
	return ok;
}

static const char *const columns[] = { "id",     "memory", "sid",         "addr",
				       "access", "expect", "event_words", NULL };

const iom_vector_kind iom_vectors_smmu = { "SMMUv3 translation", columns, run_row };
