/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who meets when, what is repeated and what is given up, with tests of our own in place of
 * verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/verify.h"

#define N 18u

static struct {
	atomic_uint meetings[N];    /* at this moment */
	atomic_uint most;           /* at once, over all endpoints */
	atomic_uint calls[3][N][N]; /* by test, from, to */
	unsigned dead;              /* this endpoint answers nobody; N: all are well */
	bool fails_once, wrong_payload, cut;
	unsigned slow_ms;
} world;

static void visit(struct rx_meeting *m, unsigned test)
{
	struct pollfd none = {.fd = -1};
	unsigned end, direction, now = 0;

	for (end = 0; end < 2; end++)
		assert_int_equal(atomic_fetch_add(&world.meetings[m->number[end]], 1), 0);
	for (end = 0; end < N; end++)
		now += atomic_load(&world.meetings[end]);
	if (now > atomic_load(&world.most))
		atomic_store(&world.most, now);
	poll(&none, 1, (int)world.slow_ms);
	for (direction = 0; direction < 2; direction++) {
		unsigned from = m->number[direction], to = m->number[1 - direction];
		unsigned before;

		if (!rx_meeting_tries(m, direction))
			continue;
		before = atomic_fetch_add(&world.calls[test][from][to], 1);
		if (from == world.dead || to == world.dead)
			rx_fault(&m->fault[direction], RX_FAULT_STATUS, IBV_WC_RETRY_EXC_ERR,
				 "no ACK");
		else if (world.fails_once && !before)
			rx_fault(&m->fault[direction], RX_FAULT_DEADLINE, 0, "late");
		else if (world.cut)
			rx_fault(&m->fault[direction], RX_FAULT_CUT, 0, "cut");
		else if (world.wrong_payload && test == 0)
			rx_fault(&m->fault[direction], RX_FAULT_PAYLOAD, 0, "byte 1 is wrong");
	}
	for (end = 0; end < 2; end++)
		atomic_fetch_sub(&world.meetings[m->number[end]], 1);
}

/* In place of the driver. */
int rx_play(struct rx_meeting *m, const struct rx_play *play)
{
	unsigned test = *(const unsigned *)play->of;

	memset(m->fault, 0, sizeof(m->fault));
	visit(m, test);
	if (test == 2)
		assert_int_equal(atomic_load(&world.most), 2);
	return m->fault[0].kind || m->fault[1].kind ? -1 : 0;
}

static const char *cannot(const struct rx_fabric *fabric)
{
	(void)fabric;
	return "never";
}

#define PLAY(number) \
	.of = &(const unsigned) \
	{ \
		number \
	}

const struct rx_test rx_tests[] = {
	{.name = "first", .scope = RX_SCOPE_PAIR, .play = &(const struct rx_play){PLAY(0)}},
	{.name = "second", .scope = RX_SCOPE_PAIR, .play = &(const struct rx_play){PLAY(1)}},
	{.name = "alone", .scope = RX_SCOPE_ALONE, .play = &(const struct rx_play){PLAY(2)}},
	{.name = "impossible", .scope = RX_SCOPE_PAIR, .cannot = cannot},
};
const unsigned rx_n_tests = 4;

struct lab {
	struct rx_view view;
	struct rx_node nodes[N];
	struct rx_iface ifaces[N];
	struct rx_node_view node_views[N];
	struct rx_iface_view iface_views[N];
	struct rx_port ports[N];
	size_t first[N + 1];
	struct rx_verify v;
};

static struct lab *start(bool first_two)
{
	static struct lab lab;
	struct rx_err err;

	memset(&lab, 0, sizeof(lab));
	memset(&world, 0, sizeof(world));
	world.dead = N;
	for (unsigned i = 0; i < N; i++) {
		snprintf(lab.nodes[i].name, sizeof(lab.nodes[i].name), "ep%u", i + 1);
		snprintf(lab.iface_views[i].port_state, sizeof(lab.iface_views[i].port_state),
			 "ACTIVE");
		snprintf(lab.iface_views[i].rdma_dev, sizeof(lab.iface_views[i].rdma_dev), "rxe%u",
			 i + 1);
		lab.nodes[i].ifaces = &lab.ifaces[i];
		lab.nodes[i].n_ifaces = lab.node_views[i].n_ifaces = 1;
		lab.iface_views[i].want = &lab.ifaces[i];
		lab.iface_views[i].ifindex = 1;
		lab.iface_views[i].up = true;
		lab.node_views[i].want = &lab.nodes[i];
		lab.node_views[i].ifaces = &lab.iface_views[i];
		lab.ports[i].node = &lab.node_views[i];
		lab.ports[i].iface = &lab.iface_views[i];
		lab.first[i] = i;
	}
	lab.first[N] = N;
	lab.view.nodes = lab.node_views;
	lab.view.n_nodes = lab.view.n_endpoints = N;
	lab.v.view = &lab.view;
	lab.v.fabric = (struct rx_fabric){
		.view = &lab.view, .ports = lab.ports, .n_ports = N, .first = lab.first};
	lab.v.selected[0] = lab.v.selected[1] = first_two;
	rx_results_init(&lab.v.results);
	assert_int_equal(rx_pairs_make(NULL, &lab.view, &lab.v.pairs, &err), 0);
	return &lab;
}

