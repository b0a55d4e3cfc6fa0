/* SPDX-License-Identifier: MIT */
/*
 * Capability registers are not in a QEMU log of VT-d (reads are logged without
 * values). They follow from the options QEMU was run with, which follow from what
 * the tables use: hw/i386/intel_iommu.c, vtd_cap_init(), in QEMU 7.2 to 10.2.
 */
#include "sim/import/qemu-vtd.h"

#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)
#define PRESENT UINT64_C(1)

#define CAP_ND UINT64_C(6) /* 16-bit domain-ids */
#define CAP_SAGAW_39 (UINT64_C(2) << 8)
#define CAP_SAGAW_48 (UINT64_C(4) << 8)
#define CAP_SAGAW_57 (UINT64_C(8) << 8)
#define CAP_MGAW(bits) ((uint64_t)((bits)-1) << 16)
#define CAP_FRO (UINT64_C(0x220) << 20)
#define CAP_SLLPS (UINT64_C(3) << 34)
#define CAP_PSI (UINT64_C(1) << 39)
#define CAP_MAMV (UINT64_C(18) << 48)
#define CAP_DRAIN (UINT64_C(3) << 54)
#define CAP_FS1GP (UINT64_C(1) << 56)
#define CAP_FS5LP (UINT64_C(1) << 60)

#define ECAP_QI (UINT64_C(1) << 1)
#define ECAP_DT (UINT64_C(1) << 2)
#define ECAP_IR (UINT64_C(1) << 3)
#define ECAP_EIM (UINT64_C(1) << 4)
#define ECAP_PT (UINT64_C(1) << 6)
#define ECAP_SC (UINT64_C(1) << 7)
#define ECAP_IRO (UINT64_C(0xf0) << 4)
#define ECAP_MHMV (UINT64_C(15) << 20)
#define ECAP_MTS (UINT64_C(1) << 25)
#define ECAP_NEST (UINT64_C(1) << 26)
#define ECAP_PRS (UINT64_C(1) << 29)
#define ECAP_SRS (UINT64_C(1) << 31)
#define ECAP_EAFS (UINT64_C(1) << 34)
#define ECAP_PSS (UINT64_C(19) << 35)
#define ECAP_PASID (UINT64_C(1) << 40)
#define ECAP_SMTS (UINT64_C(1) << 43)
#define ECAP_SLADS (UINT64_C(1) << 45)
#define ECAP_SLTS (UINT64_C(1) << 46)
#define ECAP_FLTS (UINT64_C(1) << 47)
#define ECAP_SMPWC (UINT64_C(1) << 48)

#define VER_QEMU 0x10u

typedef struct usage {
	unsigned aw; /* largest AW field, 0 none */
	uint64_t cap, ecap;
	bool first, second;
	unsigned tables; /* PASID tables looked at */
} usage;

/* Made-up tables could lead to the same ones without end. */
#define MAX_TABLES 65536u

static void look_at_pasid_entry(iom_qemu_vtd *q, uint64_t address, usage *u)
{
	uint64_t w0 = iom_sink_read(q->sink, address), w1 = iom_sink_read(q->sink, address + 8);
	uint64_t w2 = iom_sink_read(q->sink, address + 16);
	unsigned type = (unsigned)(w0 >> 6 & 7);

	if (!(w0 & PRESENT))
		return;
	if (type == 1 || type == 3) {
		u->first = true;
		/* Drivers fill in AW for the first stage too, which only units with a second
		 * stage ignore (9.6 Scalable-Mode PASID Table Entry); QEMU does not look. */
		u->second |= (w0 >> 2 & 7) != 0;
		u->cap |= (w2 >> 2 & 3) == 1 ? CAP_FS5LP : 0;
		u->ecap |= (w2 & 1 ? ECAP_SRS : 0) | (w2 & 0x80 ? ECAP_EAFS : 0);
	}
	if (type == 2 || type == 3) {
		u->second = true;
		u->aw = MAX(u->aw, (unsigned)(w0 >> 2 & 7));
		u->ecap |= w0 & 0x200 ? ECAP_SLADS : 0;
	}
	u->ecap |= type == 3 ? ECAP_NEST : 0;
	u->ecap |= (w1 >> 23 & 1 ? ECAP_SMPWC : 0) | (w1 >> 24 & 1 ? ECAP_SC : 0) |
		   (w1 >> 25 & 3 ? ECAP_MTS : 0);
}

