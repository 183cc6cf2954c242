/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify's parts that need no device: pairs, payload, statuses, the choice of tests, the four
 * formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/verbs/meeting.h"
#include "tools/verbs/payload.h"
#include "tools/verbs/wc-status.h"
#include "tools/verify/verify.h"

#define MOST 70

struct fixture {
	struct rx_view view;
	struct rx_node nodes[MOST];
	struct rx_node_view views[MOST];
};

static struct fixture *lab_of(unsigned n)
{
	static struct fixture f;
	unsigned i;

	memset(&f, 0, sizeof(f));
	snprintf(f.view.lab.name, sizeof(f.view.lab.name), "quad");
	for (i = 0; i < n; i++) {
		snprintf(f.nodes[i].name, sizeof(f.nodes[i].name), "ep%u", i + 1);
		f.views[i].want = &f.nodes[i];
	}
	f.view.nodes = f.views;
	f.view.n_nodes = f.view.n_endpoints = n;
	return &f;
}

static struct rx_pairs pairs_of(const char *text, unsigned n)
{
	struct rx_pairs pairs;
	struct rx_err err;

	assert_int_equal(rx_pairs_judge(text, &err), 0);
	assert_int_equal(rx_pairs_make(text, &lab_of(n)->view, &pairs, &err), 0);
	return pairs;
}

static void test_all_is_a_tournament(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 65; n++) {
		struct rx_pairs pairs = pairs_of(NULL, n);
		unsigned char met[MOST][MOST] = {{0}};
		size_t round = n / 2, i, j;

		assert_int_equal(pairs.n, (size_t)n * (n - 1) / 2);
		assert_int_equal(rx_pairs_count(&pairs), (size_t)n * (n - 1));
		for (i = 0; i < pairs.n; i++) {
			assert_true(pairs.pair[i].a < pairs.pair[i].b && pairs.pair[i].b < n);
			assert_int_equal(met[pairs.pair[i].a][pairs.pair[i].b]++, 0);
			/* disjoint from the rest of its round */
			for (j = i - i % round; j < i; j++)
				assert_true(pairs.pair[j].a != pairs.pair[i].a &&
					    pairs.pair[j].b != pairs.pair[i].b &&
					    pairs.pair[j].a != pairs.pair[i].b &&
					    pairs.pair[j].b != pairs.pair[i].a);
		}
		rx_pairs_free(&pairs);
	}
}

static void test_shapes(void **state)
{
	struct rx_pairs pairs = pairs_of("ring", 5);

	(void)state;
	assert_int_equal(pairs.n, 5);
	rx_pairs_free(&pairs);
	pairs = pairs_of("ring", 3);
	assert_int_equal(pairs.n, 3);
	rx_pairs_free(&pairs);
	pairs = pairs_of("ring", 2);
	assert_int_equal(pairs.n, 1);
	rx_pairs_free(&pairs);
	pairs = pairs_of("star", 5);
	assert_int_equal(pairs.n, 4);
	assert_int_equal(rx_pairs_count(&pairs), 8);
	rx_pairs_free(&pairs);
	pairs = pairs_of("random:7", 6);
	assert_int_equal(rx_pairs_count(&pairs), 7);
	rx_pairs_free(&pairs);
	pairs = pairs_of("random:1000", 4);
	assert_int_equal(rx_pairs_count(&pairs), 12);
	rx_pairs_free(&pairs);
	pairs = pairs_of("all", 1);
	assert_int_equal(pairs.n, 0);
	rx_pairs_free(&pairs);
}

static void test_named_pairs_are_one_direction(void **state)
{
	struct rx_pairs pairs = pairs_of("ep3:ep1,ep1:ep2,ep2:ep1,ep3:ep1", 3);

	(void)state;
	assert_int_equal(pairs.n, 2);
	assert_int_equal(pairs.pair[0].a, 0);
	assert_int_equal(pairs.pair[0].b, 2);
	assert_int_equal(pairs.pair[0].directions, RX_BACKWARD);
	assert_int_equal(pairs.pair[1].directions, RX_FORWARD | RX_BACKWARD);
	assert_true(pairs.given);
	rx_pairs_free(&pairs);
}

