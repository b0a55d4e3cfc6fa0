/* SPDX-License-Identifier: MIT */
/*
 * Virtual functions: what their spaces read, when they answer, under which id they
 * send, and DMA from one, whose PASIDs and page requests are the physical function's.
 */
#include "rig.h"

#define VA UINT64_C(0x7f0000001000)
#define ALL (IOM_READ | IOM_WRITE)
#define SRIOV 0x180u /* found through the list first; see parts() */

enum { CTL = 8, NUM = 16, OFFSET = 20, PAGE = 32, BAR = 36 };

static iom_pci_function_config physical(void)
{
	iom_pci_function_config f;

	iom_pci_function_config_init(&f);
	f.total_vfs = 6;
	f.first_vf_offset = 0x100;
	f.vf_stride = 2;
	f.first_vf_offset_ari = 8;
	f.vf_stride_ari = 1;
	f.vf_device = 0x10fe;
	f.acs = IOM_PCI_ACS_REQUEST_REDIRECT | IOM_PCI_ACS_DIRECT;
	return f;
}

static void write_sriov(iom_pci_config *pf, unsigned offset, unsigned size, uint32_t value)
{
	unsigned at = iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV);

	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	iom_pci_config_write(pf, at + offset, size, value);
}

static uint32_t read_sriov(iom_pci_config *pf, unsigned offset, unsigned size)
{
	return iom_pci_config_read(pf,
				   iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV) + offset,
				   size);
}

static void enable(iom_pci_config *pf, unsigned n)
{
	write_sriov(pf, CTL, 2, 0);
	write_sriov(pf, NUM, 2, n);
	write_sriov(pf, CTL, 2, n ? 1 : 0);
}

/* All ones until enabled, and again afterwards. */
static void answers(void)
{
	iom_pci_function_config f = physical();
	iom_pci_config *pf = iom_pci_function_new(&f);
	iom_pci_config *vf = iom_pci_vf_new(pf, 2, NULL);
	GError *error = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(vf);
	for (unsigned n = 0; n < 5; n++) {
		enable(pf, n);
		CHECK_EQ(iom_pci_vf_enabled(vf), n > 2);
		CHECK_EQ(iom_pci_config_read(vf, 4, 4), n > 2 ? 0x00100000 : UINT32_MAX);
		CHECK_EQ(iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS) != 0, n > 2);
		CHECK_EQ(iom_pci_find(vf, IOM_PCI_STANDARD, IOM_PCI_CAP_EXPRESS) != 0, n > 2);
	}
	/* what is written while nothing answers is lost, and disabling resets */
	iom_pci_config_write(vf, 4, 2, 4);
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 4);
	write_sriov(pf, CTL, 2, 0);
	iom_pci_config_write(vf, 4, 2, 4);
	write_sriov(pf, CTL, 2, 1);
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 0);
	/* NumVFs beyond TotalVFs reaches no further */
	enable(pf, 0xffff);
	CU_ASSERT_TRUE(iom_pci_vf_enabled(vf));
	CU_ASSERT_PTR_NULL(iom_pci_vf_new(pf, 2, &error));
	CHECK_EQ(error->code, IOM_ERROR_CONFIG);
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(iom_pci_vf_new(pf, 6, &error));
	CU_ASSERT_STRING_EQUAL(error->message, "virtual function 6: the physical function has 6");
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(iom_pci_vf_new(vf, 0, &error));
	g_clear_error(&error);
	iom_pci_config_free(vf);
	vf = iom_pci_vf_new(pf, 2, NULL);
	CU_ASSERT_PTR_NOT_NULL(vf);
	iom_pci_config_free(vf);
	iom_pci_config_free(pf);
}

