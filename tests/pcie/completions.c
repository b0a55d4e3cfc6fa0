/* SPDX-License-Identifier: MIT */
/*
 * Completions that neither model gives: an IOMMU of a few lines answers whatever
 * the test wants, so that every bit of a completion has its effect.
 */
#include "core/iommu.h"
#include "rig.h"

#define VA UINT64_C(0x123456789000)

typedef struct fake {
	iom_iommu iommu;
	iom_result completion; /* of translation requests */
	iom_request last;
	unsigned requests, translated, untranslated;
	uint8_t completed_itag, completed_ok;
	unsigned completions;
} fake;

static void fake_destroy(iom_iommu *iommu)
{
	iom_iommu_fini(iommu);
	g_free(iommu);
}

static void fake_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	fake *f = (fake *)iommu;

	f->last = *request;
	if (request->type == IOM_TRANSLATION_REQUEST) {
		f->requests++;
		*result = f->completion;
		return;
	}
	if (request->type == IOM_TRANSLATED)
		f->translated++;
	else
		f->untranslated++;
	result->status = IOM_OK;
	result->address = request->address;
	result->span = 4096;
	result->page_lg2 = 12;
}

static void fake_completed(iom_iommu *iommu, uint32_t requester, uint8_t itag, bool ok)
{
	fake *f = (fake *)iommu;

	CHECK_EQ(requester, RIG_REQUESTER);
	f->completions++;
	f->completed_itag = itag;
	f->completed_ok = ok;
}

static const iom_iommu_ops fake_ops = {
	.kind = IOM_KIND_SMMUV3,
	.destroy = fake_destroy,
	.translate = fake_translate,
	.ats_completed = fake_completed,
};

typedef struct bench {
	fake *f;
	iom_memory *mem;
	iom_requesters *hub;
	iom_pci_config *fn;
	iom_endpoint *ep;
} bench;

static void bench_init(bench *b)
{
	iom_bus bus = { .size = sizeof(bus) };
	iom_pci_function_config function;
	iom_endpoint_config config = { .size = sizeof(config) };

	b->mem = iom_memory_new();
	b->hub = iom_requesters_new();
	bus.memory[0] = b->mem;
	iom_requesters_connect(b->hub, &bus);
	b->f = g_new0(fake, 1);
	CU_ASSERT_TRUE_FATAL(iom_iommu_init(&b->f->iommu, &fake_ops, &bus, NULL));
	b->f->completion = (iom_result){ .status = IOM_OK,
					 .permissions = IOM_READ | IOM_WRITE,
					 .page_lg2 = 12,
					 .address = 0x5000,
					 .span = 4096 };
	iom_pci_function_config_init(&function);
	function.translated_pasid = true;
	b->fn = iom_pci_function_new(&function);
	config.iommu = &b->f->iommu;
	config.requesters = b->hub;
	config.function = b->fn;
	config.requester = RIG_REQUESTER;
	config.atc = (iom_cache_geometry){ .entries = 64, .ways = 4 };
	b->ep = iom_endpoint_new(&config, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->ep);
	iom_pci_config_write(b->fn, 4, 2, 6);
	iom_pci_config_write(b->fn, iom_pci_find(b->fn, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID) + 6, 2,
			     7);
	iom_pci_config_write(b->fn, iom_pci_find(b->fn, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS) + 6, 2,
			     0x8000);
}

static void bench_clear(bench *b)
{
	iom_endpoint_free(b->ep);
	iom_iommu_unref(&b->f->iommu);
	iom_requesters_free(b->hub);
	iom_pci_config_free(b->fn);
	iom_memory_unref(b->mem);
}

static iom_status go(bench *b, unsigned space, unsigned access, iom_dma_answer *a)
{
	iom_dma dma = rig_dma(space, VA, access, 0);
	iom_status status = iom_endpoint_begin(b->ep, &dma, a);

	if (status == IOM_OK)
		iom_endpoint_end(b->ep, a);
	return status;
}