static void test_bad_pairs(void **state)
{
	static const char *const bad[] = {"",         "ep1",     "ep1:",     ":ep1",
					  "ep1:ep2,", "random:", "random:0", "random:x",
					  "Ring",     "ep1:ep1", "all,ring"};
	struct rx_pairs pairs;
	struct rx_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.status = RX_OK;
		assert_true(rx_pairs_judge(bad[i], &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
	}
	assert_true(rx_pairs_make("ep1:nobody", &lab_of(2)->view, &pairs, &err) < 0);
	assert_int_equal(err.status, RX_USAGE);
	assert_string_equal(err.id, "endpoint-unknown");
	assert_non_null(strstr(err.text, "nobody"));
	rx_pairs_free(&pairs);
}

static void test_payload_finds_each_wrong_byte(void **state)
{
	uint8_t buf[67];
	uint64_t seed = rx_payload_seed(1, 2, 3, 4, 5);

	(void)state;
	for (size_t size = 0; size <= sizeof(buf); size++) {
		rx_payload_fill(buf, size, seed);
		assert_int_equal(rx_payload_check(buf, size, seed), -1);
		for (size_t i = 0; i < size; i++) {
			assert_int_equal(buf[i], rx_payload_byte(seed, i));
			buf[i] ^= 0x10;
			assert_int_equal(rx_payload_check(buf, size, seed), (long)i);
			buf[i] ^= 0x10;
		}
	}
}

static void test_payload_differs_by_everything(void **state)
{
	uint64_t seed = rx_payload_seed(7, 1, 2, 3, 4);

	(void)state;
	assert_true(seed != rx_payload_seed(8, 1, 2, 3, 4));
	assert_true(seed != rx_payload_seed(7, 2, 2, 3, 4));
	assert_true(seed != rx_payload_seed(7, 1, 3, 2, 4));
	assert_true(seed != rx_payload_seed(7, 1, 2, 3, 5));
	assert_true(rx_payload_seed(7, 1, 2, 3, 4) == seed);
}

/* The first wrong byte counts, wherever it is, and is told. */
static void test_a_wrong_byte_fails_the_direction(void **state)
{
	uint8_t buf[100];

	(void)state;
	for (size_t at = 0; at < sizeof(buf); at++) {
		struct rx_meeting m = {.salt = 7, .test = 3, .number = {0, 1}};
		struct rx_fault fault = {0};
		char place[32];

		rx_payload_fill(buf, sizeof(buf), rx_meeting_seed(&m, 1, 2));
		assert_int_equal(rx_meeting_check(&m, 1, 2, buf, sizeof(buf), false, &fault), 0);
		buf[at] ^= 0x40;
		assert_int_equal(rx_meeting_check(&m, 1, 2, buf, sizeof(buf), false, &fault), -1);
		assert_int_equal(fault.kind, RX_FAULT_PAYLOAD);
		snprintf(place, sizeof(place), "byte %zu of message 2 ", at);
		assert_int_equal(strncmp(fault.text, place, strlen(place)), 0);
	}
}

static void test_statuses_have_names(void **state)
{
	char text[400];

	(void)state;
	assert_string_equal(rx_wc_status(10)->name, "IBV_WC_REM_ACCESS_ERR");
	assert_string_equal(rx_wc_status(11)->name, "IBV_WC_REM_OP_ERR");
	assert_string_equal(rx_wc_status(12)->name, "IBV_WC_RETRY_EXC_ERR");
	for (int i = 0; i <= IBV_WC_GENERAL_ERR; i++)
		assert_int_equal(rx_wc_status(i)->number, i);
	assert_int_equal(rx_wc_status(999)->number, -1);
	assert_non_null(strstr(rx_wc_text(12, text, sizeof(text)), "12 (IBV_WC_RETRY_EXC_ERR)"));
}

static unsigned number_of(const char *name)
{
	for (unsigned i = 0; i < rx_n_tests; i++)
		if (!strcmp(rx_tests[i].name, name))
			return i;
	fail_msg("no test %s", name);
	return 0;
}

static void test_selection(void **state)
{
	bool selected[RX_MAX_TESTS];
	struct rx_err err;

	(void)state;
	assert_true(rx_n_tests <= RX_MAX_TESTS);
	assert_int_equal(rx_verify_select(NULL, selected, &err), 0);
	for (unsigned i = 0; i < rx_n_tests; i++)
		assert_int_equal(selected[i], !rx_tests[i].negative);
	assert_int_equal(rx_verify_select("negative,rc-send", selected, &err), 0);
	assert_true(selected[number_of("dead-peer")] && selected[number_of("rc-send")]);
	assert_false(selected[number_of("rc-read")]);
	assert_true(rx_verify_select("rc-sen", selected, &err) < 0);
	assert_int_equal(err.status, RX_USAGE);
	assert_string_equal(err.id, "test-unknown");
	assert_non_null(strstr(err.text, "rc-send"));
	assert_true(rx_verify_select("", selected, &err) < 0);
	assert_true(rx_verify_select("rc-send,,rc-read", selected, &err) < 0);
}

/* One of each kind, with characters that a careless writer would let through, and one that passed
 * at the second attempt; cut: not all that was asked for. */
static struct rx_verify *four_results(bool cut)
{
	static const struct rx_fault attempts[] = {{RX_FAULT_DEADLINE, 0, "late & lost"},
						   {RX_FAULT_NONE, 0, ""}};
	static struct rx_verify v;

	memset(&v, 0, sizeof(v));
	v.view = &lab_of(2)->view;
	rx_results_init(&v.results);
	rx_results_add(&v.results, &(struct rx_subject){number_of("cm"), 0, 1, NULL}, RX_SKIP, 0,
		       "no <QP1> & \"no way\"");
	rx_results_add(&v.results, &(struct rx_subject){number_of("rc-send"), 1, 0, "blue"},
		       RX_FAIL, 0.5, "status %d", 12);
	rx_results_add(&v.results, &(struct rx_subject){number_of("port-active"), 0, RX_NOBODY, ""},
		       RX_PASS, 0, NULL);
	rx_results_fault(&v.results, &(struct rx_subject){number_of("rc-write"), 0, 1, "red"}, 0.1,
			 attempts, 2);
	rx_results_sort(&v.results);
	if (cut)
		snprintf(v.cut, sizeof(v.cut), "the limit & so on");
	return &v;
}

static char *written(int (*write)(const struct rx_verify *, FILE *), bool cut)
{
	struct rx_verify *v = four_results(cut);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(write(v, out), 0);
	fclose(out);
	rx_results_free(&v->results);
	return text;
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void test_json(void **state)
{
	for (unsigned cut = 0; cut < 2; cut++) {
		char *text = written(rx_verify_json, cut);
		json_t *root = json_loads(text, 0, NULL), *list = json_object_get(root, "results"),
		       *fail = json_array_get(list, 1), *late = json_array_get(list, 2),
		       *attempts = json_object_get(late, "attempts");

		(void)state;
		assert_string_equal(string_of(root, "lab"), "quad");
		assert_int_equal(json_is_true(json_object_get(root, "complete")), !cut);
		assert_int_equal(json_integer_value(json_object_get(root, "failed")), 1);
		assert_int_equal(json_array_size(list), 4);
		assert_string_equal(string_of(fail, "test"), "rc-send");
		assert_string_equal(string_of(fail, "from"), "ep2");
		assert_string_equal(string_of(fail, "network"), "blue");
		assert_string_equal(string_of(fail, "status"), "fail");
		assert_string_equal(string_of(fail, "detail"), "status 12");
		assert_int_equal(json_array_size(json_object_get(fail, "attempts")), 1);
		assert_true(json_is_null(json_object_get(json_array_get(list, 0), "to")));
		assert_true(json_is_null(json_object_get(json_array_get(list, 0), "network")));
		assert_int_equal(json_array_size(attempts), 2);
		assert_string_equal(string_of(late, "status"), "pass");
		assert_non_null(strstr(string_of(late, "detail"), "late & lost"));
		assert_string_equal(string_of(json_array_get(attempts, 0), "status"), "fail");
		assert_string_equal(string_of(json_array_get(attempts, 0), "detail"),
				    "late & lost");
		assert_string_equal(string_of(json_array_get(attempts, 1), "status"), "pass");
		json_decref(root);
		free(text);
	}
}

static void test_tap(void **state)
{
	static const char all[] = "KTAP version 1\n1..4\nok 1 port-active ep1\n# status 12\n"
				  "not ok 2 rc-send ep2 -> ep1 on blue\n"
				  "# attempt 1: fail: late & lost\n# attempt 2: pass\n"
				  "ok 3 rc-write ep1 -> ep2 on red\n"
				  "ok 4 cm ep1 -> ep2 # SKIP no <QP1> & \"no way\"\n"
				  "# passed 2 failed 1 skipped 1 repeated 1\n";
	char *whole = written(rx_verify_tap, false), *cut = written(rx_verify_tap, true);

	(void)state;
	assert_string_equal(whole, all);
	assert_int_equal(strncmp(cut, all, strlen(all)), 0);
	assert_string_equal(cut + strlen(all), "Bail out! the limit & so on\n");
	free(whole);
	free(cut);
}

static void test_junit(void **state)
{
	char *whole = written(rx_verify_junit, false), *cut = written(rx_verify_junit, true);

	(void)state;
	assert_non_null(strstr(whole, "tests=\"4\" failures=\"1\" skipped=\"1\" errors=\"0\""));
	assert_non_null(strstr(whole, "no &lt;QP1&gt; &amp; &quot;no way&quot;"));
	assert_null(strstr(whole, "<QP1>"));
	assert_non_null(strstr(whole, "<system-out>attempt 1: fail: late &amp; lost"));
	assert_null(strstr(whole, "<error"));
	assert_non_null(strstr(cut, "tests=\"5\" failures=\"1\" skipped=\"1\" errors=\"1\""));
	assert_non_null(strstr(cut, "<error message=\"the limit &amp; so on\"/>"));
	free(whole);
	free(cut);
}

static void test_table(void **state)
{
	char *whole = written(rx_verify_table, false), *cut = written(rx_verify_table, true);

	(void)state;
	assert_non_null(strstr(whole, "FAIL rc-send ep2 -> ep1 on blue: status 12\n"));
	assert_non_null(strstr(whole, "skip cm ep1 -> ep2: no <QP1>"));
	assert_non_null(strstr(whole, "repeated rc-write ep1 -> ep2 on red: "));
	assert_non_null(strstr(whole, "late & lost"));
	assert_non_null(strstr(whole, "2 passed, 1 failed, 1 skipped; 1 "));
	assert_null(strstr(whole, "incomplete"));
	assert_non_null(strstr(cut, "incomplete: the limit & so on\n"));
	free(whole);
	free(cut);
}

static bool every(const void *of, const struct rx_pair *pair)
{
	(void)of;
	(void)pair;
	return true;
}

static bool not_of_the_first(const void *of, const struct rx_pair *pair)
{
	(void)of;
	return pair->a;
}

static bool goes_around(const struct rx_pair *pair, unsigned n)
{
	return pair->b == pair->a + 1 || (!pair->a && pair->b == n - 1);
}

/* No round of a test is left to a pair that does not have it. */
static void test_every_turn_is_somebodys(void **state)
{
	rx_is_tried *const ways[] = {every, not_of_the_first};

	(void)state;
	for (unsigned n = 2; n <= 40; n++)
		for (unsigned way = 0; way < 2; way++) {
			struct rx_verify v = {.view = &lab_of(n)->view};
			unsigned seen[40 * 40] = {0};
			struct rx_err err;
			size_t tried = 0;

			assert_int_equal(rx_pairs_make(NULL, v.view, &v.pairs, &err), 0);
			rx_verify_number(&v, ways[way], NULL);
			for (size_t i = 0; i < v.pairs.n; i++) {
				const struct rx_pair *pair = &v.pairs.pair[i];
				struct rx_meeting m = {0};

				if (!ways[way](NULL, pair) ||
				    (n > RX_BREADTH_ENDPOINTS && !goes_around(pair, n)))
					continue;
				rx_verify_turn(&v, i, &m);
				assert_int_equal(m.turns, v.turns);
				assert_true(m.turn < m.turns);
				assert_int_equal(seen[m.turn]++, 0);
				tried++;
			}
			assert_int_equal(tried, v.turns);
			free(v.turn);
			rx_pairs_free(&v.pairs);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_a_tournament),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_every_turn_is_somebodys),
		cmocka_unit_test(test_named_pairs_are_one_direction),
		cmocka_unit_test(test_bad_pairs),
		cmocka_unit_test(test_payload_finds_each_wrong_byte),
		cmocka_unit_test(test_payload_differs_by_everything),
		cmocka_unit_test(test_a_wrong_byte_fails_the_direction),
		cmocka_unit_test(test_statuses_have_names),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
