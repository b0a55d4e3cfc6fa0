/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "iommulate-endpoint", for tests: a PCIe function with ATS, page requests and PASIDs that
 * does what its driver writes into registers: asks for translations, uses them, asks for
 * pages, and counts what it is told to drop. No other device in QEMU uses these operations.
 */
#include "glue.h"

#include "endpoint.h"

#ifdef IOM_QEMU_PRI
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie.h"

#define TYPE_IOM_ENDPOINT "iommulate-endpoint"
OBJECT_DECLARE_SIMPLE_TYPE(IomTestEndpoint, IOM_ENDPOINT)

#define ENTRIES 16

/* Where the capabilities are: nobody else shares this function's space. */
#define ATS_AT 0x100
#define PASID_AT 0x110
#define PRI_AT 0x120

struct IomTestEndpoint {
	PCIDevice parent;
	MemoryRegion registers;
	uint64_t reg[EP_SIZE / 8];
	IOMMUTLBEntry entry[ENTRIES];
	IOMMUNotifier notifier;
	IOMMUPRINotifier responder;
	bool listening;
	uint32_t pasid; /* that it listens to */
};

#define REG(e, offset) ((e)->reg[(offset) / 8])

/* ---- what comes without being asked for ---- */

static void dropped(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
	IomTestEndpoint *e = container_of(n, IomTestEndpoint, notifier);
	uint64_t last = entry->iova | entry->addr_mask;

	if (!REG(e, EP_NOTICES) || entry->iova < REG(e, EP_NOTICE_FIRST))
		REG(e, EP_NOTICE_FIRST) = entry->iova;
	if (!REG(e, EP_NOTICES) || last > REG(e, EP_NOTICE_LAST))
		REG(e, EP_NOTICE_LAST) = last;
	REG(e, EP_NOTICES)++;
}

static void responded(IOMMUPRINotifier *n, IOMMUPRIResponse *response)
{
	IomTestEndpoint *e = container_of(n, IomTestEndpoint, responder);

	REG(e, EP_RESPONSES)++;
	REG(e, EP_RESPONSE) = response->response_code | (uint64_t)response->prgi << 8;
}

static void leave(IomTestEndpoint *e)
{
	if (!e->listening)
		return;
	pci_iommu_unregister_iotlb_notifier(&e->parent, e->pasid, &e->notifier);
	pci_pri_unregister_notifier(&e->parent, e->pasid);
	e->listening = false;
}

static int listen_to(IomTestEndpoint *e, uint32_t pasid)
{
	int status;

	leave(e);
	pci_iommu_init_iotlb_notifier(&e->parent, &e->notifier, dropped, e);
	status = pci_iommu_register_iotlb_notifier(&e->parent, pasid, &e->notifier);
	if (status)
		return status;
	e->responder.notify = responded;
	e->pasid = pasid;
	e->listening = true;
	REG(e, EP_NOTICES) = REG(e, EP_RESPONSES) = 0;
	return pci_pri_register_notifier(&e->parent, pasid, &e->responder);
}

/* ---- what its driver wants ---- */

static int64_t ask(IomTestEndpoint *e)
{
	uint64_t flags = REG(e, EP_FLAGS);
	uint32_t errors = 0;
	ssize_t n;

	memset(e->entry, 0, sizeof(e->entry));
	n = pci_ats_request_translation(&e->parent, (uint32_t)REG(e, EP_PASID),
					flags & EP_PRIVILEGED, flags & EP_EXECUTE,
					REG(e, EP_ADDRESS), REG(e, EP_LENGTH), flags & EP_NO_WRITE,
					e->entry, ENTRIES, &errors);
	REG(e, EP_ERRORS) = errors;
	return n;
}

static int64_t ask_for_page(IomTestEndpoint *e)
{
	uint64_t flags = REG(e, EP_FLAGS);

	return pci_pri_request_page(&e->parent, (uint32_t)REG(e, EP_PASID), flags & EP_PRIVILEGED,
				    flags & EP_EXECUTE, REG(e, EP_ADDRESS), flags & EP_LAST,
				    REG(e, EP_GROUP) & PCI_PRI_PRGI_MASK, flags & EP_READ,
				    flags & EP_WRITE);
}

/* An access with a translated address: what the answer was asked for. */
static int64_t use(IomTestEndpoint *e, bool store)
{
	const IOMMUTLBEntry *entry = &e->entry[REG(e, EP_INDEX) % ENTRIES];
	hwaddr at = entry->translated_addr | (REG(e, EP_ADDRESS) & entry->addr_mask & ~7ull);
	MemTxResult result = MEMTX_ERROR;

	if (!(entry->perm & (store ? IOMMU_WO : IOMMU_RO)))
		return -EPERM;
	if (store)
		address_space_stq_le(entry->target_as, at, REG(e, EP_DATA), MEMTXATTRS_UNSPECIFIED,
				     &result);
	else
		REG(e, EP_DATA) =
			address_space_ldq_le(entry->target_as, at, MEMTXATTRS_UNSPECIFIED, &result);
	return result == MEMTX_OK ? 0 : -EIO;
}

