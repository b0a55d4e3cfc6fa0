/* SPDX-License-Identifier: MIT */
/* Reporting to an observer what a model reads, writes and decides. */
#include "core/front.h"

void iom_iommu_observe(iom_iommu *iommu, void (*fn)(void *opaque, const iom_step *step),
		       void *opaque)
{
	iommu->observer = fn;
	iommu->observer_opaque = opaque;
	/* The observer is to see every step. */
	iom_front_forget(iommu);
}

static void report(iom_iommu *iommu, const iom_step *step)
{
	if (iommu->observer)
		iommu->observer(iommu->observer_opaque, step);
}

void iom_step_read(iom_iommu *iommu, const char *what, const iom_layout *layout, uint64_t address,
		   uint64_t input, const uint64_t *words, unsigned n_words)
{
	iom_step step = {
		.kind = IOM_STEP_READ,
		.what = what,
		.section = layout ? layout->section : NULL,
		.address = address,
		.input = input,
		.layout = layout,
		.n_words = n_words,
		.words = words,
	};

	report(iommu, &step);
}

void iom_step_write(iom_iommu *iommu, const char *what, const iom_layout *layout, uint64_t address,
		    uint64_t input, const uint64_t *words, unsigned n_words)
{
	iom_step step = {
		.kind = IOM_STEP_WRITE,
		.what = what,
		.section = layout ? layout->section : NULL,
		.address = address,
		.input = input,
		.layout = layout,
		.n_words = n_words,
		.words = words,
	};

	report(iommu, &step);
}

void iom_step_command(iom_iommu *iommu, const char *what, const iom_layout *layout,
		      uint64_t address, const uint64_t *words, unsigned n_words)
{
	iom_step step = {
		.kind = IOM_STEP_COMMAND,
		.what = what,
		.section = layout ? layout->section : NULL,
		.address = address,
		.layout = layout,
		.n_words = n_words,
		.words = words,
	};

	report(iommu, &step);
}

void iom_step_note(iom_iommu *iommu, iom_step_kind kind, const char *what, const char *section,
		   uint64_t input, const char *format, ...)
{
	iom_step step = { .kind = kind, .what = what, .section = section, .input = input };
	char *text = NULL;
	va_list args;

	if (!iommu->observer)
		return;
	if (format) {
		va_start(args, format);
		text = g_strdup_vprintf(format, args);
		va_end(args);
	}
	step.text = text;
	report(iommu, &step);
	g_free(text);
}
