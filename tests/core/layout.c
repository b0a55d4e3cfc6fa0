/* SPDX-License-Identifier: MIT */
/* Field tables: places, shifts, reserved bits and printing. */
#include "core/layout.h"
#include "tests/core/suites.h"

#define SAMPLE_FIELDS(F, P) \
	F(P, V, 0, 1, 0, USE, "valid") \
	F(P, RES1, 1, 5, 0, RESERVED, "") \
	F(P, Pointer, 6, 46, 6, USE, "address") \
	F(P, Across, 60, 10, 0, USE, "crosses a word") \
	F(P, Ign, 70, 4, 0, IGNORED, "") \
	F(P, Imp, 74, 4, 0, IMPDEF, "") \
	F(P, RES2, 78, 50, 0, RESERVED, "") \
	F(P, Wide, 128, 64, 0, USE, "a whole word") \
	F(P, Long, 200, 52, 12, USE, "wide and shifted")
IOM_DECLARE_LAYOUT(sample, SAMPLE_FIELDS)
IOM_DEFINE_LAYOUT(sample, "SAMPLE", 256, "1.2 A sample", SAMPLE_FIELDS)

static void places(void)
{
	for (unsigned i = 0; i < sample_layout.n_fields; i++) {
		const iom_field *f = &sample_layout.fields[i];
		uint64_t all[4] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
		uint64_t none[4] = { 0 };

		/* Exactly the field's own bits change, whatever surrounds them. */
		iom_field_set(f, none, UINT64_MAX);
		iom_field_set(f, all, 0);
		for (unsigned bit = 0; bit < 256; bit++) {
			bool mine = bit >= f->lsb && bit < f->lsb + f->width;

			CHECK_EQ(none[bit / 64] >> (bit % 64) & 1, mine);
			CHECK_EQ(all[bit / 64] >> (bit % 64) & 1, !mine);
		}
		CU_ASSERT_PTR_EQUAL(iom_layout_find(&sample_layout, f->name), f);
	}
	CU_ASSERT_PTR_NULL(iom_layout_find(&sample_layout, "v"));
	CU_ASSERT_STRING_EQUAL(sample_layout.name, "SAMPLE");
	CHECK_EQ(sample_layout.bits, 256);
	CHECK_EQ(sample_layout.n_fields, 9);
}

static void accessors(void)
{
	uint64_t w[4] = { 0 };

	sample_set_Pointer(w, 0x000ffffffffff040);
	CHECK_EQ(w[0], 0x000ffffffffff040);
	CHECK_EQ(sample_get_Pointer(w), 0x000ffffffffff040);
	/* Bits below the shift and above the field are dropped. */
	sample_set_Pointer(w, 0xfff000000000007f);
	CHECK_EQ(w[0], 0x40);
	sample_set_Across(w, 0x2a5);
	CHECK_EQ(w[0] >> 60, 5);
	CHECK_EQ(w[1], 0x2a);
	CHECK_EQ(sample_get_Across(w), 0x2a5);
	sample_set_Wide(w, UINT64_MAX);
	CHECK_EQ(w[2], UINT64_MAX);
	CHECK_EQ(sample_get_Wide(w), UINT64_MAX);
	sample_set_Long(w, 0x123456789000);
	CHECK_EQ(w[3], UINT64_C(0x123456789) << 8);
	CHECK_EQ(iom_field_get(iom_layout_find(&sample_layout, "Long"), w), 0x123456789000);
	CHECK_EQ(iom_get(0xabcd, 11, 4), 0xbc);
	CHECK_EQ(iom_get(UINT64_MAX, 63, 0), UINT64_MAX);
}

static void reserved(void)
{
	uint64_t w[4] = { 0 };
	const iom_field *first = iom_layout_find(&sample_layout, "V");

	CHECK_EQ(iom_layout_reserved(&sample_layout, w, &first), 0);
	CU_ASSERT_PTR_NULL(first);
	w[0] = 1 | 1 << 6;
	w[1] = 0xff << 6;
	w[2] = UINT64_MAX;
	CHECK_EQ(iom_layout_reserved(&sample_layout, w, NULL), 0);
	w[1] |= UINT64_C(1) << 63;
	CHECK_EQ(iom_layout_reserved(&sample_layout, w, &first), 1);
	CU_ASSERT_STRING_EQUAL(first->name, "RES2");
	w[0] |= 1 << 5;
	CHECK_EQ(iom_layout_reserved(&sample_layout, w, &first), 2);
	CU_ASSERT_STRING_EQUAL(first->name, "RES1");
}

static void printing(void)
{
	uint64_t w[4] = { 0 };
	GString *out = g_string_new("STE: ");

	iom_layout_print(&sample_layout, w, out);
	CU_ASSERT_STRING_EQUAL(out->str, "STE: ");
	sample_set_V(w, 1);
	sample_set_Pointer(w, 0x80001000);
	sample_set_Long(w, 0x5000);
	w[0] |= 2;
	w[1] |= UINT64_C(0xf) << 10;
	iom_layout_print(&sample_layout, w, out);
	CU_ASSERT_STRING_EQUAL(out->str, "STE: V=0x1 Pointer=0x80001000 Long=0x5000");
	g_string_free(out, TRUE);
}

static const iom_test tests[] = {
	{ "every field touches its own bits only", places },
	{ "accessors, words crossed, shifts", accessors },
	{ "reserved bits that are set", reserved },
	{ "printing fields in use that are not zero", printing },
	{ 0 },
};
const iom_suite layout_suite = { "layout", tests };
