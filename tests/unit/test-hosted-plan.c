/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of the hosted plane: the order of addresses on which rdma_cm rests, and numbers of
 * tables, netdevs and marks beside those that are in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/kernel/steer.h"
#include "netns/plan/plan.h"

#define LAB "name: %s\nparent: none\nsubnet6: fd77::/64\nendpoints: {count: 3}\n"

static void make_on(const char *name, struct rx_facts facts, struct rx_lab *lab,
		    struct rx_plan *plan)
{
	struct rx_err err = {0};
	char text[200];

	memset(lab, 0, sizeof(*lab));
	memset(plan, 0, sizeof(*plan));
	snprintf(text, sizeof(text), LAB, name);
	if (rx_lab_parse(text, strlen(text), "t.yaml", lab, &err) || rx_lab_complete(lab, &err) ||
	    rx_plan_make(lab, &facts, plan, &err))
		fail_msg("%s", err.text);
	assert_int_equal(plan->plane, RX_PLANE_HOSTED);
}

static void make(const char *name, const struct rx_rule *rules, size_t n_rules, bool rp_filter,
		 struct rx_lab *lab, struct rx_plan *plan)
{
	make_on(name,
		(struct rx_facts){.rdma_mode = RX_RDMA_SHARED,
				  .namespaces = 1,
				  .mem_available = 8ull << 30,
				  .rules = (struct rx_rule *)rules,
				  .n_rules = n_rules,
				  .rp_filter = rp_filter},
		lab, plan);
}

static void forget(struct rx_lab *lab, struct rx_plan *plan)
{
	rx_plan_free(plan);
	rx_lab_free(lab);
}

/* Place of the operation of that kind on the netdev; fails where there is none. */
static size_t place(const struct rx_plan *plan, enum rx_op_kind kind, const char *netdev,
		    int family)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->ops[i].kind == kind && !strcmp(plan->ops[i].name, netdev) &&
		    (!family || plan->ops[i].addr.family == family))
			return i;
	fail_msg("nothing of kind %s on %s", rx_op_kind_name(kind), netdev);
	return 0;
}

static void own_addresses_come_before_those_of_rxe(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	for (size_t i = 0; i < lab.n_endpoints; i++) {
		const struct rx_iface *iface = &lab.nodes[i].ifaces[0];

		assert_true(place(&plan, RX_OP_RXE, iface->rdma_dev, 0) <
			    place(&plan, RX_OP_ADDR, iface->netdev, AF_INET));
		for (size_t k = 0; k < 2; k++)
			assert_true(place(&plan, RX_OP_ADDR, iface->netdev, families[k]) <
				    place(&plan, RX_OP_ADDR, iface->rxe_netdev, families[k]));
	}
	forget(&lab, &plan);
}

static void wire_has_the_index_and_mac_of_the_endpoint(void **state)
{
	struct rx_lab lab;
	struct rx_plan plan;
	const struct rx_op *own, *wire;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	own = &plan.ops[place(&plan, RX_OP_LINK, lab.nodes[1].ifaces[0].netdev, 0)];
	wire = &plan.ops[place(&plan, RX_OP_LINK, lab.nodes[1].ifaces[0].wire_netdev, 0)];
	assert_true(own < wire);
	assert_true(own->index);
	assert_string_equal(wire->twin, own->name);
	assert_string_equal(wire->twin_netns, own->netns);
	assert_memory_equal(wire->mac, own->mac, 6);
	forget(&lab, &plan);
}

/* What the plan has of tables; all of them lie in one range. */
static unsigned lowest_table(const struct rx_plan *plan)
{
	unsigned lowest = UINT32_MAX, highest = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct rx_op *op = &plan->ops[i];

		if (op->kind == RX_OP_RULE)
			assert_true(op->table);
		if (!op->table)
			continue;
		lowest = op->table < lowest ? op->table : lowest;
		highest = op->table > highest ? op->table : highest;
	}
	assert_true(highest - lowest < RX_INDEX_STRIDE * RX_INDEX_TRIES);
	return lowest;
}

static unsigned table_of(const char *name, const struct rx_rule *rules, size_t n_rules)
{
	struct rx_lab lab;
	struct rx_plan plan;
	unsigned table;

	make(name, rules, n_rules, false, &lab, &plan);
	table = lowest_table(&plan);
	forget(&lab, &plan);
	return table;
}

static void numbers_of_others_are_left_alone(void **state)
{
	unsigned first = table_of("t", NULL, 0), other = table_of("u", NULL, 0), moved;
	struct rx_rule rules[2] = {{.table = first + 7, .oif = "somebody"}};

	(void)state;
	assert_int_not_equal(first, other);
	moved = table_of("t", rules, 1);
	assert_int_not_equal(moved, first);
	/* a lab that is up keeps what it has, whatever has come since */
	rules[1].table = first + 1;
	snprintf(rules[1].oif, sizeof(rules[1].oif), "rxl%04x-1w", rx_lab_hash("t"));
	assert_int_equal(table_of("t", rules, 2), first);
}

