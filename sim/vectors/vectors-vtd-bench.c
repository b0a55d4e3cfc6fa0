/* SPDX-License-Identifier: MIT */
/*
 * A VT-d unit in a memory of its own, driven as software and devices do: tables in
 * memory, registers through the register frame, requests through iom_iommu_*().
 */
#include "sim/vectors/vectors-vtd.h"

#include <string.h>

/* Register offsets and bits: chapter 11 "Register Descriptions" of revision 5.10. */
enum {
	REG_CAP = 0x08,
	REG_GCMD = 0x18,
	REG_RTADDR = 0x20,
	REG_IRTA = 0xb8,
	REG_PQH = 0xc0,
	REG_PQT = 0xc8,
	REG_PQA = 0xd0,
	REG_PRS = 0xdc,
};

#define GCMD_TE (UINT32_C(1) << 31)
#define GCMD_SRTP (UINT32_C(1) << 30)
#define GCMD_IRE (UINT32_C(1) << 25)
#define GCMD_SIRTP (UINT32_C(1) << 24)
#define GCMD_CFI (UINT32_C(1) << 23)
#define ECAP_PRS (UINT64_C(1) << 29)
#define PAGE UINT64_C(4096)
#define PRQ_DESCRIPTOR 32 /* bytes */
#define FRCD_F (UINT64_C(1) << 63)

struct iom_vtd_bench {
	iom_memory *memory;
	iom_iommu *unit;
	iom_vtd_config config;
	uint64_t prq; /* page of the page request queue, 0 without one */
	uint64_t descriptor[4];
	iom_vtd_seen seen;
};

#define MEMORY_SIZE (UINT64_C(1) << 52)

iom_vtd_bench *iom_vtd_bench_new(void)
{
	iom_vtd_bench *bench = g_new0(iom_vtd_bench, 1);

	bench->memory = iom_memory_new();
	iom_memory_add_sparse(bench->memory, 0, MEMORY_SIZE, NULL);
	return bench;
}

void iom_vtd_bench_free(iom_vtd_bench *bench)
{
	if (!bench)
		return;
	if (bench->unit)
		iom_iommu_unref(bench->unit);
	iom_memory_unref(bench->memory);
	g_free(bench);
}

iom_iommu *iom_vtd_bench_unit(iom_vtd_bench *bench)
{
	return bench->unit;
}

iom_memory *iom_vtd_bench_memory(iom_vtd_bench *bench)
{
	return bench->memory;
}

const uint64_t *iom_vtd_bench_page_request(const iom_vtd_bench *bench)
{
	return bench->descriptor;
}

static void take_response(void *opaque, const iom_page_response *response)
{
	iom_vtd_bench *bench = opaque;

	bench->seen.response = *response;
	bench->seen.responses++;
}

static iom_mem_status take_msi(void *opaque, uint64_t address, uint32_t data)
{
	iom_vtd_bench *bench = opaque;

	bench->seen.messages++;
	bench->seen.message_address = address;
	bench->seen.message_data = data;
	return IOM_MEM_OK;
}

static iom_ats_answer take_ats(void *opaque, const iom_ats_invalidate *inv)
{
	iom_vtd_bench *bench = opaque;

	bench->seen.ats_invalidations++;
	bench->seen.ats = *inv;
	return bench->seen.ats_answer;
}

iom_vtd_seen *iom_vtd_bench_seen(iom_vtd_bench *bench)
{
	return &bench->seen;
}

static bool page_used(const iom_vtd_case *c, uint64_t page)
{
	for (unsigned i = 0; i < c->words->len; i++) {
		if ((g_array_index(c->words, iom_vtd_word, i).address ^ page) < PAGE)
			return true;
	}
	for (unsigned i = 0; i < c->bad->len; i++) {
		if (g_array_index(c->bad, iom_vtd_bad_page, i).page == page)
			return true;
	}
	return false;
}

static void load_memory(iom_vtd_bench *bench, const iom_vtd_case *c)
{
	iom_memory_inject(bench->memory, 0, MEMORY_SIZE, true, true, IOM_MEM_OK);
	iom_memory_remove(bench->memory, 0, NULL);
	iom_memory_add_sparse(bench->memory, 0, MEMORY_SIZE, NULL);
	for (unsigned i = 0; i < c->words->len; i++) {
		const iom_vtd_word *w = &g_array_index(c->words, iom_vtd_word, i);

		iom_memory_store64(bench->memory, w->address, w->value);
	}
	for (unsigned i = 0; i < c->bad->len; i++) {
		const iom_vtd_bad_page *b = &g_array_index(c->bad, iom_vtd_bad_page, i);

		iom_memory_inject(bench->memory, b->page, PAGE, !b->write_only, true,
				  IOM_MEM_ABORT);
	}
}

