/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which container an endpoint may live in, as far as this process can stand for one; and where the
 * ledger says that one lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/lab/container.h"
#include "tools/lab/reconcile.h"

static int found(enum rx_container_kind kind, const char *name, const char *id)
{
	struct rx_container container = {.kind = kind};
	struct rx_container_fact fact;
	struct rx_err err = {.text = ""};
	int rc;

	snprintf(container.id, sizeof(container.id), "%s", name);
	rc = rx_container_find(&container, &fact, &err);
	assert_string_equal(err.id, id);
	if (!strstr(err.text, name))
		fail_msg("\"%s\" does not name \"%s\"", err.text, name);
	assert_int_equal(fact.inode, 0);
	return rc;
}

/* Its netdevs would be made in the host's namespace, and taken away with what the host has. */
static void the_hosts_own_namespace_is_refused(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(found(RX_CONTAINER_PID, pid, "container-shares-host"), -EINVAL);
	assert_int_equal(found(RX_CONTAINER_NETNS, "/proc/thread-self/ns/net",
			       "container-shares-host"),
			 -EINVAL);
}

static void what_does_not_run_is_named(void **state)
{
	(void)state;
	/* PID_MAX_LIMIT is the first number that no process has */
	assert_int_equal(found(RX_CONTAINER_PID, "4194304", "container-gone"), -ESRCH);
	assert_int_equal(found(RX_CONTAINER_NETNS, "/no/such/namespace", "container-gone"), -ESRCH);
}

/* What a reattach that was killed left: an intent of which nobody knows whether it was done. */
static void what_was_left_half_made_is_broken(void **state)
{
	struct rx_entry entries[] = {
		{.id = 0, .state = RX_ENTRY_UNDONE, .op = {.kind = RX_OP_LINK, .owner = "a"}},
		{.id = 1, .state = RX_ENTRY_DONE, .op = {.kind = RX_OP_LINK, .owner = "a"}},
		{.id = 2, .state = RX_ENTRY_INTENT, .op = {.kind = RX_OP_LINK, .owner = "b"}},
		{.id = 3, .state = RX_ENTRY_UNDONE, .op = {.kind = RX_OP_LINK, .owner = "c"}},
	};
	const struct rx_ledger ledger = {.entries = entries, .n = 4};
	struct rx_lab_place whole = rx_lab_present_place(&ledger, "a"),
			    half = rx_lab_present_place(&ledger, "b"),
			    none = rx_lab_present_place(&ledger, "c");

	(void)state;
	assert_true(whole.anything && !whole.broken);
	assert_true(half.anything && half.broken);
	assert_true(!none.anything && !none.broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_own_namespace_is_refused),
		cmocka_unit_test(what_does_not_run_is_named),
		cmocka_unit_test(what_was_left_half_made_is_broken),
	};

	return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
