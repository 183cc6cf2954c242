/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apply, ledger and undo on a kernel that is a set of names: fails operation k, for every k, and is
 * killed at every boundary, and in each case undo must leave the set empty. No root, no kernel
 * object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "tests/unit/object-set.h"
#include "tests/unit/state-folder.h"

/* A lab of a router and endpoints on two VLANs: every layer of the plan is in it. */
static const char lab_text[] =
	"name: t\nparent: eth0\nnetworks:\n  red: {vlan: 10, subnet: 10.1.0.0/24}\n"
	"  blue: {vlan: 20, subnet: 10.2.0.0/24, link: veth}\nrouters:\n"
	"  - {name: r1, networks: [red, blue]}\n"
	"endpoints:\n  - {name: a, network: red}\n  - {name: b, network: blue}\n"
	"  - {name: m, networks: [red, blue]}\n";

static void make_plan(struct rx_lab *lab, struct rx_plan *plan, enum rx_rdma_mode mode)
{
	static struct rx_link_info eth0 = {
		.ifindex = 2, .mtu = 1500, .flags = IFF_UP, .name = "eth0"};
	struct rx_facts facts = {.netns_plane = true,
				 .can_move = true,
				 .rdma_mode = mode,
				 .namespaces = 1,
				 .mem_available = 8ull << 30,
				 .links = &eth0,
				 .n_links = 1};
	struct rx_err err = {0};

	memset(lab, 0, sizeof(*lab));
	memset(plan, 0, sizeof(*plan));
	if (rx_lab_parse(lab_text, strlen(lab_text), "t.yaml", lab, &err) ||
	    rx_lab_complete(lab, &err) || rx_plan_make(lab, &facts, plan, &err))
		fail_msg("%s", err.text);
}

static int run(struct rx_lab *lab, struct rx_plan *plan, unsigned workers, struct rx_err *err)
{
	struct rx_ledger_header header = {.lab = "t",
					  .plane = RX_PLANE_NETNS,
					  .rdma_mode = RX_RDMA_SHARED};
	struct rx_apply apply = {.lab = lab, .types = fake_types, .workers = workers};
	struct rx_ledger ledger;
	int rc;

	if (rx_ledger_create("t", &header, lab_text, &ledger, err))
		return -err->code;
	apply.ledger = &ledger;
	rc = rx_apply_plan(&apply, plan, NULL, err);
	if (!rc)
		rc = rx_ledger_complete(&ledger, err);
	rx_ledger_close(&ledger);
	return rc;
}

/* As `down` does after a kill: from the file, not from memory. */
static void undo(void)
{
	struct rx_apply apply = {.types = fake_types};
	struct rx_ledger ledger;
	struct rx_err err = {0};

	if (rx_ledger_open("t", true, &ledger, &err)) {
		assert_int_equal(err.code, ENOENT);
		return;
	}
	apply.ledger = &ledger;
	if (rx_undo(&apply, &err))
		fail_msg("%s", err.text);
	rx_ledger_close(&ledger);
	if (rx_ledger_remove("t", &err))
		fail_msg("%s", err.text);
}

static void nothing_left(const char *when, int k)
{
	char path[200];

	assert_false(fake.disorder);
	if (fake.n)
		fail_msg("%s %d: %zu objects are left, the first is %s", when, k, fake.n,
			 fake.key[0]);
	assert_int_not_equal(access(rx_ledger_path("t", "", path, sizeof(path)), F_OK), 0);
}

static void fail_each(enum rx_rdma_mode mode, unsigned workers)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	struct rx_plan plan;

	make_plan(&lab, &plan, mode);
	assert_true(plan.n > 40);
	for (fake.fail_at = 1; fake.fail_at <= (int)plan.n; fake.fail_at++) {
		fake.applied = 0;
		assert_int_equal(run(&lab, &plan, workers, &err), -ENOMEM);
		assert_non_null(strstr(err.text, "refused by the test"));
		undo();
		nothing_left("failed at operation", fake.fail_at);
	}
	fake.fail_at = 0;
	assert_int_equal(run(&lab, &plan, workers, &err), 0);
	assert_true(fake.n > 12);
	undo();
	nothing_left("whole lab", 0);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static void fails_at_every_operation(void **state)
{
	(void)state;
	fail_each(RX_RDMA_SHARED, 1);
	fail_each(RX_RDMA_EXCLUSIVE, 1);
	fail_each(RX_RDMA_EXCLUSIVE, 4);
}

