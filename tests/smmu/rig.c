/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/smmu/rig.h"

#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

/* Of a plain rig: below it is all that the rig uses. */
#define PLAIN_BYTES UINT64_C(0x80000000)

static void on_irq(void *opaque, unsigned line, bool level)
{
	rig *r = opaque;

	if (level && line < IOM_SMMU_N_IRQS)
		r->irqs[line]++;
}

static iom_ats_answer on_ats(void *opaque, const iom_ats_invalidate *inv)
{
	rig *r = opaque;

	r->ats[r->n_ats++ % G_N_ELEMENTS(r->ats)] = *inv;
	return r->ats_answer;
}

static void on_response(void *opaque, const iom_page_response *response)
{
	rig *r = opaque;

	r->responses[r->n_responses++ % G_N_ELEMENTS(r->responses)] = *response;
}

static void on_resolved(void *opaque, uint32_t requester, uint16_t stag, bool retry, bool abort)
{
	rig *r = opaque;
	unsigned i = r->n_resolved++ % G_N_ELEMENTS(r->resolved);

	r->resolved[i].requester = requester;
	r->resolved[i].stag = stag;
	r->resolved[i].retry = retry;
	r->resolved[i].abort = abort;
}

static void on_invalidated(void *opaque, const iom_invalidation *inv)
{
	rig *r = opaque;

	r->inv[r->n_inv++ % G_N_ELEMENTS(r->inv)] = *inv;
	if (r->release)
		iom_hold_release(r->release);
}

void rig_config(iom_smmu_config *config, const char *cache, ...)
{
	va_list args;
	const char *name;

	iom_smmu_config_init(config);
	config->prefetch_commands = strcmp(cache, "prefetch") == 0;
	if (!iom_cache_config_preset(&config->cache, cache)) {
		config->cache.cache[IOM_CACHE_IOTLB].entries = 0;
		config->cache.cache[IOM_CACHE_WALK].entries = 0;
		if (strcmp(cache, "walks") == 0)
			config->cache.cache[IOM_CACHE_STAGE2].entries = 0;
	}
	va_start(args, cache);
	while ((name = va_arg(args, const char *)) != NULL) {
		const char *value = strchr(name, '=');
		g_autofree char *key = g_strndup(name, (gsize)(value - name));

		CU_ASSERT_TRUE(iom_smmu_config_set(config, key,
						   g_ascii_strtoull(value + 1, NULL, 0), NULL));
	}
	va_end(args);
}