/* 9.3.4 to 9.3.7, register by register. */
static void parts(void)
{
	iom_pci_function_config f = physical();
	iom_pci_config *pf = iom_pci_function_new(&f);
	iom_pci_config *vf = iom_pci_vf_new(pf, 0, NULL);
	unsigned exp, ats, acs;

	CHECK_EQ(iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV), SRIOV);
	iom_pci_config_set(pf, 8, 1, 0x21);
	enable(pf, 1);
	CHECK_EQ(iom_pci_config_read(vf, 0, 4), UINT32_MAX);
	CHECK_EQ(iom_pci_config_read(vf, 8, 4) >> 8, f.class_code);
	CHECK_EQ(iom_pci_config_read(vf, 14, 1), 0);
	/* of the Command register only Bus Master Enable; no BAR takes an address */
	for (unsigned i = 4; i < 0x40; i += 4)
		iom_pci_config_write(vf, i, 4, UINT32_MAX);
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 4);
	for (unsigned i = 0x10; i < 0x28; i += 4)
		CHECK_EQ(iom_pci_config_read(vf, i, 4), 0);
	CHECK_EQ(iom_pci_config_read(vf, 0x30, 4), 0);
	exp = iom_pci_find(vf, IOM_PCI_STANDARD, IOM_PCI_CAP_EXPRESS);
	CHECK_EQ(iom_pci_config_read(vf, exp + 2, 2) >> 4 & 15, 0);
	CHECK_EQ(iom_pci_config_read(vf, exp + 4, 4) >> 28 & 1, 1); /* FLR */
	iom_pci_config_write(vf, exp + 8, 2, 0x7fff);
	CHECK_EQ(iom_pci_config_read(vf, exp + 8, 2), 0);
	/* neither PASID nor PRI; ATS with depth and STU of zero */
	CHECK_EQ(iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID), 0);
	CHECK_EQ(iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_PRI), 0);
	CHECK_EQ(iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_SRIOV), 0);
	CU_ASSERT_NOT_EQUAL(iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ARI), 0);
	CU_ASSERT_NOT_EQUAL(iom_pci_find(pf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ARI), 0);
	ats = iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	CHECK_EQ(iom_pci_config_read(vf, ats + 4, 2) & 0x1f, 0);
	iom_pci_config_write(vf, ats + 6, 2, 0xffff);
	CHECK_EQ(iom_pci_config_read(vf, ats + 6, 2), 0x8000);
	acs = iom_pci_find(vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ACS);
	CHECK_EQ(iom_pci_config_read(vf, acs + 4, 2), f.acs);
	/* Function Level Reset of the VF alone */
	iom_pci_config_write(pf, 4, 2, 6);
	iom_pci_config_write(vf, exp + 8, 2, 0x8000);
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 0);
	CHECK_EQ(iom_pci_config_read(vf, ats + 6, 2), 0);
	CHECK_EQ(iom_pci_config_read(pf, 4, 2), 6);
	CU_ASSERT_TRUE(iom_pci_vf_enabled(vf));
	/* of the physical function: the VFs are gone */
	iom_pci_config_write(pf, 0x48, 2, 0x8000);
	CHECK_EQ(iom_pci_config_read(pf, 4, 2), 0);
	CHECK_EQ(read_sriov(pf, CTL, 2), 0);
	CU_ASSERT_FALSE(iom_pci_vf_enabled(vf));
	iom_pci_config_free(vf);
	iom_pci_config_free(pf);
}

/* 9.3.3.14: a part of the VF BAR, of a page at least, for each VF. */
static void memory(void)
{
	iom_pci_function_config f = physical();
	iom_pci_config *pf = iom_pci_function_new(&f);
	uint64_t at, size;

	write_sriov(pf, BAR, 4, UINT32_MAX);
	write_sriov(pf, BAR + 4, 4, UINT32_MAX);
	CHECK_EQ(read_sriov(pf, BAR, 4), 0xffff0004);
	/* 4 MiB pages: the size that software probes grows; nothing else is taken */
	write_sriov(pf, PAGE, 4, 1u << 10);
	CHECK_EQ(read_sriov(pf, BAR, 4), 0xffc00004);
	write_sriov(pf, BAR, 4, 0x80000000);
	write_sriov(pf, BAR + 4, 4, 0x12);
	enable(pf, 3);
	CU_ASSERT_FALSE(iom_pci_vf_memory(pf, 0, &at, &size));
	write_sriov(pf, CTL, 2, 9); /* VF Memory Space Enable */
	CU_ASSERT_TRUE(iom_pci_vf_memory(pf, 2, &at, &size));
	CHECK_EQ(at, UINT64_C(0x1280800000));
	CHECK_EQ(size, 0x400000);
	CU_ASSERT_FALSE(iom_pci_vf_memory(pf, 3, &at, &size));
	/* fixed while VFs are enabled */
	write_sriov(pf, PAGE, 4, 1);
	CHECK_EQ(read_sriov(pf, PAGE, 4), 1u << 10);
	write_sriov(pf, NUM, 2, 5);
	CHECK_EQ(read_sriov(pf, NUM, 2), 3);
	iom_pci_config_free(pf);
}

