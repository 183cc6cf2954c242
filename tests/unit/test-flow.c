/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One measurement of bench and its verdict, without a device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/measure.h"

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

/* No more than 8 MiB on their way, but two messages where two are asked for. */
static void test_depth(void **state)
{
	static const unsigned cases[][3] = {
		{64, 128, 128}, {1 << 20, 128, 8}, {8 << 20, 128, 2}, {8 << 20, 1, 1}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct rx_bench bench = {.p = {.depth = cases[i][1]}};
		struct rx_flow flow = {.bench = &bench, .size = cases[i][0]};

		assert_int_equal(rx_flow_depth(&flow), cases[i][2]);
	}
}

/* What is under way shares the wire with that of all others. */
static void test_limit(void **state)
{
	struct rx_bench bench = {.p = {.depth = 8}};
	struct rx_flow flow = {.bench = &bench, .size = 1 << 20, .window = {0, 0, INFINITY}};
	double alone;

	(void)state;
	flow.at_once = 1;
	alone = rx_flow_limit(&flow, 0);
	flow.at_once = 3;
	assert_true(near(rx_flow_limit(&flow, 0) - alone, 2 * 8 * (1 << 20) / 1e6));
}

/* A UD message is one packet on both netdevs. */
static void test_ud_fits_both_ends(void **state)
{
	struct rx_node_view nodes[2] = {{0}};
	const struct rx_view view = {.nodes = nodes, .n_nodes = 2, .n_endpoints = 2};
	struct rx_bench bench = {.view = &view, .p = {.transport = RX_UD}};
	struct rx_iface want = {.network = 0};
	struct rx_iface_view iface = {.want = &want};
	struct rx_port ports[2];
	size_t first[] = {0, 1, 2};
	struct rx_fabric fabric = {.view = &view, .ports = ports, .n_ports = 2, .first = first};

	(void)state;
	memset(ports, 0, sizeof(ports));
	for (unsigned i = 0; i < 2; i++) {
		ports[i].node = &nodes[i];
		ports[i].iface = &iface;
		ports[i].port.active_mtu = i ? IBV_MTU_1024 : IBV_MTU_4096;
	}
	for (unsigned from = 0; from < 2; from++)
		for (uint32_t size = 1024; size <= 2048; size *= 2) {
			struct rx_flow *flow = rx_flow_new(&bench, &fabric, &rx_bench_tests[0],
							   from, !from, size);

			assert_int_equal(flow->fault.kind,
					 size > 1024 ? RX_FAULT_SKIP : RX_FAULT_NONE);
			rx_flow_free(flow);
		}
}

/* What arrived counts, and nothing if nothing did: a sender's word is none. An RC WRITE's receiver
 * never hears of it, and its sender is told by the other device. */
static void test_who_counts(void **state)
{
	static const struct {
		enum rx_transport transport;
		enum rx_verb verb;
		unsigned side;
	} cases[] = {{RX_RC, RX_VERB_SEND, 1}, {RX_UC, RX_VERB_SEND, 1},
		     {RX_UD, RX_VERB_SEND, 1}, {RX_UC, RX_VERB_WRITE, 1},
		     {RX_TCP, RX_VERB_TCP, 1}, {RX_RC, RX_VERB_WRITE, 0},
		     {RX_RC, RX_VERB_READ, 0}, {RX_RC, RX_VERB_ATOMIC, 0}};
	struct rx_bench bench = {0};
	struct rx_flow *flow = calloc(1, sizeof(*flow));

	flow->bench = &bench;
	(void)state;
	flow->rate[0].all_bytes = 7;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rx_bench_test test = {"", cases[i].verb, RX_BANDWIDTH};

		flow->test = &test;
		flow->transport = cases[i].transport;
		assert_ptr_equal(rx_flow_rate(flow), &flow->rate[cases[i].side]);
	}
	/* of latency the one who asks, but with --rate the one who is sent to */
	flow->test = &(const struct rx_bench_test){"", RX_VERB_WRITE, RX_LATENCY};
	flow->transport = RX_RC;
	assert_ptr_equal(rx_flow_rate(flow), &flow->rate[0]);
	bench.p.rate = 100;
	assert_ptr_equal(rx_flow_rate(flow), &flow->rate[1]);
	flow->test = &(const struct rx_bench_test){"", RX_VERB_READ, RX_LATENCY};
	assert_ptr_equal(rx_flow_rate(flow), &flow->rate[0]);
	free(flow);
}

/* A SEND by UC whose window was 10 s to 12 s. */
static struct rx_flow *a_flow(struct rx_bench *bench)
{
	struct rx_flow *flow = calloc(1, sizeof(*flow));

	bench->p.duration = 2;
	snprintf(bench->cut, sizeof(bench->cut), "signal");
	flow->bench = bench;
	flow->test = &rx_bench_tests[0];
	flow->transport = RX_UC;
	flow->window = (struct rx_window){10, 10, 12};
	atomic_store(&flow->sent, 10);
	flow->rate[1].all_messages = 9;
	return flow;
}