iom_iommu *rig_model(rig *r, const iom_smmu_config *config)
{
	GError *error = NULL;
	iom_iommu *iommu;
	iom_bus bus = { .size = sizeof(bus),
			.opaque = r,
			.memory = { r->mem },
			.irq = on_irq,
			.invalidated = r->ram ? NULL : on_invalidated,
			.ats_invalidate = on_ats,
			.page_response = on_response,
			.stall_resolved = on_resolved };

	iommu = iom_smmu_new(config, &bus, &error);
	if (error)
		g_printerr("%s\n", error->message);
	g_clear_error(&error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(iommu);
	return iommu;
}

static void open_on(rig *r, const iom_smmu_config *config, void *ram)
{
	iom_smmu_config standard;

	memset(r, 0, sizeof(*r));
	r->mem = iom_memory_new();
	r->ram = ram;
	if (ram)
		iom_memory_add_ram(r->mem, 0, PLAIN_BYTES, ram, NULL);
	else
		iom_memory_add_sparse(r->mem, 0, UINT64_C(1) << 47, NULL);
	if (!config) {
		rig_config(&standard, "default", NULL);
		config = &standard;
	}
	r->iommu = rig_model(r, config);
	r->next_table = TABLES;
	r->s2ttb = new_table(r);
}

void rig_open_reset(rig *r, const iom_smmu_config *config)
{
	open_on(r, config, NULL);
}

void rig_open_plain(rig *r, const iom_smmu_config *config)
{
	void *ram = mmap(NULL, PLAIN_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CU_ASSERT_FATAL(ram != MAP_FAILED);
	open_on(r, config, ram);
	rig_enable(r, SMMUEN | PRIQEN | EVENTQEN | CMDQEN | ATSCHK);
}

static void *reserve(void *at)
{
	void *got = mmap(at, PLAIN_BYTES, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);

	CU_ASSERT_FATAL(got != MAP_FAILED);
	return got;
}

void rig_move_ram(rig *r)
{
	void *from = r->ram, *to = r->gone ? r->gone : reserve(NULL);

	CU_ASSERT_TRUE_FATAL(iom_memory_remove(r->mem, 0, NULL));
	r->ram = mremap(from, PLAIN_BYTES, PLAIN_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CU_ASSERT_FATAL(r->ram == to);
	r->gone = reserve(from);
	iom_memory_add_ram(r->mem, 0, PLAIN_BYTES, r->ram, NULL);
}

void rig_enable(rig *r, uint32_t cr0)
{
	uint64_t base = r->space == IOM_SPACE_SECURE ? S : 0;

	wr64(r, base + STRTAB_BASE, STRTAB);
	wr(r, base + STRTAB_BASE_CFG, 8);
	wr64(r, base + CMDQ_BASE, CMDQ | QUEUE_LG2);
	wr64(r, base + EVENTQ_BASE, EVENTQ | QUEUE_LG2);
	if (!base) {
		wr64(r, PRIQ_BASE, PRIQ | 2);
		wr(r, PRIQ_PROD, 0);
		wr(r, PRIQ_CONS, 0);
	}
	wr(r, base + CR2, 2); /* RECINVSID */
	wr(r, base + IRQ_CTRL, base ? 5 : 7);
	wr(r, base + CR0, cr0);
}

void rig_open(rig *r, const iom_smmu_config *config)
{
	rig_open_reset(r, config);
	rig_enable(r, SMMUEN | PRIQEN | EVENTQEN | CMDQEN | ATSCHK);
}

void rig_close(rig *r)
{
	iom_iommu_unref(r->iommu);
	iom_memory_unref(r->mem);
	if (r->ram)
		munmap(r->ram, PLAIN_BYTES);
	if (r->gone)
		munmap(r->gone, PLAIN_BYTES);
}

uint32_t rd(rig *r, uint64_t offset)
{
	return (uint32_t)iom_iommu_mmio_read(r->iommu, offset, 4, (iom_space)r->space);
}

void wr(rig *r, uint64_t offset, uint32_t value)
{
	iom_iommu_mmio_write(r->iommu, offset, 4, value, (iom_space)r->space);
}

uint64_t rd64(rig *r, uint64_t offset)
{
	return iom_iommu_mmio_read(r->iommu, offset, 8, (iom_space)r->space);
}

void wr64(rig *r, uint64_t offset, uint64_t value)
{
	iom_iommu_mmio_write(r->iommu, offset, 8, value, (iom_space)r->space);
}

uint64_t word(rig *r, uint64_t address)
{
	uint64_t value = 0;

	iom_memory_load64(r->mem, address, &value);
	return value;
}

void set_word(rig *r, uint64_t address, uint64_t value)
{
	iom_memory_store64(r->mem, address, value);
}

static uint64_t page1(const rig *r, uint64_t offset)
{
	/* The Secure event queue registers are in page 0. */
	return r->space == IOM_SPACE_SECURE ? S + (offset & 0xfff) : offset;
}

void cmd(rig *r, uint64_t w0, uint64_t w1)
{
	uint32_t mask = (1u << QUEUE_LG2) - 1;
	uint64_t base = r->space == IOM_SPACE_SECURE ? S : 0;

	set_word(r, CMDQ + (r->cmd_prod & mask) * 16, w0);
	set_word(r, CMDQ + (r->cmd_prod & mask) * 16 + 8, w1);
	r->cmd_prod = (r->cmd_prod + 1) & (2 * mask + 1);
	wr(r, base + CMDQ_PROD, r->cmd_prod);
}

unsigned events_waiting(rig *r)
{
	uint32_t mask = (1u << QUEUE_LG2) - 1;

	return (rd(r, page1(r, EVENTQ_PROD)) - r->event_cons) & (2 * mask + 1);
}

bool event(rig *r, uint64_t record[4])
{
	uint32_t mask = (1u << QUEUE_LG2) - 1;

	if (!events_waiting(r))
		return false;
	for (unsigned i = 0; i < 4; i++)
		record[i] = word(r, EVENTQ + (r->event_cons & mask) * 32 + i * 8);
	r->event_cons = (r->event_cons + 1) & (2 * mask + 1);
	wr(r, page1(r, EVENTQ_CONS), (rd(r, page1(r, EVENTQ_CONS)) & 0x80000000) | r->event_cons);
	return true;
}

/* ------------------------------------------------------------------------
 * Structures
 */
uint64_t ste_address(uint32_t sid)
{
	return STRTAB + (uint64_t)sid * 64;
}

uint64_t cd_address(uint32_t sid)
{
	return CDS + (uint64_t)sid * 0x1000;
}

static void write_cd(rig *r, uint32_t sid, unsigned asid)
{
	uint64_t cd = cd_address(sid);

	if (!r->ttb[sid & 255])
		r->ttb[sid & 255] = new_table(r);
	/* T0SZ 16, IR0/OR0 write-back, SH0 inner, EPD1, V, IPS 48, AA64, R, A, ASID */
	set_word(r, cd,
		 16 | 1 << 8 | 1 << 10 | 3 << 12 | UINT64_C(1) << 30 | UINT64_C(1) << 31 |
			 UINT64_C(5) << 32 | UINT64_C(1) << 41 | UINT64_C(3) << 45 |
			 (uint64_t)asid << 48);
	set_word(r, cd + 8, r->ttb[sid & 255]);
	set_word(r, cd + 24, 0xff);
}

static void write_ste(rig *r, uint32_t sid, unsigned config, unsigned vmid)
{
	uint64_t ste = ste_address(sid);

	set_word(r, ste, 1 | config << 1 | (config & 1 ? cd_address(sid) : 0));
	/* S1CIR, S1COR write-back, S1CSH inner, SHCFG incoming */
	set_word(r, ste + 8, 1 << 2 | 1 << 4 | 3 << 6 | UINT64_C(1) << 44);
	/* VMID; S2T0SZ 25 from level 1, write-back, inner, 4 KiB, 48 bits, AA64, S2R */
	set_word(r, ste + 16,
		 vmid | UINT64_C(25) << 32 | UINT64_C(1) << 38 | UINT64_C(1) << 40 |
			 UINT64_C(1) << 42 | UINT64_C(3) << 44 | UINT64_C(5) << 48 |
			 UINT64_C(1) << 51 | UINT64_C(1) << 58);
	set_word(r, ste + 24, r->s2ttb);
	for (unsigned i = 4; i < 8; i++)
		set_word(r, ste + 8 * i, 0);
}

void stream_s1(rig *r, uint32_t sid, unsigned asid, unsigned vmid)
{
	write_cd(r, sid, asid);
	write_ste(r, sid, 5, vmid);
}

void stream_s2(rig *r, uint32_t sid, unsigned vmid)
{
	write_ste(r, sid, 6, vmid);
}

void stream_nested(rig *r, uint32_t sid, unsigned asid, unsigned vmid)
{
	write_cd(r, sid, asid);
	write_ste(r, sid, 7, vmid);
}

void stream_word(rig *r, uint32_t sid, unsigned w, uint64_t clear, uint64_t set)
{
	uint64_t at = ste_address(sid) + 8 * w;

	set_word(r, at, (word(r, at) & ~clear) | set);
}

uint64_t new_table(rig *r)
{
	uint64_t table = r->next_table;

	r->next_table += 0x1000;
	return table;
}

/* Level 0 tables serve stage 1; stage 2 (s2ttb) starts at level 1. */
static uint64_t descend(rig *r, uint64_t table, uint64_t va, int from, int to)
{
	for (int level = from; level < to; level++) {
		uint64_t at = table + (va >> (39 - 9 * level) & 511) * 8;

		if ((word(r, at) & 3) != 3)
			set_word(r, at, new_table(r) | 3);
		table = word(r, at) & UINT64_C(0xfffffffff000);
	}
	return table + (va >> (39 - 9 * to) & 511) * 8;
}

void map(rig *r, uint64_t ttb, uint64_t va, uint64_t pa, unsigned page_lg2, uint64_t leaf)
{
	int level = page_lg2 == 12 ? 3 : page_lg2 == 21 ? 2 : 1;
	uint64_t at = descend(r, ttb, va, ttb == r->s2ttb ? 1 : 0, level);

	set_word(r, at, pa | leaf | (level == 3 ? 3 : 1));
}

uint64_t leaf_address(rig *r, uint64_t ttb, uint64_t va)
{
	return descend(r, ttb, va, ttb == r->s2ttb ? 1 : 0, 3);
}

/* ------------------------------------------------------------------------
 * Accesses
 */
iom_result dma_pasid(rig *r, uint32_t sid, uint32_t pasid, uint64_t address, unsigned access)
{
	iom_request request = { .address = address,
				.length = 1,
				.requester = sid,
				.pasid = pasid,
				.access = (uint8_t)access,
				.space = (uint8_t)r->space };
	iom_result result;

	iom_iommu_translate(r->iommu, &request, &result);
	return result;
}

iom_result dma(rig *r, uint32_t sid, uint64_t address, unsigned access)
{
	return dma_pasid(r, sid, IOM_NO_PASID, address, access);
}

iom_result ats(rig *r, uint32_t sid, uint64_t address, unsigned flags)
{
	iom_request request = { .address = address,
				.length = 4096,
				.requester = sid,
				.pasid = IOM_NO_PASID,
				.access = IOM_READ,
				.type = IOM_TRANSLATION_REQUEST,
				.flags = (uint16_t)flags,
				.space = (uint8_t)r->space };
	iom_result result;

	iom_iommu_translate(r->iommu, &request, &result);
	return result;
}
