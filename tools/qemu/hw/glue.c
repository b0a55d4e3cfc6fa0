/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts and notifications are not delivered from inside the model's
 * callbacks: the receiver may be the same device again, or need the big lock
 * that this thread does not hold. They are queued and leave from a bottom half,
 * or at the end of the register write that caused them.
 */
#include "glue.h"

#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/notify.h"
#include "qemu/rcu.h"

#include "sim/replay/machine.h"

/* Its header moved between versions of QEMU. */
void qemu_add_exit_notifier(Notifier *notify);

#define TYPE_IOM_MEMORY_REGION "iommulate-iommu-memory-region"

typedef struct IomRaised {
	bool message;
	unsigned line;
	bool level;
	uint64_t address;
	uint32_t data;
} IomRaised;

/* ---- guest memory ---- */

void *iom_qemu_ram(uint64_t addr, bool write, uint64_t *span, MemoryRegion **mr, hwaddr *xlat)
{
	hwaddr len = UINT64_C(1) << 30;
	MemoryRegion *found = address_space_translate(&address_space_memory, addr, xlat, &len,
						      write, MEMTXATTRS_UNSPECIFIED);

	if (!memory_region_is_ram(found) || memory_region_is_ram_device(found) ||
	    (write && (memory_region_is_rom(found) || memory_region_is_romd(found))))
		return NULL;
	*mr = found;
	*span = len;
	return (uint8_t *)memory_region_get_ram_ptr(found) + *xlat;
}

/*
 * Reads go straight to RAM. Writes do not: migration and TCG have to hear of
 * them. Tables and queues outside RAM answer with an abort, as a device there
 * would need locks that the model's caller may not hold.
 */
static void *memory_host(void *opaque, uint64_t offset, bool write, uint64_t *span)
{
	MemoryRegion *mr;
	hwaddr xlat;

	RCU_READ_LOCK_GUARD();
	return write ? NULL : iom_qemu_ram(offset, false, span, &mr, &xlat);
}

static iom_mem_status memory_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	MemoryRegion *mr;
	uint64_t span, le = cpu_to_le64(value);
	hwaddr xlat;
	uint8_t *host;

	RCU_READ_LOCK_GUARD();
	host = iom_qemu_ram(offset, true, &span, &mr, &xlat);
	if (!host || span < size)
		return IOM_MEM_ABORT;
	if (size == 8 && !((uintptr_t)host & 7))
		qatomic_store_release((uint64_t *)host, le);
	else if (size == 4 && !((uintptr_t)host & 3))
		qatomic_store_release((uint32_t *)host, cpu_to_le32((uint32_t)value));
	else
		memcpy(host, &le, size);
	memory_region_set_dirty(mr, xlat, size);
	return IOM_MEM_OK;
}

static iom_mem_status memory_cas64(void *opaque, uint64_t offset, uint64_t *expected,
				   uint64_t desired)
{
	MemoryRegion *mr;
	uint64_t span, found;
	hwaddr xlat;
	uint8_t *host;

	RCU_READ_LOCK_GUARD();
	host = iom_qemu_ram(offset, true, &span, &mr, &xlat);
	if (!host || span < 8 || (uintptr_t)host & 7)
		return IOM_MEM_ABORT;
	found = qatomic_cmpxchg((uint64_t *)host, cpu_to_le64(*expected), cpu_to_le64(desired));
	if (found == cpu_to_le64(*expected))
		memory_region_set_dirty(mr, xlat, 8);
	*expected = le64_to_cpu(found);
	return IOM_MEM_OK;
}

static const iom_memory_ops memory_ops = {
	.write = memory_write,
	.host = memory_host,
	.cas64 = memory_cas64,
};

/* ---- what the model raises ---- */

#ifdef IOM_QEMU_PRI
static void deliver_responses(IomQemu *q);
#endif