static void write32(iom_vtd_bench *bench, uint64_t offset, uint32_t value)
{
	iom_iommu_mmio_write(bench->unit, offset, 4, value, IOM_SPACE_NONSECURE);
}

static void write64(iom_vtd_bench *bench, uint64_t offset, uint64_t value)
{
	iom_iommu_mmio_write(bench->unit, offset, 8, value, IOM_SPACE_NONSECURE);
}

static uint64_t read64(iom_vtd_bench *bench, uint64_t offset)
{
	return iom_iommu_mmio_read(bench->unit, offset, 8, IOM_SPACE_NONSECURE);
}

/* One field a write, as 11.4.4.1 "Global Command Register" wants it. */
static void program(iom_vtd_bench *bench, const iom_vtd_case *c, bool interrupt)
{
	bench->prq = 0;
	if (interrupt) {
		write64(bench, REG_IRTA, c->irta);
		write32(bench, REG_GCMD, GCMD_SIRTP);
		if (c->ires)
			write32(bench, REG_GCMD, GCMD_IRE);
		if (c->cfis)
			write32(bench, REG_GCMD, (c->ires ? GCMD_IRE : 0) | GCMD_CFI);
		return;
	}
	write64(bench, REG_RTADDR, c->rtaddr);
	write32(bench, REG_GCMD, GCMD_SRTP);
	if (c->ecap & ECAP_PRS) {
		/* A queue of one page that nothing else of the case uses. */
		bench->prq = 0x7f * PAGE;
		while (page_used(c, bench->prq))
			bench->prq += PAGE;
		write64(bench, REG_PQA, bench->prq);
		write64(bench, REG_PQT, 0);
		write64(bench, REG_PQH, 0);
	}
	if (c->tes)
		write32(bench, REG_GCMD, GCMD_TE);
}

static bool same_unit(const iom_vtd_config *a, const iom_vtd_config *b)
{
	return a->haw == b->haw && a->ver == b->ver && a->cap == b->cap && a->ecap == b->ecap &&
	       memcmp(&a->cache, &b->cache, sizeof a->cache) == 0;
}

bool iom_vtd_bench_load(iom_vtd_bench *bench, const iom_vtd_case *c, bool interrupt,
			const iom_cache_config *cache, bool reuse, GError **error)
{
	iom_vtd_config config;
	iom_bus bus = { .size = sizeof bus,
			.opaque = bench,
			.msi = take_msi,
			.ats_invalidate = take_ats,
			.page_response = take_response };

	iom_vtd_config_init(&config);
	config.ver = c->ver;
	config.cap = c->cap;
	config.ecap = c->ecap;
	config.haw = c->haw;
	config.cache = *cache;
	bus.memory[IOM_SPACE_NONSECURE] = bench->memory;
	if (bench->unit && reuse && same_unit(&config, &bench->config)) {
		iom_iommu_reset(bench->unit);
		load_memory(bench, c);
	} else {
		g_clear_pointer(&bench->unit, iom_iommu_unref);
		load_memory(bench, c);
		bench->unit = iom_vtd_new(&config, &bus, error);
		bench->config = config;
		if (!bench->unit)
			return false;
	}
	program(bench, c, interrupt);
	return true;
}

/* Take the fault record, if there is one, and free it for the next. */
static void take_fault_record(iom_vtd_bench *bench, iom_vtd_outcome *out)
{
	uint64_t cap = bench->config.cap;
	uint64_t base = (cap >> 24 & 0x3ff) * 16;
	unsigned n = (cap >> 40 & 0xff) + 1;

	for (unsigned i = 0; i < n; i++) {
		uint64_t hi = read64(bench, base + 16 * i + 8);

		if (!(hi & FRCD_F))
			continue;
		out->recorded++;
		out->frcd[0] = read64(bench, base + 16 * i);
		out->frcd[1] = hi;
		write64(bench, base + 16 * i + 8, FRCD_F);
	}
}

