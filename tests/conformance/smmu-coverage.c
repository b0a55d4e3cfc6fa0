/* SPDX-License-Identifier: MIT */
#include "tests/conformance/smmu-build.h"

#include "tests/harness.h"

#include <stdio.h>
#include <string.h>

void smmu_coverage_init(smmu_coverage *c, const iom_tsv *table)
{
	c->table = table;
	c->reasons = g_new0(const char *, iom_tsv_n_rows(table) + 1);
}

static unsigned index_of(const smmu_coverage *c, const iom_tsv_row *row)
{
	unsigned i = 0;

	while (iom_tsv_row_at(c->table, i) != row)
		i++;
	return i;
}

void smmu_cover(smmu_coverage *c, const iom_tsv_row *row)
{
	c->reasons[index_of(c, row)] = "";
}

void smmu_waive(smmu_coverage *c, const iom_tsv_row *row, const char *reason)
{
	unsigned i = index_of(c, row);

	if (!c->reasons[i])
		c->reasons[i] = reason;
}

static void print_reason(const smmu_coverage *c, const char *reason)
{
	unsigned n = 0;

	for (unsigned i = 0; i < iom_tsv_n_rows(c->table); i++)
		n += c->reasons[i] && strcmp(c->reasons[i], reason) == 0;
	printf("    %u: %s\n", n, reason);
}

static bool first_use(const smmu_coverage *c, unsigned at)
{
	for (unsigned i = 0; i < at; i++) {
		if (c->reasons[i] && strcmp(c->reasons[i], c->reasons[at]) == 0)
			return false;
	}
	return true;
}

void smmu_coverage_end(smmu_coverage *c, unsigned exercised)
{
	unsigned n = iom_tsv_n_rows(c->table), done = 0, forgotten = 0;
	char *name = g_path_get_basename(iom_tsv_path(c->table));

	for (unsigned i = 0; i < n; i++) {
		if (!c->reasons[i]) {
			forgotten++;
			fprintf(stderr, "\n%s:%u: no case and no reason\n", name,
				(unsigned)iom_tsv_row_at(c->table, i)->line);
		} else if (!*c->reasons[i]) {
			done++;
		}
	}
	printf("\n  %s: %u of %u rows exercised\n", name, done, n);
	for (unsigned i = 0; i < n; i++) {
		if (c->reasons[i] && *c->reasons[i] && first_use(c, i))
			print_reason(c, c->reasons[i]);
	}
	CHECK_EQ(forgotten, 0);
	CU_ASSERT_TRUE(done >= exercised);
	g_free(name);
	g_free(c->reasons);
}