static void deliver(void *opaque)
{
	IomQemu *q = opaque;
	GArray *raised;

	qemu_mutex_lock(&q->lock);
	raised = q->raised;
	q->raised = g_array_new(FALSE, FALSE, sizeof(IomRaised));
	q->scheduled = false;
	qemu_mutex_unlock(&q->lock);

	iom_notify_deliver(q);
#ifdef IOM_QEMU_PRI
	deliver_responses(q);
#endif
	for (guint i = 0; i < raised->len; i++) {
		const IomRaised *r = &g_array_index(raised, IomRaised, i);

		if (r->message)
			address_space_stl_le(&address_space_memory, r->address, r->data,
					     MEMTXATTRS_UNSPECIFIED, NULL);
		else if (r->level)
			qemu_irq_pulse(q->line[r->line]);
	}
	g_array_unref(raised);
}

/* With q->lock held. */
static void schedule(IomQemu *q)
{
	if (q->scheduled)
		return;
	q->scheduled = true;
	aio_bh_schedule_oneshot(qemu_get_aio_context(), deliver, q);
}

static void raise_later(IomQemu *q, IomRaised r)
{
	qemu_mutex_lock(&q->lock);
	g_array_append_val(q->raised, r);
	schedule(q);
	qemu_mutex_unlock(&q->lock);
}

static void bus_irq(void *opaque, unsigned line, bool level)
{
	if (line < IOM_QEMU_LINES)
		raise_later(opaque, (IomRaised){ .line = line, .level = level });
}

/* Software polls for messages in memory: those have to be there at once. */
static iom_mem_status bus_msi(void *opaque, uint64_t address, uint32_t data)
{
	if (memory_write(opaque, address, 4, data) != IOM_MEM_OK)
		raise_later(opaque,
			    (IomRaised){ .message = true, .address = address, .data = data });
	return IOM_MEM_OK;
}

static void notify_later(IomQemu *q, IomNotice notice)
{
	if (!qatomic_read(&q->listeners))
		return;
	qemu_mutex_lock(&q->lock);
	g_array_append_val(q->notices, notice);
	schedule(q);
	qemu_mutex_unlock(&q->lock);
}

static void bus_invalidated(void *opaque, const iom_invalidation *inv)
{
	notify_later(opaque, (IomNotice){ .what = *inv });
}

/* The device caches of QEMU's virtio and vhost are told, and drop at once. */
static iom_ats_answer bus_ats_invalidate(void *opaque, const iom_ats_invalidate *inv)
{
	const IomNotice notice = {
		.sent = true,
		.what.kind = IOM_INV_TLB,
		.what.requester = inv->requester,
		.what.pasid = inv->global ? IOM_NO_PASID : inv->pasid,
		.what.asid = IOM_INV_ANY,
		.what.vmid = IOM_INV_ANY,
		.what.address = inv->address,
		.what.length = inv->length,
	};

	notify_later(opaque, notice);
	return IOM_ATS_COMPLETED;
}

#ifdef IOM_QEMU_PRI
static void bus_page_response(void *opaque, const iom_page_response *response)
{
	IomQemu *q = opaque;

	qemu_mutex_lock(&q->lock);
	g_array_append_vals(q->responses, response, 1);
	schedule(q);
	qemu_mutex_unlock(&q->lock);
}

static void respond(IomSpace *space, const void *opaque)
{
	const iom_page_response *response = opaque;

	if (iom_qemu_requester(space) == response->requester)
		iom_ats_page_response(space, response);
}

static void deliver_responses(IomQemu *q)
{
	GArray *responses;

	qemu_mutex_lock(&q->lock);
	responses = q->responses;
	q->responses = g_array_new(FALSE, FALSE, sizeof(iom_page_response));
	qemu_mutex_unlock(&q->lock);
	for (guint i = 0; i < responses->len; i++)
		iom_notify_spaces(q, respond, &g_array_index(responses, iom_page_response, i));
	g_array_unref(responses);
}
#endif

static void bus_log(void *opaque, const char *message)
{
	warn_report("iommulate: %s", message);
}

/* ---- registers ---- */

static MemTxResult registers_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
				  MemTxAttrs attrs)
{
	IomQemu *q = opaque;

	*data = iom_iommu_mmio_read(q->iommu, addr, size,
				    attrs.secure ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE);
	return MEMTX_OK;
}

