/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real operations on a model of the kernel (model-kernel.h): every netlink request of an up and
 * of a down fails in every way, one at a time, and each time there is one clear sentence and
 * nothing is left. No root, no kernel object. Without an argument it tests; "table" prints the row
 * of docs/dev/reliability.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "tests/unit/model-kernel.h"
#include "tests/unit/state-folder.h"

/* Two labs without namespaces, whose every operation is a netlink request: macvlans on a card,
 * veths on a bridge. */
static const char *const lab_texts[] = {
	"name: t\nparent: eth0\nplane: hosted\ncontrol: none\nmtu: 1600\nraise_parent_mtu: true\n"
	"endpoints: {count: 2}\n",
	"name: t\nparent: none\nlink: veth\nplane: hosted\ncontrol: none\nendpoints: {count: 2}\n",
};

static const struct rx_op_type *types[RX_OP_KINDS];
static int refusals, unsent, lost, garbled, clean;

static int nothing(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
{
	(void)worker;
	(void)op;
	(void)err;
	return 0;
}

static const struct rx_op_type no_op = {.apply = nothing};

static void make_plan(const char *text, struct rx_lab *lab, struct rx_plan *plan)
{
	static struct rx_link_info eth0 = {
		.ifindex = 1, .mtu = 1500, .flags = IFF_UP | IFF_RUNNING, .name = "eth0"};
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30,
				 .links = &eth0,
				 .n_links = 1};
	struct rx_err err = {0};

	memset(lab, 0, sizeof(*lab));
	memset(plan, 0, sizeof(*plan));
	if (rx_lab_parse(text, strlen(text), "t.yaml", lab, &err) || rx_lab_complete(lab, &err) ||
	    rx_plan_make(lab, &facts, plan, &err))
		fail_msg("%s", err.text);
}

static void new_model(int at, enum model_fault fault, int code)
{
	memset(&model, 0, sizeof(model));
	model_new_link("eth0", "");
	model.fault_at = at;
	model.fault = fault;
	model.fault_code = code;
}

static int up(struct rx_lab *lab, struct rx_plan *plan, struct rx_err *err)
{
	struct rx_ledger_header header = {.lab = "t",
					  .plane = RX_PLANE_HOSTED,
					  .rdma_mode = RX_RDMA_SHARED};
	struct rx_apply apply = {.lab = lab, .types = types, .workers = 1};
	struct rx_ledger ledger;
	int rc;

	if (rx_ledger_create("t", &header, "", &ledger, err))
		return -err->code;
	apply.ledger = &ledger;
	rc = rx_apply_plan(&apply, plan, NULL, err);
	rx_ledger_close(&ledger);
	return rc;
}

static int down(struct rx_err *err)
{
	struct rx_apply apply = {.types = types, .workers = 1};
	struct rx_ledger ledger;
	int rc = rx_ledger_open("t", true, &ledger, err);

	if (rc)
		return rc;
	apply.ledger = &ledger;
	rc = rx_undo(&apply, err);
	rx_ledger_close(&ledger);
	return rc ? rc : rx_ledger_remove("t", err);
}

/* One sentence: not bare, no second line, no control character. */
static void judge_sentence(const struct rx_err *err, int at)
{
	if (strlen(err->text) < 20 || !strchr(err->text, ':'))
		fail_msg("request %d: no clear sentence: \"%s\"", at, err->text);
	for (const char *c = err->text; *c; c++)
		if ((unsigned char)*c < ' ')
			fail_msg("request %d: a control character in \"%s\"", at, err->text);
}

static void must_be_empty(const char *when, int at, enum model_fault fault, int code)
{
	if (model_count() == 1 && !model.link[0].master && model.link[0].mtu == MODEL_MTU) {
		clean++;
		return;
	}
	for (int i = 1; i < MODEL_LINKS; i++)
		if (model.link[i].index)
			fail_msg("%s: request %d, fault %d, code %d: netdev %s is left", when, at,
				 fault, code, model.link[i].name);
	if (model.link[0].mtu != MODEL_MTU)
		fail_msg("%s: request %d, fault %d, code %d: the parent's MTU is %u", when, at,
			 fault, code, model.link[0].mtu);
	fail_msg("%s: request %d, fault %d, code %d: an RXE device is left", when, at, fault, code);
}

