/* SPDX-License-Identifier: MIT */
/*
 * Saved state of functions and endpoints: a machine that is taken down and made
 * again in the middle of traffic goes on as one that is not, and what is damaged is
 * refused without a trace.
 */
#include "rig.h"

#include <string.h>

#define VA UINT64_C(0x7f0000000000)
#define ALL (IOM_READ | IOM_WRITE)

/* Everything but guest memory is made new and loaded. */
static void migrate(rig *r)
{
	g_autoptr(GBytes) iommu = iom_iommu_save(r->iommu);
	g_autoptr(GBytes) function = iom_pci_config_save(r->fn);
	g_autoptr(GBytes) endpoint = iom_endpoint_save(r->ep);
	iom_bus bus = { .size = sizeof(bus) };
	rig_options o;
	iom_dma_answer a;
	iom_dma dma;
	GError *error = NULL;

	iom_endpoint_remove(r->ep);
	while (iom_endpoint_held(r->ep, 0, &dma, &a))
		iom_endpoint_end(r->ep, &a);
	iom_endpoint_free(r->ep);
	iom_iommu_unref(r->iommu);
	iom_requesters_free(r->hub);
	iom_pci_config_free(r->fn);
	r->hub = iom_requesters_new();
	iom_requesters_connect(r->hub, &bus);
	bus.memory[0] = r->mem;
	r->iommu = r->ops->make(&bus, NULL);
	rig_options_init(&o);
	r->fn = iom_pci_function_new(&o.function);
	rig_endpoint(r, RIG_REQUESTER);
	CU_ASSERT_TRUE(iom_iommu_load(r->iommu, iommu, &error));
	CU_ASSERT_TRUE(iom_pci_config_load(r->fn, function, &error));
	CU_ASSERT_TRUE(iom_endpoint_load(r->ep, endpoint, &error));
	if (error)
		g_printerr("%s\n", error->message);
	CU_ASSERT_PTR_NULL_FATAL(error);
}

