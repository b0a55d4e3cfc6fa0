/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MEMORY_SIZE (UINT64_C(1) << 56)
#define EVENTQ_PROD 0x100a8
#define CMDQ_BASE 0x90
#define CMDQ_PROD 0x98
#define CMDQ_CONS 0x9c

static bool in_queues(uint64_t address)
{
	return address >= SMMU_RIG_QUEUES && address < SMMU_RIG_QUEUES_END;
}

/* ---- memory behind callbacks ------------------------------------------ */

static iom_mem_status device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	smmu_rig *rig = opaque;
	uint64_t word;

	if (in_queues(offset))
		word = rig->queues[(offset - SMMU_RIG_QUEUES) / 8];
	else if (!smmu_store_read(&rig->store, offset & ~UINT64_C(7), &word))
		return IOM_MEM_ABORT;
	*value = word >> 8 * (offset % 8) & low_bits(8 * size);
	return IOM_MEM_OK;
}

static void note_stray(smmu_rig *rig, uint64_t address)
{
	for (unsigned i = 0; i < rig->store.n; i++) {
		if (rig->store.address[rig->store.order[i]] == address)
			return;
	}
	rig->stray = true;
	rig->stray_address = address;
}

static iom_mem_status device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	smmu_rig *rig = opaque;
	unsigned shift = 8 * (unsigned)(offset % 8);
	uint64_t mask = low_bits(8 * size) << shift, aligned = offset & ~UINT64_C(7), word;

	if (in_queues(offset)) {
		uint64_t *at = &rig->queues[(offset - SMMU_RIG_QUEUES) / 8];

		*at = (*at & ~mask) | (value << shift & mask);
		return IOM_MEM_OK;
	}
	if (!smmu_store_read(&rig->store, aligned, &word))
		return IOM_MEM_ABORT;
	note_stray(rig, aligned);
	smmu_store_set(&rig->store, aligned, (word & ~mask) | (value << shift & mask));
	return IOM_MEM_OK;
}

static const iom_memory_ops device_ops = { .read = device_read, .write = device_write };

/* ---- the model -------------------------------------------------------- */

static bool add_memory(smmu_rig *rig, GError **error)
{
	return rig->device
		       ? iom_memory_add_device(rig->memory, 0, MEMORY_SIZE, &device_ops, rig, error)
		       : iom_memory_add_sparse(rig->memory, 0, MEMORY_SIZE, error);
}