static int boundary_count, boundary_stop;

static void count_boundary(const char *where)
{
	(void)where;
	if (++boundary_count == boundary_stop)
		_exit(9); /* no destructor, no flush: as SIGKILL */
}

static bool is_recorded(const struct rx_op *op)
{
	return rx_op_types[op->kind]->undo || rx_op_types[op->kind]->looked_for;
}

/* No intent follows it in its chain that could take its note along. */
static bool is_noted_alone(const struct rx_plan *plan, size_t i)
{
	const struct rx_op *op = &plan->ops[i];

	for (size_t k = i + 1; k < plan->n; k++)
		if (plan->ops[k].phase == op->phase && plan->ops[k].chain == op->chain)
			return !is_recorded(&plan->ops[k]);
	return true;
}

static void killed_at_every_boundary(void **state)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	struct rx_plan plan;
	int status, kills = 0, alone = 0, recorded = 0, objects = 0;

	(void)state;
	make_plan(&lab, &plan, RX_RDMA_EXCLUSIVE);
	for (size_t i = 0; i < plan.n; i++) {
		recorded += is_recorded(&plan.ops[i]);
		objects += rx_op_types[plan.ops[i].kind]->undo != NULL;
		alone += is_recorded(&plan.ops[i]) && is_noted_alone(&plan, i);
	}
	for (boundary_stop = 1;; boundary_stop++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			boundary_count = 0;
			fake.will_die = true;
			rx_boundary_hook = count_boundary;
			_exit(run(&lab, &plan, 1, &err) ? 1 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		load();
		undo();
		nothing_left("killed at boundary", boundary_stop);
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			break;
		assert_int_equal(WEXITSTATUS(status), 9);
		kills++;
	}
	/* one at each operation, two more where it is recorded, one where it has made something,
	 * one after a note of its own; state folder and journal, aside and in place; the lab noted
	 * as whole */
	assert_int_equal(kills, (int)plan.n + 2 * recorded + objects + alone + 5);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static void reconcile_makes_what_is_missing(void **state)
{
	struct rx_apply apply = {.types = fake_types, .workers = 1, .mode = RX_APPLY_MISSING};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_lab lab;
	struct rx_plan plan;
	size_t changed, all;

	(void)state;
	make_plan(&lab, &plan, RX_RDMA_SHARED);
	assert_int_equal(run(&lab, &plan, 1, &err), 0);
	all = fake.n;
	for (size_t missing = 0; missing < 3; missing++) {
		fake.n = all - missing;
		assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
		assert_true(ledger.complete);
		apply.lab = &lab;
		apply.ledger = &ledger;
		assert_int_equal(rx_apply_plan(&apply, &plan, &changed, &err), 0);
		assert_int_equal(changed, missing);
		rx_ledger_close(&ledger);
		assert_int_equal(fake.n, all);
	}
	undo();
	nothing_left("reconciled", 0);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

/* Something of that name that is not in the ledger is a stranger's: refused, and left by undo. */
static void strangers_object_stays(void **state)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	make_plan(&lab, &plan, RX_RDMA_SHARED);
	fake.n = 1;
	for (size_t i = 0; i < plan.n; i++)
		if (plan.ops[i].kind == RX_OP_NETNS)
			rx_op_key(&plan.ops[i], fake.key[0], sizeof(fake.key[0]));
	assert_int_equal(run(&lab, &plan, 1, &err), -EEXIST);
	undo();
	assert_int_equal(fake.n, 1);
	fake.n = 0;
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

/* ---- endpoints in containers ---- */

static const char container_text[] =
	"name: t\nparent: eth0\nendpoints:\n"
	"  - {name: a, container: {lxc: c1}}\n"
	"  - {name: b}\n  - {name: c, container: {podman: c2, netdev: roce7}}\n";

/* c1 runs as process 77, c2 does not run. */
static void make_container_plan(struct rx_lab *lab, struct rx_plan *plan, const char *only)
{
	static struct rx_link_info eth0 = {
		.ifindex = 2, .mtu = 1500, .flags = IFF_UP, .name = "eth0"};
	static struct rx_container_fact containers[3] = {
		{.pid = 77, .inode = 4026531999, .netns = "/proc/77/ns/net", .own_dev = true}};
	struct rx_facts facts = {.netns_plane = true,
				 .rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30,
				 .links = &eth0,
				 .n_links = 1,
				 .containers = containers,
				 .only = only};
	struct rx_err err = {0};

	memset(lab, 0, sizeof(*lab));
	memset(plan, 0, sizeof(*plan));
	if (rx_lab_parse(container_text, strlen(container_text), "t.yaml", lab, &err) ||
	    rx_lab_complete(lab, &err) || rx_plan_make(lab, &facts, plan, &err))
		fail_msg("%s", err.text);
}

static size_t count_ops(const struct rx_plan *plan, const char *owner, enum rx_op_kind kind,
			const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < plan->n; i++)
		n += !strcmp(plan->ops[i].owner, owner) && plan->ops[i].kind == kind &&
		     (!name || !strcmp(plan->ops[i].name, name));
	return n;
}

static void container_gets_netdev_and_devices(void **state)
{
	struct rx_lab lab;
	struct rx_plan plan;
	size_t i;

	(void)state;
	make_container_plan(&lab, &plan, NULL);
	assert_int_equal(count_ops(&plan, "a", RX_OP_LINK, "rdma0"), 1);
	assert_int_equal(count_ops(&plan, "a", RX_OP_UP, "lo"), 0);
	assert_int_equal(count_ops(&plan, "a", RX_OP_DEV_DIR, "/dev/infiniband"), 1);
	assert_int_equal(count_ops(&plan, "a", RX_OP_DEVICE, "rxl.t.a"), 1);
	assert_int_equal(count_ops(&plan, "a", RX_OP_DEVICE, "rdma_cm"), 1);
	assert_int_equal(count_ops(&plan, "b", RX_OP_DEVICE, NULL), 0);
	assert_int_equal(count_ops(&plan, "b", RX_OP_LINK, lab.nodes[1].ifaces[0].netdev), 1);
	assert_string_equal(lab.nodes[2].ifaces[0].inside, "roce7");
	for (i = 0; i < plan.n; i++) {
		assert_string_not_equal(plan.ops[i].owner, "c");
		if (!strcmp(plan.ops[i].owner, "a") && plan.ops[i].kind == RX_OP_NETNS)
			assert_int_equal(rx_op_container(&plan.ops[i]), 4026531999);
	}
	assert_int_equal(plan.n_warnings, 1);
	assert_non_null(strstr(plan.warnings[0], "podman c2"));
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

/* Of a container that nobody asked about nothing is said. */
static void only_one_container_is_spoken_of(void **state)
{
	static const struct {
		const char *only;
		size_t warnings;
	} cases[] = {{"a", 0}, {"c", 1}, {NULL, 1}};
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_container_plan(&lab, &plan, cases[i].only);
		assert_int_equal(plan.n_warnings, cases[i].warnings);
		assert_true(count_ops(&plan, "a", RX_OP_LINK, NULL) &&
			    count_ops(&plan, "a", RX_OP_NEIGHBOURS, NULL));
		rx_plan_free(&plan);
		rx_lab_free(&lab);
	}
}

/* What was undone for one endpoint stays undone for whoever reads the ledger next, and the others
 * stay. */
static void one_endpoint_is_undone(void **state)
{
	const struct rx_container elsewhere = {.kind = RX_CONTAINER_PID,
					       .id = "4711",
					       .netdev = "x0"};
	struct rx_apply apply = {.types = fake_types};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	struct rx_lab lab;
	struct rx_plan plan;
	size_t i, live;

	(void)state;
	make_container_plan(&lab, &plan, NULL);
	assert_int_equal(run(&lab, &plan, 1, &err), 0);
	assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
	apply.ledger = &ledger;
	assert_int_equal(rx_undo_owner(&apply, "a", &err), 0);
	assert_int_equal(rx_ledger_attach(&ledger, "b", &elsewhere, &err), 0);
	live = rx_ledger_live(&ledger);
	rx_ledger_close(&ledger);
	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), 0);
	assert_int_equal(rx_ledger_live(&ledger), live);
	for (i = 0; i < ledger.n; i++)
		assert_true(ledger.entries[i].state == RX_ENTRY_UNDONE ||
			    strcmp(ledger.entries[i].op.owner, "a"));
	rx_attachments_overlay(&ledger.attachments, &lab);
	assert_int_equal(lab.nodes[1].container.kind, RX_CONTAINER_PID);
	assert_string_equal(lab.nodes[1].container.id, "4711");
	assert_string_equal(lab.nodes[1].ifaces[0].inside, "x0");
	assert_int_equal(lab.nodes[0].container.kind, RX_CONTAINER_LXC);
	rx_ledger_close(&ledger);
	assert_true(fake.n >= 3);
	undo();
	nothing_left("one endpoint undone", 0);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static void operations_survive_the_ledger(void **state)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	struct rx_plan plan;
	struct rx_op back;

	(void)state;
	make_plan(&lab, &plan, RX_RDMA_EXCLUSIVE);
	for (size_t i = 0; i < plan.n; i++) {
		json_t *json = rx_op_to_json(&plan.ops[i]);
		char a[400], b[400];

		assert_int_equal(rx_op_from_json(json, &back, &err), 0);
		assert_string_equal(rx_op_text(&plan.ops[i], a, sizeof(a)),
				    rx_op_text(&back, b, sizeof(b)));
		assert_string_equal(rx_op_key(&plan.ops[i], a, sizeof(a)),
				    rx_op_key(&back, b, sizeof(b)));
		json_decref(json);
	}
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