static MemTxResult registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size,
				   MemTxAttrs attrs)
{
	IomQemu *q = opaque;
	iom_space space = attrs.secure ? IOM_SPACE_SECURE : IOM_SPACE_NONSECURE;

	/*
	 * The witness goes first: once the model has answered in memory that a
	 * command is done, the guest may overwrite it.
	 */
	if (q->witness)
		iom_witness_write(q->witness, addr, size, value);
	iom_iommu_mmio_write(q->iommu, addr, size, value, space);
	/* An invalidation is complete when the guest sees this write complete. */
	if (q->notices->len)
		iom_notify_deliver(q);
	iom_notify_modes(q);
	return MEMTX_OK;
}

static const MemoryRegionOps register_ops = {
	.read_with_attrs = registers_read,
	.write_with_attrs = registers_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 4, .max_access_size = 8 },
	.valid = { .min_access_size = 4, .max_access_size = 8 },
};

/* ---- translation ---- */

uint32_t iom_qemu_requester(const IomSpace *space)
{
	return space->bus ? PCI_BUILD_BDF(pci_bus_num(space->bus), space->devfn) : space->devfn;
}

static IOMMUTLBEntry translate(IOMMUMemoryRegion *mr, hwaddr addr, IOMMUAccessFlags flag,
			       int iommu_idx)
{
	IomSpace *space = container_of(mr, IomSpace, mr);
	IomQemu *q = space->q;
	iom_request request = {
		.address = addr,
		.requester = iom_qemu_requester(space),
		.pasid = IOM_NO_PASID,
		.access = (flag & IOMMU_RO ? IOM_READ : 0) | (flag & IOMMU_WO ? IOM_WRITE : 0),
	};
	IOMMUTLBEntry entry = {
		.target_as = &address_space_memory,
		.iova = addr,
		.addr_mask = 0xfff,
		.perm = IOMMU_NONE,
	};
	iom_result result;

	/* Asked without an access: somebody looks, nobody is to be blamed. */
	if (flag == IOMMU_NONE) {
		request.access = IOM_READ;
		request.flags = IOM_REQ_SPECULATIVE;
	}
	iom_iommu_translate(q->iommu, &request, &result);
	if (q->witness)
		iom_witness_translate(q->witness, &request, &result);
	if (space->listener && flag != IOMMU_NONE)
		iom_listener_access(space->listener, addr, flag, &result);
	if (result.status != IOM_OK)
		return entry;
	if (result.page_lg2 >= 12 && result.page_lg2 < 64)
		entry.addr_mask = (UINT64_C(1) << result.page_lg2) - 1;
	entry.translated_addr = result.address & ~entry.addr_mask;
	entry.iova = addr & ~entry.addr_mask;
	entry.perm =
		IOMMU_ACCESS_FLAG(result.permissions & IOM_READ, result.permissions & IOM_WRITE);
	return entry;
}

static void memory_region_class_init(ObjectClass *klass, IOM_CLASS_DATA *data)
{
	IOMMUMemoryRegionClass *imrc = IOMMU_MEMORY_REGION_CLASS(klass);

	imrc->translate = translate;
	imrc->notify_flag_changed = iom_notify_flag_changed;
	imrc->replay = iom_notify_replay;
}

static const TypeInfo memory_region_info = {
	.name = TYPE_IOM_MEMORY_REGION,
	.parent = TYPE_IOMMU_MEMORY_REGION,
	.class_init = memory_region_class_init,
};

IomSpace *iom_qemu_space(IomQemu *q, PCIBus *bus, uint32_t devfn)
{
	IomSpace **by_devfn = g_hash_table_lookup(q->spaces, bus);
	g_autofree char *name = NULL;
	IomSpace *space;

	if (!by_devfn) {
		by_devfn = g_new0(IomSpace *, PCI_DEVFN_MAX);
		g_hash_table_insert(q->spaces, bus, by_devfn);
	}
	space = by_devfn[devfn % PCI_DEVFN_MAX];
	if (space)
		return space;
	space = g_new0(IomSpace, 1);
	by_devfn[devfn % PCI_DEVFN_MAX] = space;
	space->q = q;
	space->bus = bus;
	space->devfn = devfn;
	name = g_strdup_printf("iommulate-%s-%02x", bus ? BUS(bus)->name : "platform", devfn);
	memory_region_init(&space->root, OBJECT(q->dev), name, UINT64_MAX);
	memory_region_init_iommu(&space->mr, sizeof(space->mr), TYPE_IOM_MEMORY_REGION,
				 OBJECT(q->dev), name, UINT64_MAX);
	memory_region_add_subregion_overlap(&space->root, 0, MEMORY_REGION(&space->mr), 0);
	address_space_init(&space->as, &space->root, name);
	if (q->space_added)
		q->space_added(q, space);
	if (q->listen)
		iom_listener_new(space);
	return space;
}

