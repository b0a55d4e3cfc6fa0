/* SPDX-License-Identifier: MIT */
/* Registers of the capabilities that are modelled: offsets in each, and bits. */
#ifndef IOM_PCIE_FUNCTION_H
#define IOM_PCIE_FUNCTION_H

#include "pcie/internal.h"

/* Where functions of this library have things; software finds them through the lists. */
enum {
	AT_EXPRESS = 0x40,
	AT_AER = 0x100,
	AT_ACS = 0x150,
	AT_ARI = 0x160,
	AT_SRIOV = 0x180,
	AT_ATS = 0x200,
	AT_PRI = 0x220,
	AT_PASID = 0x240,
};

/* What writes do inside a function of this library (iom_pci_config.effect). */
void pci_function_effect(iom_pci_config *config, unsigned offset, uint32_t before, uint32_t after);
/* First VF Offset, VF Stride and the VF BAR, which follow other registers. */
void pci_sriov_follow(iom_pci_config *config);

/* 7.5.1.2 Type 0, 7.5.1.3 Type 1 Configuration Space Header */
enum {
	PCI_BAR0 = 0x10,
	PCI_PRIMARY_BUS = 0x18,
	PCI_MEMORY_BASE = 0x20,
	PCI_PREFETCH_BASE = 0x24,
};

/* 7.5.3 PCI Express Capability Structure */
enum {
	EXP_FLAGS = 0x02,
	EXP_DEVCAP = 0x04,
	EXP_DEVCTL = 0x08,
	EXP_LNKCTL = 0x10,
	EXP_LNKCTL_RCB = 1u << 3,
	EXP_DEVCTL2 = 0x28,
	EXP_DEVCTL_FLR = 1u << 15,
};

/* 10.5.1 ATS Extended Capability */
enum {
	ATS_CAP = 0x04,
	ATS_CTL = 0x06,
	ATS_CTL_STU = 0x1f,
	ATS_CTL_ENABLE = 1u << 15,
};

/* 10.5.2 Page Request Extended Capability */
enum {
	PRI_CTL = 0x04,
	PRI_CTL_ENABLE = 1u << 0,
	PRI_CTL_RESET = 1u << 1,
	PRI_STATUS = 0x06,
	PRI_STATUS_RF = 1u << 0,
	PRI_STATUS_UPRGI = 1u << 1,
	PRI_STATUS_STOPPED = 1u << 8,
	PRI_STATUS_PASID_REQUIRED = 1u << 15,
	PRI_CAPACITY = 0x08,
	PRI_ALLOCATION = 0x0c,
};

/* 7.8.9 PASID Extended Capability */
enum {
	PASID_CAP = 0x04,
	PASID_CTL = 0x06,
	PASID_ENABLE = 1u << 0,
	PASID_EXEC = 1u << 1,
	PASID_PRIV = 1u << 2,
	PASID_TRANSLATED = 1u << 3,
};

/* 7.7.11 ACS Extended Capability */
enum {
	ACS_CAP = 0x04,
	ACS_CTL = 0x06,
};

/* 9.3.3 SR-IOV Extended Capability */
enum {
	SRIOV_CTL = 0x08,
	SRIOV_CTL_ENABLE = 1u << 0,
	SRIOV_CTL_MEMORY = 1u << 3,
	SRIOV_CTL_ARI = 1u << 4,
	SRIOV_INITIAL = 0x0c,
	SRIOV_TOTAL = 0x0e,
	SRIOV_NUM = 0x10,
	SRIOV_OFFSET = 0x14,
	SRIOV_STRIDE = 0x16,
	SRIOV_DEVICE = 0x1a,
	SRIOV_PAGES = 0x1c,
	SRIOV_PAGE = 0x20,
	SRIOV_BAR = 0x24,
};

#endif
