/* SPDX-License-Identifier: MIT */
/*
 * The Arm SMMUv3 model (IHI 0070, SMMUv3.0 to 3.4). Use it through
 * <iommulate/core.h>; this header makes one.
 */
#ifndef IOMMULATE_SMMU_H
#define IOMMULATE_SMMU_H

#include <iommulate/core.h>

G_BEGIN_DECLS

/* Wired interrupt lines, the `line` of iom_bus.irq. All are edge-like pulses. */
enum {
	IOM_SMMU_IRQ_EVENTQ = 0,
	IOM_SMMU_IRQ_PRIQ,
	IOM_SMMU_IRQ_CMD_SYNC,
	IOM_SMMU_IRQ_GERROR,
	IOM_SMMU_IRQ_S_EVENTQ,
	IOM_SMMU_IRQ_S_CMD_SYNC,
	IOM_SMMU_IRQ_S_GERROR,
	IOM_SMMU_IRQ_R_EVENTQ,
	IOM_SMMU_IRQ_R_PRIQ,
	IOM_SMMU_IRQ_R_CMD_SYNC,
	IOM_SMMU_IRQ_R_GERROR,
	IOM_SMMU_IRQ_PMCG,
	IOM_SMMU_IRQ_SEV, /* the event that a CMD_SYNC with CS=SEV signals */
	IOM_SMMU_N_IRQS,
};

/*
 * What an implementation is: the values of its ID registers (6.3 Register
 * descriptions). Everything that an ID register does not advertise is absent
 * and behaves as the architecture says for an implementation without it.
 *
 * Which values are taken: everything the model has, and the bits whose feature
 * cannot show in its answers (IDR0.BTM, COHACC and DORMHINT, IDR3.BBML and PBHA,
 * IDR4), which software reads back as they are. Refused by iom_smmu_new(), with
 * the field in the message: what is not modelled (IDR3.DPT and THE, IDR5.D128 and
 * what needs it, preset tables and queues, XT and MEC of R_IDR3) and what no
 * implementation may have (reserved encodings). IDR5.STALL_MAX of 0 means that
 * the implementation states no limit.
 *
 * Pages of the register frame after the two of the Non-secure interface, each
 * where its feature exists: VATOS and Secure VATOS (IDR2, S_IDR2), command queue
 * control pages, Realm pages 0 and 1, the Root control page, one page for each
 * counter group. Discover them as software does, or with iom_iommu_register().
 * With IDR0.RME_IMPL nothing passes before a Root access sets ROOT_CR0.ACCESSEN.
 */
typedef struct iom_smmu_config {
	size_t size; /* sizeof(iom_smmu_config), set by iom_smmu_config_init() */
	uint32_t idr[7]; /* SMMU_IDR0 to SMMU_IDR6 */
	uint32_t iidr;
	uint32_t aidr;
	uint32_t s_idr[5]; /* SMMU_S_IDR0 to SMMU_S_IDR4; [1].SECURE_IMPL makes Secure state */
	/* SMMU_R_IDR0 to SMMU_R_IDR4; IDR0.RME_IMPL and [1].RME_DA_IMPL make Realm state */
	uint32_t r_idr[5];
	uint32_t mpamidr;
	uint32_t pmcg_groups; /* number of performance monitor counter groups, 0 for none */
	uint32_t gbpa; /* reset value of SMMU_GBPA */
	iom_cache_config cache;
	/*
	 * CMD_PREFETCH_CONFIG and CMD_PREFETCH_ADDR (4.2 Prefetch) fill the caches; otherwise,
	 * which the architecture permits as well and is the default, they have no effect.
	 * They never change memory: what would need a flag set is left out. Without effect
	 * with IDR0.RME_IMPL.
	 */
	uint8_t prefetch_commands;
} iom_smmu_config;

/*
 * The default machine: a large SMMUv3.3. Both stages, VMSAv8-64 with every granule
 * and 48 bits, 16-bit StreamIDs, 20-bit SubstreamIDs, two-level tables, flags and
 * dirty state by hardware, stalls, ATS with split stage, PRI, ATOS and VATOS, MSIs.
 * To be switched on by field: VMSAv8-32 (TTF), 52 bits (OAS, DS, VAX), STT, MPAM,
 * ECMDQ, permission indirection and AIE, EPAN, HTTU of 3, Secure and Realm state,
 * counter groups.
 */
IOM_API void iom_smmu_config_init(iom_smmu_config *config);
/*
 * Set one ID field by name: "IDR0.S1P", "S1P" (where that is unambiguous),
 * "AIDR", "S_IDR1.SECURE_IMPL"... `value` is the raw field value. False and
 * IOM_ERROR_CONFIG for an unknown name or a value that does not fit.
 */
IOM_API gboolean iom_smmu_config_set(iom_smmu_config *config, const char *name, uint64_t value,
				     GError **error);
/* Set a whole ID register by its offset in the register frame; false: not an ID register. */
IOM_API gboolean iom_smmu_config_set_register(iom_smmu_config *config, uint64_t offset,
					      uint64_t value);

/*
 * A model of `config`, out of reset, with one reference owned by the caller.
 * NULL and IOM_ERROR_CONFIG for ID registers that contradict each other.
 */
IOM_API iom_iommu *iom_smmu_new(const iom_smmu_config *config, const iom_bus *bus, GError **error);

G_END_DECLS
#endif