static AddressSpace *address_space_of(PCIBus *bus, void *opaque, int devfn)
{
	return &iom_qemu_space(opaque, bus, (uint32_t)devfn)->as;
}

void iom_qemu_attach(IomQemu *q, PCIBus *bus, bool alone)
{
#ifdef IOM_QEMU_PCI_OPS
	static PCIIOMMUOps ops = { .get_address_space = address_space_of };

#ifdef IOM_QEMU_ATS
	iom_ats_ops(&ops);
#endif
#ifdef IOM_QEMU_PER_BUS
	if (alone)
		pci_setup_iommu_per_bus(bus, &ops, q);
	else
#endif
		pci_setup_iommu(bus, &ops, q);
#else
	pci_setup_iommu(bus, address_space_of, q);
#endif
}

void iom_qemu_interrupt(IomQemu *q, const iom_interrupt *msi, iom_interrupt_result *result)
{
	iom_iommu_interrupt(q->iommu, msi, result);
	if (q->witness)
		iom_witness_interrupt(q->witness, msi, result);
}

/* ---- life ---- */

void iom_qemu_prepare(IomQemu *q, DeviceState *dev, iom_kind kind)
{
	q->dev = dev;
	q->info = iom_trace_info_new(kind);
}

void iom_qemu_id(IomQemu *q, uint64_t offset, uint64_t value)
{
	iom_trace_register reg = { offset, value };

	g_array_append_val(q->info->registers, reg);
}

static iom_iommu *make_model(IomQemu *q, const iom_bus *bus, const char *caches, Error **errp)
{
	g_autoptr(GError) error = NULL;
	iom_machine *machine = NULL;
	iom_cache_config geometry;
	iom_iommu *iommu = NULL;

	if (q->machine)
		machine = iom_machine_load(q->machine, &error);
	if (!error && iom_machine_caches(machine, caches, &geometry, &error))
		iommu = iom_machine_iommu(machine, q->info, &geometry, bus, &error);
	iom_machine_free(machine);
	if (!iommu)
		error_setg(errp, "iommulate: %s", error->message);
	return iommu;
}

static void append_statistics(IomQemu *q, GString *out)
{
	iom_statistics st;

	iom_iommu_statistics(q->iommu, &st);
	g_string_append_printf(out,
			       "translations %" PRIu64 "\ntranslated %" PRIu64 "\nfaulted %" PRIu64
			       "\nevents %" PRIu64 "\nevents-lost %" PRIu64
			       "\ninterrupts-raised %" PRIu64 "\ntable-reads %" PRIu64
			       "\ntable-writes %" PRIu64 "\n",
			       st.translations, st.translated, st.faulted, st.events,
			       st.events_lost, st.interrupts, st.table_reads, st.table_writes);
	for (unsigned i = 0; i < IOM_N_CACHES; i++) {
		if (st.caches[i].name)
			g_string_append_printf(out,
					       "cache-%s %" PRIu64 " hits %" PRIu64 " misses\n",
					       st.caches[i].name, st.caches[i].hits,
					       st.caches[i].misses);
	}
	for (unsigned i = 0; i < IOM_MAX_COMMANDS && st.commands[i].name; i++) {
		if (st.commands[i].value)
			g_string_append_printf(out, "command-%s %" PRIu64 "\n", st.commands[i].name,
					       st.commands[i].value);
	}
}