/* Global: the entry serves every PASID, until any PASID's invalidation. */
static void global(void)
{
	iom_ats_invalidate inv = {
		.address = VA, .length = 4096, .pasid = 7, .requester = RIG_REQUESTER
	};
	iom_dma_answer a;
	bench b;

	bench_init(&b);
	b.f->completion.flags = IOM_RES_GLOBAL;
	CHECK_EQ(go(&b, 1, IOM_READ, &a), IOM_OK);
	CHECK_EQ(b.f->requests, 1);
	CHECK_EQ(go(&b, 2, IOM_WRITE, &a), IOM_OK);
	/* W was granted without being asked for */
	CHECK_EQ(go(&b, 3, IOM_READ, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	CHECK_EQ(b.f->requests, 1);
	/* not for a request without a PASID */
	CHECK_EQ(go(&b, 0, IOM_READ, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	CHECK_EQ(iom_requesters_invalidate(b.hub, &inv), IOM_ATS_COMPLETED);
	CHECK_EQ(go(&b, 3, IOM_READ, &a), IOM_OK);
	CHECK_EQ(a.cached, 0);
	CHECK_EQ(go(&b, 0, IOM_READ, &a), IOM_OK);
	CHECK_EQ(a.cached, 1);
	bench_clear(&b);
}

/* U: the address may only be accessed untranslated; the answer is kept. */
static void untranslated_only(void)
{
	iom_dma_answer a;
	bench b;

	bench_init(&b);
	b.f->completion.flags = IOM_RES_UNTRANSLATED_ONLY;
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ(go(&b, 1, IOM_READ, &a), IOM_OK);
		CHECK_EQ(a.type, IOM_UNTRANSLATED);
		CHECK_EQ(b.f->last.address, VA);
		CHECK_EQ(b.f->last.pasid, 1);
	}
	CHECK_EQ(b.f->requests, 1);
	CHECK_EQ(b.f->untranslated, 3);
	bench_clear(&b);
}

/* What goes out: NW for reads, page-aligned, the PASID of a translated request. */
static void requests(void)
{
	iom_dma_answer a;
	bench b;
	unsigned at;

	bench_init(&b);
	b.f->completion.permissions = 0;
	CHECK_EQ(go(&b, 2, IOM_READ, &a), IOM_ABORT);
	CHECK_EQ(b.f->last.flags, IOM_REQ_NO_WRITE);
	CHECK_EQ(b.f->last.address, VA & ~UINT64_C(0xfff));
	CHECK_EQ(b.f->last.pasid, 2);
	CHECK_EQ(go(&b, 2, IOM_WRITE, &a), IOM_ABORT);
	CHECK_EQ(b.f->last.flags, 0);
	CHECK_EQ(go(&b, 2, IOM_READ | IOM_EXECUTE, &a), IOM_ABORT);
	CHECK_EQ(b.f->last.flags, IOM_REQ_NO_WRITE | IOM_REQ_PASID_EXEC);
	/* execute alone grants nothing to keep */
	b.f->completion.permissions = IOM_EXECUTE;
	CHECK_EQ(go(&b, 2, IOM_READ | IOM_EXECUTE, &a), IOM_ABORT);
	b.f->completion.permissions = IOM_READ | IOM_WRITE;
	CHECK_EQ(go(&b, 2, IOM_READ, &a), IOM_OK);
	CHECK_EQ(b.f->last.type, IOM_TRANSLATED);
	CHECK_EQ(b.f->last.address, 0x5000);
	CHECK_EQ(b.f->last.pasid, IOM_NO_PASID);
	/* 7.8.9: with Translated Requests with PASID Enable */
	at = iom_pci_find(b.fn, IOM_PCI_EXTENDED, IOM_PCI_EXT_ATS);
	iom_pci_config_write(b.fn, at + 6, 2, 0);
	iom_pci_config_write(b.fn, iom_pci_find(b.fn, IOM_PCI_EXTENDED, IOM_PCI_EXT_PASID) + 6, 2,
			     0xf);
	iom_pci_config_write(b.fn, at + 6, 2, 0x8000);
	CHECK_EQ(go(&b, 2, IOM_READ, &a), IOM_OK);
	CHECK_EQ(b.f->last.type, IOM_TRANSLATED);
	CHECK_EQ(b.f->last.pasid, 2);
	bench_clear(&b);
}

static void refusals(void)
{
	static const struct {
		uint8_t status, response, want;
	} cases[] = {
		{ IOM_ABORT, IOM_RESPONSE_UR, IOM_ABORT },
		{ IOM_ABORT, IOM_RESPONSE_CA, IOM_ABORT },
		{ IOM_RETRY, IOM_RESPONSE_SUCCESS, IOM_RETRY },
		{ IOM_STALL, IOM_RESPONSE_SUCCESS, IOM_ABORT },
	};
	iom_endpoint_statistics s;
	iom_dma_answer a;
	bench b;

	bench_init(&b);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		b.f->completion.status = cases[i].status;
		b.f->completion.response = cases[i].response;
		CHECK_EQ(go(&b, 1, IOM_READ, &a), cases[i].want);
		CHECK_EQ(a.response, cases[i].response);
		CHECK_EQ(a.type, IOM_TRANSLATION_REQUEST);
		CU_ASSERT_PTR_NULL(a.hold);
	}
	CHECK_EQ(b.f->translated + b.f->untranslated, 0);
	iom_endpoint_statistics_get(b.ep, &s);
	CHECK_EQ(s.in_flight, 0);
	CHECK_EQ(s.atc_entries, 0);
	bench_clear(&b);
}

/* Each waiting invalidation is answered once, under its own tag. */
static void tags(void)
{
	iom_ats_invalidate inv = { .pasid = 1, .requester = RIG_REQUESTER, .itag = 17 };
	iom_dma dma = rig_dma(1, VA, IOM_READ, 0);
	iom_dma_answer a;
	bench b;

	bench_init(&b);
	CHECK_EQ(iom_endpoint_begin(b.ep, &dma, &a), IOM_OK);
	CHECK_EQ(iom_requesters_invalidate(b.hub, &inv), IOM_ATS_PENDING);
	CHECK_EQ(b.f->completions, 0);
	iom_endpoint_end(b.ep, &a);
	CHECK_EQ(b.f->completions, 1);
	CHECK_EQ(b.f->completed_itag, 17);
	CHECK_EQ(b.f->completed_ok, 1);
	iom_endpoint_end(b.ep, &a); /* ended already: nothing */
	CHECK_EQ(b.f->completions, 1);
	/* more than 32 at a time cannot be told apart */
	CHECK_EQ(iom_endpoint_begin(b.ep, &dma, &a), IOM_OK);
	for (unsigned i = 0; i < 32; i++) {
		inv.itag = (uint8_t)i;
		CHECK_EQ(iom_requesters_invalidate(b.hub, &inv), IOM_ATS_PENDING);
	}
	CHECK_EQ(iom_requesters_invalidate(b.hub, &inv), IOM_ATS_FAILED);
	iom_endpoint_end(b.ep, &a);
	CHECK_EQ(b.f->completions, 33);
	bench_clear(&b);
}

static const iom_test tests[] = {
	{ "Global", global },
	{ "Untranslated access only", untranslated_only },
	{ "what goes out", requests },
	{ "UR, CA and retry", refusals },
	{ "tags of invalidations", tags },
	{ 0 },
};
const iom_suite completions_suite = { "completions", tests };