/* An access held, an invalidation that waits for it, a group not answered yet. */
static void middle(iom_kind kind)
{
	rig *r = rig_new(kind, NULL);
	iom_page_ask pages[2] = { { VA + 0x9000, IOM_READ, 0 }, { VA + 0xa000, IOM_WRITE, 1 } };
	iom_dma dma = rig_dma(1, VA + 8, IOM_WRITE, 0), found;
	iom_endpoint_statistics before, after;
	rig_request q;
	iom_dma_answer a, held;
	uint16_t index;

	rig_map(r, 1, VA, RIG_DATA, 0x4000, ALL, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_OK);
	CHECK_EQ(rig_access(r, 1, VA + 0x2000, IOM_READ, 0, &held), IOM_OK);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, pages, 2, &index), IOM_ASK_SENT);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	CU_ASSERT_FALSE(r->ops->synced(r));
	iom_endpoint_statistics_get(r->ep, &before);
	migrate(r);
	iom_endpoint_statistics_get(r->ep, &after);
	CHECK_EQ(memcmp(&before, &after, G_STRUCT_OFFSET(iom_endpoint_statistics, atc)), 0);
	CHECK_EQ(before.atc_entries, after.atc_entries);
	CHECK_EQ(after.in_flight, 1);
	CHECK_EQ(after.outstanding, 2);
	/* registers are what they were; the ATC answers */
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_ATS, 6, 2), 0x8000);
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_PRI, 12, 4), 32);
	CHECK_EQ(rig_access(r, 1, VA + 0x2000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(a.address, RIG_DATA + 0x2000);
	/* the access is there, and its end completes the invalidation */
	CU_ASSERT_FALSE(iom_endpoint_held(r->ep, 1, &found, &held));
	CU_ASSERT_TRUE(iom_endpoint_held(r->ep, 0, &found, &held));
	CHECK_EQ(found.address, VA + 8);
	CHECK_EQ(found.pasid, 1);
	CHECK_EQ(held.address, RIG_DATA + 8);
	CHECK_EQ(held.span, 64);
	CU_ASSERT_FALSE(r->ops->synced(r));
	iom_endpoint_end(r->ep, &held);
	CU_ASSERT_TRUE(r->ops->synced(r));
	/* the group is in the queue, and its answer finds it */
	CU_ASSERT_TRUE(iom_endpoint_outstanding(r->ep, index, NULL));
	CU_ASSERT_TRUE(r->ops->next_request(r, &q) && r->ops->next_request(r, &q));
	CHECK_EQ(q.address, VA + 0xa000);
	r->ops->respond(r, &q, IOM_PRG_SUCCESS);
	CU_ASSERT_FALSE(iom_endpoint_outstanding(r->ep, index, NULL));
	CHECK_EQ(r->answers, 1);
	iom_endpoint_statistics_get(r->ep, &after);
	CHECK_EQ(after.outstanding + after.in_flight + after.responses_unexpected, 0);
	rig_free(r);
}
RIG_BOTH(middle)

/* One step of random traffic; what came of it as a line. */
static void step(rig *r, GRand *rand, GString *out)
{
	unsigned space = (unsigned)g_rand_int_range(rand, 0, RIG_PASIDS);
	unsigned page = (unsigned)g_rand_int_range(rand, 0, 8);
	uint64_t va = VA + page * 0x1000;
	unsigned access = g_rand_boolean(rand) ? IOM_READ : IOM_WRITE;
	unsigned version = (unsigned)g_rand_int_range(rand, 0, 16);
	iom_page_ask ask = { va, (uint8_t)access, 0 };
	iom_dma dma = rig_dma(space, va, access, 0);
	rig_request q = { 0 };
	iom_dma_answer a;
	uint16_t index = 0;

	switch (g_rand_int_range(rand, 0, 10)) {
	case 0: /* the IOMMU's caches are no state, so they may not be what differs */
		if (!r->ops->synced(r))
			break;
		rig_map(r, space, va, RIG_DATA + version * 0x10000 + page * 0x1000, 0x1000,
			version & 1 ? ALL : IOM_READ, 12);
		r->ops->invalidate(r, space, va, 12, true, false);
		r->ops->sync(r);
		break;
	case 1:
		r->ops->invalidate(r, space, va, 12, true, true);
		r->ops->sync(r);
		g_string_append_printf(out, "synced %d\n", r->ops->synced(r));
		break;
	case 2:
		g_string_append_printf(out, "ask %d",
				       iom_endpoint_ask(r->ep, rig_pasid(space), &ask, 1, &index));
		g_string_append_printf(out, " %u\n", index);
		break;
	case 3:
		if (!r->ops->next_request(r, &q))
			break;
		g_string_append_printf(out, "request %x %" G_GINT64_MODIFIER "x %u\n", q.pasid,
				       q.address, q.prg_index);
		if (q.last)
			r->ops->respond(r, &q, IOM_PRG_SUCCESS);
		break;
	case 4: /* held for a while */
		if (iom_endpoint_held(r->ep, 2, &dma, &a))
			break;
		g_string_append_printf(out, "hold %d\n", iom_endpoint_begin(r->ep, &dma, &a));
		break;
	case 5:
		if (iom_endpoint_held(r->ep, 0, &dma, &a)) {
			g_string_append_printf(out, "end %" G_GINT64_MODIFIER "x\n", a.address);
			iom_endpoint_end(r->ep, &a);
		}
		break;
	default:
		g_string_append_printf(out, "access %d", rig_access(r, space, va, access, 0, &a));
		g_string_append_printf(out, " %" G_GINT64_MODIFIER "x %u %u event %02x\n",
				       a.address, a.cached, a.refusal, r->ops->next_event(r));
	}
}

/* Machines that are taken down now and then say the same as one that is not. */
static void traffic(iom_kind kind)
{
	GString *said[2] = { g_string_new(NULL), g_string_new(NULL) };
	iom_dma_answer a;
	iom_dma dma;

	for (unsigned machine = 0; machine < 2; machine++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(77);
		rig *r = rig_new(kind, NULL);

		for (unsigned i = 0; i < 3000; i++) {
			if (machine && i % 41 == 0)
				migrate(r);
			step(r, rand, said[machine]);
		}
		while (iom_endpoint_held(r->ep, 0, &dma, &a))
			iom_endpoint_end(r->ep, &a);
		g_string_append_printf(said[machine], "at last %d\n", r->ops->synced(r));
		rig_free(r);
	}
	CU_ASSERT_TRUE(said[0]->len > 20000);
	CU_ASSERT_STRING_EQUAL(said[0]->str, said[1]->str);
	g_string_free(said[0], TRUE);
	g_string_free(said[1], TRUE);
}
RIG_BOTH(traffic)

/* Every byte changed, and every length: refused, and the endpoint is as it was. */
static void damaged(void)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	iom_page_ask page = { VA, IOM_READ, 0 };
	g_autoptr(GBytes) good = NULL, function = iom_pci_config_save(r->fn), now = NULL;
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	iom_dma_answer a;
	const uint8_t *data;
	uint16_t index;
	size_t size;

	rig_map(r, 1, VA, RIG_DATA, 0x4000, ALL, 12);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(rig_access(r, 1, VA + i * 0x1000, IOM_READ, 0, &a), IOM_OK);
	CHECK_EQ(iom_endpoint_ask(r->ep, 1, &page, 1, &index), IOM_ASK_SENT);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_OK);
	r->ops->invalidate(r, 1, VA, 12, false, true);
	r->ops->sync(r);
	good = iom_endpoint_save(r->ep);
	data = g_bytes_get_data(good, &size);
	for (size_t i = 0; i < 2 * size; i++) {
		size_t n = i < size ? size : i - size;
		g_autofree uint8_t *copy = g_memdup2(data, size);
		g_autoptr(GBytes) bad = NULL;
		GError *error = NULL;

		if (i < size)
			copy[i] ^= (uint8_t)(1u << (i % 8));
		bad = g_bytes_new(copy, n);
		CU_ASSERT_FALSE(iom_endpoint_load(r->ep, bad, &error));
		CU_ASSERT_TRUE(error && g_str_has_prefix(error->message, "saved state"));
		CU_ASSERT_PTR_NULL(error ? strchr(error->message, '\n') : "");
		g_clear_error(&error);
	}
	now = iom_endpoint_save(r->ep);
	CU_ASSERT_TRUE(g_bytes_equal(good, now));
	data = g_bytes_get_data(function, &size);
	for (size_t i = 0; i < size; i += 7) {
		g_autofree uint8_t *copy = g_memdup2(data, size);
		g_autoptr(GBytes) bad = NULL;

		copy[i] ^= 0x20;
		bad = g_bytes_new(copy, size);
		CU_ASSERT_FALSE(iom_pci_config_load(r->fn, bad, NULL));
	}
	CHECK_EQ(rig_reg(r, IOM_PCI_EXT_ATS, 6, 2), 0x8000);
	iom_endpoint_end(r->ep, &a);
	CU_ASSERT_TRUE(r->ops->synced(r));
	rig_free(r);
}

