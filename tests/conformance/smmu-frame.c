/* SPDX-License-Identifier: MIT */
/* The frame of the vectors: what it accepts, and what it says about the rest. */
#include "tests/conformance/smmu-case.h"
#include "tests/conformance/smmu-suites.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define HEADER "id\tidr\tregs\tmemory\tabort_at\tsid\tssid\taddr\taccess\texpect\toa\tevent_words\n"

/* The outcome of a file of these lines: an error's message, or what differed; to be freed. */
static char *outcome_of(const char *text, bool *failed)
{
	char *path = NULL, *message = NULL;
	iom_vector_options options = { 0 };
	iom_vector_outcome *outcome = iom_vector_outcome_new();
	GError *error = NULL;
	int fd = g_file_open_tmp("iom-XXXXXX.tsv", &path, NULL);

	CU_ASSERT_TRUE_FATAL(fd >= 0 && g_close(fd, NULL));
	CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
	iom_cache_config_preset(&options.cache, "default");
	iom_tsv *table = iom_tsv_load(path, &error);
	const iom_vector_kind *kind = table ? iom_vectors_recognise(table, &error) : NULL;

	*failed = !kind;
	for (unsigned i = 0; kind && i < iom_tsv_n_rows(table) && !*failed; i++)
		*failed = !kind->run(iom_tsv_row_at(table, i), &options, outcome, &error);
	message = g_strdup(error ? error->message : outcome->expected->str);
	g_clear_error(&error);
	iom_vector_outcome_free(outcome);
	iom_tsv_free(table);
	g_unlink(path);
	g_free(path);
	return message;
}

static void expect_error(const char *text, const char *part)
{
	bool failed;
	char *message = outcome_of(text, &failed);

	CU_ASSERT_TRUE(failed);
	if (!strstr(message, part)) {
		fprintf(stderr, "\n'%s' does not contain '%s'\n", message, part);
		CU_FAIL("another message");
	}
	CU_ASSERT_PTR_NULL(strchr(message, '\n'));
	g_free(message);
}

static void expect_difference(const char *text, const char *difference)
{
	bool failed;
	char *message = outcome_of(text, &failed);

	CU_ASSERT_FALSE(failed);
	CU_ASSERT_STRING_EQUAL(message, difference);
	g_free(message);
}

/* STE bypass for StreamID 5. */
#define BYPASS "0x40000140=0x9;0x40000148=0x100000000000"

static void good_files(void)
{
	expect_difference(HEADER "a\t-\t-\t" BYPASS "\t-\t5\t-\t0x1000\tR/U\tOK\t0x1000\t-\n", "");
	expect_difference("# remark\n" HEADER "\na\t-\t-\t" BYPASS
			  "\t-\t5\t-\t0x1000\tW/P\tOK\t4096\t-",
			  "");
	/* Other order, a column more, nothing optional. */
	expect_difference("expect\tx\taccess\taddr\tsid\tmemory\tid\tevent_words\n"
			  "OK\ty\tA/U\t0x1000\t0x5\t" BYPASS "\tb\t-\n",
			  "");
	/* All of a row is checked. */
	expect_difference(HEADER "a\t-\t-\t" BYPASS "\t-\t5\t-\t0x1000\tR/U\tOK\t0x2000\t-\n",
			  "oa 0x2000; repeated oa 0x2000");
	expect_difference(HEADER
			  "a\t-\tSMMUEN=0;GBPA=0x100000\t-\t-\t5\t-\t0x1000\tR/U\tABORT\t-\t-"
			  "\n",
			  "");
}

static void bad_rows(void)
{
	expect_error(HEADER "a\tNAME=1\t-\t-\t-\t5\t-\t0\tR/U\tOK\t-\t-\n",
		     ":2: column 'idr': 'NAME' is not an ID register field");
	expect_error(HEADER "a\tOAS=50\t-\t-\t-\t5\t-\t0\tR/U\tOK\t-\t-\n", ":2: column 'idr'");
	expect_error(HEADER "a\tS1P\t-\t-\t-\t5\t-\t0\tR/U\tOK\t-\t-\n", "not KEY=VALUE");
	expect_error(HEADER "a\t-\tCR9=1\t-\t-\t5\t-\t0\tR/U\tOK\t-\t-\n",
		     ":2: column 'regs': 'CR9' is not a register");
	expect_error(HEADER "a\t-\tSMMUEN=2\t-\t-\t5\t-\t0\tR/U\tOK\t-\t-\n", "does not fit");
	expect_error(HEADER "a\t-\t-\t0x4=1\t-\t5\t-\t0\tR/U\tOK\t-\t-\n", "column 'memory'");
	expect_error(HEADER "a\t-\t-\t0x8=z\t-\t5\t-\t0\tR/U\tOK\t-\t-\n", "column 'memory'");
	expect_error(HEADER "a\t-\t-\t-\t8-4\t5\t-\t0\tR/U\tOK\t-\t-\n", "column 'abort_at'");
	expect_error(HEADER "a\t-\t-\t-\t-\t-\t-\t0\tR/U\tOK\t-\t-\n", "column 'sid'");
	expect_error(HEADER "a\t-\t-\t-\t-\t5\t0x100000\t0\tR/U\tOK\t-\t-\n", "column 'ssid'");
	expect_error(HEADER "a\t-\t-\t-\t-\t5\t-\tx\tR/U\tOK\t-\t-\n", "column 'addr'");
	expect_error(HEADER "a\t-\t-\t-\t-\t5\t-\t0\tR\tOK\t-\t-\n", "column 'access'");
	expect_error(HEADER "a\t-\t-\t-\t-\t5\t-\t0\tR/U\tFINE\t-\t-\n", "column 'expect'");
	expect_error(HEADER "a\t-\t-\t-\t-\t5\t-\t0\tR/U\tOK\t-\t1,2,3\n", "four 64-bit words");
	expect_error(HEADER "a\t-\t-\n", ":2: column 'memory' is missing");
}

static void bad_files(void)
{
	expect_error("", "no header row");
	expect_error("id\tid\n", "appears twice");
	expect_error("id\tmemory\n1\t2\n", "not a known kind of vectors");
	expect_error("id\tmemory\n\xff\xfe\n", "not text");
}

static const iom_test tests[] = {
	{ "good files", good_files },
	{ "bad rows", bad_rows },
	{ "bad files", bad_files },
	{ 0 },
};

const iom_suite smmu_frame_suite = { "frame", tests };
