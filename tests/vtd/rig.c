/* SPDX-License-Identifier: MIT */
#include "tests/vtd/rig.h"

#include <string.h>

static iom_mem_status on_msi(void *opaque, uint64_t address, uint32_t data)
{
	rig *r = opaque;

	if (r->n_msi < RIG_MSI) {
		r->msi[r->n_msi].address = address;
		r->msi[r->n_msi].data = data;
	}
	r->n_msi++;
	return IOM_MEM_OK;
}

static void on_response(void *opaque, const iom_page_response *response)
{
	rig *r = opaque;

	r->response = *response;
	r->n_responses++;
}

static iom_ats_answer on_ats(void *opaque, const iom_ats_invalidate *inv)
{
	rig *r = opaque;

	if (r->n_ats < G_N_ELEMENTS(r->ats))
		r->ats[r->n_ats] = *inv;
	r->n_ats++;
	return r->ats_answer;
}

static void on_invalidated(void *opaque, const iom_invalidation *inv)
{
	rig *r = opaque;

	r->invalidated = *inv;
	r->n_invalidated++;
	if (r->release)
		iom_hold_release(r->release);
}

static rig *make(void (*set)(iom_vtd_config *config), const char *preset, bool told)
{
	GError *error = NULL;
	rig *r = g_new0(rig, 1);
	iom_bus bus = { .size = sizeof(bus),
			.opaque = r,
			.msi = on_msi,
			.page_response = on_response,
			.ats_invalidate = on_ats,
			.invalidated = told ? on_invalidated : NULL };

	r->memory = iom_memory_new();
	CU_ASSERT_TRUE_FATAL(iom_memory_add_sparse(r->memory, 0, UINT64_C(1) << 46, NULL));
	bus.memory[IOM_SPACE_NONSECURE] = r->memory;
	iom_vtd_config_init(&r->config);
	r->config.haw = 46;
	CU_ASSERT_TRUE(iom_cache_config_preset(&r->config.cache, preset));
	if (set)
		set(&r->config);
	r->unit = iom_vtd_new(&r->config, &bus, &error);
	if (!r->unit)
		g_printerr("%s\n", error->message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->unit);
	r->next_table = RIG_TABLES;
	return r;
}

rig *rig_new_cache(void (*set)(iom_vtd_config *config), const char *preset)
{
	return make(set, preset, true);
}

rig *rig_new_untold(const char *preset)
{
	return make(NULL, preset, false);
}

rig *rig_new(void (*set)(iom_vtd_config *config))
{
	return rig_new_cache(set, "default");
}

void rig_free(rig *r)
{
	iom_iommu_unref(r->unit);
	iom_memory_unref(r->memory);
	g_free(r);
}

uint64_t rig_word(rig *r, uint64_t address)
{
	uint64_t word = 0;

	CU_ASSERT_EQUAL(iom_memory_load64(r->memory, address, &word), IOM_MEM_OK);
	return word;
}

void rig_set(rig *r, uint64_t address, uint64_t word)
{
	CU_ASSERT_EQUAL(iom_memory_store64(r->memory, address, word), IOM_MEM_OK);
}

uint32_t rig_read(rig *r, unsigned offset)
{
	return (uint32_t)iom_iommu_mmio_read(r->unit, offset, 4, IOM_SPACE_NONSECURE);
}

uint64_t rig_read64(rig *r, unsigned offset)
{
	return iom_iommu_mmio_read(r->unit, offset, 8, IOM_SPACE_NONSECURE);
}

void rig_write(rig *r, unsigned offset, uint32_t value)
{
	iom_iommu_mmio_write(r->unit, offset, 4, value, IOM_SPACE_NONSECURE);
}

void rig_write64(rig *r, unsigned offset, uint64_t value)
{
	iom_iommu_mmio_write(r->unit, offset, 8, value, IOM_SPACE_NONSECURE);
}

#define LEVEL_BITS (G_TE | G_QIE | G_IRE | G_CFI)

void rig_command(rig *r, uint32_t bit)
{
	rig_write(r, R_GCMD, r->command | bit);
	r->command |= bit & LEVEL_BITS;
}

void rig_clear(rig *r, uint32_t bit)
{
	r->command &= ~bit;
	rig_write(r, R_GCMD, r->command);
}

/* ------------------------------------------------------------------------
 * Tables
 */
void rig_legacy(rig *r)
{
	rig_set(r, RIG_ROOT, RIG_CONTEXT | 1);
	rig_write64(r, R_RTADDR, RIG_ROOT);
	rig_command(r, G_SRTP);
	rig_command(r, G_TE);
}

void rig_context(rig *r, uint16_t sid, uint64_t ss, unsigned tt, unsigned did)
{
	uint64_t at = RIG_CONTEXT + 16 * (uint64_t)(sid & 0xff);

	rig_set(r, at + 8, 2 | (uint64_t)did << 8);
	rig_set(r, at, ss | tt << 2 | 1);
}

