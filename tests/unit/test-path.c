/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify's test "path": counters of our own in place of the kernel's, and nothing is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

#define BYTES ((uint64_t)RX_MESSAGES * RX_MESSAGE)

/* By how much each end's counters move. */
static struct rx_reading moves[2];
static unsigned reads;
static struct rx_port ports[2];
static struct rx_conn conn;

void rx_port_read(struct rx_port *port, struct rx_reading *reading)
{
	unsigned end = port == &ports[1];

	memset(reading, 0, sizeof(*reading));
	if (reads++ >= 2)
		*reading = moves[end];
	reading->good = true;
}

int rx_transfer(struct rx_meeting *m, const struct rx_transfer *t)
{
	(void)m;
	(void)t;
	return 0;
}

struct rx_conn *rx_meeting_conn(struct rx_meeting *m, enum rx_qp_kind kind, enum rx_family family)
{
	(void)m;
	(void)kind;
	(void)family;
	return &conn;
}

bool rx_meeting_tries(const struct rx_meeting *m, unsigned direction)
{
	return m->directions & (direction ? RX_BACKWARD : RX_FORWARD);
}

void rx_meeting_fault(struct rx_meeting *m, const struct rx_fault *fault)
{
	m->fault[0] = *fault;
}

/* Forward only, with these counters. Returns the fault's text, "" if there is none. */
static const char *judged(void)
{
	static const struct rx_node nodes[2] = {{.name = "a"}, {.name = "b"}};
	static const struct rx_iface ifaces[2] = {{.netdev = "rxl1-1", .rdma_dev = "rxl.t.a"},
						  {.netdev = "rxl1-2", .rdma_dev = "rxl.t.b"}};
	static struct rx_node_view node_views[2];
	static struct rx_iface_view iface_views[2];
	static struct rx_meeting m;

	memset(&m, 0, sizeof(m));
	reads = 0;
	m.directions = RX_FORWARD;
	for (unsigned end = 0; end < 2; end++) {
		node_views[end].want = &nodes[end];
		iface_views[end].want = &ifaces[end];
		ports[end].node = &node_views[end];
		ports[end].iface = &iface_views[end];
		ports[end].port.active_mtu = IBV_MTU_1024;
		m.end[end] = &ports[end];
	}
	rx_test_path(&m);
	return m.fault[0].kind ? m.fault[0].text : "";
}

static int all_moved(void **state)
{
	(void)state;
	memset(moves, 0, sizeof(moves));
	moves[0].netdev.tx_bytes = moves[1].netdev.rx_bytes = BYTES;
	moves[0].rxe[RX_SENT_PKTS] = moves[1].rxe[RX_RCVD_PKTS] = BYTES / 1024;
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
	uint64_t *const counters[] = {&moves[0].netdev.tx_bytes, &moves[1].netdev.rx_bytes,
				      &moves[0].rxe[RX_SENT_PKTS], &moves[1].rxe[RX_RCVD_PKTS]};
	static const char *const said[] = {"endpoint a: tx_bytes of rxl1-1",
					   "endpoint b: rx_bytes of rxl1-2",
					   "endpoint a: sent_pkts of rxl.t.a",
					   "endpoint b: rcvd_pkts of rxl.t.b"};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		--*counters[i];
		assert_non_null(strstr(judged(), said[i]));
		++*counters[i];
	}
}

static void what_lo_carried_is_told(void **state)
{
	(void)state;
	moves[0].netdev.tx_bytes = 0;
	moves[0].lo.tx_bytes = BYTES;
	assert_non_null(strstr(judged(), "lo carried 16384 bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(traffic_over_the_netdevs_passes, all_moved),
		cmocka_unit_test_setup(each_counter_is_looked_at, all_moved),
		cmocka_unit_test_setup(what_lo_carried_is_told, all_moved),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