static void run_page_request(iom_vtd_bench *bench, const iom_vtd_case *c, iom_vtd_outcome *out)
{
	iom_page_request request = {
		.address = c->address,
		.requester = c->sid,
		.pasid = c->pasid,
		.prg_index = 0x55,
		.access = c->op == 'W'   ? IOM_WRITE
			  : c->op == 'A' ? IOM_READ | IOM_WRITE
					 : IOM_READ,
		.last = c->lpig,
		.privileged = c->pr,
	};

	if (c->er)
		request.access |= IOM_EXECUTE;
	memset(bench->descriptor, 0, sizeof bench->descriptor);
	uint64_t tail = read64(bench, REG_PQT) % PAGE;
	unsigned before = bench->seen.responses;

	switch (iom_iommu_page_request(bench->unit, &request)) {
	case IOM_PRQ_QUEUED:
		out->kind = IOM_VTD_PRQ_QUEUED;
		iom_memory_read(bench->memory, bench->prq + tail, bench->descriptor,
				PRQ_DESCRIPTOR);
		for (unsigned i = 0; i < 4; i++)
			bench->descriptor[i] = GUINT64_FROM_LE(bench->descriptor[i]);
		/* Software has seen it. */
		write64(bench, REG_PQH, read64(bench, REG_PQT));
		write32(bench, REG_PRS, 1);
		break;
	case IOM_PRQ_RESPONDED:
		out->kind = bench->seen.responses > before &&
					    bench->seen.response.code == IOM_PRG_SUCCESS
				    ? IOM_VTD_PRQ_SUCCESS
				    : IOM_VTD_PRQ_IR;
		break;
	default:
		out->kind = IOM_VTD_PRQ_DROP;
		break;
	}
	take_fault_record(bench, out);
	out->fault = out->recorded ? (uint8_t)(out->frcd[1] >> 32) : 0;
}

static void run_interrupt(iom_vtd_bench *bench, const iom_vtd_case *c, iom_vtd_outcome *out)
{
	iom_interrupt request = { .address = c->address, .data = c->data, .requester = c->sid };
	iom_interrupt_result result;

	memset(&result, 0, sizeof result);
	iom_iommu_interrupt(bench->unit, &request, &result);
	take_fault_record(bench, out);
	if (result.status != IOM_OK) {
		out->kind = IOM_VTD_FAULT;
		out->response = IOM_RESPONSE_UR;
		out->fault = (uint8_t)result.fault.code;
		return;
	}
	out->kind = !result.remapped ? IOM_VTD_COMPAT
		    : !result.posted ? IOM_VTD_DELIVER
		    : result.deliver ? IOM_VTD_POSTED_NOTIFY
				     : IOM_VTD_POSTED;
	out->dest = result.destination;
	out->vector = result.vector;
	out->dlm = result.delivery_mode;
	out->tm = result.trigger_level;
	out->rh = result.redirection_hint;
	out->dm = result.destination_logical;
}

static uint8_t ats_bits(const iom_result *result)
{
	static const struct {
		uint16_t flag;
		uint8_t bit;
	} flags[] = {
		{ IOM_RES_UNTRANSLATED_ONLY, IOM_VTD_ATS_U },
		{ IOM_RES_NO_SNOOP, IOM_VTD_ATS_N },
		{ IOM_RES_PRIVILEGED, IOM_VTD_ATS_PRIV },
		{ IOM_RES_GLOBAL, IOM_VTD_ATS_G },
	};
	uint8_t bits = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (result->flags & flags[i].flag)
			bits |= flags[i].bit;
	}
	bits |= result->permissions & IOM_READ ? IOM_VTD_ATS_R : 0;
	bits |= result->permissions & IOM_WRITE ? IOM_VTD_ATS_W : 0;
	bits |= result->permissions & IOM_EXECUTE ? IOM_VTD_ATS_EXE : 0;
	bits |= result->page_lg2 > 12 ? IOM_VTD_ATS_S : 0;
	return bits;
}

static void take_translation(const iom_vtd_case *c, const iom_result *result, iom_vtd_outcome *out)
{
	out->response = result->response;
	out->fault = (uint8_t)result->fault.code;
	if (result->status == IOM_INTERRUPT) {
		out->kind = IOM_VTD_INTERRUPT;
		return;
	}
	if (result->status != IOM_OK) {
		out->kind = result->fault.code ? IOM_VTD_FAULT : IOM_VTD_UR;
		return;
	}
	out->perm = result->permissions & (IOM_READ | IOM_WRITE);
	out->page_size =
		result->page_lg2 && result->page_lg2 < 64 ? UINT64_C(1) << result->page_lg2 : 0;
	out->out_addr = result->address;
	out->kind = IOM_VTD_OK;
	if (c->at != 'T')
		return;
	out->ats = ats_bits(result);
	if (out->page_size)
		out->out_addr &= ~(out->page_size - 1);
	out->kind = !out->perm                 ? IOM_VTD_ATS_S0
		    : out->ats & IOM_VTD_ATS_U ? IOM_VTD_ATS_SPECIAL
					       : IOM_VTD_ATS_OK;
}

