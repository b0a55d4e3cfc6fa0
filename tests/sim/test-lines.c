/* SPDX-License-Identifier: MIT */
#include "sim/trace/lines.h"
#include "tests/harness.h"
#include "tests/sim/scratch.h"

#include <string.h>

static void expect_lines(const char *path, const char *const *want, unsigned n, bool last_complete)
{
	GError *error = NULL;
	iom_lines *l = iom_lines_open(path, &error);
	char *line;
	size_t len;
	bool complete;

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	for (unsigned i = 0; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(iom_lines_next(l, &line, &len, &complete, &error), 1);
		CU_ASSERT_STRING_EQUAL(line, want[i]);
		CHECK_EQ(len, strlen(want[i]));
		CHECK_EQ(complete, i + 1 < n || last_complete);
		CHECK_EQ(iom_lines_number(l), i + 1);
	}
	CHECK_EQ(iom_lines_next(l, &line, &len, &complete, &error), 0);
	CHECK_EQ(iom_lines_next(l, &line, &len, &complete, &error), 0);
	CU_ASSERT_PTR_NULL(error);
	iom_lines_close(l);
}

static void test_ends(void)
{
	static const char *const three[] = { "one", "", "three" };
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "l");

	scratch_put(path, "one\n\nthree\n", 11);
	expect_lines(path, three, 3, true);
	scratch_put(path, "one\r\n\r\nthree", 12);
	expect_lines(path, three, 3, false);
	scratch_put(path, "", 0);
	expect_lines(path, three, 0, true);
	scratch_put(path, "one", 3);
	expect_lines(path, three, 1, false);
	scratch_free(dir);
}

/* Many lines of growing length, across every buffer border, in each format. */
static void test_formats(void)
{
	static const char *const tools[] = { "zstd", "xz", "gzip", NULL };
	char *dir = scratch_new();
	g_autofree char *plain = scratch_path(dir, "plain");
	g_autofree char *packed = scratch_path(dir, "packed");
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned k = 0; k < i % 1999; k++)
			g_string_append_c(text, (char)('a' + (i + k) % 26));
		g_string_append_c(text, '\n');
	}
	scratch_put(plain, text->str, text->len);
	for (unsigned t = 0; t < G_N_ELEMENTS(tools); t++) {
		const char *path = tools[t] ? packed : plain;
		iom_lines *l;
		char *line;
		size_t len, at = 0;

		if (tools[t] && !scratch_compress(tools[t], plain, packed))
			continue;
		l = iom_lines_open(path, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(l);
		while (iom_lines_next(l, &line, &len, NULL, NULL) == 1) {
			if (at + len >= text->len || memcmp(text->str + at, line, len) != 0)
				CU_FAIL_FATAL("line differs");
			at += len + 1;
		}
		CHECK_EQ(at, text->len);
		CHECK_EQ(iom_lines_number(l), 3000);
		CHECK_EQ(iom_lines_bytes(l), iom_lines_size(l));
		iom_lines_close(l);
	}
	g_string_free(text, TRUE);
	scratch_free(dir);
}

static void test_refused(void)
{
	char *dir = scratch_new();
	g_autofree char *path = scratch_path(dir, "l");
	g_autofree char *packed = scratch_path(dir, "p");
	g_autofree char *big = g_malloc0(3 << 20);
	char *line, *data = NULL;
	size_t len;
	gsize n = 0;
	int got;
	GError *error = NULL;
	iom_lines *l;

	scratch_put(path, big, 3 << 20);
	l = iom_lines_open(path, NULL);
	CHECK_EQ(iom_lines_next(l, &line, &len, NULL, &error), -1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "line 1 is longer than 1 MiB"));
	g_clear_error(&error);
	iom_lines_close(l);

	scratch_put(path, "first\nsecond\nthird\n", 19);
	if (scratch_compress("xz", path, packed) && g_file_get_contents(packed, &data, &n, NULL)) {
		scratch_put(packed, data, n - 8);
		l = iom_lines_open(packed, NULL);
		while ((got = iom_lines_next(l, &line, &len, NULL, &error)) == 1)
			;
		CHECK_EQ(got, -1);
		CU_ASSERT_PTR_NOT_NULL(error ? strstr(error->message, "ends early") : NULL);
		g_clear_error(&error);
		iom_lines_close(l);
	}
	g_free(data);
	CU_ASSERT_PTR_NULL(iom_lines_open("/nonexistent/file", &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	g_clear_error(&error);
	scratch_free(dir);
}

static const iom_test tests[] = {
	{ "ends of lines and of the file", test_ends },
	{ "plain, zstd, xz and gzip", test_formats },
	{ "overlong lines and cut-off files", test_refused },
	{ NULL, NULL },
};
const iom_suite lines_suite = { "lines", tests };
