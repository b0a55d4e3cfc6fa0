/* SPDX-License-Identifier: MIT */
#include "sim/replay/print.h"

#include <string.h>

void iom_print_count(GString *out, uint64_t value)
{
	char digits[24];
	int n = g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, value);

	for (int i = 0; i < n; i++) {
		g_string_append_c(out, digits[i]);
		if ((n - i) % 3 == 1 && i + 1 < n)
			g_string_append_c(out, ',');
	}
}

static void pad_left(GString *out, gsize from, int width)
{
	gsize len = out->len - from;

	for (gsize i = len; width > 0 && i < (gsize)width; i++)
		g_string_insert_c(out, (gssize)from, ' ');
}

void iom_print_column(GString *out, uint64_t value, int width)
{
	gsize from = out->len;

	iom_print_count(out, value);
	pad_left(out, from, width);
}

void iom_print_percent(GString *out, uint64_t part, uint64_t whole, int width)
{
	gsize from = out->len;
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	double percent = whole ? 100.0 * (double)part / (double)whole : 0.0;

	/* "100.0 %" means all of them. */
	if (part < whole && percent > 99.9)
		percent = 99.9;
	if (whole == 0)
		g_string_append_c(out, '-');
	else
		g_string_append_printf(out, "%s %%",
				       g_ascii_formatd(number, sizeof(number), "%.1f", percent));
	pad_left(out, from, width);
}

void iom_print_fault(GString *out, const iom_iommu *iommu, unsigned code)
{
	const char *name = iommu ? iom_iommu_fault_name(iommu, code) : NULL;

	if (name)
		g_string_append_printf(out, "%s (%#x)", name, code);
	else
		g_string_append_printf(out, "%#x", code);
}

void iom_print_access(GString *out, unsigned access)
{
	static const char *const names[] = { "read", "write", "execute", "atomic" };
	bool first = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!(access & 1u << i))
			continue;
		g_string_append_printf(out, "%s%s", first ? "" : "+", names[i]);
		first = false;
	}
	if (first)
		g_string_append(out, "none");
}

const char *iom_print_cache_name(unsigned cache)
{
	static const char *const names[IOM_N_CACHES] = {
		[IOM_CACHE_CONFIG] = "config",       [IOM_CACHE_IOTLB] = "iotlb",
		[IOM_CACHE_WALK] = "walk",           [IOM_CACHE_STAGE2] = "stage2",
		[IOM_CACHE_INTERRUPT] = "interrupt",
	};

	return cache < IOM_N_CACHES ? names[cache] : "?";
}

void iom_replay_print_requester(iom_kind kind, uint32_t requester, GString *out)
{
	if (kind == IOM_KIND_VTD && requester <= 0xffff)
		g_string_append_printf(out, "%02x:%02x.%x", requester >> 8, requester >> 3 & 0x1f,
				       requester & 7);
	else
		g_string_append_printf(out, "StreamID %#x", requester);
}

/* ---- differences ---- */

static void print_answer(const iom_replay_report *report, const iom_result *result, GString *out)
{
	if (result->status != IOM_OK) {
		g_string_append(out, iom_status_name(result->status));
		if (result->fault.code) {
			g_string_append(out, " with ");
			iom_print_fault(out, report->iommu, result->fault.code);
		}
		return;
	}
	g_string_append_printf(out, "%#" G_GINT64_MODIFIER "x ", result->address);
	iom_print_access(out, result->permissions);
	if (result->page_lg2)
		g_string_append_printf(out, ", page of 2^%u", result->page_lg2);
}

static void print_expected(const iom_replay_report *report, const iom_trace_record *r, GString *out)
{
	const char *separator = "";

	if (r->expect & IOM_TRACE_EXPECT_FAULT) {
		g_string_append(out, "a fault");
		if (r->value) {
			g_string_append(out, ", ");
			iom_print_fault(out, report->iommu, (unsigned)r->value);
		}
		return;
	}
	if (r->expect & IOM_TRACE_EXPECT_ADDRESS) {
		g_string_append_printf(out, "%#" G_GINT64_MODIFIER "x", r->value);
		separator = " ";
	}
	if (r->expect & IOM_TRACE_EXPECT_PERM) {
		g_string_append(out, separator);
		iom_print_access(out, r->perm & (IOM_READ | IOM_WRITE));
		separator = ", ";
	}
	if (r->expect & IOM_TRACE_EXPECT_PAGE)
		g_string_append_printf(out, "%spage of 2^%u", separator, iom_trace_page_lg2(r));
}

void iom_replay_print_difference(const iom_replay_report *report, const iom_replay_difference *d,
				 bool stale, GString *out)
{
	const iom_trace_record *r = &d->trace;

	g_string_append_printf(out, "record %" G_GUINT64_FORMAT ", ", d->record);
	if (r->kind == IOM_TRACE_REG_READ) {
		g_string_append_printf(out,
				       "register %#" G_GINT64_MODIFIER
				       "x: expected %#" G_GINT64_MODIFIER
				       "x, got %#" G_GINT64_MODIFIER "x",
				       r->address, r->value, d->value);
		return;
	}
	g_string_append_printf(out, "DMA %" G_GUINT64_FORMAT ": ", d->dma);
	iom_replay_print_requester(report->kind, r->requester, out);
	if (r->pasid != IOM_NO_PASID)
		g_string_append_printf(out, " PASID %#x", r->pasid);
	g_string_append_c(out, ' ');
	iom_print_access(out, r->flags & 0xf ? r->flags & 0xf : IOM_READ);
	g_string_append_printf(out, " at %#" G_GINT64_MODIFIER "x: ", r->address);
	if (stale) {
		g_string_append(out, "answered ");
		print_answer(report, &d->got, out);
		g_string_append(out, " from a cache, the tables say ");
		print_answer(report, &d->fresh, out);
		return;
	}
	g_string_append(out, "expected ");
	print_expected(report, r, out);
	g_string_append(out, ", got ");
	print_answer(report, &d->got, out);
}