/* The at-th request of an up goes wrong. Returns whether there was one. */
static bool fail_up(struct rx_lab *lab, struct rx_plan *plan, int at, enum model_fault fault,
		    int code)
{
	struct rx_err err = {0}, second = {0};
	int rc;

	new_model(at, fault, code);
	rc = up(lab, plan, &err);
	if (rc)
		judge_sentence(&err, at);
	model.fault_at = 0;
	if (down(&second))
		fail_msg("request %d, fault %d, code %d: down: %s", at, fault, code, second.text);
	if (model.struck)
		must_be_empty("up", at, fault, code);
	return model.struck;
}

/* The at-th request of a down goes wrong: it may say so, and the next down puts it right. */
static bool fail_down(struct rx_lab *lab, struct rx_plan *plan, int at, enum model_fault fault,
		      int code)
{
	struct rx_err err = {0}, second = {0};
	int rc;

	new_model(0, fault, code);
	assert_int_equal(up(lab, plan, &err), 0);
	model.fault_at = model.requests + at;
	rc = down(&err);
	model.fault_at = 0;
	if (rc)
		judge_sentence(&err, at);
	if (rc && down(&second))
		fail_msg("request %d, fault %d, code %d: second down: %s", at, fault, code,
			 second.text);
	if (model.struck)
		must_be_empty("down", at, fault, code);
	return model.struck;
}

typedef bool fail_fn(struct rx_lab *lab, struct rx_plan *plan, int at, enum model_fault fault,
		     int code);

static void fail_everywhere(fail_fn *fail_at, enum model_fault fault, int code, int *count)
{
	struct rx_lab lab;
	struct rx_plan plan;
	int at;

	for (size_t i = 0; i < RX_ARRAY_SIZE(lab_texts); i++) {
		make_plan(lab_texts[i], &lab, &plan);
		for (at = 1; fail_at(&lab, &plan, at, fault, code); at++)
			(*count)++;
		assert_true(at > 10);
		rx_plan_free(&plan);
		rx_lab_free(&lab);
	}
}

/* EINTR is answered to a send or receive by trying again, below this transport; here it is the last
 * word. */
static const int codes[] = {EPERM, ENOMEM, EBUSY, EEXIST, ENFILE, ENODEV, EINTR, ENOBUFS};

static void every_code(fail_fn *fail_at)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(codes); i++) {
		/* "no such device" is believed when it is the kernel's own word: then there is
		 * nothing to undo */
		if (fail_at == fail_up || codes[i] != ENODEV)
			fail_everywhere(fail_at, MODEL_REFUSES, codes[i], &refusals);
		fail_everywhere(fail_at, MODEL_UNSENT, codes[i], &unsent);
		fail_everywhere(fail_at, MODEL_LOST, codes[i], &lost);
	}
	fail_everywhere(fail_at, MODEL_SHORT, 0, &garbled);
	for (int noise = 0; noise < 256; noise += 85)
		fail_everywhere(fail_at, MODEL_GARBLED, noise, &garbled);
}

static void up_fails_everywhere(void **state)
{
	(void)state;
	every_code(fail_up);
}

static void down_fails_everywhere(void **state)
{
	(void)state;
	every_code(fail_down);
}

/* A netdev that has the name and number of one of ours, and not its tag, was made by others. */
static void stays_with(const char *alias)
{
	struct rx_err err = {0};
	struct rx_lab lab;
	struct rx_plan plan;

	make_plan(lab_texts[0], &lab, &plan);
	new_model(0, MODEL_REFUSES, 0);
	assert_int_equal(up(&lab, &plan, &err), 0);
	snprintf(model.link[1].alias, sizeof(model.link[1].alias), "%s", alias);
	assert_int_equal(down(&err), 0);
	assert_int_not_equal(model.link[1].index, 0);
	assert_string_equal(model.link[1].alias, alias);
	assert_int_equal(model_count(), 2);
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static void others_netdev_stays(void **state)
{
	(void)state;
	stays_with("rxelab:another");
	stays_with("");
}

static int set_up(void **state)
{
	(void)state;
	if (make_state_folder())
		return -1;
	rx_nl_transport = &model_transport;
	memcpy(types, rx_op_types, sizeof(types));
	/* files of /proc and /sys */
	types[RX_OP_SYSCTL] = types[RX_OP_READY] = &no_op;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_state_folder();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_fails_everywhere),
		cmocka_unit_test(down_fails_everywhere),
		cmocka_unit_test(others_netdev_stays),
	};
	int failed = cmocka_run_group_tests_name("failures", tests, set_up, tear_down);

	if (argc > 1 && !strcmp(argv[1], "table"))
		printf("| netlink, model of the kernel | %d refused, %d unsent, %d answers lost, "
		       "%d short or garbled | %d | %d |\n",
		       refusals, unsent, lost, garbled, refusals + unsent + lost + garbled, clean);
	return failed;
}
