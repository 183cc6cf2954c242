/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/memory.h"

#define WHAT_SIZE 200
#define REQUEST_SIZE 256

static size_t addr_length(const struct rx_cidr *cidr)
{
	return cidr->family == AF_INET ? 4 : 16;
}

/* ---- routes ---- */

static int change_route(struct rx_nl *nl, uint16_t type, uint16_t flags,
			const struct rx_route_spec *route, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[WHAT_SIZE], dst[64], via[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rx_cidr to = route->to;
	struct rtmsg *body;

	rx_cidr_mask(&to);
	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->rtm_family = (unsigned char)to.family;
	body->rtm_dst_len = (unsigned char)to.prefix;
	body->rtm_table = RT_TABLE_UNSPEC; /* RTA_TABLE says it */
	body->rtm_protocol = route->protocol ? route->protocol : RTPROT_STATIC;
	body->rtm_scope = route->local            ? RT_SCOPE_HOST
			  : route->gateway.family ? RT_SCOPE_UNIVERSE
						  : RT_SCOPE_LINK;
	body->rtm_type = route->local ? RTN_LOCAL : RTN_UNICAST;
	if (type == RTM_DELROUTE) {
		body->rtm_protocol = RTPROT_UNSPEC; /* whoever made it */
		body->rtm_scope = RT_SCOPE_NOWHERE;
	}
	mnl_attr_put_u32(request, RTA_TABLE, route->table ? route->table : RT_TABLE_MAIN);
	mnl_attr_put(request, RTA_DST, addr_length(&to), to.addr);
	if (route->gateway.family)
		mnl_attr_put(request, RTA_GATEWAY, addr_length(&to), route->gateway.addr);
	mnl_attr_put_u32(request, RTA_OIF, route->ifindex);
	if (route->metric)
		mnl_attr_put_u32(request, RTA_PRIORITY, route->metric);
	rx_cidr_text(&to, true, dst, sizeof(dst));
	rx_cidr_text(&route->gateway, false, via, sizeof(via));
	snprintf(what, sizeof(what), "route to %s%s%s in table %u", dst, *via ? " by " : "", via,
		 route->table ? route->table : RT_TABLE_MAIN);
	return rx_nl_request(nl, request, what, err);
}

int rx_route_add(struct rx_nl *nl, const struct rx_route_spec *route, struct rx_err *err)
{
	return change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, err);
}

int rx_route_delete(struct rx_nl *nl, const struct rx_route_spec *route, struct rx_err *err)
{
	return change_route(nl, RTM_DELROUTE, 0, route, err);
}

struct route_list {
	struct rx_route_spec *list;
	size_t n;
};

static void take_route_attr(const struct nlattr *attr, struct rx_route_spec *route)
{
	size_t length = mnl_attr_get_payload_len(attr);
	const void *at = mnl_attr_get_payload(attr);
	uint16_t type = mnl_attr_get_type(attr);

	if (type == RTA_DST && length == addr_length(&route->to)) {
		memcpy(route->to.addr, at, length);
	} else if (type == RTA_GATEWAY && length == addr_length(&route->to)) {
		route->gateway.family = route->to.family;
		route->gateway.prefix = rx_family_bits(route->to.family);
		memcpy(route->gateway.addr, at, length);
	} else if (length < sizeof(uint32_t)) {
		return;
	} else if (type == RTA_OIF) {
		route->ifindex = mnl_attr_get_u32(attr);
	} else if (type == RTA_PRIORITY) {
		route->metric = mnl_attr_get_u32(attr);
	} else if (type == RTA_TABLE) {
		route->table = mnl_attr_get_u32(attr);
	}
}

static int route_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(reply);
	struct route_list *routes = arg;
	struct rx_route_spec *route;
	const struct nlattr *attr;

	if (reply->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*body))
		return -EBADMSG;
	if ((body->rtm_family != AF_INET && body->rtm_family != AF_INET6) ||
	    body->rtm_flags & RTM_F_CLONED)
		return 0;
	route = rx_array_add(&routes->list, &routes->n, sizeof(*route));
	route->to.family = body->rtm_family;
	route->to.prefix = body->rtm_dst_len;
	route->table = body->rtm_table;
	route->local = body->rtm_type == RTN_LOCAL;
	route->protocol = body->rtm_protocol;
	mnl_attr_for_each(attr, reply, sizeof(*body))
		take_route_attr(attr, route);
	return 0;
}

static void forget_routes(void *arg)
{
	((struct route_list *)arg)->n = 0;
}

int rx_route_list(struct rx_nl *nl, struct rx_route_spec **list, size_t *n, struct rx_err *err)
{
	struct route_list routes = {0};
	struct {
		struct nlmsghdr header;
		struct rtmsg body;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETROUTE,
				.nlmsg_flags = NLM_F_DUMP}};
	int rc = rx_nl_query(nl, &request.header, route_reply, forget_routes, &routes,
			     "list of routes", err);

	if (rc) {
		free(routes.list);
		return rc;
	}
	*list = routes.list;
	*n = routes.n;
	return 0;
}

