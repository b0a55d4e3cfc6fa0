/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "intel-iommu" of the q35 board. QEMU's ACPI code looks into its own
 * structure for the address width and caching mode, so that structure comes first
 * and its properties keep their names.
 */
#include "glue.h"

#include "hw/i386/apic_internal.h"
#include "hw/i386/intel_iommu.h"
#include "hw/i386/pc.h"
#include "hw/pci-host/q35.h"

#include <iommulate/vtd.h>

typedef struct IomVtd {
	IntelIOMMUState qemu;
	IomQemu q;
	uint32_t version;
	bool first_stage;
	bool pasid;
	bool large_first_stage;
	bool drain;
	bool ignored;
	uint16_t ioapic;
} IomVtd;

#define IOM_VTD(obj) OBJECT_CHECK(IomVtd, (obj), TYPE_INTEL_IOMMU_DEVICE)

#define INTERRUPTS_BASE 0xfee00000u
#define INTERRUPTS_SIZE 0x100000u
/* From 10.2 on a property of all x86 IOMMUs. */
#ifdef IOM_QEMU_X86_DMA_TRANSLATION
#define IOM_DMA_TRANSLATION(s) ((s)->x86_iommu.dma_translation)
#else
#define IOM_DMA_TRANSLATION(s) ((s)->dma_translation)
#endif

/* Up to the local APICs there is nothing else. */
#define FRAME 0x10000

/* Registers, and the bit of caching mode. */
#define CAP 0x08
#define CAP_CM (UINT64_C(1) << 7)
#define ECAP 0x10

/* ---- interrupts ---- */

static bool remap(IomVtd *s, uint64_t address, uint32_t data, uint32_t requester, MSIMessage *out)
{
	iom_interrupt msi = { .address = address, .data = data, .requester = requester };
	iom_interrupt_result result;

	iom_qemu_interrupt(&s->q, &msi, &result);
	*out = (MSIMessage){ .address = result.address, .data = result.data };
	return result.status == IOM_OK && result.deliver;
}

static MemTxResult interrupt_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
				  MemTxAttrs attrs)
{
	*data = 0;
	return MEMTX_OK;
}

static MemTxResult interrupt_write(void *opaque, hwaddr addr, uint64_t value, unsigned size,
				   MemTxAttrs attrs)
{
	IomSpace *space = opaque;
	IomVtd *s = container_of(space->q, IomVtd, q);
	/* The I/O APIC does not say who it is; it has an address space of its own. */
	uint32_t requester = attrs.unspecified ? iom_qemu_requester(space) : attrs.requester_id;
	MSIMessage msi;

	if (remap(s, INTERRUPTS_BASE + addr, (uint32_t)value, requester, &msi))
		IOM_APIC_CLASS()->send_msi(&msi);
	return MEMTX_OK;
}

static const MemoryRegionOps interrupt_ops = {
	.read_with_attrs = interrupt_read,
	.write_with_attrs = interrupt_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 4, .max_access_size = 4 },
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void space_added(IomQemu *q, IomSpace *space)
{
	memory_region_init_io(&space->interrupts, OBJECT(q->dev), &interrupt_ops, space,
			      "iommulate-interrupts", INTERRUPTS_SIZE);
	memory_region_add_subregion_overlap(&space->root, INTERRUPTS_BASE, &space->interrupts, 1);
}

/* Asked by KVM for the routes of its own interrupt controllers. */
static int int_remap(X86IOMMUState *iommu, MSIMessage *src, MSIMessage *dst, uint16_t sid)
{
	return remap(IOM_VTD(iommu), src->address, src->data, sid, dst) ? 0 : -EINVAL;
}

/* ---- configuration ---- */

typedef struct Field {
	const char *name;
	uint64_t value;
} Field;

/* The library's unit, less what the properties switch off. */
static bool configure(IomVtd *s, iom_vtd_config *config, Error **errp)
{
	IntelIOMMUState *p = &s->qemu;
	X86IOMMUState *x86 = &p->x86_iommu;
	unsigned bits = p->aw_bits;
	bool remapping = x86_iommu_ir_supported(x86);
	const Field fields[] = {
		{ "HAW", MIN(bits, 52) },
		{ "CAP.MGAW", bits - 1 },
		{ "CAP.SAGAW", !IOM_DMA_TRANSLATION(p) ? 0
			       : bits == 39            ? 0x2
			       : bits == 48            ? 0x6
						       : 0xe },
		{ "CAP.FS5LP", bits == 57 },
		{ "CAP.CM", p->caching_mode },
		{ "ECAP.SC", p->snoop_control },
		{ "ECAP.DT", x86->dt_supported },
		{ "ECAP.PT", x86->pt_supported },
		{ "ECAP.IR", remapping },
		{ "ECAP.EIM", remapping && p->intr_eim != ON_OFF_AUTO_OFF },
		{ "ECAP.SMTS", p->scalable_mode },
		{ "ECAP.FSTS", p->scalable_mode && s->first_stage },
		{ "ECAP.PASID", p->scalable_mode && s->pasid },
		{ "CAP.FS1GP", s->large_first_stage },
		{ "CAP.DRD", s->drain },
		{ "CAP.DWD", s->drain },
	};
	g_autoptr(GError) error = NULL;

	if (bits != 39 && bits != 48 && bits != 57) {
		error_setg(errp, "aw-bits is %u, expected 39, 48 or 57", bits);
		return false;
	}
	if (s->first_stage && !p->scalable_mode) {
		error_setg(errp, "x-flts is only available in scalable mode");
		return false;
	}
	iom_vtd_config_init(config);
	if (s->version)
		config->ver = s->version;
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!iom_vtd_config_set(config, fields[i].name, fields[i].value, &error)) {
			error_setg(errp, "iommulate: %s", error->message);
			return false;
		}
	}
	return true;
}

