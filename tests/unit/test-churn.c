/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What churn decides without a kernel: its choices, its judgement of kernel messages and of
 * memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/churn/churn.h"
#include "tools/verbs/meeting.h"

static void a_seed_gives_the_same_choices(void **state)
{
	struct rx_churn_random a = rx_churn_random(42, 7, 1), b = rx_churn_random(42, 7, 1),
			       c = rx_churn_random(42, 8, 1);
	unsigned seen[8] = {0}, same = 0, i, x;

	(void)state;
	for (i = 0; i < 8000; i++) {
		x = rx_churn_pick(&a, 8);
		assert_true(x < 8);
		assert_int_equal(x, rx_churn_pick(&b, 8));
		same += x == rx_churn_pick(&c, 8);
		seen[x]++;
	}
	assert_in_range(same, 800, 1200); /* another cycle is another sequence */
	for (i = 0; i < 8; i++)
		assert_in_range(seen[i], 850, 1150);
}

/* The first choices of neighbouring cycles and workers must differ, or every cycle would begin
 * alike. */
static void neighbouring_cycles_differ(void **state)
{
	unsigned seen[8] = {0}, cycle, worker, i;

	(void)state;
	for (cycle = 1; cycle <= 100; cycle++) {
		for (worker = 1; worker <= 4; worker++) {
			struct rx_churn_random random = rx_churn_random(1, cycle, worker);

			seen[rx_churn_pick(&random, 8)]++;
		}
	}
	for (i = 0; i < 8; i++)
		assert_in_range(seen[i], 25, 80);
}

#define CYCLES 400

/* Memory that waits for RCU comes and goes; the lowest points of a run without a leak stay where
 * they are. */
static void growth_is_seen_through_noise(void **state)
{
	struct rx_churn_slab clean[CYCLES + 1], leaking[CYCLES + 1];
	struct rx_churn_random random = rx_churn_random(3, 1, 1);
	unsigned i;

	(void)state;
	for (i = 0; i <= CYCLES; i++) {
		clean[i].bytes = (40u << 20) + rx_churn_pick(&random, 6 << 20);
		leaking[i].bytes = clean[i].bytes + i * 20000ull;
	}
	assert_true(rx_churn_growth(clean, CYCLES) < 2000 &&
		    rx_churn_growth(clean, CYCLES) > -2000);
	assert_true(rx_churn_growth(leaking, CYCLES) > 15000);
	assert_true(rx_churn_growth(leaking, 8) == 0);
	/* much that waits at the end is no leak, where it was little once */
	for (i = 3 * CYCLES / 4; i < CYCLES; i++)
		clean[i].bytes = 90u << 20;
	clean[CYCLES].bytes = 40u << 20;
	assert_true(rx_churn_growth(clean, CYCLES) < 2000);
}

static void workers_differ(void **state)
{
	struct rx_churn_random one = rx_churn_random(3, 1, 1), two = rx_churn_random(3, 1, 2);
	unsigned same = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		same += rx_churn_pick(&one, 1000) == rx_churn_pick(&two, 1000);
	assert_true(same < 10);
}

static struct rx_churn churn;

static void say(int fd, const char *record)
{
	assert_int_equal(send(fd, record, strlen(record), 0), (ssize_t)strlen(record));
}

/* One read, one record, as /dev/kmsg does it. */
static void kernel_messages_are_judged(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd), 0);
	churn.kmsg = fd[0];
	churn.messages = json_object();
	churn.problems.cycle = 1;
	pthread_mutex_init(&churn.problems.mutex, NULL);
	say(fd[1], "6,100,5000,-;infiniband rxl.q.ep1: set active\n SUBSYSTEM=infiniband\n");
	say(fd[1], "6,101,5001,-;infiniband rxl.q.ep2: set active\n");
	say(fd[1], "14,102,5002,-;a program wrote this: BUG\n"); /* facility 1 */
	rx_churn_kmsg(churn.kmsg, churn.messages, &churn.problems);
	assert_int_equal(churn.problems.n, 0);
	assert_int_equal(json_object_size(churn.messages), 1);
	say(fd[1], "4,103,5003,-;something that nobody explained 17\n");
	say(fd[1], "4,104,5004,-;something that nobody explained 18\n");
	rx_churn_kmsg(churn.kmsg, churn.messages, &churn.problems);
	assert_int_equal(churn.problems.n, 1);
	assert_string_equal(churn.problems.list[0].what, "kernel");
	assert_int_equal(churn.problems.list[0].cycle, 1);
	/* an explained line with the look of a bug is a bug */
	say(fd[1], "4,105,5005,-;infiniband rxl.q.ep1: set active WARNING: CPU: 0\n");
	rx_churn_kmsg(churn.kmsg, churn.messages, &churn.problems);
	assert_int_equal(churn.problems.n, 2);
	/* 8021q, loaded by whoever ran before, is no problem of this lab; nor is an RXE name that
	 * is taken for a moment */
	say(fd[1], "6,106,5006,-;8021q: adding VLAN 0 to HW filter on device rxl0\n");
	say(fd[1], "3,107,5007,-;rxe_newlink: failed to add rxl.q.ep1\n");
	rx_churn_kmsg(churn.kmsg, churn.messages, &churn.problems);
	assert_int_equal(churn.problems.n, 2);
	close(fd[1]);
	rx_churn_free(&churn);
}

static size_t add_entry(struct rx_ledger *ledger, unsigned number, bool undone)
{
	struct rx_op op = {.kind = RX_OP_LINK, .owner = "a", .ifindex = number};
	struct rx_err err = {0};
	size_t id;

	snprintf(op.name, sizeof(op.name), "link%u", number);
	assert_int_equal(rx_ledger_intent(ledger, &op, &id, &err), 0);
	assert_int_equal(rx_ledger_done(ledger, id, &op, &err), 0);
	if (undone)
		assert_int_equal(rx_ledger_undone(ledger, id, &err), 0);
	return id;
}

