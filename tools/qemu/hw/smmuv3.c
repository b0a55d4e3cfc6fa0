/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "arm-smmuv3", as the virt and sbsa-ref boards create it: they put the
 * registers and lines in place and describe it in the device tree and IORT.
 */
#include "glue.h"

#include "hw/arm/smmuv3.h"
#include "hw/boards.h"

#ifdef IOM_QEMU_ATS
#include "system/device_tree.h"
#endif

#include <iommulate/smmu.h>

typedef struct IomSmmu {
	SysBusDevice parent;
	IomQemu q;
	PCIBus *primary_bus;
	char *stage;
	bool per_bus; /* set by the board: of one root bus among others */
} IomSmmu;

#define IOM_SMMU(obj) OBJECT_CHECK(IomSmmu, (obj), TYPE_ARM_SMMUV3)

#define IDR0 0
#define IDR0_ATS (1u << 10)

/* The boards reserve 128 KiB for the registers. */
#define FRAME 0x20000

/* The library's machine with the stages that the board or the user wants. */
static bool configure(IomSmmu *s, iom_smmu_config *config, Error **errp)
{
	const char *stage = s->stage ? s->stage : "nested";
	g_autoptr(GError) error = NULL;
	bool one = !strcmp(stage, "1"), two = !strcmp(stage, "2");

	if (!one && !two && strcmp(stage, "nested")) {
		error_setg(errp, "stage is '%s', expected 1, 2 or nested", stage);
		return false;
	}
	iom_smmu_config_init(config);
	if (!iom_smmu_config_set(config, "IDR0.S1P", !two, &error) ||
	    !iom_smmu_config_set(config, "IDR0.S2P", !one, &error)) {
		error_setg(errp, "iommulate: %s", error->message);
		return false;
	}
	return true;
}

/*
 * Linux asks the device tree whether the root complex takes translation requests; the
 * boards do not say so, as QEMU's model does not serve any.
 */
static void describe(IomSmmu *s)
{
#ifdef IOM_QEMU_ATS
	void *fdt = MACHINE(qdev_get_machine())->fdt;
	g_auto(GStrv) bridges = NULL;

	if (!fdt || !(iom_iommu_mmio_read(s->q.iommu, IDR0, 4, IOM_SPACE_NONSECURE) & IDR0_ATS))
		return;
	bridges = qemu_fdt_node_path(fdt, NULL, "pci-host-ecam-generic", NULL);
	for (unsigned i = 0; bridges && bridges[i]; i++)
		qemu_fdt_setprop(fdt, bridges[i], "ats-supported", NULL, 0);
#endif
}

static void realize(DeviceState *dev, Error **errp)
{
	IomSmmu *s = IOM_SMMU(dev);
	iom_smmu_config config;

	if (!s->primary_bus) {
		error_setg(errp, "SMMU is not attached to any PCI bus!");
		return;
	}
	if (!configure(s, &config, errp))
		return;
	iom_qemu_prepare(&s->q, dev, IOM_KIND_SMMUV3);
	s->q.address_bits = 48; /* the library's output size */
	s->q.no_map = "an SMMUv3 is not told what software maps, so that host devices (VFIO) "
		      "cannot be behind it";
	for (unsigned i = 0; i < 6; i++)
		iom_qemu_id(&s->q, 4 * i, config.idr[i]);
	iom_qemu_id(&s->q, 0x18, config.iidr);
	iom_qemu_id(&s->q, 0x1c, config.aidr);
	if (!iom_qemu_realize(&s->q, FRAME, errp))
		return;
	sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->q.registers);
	/* The library counts its first lines as the boards do: event, PRI, sync, global error. */
	for (unsigned i = 0; i < IOM_QEMU_LINES; i++)
		sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->q.line[i]);
	iom_qemu_attach(&s->q, s->primary_bus, s->per_bus);
	describe(s);
}

static void reset_exit(IOM_RESET_ARGS)
{
	iom_qemu_reset(&IOM_SMMU(obj)->q);
}

static IOM_PROP_TYPE properties[] = { DEFINE_PROP_LINK("primary-bus", IomSmmu, primary_bus,
						       TYPE_PCI_BUS, PCIBus *),
				      DEFINE_PROP_STRING("stage", IomSmmu, stage),
				      DEFINE_PROP_BOOL("smmu_per_bus", IomSmmu, per_bus, false),
				      IOM_QEMU_PROPERTIES(IomSmmu, q), IOM_PROP_END };

static const VMStateDescription vmstate = {
	.name = "iommulate-smmuv3",
	.version_id = 1,
	.minimum_version_id = 1,
	.priority = MIG_PRI_IOMMU,
	.fields = (VMStateField[]){ VMSTATE_STRUCT(q, IomSmmu, 1, iom_qemu_vmstate, IomQemu),
				    VMSTATE_END_OF_LIST() },
};

static void class_init(ObjectClass *klass, IOM_CLASS_DATA *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);

	RESETTABLE_CLASS(klass)->phases.exit = reset_exit;
	dc->vmsd = &vmstate;
	dc->realize = realize;
#ifdef IOM_QEMU_PER_BUS
	/* These boards can place one and describe it: "-device arm-smmuv3,primary-bus=pcie.0". */
	dc->user_creatable = true;
	dc->hotpluggable = false;
#endif
	dc->desc = "Arm SMMUv3 (iommulate)";
	device_class_set_props(dc, properties);
}

static const TypeInfo info = {
	.name = TYPE_ARM_SMMUV3,
	.parent = TYPE_SYS_BUS_DEVICE,
	.instance_size = sizeof(IomSmmu),
	.class_init = class_init,
};

static void register_types(void)
{
	type_register_static(&info);
}

type_init(register_types)
