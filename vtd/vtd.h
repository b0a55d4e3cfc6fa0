/* SPDX-License-Identifier: MIT */
/*
 * The Intel VT-d model (architecture specification revision 5.10). Use it
 * through <iommulate/core.h>; this header makes one.
 */
#ifndef IOMMULATE_VTD_H
#define IOMMULATE_VTD_H

#include <iommulate/core.h>

G_BEGIN_DECLS

/*
 * A remapping unit as its registers and firmware tables describe it. What CAP,
 * ECAP and the other capability registers do not advertise is absent.
 *
 * The registers are made consistent by one rule, so that any value may be given:
 * a feature whose base feature is absent is absent too, and reserved bits and
 * features that the model does not have (ECAP.TDXCS and ERS, CAP.AFL and what
 * the specification has withdrawn) are absent. Their bits read 0. A unit of
 * version 2 or later always drains (CAP.DRD and DWD read 1).
 *
 * Results: `memtype` is the memory type of section 3.11 as a MAIR byte, UC as
 * Device-nGnRnE, WC as Normal non-cacheable, WP as 0xaa. The completion of a
 * translation request has its N bit in IOM_RES_NO_SNOOP, U in
 * IOM_RES_UNTRANSLATED_ONLY, PRIV in IOM_RES_PRIVILEGED; without any permission
 * `status` is IOM_OK, `permissions` 0, and `fault` tells why. Interrupts of the
 * unit itself are messages; no wired lines are used. iom_iommu_diagnosis() gives
 * the condition code of table 30 of the specification, then what it means:
 * "LCT.4.1 context aw unsupported".
 */
typedef struct iom_vtd_config {
	size_t size; /* sizeof(iom_vtd_config), set by iom_vtd_config_init() */
	uint32_t ver; /* VER_REG */
	uint64_t cap; /* CAP_REG */
	uint64_t ecap; /* ECAP_REG */
	uint64_t vccap;
	uint64_t eccap[4];
	uint64_t perfcap;
	uint8_t haw; /* host address width in bits (DMAR table), 30 to 52 */
	iom_cache_config cache;
} iom_vtd_config;

/* The default unit: revision 5, legacy and scalable mode, everything the model has. */
IOM_API void iom_vtd_config_init(iom_vtd_config *config);
/*
 * Set one field by name: "CAP.MGAW", "ECAP.SMTS", "HAW", "VER"; `value` is the raw field
 * value. False and IOM_ERROR_CONFIG for an unknown name or a value that does not fit.
 */
IOM_API gboolean iom_vtd_config_set(iom_vtd_config *config, const char *name, uint64_t value,
				    GError **error);
/* Set a whole capability register by offset; false: not a capability register. */
IOM_API gboolean iom_vtd_config_set_register(iom_vtd_config *config, uint64_t offset,
					     uint64_t value);

/*
 * A unit of `config`, out of reset, with one reference owned by the caller.
 * NULL and IOM_ERROR_CONFIG for capabilities that contradict each other.
 */
IOM_API iom_iommu *iom_vtd_new(const iom_vtd_config *config, const iom_bus *bus, GError **error);

G_END_DECLS
#endif
