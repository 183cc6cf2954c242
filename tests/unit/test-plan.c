/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is planned for a lab on a machine that is described: no kernel is asked. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

#include "netns/plan/plan.h"
#include "tests/unit/lab-test.h"

static struct rx_link_info links[4];
static struct rx_addr_info addrs[1];

/* A machine with eth0, 8 GiB and a kernel of the plane netns. */
static struct rx_facts machine(void)
{
	links[0] =
		(struct rx_link_info){.ifindex = 2, .mtu = 1500, .flags = IFF_UP, .name = "eth0"};
	links[1] = (struct rx_link_info){
		.ifindex = 3, .mtu = 1500, .flags = IFF_UP, .name = "br0", .kind = "bridge"};
	return (struct rx_facts){.netns_plane = true,
				 .can_move = true,
				 .rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30,
				 .links = links,
				 .n_links = 2,
				 .addrs = addrs};
}

static void give_address(struct rx_facts *facts, unsigned ifindex, const char *text)
{
	addrs[0] = (struct rx_addr_info){.ifindex = ifindex};
	assert_true(rx_cidr_parse(text, AF_UNSPEC, &addrs[0].addr));
	facts->n_addrs = 1;
}

static struct rx_plan planned(const char *text, const struct rx_facts *facts)
{
	struct rx_lab lab = lab_whole(text);
	struct rx_err err = {.text = ""};
	struct rx_plan plan = {0};

	if (rx_plan_make(&lab, facts, &plan, &err))
		fail_msg("%s", err.text);
	rx_lab_free(&lab);
	return plan;
}

static const struct rx_op *find(const struct rx_plan *plan, enum rx_op_kind kind, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->ops[i].kind == kind && !strcmp(plan->ops[i].name, name))
			return &plan->ops[i];
	return NULL;
}

static const char veths[] = "name: t\nparent: eth0\nlink: veth\nendpoints: {count: 2}\n";

static void a_parent_without_addresses_becomes_a_port(void **state)
{
	struct rx_facts facts = machine();
	struct rx_plan plan;

	(void)state;
	give_address(&facts, 2, "fe80::1/64");
	plan = planned(veths, &facts);
	assert_non_null(find(&plan, RX_OP_MASTER, "eth0"));
	assert_int_equal(plan.n_warnings, 0);
	rx_plan_free(&plan);
}

static void a_parent_with_addresses_is_left_alone(void **state)
{
	struct rx_facts facts = machine();
	struct rx_plan plan;

	(void)state;
	give_address(&facts, 2, "192.0.2.1/24");
	plan = planned(veths, &facts);
	assert_null(find(&plan, RX_OP_MASTER, "eth0"));
	assert_int_equal(plan.n_warnings, 1);
	assert_non_null(strstr(plan.warnings[0], "eth0"));
	rx_plan_free(&plan);
}

/* 10.77.0.1 is the first endpoint's, unless the netdev that has it is this lab's own. */
static void an_address_of_the_host_is_refused(void **state)
{
	static const struct {
		const char *alias;
		bool refused;
	} owners[] = {{"", true}, {"rxelab:u", true}, {"rxelab:t", false}};
	struct rx_lab lab = lab_whole("name: t\nparent: eth0\nendpoints: {count: 2}\n");
	struct rx_facts facts = machine();

	(void)state;
	give_address(&facts, 3, "10.77.0.1/24");
	for (size_t i = 0; i < 3; i++) {
		struct rx_plan plan = {0};
		struct rx_err err = {.text = ""};
		int rc;

		snprintf(links[1].alias, sizeof(links[1].alias), "%s", owners[i].alias);
		rc = rx_plan_make(&lab, &facts, &plan, &err);
		assert_int_equal(rc, owners[i].refused ? -EADDRINUSE : 0);
		rx_plan_free(&plan);
	}
	rx_lab_free(&lab);
}

static void an_impairment_becomes_a_qdisc(void **state)
{
	struct rx_facts facts = machine();
	struct rx_lab lab = lab_whole("name: t\nparent: eth0\nendpoints:\n"
				      "  - {name: a, impair: {delay: 2ms}}\n  - b\n");
	struct rx_plan plan = {0};
	struct rx_err err = {.text = ""};
	const struct rx_op *op;

	(void)state;
	assert_int_equal(rx_plan_make(&lab, &facts, &plan, &err), 0);
	op = find(&plan, RX_OP_QDISC, lab.nodes[0].ifaces[0].netdev);
	assert_non_null(op);
	assert_int_equal(op->impair.delay_us, 2000);
	assert_null(find(&plan, RX_OP_QDISC, lab.nodes[1].ifaces[0].netdev));
	rx_plan_free(&plan);
	rx_lab_free(&lab);
}

static void routers_forward(void **state)
{
	struct rx_facts facts = machine();
	struct rx_plan plan = planned("name: t\nparent: none\ntopology: dumbbell\n"
				      "endpoints: {count: 2}\n",
				      &facts);
	const struct rx_op *op = find(&plan, RX_OP_SYSCTL, "net/ipv4/ip_forward");

	(void)state;
	assert_non_null(op);
	assert_string_equal(op->value, "1");
	rx_plan_free(&plan);
}