static void at_exit(Notifier *n, void *unused)
{
	IomQemu *q = container_of(n, IomQemu, exit);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	append_statistics(q, out);
	if (q->witness)
		iom_witness_finish(q->witness, out);
	if (q->listen) {
		iom_notify_spaces(q, iom_listener_finish, NULL);
		g_string_append_printf(out,
				       "listener-maps %" PRIu64 "\nlistener-unmaps %" PRIu64
				       "\nlistener-checked %" PRIu64 "\nlistener-left %" PRIu64
				       "\nlistener-wrong %" PRIu64 "\n",
				       q->heard.maps, q->heard.unmaps, q->heard.checked,
				       q->heard.left, q->heard.wrong);
	}
	if (q->statistics &&
	    !g_file_set_contents(q->statistics, out->str, (gssize)out->len, &error))
		error_report("iommulate: %s", error->message);
}

bool iom_qemu_realize(IomQemu *q, uint64_t frame, Error **errp)
{
	iom_bus bus = {
		.size = sizeof(bus),
		.opaque = q,
		.irq = bus_irq,
		.msi = bus_msi,
		.invalidated = bus_invalidated,
		.ats_invalidate = bus_ats_invalidate,
#ifdef IOM_QEMU_PRI
		.page_response = bus_page_response,
#endif
		.log = bus_log,
	};
	uint64_t size;

	qemu_mutex_init(&q->lock);
	q->raised = g_array_new(FALSE, FALSE, sizeof(IomRaised));
	q->notices = g_array_new(FALSE, FALSE, sizeof(IomNotice));
	q->responses = g_array_new(FALSE, FALSE, sizeof(iom_page_response));
	q->spaces = g_hash_table_new(NULL, NULL);
	q->memory = iom_memory_new();
	iom_memory_add_device(q->memory, 0, UINT64_MAX, &memory_ops, q, NULL);
	bus.memory[IOM_SPACE_NONSECURE] = q->memory;

	q->iommu = make_model(q, &bus, NULL, errp);
	if (!q->iommu)
		return false;
	if (q->verify || q->trace) {
		q->witness = iom_witness_new(q, make_model, errp);
		if (!q->witness)
			return false;
	}
	size = iom_iommu_mmio_size(q->iommu);
	if (frame && size > frame)
		size = frame;
	memory_region_init_io(&q->registers, OBJECT(q->dev), &register_ops, q, "iommulate", size);
	if (q->statistics || q->witness || q->listen) {
		q->exit.notify = at_exit;
		qemu_add_exit_notifier(&q->exit);
	}
	return true;
}

void iom_qemu_reset(IomQemu *q)
{
	if (q->witness)
		iom_witness_reset(q->witness);
	iom_iommu_reset(q->iommu);
	iom_notify_all(q);
}

/* ---- saved state ---- */

static int pre_save(void *opaque)
{
	IomQemu *q = opaque;
	gsize size;
	gconstpointer data;
	GBytes *state;

	deliver(q); /* what is under way arrives before its receivers are saved */
	state = iom_iommu_save(q->iommu);
	data = g_bytes_get_data(state, &size);
	g_free(q->saved);
	q->saved = g_memdup2(data, size);
	q->saved_size = (uint32_t)size;
	g_bytes_unref(state);
	return 0;
}

static int post_load(void *opaque, int version_id)
{
	IomQemu *q = opaque;
	g_autoptr(GBytes) state = g_bytes_new(q->saved, q->saved_size);
	g_autoptr(GError) error = NULL;

	if (!iom_iommu_load(q->iommu, state, &error)) {
		error_report("iommulate: %s", error->message);
		return -EINVAL;
	}
	if (q->witness)
		iom_witness_load(q->witness, state);
	iom_notify_all(q);
	return 0;
}

const VMStateDescription iom_qemu_vmstate = {
	.name = "iommulate",
	.version_id = 1,
	.minimum_version_id = 1,
	.pre_save = pre_save,
	.post_load = post_load,
	/* Before the devices, whose loading may translate. */
	.priority = MIG_PRI_IOMMU,
	.fields =
		(VMStateField[]){ VMSTATE_UINT32(saved_size, IomQemu),
				  VMSTATE_VBUFFER_ALLOC_UINT32(saved, IomQemu, 1, NULL, saved_size),
				  VMSTATE_END_OF_LIST() },
};

static void register_types(void)
{
	type_register_static(&memory_region_info);
}

type_init(register_types)
