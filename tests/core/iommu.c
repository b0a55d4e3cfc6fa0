/* SPDX-License-Identifier: MIT */
/* Dispatch through a model that does next to nothing. */
#include "core/iommu.h"
#include "tests/core/suites.h"

#include <string.h>

typedef struct dummy {
	iom_iommu base;
	bool *destroyed;
	iom_result seen; /* the result as the model received it */
} dummy;

typedef struct machine {
	unsigned irqs, lines;
	GString *log;
	uint64_t msi_address;
	uint32_t msi_data;
} machine;

static void dummy_destroy(iom_iommu *iommu)
{
	dummy *d = (dummy *)iommu;

	*d->destroyed = true;
	iom_iommu_fini(iommu);
	g_free(d);
}

/* The status asked for is the low byte of the address. */
static void dummy_translate(iom_iommu *iommu, const iom_request *request, iom_result *result)
{
	((dummy *)iommu)->seen = *result;
	result->status = (uint8_t)request->address;
	result->address = request->address + 0x1000;
	result->span = 0x20;
	result->permissions = IOM_READ;
	if (result->status == IOM_ABORT)
		result->fault.code = 0x10;
}

static const char *dummy_fault_name(const iom_iommu *iommu, unsigned code)
{
	(void)iommu;
	return code == 0x10 ? "F_TRANSLATION" : NULL;
}

static const iom_iommu_ops dummy_ops = {
	.kind = IOM_KIND_SMMUV3,
	.destroy = dummy_destroy,
	.translate = dummy_translate,
	.fault_name = dummy_fault_name,
};

static void on_irq(void *opaque, unsigned line, bool level)
{
	machine *m = opaque;

	m->irqs += level;
	m->lines |= 1u << line;
}

static void on_log(void *opaque, const char *message)
{
	machine *m = opaque;

	m->lines++;
	g_string_append_printf(m->log, "%s\n", message);
}

static iom_mem_status on_msi(void *opaque, uint64_t address, uint32_t data)
{
	machine *m = opaque;

	m->msi_address = address;
	m->msi_data = data;
	return address ? IOM_MEM_OK : IOM_MEM_ABORT;
}

static dummy *make(iom_bus *bus, bool *destroyed)
{
	dummy *d = g_new0(dummy, 1);

	d->destroyed = destroyed;
	CU_ASSERT_TRUE_FATAL(iom_iommu_init(&d->base, &dummy_ops, bus, NULL));
	d->destroyed = destroyed;
	return d;
}

static void references(void)
{
	iom_memory *mem = iom_memory_new();
	iom_bus bus = { .size = sizeof(bus), .memory = { mem } };
	bool destroyed = false;
	dummy *d = make(&bus, &destroyed);
	uint64_t v;

	CHECK_EQ(iom_iommu_kind(&d->base), IOM_KIND_SMMUV3);
	CU_ASSERT_PTR_EQUAL(iom_iommu_ref(&d->base), &d->base);
	iom_iommu_unref(&d->base);
	CU_ASSERT_FALSE(destroyed);
	/* The model keeps the memory; every space leads to it. */
	iom_memory_ref(mem);
	iom_memory_unref(mem);
	for (unsigned s = 0; s < 4; s++)
		CU_ASSERT_PTR_EQUAL(d->base.bus.memory[s], mem);
	iom_iommu_unref(&d->base);
	CU_ASSERT_TRUE(destroyed);
	CHECK_EQ(iom_memory_load64(mem, 0, &v), IOM_MEM_ABORT);
	iom_memory_unref(mem);
}

