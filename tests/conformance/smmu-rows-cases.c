/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-rows-cases.h"

#include "tests/harness.h"

#include <stdio.h>
#include <string.h>

const iom_tsv_row *rows_row(const smmu_coverage *coverage, const char *kind, const char *item,
			    const char *where)
{
	for (unsigned i = 0; i < iom_tsv_n_rows(coverage->table); i++) {
		const iom_tsv_row *row = iom_tsv_row_at(coverage->table, i);

		if (strcmp(iom_tsv_get(row, "kind"), kind) != 0 ||
		    !g_str_has_prefix(iom_tsv_get(row, "item"), item))
			continue;
		if (!where || strcmp(iom_tsv_get(row, "level"), where) == 0 ||
		    g_str_has_prefix(iom_tsv_get(row, "condition"), where) ||
		    g_str_has_prefix(iom_tsv_get(row, "bits"), where))
			return row;
	}
	return NULL;
}

static bool run_case(const smmu_spec *spec, unsigned stage, const row_case *c)
{
	smmu_build build;
	char *title = g_strdup_printf("%s, %s %s (idr '%s' ste '%s' cd '%s')", c->kind, c->item,
				      c->where ? c->where : "", c->idr ? c->idr : "",
				      c->ste ? c->ste : "", c->cd ? c->cd : "");
	bool ok = true;

	smmu_build_init(&build, spec, c->config ? c->config : stage == 1 ? 5 : 6);
	if (c->idr)
		ok = smmu_build_set(&build, "idr", c->idr);
	if (c->ste)
		ok = smmu_build_set(&build, "ste", c->ste) && ok;
	if (c->cd)
		ok = smmu_build_set(&build, "cd", c->cd) && ok;
	for (unsigned i = 0; i < G_N_ELEMENTS(c->words) && c->words[i].at; i++)
		smmu_build_word(&build, c->words[i].at, c->words[i].value);
	build.space = c->space;
	build.request.address = c->address ? c->address : SMMU_BUILD_VA;
	build.request.access = c->access ? c->access : IOM_READ;
	build.request.flags = c->flags;
	build.request.type = (uint8_t)c->type;
	ok = rows_ask(&build, &c->want, title) && ok;
	smmu_build_clear(&build);
	g_free(title);
	return ok;
}

void rows_run(smmu_coverage *coverage, const smmu_spec *spec, unsigned stage, const row_case *cases,
	      unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const row_case *c = &cases[i];
		const iom_tsv_row *row = rows_row(coverage, c->kind, c->item, c->where);

		if (!row) {
			fprintf(stderr, "\nno row '%s' '%s' '%s'\n", c->kind, c->item,
				c->where ? c->where : "");
			CU_FAIL("a case of no row");
			continue;
		}
		CU_ASSERT_TRUE(run_case(spec, stage, c));
		smmu_cover(coverage, row);
	}
}
