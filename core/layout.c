/* SPDX-License-Identifier: MIT */
/* Fields of structures by name; the inline accessors are in layout.h. */
#include "core/layout.h"

#include <string.h>

const iom_field *iom_layout_find(const iom_layout *layout, const char *name)
{
	for (unsigned i = 0; i < layout->n_fields; i++) {
		if (strcmp(layout->fields[i].name, name) == 0)
			return &layout->fields[i];
	}
	return NULL;
}

uint64_t iom_field_get(const iom_field *field, const uint64_t *words)
{
	return iom_bits(words, field->lsb, field->width) << field->shift;
}

void iom_field_set(const iom_field *field, uint64_t *words, uint64_t value)
{
	iom_set_bits(words, field->lsb, field->width, value >> field->shift);
}

unsigned iom_layout_reserved(const iom_layout *layout, const uint64_t *words,
			     const iom_field **first)
{
	unsigned n = 0;

	if (first)
		*first = NULL;
	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];

		if (f->kind != IOM_FIELD_RESERVED || !iom_bits(words, f->lsb, f->width))
			continue;
		if (!n++ && first)
			*first = f;
	}
	return n;
}

void iom_layout_print(const iom_layout *layout, const uint64_t *words, GString *out)
{
	const char *separator = "";

	for (unsigned i = 0; i < layout->n_fields; i++) {
		const iom_field *f = &layout->fields[i];

		if (f->kind != IOM_FIELD_USE || !iom_bits(words, f->lsb, f->width))
			continue;
		g_string_append_printf(out, "%s%s=%#" G_GINT64_MODIFIER "x", separator, f->name,
				       iom_field_get(f, words));
		separator = " ";
	}
}