static void run_translation(iom_vtd_bench *bench, const iom_vtd_case *c, iom_vtd_outcome *out)
{
	iom_request request = {
		.address = c->address,
		.length = c->length,
		.requester = c->sid,
		.pasid = c->pasid,
		.type = c->at == 'T'   ? IOM_TRANSLATION_REQUEST
			: c->at == 'X' ? IOM_TRANSLATED
				       : IOM_UNTRANSLATED,
	};
	iom_result result;

	switch (c->op) {
	case 'W':
		request.access = IOM_WRITE;
		break;
	case 'A':
		request.access = IOM_READ | IOM_WRITE | IOM_ATOMIC;
		break;
	case 'Z':
		request.access = IOM_READ;
		request.flags |= IOM_REQ_ZERO_LENGTH;
		break;
	default:
		/* A translation request is a read, whatever it asks for. */
		request.access = IOM_READ;
		break;
	}
	request.flags |= c->pr ? IOM_REQ_PASID_PRIV : 0;
	request.flags |= c->er ? IOM_REQ_PASID_EXEC : 0;
	request.flags |= c->nw ? IOM_REQ_NO_WRITE : 0;
	memset(&result, 0, sizeof result);
	iom_iommu_translate(bench->unit, &request, &result);
	take_fault_record(bench, out);
	take_translation(c, &result, out);
}

void iom_vtd_bench_run(iom_vtd_bench *bench, const iom_vtd_case *c, bool interrupt,
		       iom_vtd_outcome *out)
{
	memset(out, 0, sizeof *out);
	if (interrupt)
		run_interrupt(bench, c, out);
	else if (c->at == 'P')
		run_page_request(bench, c, out);
	else
		run_translation(bench, c, out);
}

typedef struct changes {
	const iom_vtd_bench *bench;
	GHashTable *before; /* address to word, of what has not been met */
	iom_vtd_changed fn;
	void *opaque;
} changes;

static bool meet_word(void *opaque, uint64_t address, uint64_t value)
{
	changes *s = opaque;

	if (s->bench->prq && (address ^ s->bench->prq) < PAGE)
		return true;
	const iom_vtd_word *w = g_hash_table_lookup(s->before, &address);
	uint64_t before = w ? w->value : 0;

	if (w)
		g_hash_table_remove(s->before, &address);
	if (before != value)
		s->fn(s->opaque, address, before, value);
	return true;
}

static void check_listed(iom_vtd_bench *bench, const iom_vtd_case *c, iom_vtd_changed fn,
			 void *opaque)
{
	for (unsigned i = 0; i < c->words->len; i++) {
		const iom_vtd_word *w = &g_array_index(c->words, iom_vtd_word, i);
		uint64_t now;

		/* What cannot be read has not been written either. */
		if (iom_memory_load64(bench->memory, w->address, &now) == IOM_MEM_OK &&
		    now != w->value)
			fn(opaque, w->address, w->value, now);
	}
}

static void check_everything(iom_vtd_bench *bench, const iom_vtd_case *c, iom_vtd_changed fn,
			     void *opaque)
{
	changes s = { bench, g_hash_table_new(g_int64_hash, g_int64_equal), fn, opaque };

	for (unsigned i = 0; i < c->words->len; i++) {
		iom_vtd_word *w = &g_array_index(c->words, iom_vtd_word, i);

		g_hash_table_insert(s.before, &w->address, w);
	}
	iom_memory_foreach(bench->memory, meet_word, &s);

	GHashTableIter iter;
	gpointer word;

	/* Words that were listed and now are zero. */
	g_hash_table_iter_init(&iter, s.before);
	while (g_hash_table_iter_next(&iter, NULL, &word)) {
		const iom_vtd_word *w = word;

		if (w->value)
			fn(opaque, w->address, w->value, 0);
	}
	g_hash_table_unref(s.before);
}

void iom_vtd_bench_changes(iom_vtd_bench *bench, const iom_vtd_case *c, bool listed,
			   iom_vtd_changed fn, void *opaque)
{
	if (listed)
		check_listed(bench, c, fn, opaque);
	else
		check_everything(bench, c, fn, opaque);
}
