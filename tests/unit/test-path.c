/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify's test "path" makes of counters; nothing is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

#define BYTES ((uint64_t)RX_MESSAGES * RX_MESSAGE)

/* By how much each end's counters moved. */
static struct rx_moved moves[2];

/* From the first to the second, with these counters. Returns the fault's text, "" if there is
 * none. */
static const char *judged(void)
{
	static const struct rx_iface ifaces[2] = {{.netdev = "rxl1-1", .rdma_dev = "rxl.t.a"},
						  {.netdev = "rxl1-2", .rdma_dev = "rxl.t.b"}};
	const struct rx_crossing from = {"a", &ifaces[0], true, moves[0]},
				 to = {"b", &ifaces[1], false, moves[1]};
	static struct rx_fault fault;

	memset(&fault, 0, sizeof(fault));
	rx_judge_path(&fault, &from, IBV_MTU_1024);
	rx_judge_path(&fault, &to, IBV_MTU_1024);
	return fault.kind ? fault.text : "";
}

static int all_moved(void **state)
{
	(void)state;
	memset(moves, 0, sizeof(moves));
	moves[0].good = moves[1].good = true;
	moves[0].tx = moves[1].rx = BYTES;
	moves[0].sent = moves[1].received = BYTES / 1024;
	return 0;
}

static void traffic_over_the_netdevs_passes(void **state)
{
	(void)state;
	assert_string_equal(judged(), "");
}

/* Each of the four counters is looked at, and the one that lacks something is named. */
static void each_counter_is_looked_at(void **state)
{
	uint64_t *const counters[] = {&moves[0].tx, &moves[1].rx, &moves[0].sent,
				      &moves[1].received};
	static const char *const named[][3] = {{"endpoint a", "tx_bytes", "rxl1-1"},
					       {"endpoint b", "rx_bytes", "rxl1-2"},
					       {"endpoint a", "sent_pkts", "rxl.t.a"},
					       {"endpoint b", "rcvd_pkts", "rxl.t.b"}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		--*counters[i];
		for (unsigned k = 0; k < 3; k++)
			assert_non_null(strstr(judged(), named[i][k]));
		++*counters[i];
	}
}

static void what_lo_carried_is_told(void **state)
{
	(void)state;
	moves[0].tx = 0;
	moves[0].lo = BYTES;
	assert_true(strstr(judged(), " lo ") && strstr(judged(), " 16384 "));
}

static struct rx_reading reading(uint64_t netdev, uint64_t roce)
{
	return (struct rx_reading){
		.good = true,
		.counted = true,
		.netdev = {netdev, netdev, 1000 * netdev, 1000 * netdev, 0, 0},
		.roce = {[RX_STEER_IN] = {roce, 1000 * roce}, [RX_STEER_OUT] = {roce, 1000 * roce}},
	};
}

/* Multicast and neighbours move the netdev's counters, not those of RoCE. */
static void roce_alone_counts_where_it_is_counted(void **state)
{
	struct rx_reading before = reading(10, 5), after = reading(40, 8);
	struct rx_moved moved = rx_moved(&before, &after);

	(void)state;
	assert_true(moved.good && moved.tx == 3000 && moved.rx == 3000);
	assert_int_equal(rx_frames_out(&before, &after), 3);
	assert_int_equal(rx_frames_in(&before, &after, 3), 3);
	after.counted = false;
	moved = rx_moved(&before, &after);
	assert_true(moved.tx == 30000 && moved.rx == 30000);
	assert_int_equal(rx_frames_in(&before, &after, 3), 30);
}

/* RoCE is counted before the queue, and after whatever filters others have put before. */
static void frames_are_found_where_they_were_last(void **state)
{
	struct rx_reading before = reading(10, 5), after = reading(10, 8);

	(void)state;
	assert_int_equal(rx_frames_out(&before, &after), 0); /* counted, and lost in the queue */
	after = reading(12, 5);
	assert_int_equal(rx_frames_in(&before, &after, 20), 0); /* two of somebody else's */
	after = reading(32, 5);
	assert_int_equal(rx_frames_in(&before, &after, 20), 22); /* a filter took them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(traffic_over_the_netdevs_passes, all_moved),
		cmocka_unit_test_setup(each_counter_is_looked_at, all_moved),
		cmocka_unit_test_setup(what_lo_carried_is_told, all_moved),
		cmocka_unit_test(roce_alone_counts_where_it_is_counted),
		cmocka_unit_test(frames_are_found_where_they_were_last),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