/* What failed before a signal has failed; what was cut short has not. */
static void test_judge(void **state)
{
	static const struct {
		bool failed;
		double stopped, average;
		const char *status, *detail;
	} cases[] = {
		{false, INFINITY, 7, "pass", "1 of 10"}, {false, 12.5, 7, "pass", "1 of 10"},
		{false, 11, 7, "not run", "signal"},     {false, INFINITY, NAN, "fail", "10 mess"},
		{true, INFINITY, 7, "fail", "dead"},     {true, 11, 7, "fail", "dead"},
	};
	struct rx_bench bench = {0};
	struct rx_flow *flow = a_flow(&bench);

	(void)state;
	assert_string_equal(flow->test->name, "send-bw");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rx_bench_record *record;

		memset(&flow->fault, 0, sizeof(flow->fault));
		if (cases[i].failed)
			rx_fault(&flow->fault, RX_FAULT_STATUS, 12, "dead");
		record = rx_flow_record(&bench, flow, 1);
		record->figure[RX_AVERAGE] = cases[i].average;
		rx_flow_judge(flow, cases[i].stopped, record);
		assert_string_equal(record->status, cases[i].status);
		assert_non_null(strstr(record->detail, cases[i].detail));
		assert_int_equal(isnan(record->figure[RX_AVERAGE]) != 0,
				 strcmp(record->status, "pass") != 0);
	}
	free(flow);
	rx_bench_free(&bench);
}

/* The flows' threads are the only ones here, and none can be started. */
int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
		   void *(*function)(void *), void *restrict argument)
{
	(void)thread;
	(void)attributes;
	(void)function;
	(void)argument;
	return EAGAIN;
}

static void test_a_flow_that_was_not_started_fails(void **state)
{
	struct rx_node node = {.name = "a"};
	struct rx_iface iface = {0};
	struct rx_node_view node_view = {.want = &node};
	struct rx_iface_view iface_view = {.want = &iface};
	struct rx_port port = {.node = &node_view, .iface = &iface_view};
	struct rx_bench bench = {0};
	struct rx_flow *flow = a_flow(&bench);

	(void)state;
	flow->port[0] = flow->port[1] = &port;
	rx_flows_run(&bench, &flow, 1, 1);
	assert_int_equal(bench.n, 1);
	assert_string_equal(bench.record[0].status, "fail");
	assert_int_equal(flow->fault.code, EAGAIN);
	assert_true(isnan(bench.record[0].figure[RX_AVERAGE]));
	if (port.metered)
		rx_meter_close(&port.meter);
	rx_flow_free(flow);
	rx_bench_free(&bench);
}

/* Nothing came in the second half of it. */
static void test_a_series_is_as_long_as_the_window(void **state)
{
	struct rx_bench bench = {.p = {.interval = 0.5}};
	struct rx_flow *flow = a_flow(&bench);
	struct rx_bench_record *record = rx_bench_add(&bench);

	(void)state;
	rx_rate_start(&flow->rate[1], &flow->window);
	rx_rate_add(&flow->rate[1], 11, 1000000, 1);
	rx_flow_series(flow, record);
	assert_int_equal(record->n_series, 4);
	assert_true(near(record->series[0], 1) && near(record->series[1], 1));
	assert_true(record->series[2] == 0 && record->series[3] == 0);
	rx_flow_free(flow);
	rx_bench_free(&bench);
}

/* What UC and UD sent has not arrived for that reason. */
static void test_perftest_counts_what_arrived(void **state)
{
	static const char client[] = " 4096 1000 0.00 100.00 0.0256\n",
			  server[] = " #bytes\n 4096 900 0.00 50.00 0.0128\n";
	struct rx_bench bench = {0};
	struct rx_flow *flow = a_flow(&bench);
	struct rx_bench_record *record = rx_bench_add(&bench);

	(void)state;
	flow->size = 4096;
	assert_true(rx_perftest_read(flow, client, server, record));
	assert_true(near(record->figure[RX_AVERAGE], 50 * 1.048576));
	assert_false(rx_perftest_read(flow, client, "", record));
	flow->transport = RX_RC;
	assert_true(rx_perftest_read(flow, client, "", record));
	assert_true(near(record->figure[RX_AVERAGE], 100 * 1.048576));
	flow->transport = RX_UC;
	flow->test = &rx_bench_tests[1];
	rx_bench_perftest(&bench, flow, record);
	assert_string_equal(record->status, "skip");
	free(flow);
	rx_bench_free(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_ud_fits_both_ends),
		cmocka_unit_test(test_who_counts),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_a_flow_that_was_not_started_fails),
		cmocka_unit_test(test_a_series_is_as_long_as_the_window),
		cmocka_unit_test(test_perftest_counts_what_arrived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
