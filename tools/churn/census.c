/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is everything as it was? The lab by its view, the host by its netdevs, routes, rules, RDMA
 * devices and names of namespaces. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/route.h"
#include "netns/kernel/rtnl.h"
#include "tools/churn/churn.h"

static void add_links(FILE *out)
{
	rx_autofree struct rx_link_info *list = NULL;
	struct rx_err ignored;
	struct rx_nl route;
	size_t n = 0, i;

	if (rx_nl_open(&route, NETLINK_ROUTE, "", &ignored))
		return;
	rx_link_list(&route, &list, &n, &ignored);
	rx_nl_close(&route);
	for (i = 0; i < n; i++)
		fprintf(out, "netdev %s (%s, %s)\n", list[i].name, list[i].kind,
			list[i].flags & IFF_UP ? "up" : "down");
}

/* By what they are found by; the priority of an IPv6 route is the kernel's choice. */
static void add_routes(FILE *out)
{
	rx_autofree struct rx_route_spec *list = NULL;
	char to[64], netdev[IFNAMSIZ];
	struct rx_err ignored;
	struct rx_nl route;
	size_t n = 0, i;

	if (rx_nl_open(&route, NETLINK_ROUTE, "", &ignored))
		return;
	rx_route_list(&route, &list, &n, &ignored);
	rx_nl_close(&route);
	for (i = 0; i < n; i++)
		fprintf(out, "route to %s%s on %s in table %u\n", list[i].local ? "local " : "",
			rx_cidr_text(&list[i].to, true, to, sizeof(to)),
			list[i].ifindex && if_indextoname(list[i].ifindex, netdev) ? netdev : "?",
			list[i].table);
}

static void add_rules(FILE *out)
{
	rx_autofree struct rx_rule *list = NULL;
	char from[64];
	struct rx_err ignored;
	struct rx_nl route;
	size_t n = 0, i;

	if (rx_nl_open(&route, NETLINK_ROUTE, "", &ignored))
		return;
	rx_rule_list(&route, &list, &n, &ignored);
	rx_nl_close(&route);
	for (i = 0; i < n; i++)
		fprintf(out, "rule %u from %s out by \"%s\" mark %x/%x: table %u\n",
			list[i].priority, rx_cidr_text(&list[i].from, true, from, sizeof(from)),
			list[i].oif, list[i].mark, list[i].mask, list[i].table);
}

static void add_devices(FILE *out)
{
	rx_autofree struct rx_rdma_dev *list = NULL;
	struct rx_err ignored;
	struct rx_nl rdma;
	size_t n = 0, i;

	if (rx_nl_open(&rdma, NETLINK_RDMA, "", &ignored))
		return;
	rx_rdma_list(&rdma, &list, &n, &ignored);
	rx_nl_close(&rdma);
	for (i = 0; i < n; i++)
		fprintf(out, "RDMA device %s\n", list[i].name);
}

static void add_namespaces(FILE *out)
{
	rx_autodir DIR *dir = opendir(RX_NETNS_DIR);
	const char *name;

	while ((name = rx_next_name(dir)))
		fprintf(out, "namespace %s\n", name);
}

static char *look_at_host(void)
{
	char *text;
	FILE *out = rx_text_stream(&text);

	add_links(out);
	add_routes(out);
	add_rules(out);
	add_devices(out);
	add_namespaces(out);
	if (fclose(out))
		rx_memory_lost();
	return text;
}

/* The first line of a that b does not have; NULL: none. The order is the kernel's and means
 * nothing. */
static char *missing(const char *a, const char *b)
{
	rx_autofree char *copy = rx_strdup(a), *hay = rx_format("\n%s", b);
	char *cursor = copy, *line, want[300];

	while ((line = rx_next_line(&cursor))) {
		snprintf(want, sizeof(want), "\n%.290s\n", line);
		if (!strstr(hay, want))
			return rx_strdup(line);
	}
	return NULL;
}