static void take_ids(iom_smmu_vector *vector, const refwalk_ids *ids)
{
	iom_smmu_vector_base_ids(vector);
	for (unsigned i = 0; i < vector->n_ids; i++) {
#define TAKE_ID(name_) \
	if (strcmp(vector->ids[i].name, #name_) == 0) \
		vector->ids[i].value = ids->name_;
		REFWALK_IDS(TAKE_ID)
		/* Commands by range; nothing else depends on it. */
		if (strcmp(vector->ids[i].name, "RIL") == 0)
			vector->ids[i].value = 1;
	}
}

bool smmu_rig_open(smmu_rig *rig, const refwalk_ids *ids, const char *preset, bool device,
		   GError **error)
{
	iom_smmu_vector vector = { 0 };
	iom_cache_config cache;
	iom_smmu_config config;

	memset(rig, 0, sizeof *rig);
	rig->preset = preset;
	rig->device = device;
	rig->memory = iom_memory_new();
	take_ids(&vector, ids);
	iom_bus bus = { .size = sizeof bus, .memory = { rig->memory } };

	if (!add_memory(rig, error) || !smmu_caches(&cache, preset) ||
	    !iom_smmu_vector_config(&vector, &cache, &config, error))
		return false;
	config.prefetch_commands = strcmp(preset, "prefetch") == 0;
	rig->iommu = iom_smmu_new(&config, &bus, error);
	return rig->iommu != NULL;
}

void smmu_rig_close(smmu_rig *rig)
{
	if (rig->iommu)
		iom_iommu_unref(rig->iommu);
	iom_memory_unref(rig->memory);
}

static void load_memory(smmu_rig *rig, const smmu_store *store)
{
	if (rig->device) {
		rig->store = *store;
		memset(rig->queues, 0, sizeof rig->queues);
		return;
	}
	iom_memory_remove(rig->memory, 0, NULL);
	add_memory(rig, NULL);
	for (unsigned i = 0; i < store->n; i++) {
		unsigned slot = store->order[i];

		iom_memory_store64(rig->memory, store->address[slot], store->value[slot]);
	}
	if (store->abort_first <= store->abort_last)
		iom_memory_inject(rig->memory, store->abort_first,
				  store->abort_last - store->abort_first + 1, true, true,
				  IOM_MEM_ABORT);
}

void smmu_rig_load(smmu_rig *rig, const smmu_gen *gen)
{
	iom_smmu_registers registers = {
		.cr0 = 0xc | gen->registers.smmuen, /* CMDQEN, EVENTQEN */
		.cr2 = gen->registers.e2h | gen->registers.recinvsid << 1,
		.gbpa = gen->registers.gbpa,
		.strtab_base = gen->registers.strtab_base,
		.strtab_base_cfg = gen->registers.strtab_base_cfg,
	};

	iom_iommu_reset(rig->iommu);
	if (!rig->device)
		iom_memory_inject(rig->memory, 0, MEMORY_SIZE, true, true, IOM_MEM_OK);
	load_memory(rig, &gen->store);
	rig->stray = false;
	rig->records = 0;
	iom_iommu_mmio_write(rig->iommu, CMDQ_BASE, 8, SMMU_RIG_CMDQ | 8, IOM_SPACE_NONSECURE);
	iom_iommu_mmio_write(rig->iommu, CMDQ_PROD, 4, 0, IOM_SPACE_NONSECURE);
	iom_iommu_mmio_write(rig->iommu, CMDQ_CONS, 4, 0, IOM_SPACE_NONSECURE);
	rig->cmdq_prod = 0;
	iom_smmu_vector_program(&registers, SMMU_RIG_EVENTQ, rig->iommu);
}

static void store_word(smmu_rig *rig, uint64_t address, uint64_t word)
{
	if (!rig->device)
		iom_memory_store64(rig->memory, address, word);
	else if (in_queues(address))
		rig->queues[(address - SMMU_RIG_QUEUES) / 8] = word;
	else
		smmu_store_set(&rig->store, address, word);
}

bool smmu_rig_change(smmu_rig *rig, const smmu_change *change)
{
	store_word(rig, change->address, change->value);
	return !change->n_commands || smmu_rig_commands(rig, change->commands, change->n_commands);
}

bool smmu_rig_commands(smmu_rig *rig, const uint64_t (*commands)[2], unsigned n)
{
	const uint64_t sync[2] = { 0x46, 0 };

	for (unsigned i = 0; i <= n; i++) {
		const uint64_t *command = i < n ? commands[i] : sync;
		uint64_t at = SMMU_RIG_CMDQ + 16 * (rig->cmdq_prod % 256);

		store_word(rig, at, command[0]);
		store_word(rig, at + 8, command[1]);
		rig->cmdq_prod = (rig->cmdq_prod + 1) % 512;
	}
	iom_iommu_mmio_write(rig->iommu, CMDQ_PROD, 4, rig->cmdq_prod, IOM_SPACE_NONSECURE);
	return iom_iommu_mmio_read(rig->iommu, CMDQ_CONS, 4, IOM_SPACE_NONSECURE) == rig->cmdq_prod;
}

static uint64_t load_word(smmu_rig *rig, uint64_t address)
{
	uint64_t word = 0;

	if (rig->device)
		return in_queues(address) ? rig->queues[(address - SMMU_RIG_QUEUES) / 8]
					  : smmu_store_get(&rig->store, address);
	iom_memory_load64(rig->memory, address, &word);
	return word;
}

static void compare_memory(smmu_rig *rig, const smmu_store *after, iom_vector_outcome *outcome)
{
	for (unsigned i = 0; i < after->n; i++) {
		unsigned slot = after->order[i];
		uint64_t address = after->address[slot];

		if (after->abort_first <= after->abort_last && address <= after->abort_last &&
		    address + 7 >= after->abort_first)
			continue;
		uint64_t got = load_word(rig, address);

		if (got != after->value[slot]) {
			char what[40];

			g_snprintf(what, sizeof what, "memory %#" PRIx64, address);
			iom_vector_check(outcome, what, after->value[slot], got);
		}
	}
	if (rig->stray)
		iom_vector_check(outcome, "write to memory not in use", 0, rig->stray_address);
}

static void compare_event(smmu_rig *rig, const refwalk_result *expected, const iom_result *result,
			  iom_vector_outcome *outcome)
{
	uint32_t prod =
		(uint32_t)iom_iommu_mmio_read(rig->iommu, EVENTQ_PROD, 4, IOM_SPACE_NONSECURE);
	uint64_t at = SMMU_RIG_EVENTQ + 32 * (rig->records % 128);

	iom_vector_check(outcome, "events", expected->event, prod - rig->records);
	iom_vector_check(outcome, "fault.recorded", expected->event, result->fault.recorded);
	if (expected->event && prod == rig->records + 1) {
		for (unsigned i = 0; i < 4; i++) {
			uint64_t word = load_word(rig, at + 8 * i), mask = expected->mask[i];
			char what[24];

			g_snprintf(what, sizeof what, "event word %u", i);
			iom_vector_check(outcome, what, expected->words[i] & mask, word & mask);
			g_snprintf(what, sizeof what, "fault.record[%u]", i);
			iom_vector_check(outcome, what, word, result->fault.record[i]);
		}
		iom_vector_check(outcome, "fault.code", expected->words[0] & 0xff,
				 result->fault.code);
	}
	rig->records = prod;
}

static void compare_ok(const refwalk_result *expected, const iom_request *request,
		       const iom_result *result, iom_vector_outcome *outcome)
{
	char attrs[40];
	unsigned need = request->access & IOM_EXECUTE ? (unsigned)IOM_EXECUTE
						      : request->access & (IOM_READ | IOM_WRITE);

	iom_vector_check(outcome, "oa", expected->oa, result->address);
	iom_vector_check(outcome, "permissions", need, result->permissions & need);
	iom_smmu_attrs_text(result->memtype, result->shareability, attrs);
	if (!expected->attrs_unsettled)
		iom_vector_check_text(outcome, "attrs", expected->attrs, attrs);
	if (expected->leaf_lg2) {
		uint64_t page = low_bits(expected->leaf_lg2);

		iom_vector_check(outcome, "leaf_log2", expected->leaf_lg2, result->page_lg2);
		uint64_t span = page + 1 - (request->address & page);

		if (expected->input_end && expected->input_end - request->address < span)
			span = expected->input_end - request->address;
		/* Beside a boundary that blocks may straddle, any smaller page will do. */
		if (expected->input_end && result->span <= span &&
		    ((request->address + result->span) & 0xfff) == 0)
			span = result->span;
		iom_vector_check(outcome, "span", span, result->span);
	}
}

void smmu_rig_ask(smmu_rig *rig, const refwalk_request *request, const refwalk_result *expected,
		  const smmu_store *after, iom_vector_outcome *outcome)
{
	static const iom_status status[] = { IOM_OK, IOM_ABORT, IOM_RAZWI, IOM_STALL };
	static const uint8_t access[] = { ['R'] = IOM_READ,
					  ['W'] = IOM_WRITE,
					  ['X'] = IOM_READ | IOM_EXECUTE,
					  ['A'] = IOM_READ | IOM_WRITE | IOM_ATOMIC };
	iom_request rq = { .address = request->address,
			   .length = 1,
			   .requester = request->sid,
			   .pasid = request->ssv ? request->ssid : IOM_NO_PASID,
			   .flags = request->privileged ? IOM_REQ_PRIVILEGED : 0,
			   .access = access[(unsigned char)request->access] };
	iom_result result;

	if (request->has_attrs) {
		rq.flags |= IOM_REQ_HAS_ATTRS;
		rq.memtype = request->memtype;
		rq.shareability = request->sh;
	}
	memset(&result, 0, sizeof result);
	iom_iommu_translate(rig->iommu, &rq, &result);
	iom_vector_check_text(outcome, "expect", iom_status_name(status[expected->status]),
			      iom_status_name((iom_status)result.status));
	if (expected->status == REFWALK_OK && result.status == IOM_OK)
		compare_ok(expected, &rq, &result, outcome);
	compare_event(rig, expected, &result, outcome);
	compare_memory(rig, after, outcome);
}