/* The marks of the rules that lead what comes in back by the netdev that it came by. */
static size_t marks(const struct rx_plan *plan, uint32_t mark[8])
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->ops[i].kind == RX_OP_RULE && plan->ops[i].mask == UINT32_MAX)
			mark[n++] = plan->ops[i].mark;
	return n;
}

static void reverse_path_filter_wants_a_mark_of_each(void **state)
{
	struct rx_rule taken = {.mark = RX_STEER_MARK + 9, .mask = UINT32_MAX, .table = 0x7fffc001};
	struct rx_lab lab;
	struct rx_plan plan;
	uint32_t mark[8];

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	assert_int_equal(marks(&plan, mark), 0);
	forget(&lab, &plan);
	make("t", &taken, 1, true, &lab, &plan);
	assert_int_equal(marks(&plan, mark), 3);
	for (size_t i = 0; i < 3; i++) {
		size_t at = place(&plan, RX_OP_STEER, lab.nodes[i].ifaces[0].wire_netdev, 0);

		assert_int_equal(mark[i], RX_STEER_MARK + 10 + i);
		assert_int_equal(plan.ops[at].mark, mark[i]);
	}
	forget(&lab, &plan);
}

/* A lab that is up keeps its marks, too, whatever others have taken since. */
static void marks_stay_what_they_are(void **state)
{
	unsigned first = table_of("t", NULL, 0);
	struct rx_rule rules[4];
	struct rx_lab lab;
	struct rx_plan plan;
	uint32_t mark[8];

	(void)state;
	memset(rules, 0, sizeof(rules));
	for (unsigned i = 0; i < 3; i++) {
		rules[i].mark = RX_STEER_MARK + 10 + i;
		rules[i].mask = UINT32_MAX;
		rules[i].table = first + 100 + i;
		snprintf(rules[i].oif, sizeof(rules[i].oif), "rxl%04x-%uw", rx_lab_hash("t"), i);
	}
	rules[3] = (struct rx_rule){.mark = RX_STEER_MARK + 20,
				    .mask = UINT32_MAX,
				    .table = 0x7fffc001};
	make("t", rules, 4, true, &lab, &plan);
	assert_int_equal(marks(&plan, mark), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(mark[i], RX_STEER_MARK + 10 + i);
	forget(&lab, &plan);
}

/* Its macvlan takes what is for the endpoint; what is for RXE must have another MAC. */
static void rxe_has_a_mac_of_its_own(void **state)
{
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	for (size_t i = 0; i < lab.n_endpoints; i++) {
		const struct rx_iface *iface = &lab.nodes[i].ifaces[0];
		const struct rx_op *rxe = &plan.ops[place(&plan, RX_OP_LINK, iface->rxe_netdev, 0)];

		assert_memory_not_equal(rxe->mac, iface->mac, 6);
		assert_int_equal(rxe->mac[0] & 3, 2); /* locally administered, and no group's */
	}
	forget(&lab, &plan);
}

/* A subnet of theirs would be a route of init_net, and their address one of its own. */
static void borrowed_addresses_are_alone_and_not_local(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	for (size_t i = 0; i < 4; i++) {
		const struct rx_iface *iface = &lab.nodes[0].ifaces[0];
		const char *netdev = i / 2 ? iface->rxe_netdev : iface->wire_netdev;
		int family = families[i % 2];
		size_t addr = place(&plan, RX_OP_ADDR, netdev, family);
		size_t not_local = place(&plan, RX_OP_NOT_LOCAL, netdev, family);

		assert_int_equal(plan.ops[addr].addr.prefix, rx_family_bits(family));
		assert_true(rx_cidr_same_address(&plan.ops[addr].addr, &plan.ops[not_local].addr));
		assert_true(addr < not_local);
	}
	forget(&lab, &plan);
}

/* RXE asks for the way of an IPv6 packet by its source, for that of an IPv4 one by the netdev. */
static void ways_out_are_found_as_rxe_asks(void **state)
{
	struct rx_lab lab;
	struct rx_plan plan;
	const char *wire;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	wire = lab.nodes[0].ifaces[0].wire_netdev;
	assert_int_equal(plan.ops[place(&plan, RX_OP_RULE, wire, AF_INET)].addr.prefix, 0);
	assert_int_equal(plan.ops[place(&plan, RX_OP_RULE, wire, AF_INET6)].addr.prefix, 128);
	forget(&lab, &plan);
}

static bool has_link_local(const struct rx_plan *plan, const char *netdev)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->ops[i].kind == RX_OP_ADDR && !strcmp(plan->ops[i].name, netdev) &&
		    plan->ops[i].addr.addr[0] == 0xfe && plan->ops[i].addr.addr[1] == 0x80)
			return true;
	return false;
}