static void bad_bus(void)
{
	iom_bus bus = { .size = sizeof(bus) };
	iom_iommu iommu;
	GError *error = NULL;

	CU_ASSERT_FALSE(iom_iommu_init(&iommu, &dummy_ops, &bus, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	bus.size = 0;
	CU_ASSERT_FALSE(iom_iommu_init(&iommu, &dummy_ops, &bus, &error));
	CU_ASSERT_TRUE(g_error_matches(error, IOM_ERROR, IOM_ERROR_CONFIG));
	g_clear_error(&error);
	/* An older and shorter bus: what it does not have is not called. */
	bus.memory[0] = iom_memory_new();
	bus.size = offsetof(iom_bus, msi);
	bus.msi = on_msi;
	CU_ASSERT_TRUE(iom_iommu_init(&iommu, &dummy_ops, &bus, &error));
	CU_ASSERT_PTR_NULL((void *)iommu.bus.msi);
	iom_iommu_fini(&iommu);
	iom_memory_unref(bus.memory[0]);
}

typedef struct watch {
	unsigned n;
	iom_step_kind kind;
	char text[128];
	uint64_t input;
} watch;

static void on_step(void *opaque, const iom_step *step)
{
	watch *w = opaque;

	w->n++;
	w->kind = step->kind;
	w->input = step->input;
	g_strlcpy(w->text, step->text ? step->text : "", sizeof(w->text));
}

static void translation(void)
{
	iom_bus bus = { .size = sizeof(bus), .memory = { iom_memory_new() } };
	bool destroyed = false;
	dummy *d = make(&bus, &destroyed);
	iom_request request = { .pasid = IOM_NO_PASID };
	iom_result result;
	iom_statistics s;
	watch w = { 0 };

	for (unsigned status = IOM_OK; status <= IOM_INTERRUPT; status++) {
		memset(&result, 0xff, sizeof(result));
		request.address = 0x4000 + status;
		iom_iommu_translate(&d->base, &request, &result);
		CHECK_EQ(result.status, status);
		/* What the model was given refuses, until it is filled in. */
		CHECK_EQ(d->seen.status, IOM_ABORT);
		CHECK_EQ(d->seen.fault.level, -1);
		CHECK_EQ(d->seen.span, 0);
		CHECK_EQ(d->seen.fault.record[3], 0);
		CU_ASSERT_PTR_NOT_NULL(iom_status_name((iom_status)status));
	}
	iom_iommu_statistics(&d->base, &s);
	CHECK_EQ(s.translations, 6);
	CHECK_EQ(s.translated, 1);
	CHECK_EQ(s.faulted, 3);

	iom_iommu_observe(&d->base, on_step, &w);
	request.address = 0x4000;
	iom_iommu_translate(&d->base, &request, &result);
	CHECK_EQ(w.n, 1);
	CHECK_EQ(w.kind, IOM_STEP_RESULT);
	CHECK_EQ(w.input, 0x4000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.text, "0x5000"));
	request.address = 0x4000 + IOM_ABORT;
	iom_iommu_translate(&d->base, &request, &result);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.text, "F_TRANSLATION"));
	iom_step_note(&d->base, IOM_STEP_DECISION, "x", NULL, 1, "%d and %s", 5, "six");
	CU_ASSERT_STRING_EQUAL(w.text, "5 and six");
	iom_iommu_observe(&d->base, NULL, NULL);
	iom_iommu_translate(&d->base, &request, &result);
	CHECK_EQ(w.n, 3);

	iom_iommu_reset_statistics(&d->base);
	iom_iommu_translate(&d->base, &request, &result);
	iom_iommu_statistics(&d->base, &s);
	CHECK_EQ(s.translations, 1);
	CHECK_EQ(s.faulted, 1);
	iom_iommu_unref(&d->base);
	iom_memory_unref(bus.memory[0]);
}

static void interrupts(void)
{
	machine m = { 0 };
	iom_bus bus = { .size = sizeof(bus), .opaque = &m, .memory = { iom_memory_new() } };
	iom_interrupt message = { 0xfee00000, 0x41, 8 };
	iom_interrupt_result result;
	iom_statistics s;
	bool destroyed;
	dummy *d;
	uint64_t v;

	CU_ASSERT_TRUE(iom_memory_add_sparse(bus.memory[0], 0x1000, 0x1000, NULL));
	bus.irq = on_irq;
	d = make(&bus, &destroyed);
	memset(&result, 0xff, sizeof(result));
	iom_iommu_interrupt(&d->base, &message, &result);
	CHECK_EQ(result.status, IOM_OK);
	CHECK_EQ(result.remapped, 0);
	CHECK_EQ(result.deliver, 1);
	CHECK_EQ(result.address, 0xfee00000);
	CHECK_EQ(result.data, 0x41);
	iom_raise_irq(&d->base, 3, true);
	iom_raise_irq(&d->base, 3, false);
	CHECK_EQ(m.irqs, 1);
	CHECK_EQ(m.lines, 1 << 3);
	/* Without a callback a message is a write to memory. */
	CHECK_EQ(iom_send_msi(&d->base, IOM_SPACE_NONSECURE, 0x1004, 0x55), IOM_MEM_OK);
	CHECK_EQ(iom_memory_load64(bus.memory[0], 0x1000, &v), IOM_MEM_OK);
	CHECK_EQ(v, UINT64_C(0x55) << 32);
	CHECK_EQ(iom_send_msi(&d->base, IOM_SPACE_NONSECURE, 0x3000, 0x55), IOM_MEM_ABORT);
	d->base.bus.msi = on_msi;
	CHECK_EQ(iom_send_msi(&d->base, IOM_SPACE_SECURE, 0x9000, 7), IOM_MEM_OK);
	CHECK_EQ(m.msi_address, 0x9000);
	CHECK_EQ(m.msi_data, 7);
	CHECK_EQ(iom_send_msi(&d->base, IOM_SPACE_SECURE, 0, 7), IOM_MEM_ABORT);
	iom_iommu_statistics(&d->base, &s);
	CHECK_EQ(s.interrupts, 3);
	iom_iommu_unref(&d->base);
	iom_memory_unref(bus.memory[0]);
}

static void log_lines(void)
{
	machine m = { .log = g_string_new(NULL) };
	iom_bus bus = { .size = sizeof(bus), .opaque = &m, .memory = { iom_memory_new() } };
	bool destroyed;
	dummy *d;

	bus.log = on_log;
	d = make(&bus, &destroyed);
	for (unsigned i = 0; i < 1000; i++)
		iom_log(&d->base, "line %u", i);
	/* A thousand lines in a moment; the moment may lie in two seconds. */
	CU_ASSERT_TRUE(m.lines >= 1 && m.lines <= 20);
	CU_ASSERT_TRUE(g_str_has_prefix(m.log->str, "line 0\n"));
	iom_iommu_unref(&d->base);
	iom_memory_unref(bus.memory[0]);
	g_string_free(m.log, TRUE);
}

static const iom_test tests[] = {
	{ "references to the model and its memory", references },
	{ "a bus that lacks what it needs", bad_bus },
	{ "translations are counted and reported", translation },
	{ "interrupts and messages", interrupts },
	{ "the log is limited", log_lines },
	{ 0 },
};
const iom_suite iommu_suite = { "iommu", tests };
