/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs share is given back by the last of them, in every order of going, on a model of the
 * kernel (model-kernel.h): the MTU of the parent, a bridge and the parent as its port. No root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

static const char *bridge = "rxls"; /* its name now */

/* All three want the MTU, and a bridge with eth0 as its port. */
static int try_come(int i)
{
	int there = model_link(bridge, 0), rc;
	struct rx_plan plan = {0};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_apply apply;
	struct rx_op *op = plan_op(&plan, RX_OP_MTU, "eth0");

	op->mtu = wants[i].mtu;
	op->ifindex = model.link[0].index;
	op = plan_op(&plan, RX_OP_LINK, bridge);
	snprintf(op->link_kind, sizeof(op->link_kind), "bridge");
	op->ifindex = there < 0 ? 0 : model.link[there].index;
	op = plan_op(&plan, RX_OP_MASTER, "eth0");
	snprintf(op->master, sizeof(op->master), "%s", bridge);
	op->ifindex = model.link[0].index;
	host(&ledger, &apply);
	rc = rx_shared_apply(&apply, &plan, wants[i].lab, &err);
	if (rc)
		print_message("lab %s: %s\n", wants[i].lab, err.text);
	rx_ledger_close(&ledger);
	rx_plan_free(&plan);
	return rc;
}

static int try_go(int i)
{
	int rc;
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_apply apply;

	host(&ledger, &apply);
	rc = rx_shared_undo(&apply, wants[i].lab, &err);
	if (rc)
		print_message("lab %s: %s\n", wants[i].lab, err.text);
	rx_ledger_close(&ledger);
	return rc;
}

static void come(int i)
{
	assert_int_equal(try_come(i), 0);
}

static void go(int i)
{
	assert_int_equal(try_go(i), 0);
}

