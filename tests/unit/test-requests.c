/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the kernel over netlink, byte for byte, and what is read from its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <rdma/rdma_netlink.h>
#include <stdlib.h>
#include <string.h>

#include "netns/kernel/counters.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/route.h"
#include "netns/kernel/rtnl.h"
#include "netns/kernel/sockdiag.h"
#include "tests/unit/netlink-peer.h"

/* The attribute of that type in what was sent, behind a header of its own of so many bytes. */
static const struct nlattr *sent_attr(size_t header, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, (const struct nlmsghdr *)peer.sent, header)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static struct rx_cidr cidr(const char *text)
{
	struct rx_cidr value;

	assert_true(rx_cidr_parse(text, AF_UNSPEC, &value));
	return value;
}

static void a_veth_names_its_peer(void **state)
{
	struct rx_link_spec spec = {
		.kind = "veth", .name = "rxl0001-2", .netns = -1, .peer = "rxl0001-2p"};
	struct rx_err err = {0};

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_link_add(&nl, &spec, &err), 0);
	assert_non_null(memmem(peer.sent, peer.sent_length, "rxl0001-2p", sizeof("rxl0001-2p")));
}

static void a_mode_is_set_as_it_is_read(void **state)
{
	static const enum rx_rdma_mode modes[] = {RX_RDMA_SHARED, RX_RDMA_EXCLUSIVE};
	struct rx_err err = {0};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct nlattr *attr;
		enum rx_rdma_mode now;
		struct nlmsghdr *reply;
		uint8_t sent;

		peer.n = peer.at = 0;
		put_ack(0, NULL);
		assert_int_equal(rx_rdma_mode_set(&nl, modes[i], &err), 0);
		attr = sent_attr(0, RDMA_NLDEV_SYS_ATTR_NETNS_MODE);
		assert_non_null(attr);
		sent = mnl_attr_get_u8(attr);
		peer.n = peer.at = 0;
		reply = begin(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_SYS_GET), 0);
		mnl_attr_put_u8(reply, RDMA_NLDEV_SYS_ATTR_NETNS_MODE, sent);
		finish(reply);
		assert_int_equal(rx_rdma_mode_get(&nl, &now, &err), 0);
		assert_int_equal(now, modes[i]);
	}
}

static void netdev_counters_are_not_mixed_up(void **state)
{
	struct rtnl_link_stats64 stats = {.rx_packets = 1,
					  .tx_packets = 2,
					  .rx_bytes = 3,
					  .tx_bytes = 4,
					  .rx_dropped = 5,
					  .tx_dropped = 6};
	struct rx_meter meter = {.route = {.fd = -1}, .rdma = {.fd = -1}};
	struct rx_netdev_counters counters;
	struct rx_err err = {0};
	struct nlmsghdr *reply = begin(RTM_NEWSTATS, 0);

	(void)state;
	mnl_nlmsg_put_extra_header(reply, sizeof(struct if_stats_msg));
	mnl_attr_put(reply, IFLA_STATS_LINK_64, sizeof(stats), &stats);
	finish(reply);
	assert_int_equal(rx_meter_netdev(&meter, 7, &counters, &err), 0);
	assert_int_equal(counters.rx_packets, 1);
	assert_int_equal(counters.tx_packets, 2);
	assert_int_equal(counters.rx_bytes, 3);
	assert_int_equal(counters.tx_bytes, 4);
	assert_int_equal(counters.rx_dropped, 5);
	assert_int_equal(counters.tx_dropped, 6);
}

static void put_address(uint8_t last, uint16_t flags)
{
	const uint8_t address[4] = {10, 77, 0, last};
	struct nlmsghdr *reply = begin(RTM_NEWADDR, NLM_F_MULTI | flags);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));

	body->ifa_family = AF_INET;
	body->ifa_prefixlen = 24;
	body->ifa_index = 2;
	mnl_attr_put(reply, IFA_LOCAL, 4, address);
	finish(reply);
}