static bool is_same(const struct rx_cidr *a, const struct rx_cidr *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       !memcmp(a->addr, b->addr, addr_length(a));
}

bool rx_route_is(const struct rx_route_spec *route, const struct rx_route_spec *wanted)
{
	struct rx_cidr to = wanted->to;

	rx_cidr_mask(&to);
	return is_same(&route->to, &to) && route->ifindex == wanted->ifindex &&
	       route->local == wanted->local &&
	       route->table == (wanted->table ? wanted->table : RX_TABLE_MAIN) &&
	       (!wanted->metric || route->metric == wanted->metric) &&
	       (!wanted->gateway.family || rx_cidr_same_address(&route->gateway, &wanted->gateway));
}

/* ---- rules ---- */

bool rx_rule_is(const struct rx_rule *rule, const struct rx_rule *wanted)
{
	return is_same(&rule->from, &wanted->from) && !strcmp(rule->oif, wanted->oif) &&
	       rule->mask == wanted->mask && rule->mark == wanted->mark &&
	       rule->table == wanted->table && rule->priority == wanted->priority;
}

static int change_rule(struct rx_nl *nl, uint16_t type, uint16_t flags, const struct rx_rule *rule,
		       struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[WHAT_SIZE], from[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct fib_rule_hdr *body;

	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	body = mnl_nlmsg_put_extra_header(request, sizeof(*body));
	body->family = (uint8_t)rule->from.family;
	body->src_len = (uint8_t)rule->from.prefix;
	body->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(request, FRA_TABLE, rule->table);
	mnl_attr_put_u32(request, FRA_PRIORITY, rule->priority);
	if (rule->from.prefix)
		mnl_attr_put(request, FRA_SRC, addr_length(&rule->from), rule->from.addr);
	if (rule->oif[0])
		mnl_attr_put_strz(request, FRA_OIFNAME, rule->oif);
	if (rule->mask) {
		mnl_attr_put_u32(request, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(request, FRA_FWMASK, rule->mask);
	}
	snprintf(what, sizeof(what), "rule %u from %s%s%s: table %u", rule->priority,
		 rx_cidr_text(&rule->from, true, from, sizeof(from)),
		 rule->oif[0] ? " out by " : "", rule->oif, rule->table);
	return rx_nl_request(nl, request, what, err);
}

int rx_rule_add(struct rx_nl *nl, const struct rx_rule *rule, struct rx_err *err)
{
	return change_rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, err);
}

int rx_rule_delete(struct rx_nl *nl, const struct rx_rule *rule, struct rx_err *err)
{
	return change_rule(nl, RTM_DELRULE, 0, rule, err);
}

struct rule_list {
	struct rx_rule *list;
	size_t n;
};

static void take_rule_attr(const struct nlattr *attr, struct rx_rule *rule)
{
	size_t length = mnl_attr_get_payload_len(attr);
	const void *at = mnl_attr_get_payload(attr);
	uint16_t type = mnl_attr_get_type(attr);

	if (type == FRA_SRC && length == addr_length(&rule->from))
		memcpy(rule->from.addr, at, length);
	else if (type == FRA_OIFNAME && length <= sizeof(rule->oif))
		memcpy(rule->oif, at, length);
	else if (length < sizeof(uint32_t))
		return;
	else if (type == FRA_FWMARK)
		rule->mark = mnl_attr_get_u32(attr);
	else if (type == FRA_FWMASK)
		rule->mask = mnl_attr_get_u32(attr);
	else if (type == FRA_TABLE)
		rule->table = mnl_attr_get_u32(attr);
	else if (type == FRA_PRIORITY)
		rule->priority = mnl_attr_get_u32(attr);
}

static int rule_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct fib_rule_hdr *body = mnl_nlmsg_get_payload(reply);
	struct rule_list *rules = arg;
	const struct nlattr *attr;
	struct rx_rule *rule;

	if (reply->nlmsg_type != RTM_NEWRULE)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*body))
		return -EBADMSG;
	if (body->family != AF_INET && body->family != AF_INET6)
		return 0;
	rule = rx_array_add(&rules->list, &rules->n, sizeof(*rule));
	rule->from.family = body->family;
	rule->from.prefix = body->src_len;
	rule->table = body->table;
	mnl_attr_for_each(attr, reply, sizeof(*body))
		take_rule_attr(attr, rule);
	rule->oif[sizeof(rule->oif) - 1] = '\0';
	return 0;
}

static void forget_rules(void *arg)
{
	((struct rule_list *)arg)->n = 0;
}

int rx_rule_list(struct rx_nl *nl, struct rx_rule **list, size_t *n, struct rx_err *err)
{
	struct rule_list rules = {0};
	struct {
		struct nlmsghdr header;
		struct fib_rule_hdr body;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETRULE,
				.nlmsg_flags = NLM_F_DUMP}};
	int rc = rx_nl_query(nl, &request.header, rule_reply, forget_rules, &rules, "list of rules",
			     err);

	if (rc) {
		free(rules.list);
		return rc;
	}
	*list = rules.list;
	*n = rules.n;
	return 0;
}
