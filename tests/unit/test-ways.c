/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and addresses of the hosted plane: what a kernel's refusal means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netns/apply/worker.h"
#include "tests/unit/netlink-peer.h"

static struct {
	int rule, delete; /* what the kernel answers to what would be made, and to what is to go */
	unsigned deletes; /* how often it was asked to delete */
	unsigned deleted_at; /* 0: as delete says; else it works at that try */
} kernel;

static ssize_t answer(int fd, const void *bytes, size_t length)
{
	unsigned type = ((const struct nlmsghdr *)bytes)->nlmsg_type;

	peer.n = peer.at = 0;
	if (type == RTM_GETLINK) {
		struct nlmsghdr *reply = begin(RTM_NEWLINK, 0);
		struct ifinfomsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));

		body->ifi_index = 5;
		mnl_attr_put_strz(reply, IFLA_IFNAME, "rxl0001-1w");
		finish(reply);
	} else if (type == RTM_DELRULE || type == RTM_DELROUTE) {
		put_ack(++kernel.deletes == kernel.deleted_at ? 0 : -kernel.delete, NULL);
	} else {
		put_ack(-kernel.rule, NULL);
	}
	return fake_send(fd, bytes, length);
}

static const struct rx_nl_transport transport = {.send = answer,
						 .receive = fake_receive,
						 .open = fake_open};

static int begin_test(void **state)
{
	start(state);
	rx_nl_transport = &transport;
	memset(&kernel, 0, sizeof(kernel));
	return 0;
}

static struct rx_op op_of(enum rx_op_kind kind, const char *addr)
{
	struct rx_op op = {.kind = kind, .name = "rxl0001-1w", .table = 0x40000001, .metric = 20};

	assert_true(rx_cidr_parse(addr, AF_UNSPEC, &op.addr));
	return op;
}

static int apply(const struct rx_op_type *type, enum rx_apply_mode mode, struct rx_op op)
{
	struct rx_apply apply = {.mode = mode, .workers = 1};
	struct rx_worker worker;
	struct rx_err err = {0};
	int rc;

	rx_worker_init(&worker, &apply);
	rc = type->apply(&worker, &op, &err);
	rx_worker_close(&worker);
	return rc;
}

static int undo(struct rx_op op)
{
	struct rx_apply apply = {.workers = 1};
	struct rx_worker worker;
	struct rx_err err = {0};
	int rc;

	rx_worker_init(&worker, &apply);
	rc = rx_op_rule.undo(&worker, &op, true, &err);
	rx_worker_close(&worker);
	return rc;
}

/* With a lab that is new it is a stranger's; where missing things are made it is what is wanted. */
static void a_rule_that_is_there_is_ours_in_a_repair_alone(void **state)
{
	struct rx_op op = op_of(RX_OP_RULE, "10.77.0.1/32");

	(void)state;
	kernel.rule = EEXIST;
	assert_int_equal(apply(&rx_op_rule, RX_APPLY_NEW, op), -EEXIST);
	assert_int_equal(apply(&rx_op_rule, RX_APPLY_MISSING, op), 0);
	kernel.rule = ENOMEM;
	assert_int_equal(apply(&rx_op_rule, RX_APPLY_MISSING, op), -ENOMEM);
}

static void a_rule_that_is_gone_was_undone(void **state)
{
	struct rx_op op = op_of(RX_OP_RULE, "10.77.0.1/32");

	(void)state;
	assert_int_equal(undo(op), 0);
	kernel.delete = ENOENT;
	assert_int_equal(undo(op), 0);
	kernel.delete = EPERM;
	assert_int_equal(undo(op), -EPERM);
}

/* IPv4's is there at once or never; IPv6's comes a moment after its address. */
static void an_ipv6_address_is_waited_for(void **state)
{
	(void)state;
	kernel.delete = ESRCH;
	kernel.deleted_at = 3;
	assert_int_equal(
		apply(&rx_op_not_local, RX_APPLY_NEW, op_of(RX_OP_NOT_LOCAL, "10.77.0.1/24")), 0);
	assert_int_equal(kernel.deletes, 1);
	kernel.deletes = 0;
	assert_int_equal(
		apply(&rx_op_not_local, RX_APPLY_NEW, op_of(RX_OP_NOT_LOCAL, "fd77::1/64")), 0);
	assert_int_equal(kernel.deletes, 3);
	kernel.delete = EPERM;
	kernel.deleted_at = 0;
	assert_int_equal(apply(&rx_op_not_local, RX_APPLY_NEW,
			       op_of(RX_OP_NOT_LOCAL, "fd77::1/64")),
			 -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_rule_that_is_there_is_ours_in_a_repair_alone, begin_test),
		cmocka_unit_test_setup(a_rule_that_is_gone_was_undone, begin_test),
		cmocka_unit_test_setup(an_ipv6_address_is_waited_for, begin_test),
	};

	return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