static void both_netdevs_are_link_local_and_unfiltered(void **state)
{
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	make("t", NULL, 0, false, &lab, &plan);
	for (size_t i = 0; i < 2; i++) {
		const struct rx_iface *iface = &lab.nodes[0].ifaces[0];
		const char *netdev = i ? iface->rxe_netdev : iface->wire_netdev;
		char path[100];

		assert_true(has_link_local(&plan, netdev));
		snprintf(path, sizeof(path), "net/ipv4/conf/%s/rp_filter", netdev);
		assert_string_equal(plan.ops[place(&plan, RX_OP_SYSCTL, path, 0)].value, "0");
	}
	forget(&lab, &plan);
}

static void flower_is_said_where_ebpf_is_refused(void **state)
{
	static const char text[] = "name: t\nparent: none\nendpoints: {count: 2}\n";
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30};
	static const enum rx_steer_kind kinds[] = {RX_STEER_EBPF, RX_STEER_FLOWER};
	struct rx_lab lab = {0};
	struct rx_err err = {0};
	char line[300];

	(void)state;
	if (rx_lab_parse(text, strlen(text), "t.yaml", &lab, &err) || rx_lab_complete(&lab, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < 2; i++) {
		struct rx_plan plan = {0};
		size_t at;

		facts.steer = kinds[i];
		assert_int_equal(rx_plan_make(&lab, &facts, &plan, &err), 0);
		at = place(&plan, RX_OP_STEER, lab.nodes[0].ifaces[0].wire_netdev, 0);
		rx_op_text(&plan.ops[at], line, sizeof(line));
		assert_non_null(strstr(line, i ? "flower" : "eBPF"));
		assert_null(strstr(line, i ? "eBPF" : "flower"));
		rx_plan_free(&plan);
	}
	rx_lab_free(&lab);
}

/* A kernel without IPv6 refuses every rule and address of it. */
static void nothing_of_ipv6_where_there_is_none(void **state)
{
	static const char text[] = "name: t\nparent: none\nendpoints: {count: 2}\n";
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED,
				 .namespaces = 1,
				 .mem_available = 8ull << 30,
				 .no_ipv6 = true};
	struct rx_plan plan = {0};
	struct rx_lab lab = {0};
	struct rx_err err = {0};

	(void)state;
	if (rx_lab_parse(text, strlen(text), "t.yaml", &lab, &err) || rx_lab_complete(&lab, &err) ||
	    rx_plan_make(&lab, &facts, &plan, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < plan.n; i++)
		assert_int_not_equal(plan.ops[i].addr.family, AF_INET6);
	assert_true(rx_cidr_parse("fd77::/64", AF_INET6, &lab.networks[0].subnet6));
	rx_plan_free(&plan);
	memset(&plan, 0, sizeof(plan));
	assert_int_not_equal(rx_plan_make(&lab, &facts, &plan, &err), 0);
	assert_string_equal(err.id, "ipv6-missing");
	assert_non_null(strstr(err.text, "fd77::/64"));
	forget(&lab, &plan);
}

/* Exclusive mode: the device where the endpoint is, if the helper registers it there; its netdev
 * stays in init_net. */
static void isolated_where_the_helper_is(void **state)
{
	struct rx_facts facts = {.rdma_mode = RX_RDMA_EXCLUSIVE,
				 .namespaces = 1,
				 .mem_available = 8ull << 30};
	struct rx_lab lab;
	struct rx_plan plan;

	(void)state;
	for (unsigned helper = 0; helper < 2; helper++) {
		const struct rx_op *rxe;

		facts.born_with_task = facts.rdma_mode_chosen = helper;
		make_on("t", facts, &lab, &plan);
		assert_int_equal(plan.rdma_mode, RX_RDMA_EXCLUSIVE);
		rxe = &plan.ops[place(&plan, RX_OP_RXE, lab.nodes[1].ifaces[0].rdma_dev, 0)];
		assert_string_equal(rxe->netns, helper ? lab.nodes[1].netns : "");
		assert_string_equal(rxe->lower, lab.nodes[1].ifaces[0].rxe_netdev);
		rxe = &plan.ops[place(&plan, RX_OP_READY, lab.nodes[1].ifaces[0].rdma_dev, 0)];
		assert_string_equal(rxe->netns, helper ? lab.nodes[1].netns : "");
		forget(&lab, &plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_addresses_come_before_those_of_rxe),
		cmocka_unit_test(wire_has_the_index_and_mac_of_the_endpoint),
		cmocka_unit_test(numbers_of_others_are_left_alone),
		cmocka_unit_test(flower_is_said_where_ebpf_is_refused),
		cmocka_unit_test(nothing_of_ipv6_where_there_is_none),
		cmocka_unit_test(reverse_path_filter_wants_a_mark_of_each),
		cmocka_unit_test(marks_stay_what_they_are),
		cmocka_unit_test(rxe_has_a_mac_of_its_own),
		cmocka_unit_test(borrowed_addresses_are_alone_and_not_local),
		cmocka_unit_test(ways_out_are_found_as_rxe_asks),
		cmocka_unit_test(both_netdevs_are_link_local_and_unfiltered),
		cmocka_unit_test(isolated_where_the_helper_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