static int64_t command(IomTestEndpoint *e, uint64_t what)
{
	switch (what) {
	case EP_TRANSLATE:
		return ask(e);
	case EP_REQUEST_PAGE:
		return ask_for_page(e);
	case EP_FETCH:
	case EP_STORE:
		return use(e, what == EP_STORE);
	case EP_LISTEN:
		return listen_to(e, (uint32_t)REG(e, EP_PASID));
	case EP_LEAVE:
		leave(e);
		return 0;
	default:
		return -EINVAL;
	}
}

/* What a driver that may not write the capabilities wants in their control registers. */
static void enable(IomTestEndpoint *e, uint64_t value)
{
	uint8_t *config = e->parent.config;

	pci_set_word(config + ATS_AT + PCI_ATS_CTRL, value & EP_ATS ? PCI_ATS_CTRL_ENABLE : 0);
	pci_set_word(config + PASID_AT + PCI_PASID_CTRL,
		     value & EP_PASIDS
			     ? PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV
			     : 0);
	pci_set_word(config + PRI_AT + PCI_PRI_CTRL, value & EP_PRI ? PCI_PRI_CTRL_ENABLE : 0);
}

static uint64_t read_register(void *opaque, hwaddr offset, unsigned size)
{
	IomTestEndpoint *e = opaque;
	const IOMMUTLBEntry *entry = &e->entry[REG(e, EP_INDEX) % ENTRIES];

	switch (offset) {
	case EP_ENABLED:
		return (pcie_ats_enabled(&e->parent) ? EP_ATS : 0) |
		       (pcie_pasid_enabled(&e->parent) ? EP_PASIDS : 0) |
		       (pcie_pri_enabled(&e->parent) ? EP_PRI : 0);
	case EP_ENTRY_INPUT:
		return entry->iova;
	case EP_ENTRY_OUTPUT:
		return entry->translated_addr;
	case EP_ENTRY_MASK:
		return entry->addr_mask;
	case EP_ENTRY_RIGHTS:
		return entry->perm;
	default:
		return e->reg[offset / 8 % ARRAY_SIZE(e->reg)];
	}
}

static void write_register(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
	IomTestEndpoint *e = opaque;

	e->reg[offset / 8 % ARRAY_SIZE(e->reg)] = value;
	if (offset == EP_ENABLED)
		enable(e, value);
	if (offset == EP_COMMAND)
		REG(e, EP_STATUS) = (uint64_t)command(e, value);
}

static const MemoryRegionOps register_ops = {
	.read = read_register,
	.write = write_register,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 8, .max_access_size = 8 },
	.valid = { .min_access_size = 8, .max_access_size = 8 },
};

/* ---- life ---- */

static void realize(PCIDevice *dev, Error **errp)
{
	IomTestEndpoint *e = IOM_ENDPOINT(dev);

	memory_region_init_io(&e->registers, OBJECT(dev), &register_ops, e, "iommulate-endpoint",
			      EP_SIZE);
	pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &e->registers);
	if (pcie_endpoint_cap_init(dev, 0x80) < 0) {
		error_setg(errp, "iommulate-endpoint needs a PCI Express bus");
		return;
	}
	pcie_ats_init(dev, ATS_AT, true);
	pcie_pasid_init(dev, PASID_AT, 20, true, true);
	/* Linux wants responses with the PASID of the request. */
	pcie_pri_init(dev, PRI_AT, 64, true);
}

static void unrealize(PCIDevice *dev)
{
	leave(IOM_ENDPOINT(dev));
	pcie_cap_exit(dev);
}

static void reset_hold(Object *obj, ResetType type)
{
	IomTestEndpoint *e = IOM_ENDPOINT(obj);

	leave(e);
	memset(e->reg, 0, sizeof(e->reg));
	memset(e->entry, 0, sizeof(e->entry));
	enable(e, 0);
}

static void class_init(ObjectClass *klass, IOM_CLASS_DATA *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

	pc->realize = realize;
	pc->exit = unrealize;
	pc->vendor_id = EP_VENDOR;
	pc->device_id = EP_DEVICE;
	pc->class_id = PCI_CLASS_OTHERS;
	RESETTABLE_CLASS(klass)->phases.hold = reset_hold;
	dc->desc = "Endpoint with ATS, PRI and PASIDs for tests (iommulate)";
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo info = {
	.name = TYPE_IOM_ENDPOINT,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(IomTestEndpoint),
	.class_init = class_init,
	.interfaces = (const InterfaceInfo[]){ { INTERFACE_PCIE_DEVICE }, {} },
};

static void register_types(void)
{
	type_register_static(&info);
}

type_init(register_types)
#endif
