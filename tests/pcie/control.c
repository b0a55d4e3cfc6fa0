/* SPDX-License-Identifier: MIT */
/* Enables, resets and removal: what they do to accesses and invalidations. */
#include "rig.h"

#define VA UINT64_C(0x7f0000001000)
#define ALL (IOM_READ | IOM_WRITE)

static void enables(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_OK);
	/* ATS off, for the PASID enables are fixed while it is on */
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PASID, 6, 2), 7);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.type, IOM_UNTRANSLATED);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 1);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, IOM_DMA_PRIVILEGED, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NO_PRIVILEGE);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ | IOM_EXECUTE, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NO_EXECUTE);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 0);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NO_PASID);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	iom_pci_config_write(r->fn, 4, 2, 0);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NOT_MASTER);
	/* nothing of this reached the IOMMU */
	CHECK_EQ(r->ops->next_event(r), 0);
	rig_free(r);
}
RIG_BOTH(enables)

static void pasid_width(iom_kind kind)
{
	rig_options o;
	iom_dma_answer a;
	iom_dma dma;
	rig *r;

	rig_options_init(&o);
	o.function.pasid_bits = 1;
	r = rig_new(kind, &o);
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 2, VA, IOM_READ, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NO_PASID);
	dma = rig_dma(0, UINT64_MAX - 3, IOM_READ, 0);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_ABORT);
	rig_free(r);
}
RIG_BOTH(pasid_width)

/* With ATS off the ATC is empty, and an invalidation is unsupported. */
static void ats_off(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_endpoint_statistics s;
	iom_dma_answer a;

	rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x001f);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.atc_entries, 0);
	r->ops->invalidate(r, 0, VA, 12, false, true);
	r->ops->sync(r);
	/* the SMMU takes UR for a completion (3.9.1.5); VT-d reports it */
	CHECK_EQ(r->ops->sync_failed(r), kind == IOM_KIND_VTD);
	/* STU may change now and not later */
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_ATS, 6, 2), 0x001f);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8000);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8003);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_ATS, 6, 2), 0x8000);
	CHECK_EQ(rig_access(r, 0, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	rig_free(r);
}
RIG_BOTH(ats_off)

/* Wait for an access that never ends: reset and removal are time-outs. */
static void give_up(iom_kind kind, bool remove)
{
	rig *r = rig_new(kind, NULL);
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	iom_dma_answer held, a;
	iom_page_ask page = { VA, IOM_READ, 0 };
	uint16_t index;

	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &held), IOM_OK);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_SENT);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	CU_ASSERT_FALSE(r->ops->synced(r));
	CU_ASSERT_FALSE(r->ops->sync_failed(r));
	if (remove)
		iom_endpoint_remove(r->ep);
	else
		iom_pci_config_write(r->fn, 0x48, 2, 0x8000);
	/* CERROR_ATC_INV_SYNC; ITE */
	CU_ASSERT_TRUE(r->ops->sync_failed(r));
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, index, NULL));
	/* ending it late completes nothing a second time */
	iom_endpoint_end(r->ep, &held);
	CU_ASSERT_FALSE(r->ops->sync_failed(r));
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, remove ? IOM_REFUSAL_REMOVED : IOM_REFUSAL_NOT_MASTER);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_DISABLED);
	rig_free(r);
}

static void removal(iom_kind kind)
{
	give_up(kind, true);
}
RIG_BOTH(removal)

static void level_reset(iom_kind kind)
{
	give_up(kind, false);
}
RIG_BOTH(level_reset)

