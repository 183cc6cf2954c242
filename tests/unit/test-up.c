/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Up: a lab is whole or it is not there. The steps that it takes (tools/lab/steps.h) are ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/memory.h"
#include "netns/ledger/lock.h"
#include "tools/lab/reconcile.h"
#include "tools/lab/steps.h"

static struct {
	int apply; /* what comes of making it */
	unsigned made, undone, taken_down, reconciled;
	unsigned over_a_record; /* begun while a lab file of the lab was there */
	unsigned count;         /* endpoints of the lab that is asked for */
} world;

void rx_lab_catch_signals(void)
{
}

int rx_lab_lock(const char *name, double deadline, struct rx_err *err)
{
	(void)name;
	(void)deadline;
	(void)err;
	return 7;
}

void rx_unlock(const char *name, int fd, bool last)
{
	(void)name;
	(void)fd;
	(void)last;
}

int rx_host_cleanup(struct rx_err *err)
{
	(void)err;
	return 0;
}

void rx_step_warnings(const struct rx_plan *plan)
{
	(void)plan;
}

void rx_step_unexpedite(void)
{
}

char *rx_step_text(const struct rx_lab *lab)
{
	(void)lab;
	return rx_strdup("");
}

static bool has_record(void)
{
	char path[200];

	return !access(rx_ledger_path("t", "lab.yaml", path, sizeof(path)), F_OK);
}

int rx_step_decide(const struct rx_up_request *request, double deadline, struct rx_plan *plan,
		   struct rx_ledger *ledger, struct rx_err *err)
{
	const struct rx_ledger_header header = {.lab = "t",
						.plane = RX_PLANE_NETNS,
						.rdma_mode = RX_RDMA_SHARED};

	size_t stored = request->lab->n_endpoints; /* of a lab that was read */
	char yaml[100];

	(void)deadline;
	(void)plan;
	if (request->dry_run)
		return 0;
	world.over_a_record += has_record();
	snprintf(yaml, sizeof(yaml), "name: t\nparent: none\nendpoints: {count: %zu}\n",
		 stored ? stored : world.count);
	return rx_ledger_create(request->lab->name, &header, yaml, ledger, err);
}

int rx_step_apply(enum rx_apply_mode mode, struct rx_lab *lab, struct rx_plan *plan,
		  struct rx_ledger *ledger, struct rx_view *view, double deadline, size_t *changed,
		  struct rx_err *err)
{
	(void)lab;
	(void)plan;
	(void)ledger;
	(void)view;
	(void)deadline;
	(void)changed;
	assert_int_equal(mode, RX_APPLY_NEW);
	world.made++;
	return world.apply ? rx_fail(err, "kernel-refused", -world.apply, "refused") : 0;
}

static int forget(struct rx_ledger *ledger, bool keep, struct rx_err *err)
{
	int rc = rx_ledger_ending(ledger, keep, err);

	rx_ledger_close(ledger);
	return keep ? rc : rx_ledger_remove("t", err);
}

int rx_step_undo(struct rx_ledger *ledger, bool keep, struct rx_err *err)
{
	world.undone++;
	return forget(ledger, keep, err);
}

int rx_lab_undo(const char *name, bool keep, struct rx_err *err)
{
	struct rx_ledger ledger;

	world.taken_down++;
	return rx_ledger_open(name, true, &ledger, err) || forget(&ledger, keep, err) ? -err->code
										      : 0;
}

int rx_lab_reconcile(const struct rx_up_request *request, double deadline, struct rx_err *err)
{
	(void)request;
	(void)deadline;
	(void)err;
	world.reconciled++;
	return 0;
}

static char folder[] = "/tmp/rxelab-up-XXXXXX";

static int nothing_is_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.count = 1;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	rx_state_dir = mkdtemp(folder);
	return !rx_state_dir;
}

static int take_down(void **state)
{
	struct rx_err err = {0};

	(void)state;
	rx_ledger_remove("t", &err);
	rmdir(folder);
	return 0;
}