static void an_interrupted_list_is_read_again(void **state)
{
	struct rx_addr_info *list;
	struct rx_err err = {0};
	size_t n;

	(void)state;
	put_address(1, NLM_F_DUMP_INTR);
	put_done();
	put_address(1, 0);
	put_address(2, 0);
	put_done();
	assert_int_equal(rx_addr_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[1].addr.addr[3], 2);
	free(list);
}

static void put_socket(uint16_t port)
{
	struct nlmsghdr *reply = begin(SOCK_DIAG_BY_FAMILY, NLM_F_MULTI);
	struct inet_diag_msg *socket = mnl_nlmsg_put_extra_header(reply, sizeof(*socket));

	socket->id.idiag_sport = htons(port);
	finish(reply);
}

static void a_socket_is_found_by_its_port(void **state)
{
	const struct rx_nl_transport transport = {.send = fake_send,
						  .receive = fake_receive,
						  .open = fake_open};
	struct rx_err err = {0};

	(void)state;
	rx_nl_transport = &transport;
	put_socket(53);
	put_socket(4791);
	put_done();
	assert_int_equal(rx_udp_socket_open("", AF_INET, 4791, &err), 1);
	peer.n = peer.at = 0;
	put_socket(53);
	put_done();
	assert_int_equal(rx_udp_socket_open("", AF_INET, 4791, &err), 0);
}

static void new_address_has_its_broadcast(void **state)
{
	static const uint8_t broadcast[4] = {10, 77, 0, 255};
	struct rx_cidr addr = cidr("10.77.0.1/24");
	struct rx_err err = {0};

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_addr_add(&nl, 7, "x", &addr, &err), 0);
	assert_memory_equal(mnl_attr_get_payload(
				    sent_attr(sizeof(struct ifaddrmsg), IFA_BROADCAST)),
			    broadcast, 4);
	assert_memory_equal(mnl_attr_get_payload(sent_attr(sizeof(struct ifaddrmsg), IFA_LOCAL)),
			    addr.addr, 4);
}

static void neighbours_are_permanent(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct rx_neigh_spec spec = {.ifindex = 7, .addr = cidr("10.77.0.2/24"), .mac = mac};
	const struct ndmsg *body = (const void *)(peer.sent + sizeof(struct nlmsghdr));
	struct rx_err err = {0};

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_neigh_replace(&nl, &spec, 1, &err), 0);
	assert_int_equal(body->ndm_state, NUD_PERMANENT);
	assert_int_equal(body->ndm_ifindex, 7);
	assert_memory_equal(mnl_attr_get_payload(sent_attr(sizeof(*body), NDA_LLADDR)), mac, 6);
}

static void a_route_has_its_metric(void **state)
{
	struct rx_route_spec route = {.to = cidr("10.2.0.0/24"),
				      .gateway = cidr("10.1.0.254/24"),
				      .ifindex = 7,
				      .metric = 1026};
	const struct nlattr *metric;
	struct rx_err err = {0};

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_route_add(&nl, &route, &err), 0);
	metric = sent_attr(sizeof(struct rtmsg), RTA_PRIORITY);
	assert_non_null(metric);
	assert_int_equal(mnl_attr_get_u32(metric), 1026);
}