static void finish(struct lab *lab)
{
	for (unsigned i = 0; i < N; i++)
		if (lab->ports[i].metered)
			rx_meter_close(&lab->ports[i].meter);
	rx_results_free(&lab->v.results);
	rx_pairs_free(&lab->v.pairs);
}

static unsigned calls(unsigned test, unsigned from, unsigned to)
{
	return atomic_load(&world.calls[test][from][to]);
}

static void test_everybody_meets_once(void **state)
{
	struct lab *lab = start(true);
	unsigned a, b;

	(void)state;
	world.slow_ms = 5;
	rx_schedule_run(&lab->v);
	for (a = 0; a < N; a++)
		for (b = 0; b < N; b++) {
			assert_int_equal(calls(0, a, b), a != b);
			assert_int_equal(calls(1, a, b), a != b);
		}
	assert_int_equal(lab->v.results.count[RX_PASS], 2 * N * (N - 1));
	/* eight meetings at once, no more, though nine pairs are disjoint */
	assert_int_equal(atomic_load(&world.most), 16);
	finish(lab);
}

static void test_alone_is_alone(void **state)
{
	struct lab *lab = start(false);

	(void)state;
	lab->v.selected[2] = true;
	rx_schedule_run(&lab->v);
	assert_int_equal(lab->v.results.count[RX_PASS], N * (N - 1));
	finish(lab);
}

static void test_what_cannot_is_not_run(void **state)
{
	struct lab *lab = start(false);

	(void)state;
	lab->v.selected[3] = true;
	rx_schedule_run(&lab->v);
	assert_int_equal(lab->v.results.n, 0);
	finish(lab);
}

static void test_a_false_alarm_is_repeated_and_passes(void **state)
{
	struct lab *lab = start(true);
	unsigned a, b;

	(void)state;
	world.fails_once = true;
	rx_schedule_run(&lab->v);
	assert_int_equal(lab->v.results.count[RX_FAIL], 0);
	assert_int_equal(lab->v.results.count[RX_SKIP], 0);
	assert_int_equal(lab->v.results.count[RX_PASS], 2 * N * (N - 1));
	for (a = 0; a < N; a++)
		for (b = 0; b < N; b++)
			assert_int_equal(calls(0, a, b), a == b ? 0 : 2);
	/* and leaves its trace */
	assert_int_equal(lab->v.results.repeated, lab->v.results.n);
	for (a = 0; a < lab->v.results.n; a++) {
		const struct rx_result *r = &lab->v.results.result[a];

		assert_int_equal(r->n_attempts, 2);
		assert_int_equal(r->attempt[0].outcome, RX_FAIL);
		assert_string_equal(r->attempt[0].detail, "late");
		assert_int_equal(r->attempt[1].outcome, RX_PASS);
		assert_non_null(strstr(r->detail, "late"));
	}
	finish(lab);
}

static void test_wrong_payload_fails_and_the_rest_goes_on(void **state)
{
	struct lab *lab = start(true);

	(void)state;
	world.wrong_payload = true;
	rx_schedule_run(&lab->v);
	assert_int_equal(lab->v.results.count[RX_FAIL], N * (N - 1));
	assert_int_equal(lab->v.results.count[RX_PASS], N * (N - 1));
	/* and is never tried again */
	for (unsigned a = 0; a < N; a++)
		for (unsigned b = 0; b < N; b++)
			assert_int_equal(calls(0, a, b), a != b);
	assert_int_equal(lab->v.results.repeated, 0);
	finish(lab);
}

