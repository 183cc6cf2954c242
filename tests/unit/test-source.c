/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report runs, and what it makes of each answer. The program that it runs is this one: with
 * words it answers as rxelab does, as the variable ANSWER says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "tools/page/source.h"

static const char verify_document[] = "{\"lab\": \"quad\", \"passed\": 1, \"results\": []}";

static void print_document(int number)
{
	(void)number;
	if (write(STDOUT_FILENO, verify_document, sizeof(verify_document) - 1) > 0)
		_exit(128 + SIGTERM);
	_exit(1);
}

/* As rxelab would. */
static int answer(const char *how)
{
	if (!strcmp(how, "document"))
		return printf("%s\n", verify_document) < 0;
	if (!strcmp(how, "failures"))
		return printf("%s\n", verify_document) > 0;
	if (!strcmp(how, "error"))
		puts("{\"status\": \"fail\", \"id\": \"x\", \"error\": \"lab quad: it is gone\"}");
	else if (!strcmp(how, "words"))
		fputs("rxelab: first\nrxelab: graph: dot is missing\n", stderr);
	else if (!strcmp(how, "other"))
		puts("{\"findings\": [], \"verdict\": \"fine\"}");
	else if (!strcmp(how, "text"))
		puts("name: quad");
	else if (!strcmp(how, "late")) {
		signal(SIGTERM, print_document);
		for (;;)
			pause();
	}
	return strcmp(how, "text") && strcmp(how, "other");
}

static struct rx_source *run(struct rx_sources *sources, enum rx_source_kind kind, const char *how)
{
	setenv("ANSWER", how, 1);
	rx_source_run(sources, kind);
	return &sources->of[kind];
}

static void a_document_counts_whatever_the_exit_status(void **state)
{
	static const char *const hows[] = {"document", "failures"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rx_sources sources = {.lab = "quad"};
		struct rx_source *source = run(&sources, RX_SOURCE_VERIFY, hows[i]);

		assert_non_null(json_object_get(source->document, "results"));
		assert_null(source->words);
		assert_string_equal(source->command, "rxelab verify quad --json");
		rx_sources_free(&sources);
	}
}

static void a_failure_is_in_its_words(void **state)
{
	static const struct {
		const char *how, *words;
	} cases[] = {{"error", "lab quad: it is gone"},
		     {"words", "graph: dot is missing"},
		     {"other", "it printed nothing that a report shows"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rx_sources sources = {.lab = "quad"};
		struct rx_source *source = run(&sources, RX_SOURCE_VERIFY, cases[i].how);

		assert_null(source->document);
		assert_non_null(strstr(source->words, cases[i].words));
		rx_sources_free(&sources);
	}
}

static void what_is_text_is_kept_as_it_is(void **state)
{
	struct rx_sources sources = {.lab = "quad"};

	(void)state;
	assert_string_equal(run(&sources, RX_SOURCE_LAB_FILE, "text")->text, "name: quad\n");
	assert_non_null(strstr(run(&sources, RX_SOURCE_GRAPH, "words")->words, "dot is missing"));
	assert_null(sources.of[RX_SOURCE_GRAPH].text);
	rx_sources_free(&sources);
}

static void quick_is_fewer_pairs_and_tests(void **state)
{
	struct rx_sources sources = {.lab = "quad", .quick = true};

	(void)state;
	run(&sources, RX_SOURCE_VERIFY, "words");
	run(&sources, RX_SOURCE_BENCH, "words");
	run(&sources, RX_SOURCE_DOCTOR, "words");
	assert_non_null(strstr(sources.of[RX_SOURCE_VERIFY].command, " --pairs ring"));
	assert_non_null(strstr(sources.of[RX_SOURCE_BENCH].command, " --duration "));
	assert_string_equal(sources.of[RX_SOURCE_DOCTOR].command, "rxelab doctor --json");
	rx_sources_free(&sources);
}

/* At the limit a command is asked to end, and what it prints then counts; after it nothing is
 * begun. */
static void at_the_limit_there_is_what_there_is(void **state)
{
	struct rx_sources sources = {.lab = "quad", .deadline = rx_deadline(0.5)};
	double began = rx_now();

	(void)state;
	assert_non_null(run(&sources, RX_SOURCE_VERIFY, "late")->document);
	assert_true(rx_now() - began < 8);
	assert_true(rx_passed(sources.deadline));
	assert_non_null(strstr(run(&sources, RX_SOURCE_BENCH, "document")->words, "time limit"));
	assert_null(sources.of[RX_SOURCE_BENCH].command);
	rx_sources_free(&sources);
}

static void a_command_can_be_given_to_a_shell(void **state)
{
	struct rx_sources sources = {.lab = "it's $(here)"};

	(void)state;
	assert_string_equal(run(&sources, RX_SOURCE_LAB_FILE, "text")->command,
			    "rxelab save 'it'\\''s $(here)'");
	rx_sources_free(&sources);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_counts_whatever_the_exit_status),
		cmocka_unit_test(a_failure_is_in_its_words),
		cmocka_unit_test(what_is_text_is_kept_as_it_is),
		cmocka_unit_test(quick_is_fewer_pairs_and_tests),
		cmocka_unit_test(at_the_limit_there_is_what_there_is),
		cmocka_unit_test(a_command_can_be_given_to_a_shell),
	};

	(void)argv;
	if (argc > 1)
		return answer(getenv("ANSWER") ? getenv("ANSWER") : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