void rig_scalable(rig *r)
{
	rig_set(r, RIG_ROOT, RIG_CONTEXT | 1);
	rig_set(r, RIG_ROOT + 8, RIG_CONTEXT_UPPER | 1);
	rig_set(r, RIG_PASID_DIR, RIG_PASID_TABLE | 1);
	rig_write64(r, R_RTADDR, RIG_ROOT | 1 << 10);
	rig_command(r, G_SRTP);
	rig_command(r, G_TE);
}

void rig_sm_context(rig *r, uint16_t sid, uint64_t flags, uint64_t high)
{
	uint64_t at = (sid & 0x80 ? RIG_CONTEXT_UPPER : RIG_CONTEXT) + 32 * (uint64_t)(sid & 0x7f);

	rig_set(r, at + 8, high);
	rig_set(r, at, RIG_PASID_DIR | flags | 1);
}

void rig_pasid(rig *r, unsigned pasid, unsigned pgtt, uint64_t fs, uint64_t ss, unsigned did,
	       uint64_t flags0)
{
	uint64_t at = RIG_PASID_TABLE + 64 * (uint64_t)pasid;

	rig_set(r, at + 8, did);
	rig_set(r, at + 16, fs);
	rig_set(r, at, ss | (uint64_t)pgtt << 6 | 2 << 2 | flags0 | 1);
}

void rig_pasid_bits(rig *r, unsigned pasid, uint64_t word1, uint64_t word2)
{
	uint64_t at = RIG_PASID_TABLE + 64 * (uint64_t)pasid;

	rig_set(r, at + 8, rig_word(r, at + 8) | word1);
	rig_set(r, at + 16, rig_word(r, at + 16) | word2);
}

uint64_t rig_table(rig *r)
{
	uint64_t page = r->next_table;

	r->next_table += 0x1000;
	return page;
}

uint64_t rig_map(rig *r, uint64_t root, uint64_t va, uint64_t pa, unsigned level, uint64_t attr,
		 uint64_t upper)
{
	uint64_t table = root;
	uint64_t at;

	for (unsigned l = 4;; l--) {
		at = table + 8 * (va >> (12 + 9 * (l - 1)) & 0x1ff);
		if (l == level)
			break;
		if (!rig_word(r, at))
			rig_set(r, at, rig_table(r) | upper);
		table = rig_word(r, at) & UINT64_C(0xffffffffff000);
	}
	rig_set(r, at, pa | attr);
	return at;
}

/* ------------------------------------------------------------------------
 * Requests
 */
iom_result rig_dma(rig *r, uint16_t sid, uint32_t pasid, unsigned access, uint64_t address)
{
	iom_request request = { .address = address,
				.length = 8,
				.requester = sid,
				.pasid = pasid,
				.access = (uint8_t)access };
	iom_result result;

	iom_iommu_translate(r->unit, &request, &result);
	return result;
}

iom_result rig_ats(rig *r, uint16_t sid, uint32_t pasid, uint64_t address, unsigned flags)
{
	iom_request request = { .address = address,
				.length = 8,
				.requester = sid,
				.pasid = pasid,
				.flags = (uint16_t)flags,
				.type = IOM_TRANSLATION_REQUEST,
				.access = IOM_READ };
	iom_result result;

	iom_iommu_translate(r->unit, &request, &result);
	return result;
}

bool rig_cached(rig *r, uint16_t sid, uint32_t pasid, uint64_t address)
{
	iom_result result = rig_dma(r, sid, pasid, IOM_READ, address);

	CHECK_EQ(result.status, IOM_OK);
	return result.flags & IOM_RES_CACHED;
}

/* ------------------------------------------------------------------------
 * The invalidation queue
 */
void rig_queue(rig *r, bool wide)
{
	r->wide = wide;
	r->tail = 0;
	rig_write64(r, R_IQT, 0);
	rig_write64(r, R_IQA, RIG_IQ | (uint64_t)wide << 11 | 1);
	rig_command(r, G_QIE);
}

void rig_push4(rig *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	uint64_t at = RIG_IQ + r->tail;

	rig_set(r, at, w0);
	rig_set(r, at + 8, w1);
	if (r->wide) {
		rig_set(r, at + 16, w2);
		rig_set(r, at + 24, w3);
	}
	r->tail = (r->tail + (r->wide ? 32 : 16)) % 0x2000;
	rig_write(r, R_IQT, (uint32_t)r->tail);
}

void rig_push(rig *r, uint64_t w0, uint64_t w1)
{
	rig_push4(r, w0, w1, 0, 0);
}

void rig_wait(rig *r, uint32_t value)
{
	rig_push(r, 5 | 1 << 5 | (uint64_t)value << 32, RIG_STATUS);
}

uint32_t rig_status(rig *r)
{
	return (uint32_t)rig_word(r, RIG_STATUS);
}

iom_statistics rig_statistics(rig *r)
{
	iom_statistics s;

	iom_iommu_statistics(r->unit, &s);
	return s;
}

uint64_t rig_count(rig *r, const char *command)
{
	iom_statistics s = rig_statistics(r);

	for (unsigned i = 0; i < IOM_MAX_COMMANDS && s.commands[i].name; i++) {
		if (strcmp(s.commands[i].name, command) == 0)
			return s.commands[i].value;
	}
	return UINT64_MAX;
}
