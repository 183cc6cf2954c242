/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: what every command's table promises, and every way to get one wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/command.h"

struct sample {
	bool flag, rest;
	const char *name, *format;
	unsigned count;
	double limit;
	struct rx_strings pairs;
};

static const struct rx_option options[] = {
	{"flag", 'f', RX_OPT_FLAG, offsetof(struct sample, flag), NULL, NULL, "a flag"},
	{"name", 'n', RX_OPT_STRING, offsetof(struct sample, name), "N", NULL, "a name"},
	{"name-longer", 0, RX_OPT_STRING, offsetof(struct sample, name), "N", NULL,
	 "its own option"},
	{"count", 0, RX_OPT_UINT, offsetof(struct sample, count), "K", NULL, "a number"},
	{"limit", 0, RX_OPT_SECONDS, offsetof(struct sample, limit), "S", NULL, "seconds"},
	{"format", 0, RX_OPT_CHOICE, offsetof(struct sample, format), NULL, "table|json|tap",
	 "a choice"},
	RX_OPTION_JSON(struct sample, format),
	{"pair", 0, RX_OPT_LIST, offsetof(struct sample, pairs), "A:B", NULL, "several"},
	{"rest", 0, RX_OPT_REST, offsetof(struct sample, rest), NULL, NULL, "ends the options"},
	{NULL},
};

static const struct rx_command command = {
	.name = "sample",
	.synopsis = "NAME [--flag]\nOTHER",
	.options = options,
	.options_size = sizeof(struct sample),
	.min_operands = 1,
	.max_operands = 2,
	.takes_rest = true,
};

static const struct rx_command bare = {.name = "bare", .synopsis = "", .max_operands = 0};

#define MAX_WORDS 8

static int parse(const struct rx_command *which, const char *const words[],
		 struct rx_invocation *inv, struct rx_err *err)
{
	int n = 0;

	while (words[n])
		n++;
	memset(err, 0, sizeof(*err));
	return rx_options_parse(which, n, (char **)words, inv, err);
}

static void accepted_forms(void **state)
{
	const char *words[] = {"lab",        "--flag", "--name=a b",   "--count", "7",
			       "--limit",    "2.5s",   "--format=tap", "--pair",  "a:b",
			       "--pair=c:d", "--",     "-x",           "--flag",  NULL};
	struct rx_invocation inv;
	struct rx_err err;
	struct sample *got;

	(void)state;
	assert_int_equal(parse(&command, words, &inv, &err), 0);
	got = inv.options;
	assert_true(got->flag);
	assert_string_equal(got->name, "a b");
	assert_int_equal(got->count, 7);
	assert_true(got->limit > 2.49 && got->limit < 2.51);
	assert_string_equal(got->format, "tap");
	assert_int_equal(got->pairs.n, 2);
	assert_string_equal(got->pairs.item[0], "a:b");
	assert_string_equal(got->pairs.item[1], "c:d");
	assert_int_equal(inv.n_operands, 1);
	assert_string_equal(inv.operands[0], "lab");
	assert_int_equal(inv.n_rest, 2);
	assert_string_equal(inv.rest[0], "-x");
	assert_string_equal(inv.rest[1], "--flag");
	rx_invocation_free(&inv);
}

static void short_forms(void **state)
{
	const char *apart[] = {"x", "-f", "-n", "v", NULL},
		   *together[] = {"-nv", "x", "--json", "-", NULL};
	struct rx_invocation inv;
	struct rx_err err;

	(void)state;
	assert_int_equal(parse(&command, apart, &inv, &err), 0);
	assert_true(((struct sample *)inv.options)->flag);
	assert_string_equal(((struct sample *)inv.options)->name, "v");
	rx_invocation_free(&inv);
	assert_int_equal(parse(&command, together, &inv, &err), 0);
	assert_string_equal(((struct sample *)inv.options)->name, "v");
	assert_string_equal(((struct sample *)inv.options)->format, "json");
	/* "-" is an operand: standard input */
	assert_int_equal(inv.n_operands, 2);
	assert_string_equal(inv.operands[1], "-");
	rx_invocation_free(&inv);
}