/* What a rule is taken away by is all that it was made with. */
static void a_rule_says_what_it_asks(void **state)
{
	struct rx_rule rule = {.from = cidr("fd77::1/128"),
			       .oif = "rxl0001-1w",
			       .mark = 0x72780000,
			       .mask = 0xffff0000,
			       .table = 0x40000001,
			       .priority = 20};
	const struct fib_rule_hdr *body = (const void *)(peer.sent + sizeof(struct nlmsghdr));
	struct rx_err err = {0};

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_rule_delete(&nl, &rule, &err), 0);
	assert_int_equal(body->family, AF_INET6);
	assert_int_equal(body->src_len, 128);
	assert_string_equal(mnl_attr_get_str(sent_attr(sizeof(*body), FRA_OIFNAME)), rule.oif);
	assert_int_equal(mnl_attr_get_u32(sent_attr(sizeof(*body), FRA_FWMARK)), rule.mark);
	assert_int_equal(mnl_attr_get_u32(sent_attr(sizeof(*body), FRA_FWMASK)), rule.mask);
	assert_int_equal(mnl_attr_get_u32(sent_attr(sizeof(*body), FRA_TABLE)), rule.table);
	assert_int_equal(mnl_attr_get_u32(sent_attr(sizeof(*body), FRA_PRIORITY)), 20);
}

static void put_route(const struct rx_route_spec *route, bool cloned)
{
	struct nlmsghdr *reply = begin(RTM_NEWROUTE, NLM_F_MULTI);
	struct rtmsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));
	size_t length = route->to.family == AF_INET ? 4 : 16;

	body->rtm_family = (unsigned char)route->to.family;
	body->rtm_dst_len = (unsigned char)route->to.prefix;
	body->rtm_table = RT_TABLE_COMPAT;
	body->rtm_type = route->local ? RTN_LOCAL : RTN_UNICAST;
	body->rtm_flags = cloned ? RTM_F_CLONED : 0;
	mnl_attr_put(reply, RTA_DST, length, route->to.addr);
	if (route->gateway.family)
		mnl_attr_put(reply, RTA_GATEWAY, length, route->gateway.addr);
	mnl_attr_put_u32(reply, RTA_OIF, route->ifindex);
	mnl_attr_put_u32(reply, RTA_PRIORITY, route->metric);
	mnl_attr_put_u32(reply, RTA_TABLE, route->table);
	finish(reply);
}

/* A route is the one that was wanted by all that was said of it, and by nothing else. */
static void a_route_is_known_again(void **state)
{
	struct rx_route_spec made = {.to = cidr("10.2.0.0/24"),
				     .gateway = cidr("10.1.0.254/32"),
				     .ifindex = 7,
				     .metric = 5,
				     .table = 0x40000001},
			     wanted = made, *list;
	struct rx_err err = {0};
	size_t n;

	(void)state;
	put_route(&made, true);
	put_route(&made, false);
	put_done();
	assert_int_equal(rx_route_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	wanted.to = cidr("10.2.0.9/24"); /* what is beyond the prefix is left out */
	assert_true(rx_route_is(&list[0], &wanted));
	wanted.metric = 0;
	wanted.gateway.family = 0;
	assert_true(rx_route_is(&list[0], &wanted));
	wanted.gateway = cidr("10.1.0.253/32");
	assert_false(rx_route_is(&list[0], &wanted));
	wanted = made, wanted.table = 0;
	assert_false(rx_route_is(&list[0], &wanted));
	wanted = made, wanted.local = true;
	assert_false(rx_route_is(&list[0], &wanted));
	wanted = made, wanted.ifindex = 8;
	assert_false(rx_route_is(&list[0], &wanted));
	wanted = made, wanted.to.prefix = 16;
	assert_false(rx_route_is(&list[0], &wanted));
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_veth_names_its_peer, start),
		cmocka_unit_test_setup(a_mode_is_set_as_it_is_read, start),
		cmocka_unit_test_setup(netdev_counters_are_not_mixed_up, start),
		cmocka_unit_test_setup(an_interrupted_list_is_read_again, start),
		cmocka_unit_test_setup(a_socket_is_found_by_its_port, start),
		cmocka_unit_test_setup(new_address_has_its_broadcast, start),
		cmocka_unit_test_setup(neighbours_are_permanent, start),
		cmocka_unit_test_setup(a_route_has_its_metric, start),
		cmocka_unit_test_setup(a_rule_says_what_it_asks, start),
		cmocka_unit_test_setup(a_route_is_known_again, start),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