static void vtd_realize(DeviceState *dev, Error **errp)
{
	IomVtd *s = IOM_VTD(dev);
	PCMachineState *pcms = PC_MACHINE(qdev_get_machine());
	X86MachineState *x86ms = X86_MACHINE(qdev_get_machine());
	iom_vtd_config config;

	if (!configure(s, &config, errp))
		return;
	iom_qemu_prepare(&s->q, dev, IOM_KIND_VTD);
	iom_qemu_id(&s->q, CAP, config.cap);
	iom_qemu_id(&s->q, ECAP, config.ecap);
	s->q.info->haw = config.haw;
	s->q.address_bits = s->qemu.aw_bits;
	s->q.space_added = space_added;
	if (!iom_qemu_realize(&s->q, FRAME, errp))
		return;
	/* A machine file may have changed it: the model has the last word. */
	if (!(iom_iommu_mmio_read(s->q.iommu, CAP, 8, IOM_SPACE_NONSECURE) & CAP_CM))
		s->q.no_map = "host devices (VFIO) need intel-iommu with caching-mode=on";
	memory_region_add_subregion(get_system_memory(), Q35_HOST_BRIDGE_IOMMU_ADDR,
				    &s->q.registers);
	iom_qemu_attach(&s->q, pcms->IOM_PC_BUS, false);
	x86ms->ioapic_as = &iom_qemu_space(&s->q, NULL, s->ioapic)->as;
}

static void reset_exit(IOM_RESET_ARGS)
{
	iom_qemu_reset(&IOM_VTD(obj)->q);
}

static IOM_PROP_TYPE properties[] = {
	DEFINE_PROP_ON_OFF_AUTO("eim", IomVtd, qemu.intr_eim, ON_OFF_AUTO_AUTO),
	DEFINE_PROP_UINT8("aw-bits", IomVtd, qemu.aw_bits, 48),
	DEFINE_PROP_BOOL("caching-mode", IomVtd, qemu.caching_mode, false),
	DEFINE_PROP_BOOL("x-scalable-mode", IomVtd, qemu.scalable_mode, false),
	DEFINE_PROP_BOOL("x-flts", IomVtd, first_stage, false),
	DEFINE_PROP_BOOL("snoop-control", IomVtd, qemu.snoop_control, false),
#ifndef IOM_QEMU_X86_DMA_TRANSLATION
	DEFINE_PROP_BOOL("dma-translation", IomVtd, qemu.dma_translation, true),
#endif
	DEFINE_PROP_UINT32("version", IomVtd, version, 0),
	DEFINE_PROP_BOOL("x-pasid-mode", IomVtd, pasid, true),
	DEFINE_PROP_BOOL("dma-drain", IomVtd, drain, true),
	DEFINE_PROP_BOOL("fs1gp", IomVtd, large_first_stage, true),
	/* By default the one that the DMAR table names for the I/O APIC. */
	DEFINE_PROP_UINT16("ioapic-source-id", IomVtd, ioapic,
			   Q35_PSEUDO_BUS_PLATFORM << 8 | Q35_PSEUDO_DEVFN_IOAPIC),
	/* Board versions set these: quirks of QEMU's model that ours does not have. */
	DEFINE_PROP_BOOL("x-buggy-eim", IomVtd, ignored, false),
	DEFINE_PROP_BOOL("stale-tm", IomVtd, ignored, false), IOM_QEMU_PROPERTIES(IomVtd, q),
	IOM_PROP_END
};

static const VMStateDescription vmstate = {
	.name = "iommulate-vtd",
	.version_id = 1,
	.minimum_version_id = 1,
	.priority = MIG_PRI_IOMMU,
	.fields = (VMStateField[]){ VMSTATE_STRUCT(q, IomVtd, 1, iom_qemu_vmstate, IomQemu),
				    VMSTATE_END_OF_LIST() },
};

static void class_init(ObjectClass *klass, IOM_CLASS_DATA *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	X86IOMMUClass *x86 = X86_IOMMU_DEVICE_CLASS(klass);

	RESETTABLE_CLASS(klass)->phases.exit = reset_exit;
	dc->vmsd = &vmstate;
	dc->hotpluggable = false;
	dc->user_creatable = true;
	dc->desc = "Intel VT-d IOMMU (iommulate)";
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
	device_class_set_props(dc, properties);
	x86->realize = vtd_realize;
	x86->int_remap = int_remap;
}

static const TypeInfo info = {
	.name = TYPE_INTEL_IOMMU_DEVICE,
	.parent = TYPE_X86_IOMMU_DEVICE,
	.instance_size = sizeof(IomVtd),
	.class_init = class_init,
};

static void register_types(void)
{
	type_register_static(&info);
}

type_init(register_types)
