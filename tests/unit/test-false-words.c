/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would let verify say a false word: devices that do wrong, bytes of an earlier attempt, an
 * end that is not heard. */
#include "tests/unit/fake-verbs.h"

#include "tools/verbs/payload.h"

static const struct rx_transfer writes = {.opcode = IBV_WR_RDMA_WRITE,
					  .messages = RX_MESSAGES,
					  .size = RX_MESSAGE};

/* The right bytes of an attempt before lie there, and the device says done without doing. */
static void bytes_of_an_earlier_attempt_do_not_pass(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	assert_int_equal(rx_transfer(&m, &writes), 0);
	idle = true;
	assert_int_equal(rx_transfer(&m, &writes), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_PAYLOAD);
	assert_int_equal(m.fault[1].kind, RX_FAULT_PAYLOAD);
}

/* What a frame of an earlier attempt, or of an earlier round, writes late is not what was sent
 * now. */
static void each_attempt_has_a_pattern_of_its_own(void **state)
{
	struct rx_meeting m = meet(0, true), later = m;

	(void)state;
	later.attempt = 1;
	assert_true(rx_meeting_seed(&m, 0, 0) != rx_meeting_seed(&later, 0, 0));
	later = m;
	later.round = 1;
	assert_true(rx_meeting_seed(&m, 0, 0) != rx_meeting_seed(&later, 0, 0));
}

/* UC may lose frames: bytes that are as before are missing, others are wrong. */
static void missing_is_not_wrong_where_frames_may_be_lost(void **state)
{
	struct rx_meeting m = meet(0, true);
	struct rx_fault missing = {0}, wrong = {0}, reliable = {0};
	uint8_t buf[64];

	(void)state;
	rx_payload_fill(buf, sizeof(buf), rx_meeting_seed(&m, 0, 3));
	memset(buf + 32, RX_POISON, 32);
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), true, &missing), -1);
	assert_int_equal(missing.kind, RX_FAULT_REFUSED);
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), false, &reliable), -1);
	assert_int_equal(reliable.kind, RX_FAULT_PAYLOAD);
	buf[3] ^= 1;
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), true, &wrong), -1);
	assert_int_equal(wrong.kind, RX_FAULT_PAYLOAD);
}

static void atomics_are_compared(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	fake[0].port.device.atomic_cap = fake[1].port.device.atomic_cap = IBV_ATOMIC_HCA;
	view.plane = RX_PLANE_NETNS;
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), 0);
	assert_int_equal(rx_play(&m, &rx_play_compare_swap), 0);
	idle = true;
	assert_int_equal(rx_play(&m, &rx_play_compare_swap), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_PAYLOAD);
}

/* On the RXE of 5.10, which has no memory windows, they would block both devices. */
static void atomics_that_wedge_are_not_tried(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	fake[0].port.device.atomic_cap = fake[1].port.device.atomic_cap = IBV_ATOMIC_HCA;
	view.plane = RX_PLANE_HOSTED;
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_SKIP);
	assert_int_equal(m.fault[1].kind, RX_FAULT_SKIP);
	assert_int_equal(fake[0].pushed + fake[1].pushed, 0);
	for (unsigned end = 0; end < 2; end++)
		fake[end].port.device.device_cap_flags = IBV_DEVICE_MEM_WINDOW_TYPE_2B;
	m = meet(0, true);
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), 0);
}

static int ask(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	(void)drive;
	(void)step;
	return 0;
}

/* Its half of everything is done but the last step, after which it is gone. */
static int vanish(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	if (step != RX_STEP_CHECK)
		return 0;
	return rx_fault(&drive->fault[0][RX_RECEIVER], RX_FAULT_CUT, 0, "it is gone");
}

static enum rx_fault_kind sender_fault;

static int die_with_the_sender(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	if (step == RX_STEP_CHECK)
		rx_fault(&drive->fault[0][RX_SENDER], sender_fault, IBV_WC_RETRY_EXC_ERR,
			 "in vain");
	return vanish(away, drive, step);
}

static int stay(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	(void)drive;
	(void)step;
	return 0;
}

/* READs need nothing of the other end but its memory. */
static struct rx_meeting read_from(struct rx_away *away)
{
	struct rx_meeting m = meet(0, false);

	m.away = away;
	m.directions = RX_FORWARD;
	rx_payload_fill(fake[1].area, RX_MESSAGE, rx_meeting_seed(&m, 0, 0));
	return m;
}

static void an_end_that_is_not_heard_to_the_end_has_not_passed(void **state)
{
	const struct rx_transfer t = {.opcode = IBV_WR_RDMA_READ,
				      .messages = 1,
				      .size = RX_MESSAGE};
	struct rx_away away = {ask, stay}, gone = {ask, vanish};
	struct rx_meeting m = read_from(&away);

	(void)state;
	rx_transfer(&m, &t);
	assert_int_equal(m.fault[0].kind, RX_FAULT_NONE);
	m = read_from(&gone);
	rx_transfer(&m, &t);
	assert_int_equal(m.fault[0].kind, RX_FAULT_CUT);
}

/* The sender's retries are in vain then, which says nothing of its device. Wrong bytes stay. */
static void what_befalls_an_end_while_the_other_is_lost_is_no_verdict(void **state)
{
	static const enum rx_fault_kind kinds[] = {RX_FAULT_STATUS, RX_FAULT_DEADLINE,
						   RX_FAULT_REFUSED, RX_FAULT_PAYLOAD};
	const struct rx_transfer t = {.opcode = IBV_WR_RDMA_READ,
				      .messages = 1,
				      .size = RX_MESSAGE};
	struct rx_away gone = {ask, die_with_the_sender};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct rx_meeting m = read_from(&gone);

		sender_fault = kinds[i];
		rx_transfer(&m, &t);
		assert_int_equal(m.fault[0].kind,
				 kinds[i] == RX_FAULT_PAYLOAD ? RX_FAULT_PAYLOAD : RX_FAULT_CUT);
	}
}

/* The key that verify makes wrong is wrong to a device, which answers as verify wants it. */
static void a_wrong_key_is_refused(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	m.directions = RX_FORWARD;
	rx_play(&m, &rx_play_rkey_violation);
	if (m.fault[0].kind)
		fail_msg("%s", m.fault[0].text);
	assert_non_null(strstr(m.fault[0].text, "REM_ACCESS_ERR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_of_an_earlier_attempt_do_not_pass, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(each_attempt_has_a_pattern_of_its_own, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(missing_is_not_wrong_where_frames_may_be_lost,
						make_ports, close_ports),
		cmocka_unit_test_setup_teardown(atomics_are_compared, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(atomics_that_wedge_are_not_tried, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(an_end_that_is_not_heard_to_the_end_has_not_passed,
						make_ports, close_ports),
		cmocka_unit_test_setup_teardown(
			what_befalls_an_end_while_the_other_is_lost_is_no_verdict, make_ports,
			close_ports),
		cmocka_unit_test_setup_teardown(a_wrong_key_is_refused, make_ports, close_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