/* As after hours of churn: many entries that were undone, and whoever opens it reads what is left
 * of them. */
static void compacting_keeps_what_is_live(void **state)
{
	struct rx_ledger_header header = {.lab = "t",
					  .plane = RX_PLANE_HOSTED,
					  .rdma_mode = RX_RDMA_SHARED};
	struct rx_container container = {.kind = RX_CONTAINER_LXC, .id = "101"};
	char dir[] = "/tmp/rxelab-churn-XXXXXX";
	struct rx_ledger ledger;
	struct rx_err err = {0};
	unsigned i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	rx_state_dir = dir;
	assert_int_equal(rx_ledger_create("t", &header, "", &ledger, &err), 0);
	assert_int_equal(rx_ledger_attach(&ledger, "a", &container, &err), 0);
	for (i = 0; i < 200; i++)
		add_entry(&ledger, i, i % 10);
	assert_int_equal(rx_ledger_complete(&ledger, &err), 0);
	assert_int_equal(rx_ledger_compact(&ledger, &err), 0);
	add_entry(&ledger, 1000, false); /* it can be appended to */
	rx_ledger_close(&ledger);
	assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
	assert_true(ledger.complete);
	assert_int_equal(ledger.header.plane, RX_PLANE_HOSTED);
	assert_int_equal(ledger.n, 21);
	assert_int_equal(ledger.attachments.n, 1);
	assert_string_equal(ledger.entries[3].op.name, "link30");
	assert_int_equal(ledger.entries[3].state, RX_ENTRY_DONE);
	assert_int_equal(ledger.entries[20].op.ifindex, 1000);
	rx_ledger_close(&ledger);
	assert_int_equal(rx_ledger_remove("t", &err), 0);
}

/* A device that goes cuts transfers off; wrong bytes are never excused. */
static void cut_off_is_not_wrong(void **state)
{
	static const struct rx_node want[2] = {{.name = "ep1"}, {.name = "ep2"}};
	static const struct rx_node_view nodes[2] = {{.want = &want[0]}, {.want = &want[1]}};
	struct rx_port ports[2] = {{.node = &nodes[0]}, {.node = &nodes[1]}};
	const struct rx_transfer transfer = {.messages = 2, .size = 100};
	struct rx_meeting m = {.end = {&ports[0], &ports[1]}};
	struct rx_churn_shared *shared = calloc(1, sizeof(*shared));

	(void)state;
	rx_churn_count(shared, &m, &transfer, 0);
	assert_int_equal(shared->transfers, 1);
	assert_int_equal(shared->bytes, 400);
	m.fault[0].kind = RX_FAULT_COLLATERAL;
	m.fault[1].kind = RX_FAULT_STATUS;
	rx_churn_count(shared, &m, &transfer, -1);
	assert_int_equal(shared->cut, 1);
	assert_int_equal(shared->wrong, 0);
	m.fault[1] = (struct rx_fault){.kind = RX_FAULT_PAYLOAD, .text = "byte 7"};
	rx_churn_count(shared, &m, &transfer, -1);
	assert_int_equal(shared->cut, 1);
	assert_int_equal(shared->wrong, 1);
	assert_string_equal(shared->wrong_text, "ep1 to ep2: byte 7");
	assert_int_equal(shared->transfers, 1);
	free(shared);
}

/* What was made again has two entries: the later one counts, and the earlier must not be undone
 * over and over when the lab goes. Another endpoint's are not touched. */
static void what_was_made_again_is_known_once(void **state)
{
	struct rx_ledger_header header = {.lab = "t", .plane = RX_PLANE_HOSTED};
	struct rx_node want = {.name = "a"};
	struct rx_node_view node = {.want = &want};
	struct rx_churn_target target = {.node = &node};
	struct rx_op foreign = {.kind = RX_OP_LINK, .owner = "b", .name = "link1"};
	char dir[] = "/tmp/rxelab-churn-XXXXXX";
	static struct rx_churn again;
	struct rx_err err = {0};
	size_t id, first, second, other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	rx_state_dir = dir;
	assert_int_equal(rx_ledger_create("t", &header, "", &again.ledger, &err), 0);
	assert_int_equal(rx_ledger_intent(&again.ledger, &foreign, &id, &err), 0);
	assert_int_equal(rx_ledger_done(&again.ledger, id, &foreign, &err), 0);
	first = add_entry(&again.ledger, 1, false);
	other = add_entry(&again.ledger, 2, false);
	second = add_entry(&again.ledger, 1, false);
	assert_int_equal(rx_churn_restore(&again, &target, &err), 0);
	assert_int_equal(again.ledger.entries[first].state, RX_ENTRY_UNDONE);
	assert_int_equal(again.ledger.entries[second].state, RX_ENTRY_DONE);
	assert_int_equal(again.ledger.entries[other].state, RX_ENTRY_DONE);
	assert_int_equal(rx_ledger_live(&again.ledger), 3);
	rx_ledger_close(&again.ledger);
	assert_int_equal(rx_ledger_remove("t", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_the_same_choices),
		cmocka_unit_test(neighbouring_cycles_differ),
		cmocka_unit_test(workers_differ),
		cmocka_unit_test(growth_is_seen_through_noise),
		cmocka_unit_test(kernel_messages_are_judged),
		cmocka_unit_test(cut_off_is_not_wrong),
		cmocka_unit_test(compacting_keeps_what_is_live),
		cmocka_unit_test(what_was_made_again_is_known_once),
	};

	return cmocka_run_group_tests_name("churn", tests, NULL, NULL);
}
