/* SPDX-License-Identifier: MIT */
/* interrupt_remapping.tsv: decoding, delivery, posting, and the table's worked examples. */
#include "tests/conformance/vtd-tables.h"

#include <stdlib.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

static uint64_t *word_at(iom_vtd_case *c, uint64_t address)
{
	int at = iom_vtd_case_find(c, address);

	if (at < 0) {
		iom_vtd_case_put(c, address, 0, "word");
		at = iom_vtd_case_find(c, address);
	}
	return &g_array_index(c->words, iom_vtd_word, at).value;
}

/* The number after `key` in the text, hexadecimal or decimal; false without one. */
static bool number_after(const char *text, const char *key, uint64_t *value)
{
	const char *at = strstr(text, key);

	if (!at)
		return false;
	*value = g_ascii_strtoull(at + strlen(key), NULL, 0);
	return true;
}

static bool ends_as(const iom_vtd_case *c, iom_vtd_kind kind, unsigned fault, const char *what)
{
	bool ok = vtd_agree(c, true, what);

	for (unsigned cache = 0; cache < VTD_N_CACHES; cache++) {
		GString *why = g_string_new(NULL);
		iom_vtd_outcome got;

		vtd_answer(c, true, cache, NULL, &got, why);
		if (got.kind != kind || got.fault != fault) {
			g_print("%s: expected %s 0x%02X, got %s 0x%02X\n", what,
				iom_vtd_kind_name(kind), fault, iom_vtd_kind_name(got.kind),
				got.fault);
			CU_FAIL("an interrupt differs");
			ok = false;
		}
		g_string_free(why, TRUE);
	}
	return ok;
}

/* "address 0x.., data 0x.., IRTA.S=7: ..." with "index 0x..", "21h (..)" or the format. */
static bool check_decode_example(const char *rule, const char *result)
{
	iom_vtd_case *c = vtd_base_interrupt(false);
	uint64_t table = c->irta & ~UINT64_C(0xfff), entry = *word_at(c, VTD_IRTE_ADDRESS);
	uint64_t source = *word_at(c, VTD_IRTE_ADDRESS + 8), size = 7, value = 0;
	bool ok;

	number_after(rule, "address ", &c->address);
	if (number_after(rule, "data ", &value))
		c->data = (uint32_t)value;
	number_after(rule, "IRTA.S=", &size);
	c->irta = (c->irta & ~UINT64_C(0xf)) | size;
	*word_at(c, VTD_IRTE_ADDRESS) = 0;
	if (number_after(result, "index ", &value) && g_str_has_prefix(result, "index")) {
		/* Only the entry of that index is present. */
		iom_vtd_case_put(c, table + 16 * value, entry, "irte.q0");
		iom_vtd_case_put(c, table + 16 * value + 8, source, "irte.q1");
		ok = ends_as(c, IOM_VTD_DELIVER, 0, rule);
	} else if (g_str_has_prefix(result, "compatibility")) {
		c->irta &= ~BIT(11);
		c->cfis = true;
		ok = ends_as(c, IOM_VTD_COMPAT, 0, rule);
	} else {
		ok = ends_as(c, IOM_VTD_FAULT, (unsigned)strtoul(result, NULL, 16), rule);
	}
	iom_vtd_case_free(c);
	return ok;
}

/* "SVT=1 SQ=0 IRTE.SID=0x.. request SID=0x.." with "pass" or "26h". */
static bool check_source_example(const char *rule, const char *result)
{
	iom_vtd_case *c = vtd_base_interrupt(false);
	uint64_t svt = 0, sq = 0, sid = 0, requester = 0;

	number_after(rule, "SVT=", &svt);
	number_after(rule, "SQ=", &sq);
	number_after(rule, "IRTE.SID=", &sid);
	number_after(rule, "request SID=", &requester);
	*word_at(c, VTD_IRTE_ADDRESS + 8) = sid | sq << 16 | svt << 18;
	c->sid = (uint16_t)requester;
	bool pass = strcmp(result, "pass") == 0;
	bool ok = ends_as(c, pass ? IOM_VTD_DELIVER : IOM_VTD_FAULT, pass ? 0 : 0x26, rule);

	iom_vtd_case_free(c);
	return ok;
}

/* "posted: ON=0 SN=0 URG=0" with "..; notification sent". */
static bool check_posted_example(const char *rule, const char *result)
{
	iom_vtd_case *c = vtd_base_interrupt(true);
	uint64_t on = 0, sn = 0, urgent = 0;

	number_after(rule, "ON=", &on);
	number_after(rule, "SN=", &sn);
	number_after(rule, "URG=", &urgent);
	*word_at(c, VTD_PID_ADDRESS + 32) |= on | sn << 1;
	*word_at(c, VTD_IRTE_ADDRESS) |= urgent << 14;
	bool sent = !strstr(result, "not sent");
	bool ok = ends_as(c, sent ? IOM_VTD_POSTED_NOTIFY : IOM_VTD_POSTED, 0, rule);

	iom_vtd_case_free(c);
	return ok;
}