static bool host_differs(const char *before, char *text, size_t size)
{
	rx_autofree char *now = look_at_host(), *gone = missing(before, now),
			 *extra = missing(now, before);

	snprintf(text, size, "%s%s%s%s", gone ? "missing: " : "", gone ? gone : "",
		 extra ? " left behind: " : "", extra ? extra : "");
	return gone || extra;
}

static bool iface_differs(const struct rx_iface_view *before, const struct rx_iface_view *now,
			  char *text, size_t size)
{
	if (now->drift[0])
		snprintf(text, size, "%s", now->drift);
	else if (strcmp(before->mac, now->mac))
		snprintf(text, size, "MAC %s instead of %s", now->mac, before->mac);
	else if (before->mtu != now->mtu || before->rdma_mtu != now->rdma_mtu)
		snprintf(text, size, "MTU %u instead of %u", now->mtu, before->mtu);
	else if (strcmp(before->ipv4, now->ipv4) || strcmp(before->ipv6, now->ipv6))
		snprintf(text, size, "addresses %s %s instead of %s %s", now->ipv4, now->ipv6,
			 before->ipv4, before->ipv6);
	else if (strcmp(before->port_state, now->port_state))
		snprintf(text, size, "port %s instead of %s", now->port_state, before->port_state);
	else if (before->n_gids != now->n_gids)
		snprintf(text, size, "%zu GIDs instead of %zu", now->n_gids, before->n_gids);
	else if (memcmp(&before->impair, &now->impair, sizeof(before->impair)))
		snprintf(text, size, "its impairment is another one");
	else
		return false;
	return true;
}

static bool node_differs(const struct rx_node_view *before, const struct rx_node_view *now,
			 char *text, size_t size)
{
	size_t i;

	if (now->drift[0]) {
		snprintf(text, size, "%s", now->drift);
		return true;
	}
	for (i = 0; i < before->n_ifaces && i < now->n_ifaces; i++)
		if (iface_differs(&before->ifaces[i], &now->ifaces[i], text, size))
			return true;
	return false;
}

static bool lab_differs(const struct rx_view *before, const struct rx_view *now, const char **who,
			char *text, size_t size)
{
	size_t i;

	*who = "";
	if (now->drift[0]) {
		snprintf(text, size, "%s", now->drift);
		return true;
	}
	for (i = 0; i < before->n_nodes; i++) {
		*who = before->nodes[i].want->name;
		if (node_differs(&before->nodes[i], &now->nodes[i], text, size))
			return true;
	}
	return false;
}

int rx_churn_census_begin(const struct rx_view *view, char **host, struct rx_err *err)
{
	size_t i;

	*host = look_at_host();
	for (i = 0; i < view->n_nodes; i++) {
		char text[400];

		if (node_differs(&view->nodes[i], &view->nodes[i], text, sizeof(text)))
			return rx_fail(err, "lab-drifted", EINVAL,
				       "endpoint %s: %s; churn begins with a lab that is whole: "
				       "run \"rxelab up\" with its file again first",
				       view->nodes[i].want->name, text);
	}
	return 0;
}

/* Ports, link-local addresses and what was deleted settle on their own time: asked until all is as
 * before. */
void rx_churn_census(const struct rx_view *before, const char *host,
		     struct rx_churn_problems *problems)
{
	double deadline = rx_now() + RX_CHURN_SETTLE;
	char text[400], text_host[400];
	struct rx_err err = {0};
	bool lab, other;

	for (;;) {
		struct rx_view now;
		const char *who;

		if (rx_view_open(before->lab.name, &now, &err)) {
			rx_churn_problem(problems, "census", "", "%.590s", err.text);
			return;
		}
		lab = lab_differs(before, &now, &who, text, sizeof(text));
		other = host_differs(host, text_host, sizeof(text_host));
		rx_view_close(&now);
		if ((!lab && !other) || rx_now() > deadline) {
			if (lab)
				rx_churn_problem(problems, "census", who, "%s", text);
			if (other)
				rx_churn_problem(problems, "census", "", "on the host, %s",
						 text_host);
			return;
		}
		rx_wait_ms(20);
	}
}