/* --rest: everything behind it is somebody else's, -v and -- as well. */
static void rest_option(void **state)
{
	const char *words[] = {"lab", "--rest", "host", "-mca", "--", "-v", "--nosuch", NULL};
	struct rx_invocation inv;
	struct rx_err err;

	(void)state;
	assert_int_equal(parse(&command, words, &inv, &err), 0);
	assert_true(((struct sample *)inv.options)->rest);
	assert_int_equal(inv.n_operands, 1);
	assert_int_equal(inv.n_rest, 5);
	assert_string_equal(inv.rest[0], "host");
	assert_string_equal(inv.rest[4], "--nosuch");
	rx_invocation_free(&inv);
	assert_true(rx_options_end(&command, "--rest"));
	assert_true(rx_options_end(NULL, "--"));
	assert_false(rx_options_end(NULL, "--rest"));
	assert_false(rx_options_end(&command, "--flag"));
}

static void mistakes(void **state)
{
	static const struct {
		const char *words[MAX_WORDS], *id, *name;
	} cases[] = {
		{{NULL}, "operand-missing", "NAME"},
		{{"a", "b", "c", NULL}, "operand-extra", "\"c\""},
		{{"a", "--nosuch", NULL}, "option-unknown", "\"--nosuch\""},
		{{"a", "--fla", NULL}, "option-unknown", "\"--fla\""},
		{{"a", "--flagg", NULL}, "option-unknown", "\"--flagg\""},
		{{"a", "-z", NULL}, "option-unknown", "\"-z\""},
		{{"a", "-fn", NULL}, "option-unknown", "\"-fn\""},
		{{"a", "--name", NULL}, "option-argument", "--name"},
		{{"a", "--flag=1", NULL}, "option-argument", "--flag"},
		{{"a", "--json=1", NULL}, "option-argument", "--json"},
		{{"a", "--count", "x", NULL}, "option-value", "--count"},
		{{"a", "--count", "-1", NULL}, "option-value", "--count"},
		{{"a", "--count=", NULL}, "option-value", "--count"},
		{{"a", "--count", "4294967296", NULL}, "option-value", "--count"},
		{{"a", "--count", "1x", NULL}, "option-value", "--count"},
		{{"a", "--limit", "0", NULL}, "option-value", "--limit"},
		{{"a", "--limit", "-1", NULL}, "option-value", "--limit"},
		{{"a", "--limit", "nan", NULL}, "option-value", "--limit"},
		{{"a", "--limit", "inf", NULL}, "option-value", "--limit"},
		{{"a", "--limit", "1m", NULL}, "option-value", "--limit"},
		{{"a", "--format", "ta", NULL}, "option-value", "--format"},
		{{"a", "--format", "", NULL}, "option-value", "--format"},
		{{"a", "--format", "table|json", NULL}, "option-value", "--format"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rx_invocation inv;
		struct rx_err err;

		assert_int_equal(parse(&command, cases[i].words, &inv, &err), -EINVAL);
		assert_int_equal(err.status, RX_USAGE);
		assert_string_equal(err.id, cases[i].id);
		if (!strstr(err.text, cases[i].name))
			fail_msg("case %zu: \"%s\" does not name %s", i, err.text, cases[i].name);
		rx_invocation_free(&inv);
	}
}

static void command_without_options(void **state)
{
	const char *none[] = {NULL}, *operand[] = {"x", NULL}, *rest[] = {"--", "x", NULL},
		   *option[] = {"--x", NULL};
	struct rx_invocation inv;
	struct rx_err err;

	(void)state;
	assert_int_equal(parse(&bare, none, &inv, &err), 0);
	rx_invocation_free(&inv);
	assert_int_equal(parse(&bare, operand, &inv, &err), -EINVAL);
	rx_invocation_free(&inv);
	assert_int_equal(parse(&bare, rest, &inv, &err), -EINVAL);
	assert_string_equal(err.id, "operand-extra");
	rx_invocation_free(&inv);
	assert_int_equal(parse(&bare, option, &inv, &err), -EINVAL);
	rx_invocation_free(&inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted_forms),
		cmocka_unit_test(short_forms),
		cmocka_unit_test(rest_option),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(command_without_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
