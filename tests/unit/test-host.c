/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host is given back, and what it keeps. The kernel's modules are ours here, in place of
 * libkmod, and so is the other end of netlink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/host.h"
#include "kmod-helpers/modules/users.h"
#include "netns/kernel/rdma.h"
#include "netns/ledger/ledger.h"
#include "tests/unit/fake-libkmod.h"
#include "tests/unit/netlink-peer.h"

static const struct rx_nl_transport transport = {.send = fake_send,
						 .receive = fake_receive,
						 .open = fake_open};

static int all_loaded(void **state)
{
	start(state);
	rx_nl_transport = &transport;
	fake_gone[0] = 0;
	for (size_t i = 0; i < RX_ARRAY_SIZE(fake_modules); i++)
		fake_modules[i].loaded = true;
	return 0;
}

/* ---- modules ---- */

static void a_module_goes_before_what_it_needs(void **state)
{
	struct rx_apply apply = {.workers = 1};
	struct rx_err err = {0};

	(void)state;
	rx_host_module_hooks(&apply);
	assert_int_equal(
		apply.module_unload("rxelab_test_low rxelab_test_mid rxelab_test_top", &err), 0);
	assert_string_equal(fake_gone, " top mid low");
}

/* An up that brought in all three, as its ledger has it. */
static void bring_in(void)
{
	struct rx_op op = {.kind = RX_OP_MODULE,
			   .name = "rxelab_test_top",
			   .before = "rxelab_test_low rxelab_test_mid rxelab_test_top"};
	struct rx_ledger ledger;
	struct rx_err err = {0};
	size_t id;

	assert_int_equal(rx_ledger_open_host(&ledger, &err), 0);
	assert_int_equal(rx_ledger_intent(&ledger, &op, &id, &err), 0);
	assert_int_equal(rx_ledger_done(&ledger, id, &op, &err), 0);
	rx_ledger_close(&ledger);
}

static bool host_ledger_is_there(void)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};
	int rc = rx_ledger_open(RX_HOST_LEDGER, false, &ledger, &err);

	if (!rc)
		rx_ledger_close(&ledger);
	return !rc;
}

static void the_last_lab_alone_gives_the_host_back(void **state)
{
	const struct rx_ledger_header header = {.lab = "t",
						.plane = RX_PLANE_NETNS,
						.rdma_mode = RX_RDMA_SHARED};
	const struct rx_host_hooks hooks = {.warn = NULL};
	char folder[] = "/tmp/rxelab-host-XXXXXX";
	struct rx_ledger ledger;
	struct rx_err err = {0};

	(void)state;
	rx_state_dir = mkdtemp(folder);
	assert_non_null(rx_state_dir);
	bring_in();
	assert_int_equal(rx_ledger_create("t", &header, "", &ledger, &err), 0);
	rx_ledger_close(&ledger);
	assert_int_equal(rx_host_release(&hooks, &err), 0);
	assert_string_equal(fake_gone, "");
	assert_true(host_ledger_is_there());

	assert_int_equal(rx_ledger_remove("t", &err), 0);
	assert_int_equal(rx_host_release(&hooks, &err), 0);
	assert_string_equal(fake_gone, " top mid low");
	assert_false(host_ledger_is_there());
	assert_int_equal(access(folder, F_OK), -1); /* it goes with the last */
}

static void put_netdev(const char *name, const char *kind)
{
	struct nlmsghdr *reply = begin(RTM_NEWLINK, NLM_F_MULTI);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));
	struct nlattr *info;

	body->ifi_index = (int)peer.n + 1;
	mnl_attr_put_strz(reply, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(reply, IFLA_LINKINFO);
	mnl_attr_put_strz(reply, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(reply, info);
	finish(reply);
}

/* The kernel unloads macvlan under somebody's macvlans. */
static void a_module_with_netdevs_has_users(void **state)
{
	struct rx_err err = {0};

	(void)state;
	peer.same_again = true; /* in each namespace */
	put_netdev("theirs0", "macvlan");
	put_netdev("theirs1", "veth");
	put_done();
	assert_int_equal(rx_module_users("macvlan", &err), -EUSERS);
	assert_string_equal(err.id, "module-busy");
	assert_non_null(strstr(err.text, "theirs0"));
	assert_int_equal(rx_module_users("veth", &err), -EUSERS);
	assert_non_null(strstr(err.text, "theirs1"));
	assert_int_equal(rx_module_users("bridge", &err), 0);
}

/* ---- the RDMA mode ---- */

static void put_mode(bool shared)
{
	struct nlmsghdr *reply = begin(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_SYS_GET), 0);

	mnl_attr_put_u8(reply, RDMA_NLDEV_SYS_ATTR_NETNS_MODE, shared);
	finish(reply);
}

/* What the kernel was asked last, when the mode that was before is put back. */
static unsigned last_command(const char *before)
{
	const struct rx_op op = {.kind = RX_OP_RDMA_MODE, .name = "netns"};
	struct rx_op undone = op;
	struct rx_apply apply = {.workers = 1};
	struct rx_worker worker;
	struct rx_err err = {0};

	snprintf(undone.before, sizeof(undone.before), "%s", before);
	rx_worker_init(&worker, &apply);
	assert_int_equal(rx_op_rdma_mode.undo(&worker, &undone, true, &err), 0);
	rx_worker_close(&worker);
	return RDMA_NL_GET_OP(((const struct nlmsghdr *)peer.sent)->nlmsg_type);
}

static void the_mode_is_put_back(void **state)
{
	const struct nlattr *attr = mnl_nlmsg_get_payload((const struct nlmsghdr *)peer.sent);

	(void)state;
	put_mode(false);
	put_ack(0, NULL);
	assert_int_equal(last_command("shared"), RDMA_NLDEV_CMD_SYS_SET);
	assert_int_equal(mnl_attr_get_type(attr), RDMA_NLDEV_SYS_ATTR_NETNS_MODE);
	assert_int_equal(mnl_attr_get_u8(attr), 1);
}

static void a_mode_that_is_back_is_left_alone(void **state)
{
	(void)state;
	put_mode(true);
	assert_int_equal(last_command("shared"), RDMA_NLDEV_CMD_SYS_GET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_module_goes_before_what_it_needs, all_loaded),
		cmocka_unit_test_setup(the_last_lab_alone_gives_the_host_back, all_loaded),
		cmocka_unit_test_setup(a_module_with_netdevs_has_users, all_loaded),
		cmocka_unit_test_setup(the_mode_is_put_back, all_loaded),
		cmocka_unit_test_setup(a_mode_that_is_back_is_left_alone, all_loaded),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