static int up(void)
{
	struct rx_lab lab = {.name = "t"};
	const struct rx_up_request request = {.lab = &lab};
	struct rx_err err = {.text = ""};

	return rx_lab_up(&request, &err);
}

static bool whole(void)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};
	bool complete;

	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), 0);
	complete = ledger.complete;
	rx_ledger_close(&ledger);
	return complete;
}

static void what_was_made_is_whole_and_stays(void **state)
{
	(void)state;
	assert_int_equal(up(), 0);
	assert_true(whole());
	assert_int_equal(up(), 0);
	assert_int_equal(world.made, 1);
	assert_int_equal(world.reconciled, 1);
	assert_int_equal(world.undone + world.taken_down, 0);
}

static void what_fails_leaves_nothing(void **state)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};

	(void)state;
	world.apply = -ENOMEM;
	assert_int_equal(up(), -ENOMEM);
	assert_int_equal(world.undone, 1);
	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), -ENOENT);
}

/* An earlier up was killed. */
static void what_is_half_made_goes_first(void **state)
{
	struct rx_lab lab = {.name = "t"};
	const struct rx_up_request request = {.lab = &lab};
	struct rx_ledger ledger;
	struct rx_err err = {0};

	(void)state;
	assert_int_equal(rx_step_decide(&request, 0, NULL, &ledger, &err), 0);
	rx_ledger_close(&ledger);
	assert_int_equal(up(), 0);
	assert_int_equal(world.taken_down, 1);
	assert_int_equal(world.made, 1);
	assert_int_equal(world.reconciled, 0);
	assert_true(whole());
}

static int replace(void)
{
	struct rx_lab lab = {.name = "t"};
	const struct rx_up_request request = {.lab = &lab, .replace = true};
	struct rx_err err = {.text = ""};

	return rx_lab_up(&request, &err);
}

static size_t recorded_endpoints(void)
{
	struct rx_lab lab = {.name = ""};
	struct rx_err err = {0};
	size_t n;

	assert_int_equal(rx_lab_stored("t", &lab, &err), 0);
	n = lab.n_endpoints;
	rx_lab_free(&lab);
	return n;
}

/* Whenever a kill comes, a lab file is there to make it from. */
static void what_is_replaced_is_never_without_a_record(void **state)
{
	(void)state;
	assert_int_equal(up(), 0);
	assert_int_equal(world.over_a_record, 0);
	assert_int_equal(replace(), 0);
	assert_int_equal(world.over_a_record, 1);
	assert_true(whole());
	assert_false(rx_ledger_is_record("t"));
	world.apply = -ENOMEM; /* neither the new one nor the old one can be made */
	world.count = 2;
	assert_int_equal(replace(), -ENOMEM);
	assert_int_equal(world.over_a_record, 3);
	assert_true(rx_ledger_is_record("t"));
	assert_int_equal(recorded_endpoints(), 1);
}

/* It is what was to be replaced until something is whole. */
static void a_record_outlives_an_up_that_fails(void **state)
{
	(void)state;
	assert_int_equal(up(), 0);
	world.apply = -ENOMEM;
	assert_int_equal(replace(), -ENOMEM);
	world.count = 2;
	assert_int_equal(up(), -ENOMEM);
	assert_true(rx_ledger_is_record("t"));
	assert_int_equal(recorded_endpoints(), 1);
	world.apply = 0;
	assert_int_equal(up(), 0);
	assert_true(whole());
	assert_int_equal(recorded_endpoints(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_made_is_whole_and_stays, nothing_is_up,
						take_down),
		cmocka_unit_test_setup_teardown(what_fails_leaves_nothing, nothing_is_up,
						take_down),
		cmocka_unit_test_setup_teardown(what_is_half_made_goes_first, nothing_is_up,
						take_down),
		cmocka_unit_test_setup_teardown(what_is_replaced_is_never_without_a_record,
						nothing_is_up, take_down),
		cmocka_unit_test_setup_teardown(a_record_outlives_an_up_that_fails, nothing_is_up,
						take_down),
	};

	return cmocka_run_group_tests_name("up", tests, NULL, NULL);
}