static void test_a_dead_endpoint_is_named_and_nobody_else(void **state)
{
	struct lab *lab = start(true);
	size_t i, failed = 0;

	(void)state;
	world.dead = 2;
	lab->iface_views[2].up = false;
	snprintf(lab->ifaces[2].netdev, sizeof(lab->ifaces[2].netdev), "rxl1-3");
	rx_schedule_run(&lab->v);
	/* every direction of both tests has a record, those of healthy pairs passed */
	assert_int_equal(lab->v.results.n, 2 * N * (N - 1));
	assert_int_equal(lab->v.results.count[RX_PASS], 2 * (N - 1) * (N - 2));
	for (i = 0; i < lab->v.results.n; i++) {
		const struct rx_result *r = &lab->v.results.result[i];

		if (r->outcome == RX_PASS)
			continue;
		failed += r->outcome == RX_FAIL;
		assert_true(r->of.from == 2 || r->of.to == 2);
		assert_true(strstr(r->detail, "ep3") && strstr(r->detail, "rxl1-3"));
		/* the words of the test's own exchange */
		assert_int_equal(r->outcome == RX_FAIL, strstr(r->detail, "no ACK") != NULL);
	}
	assert_true(failed >= 3);
	/* behind a dead path nothing more is tried */
	for (i = 0; i < N; i++)
		assert_int_equal(world.calls[1][i][2] + world.calls[1][2][i], 0);
	finish(lab);
}

static void test_the_limit_stops_it(void **state)
{
	struct lab *lab = start(true);
	double started = rx_now();

	(void)state;
	world.slow_ms = 300;
	lab->v.until.deadline = started + 0.2;
	rx_schedule_run(&lab->v);
	assert_true(atomic_load(&lab->v.stop));
	assert_true(lab->v.results.n < 2 * N * (N - 1));
	assert_true(rx_now() - started < 3);
	finish(lab);
}

/* What failed before the limit has failed, though nothing is repeated any more. */
static void test_failures_before_the_limit_are_told(void **state)
{
	struct lab *lab = start(true);
	size_t failed = 0;

	(void)state;
	world.slow_ms = 150;
	world.fails_once = true;
	lab->v.until.deadline = rx_now() + 0.25;
	rx_schedule_run(&lab->v);
	assert_true(atomic_load(&lab->v.stop));
	assert_string_not_equal(lab->v.cut, "");
	for (size_t i = 0; i < lab->v.results.n; i++)
		failed += lab->v.results.result[i].outcome == RX_FAIL;
	assert_true(failed >= 16);
	finish(lab);
}

/* What was under way when the signal came has no verdict. */
static void test_what_a_signal_cuts_short_is_no_result(void **state)
{
	static const volatile sig_atomic_t number = SIGTERM;
	struct lab *lab = start(true);

	(void)state;
	world.cut = true;
	lab->v.until.signal = &number;
	rx_schedule_run(&lab->v);
	assert_int_equal(lab->v.results.n, 0);
	assert_non_null(strstr(lab->v.cut, "15"));
	finish(lab);
}

/* Two networks, the second of which is dead: each has a result of its own. */
static void test_every_network_that_two_share_is_tried(void **state)
{
	struct lab *lab = start(false);
	struct rx_err err;
	struct rx_iface ifaces[2][2] = {{{.network = 0}, {.network = 1}},
					{{.network = 0}, {.network = 1}}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		lab->nodes[i].ifaces = ifaces[i];
		lab->nodes[i].n_ifaces = 2;
	}
	lab->ifaces[2].network = 7;
	rx_pairs_spread(&lab->v.pairs, &lab->view, RX_ANY_NETWORK);
	/* the pair of both has two ways, every other has one */
	assert_int_equal(lab->v.pairs.n, N * (N - 1) / 2 + 1);
	rx_pairs_free(&lab->v.pairs);
	assert_int_equal(rx_pairs_make(NULL, &lab->view, &lab->v.pairs, &err), 0);
	rx_pairs_spread(&lab->v.pairs, &lab->view, 2);
	assert_int_equal(lab->v.pairs.n, 1);
	assert_int_equal(lab->v.pairs.pair[0].network, 2);
	assert_true(lab->v.pairs.pair[0].a == 0 && lab->v.pairs.pair[0].b == 1);
	finish(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_meets_once),
		cmocka_unit_test(test_alone_is_alone),
		cmocka_unit_test(test_what_cannot_is_not_run),
		cmocka_unit_test(test_a_false_alarm_is_repeated_and_passes),
		cmocka_unit_test(test_wrong_payload_fails_and_the_rest_goes_on),
		cmocka_unit_test(test_a_dead_endpoint_is_named_and_nobody_else),
		cmocka_unit_test(test_the_limit_stops_it),
		cmocka_unit_test(test_failures_before_the_limit_are_told),
		cmocka_unit_test(test_what_a_signal_cuts_short_is_no_result),
		cmocka_unit_test(test_every_network_that_two_share_is_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
