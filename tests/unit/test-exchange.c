/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transfers: both ends in this process, as verify has them, and one end each in two threads, as
 * hosts have them. */
#include "tests/unit/fake-verbs.h"

#include "netns/base/clock.h"

static void both_ends_here(void **state)
{
	static const struct rx_transfer transfers[] = {
		{.opcode = IBV_WR_SEND},
		{.opcode = IBV_WR_SEND_WITH_IMM},
		{.opcode = IBV_WR_RDMA_WRITE},
		{.opcode = IBV_WR_RDMA_WRITE_WITH_IMM},
		{.opcode = IBV_WR_RDMA_READ},
		{.opcode = IBV_WR_RDMA_WRITE, .kind = RX_QP_UC},
		{.opcode = IBV_WR_SEND, .inlined = true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(transfers) / sizeof(transfers[0]); i++) {
		struct rx_transfer t = transfers[i];
		struct rx_meeting m = meet(0, true);

		m.test = (unsigned)i;
		t.messages = RX_MESSAGES;
		t.size = RX_MESSAGE;
		assert_int_equal(rx_transfer(&m, &t), 0);
		assert_int_equal(m.fault[0].kind, RX_FAULT_NONE);
		assert_int_equal(m.fault[1].kind, RX_FAULT_NONE);
	}
}

static void one_direction_alone(void **state)
{
	const struct rx_transfer t = {.opcode = IBV_WR_SEND, .messages = 2, .size = 100};
	struct rx_meeting m = meet(0, true);

	(void)state;
	m.directions = RX_BACKWARD;
	assert_int_equal(rx_transfer(&m, &t), 0);
	assert_int_equal(fake[0].qp[RX_QP_RC].posted, 2);
	assert_int_equal(fake[1].qp[RX_QP_RC].posted, 0);
}

/* ---- an end on each host ---- */

struct host {
	struct rx_meeting m;
	struct rx_play play;
	struct rx_drive drive;
};

static void begin(struct host *host, unsigned self, const struct rx_transfer *t)
{
	host->m = meet(self, false);
	host->play = rx_transfer_play(t);
	rx_drive_begin(&host->drive, &host->m, &host->play, host->m.directions);
	assert_int_equal(rx_drive_offer(&host->drive), 0);
	assert_int_equal(rx_drive_prepare(&host->drive), 0);
}

static void *post(void *host)
{
	rx_drive_post(&((struct host *)host)->drive);
	return NULL;
}

static void exchange(struct host host[2], const struct rx_transfer *t)
{
	pthread_t other;

	begin(&host[0], 0, t);
	begin(&host[1], 1, t);
	assert_int_equal(pthread_create(&other, NULL, post, &host[1]), 0);
	post(&host[0]);
	pthread_join(other, NULL);
}

static unsigned faults(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 2 * RX_ROLES; i++)
		n += host->drive.fault[i / RX_ROLES][i % RX_ROLES].kind != RX_FAULT_NONE;
	return n;
}

static void an_end_on_each_host(void **state)
{
	static const enum ibv_wr_opcode opcodes[] = {IBV_WR_SEND, IBV_WR_RDMA_WRITE,
						     IBV_WR_RDMA_READ};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		const struct rx_transfer t = {.opcode = opcodes[i],
					      .messages = RX_MESSAGES,
					      .size = RX_MESSAGE};
		struct host host[2];

		exchange(host, &t);
		for (unsigned self = 0; self < 2; self++) {
			assert_int_equal(rx_drive_check(&host[self].drive), 0);
			assert_int_equal(faults(&host[self]), 0);
		}
	}
}

/* A wrong byte is a fault of the direction in which it came, at the half that has it. */
static void a_wrong_byte_is_found(void **state)
{
	static const struct {
		enum ibv_wr_opcode opcode;
		unsigned direction;
		enum rx_role role;
	} of[] = {{IBV_WR_SEND, 1, RX_RECEIVER},
		  {IBV_WR_RDMA_WRITE, 1, RX_RECEIVER},
		  {IBV_WR_RDMA_READ, 0, RX_SENDER}};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		const struct rx_transfer t = {.opcode = of[i].opcode,
					      .messages = RX_MESSAGES,
					      .size = RX_MESSAGE};
		struct host host[2];
		const struct rx_fault *fault = &host[0].drive.fault[of[i].direction][of[i].role];

		exchange(host, &t);
		fake[0].port.rx[RX_MESSAGE + 5] ^= 1;
		assert_int_equal(rx_drive_check(&host[0].drive), -1);
		assert_int_equal(rx_drive_check(&host[1].drive), 0);
		assert_int_equal(fault->kind, RX_FAULT_PAYLOAD);
		assert_true(strstr(fault->text, " 5 ") && strstr(fault->text, " 1 "));
		assert_int_equal(faults(&host[0]), 1);
	}
}

static void what_does_not_come_is_named(void **state)
{
	const struct rx_transfer t = {
		.opcode = IBV_WR_SEND, .messages = 2, .size = 100, .wait = 0.2};
	struct host host;
	const struct rx_fault *sent = &host.drive.fault[0][RX_SENDER],
			      *received = &host.drive.fault[1][RX_RECEIVER];

	(void)state;
	loses = true;
	begin(&host, 0, &t);
	assert_int_equal(rx_drive_post(&host.drive), -1);
	assert_int_equal(sent->kind, RX_FAULT_DEADLINE);
	assert_int_equal(received->kind, RX_FAULT_DEADLINE);
	assert_true(strstr(sent->text, " 1 ") && strstr(sent->text, "ep1"));
	assert_true(strstr(received->text, " 2 ") && strstr(received->text, "ep1"));
}

/* A signal or the command's own limit is seen at once, not when the wait for a frame is over. */
static void the_end_of_the_command_cuts_a_wait_short(void **state)
{
	static const volatile sig_atomic_t number = SIGTERM;
	const struct rx_until ends[] = {{.signal = &number}, {.deadline = rx_now() + 0.2}};
	const struct rx_transfer t = {.opcode = IBV_WR_SEND, .messages = 2, .size = 100};
	double began = rx_now();

	(void)state;
	loses = true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct rx_meeting m = meet(0, true);

		for (unsigned kind = 0; kind < RX_QP_KINDS; kind++)
			m.conn[kind].until = &ends[i];
		assert_int_equal(rx_transfer(&m, &t), -1);
		assert_int_equal(m.fault[0].kind, RX_FAULT_CUT);
		assert_int_equal(m.fault[1].kind, RX_FAULT_CUT);
	}
	assert_true(rx_now() - began < RX_WAIT / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ends_here, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(one_direction_alone, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(an_end_on_each_host, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(a_wrong_byte_is_found, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(what_does_not_come_is_named, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(the_end_of_the_command_cuts_a_wait_short,
						make_ports, close_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