/* The message as it leaves, of both destination sizes and every field. */
static bool check_message_form(void)
{
	bool ok = true;

	for (unsigned bits = 0; bits < 64; bits++) {
		iom_vtd_case *c = vtd_base_interrupt(false);
		iom_vtd_bench *bench = iom_vtd_bench_new();
		iom_cache_config config;
		iom_interrupt request = { .address = c->address, .requester = c->sid };
		iom_interrupt_result result;
		bool extended = bits & 1;
		unsigned dm = bits >> 1 & 1, rh = bits >> 2 & 1, tm = bits >> 3 & 1;
		unsigned dlm = bits >> 4 & 1;
		uint32_t dest = extended ? 0x12345678 : 0xab;
		uint64_t address = 0xfee00000 | (uint64_t)(dest & 0xff) << 12 | rh << 3 | dm << 2 |
				   (uint64_t)(dest >> 8) << 40;
		uint32_t data = 0xc3 | dlm << 8 | 1 << 14 | tm << 15;

		if (!extended)
			c->irta &= ~BIT(11);
		*word_at(c, VTD_IRTE_ADDRESS) = 1 | (uint64_t)dm << 2 | (uint64_t)rh << 3 |
						(uint64_t)tm << 4 | (uint64_t)dlm << 5 |
						0xc3 << 16 | (uint64_t)dest << (extended ? 32 : 40);
		iom_cache_config_preset(&config, bits & 32 ? "default" : "off");
		iom_vtd_bench_load(bench, c, true, &config, false, NULL);
		iom_iommu_interrupt(iom_vtd_bench_unit(bench), &request, &result);
		if (result.status != IOM_OK || result.address != address || result.data != data) {
			g_print("message %u: %#" G_GINT64_MODIFIER
				"x %#x, expected %#" G_GINT64_MODIFIER "x %#x\n",
				bits, result.address, result.data, address, data);
			ok = false;
		}
		iom_vtd_bench_free(bench);
		iom_vtd_case_free(c);
	}
	if (!ok)
		CU_FAIL("messages");
	return ok;
}

/* Every handle, sub-handle and format bit against the reference. */
static bool check_decode(void)
{
	bool ok = true;

	for (unsigned bit = 2; bit < 20; bit++) {
		for (unsigned shv = 0; shv < 2; shv++) {
			for (unsigned mode = 0; mode < 8; mode++) {
				iom_vtd_case *c = vtd_base_interrupt(false);

				c->address = 0xfee00000 | 1u << bit | shv << 3 | (mode & 1) << 4;
				c->data = shv ? 2 : 0xffff0002;
				c->irta |= 15;
				c->cfis = mode & 2;
				if (mode & 4)
					c->irta &= ~BIT(11);
				*word_at(c, VTD_IRTE_ADDRESS) = UINT64_C(5) << 40 | 0x31 << 16 | 1;
				ok &= vtd_agree(c, true, "message format");
				iom_vtd_case_free(c);
			}
		}
	}
	return ok;
}

/* The interrupt range as DMA sees it. */
static bool check_range(void)
{
	static const uint64_t addresses[] = { 0xfedffffc, 0xfee00000, 0xfeefffff & ~3u, 0xfef00000,
					      UINT64_C(0x1fee00000) };
	bool ok = true;

	for (unsigned i = 0; i < G_N_ELEMENTS(addresses); i++) {
		for (unsigned kind = 0; kind < VTD_N_BASES; kind++) {
			for (const char *op = "RWAZ"; *op; op++) {
				for (unsigned pasid = 0; pasid < 2; pasid++) {
					vtd_base *b = vtd_base_new(kind, pasid ? VTD_REQ_U_PASID
									       : VTD_REQ_U);

					b->c->address = addresses[i];
					b->c->op = *op;
					b->c->length = *op == 'Z' ? 0 : 4;
					ok &= vtd_agree(b->c, false, "interrupt range");
					vtd_base_free(b);
				}
			}
		}
	}
	return ok;
}

