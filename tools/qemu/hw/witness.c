/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second model of the same configuration, without caches, that sees every
 * register write, access and interrupt, and must answer the same. An answer of
 * the first one that its tables no longer give is a stale use or a bug. The
 * witness reads the guest's memory and changes none of it: what it would write
 * (events, completions, accessed flags) the model itself has written or is about to.
 *
 * All its table and queue reads pass through here, so a trace that replays is
 * a by-product: a record for each word that is not what the trace said last,
 * then the access that needed it.
 */
#include "glue.h"

#include "qemu/error-report.h"
#include "qemu/rcu.h"

#define REPORTED_MISMATCHES 10

struct IomWitness {
	IomQemu *q;
	iom_iommu *iommu;
	iom_memory *memory;
	QemuMutex lock;
	uint64_t compared;
	uint64_t interrupts;
	uint64_t mismatches;
	iom_trace_writer *trace;
	GHashTable *told; /* words that the trace has: address / 8 -> value */
	uint64_t records;
};

static void record(IomWitness *w, const iom_trace_record *r)
{
	if (!w->trace)
		return;
	iom_trace_write(w->trace, r);
	w->records++;
}

/* ---- memory ---- */

/* Tell the trace the aligned word around `addr`, as it is now. */
static void tell_word(IomWitness *w, uint64_t addr)
{
	MemoryRegion *mr;
	uint64_t span, value, *told;
	hwaddr xlat;
	uint8_t *host;

	addr &= ~UINT64_C(7);
	host = iom_qemu_ram(addr, false, &span, &mr, &xlat);
	if (!host || span < 8)
		return;
	value = ldq_le_p(host);
	told = g_hash_table_lookup(w->told, &addr);
	if (told && *told == value)
		return;
	if (!told) {
		uint64_t *pair = g_new(uint64_t, 2);

		pair[0] = addr;
		told = &pair[1];
		g_hash_table_insert(w->told, pair, told);
	}
	*told = value;
	record(w,
	       &(iom_trace_record){
		       .kind = IOM_TRACE_MEM_WRITE, .address = addr, .length = 8, .value = value });
}

static iom_mem_status witness_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	IomWitness *w = opaque;
	MemoryRegion *mr;
	uint64_t span;
	hwaddr xlat;
	uint8_t *host;

	RCU_READ_LOCK_GUARD();
	host = iom_qemu_ram(offset, false, &span, &mr, &xlat);
	if (!host || span < size)
		return IOM_MEM_ABORT;
	if (w->trace)
		tell_word(w, offset);
	*value = ldn_le_p(host, (int)size);
	return IOM_MEM_OK;
}

static iom_mem_status witness_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	MemoryRegion *mr;
	uint64_t span;
	hwaddr xlat;

	RCU_READ_LOCK_GUARD();
	return iom_qemu_ram(offset, true, &span, &mr, &xlat) && span >= size ? IOM_MEM_OK
									     : IOM_MEM_ABORT;
}

static iom_mem_status witness_cas64(void *opaque, uint64_t offset, uint64_t *expected,
				    uint64_t desired)
{
	uint64_t now;
	iom_mem_status status = witness_read(opaque, offset, 8, &now);

	if (status == IOM_MEM_OK)
		status = witness_write(opaque, offset, 8, desired);
	*expected = now;
	return status;
}

static const iom_memory_ops witness_ops = {
	.read = witness_read,
	.write = witness_write,
	.cas64 = witness_cas64,
};

static iom_mem_status swallow_msi(void *opaque, uint64_t address, uint32_t data)
{
	return IOM_MEM_OK;
}

static iom_ats_answer swallow_ats(void *opaque, const iom_ats_invalidate *inv)
{
	return IOM_ATS_COMPLETED;
}

/* ---- the trace ---- */