/* auto: shared takes about 190 MiB for 16 endpoints, exclusive a twelfth of that. */
static void exclusive_where_shared_is_dear(void **state)
{
	static const char text[] = "name: t\nparent: eth0\nendpoints: {count: 16}\n";
	struct rx_facts facts = machine();
	struct rx_plan plan = planned(text, &facts);

	(void)state;
	assert_int_equal(plan.rdma_mode, RX_RDMA_SHARED);
	rx_plan_free(&plan);
	facts.mem_available = 400ull << 20;
	plan = planned(text, &facts);
	assert_int_equal(plan.rdma_mode, RX_RDMA_EXCLUSIVE);
	rx_plan_free(&plan);
	facts.rdma_mode_fixed = true;
	plan = planned(text, &facts);
	assert_int_equal(plan.rdma_mode, RX_RDMA_SHARED);
	rx_plan_free(&plan);
}

/* What does not fit is refused with its reason, memory, and a way out that this plane has. */
static void too_little_memory(void **state)
{
	static const char text[] = "name: t\nparent: eth0\nendpoints: {count: 64}\n";
	struct rx_lab lab = lab_whole(text);
	struct rx_facts facts = machine();
	struct rx_plan plan = {0};
	struct rx_err err = {0};

	(void)state;
	facts.mem_available = 7ull << 30;
	facts.rdma_mode_fixed = true;
	facts.namespaces = 200;
	for (int hosted = 0; hosted < 2; hosted++) {
		facts.netns_plane = !hosted;
		assert_true(rx_plan_make(&lab, &facts, &plan, &err) < 0);
		assert_string_equal(err.id, "memory-short");
		assert_non_null(strstr(err.text, " 7168 MiB"));
		assert_int_equal(!strstr(err.text, "--rdma-netns exclusive"), hosted);
		assert_int_equal(!strstr(err.text, "--control none"), !hosted);
		rx_plan_free(&plan);
	}
	rx_lab_free(&lab);
}

/* A veth lab on that parent: its bridge. */
static const struct rx_op *bridge_on(const char *parent, const struct rx_facts *facts,
				     struct rx_plan *plan)
{
	char text[100];

	snprintf(text, sizeof(text), "name: t\nparent: %s\nlink: veth\nendpoints: {count: 2}\n",
		 parent);
	*plan = planned(text, facts);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->ops[i].kind == RX_OP_LINK && plan->ops[i].phase == RX_PHASE_HOST)
			return &plan->ops[i];
	fail_msg("no bridge is planned");
	return NULL;
}

/* A lab came on eth0, which then was renamed to wan0; another netdev is eth0 now. */
static void a_bridge_stays_with_its_wire(void **state)
{
	struct rx_op wants[2] = {{.kind = RX_OP_LINK, .ifindex = 5, .link_kind = "bridge"},
				 {.kind = RX_OP_MASTER, .ifindex = 4, .name = "eth0"}};
	struct rx_facts facts = machine();
	struct rx_plan plan;

	(void)state;
	snprintf(wants[0].name, IFNAMSIZ, "%s", bridge_on("eth0", &facts, &plan)->name);
	memcpy(wants[1].master, wants[0].name, IFNAMSIZ);
	rx_plan_free(&plan);
	links[2] = (struct rx_link_info){
		.ifindex = 4, .mtu = 1500, .flags = IFF_UP, .name = "wan0", .master = 5};
	links[3] = (struct rx_link_info){.ifindex = 5, .mtu = 1500, .kind = "bridge"};
	memcpy(links[3].name, wants[0].name, IFNAMSIZ);
	snprintf(links[3].alias, sizeof(links[3].alias), "rxelab:.host:12345678");
	facts.n_links = 4;
	facts.wants = wants;
	facts.n_wants = 2;
	assert_string_not_equal(bridge_on("eth0", &facts, &plan)->name, wants[0].name);
	rx_plan_free(&plan);
	assert_int_equal(bridge_on("wan0", &facts, &plan)->ifindex, 5);
	rx_plan_free(&plan);
	links[2].master = 0; /* somebody took it out of the bridge */
	assert_int_equal(bridge_on("wan0", &facts, &plan)->ifindex, 5);
	rx_plan_free(&plan);
	snprintf(links[3].name, IFNAMSIZ, "renamed0"); /* and renamed that */
	assert_string_equal(bridge_on("wan0", &facts, &plan)->name, "renamed0");
	rx_plan_free(&plan);
	assert_string_not_equal(bridge_on("eth0", &facts, &plan)->name, wants[0].name);
	rx_plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parent_without_addresses_becomes_a_port),
		cmocka_unit_test(a_parent_with_addresses_is_left_alone),
		cmocka_unit_test(an_address_of_the_host_is_refused),
		cmocka_unit_test(an_impairment_becomes_a_qdisc),
		cmocka_unit_test(routers_forward),
		cmocka_unit_test(exclusive_where_shared_is_dear),
		cmocka_unit_test(a_bridge_stays_with_its_wire),
		cmocka_unit_test(too_little_memory),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