static void look_at_scalable_context(iom_qemu_vtd *q, uint64_t address, usage *u)
{
	uint64_t w = iom_sink_read(q->sink, address), dir = w & PTE_ADDRESS;

	if (!(w & PRESENT))
		return;
	u->ecap |= (w & 4 ? ECAP_DT : 0) | (w & 8 ? ECAP_PASID | ECAP_PSS : 0) |
		   (w & 16 ? ECAP_PRS : 0);
	/* The first page of the directory is where drivers start. */
	for (unsigned i = 0; i < 512; i++) {
		uint64_t table = iom_sink_read(q->sink, dir + i * 8);

		if (!(table & PRESENT) || u->tables++ >= MAX_TABLES)
			continue;
		for (unsigned k = 0; k < 64; k++)
			look_at_pasid_entry(q, (table & PTE_ADDRESS) + k * 64, u);
	}
}

static void look_at_legacy_context(iom_qemu_vtd *q, uint64_t address, usage *u)
{
	uint64_t w = iom_sink_read(q->sink, address);

	if (!(w & PRESENT))
		return;
	u->aw = MAX(u->aw, (unsigned)(iom_sink_read(q->sink, address + 8) & 7));
	u->ecap |= (w >> 2 & 3) == 1 ? ECAP_DT : 0;
}

static void look_at_root(iom_qemu_vtd *q, usage *u)
{
	bool scalable = iom_qemu_vtd_scalable(q);
	uint64_t root = q->root & PTE_ADDRESS;

	for (unsigned i = 0; i < 512; i++) {
		uint64_t w = iom_sink_read(q->sink, root + i * 8);

		if (!(w & PRESENT) || (!scalable && (i & 1)))
			continue;
		for (unsigned k = 0; k < (scalable ? 128u : 256u); k++) {
			if (scalable)
				look_at_scalable_context(q, (w & PTE_ADDRESS) + k * 32, u);
			else
				look_at_legacy_context(q, (w & PTE_ADDRESS) + k * 16, u);
		}
	}
}

/* Address bits: QEMU's aw-bits, 39 or 48, for host and guest addresses alike. */
static unsigned address_bits(const iom_qemu_vtd *q, const usage *u)
{
	if (u->aw >= 3)
		return 57;
	if (u->aw == 2 || u->first || q->large_input || q->highest >> 39)
		return 48;
	return u->aw == 1 ? 39 : 48;
}

void iom_qemu_vtd_open(iom_qemu_vtd *q)
{
	const iom_import_options *o = q->options;
	iom_trace_register ver = { 0x0, VER_QEMU }, cap = { 0x8, 0 }, ecap = { 0x10, 0 };
	iom_trace_region ram = { 0 };
	iom_trace_info *info;
	usage u = { 0 };
	unsigned bits;

	if (!q->sink->held)
		return;
	if (q->root)
		look_at_root(q, &u);
	bits = address_bits(q, &u);
	cap.value = u.cap | CAP_FRO | CAP_ND | CAP_MAMV | CAP_PSI | CAP_SLLPS | CAP_DRAIN |
		    CAP_MGAW(bits) | CAP_SAGAW_39;
	if (bits >= 48)
		cap.value |= CAP_SAGAW_48;
	if (bits >= 57)
		cap.value |= CAP_SAGAW_57;
	ecap.value = u.ecap | ECAP_QI | ECAP_IRO | ECAP_IR | ECAP_MHMV | ECAP_PT;
	ecap.value |= (q->eim ? ECAP_EIM : 0) | (q->device_tlb ? ECAP_DT : 0) |
		      (q->page_response ? ECAP_PRS : 0);
	if (iom_qemu_vtd_scalable(q))
		ecap.value |= ECAP_SMTS;
	if (u.first) {
		cap.value |= CAP_FS1GP;
		ecap.value |= ECAP_FLTS;
	}
	if (u.second || (iom_qemu_vtd_scalable(q) && !u.first))
		ecap.value |= ECAP_SLTS | ECAP_SRS;
	if (o->have_ver)
		ver.value = o->ver;
	if (o->have_cap)
		cap.value = o->cap;
	if (o->have_ecap)
		ecap.value = o->ecap;
	if (!o->have_cap || !o->have_ecap)
		iom_sink_note(q->sink,
			      "capabilities are not in the log: CAP %#" G_GINT64_MODIFIER
			      "x and ECAP %#" G_GINT64_MODIFIER "x follow from what the tables use",
			      (guint64)cap.value, (guint64)ecap.value);
	info = iom_trace_info_new(IOM_KIND_VTD);
	g_array_append_val(info->registers, ver);
	g_array_append_val(info->registers, cap);
	g_array_append_val(info->registers, ecap);
	info->haw = o->have_haw ? o->haw : MIN(bits, 52u);
	/* RAM of a PC begins at 0; only what is written takes space. */
	ram.size = UINT64_C(1) << info->haw;
	g_array_append_val(info->regions, ram);
	info->source = g_strdup("QEMU trace log of a VT-d unit");
	iom_sink_open(q->sink, info);
	iom_trace_info_free(info);
}
