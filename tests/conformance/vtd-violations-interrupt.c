/* SPDX-License-Identifier: MIT */
/* One way to meet each interrupt condition, starting from a valid entry. */
#include "tests/conformance/vtd-base.h"

#define BIT(n) (UINT64_C(1) << (n))

static void set(iom_vtd_case *c, uint64_t address, uint64_t bits)
{
	int at = iom_vtd_case_find(c, address);

	iom_vtd_case_put(c, address,
			 (at < 0 ? 0 : g_array_index(c->words, iom_vtd_word, at).value) | bits,
			 "word");
}

static void fail_at(iom_vtd_case *c, uint64_t address)
{
	iom_vtd_bad_page bad = { address & ~UINT64_C(0xfff), false };

	g_array_append_val(c->bad, bad);
}

static void request_reserved(iom_vtd_case *c)
{
	c->address |= 1 << 3;
	c->data = 1 << 16;
}

static void index_too_large(iom_vtd_case *c)
{
	c->address = 0xfee00010 | 0x100 << 5;
}

static void irte_absent(iom_vtd_case *c)
{
	iom_vtd_case_put(c, VTD_IRTE_ADDRESS, 0, "irte.q0");
}

static void irte_access(iom_vtd_case *c)
{
	fail_at(c, VTD_IRTE_ADDRESS);
}

static void irte_reserved(iom_vtd_case *c)
{
	set(c, VTD_IRTE_ADDRESS, BIT(12));
}

static void compatibility(iom_vtd_case *c)
{
	c->address = 0xfee00000;
}

static void other_source(iom_vtd_case *c)
{
	c->sid ^= 1;
}

static void descriptor_access(iom_vtd_case *c)
{
	fail_at(c, VTD_PID_ADDRESS);
}

static void descriptor_reserved(iom_vtd_case *c)
{
	set(c, VTD_PID_ADDRESS + 32, BIT(2));
}

static void extended_mode_required(iom_vtd_case *c)
{
	c->ecap |= BIT(61);
	c->irta &= ~BIT(11);
}

static void remapping_required(iom_vtd_case *c)
{
	c->ecap |= BIT(62);
	c->ires = false;
}

const vtd_interrupt_violation vtd_interrupt_violations[] = {
	{ 0x20, false, request_reserved },   { 0x21, false, index_too_large },
	{ 0x22, false, irte_absent },        { 0x23, false, irte_access },
	{ 0x24, false, irte_reserved },      { 0x24, true, irte_reserved },
	{ 0x25, false, compatibility },      { 0x26, false, other_source },
	{ 0x26, true, other_source },        { 0x27, true, descriptor_access },
	{ 0x28, true, descriptor_reserved }, { 0x2a, false, extended_mode_required },
	{ 0x2b, false, remapping_required }, { 0, false, NULL },
};