static void new_model(void)
{
	struct rx_err err;

	bridge = "rxls";
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
	int at = model_link(bridge, 0);

	assert_int_equal(model.link[0].mtu, largest(there));
	assert_int_equal(at >= 0, any);
	assert_int_equal(model.link[0].master, any ? model.link[at].index : 0);
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

/* Of what is recorded and not replaced, all is there: inspect finds nothing amiss. */
static void check_recorded(void)
{
	struct rx_ledger ledger;
	struct rx_apply apply;

	host(&ledger, &apply);
	for (size_t i = 0; i < ledger.n; i++) {
		const struct rx_op *op = &ledger.entries[i].op;

		if (ledger.entries[i].state != RX_ENTRY_DONE || rx_shared_replaced(&ledger, i))
			continue;
		assert_true(model_link(NULL, op->ifindex) >= 0);
		if (op->master[0])
			assert_true(model_link(op->master, 0) >= 0);
	}
	rx_ledger_close(&ledger);
}

/* The netdevs have other indices or another name than the ledger says: up records them anew. */
static void up_knows_them_again(void **state)
{
	const bool both[3] = {true, true, false}, none[3] = {false};
	int at;

	(void)state;
	new_model();
	come(0);
	come(1);
	model.link[model_link(bridge, 0)].index = 0;
	model.link[0].master = 0;
	model.link[0].index = ++model.last_index; /* the card was taken out and put in */
	model.link[0].mtu = MODEL_MTU;
	come(0);
	come(1);
	check(both);
	check_recorded();
	at = model_link(bridge, 0);
	bridge = "renamed0";
	snprintf(model.link[at].name, IFNAMSIZ, "%s", bridge);
	come(1);
	come(0);
	check(both);
	check_recorded();
	assert_int_equal(model_count(), 2);
	go(0);
	go(1);
	check(none);
}

/* ---- a kill at each boundary ---- */

static struct model *survivor; /* what the kernel has when the command is dead */
static int left;

static void die_at_last(const char *where)
{
	(void)where;
	if (left--)
		return;
	*survivor = model;
	_exit(9);
}

/* Whether a kill at that boundary of it found it at work. */
static bool killed(int (*what)(int), int lab, int at)
{
	pid_t pid = fork();
	int status, rc;

	assert_true(pid >= 0);
	if (!pid) {
		left = at;
		rx_boundary_hook = die_at_last;
		rc = what(lab);
		*survivor = model;
		_exit(rc ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == 9));
	model = *survivor;
	return WEXITSTATUS(status) == 9;
}

static const struct {
	int (*what)(int);
	int lab;
} steps[] = {{try_come, 0}, {try_come, 1}, {try_go, 1}, {try_go, 0}};

/* What is left is given back when the labs go, in whichever order. */
static void nothing_stays_after_a_kill(void **state)
{
	const bool none[3] = {false};
	unsigned kills = 0;

	(void)state;
	for (size_t step = 0; step < RX_ARRAY_SIZE(steps); step++)
		for (int first = 0; first < 2; first++)
			for (int rest = 0; rest < 2; rest++) {
				bool dead = true;

				for (int at = 0; dead; at++) {
					new_model();
					for (size_t i = 0; i < step; i++)
						assert_int_equal(steps[i].what(steps[i].lab), 0);
					dead = killed(steps[step].what, steps[step].lab, at);
					kills += dead;
					if (rest && steps[step].what == try_come)
						come(1 - steps[step].lab);
					go(first);
					go(1 - first);
					check(none);
					assert_int_equal(model_count(), 1);
				}
			}
	assert_true(kills > 50);
}

/* A lab of rxelab 0.1, whose own ledger has the MTU that it raised, beside one of today. */
static void a_lab_of_an_earlier_version_counts(void **state)
{
	struct rx_entry raised = {.state = RX_ENTRY_DONE,
				  .op = {.kind = RX_OP_MTU,
					 .name = "eth0",
					 .ifindex = 1,
					 .mtu = 4000,
					 .before = "1500"}};
	struct rx_ledger old = {.header = {.lab = "old"}, .entries = &raised, .n = 1}, ledger;
	struct rx_err err = {0};
	struct rx_apply apply;

	(void)state;
	for (int first = 0; first < 2; first++) {
		new_model();
		model.link[0].mtu = 4000;
		for (int again = 0; again < 2; again++) {
			host(&ledger, &apply);
			assert_int_equal(rx_shared_adopt(&ledger, &old, &err), 1);
			assert_int_equal(rx_ledger_live(&ledger), 1);
			rx_ledger_close(&ledger);
		}
		come(1);
		assert_int_equal(model.link[0].mtu, wants[1].mtu);
		if (first)
			go(1);
		assert_int_equal(model.link[0].mtu, first ? 4000 : wants[1].mtu);
		host(&ledger, &apply);
		assert_int_equal(rx_shared_undo(&apply, "old", &err), 0);
		rx_ledger_close(&ledger);
		if (!first)
			go(1);
		assert_int_equal(model.link[0].mtu, MODEL_MTU);
	}
	new_model();
	snprintf(old.header.nonce, sizeof(old.header.nonce), "12345678");
	host(&ledger, &apply);
	assert_int_equal(rx_shared_adopt(&ledger, &old, &err), 0);
	rx_ledger_close(&ledger);
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
	survivor = mmap(NULL, sizeof(*survivor), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	return survivor == MAP_FAILED;
}

static int tear_down(void **state)
{
	struct rx_err err;

	(void)state;
	rx_ledger_remove(RX_HOST_LEDGER, &err);
	remove_state_folder();
	munmap(survivor, sizeof(*survivor));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given_back_by_the_last),
		cmocka_unit_test(changed_by_others_stays),
		cmocka_unit_test(made_again),
		cmocka_unit_test(up_knows_them_again),
		cmocka_unit_test(nothing_stays_after_a_kill),
		cmocka_unit_test(a_full_disk_keeps_no_lab),
		cmocka_unit_test(a_lab_of_an_earlier_version_counts),
	};

	return cmocka_run_group_tests_name("shared", tests, set_up, tear_down);
}
