/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs share is given back by the last of them, in every order of going, on a model of the
 * kernel (model-kernel.h): the MTU of the parent, a bridge and the parent as its port. No root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "netns/apply/shared.h"
#include "netns/base/cleanup.h"
#include "tests/unit/model-kernel.h"
#include "tests/unit/state-folder.h"

static const struct {
	const char *lab;
	unsigned mtu;
} wants[] = {{"a", 2000}, {"b", 9000}, {"c", 1600}};

static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static struct rx_op *plan_op(struct rx_plan *plan, enum rx_op_kind kind, const char *name)
{
	struct rx_op *op = rx_plan_add(plan, kind, RX_PHASE_HOST, 0);

	snprintf(op->name, sizeof(op->name), "%s", name);
	return op;
}

static void host(struct rx_ledger *ledger, struct rx_apply *apply)
{
	struct rx_err err = {0};

	if (rx_ledger_open_host(ledger, &err))
		fail_msg("%s", err.text);
	*apply =
		(struct rx_apply){.mode = RX_APPLY_MISSING, .types = rx_op_types, .ledger = ledger};
}

/* All three want the MTU, and a bridge with eth0 as its port. */
static void come(int i)
{
	struct rx_plan plan = {0};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_apply apply;
	struct rx_op *op = plan_op(&plan, RX_OP_MTU, "eth0");

	op->mtu = wants[i].mtu;
	op->ifindex = 1;
	snprintf(plan_op(&plan, RX_OP_LINK, "rxls")->link_kind, sizeof(op->link_kind), "bridge");
	op = plan_op(&plan, RX_OP_MASTER, "eth0");
	snprintf(op->master, sizeof(op->master), "rxls");
	op->ifindex = 1;
	host(&ledger, &apply);
	if (rx_shared_apply(&apply, &plan, wants[i].lab, &err))
		fail_msg("lab %s: %s", wants[i].lab, err.text);
	rx_ledger_close(&ledger);
	rx_plan_free(&plan);
}

static void go(int i)
{
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_apply apply;

	host(&ledger, &apply);
	if (rx_shared_undo(&apply, wants[i].lab, &err))
		fail_msg("lab %s: %s", wants[i].lab, err.text);
	rx_ledger_close(&ledger);
}

static void new_model(void)
{
	struct rx_err err;

	memset(&model, 0, sizeof(model));
	model_new_link("eth0", "");
	rx_ledger_remove(RX_HOST_LEDGER, &err);
}

static unsigned largest(const bool there[3])
{
	unsigned mtu = MODEL_MTU;

	for (int i = 0; i < 3; i++)
		if (there[i] && wants[i].mtu > mtu)
			mtu = wants[i].mtu;
	return mtu;
}

static void check(const bool there[3])
{
	bool any = there[0] || there[1] || there[2];
	int bridge = model_link("rxls", 0);

	assert_int_equal(model.link[0].mtu, largest(there));
	assert_int_equal(bridge >= 0, any);
	assert_int_equal(model.link[0].master, any ? model.link[bridge].index : 0);
}

static void given_back_by_the_last(void **state)
{
	(void)state;
	for (size_t in = 0; in < RX_ARRAY_SIZE(orders); in++)
		for (size_t out = 0; out < RX_ARRAY_SIZE(orders); out++) {
			bool there[3] = {false};

			new_model();
			for (int k = 0; k < 3; k++) {
				come(orders[in][k]);
				there[orders[in][k]] = true;
				check(there);
			}
			come(orders[in][0]); /* up on a lab that is up */
			check(there);
			for (int k = 0; k < 3; k++) {
				go(orders[out][k]);
				there[orders[out][k]] = false;
				check(there);
			}
		}
}

/* What somebody else has set since is his. */
static void changed_by_others_stays(void **state)
{
	(void)state;
	new_model();
	come(0);
	model.link[0].mtu = 1234;
	model.link[0].master = 0;
	go(0);
	assert_int_equal(model.link[0].mtu, 1234);
	assert_int_equal(model.link[0].master, 0);
	assert_int_equal(model_count(), 1);
}

/* A bridge that somebody deleted is made again by the next up, and goes with the last lab. */
static void made_again(void **state)
{
	const bool all[3] = {true, true, false}, one[3] = {true, false, false}, none[3] = {false};

	(void)state;
	new_model();
	come(0);
	come(1);
	model.link[model_link("rxls", 0)].index = 0;
	model.link[0].master = 0;
	come(1);
	check(all);
	go(1);
	check(one);
	go(0);
	check(none);
}

/* The down of b was killed when it had lowered the MTU to what a wants, before it was noted. */
static void an_undo_that_was_killed_loses_no_mtu(void **state)
{
	(void)state;
	new_model();
	come(0);
	come(1);
	model.link[0].mtu = wants[0].mtu;
	go(0);
	go(1);
	assert_int_equal(model.link[0].mtu, MODEL_MTU);
}

/* /run is full: what was given back cannot be noted, and is given back all the same. */
static void a_full_disk_keeps_no_lab(void **state)
{
	const bool none[3] = {false};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_apply apply;

	(void)state;
	new_model();
	come(0);
	host(&ledger, &apply);
	close(ledger.fd);
	ledger.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(rx_shared_undo(&apply, wants[0].lab, &err), 0);
	rx_ledger_close(&ledger);
	check(none);
}

static int set_up(void **state)
{
	(void)state;
	if (make_state_folder())
		return -1;
	rx_nl_transport = &model_transport;
	return 0;
}

static int tear_down(void **state)
{
	struct rx_err err;

	(void)state;
	rx_ledger_remove(RX_HOST_LEDGER, &err);
	remove_state_folder();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given_back_by_the_last),
		cmocka_unit_test(changed_by_others_stays),
		cmocka_unit_test(made_again),
		cmocka_unit_test(an_undo_that_was_killed_loses_no_mtu),
		cmocka_unit_test(a_full_disk_keeps_no_lab),
	};

	return cmocka_run_group_tests_name("shared", tests, set_up, tear_down);
}