static bool start_trace(IomWitness *w, Error **errp)
{
	g_autoptr(GError) error = NULL;
	iom_trace_info *info = w->q->info, *header = iom_trace_info_new(info->kind);

	/* The ID registers as they came out, machine file included. */
	for (guint i = 0; i < info->registers->len; i++) {
		iom_trace_register r = g_array_index(info->registers, iom_trace_register, i);

		r.value =
			iom_iommu_mmio_read(w->iommu, r.offset, info->kind == IOM_KIND_VTD ? 8 : 4,
					    IOM_SPACE_NONSECURE);
		g_array_append_val(header->registers, r);
	}
	header->haw = info->haw;
	header->source = g_strdup("QEMU with iommulate");
	w->trace = iom_trace_writer_new(w->q->trace, header, &error);
	iom_trace_info_free(header);
	if (w->trace)
		return true;
	error_setg(errp, "iommulate: %s", error->message);
	return false;
}

/* ---- what happens ---- */

void iom_witness_write(IomWitness *w, uint64_t offset, unsigned size, uint64_t value)
{
	qemu_mutex_lock(&w->lock);
	iom_iommu_mmio_write(w->iommu, offset, size, value, IOM_SPACE_NONSECURE);
	record(w, &(iom_trace_record){ .kind = IOM_TRACE_REG_WRITE,
				       .address = offset,
				       .length = size,
				       .value = value });
	qemu_mutex_unlock(&w->lock);
}

static void mismatch(IomWitness *w, const iom_request *r, const iom_result *model,
		     const iom_result *walk)
{
	if (w->mismatches++ >= REPORTED_MISMATCHES)
		return;
	error_report("iommulate: requester %#x address %#" PRIx64
		     " access %u: model says %s %#" PRIx64
		     " permissions %u fault %#x%s, tables say %s %#" PRIx64
		     " permissions %u fault %#x",
		     r->requester, r->address, r->access, iom_status_name(model->status),
		     model->address, model->permissions, model->fault.code,
		     model->flags & IOM_RES_CACHED ? " (cached)" : "",
		     iom_status_name(walk->status), walk->address, walk->permissions,
		     walk->fault.code);
}

static bool same(const iom_result *a, const iom_result *b)
{
	if (a->status != b->status)
		return false;
	if (a->status == IOM_OK)
		return a->address == b->address && a->permissions == b->permissions;
	return a->fault.code == b->fault.code;
}

void iom_witness_translate(IomWitness *w, const iom_request *request, const iom_result *result)
{
	iom_trace_record r = {
		.kind = IOM_TRACE_DMA,
		.flags = (uint8_t)(request->access | IOM_TRACE_EXPECT |
				   request->type << IOM_TRACE_TYPE_SHIFT),
		.requester = request->requester,
		.pasid = request->pasid,
		.address = request->address,
		.length = 1,
	};
	iom_result walk;

	if (request->flags & IOM_REQ_PASID_PRIV)
		r.flags |= IOM_TRACE_PRIVILEGED;
	if (request->flags & IOM_REQ_PASID_EXEC)
		r.flags |= IOM_TRACE_EXEC;
	qemu_mutex_lock(&w->lock);
	iom_iommu_translate(w->iommu, request, &walk);
	w->compared++;
	if (!same(result, &walk))
		mismatch(w, request, result, &walk);
	if (result->status == IOM_OK) {
		r.expect = IOM_TRACE_EXPECT_ADDRESS | IOM_TRACE_EXPECT_PERM;
		r.perm = iom_trace_perm(result->permissions & (IOM_READ | IOM_WRITE), 0);
		r.value = result->address;
		/* A record does not say that only reads are wanted, nor a refusal where to. */
		if (request->flags & IOM_REQ_NO_WRITE)
			r.expect &= (uint8_t)~IOM_TRACE_EXPECT_PERM;
		if (!result->permissions)
			r.expect &= (uint8_t)~IOM_TRACE_EXPECT_ADDRESS;
	} else {
		r.expect = IOM_TRACE_EXPECT_FAULT;
		r.value = result->fault.code;
	}
	if (!(request->flags & IOM_REQ_SPECULATIVE))
		record(w, &r);
	qemu_mutex_unlock(&w->lock);
}