/* Each fault of the table, with and without FPD. */
static bool check_faults(void)
{
	bool ok = true;

	for (const vtd_interrupt_violation *v = vtd_interrupt_violations; v->code; v++) {
		for (unsigned fpd = 0; fpd < 2; fpd++) {
			iom_vtd_case *c = vtd_base_interrupt(v->posted);

			v->apply(c);
			*word_at(c, VTD_IRTE_ADDRESS) |= fpd << 1;
			ok &= vtd_agree(c, true, "interrupt fault");
			iom_vtd_case_free(c);
		}
	}
	return ok;
}

static bool check_sources(void)
{
	bool ok = true;

	for (unsigned svt = 0; svt < 4; svt++) {
		for (unsigned sq = 0; sq < 4; sq++) {
			for (unsigned bit = 0; bit <= 16; bit++) {
				iom_vtd_case *c = vtd_base_interrupt(bit & 1);
				uint64_t *word = word_at(c, VTD_IRTE_ADDRESS + 8);

				*word = (*word & ~UINT64_C(0xfffff)) | 0x2040 | sq << 16 |
					svt << 18;
				c->sid = (uint16_t)(0x2040 ^ (1u << bit));
				ok &= vtd_agree(c, true, "source validation");
				iom_vtd_case_free(c);
			}
		}
	}
	return ok;
}

static bool check_posting(void)
{
	bool ok = true;

	for (unsigned bits = 0; bits < 64; bits++) {
		for (unsigned vector = 0; vector < 256; vector += 37) {
			iom_vtd_case *c = vtd_base_interrupt(true);

			*word_at(c, VTD_PID_ADDRESS + 32) |= bits & 3;
			*word_at(c, VTD_IRTE_ADDRESS) =
				(*word_at(c, VTD_IRTE_ADDRESS) & ~UINT64_C(0xff0000)) |
				(uint64_t)(bits >> 2 & 1) << 14 | (uint64_t)vector << 16;
			if (bits & 8) {
				c->irta &= ~BIT(11);
				*word_at(c, VTD_PID_ADDRESS + 32) &= UINT64_C(0xff0000ff0003);
			}
			if (bits & 16)
				*word_at(c, VTD_PID_ADDRESS + vector / 64 * 8) |= BIT(vector % 64);
			if (bits & 32)
				c->haw = 39; /* the descriptor is still below */
			ok &= vtd_agree(c, true, "posting");
			iom_vtd_case_free(c);
		}
	}
	return ok;
}

static bool check_row(const iom_tsv_row *row, const char **why)
{
	const char *topic = iom_tsv_get(row, "topic"), *name = iom_tsv_get(row, "case");
	const char *rule = iom_tsv_get(row, "rule"), *result = iom_tsv_get(row, "result");

	if (strcmp(topic, "example") == 0)
		return strstr(rule, "SVT=")      ? check_source_example(rule, result)
		       : strstr(rule, "posted:") ? check_posted_example(rule, result)
						 : check_decode_example(rule, result);
	if (strcmp(topic, "range") == 0)
		return check_range();
	if (strcmp(topic, "exempt") == 0 || strcmp(name, "own events") == 0) {
		*why = "the unit's own messages are sent as programmed: cases of invalidation.tsv"
		       " (wait) and page_requests.tsv (events)";
		return false;
	}
	if (strcmp(topic, "enable") == 0 || strcmp(topic, "decode") == 0)
		return check_decode() && check_faults();
	if (g_str_has_prefix(name, "SVT") || g_str_has_prefix(name, "5 versus"))
		return check_sources();
	if (g_str_has_prefix(topic, "check") || strcmp(topic, "fault") == 0)
		return check_faults() && check_decode();
	if (strcmp(topic, "deliver") == 0)
		return check_message_form();
	if (strcmp(topic, "posted") == 0)
		return check_posting() && check_faults();
	if (strcmp(topic, "caching") == 0 || strcmp(name, "pointer change") == 0) {
		*why = "cases of invalidation.tsv: interrupt entries and SIRTP";
		return false;
	}
	if (strcmp(topic, "table") == 0 || strcmp(topic, "msi") == 0)
		return check_decode();
	if (strcmp(topic, "ioapic") == 0) {
		*why = "what an I/O APIC sends: a message like any other here";
		return false;
	}
	return false;
}

static void interrupts(void)
{
	vtd_table *t = vtd_table_open("interrupt_remapping.tsv");

	for (unsigned i = 0; i < t->n; i++) {
		const char *why = NULL;

		if (check_row(vtd_table_row(t, i), &why))
			vtd_table_cover(t, i);
		else if (why)
			vtd_table_excuse(t, i, why);
	}
	vtd_table_close(t);
}

static const iom_test tests[] = {
	{ "interrupt remapping and posting", interrupts },
	{ 0 },
};
const iom_suite vtd_interrupts_suite = { "interrupts", tests };