static iom_pci_node *add_node(iom_pci_topology *t, iom_pci_node *up, unsigned kind, unsigned device,
			      unsigned secondary, unsigned last, iom_pci_config *config)
{
	iom_pci_node_config n = { .size = sizeof(n),
				  .parent = up,
				  .kind = (uint8_t)kind,
				  .device = (uint8_t)device,
				  .secondary = (uint8_t)secondary,
				  .subordinate = (uint8_t)last,
				  .config = config };
	iom_pci_node *node = iom_pci_topology_add(t, &n, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	return node;
}

/* 9.2.1.2: First VF Offset and VF Stride, which ARI Capable Hierarchy changes. */
static void ids(void)
{
	iom_pci_function_config f = physical(), bridge;
	iom_pci_config *pf = iom_pci_function_new(&f), *down, *vf[3];
	iom_pci_topology *t = iom_pci_topology_new();
	iom_pci_node *up, *port, *node, *other, *v[3];
	const iom_pci_node *peer = NULL;

	iom_pci_function_config_init(&bridge);
	bridge.port_type = 6;
	bridge.ats = bridge.pri = false;
	bridge.pasid_bits = 0;
	down = iom_pci_function_new(&bridge);
	up = add_node(t, NULL, IOM_PCI_ROOT_PORT, 1, 1, 9, NULL);
	up = add_node(t, up, IOM_PCI_SWITCH_UPSTREAM, 0, 2, 9, NULL);
	port = add_node(t, up, IOM_PCI_SWITCH_DOWNSTREAM, 0, 4, 6, down);
	node = add_node(t, port, IOM_PCI_ENDPOINT, 0, 0, 0, pf);
	port = add_node(t, up, IOM_PCI_SWITCH_DOWNSTREAM, 1, 7, 7, NULL);
	other = add_node(t, port, IOM_PCI_ENDPOINT, 0, 0, 0, NULL);
	for (unsigned i = 0; i < 3; i++) {
		iom_pci_node_config n = { .size = sizeof(n), .pf = node };

		vf[i] = iom_pci_vf_new(pf, i, NULL);
		n.vf_index = (uint16_t)i;
		n.config = vf[i];
		v[i] = iom_pci_topology_add(t, &n, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(v[i]);
	}
	enable(pf, 3);
	CHECK_EQ(iom_pci_node_id(node), 0x0400);
	CHECK_EQ(iom_pci_node_id(v[0]), 0x0500);
	CHECK_EQ(iom_pci_node_id(v[2]), 0x0504);
	CHECK_EQ(iom_pci_node_seen_as(v[2]), 0x0504);
	CHECK_EQ(iom_pci_node_vfs(node), 3);
	/* ARI Capable Hierarchy is fixed while VFs are enabled */
	write_sriov(pf, CTL, 2, 0x11);
	CHECK_EQ(read_sriov(pf, OFFSET, 4), 0x00020100);
	write_sriov(pf, CTL, 2, 0);
	write_sriov(pf, CTL, 2, 0x10);
	CHECK_EQ(read_sriov(pf, OFFSET, 4), 0x00010008);
	write_sriov(pf, CTL, 2, 0x19);
	CHECK_EQ(iom_pci_node_id(v[0]), 0x0408);
	CHECK_EQ(iom_pci_node_id(v[2]), 0x040a);
	/* memory of a VF is reached through the switch like a BAR: 64 KiB each */
	write_sriov(pf, BAR, 4, 0xc0000000);
	iom_pci_config_write(down, 0x20, 4, 0xc000c000);
	iom_pci_config_write(down, 4, 2, 2);
	CHECK_EQ(iom_pci_node_route(other, 0xc0020010, IOM_UNTRANSLATED, &peer),
		 IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_EQUAL(peer, v[2]);
	write_sriov(pf, CTL, 2, 0x11); /* VF MSE off: the port, for nobody has it */
	CHECK_EQ(iom_pci_node_route(other, 0xc0020010, IOM_UNTRANSLATED, &peer),
		 IOM_PCI_ROUTE_PEER);
	CU_ASSERT_PTR_NOT_EQUAL(peer, v[2]);
	iom_pci_topology_free(t);
	for (unsigned i = 0; i < 3; i++)
		iom_pci_config_free(vf[i]);
	iom_pci_config_free(pf);
	iom_pci_config_free(down);
}

typedef struct vf_rig {
	rig *r;
	iom_pci_config *vf;
	iom_endpoint *ep; /* of the VF; the rig's is the physical function's, elsewhere */
} vf_rig;

/* The VF sends with the requester that the tables know. */
static void vf_rig_init(vf_rig *v, iom_kind kind)
{
	iom_endpoint_config config = { .size = sizeof(config) };
	rig_options o;

	rig_options_init(&o);
	o.function.total_vfs = 2;
	o.function.first_vf_offset = 1;
	o.function.vf_stride = 1;
	v->r = rig_new(kind, &o);
	rig_move(v->r, RIG_REQUESTER - 1);
	v->vf = iom_pci_vf_new(v->r->fn, 0, NULL);
	config.iommu = v->r->iommu;
	config.requesters = v->r->hub;
	config.function = v->vf;
	config.requester = RIG_REQUESTER;
	config.atc = (iom_cache_geometry){ .entries = 64, .ways = 4 };
	v->ep = iom_endpoint_new(&config, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v->ep);
}

static void vf_rig_on(vf_rig *v)
{
	enable(v->r->fn, 1);
	iom_pci_config_write(v->vf, 4, 2, 4);
	iom_pci_config_write(v->vf, iom_pci_find(v->vf, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS) + 6, 2,
			     0x8000);
}

static void vf_rig_clear(vf_rig *v)
{
	iom_endpoint_free(v->ep);
	iom_pci_config_free(v->vf);
	rig_free(v->r);
}

static iom_status go(vf_rig *v, unsigned space, iom_dma_answer *a)
{
	iom_dma dma = rig_dma(space, VA, IOM_READ, 0);
	iom_status status = iom_endpoint_begin(v->ep, &dma, a);

	if (status == IOM_OK)
		iom_endpoint_end(v->ep, a);
	return status;
}

static void traffic(iom_kind kind)
{
	iom_page_ask page = { VA, IOM_READ, 0 };
	iom_endpoint_statistics s;
	iom_dma_answer a, held;
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	uint16_t index;
	vf_rig v;
	rig *r;

	vf_rig_init(&v, kind);
	r = v.r;
	rig_map(r, 1, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(go(&v, 1, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_REMOVED);
	vf_rig_on(&v);
	CHECK_EQ(go(&v, 1, &a), IOM_OK);
	CHECK_EQ(a.type, IOM_TRANSLATED);
	CHECK_EQ(go(&v, 1, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	/* PRI is the physical function's */
	CHECK_EQ(iom_endpoint_ask(v.ep, 1, &page, 1, &index), IOM_ASK_SENT);
	CU_ASSERT_TRUE(iom_endpoint_outstanding(v.ep, index, NULL));
	/* VF Enable is taken away in the middle: what waits fails, nothing is left */
	CHECK_EQ(iom_endpoint_begin(v.ep, &dma, &held), IOM_OK);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	CU_ASSERT_FALSE(r->ops->synced(r));
	enable(r->fn, 0);
	CU_ASSERT_TRUE(r->ops->sync_failed(r));
	CU_ASSERT_FALSE(iom_endpoint_outstanding(v.ep, index, NULL));
	iom_endpoint_end(v.ep, &held);
	CHECK_EQ(go(&v, 1, &a), IOM_ABORT);
	iom_endpoint_statistics_get(v.ep, &s);
	CHECK_EQ(s.atc_entries, 0);
	CHECK_EQ(s.in_flight, 0);
	CHECK_EQ(s.outstanding, 0);
	vf_rig_on(&v);
	CHECK_EQ(go(&v, 1, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	/* the PASID enables too; ATS of the physical function is not the VF's */
	rig_set_reg(r, IOM_PCI_EXT_ATS, 6, 2, 0);
	CHECK_EQ(go(&v, 1, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	rig_set_reg(r, IOM_PCI_EXT_PASID, 6, 2, 0);
	CHECK_EQ(go(&v, 1, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_NO_PASID);
	/* Function Level Reset of the physical function takes the VF with it */
	iom_pci_config_write(r->fn, 0x48, 2, 0x8000);
	CHECK_EQ(go(&v, 0, &a), IOM_ABORT);
	CHECK_EQ(a.refusal, IOM_REFUSAL_REMOVED);
	vf_rig_clear(&v);
}
RIG_BOTH(traffic)

/* One Outstanding Page Request Allocation for the physical function and its VFs. */
static void shared_requests(void)
{
	iom_page_ask pages[20];
	uint16_t index;
	vf_rig v;
	rig *r;

	for (unsigned i = 0; i < 20; i++)
		pages[i] = (iom_page_ask){ VA + i * 0x1000, IOM_READ, 0 };
	vf_rig_init(&v, IOM_KIND_SMMUV3);
	r = v.r;
	vf_rig_on(&v);
	CHECK_EQ(iom_endpoint_ask(v.ep, 1, pages, 20, &index), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 13, &index), IOM_ASK_NO_CREDIT);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 12, &index), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_ask(v.ep, 1, pages, 1, &index), IOM_ASK_NO_CREDIT);
	/* Stopped waits for both */
	rig_set_reg(r, IOM_PCI_EXT_PRI, 4, 2, 0);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2) >> 8 & 1, 0);
	iom_pci_config_write(r->fn, 0x48, 2, 0x8000);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 6, 2) >> 8 & 1, 1);
	vf_rig_clear(&v);
}

static const iom_test tests[] = {
	{ "when a VF answers", answers },
	{ "registers of a VF", parts },
	{ "memory of a VF", memory },
	{ "ids of VFs", ids },
	{ "DMA of a VF", traffic_both },
	{ "page requests that are shared", shared_requests },
	{ 0 },
};
const iom_suite vf_suite = { "vf", tests };