void iom_witness_interrupt(IomWitness *w, const iom_interrupt *msi,
			   const iom_interrupt_result *result)
{
	iom_interrupt_result walk;

	qemu_mutex_lock(&w->lock);
	iom_iommu_interrupt(w->iommu, msi, &walk);
	w->interrupts++;
	if (walk.status != result->status || walk.address != result->address ||
	    walk.data != result->data) {
		w->mismatches++;
		error_report("iommulate: interrupt %#" PRIx64 " %#x of %#x: model says %u %#" PRIx64
			     " %#x, tables say %u %#" PRIx64 " %#x",
			     msi->address, msi->data, msi->requester, result->status,
			     result->address, result->data, walk.status, walk.address, walk.data);
	}
	record(w, &(iom_trace_record){ .kind = IOM_TRACE_INTERRUPT,
				       .requester = msi->requester,
				       .address = msi->address,
				       .length = 4,
				       .value = msi->data });
	qemu_mutex_unlock(&w->lock);
}

void iom_witness_page_request(IomWitness *w, const iom_page_request *request, iom_prq_status status)
{
	iom_prq_status walk;

	qemu_mutex_lock(&w->lock);
	walk = iom_iommu_page_request(w->iommu, request);
	w->compared++;
	if (walk != status) {
		w->mismatches++;
		error_report("iommulate: page request of %#x: model says %u, tables say %u",
			     request->requester, status, walk);
	}
	record(w, &(iom_trace_record){
			  .kind = IOM_TRACE_PAGE_REQUEST,
			  .flags = (uint8_t)(request->access |
					     (request->privileged ? IOM_TRACE_PRIVILEGED : 0) |
					     (request->last ? IOM_TRACE_LAST : 0)),
			  .requester = request->requester,
			  .pasid = request->pasid,
			  .address = request->address,
			  .value = request->prg_index });
	qemu_mutex_unlock(&w->lock);
}

/* ---- life ---- */

IomWitness *iom_witness_new(IomQemu *q,
			    iom_iommu *(*make)(IomQemu *q, const iom_bus *bus, const char *caches,
					       Error **errp),
			    Error **errp)
{
	IomWitness *w = g_new0(IomWitness, 1);
	iom_bus bus = {
		.size = sizeof(bus),
		.opaque = w,
		.msi = swallow_msi,
		.ats_invalidate = swallow_ats,
	};

	w->q = q;
	qemu_mutex_init(&w->lock);
	w->told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	w->memory = iom_memory_new();
	iom_memory_add_device(w->memory, 0, UINT64_MAX, &witness_ops, w, NULL);
	bus.memory[IOM_SPACE_NONSECURE] = w->memory;
	w->iommu = make(q, &bus, "off", errp);
	if (!w->iommu || (q->trace && !start_trace(w, errp))) {
		g_free(w);
		return NULL;
	}
	return w;
}

void iom_witness_reset(IomWitness *w)
{
	qemu_mutex_lock(&w->lock);
	iom_iommu_reset(w->iommu);
	if (w->trace) {
		/* A trace has one power-on, at its start: keep what follows the last one. */
		Error *error = NULL;

		iom_trace_writer_abandon(w->trace);
		g_hash_table_remove_all(w->told);
		w->records = 0;
		if (!start_trace(w, &error))
			error_report_err(error);
	}
	qemu_mutex_unlock(&w->lock);
}

void iom_witness_load(IomWitness *w, GBytes *state)
{
	iom_iommu_load(w->iommu, state, NULL);
}

void iom_witness_finish(IomWitness *w, GString *out)
{
	g_autoptr(GError) error = NULL;

	if (w->trace && !iom_trace_writer_finish(w->trace, &error))
		error_report("iommulate: %s", error->message);
	w->trace = NULL;
	g_string_append_printf(out,
			       "compared %" PRIu64 "\ninterrupts %" PRIu64 "\nmismatches %" PRIu64
			       "\nrecords %" PRIu64 "\n",
			       w->compared, w->interrupts, w->mismatches, w->records);
}