/* The view finds in the ledger of an up what it compares with the kernel's (netns/view/ways.c). */
static void ways_of_a_hosted_lab_are_found_again(void **state)
{
	static const char text[] =
		"name: t\nparent: none\nsubnet6: fd77::/64\nendpoints: {count: 2}\n";
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30};
	size_t found[RX_OP_KINDS] = {0}, n, k;
	struct rx_ledger_index index;
	struct rx_lab lab = {.name = ""};
	struct rx_plan plan = {0};
	struct rx_err err = {0};
	struct rx_ledger ledger;
	char want[400], have[400];

	(void)state;
	assert_int_equal(rx_lab_parse(text, strlen(text), "t.yaml", &lab, &err), 0);
	assert_int_equal(rx_lab_complete(&lab, &err), 0);
	assert_int_equal(rx_plan_make(&lab, &facts, &plan, &err), 0);
	assert_int_equal(run(&lab, &plan, 1, &err), 0);
	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), 0);
	rx_ledger_index_make(&ledger, &index);
	for (size_t i = 0; i < plan.n; i++) {
		const struct rx_op *op = &plan.ops[i], **all;

		if (op->kind != RX_OP_ADDR && op->kind != RX_OP_ROUTE &&
		    op->kind != RX_OP_NOT_LOCAL && op->kind != RX_OP_RULE)
			continue;
		all = rx_ledger_index_all(&index, op->kind, op->name, &n);
		rx_op_key(op, want, sizeof(want));
		for (k = 0; k < n && strcmp(rx_op_key(all[k], have, sizeof(have)), want); k++)
			;
		if (k == n)
			fail_msg("%s is not in the ledger", want);
		found[op->kind]++;
	}
	assert_true(found[RX_OP_ADDR] && found[RX_OP_ROUTE] && found[RX_OP_NOT_LOCAL] &&
		    found[RX_OP_RULE]);
	rx_ledger_index_free(&index);
	rx_ledger_close(&ledger);
	undo();
	nothing_left("hosted", 0);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static int set_up(void **state)
{
	(void)state;
	if (make_state_folder())
		return -1;
	snprintf(fake.file, sizeof(fake.file), "%s.set", rx_state_dir);
	make_types();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(fake.file);
	remove_state_folder();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fails_at_every_operation),
		cmocka_unit_test(killed_at_every_boundary),
		cmocka_unit_test(reconcile_makes_what_is_missing),
		cmocka_unit_test(strangers_object_stays),
		cmocka_unit_test(container_gets_netdev_and_devices),
		cmocka_unit_test(only_one_container_is_spoken_of),
		cmocka_unit_test(one_endpoint_is_undone),
		cmocka_unit_test(operations_survive_the_ledger),
		cmocka_unit_test(ways_of_a_hosted_lab_are_found_again),
	};

	return cmocka_run_group_tests_name("apply", tests, set_up, tear_down);
}