/* After a reset the registers are those out of reset, and everything works again. */
static void after_reset(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_dma_answer a;

	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	iom_pci_config_write(r->fn, 0x48, 2, 0x8000);
	CHECK_EQ(iom_pci_config_read(r->fn, 0x48, 2), 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_ATS, 6, 2), 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PASID, 6, 2), 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 4, 4), 0x01000000);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 12, 4), 0);
	CHECK_EQ(iom_pci_config_read(r->fn, 4, 2), 0);
	iom_pci_config_write(r->fn, 4, 2, 6);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 1);
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0x8000);
	CHECK_EQ(rig_access(r, 1, VA, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	rig_free(r);
}
RIG_BOTH(after_reset)

/* Whatever a guest writes, whenever: nothing is lost or counted twice. */
static void random_guest(iom_kind kind)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(21);
	rig *r = rig_new(kind, NULL);
	iom_endpoint_statistics s;
	iom_dma_answer held[4] = { 0 };
	static const uint16_t words[] = { 0x04,  0x10,  0x48,  0x68,  0x204, 0x224, 0x22c, 0x244,
					  0x200, 0x220, 0x240, 0x100, 0x206, 0x226, 0x246, 0xffc };

	for (unsigned space = 0; space < RIG_PASIDS; space++)
		rig_map(r, space, VA, RIG_DATA, 0x4000, ALL, 12);
	for (unsigned step = 0; step < 30000; step++) {
		unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
		unsigned slot = (unsigned)g_rand_int_range(rand, 0, 4);
		iom_dma dma = rig_dma(space, VA + slot * 0x1000, IOM_READ, g_rand_int(rand) & 7);
		iom_page_ask page = { VA, (uint8_t)(g_rand_int(rand) & 7), 1 };
		uint16_t index;

		switch (g_rand_int_range(rand, 0, 8)) {
		case 0:
			iom_pci_config_write(r->fn, words[g_rand_int_range(rand, 0, 16)],
					     1u << g_rand_int_range(rand, 0, 3), g_rand_int(rand));
			break;
		case 1: /* mostly working again */
			iom_pci_config_write(r->fn, 4, 2, 6);
			iom_pci_config_write(r->fn, 0x204, 4, 0);
			iom_pci_config_write(r->fn, 0x246, 2, 7);
			iom_pci_config_write(r->fn, 0x206, 2, 0x8000);
			break;
		case 2:
			iom_pci_config_write(r->fn, 0x22c, 4, 16);
			iom_pci_config_write(r->fn, 0x224, 2, g_rand_boolean(rand) ? 1 : 2);
			iom_endpoint_ask(r->ep, rig_pasid(space), &page, 1, &index);
			break;
		case 3:
			r->ops->invalidate(r, space, VA, 14, false, true);
			r->ops->sync(r);
			r->ops->sync_failed(r);
			break;
		case 4:
			iom_endpoint_stop_pasid(r->ep, rig_pasid(space));
			break;
		default:
			if (held[slot].hold)
				iom_endpoint_end(r->ep, &held[slot]);
			else
				iom_endpoint_begin(r->ep, &dma, &held[slot]);
			break;
		}
	}
	for (unsigned i = 0; i < 4; i++)
		iom_endpoint_end(r->ep, &held[i]);
	iom_endpoint_statistics_get(r->ep, &s);
	CHECK_EQ(s.in_flight, 0);
	CU_ASSERT_TRUE(s.translated > 100 && s.untranslated > 100 && s.refused > 100);
	CU_ASSERT_TRUE(s.page_requests > 100 && s.invalidations > 100);
	CU_ASSERT_TRUE(s.outstanding <= 256);
	rig_free(r);
}
RIG_BOTH(random_guest)

static void one_requester_one_endpoint(void)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	iom_endpoint_config config = { .size = sizeof(config),
				       .iommu = r->iommu,
				       .requesters = r->hub,
				       .requester = RIG_REQUESTER };
	iom_page_response nobody = { .requester = 0x999, .pasid = IOM_NO_PASID };
	iom_ats_invalidate inv = { .requester = 0x999, .pasid = IOM_NO_PASID };
	GError *error = NULL;

	config.function = iom_pci_function_new(
		&(iom_pci_function_config){ .size = sizeof(iom_pci_function_config) });
	CU_ASSERT_PTR_NULL(iom_endpoint_new(&config, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	g_clear_error(&error);
	CHECK_EQ(iom_requesters_invalidate(r->hub, &inv), IOM_ATS_FAILED);
	iom_requesters_respond(r->hub, &nobody);
	iom_pci_config_free(config.function);
	rig_free(r);
}

/* 9.3.3: VFs are counted before they are enabled. */
static void sriov(void)
{
	iom_pci_function_config f;
	iom_pci_config *c;
	unsigned at;

	iom_pci_function_config_init(&f);
	f.total_vfs = 8;
	f.first_vf_offset = 16;
	f.vf_stride = 2;
	f.acs = IOM_PCI_ACS_VALIDATION | IOM_PCI_ACS_REQUEST_REDIRECT;
	f.ari = true;
	f.next_function = 3;
	c = iom_pci_function_new(&f);
	at = iom_pci_find(c, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV);
	CHECK_EQ(iom_pci_config_read(c, at + 0xe, 2), 8);
	iom_pci_config_write(c, at + 0xe, 2, 99);
	CHECK_EQ(iom_pci_config_read(c, at + 0xe, 2), 8);
	iom_pci_config_write(c, at + 0x10, 2, 4);
	iom_pci_config_write(c, at + 8, 2, 1);
	iom_pci_config_write(c, at + 0x10, 2, 8);
	CHECK_EQ(iom_pci_config_read(c, at + 0x10, 2), 4);
	iom_pci_config_write(c, at + 8, 2, 0);
	iom_pci_config_write(c, at + 0x10, 2, 8);
	CHECK_EQ(iom_pci_config_read(c, at + 0x10, 2), 8);
	at = iom_pci_find(c, IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS);
	iom_pci_config_write(c, at + 6, 2, 0xffff);
	CHECK_EQ(iom_pci_config_read(c, at + 6, 2), 5);
	at = iom_pci_find(c, IOM_PCI_EXTENDED, IOM_PCI_EXT_ARI);
	CHECK_EQ(iom_pci_config_read(c, at + 4, 4), 0x300);
	iom_pci_config_free(c);
}

static const iom_test tests[] = {
	{ "enable bits rule", enables_both },
	{ "the width of PASIDs", pasid_width_both },
	{ "ATS off", ats_off_both },
	{ "surprise removal", removal_both },
	{ "Function Level Reset with an access in flight", level_reset_both },
	{ "registers after a reset", after_reset_both },
	{ "a guest that writes anything", random_guest_both },
	{ "one endpoint for a requester", one_requester_one_endpoint },
	{ "SR-IOV, ACS and ARI registers", sriov },
	{ 0 },
};
const iom_suite control_suite = { "control", tests };