/* What is whole, but of something else. */
static void others(void)
{
	rig *r = rig_new(IOM_KIND_SMMUV3, NULL);
	g_autoptr(GBytes) endpoint = iom_endpoint_save(r->ep);
	g_autoptr(GBytes) function = iom_pci_config_save(r->fn);
	g_autoptr(GBytes) iommu = iom_iommu_save(r->iommu);
	iom_dma dma = rig_dma(0, VA, IOM_READ, 0);
	iom_pci_function_config f;
	iom_pci_config *other, *vf;
	iom_dma_answer a;
	GError *error = NULL;

	CU_ASSERT_FALSE(iom_endpoint_load(r->ep, iommu, &error));
	CU_ASSERT_STRING_EQUAL(error->message,
			       "saved state: is of an SMMUv3, should be of an endpoint");
	g_clear_error(&error);
	CU_ASSERT_FALSE(iom_pci_config_load(r->fn, endpoint, &error));
	CU_ASSERT_STRING_EQUAL(error->message,
			       "saved state: is of an endpoint, should be of a PCI function");
	g_clear_error(&error);
	CU_ASSERT_FALSE(iom_iommu_load(r->iommu, function, NULL));
	iom_pci_function_config_init(&f);
	f.pasid_bits = 8;
	other = iom_pci_function_new(&f);
	CU_ASSERT_FALSE(iom_pci_config_load(other, function, &error));
	CHECK_EQ(error->code, IOM_ERROR_CONFIG);
	g_clear_error(&error);
	iom_pci_config_free(other);
	/* one that holds an access, one of another requester */
	rig_map(r, 0, VA, RIG_DATA, 0x1000, ALL, 12);
	CHECK_EQ(iom_endpoint_begin(r->ep, &dma, &a), IOM_OK);
	CU_ASSERT_FALSE(iom_endpoint_load(r->ep, endpoint, &error));
	CHECK_EQ(error->code, IOM_ERROR_CONFIG);
	g_clear_error(&error);
	iom_endpoint_end(r->ep, &a);
	CU_ASSERT_TRUE(iom_endpoint_load(r->ep, endpoint, NULL));
	rig_move(r, 0x77);
	CU_ASSERT_FALSE(iom_endpoint_load(r->ep, endpoint, &error));
	CHECK_EQ(error->code, IOM_ERROR_CONFIG);
	g_clear_error(&error);
	rig_free(r);
	/* virtual functions: enabled by the state of the physical one */
	f.total_vfs = 2;
	other = iom_pci_function_new(&f);
	vf = iom_pci_vf_new(other, 1, NULL);
	iom_pci_config_write(other, 0x180 + 16, 2, 2);
	iom_pci_config_write(other, 0x180 + 32, 4, 4);
	iom_pci_config_write(other, 0x180 + 8, 2, 1);
	iom_pci_config_write(vf, 4, 2, 4);
	g_bytes_unref(function);
	function = iom_pci_config_save(other);
	g_bytes_unref(endpoint);
	endpoint = iom_pci_config_save(vf);
	iom_pci_config_write(other, 0x180 + 8, 2, 0);
	iom_pci_config_write(other, 0x180 + 32, 4, 1);
	CU_ASSERT_TRUE(iom_pci_config_load(other, function, NULL));
	CU_ASSERT_TRUE(iom_pci_vf_enabled(vf));
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 0);
	CU_ASSERT_TRUE(iom_pci_config_load(vf, endpoint, NULL));
	CHECK_EQ(iom_pci_config_read(vf, 4, 2), 4);
	CU_ASSERT_FALSE(iom_pci_config_load(vf, function, NULL));
	iom_pci_config_free(vf);
	iom_pci_config_free(other);
}

static const iom_test tests[] = {
	{ "in the middle of everything", middle_both },
	{ "traffic goes on", traffic_both },
	{ "damaged state", damaged },
	{ "state of something else", others },
	{ 0 },
};
const iom_suite state_suite = { "state", tests };
