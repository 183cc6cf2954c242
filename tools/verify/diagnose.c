/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/ns.h"

#define LOOPBACK 1 /* LOOPBACK_IFINDEX, include/net/flow.h */

void rx_port_read(struct rx_port *port, struct rx_reading *reading)
{
	const char *wire = port->iface->wire_netdev;
	struct rx_err err;

	reading->good = rx_port_meter(port) &&
			!rx_meter_netdev(&port->meter, port->iface->ifindex, &reading->netdev,
					 &err) &&
			!rx_meter_netdev(&port->meter, LOOPBACK, &reading->lo, &err) &&
			!rx_meter_rxe(&port->meter, port->iface->rdma_index, reading->rxe, &err);
	reading->counted = reading->good && *wire &&
			   rx_steer_counts(&port->meter.route, port->iface->ifindex, reading->roce,
					   &err) > 0;
}

void rx_trail_begin(struct rx_trail *trail, const struct rx_meeting *m, unsigned direction)
{
	memset(trail, 0, sizeof(*trail));
	if (!m->want[0])
		return;
	rx_port_read(m->end[direction], &trail->before[0]);
	rx_port_read(m->end[1 - direction], &trail->before[1]);
}

/* One more of a list of troubles. */
static void add(char *list, size_t size, const char *separator, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void add(char *list, size_t size, const char *separator, const char *fmt, ...)
{
	size_t used = strlen(list);
	va_list ap;

	if (used)
		used += (size_t)snprintf(list + used, size - used, "%s", separator);
	va_start(ap, fmt);
	if (used < size)
		vsnprintf(list + used, size - used, fmt, ap);
	va_end(ap);
}

/* Where the last frame was seen: sender's RXE, its netdev, the receiver's netdev, the receiver's
 * RXE. */
static void say_where(const struct rx_reading before[2], const struct rx_reading after[2],
		      const struct rx_port *sender, const struct rx_port *receiver,
		      struct rx_fault *fault)
{
	uint64_t sent = after[0].rxe[RX_SENT_PKTS] - before[0].rxe[RX_SENT_PKTS];
	uint64_t out = rx_frames_out(&before[0], &after[0]);
	uint64_t in = rx_frames_in(&before[1], &after[1], out);
	uint64_t received = after[1].rxe[RX_RCVD_PKTS] - before[1].rxe[RX_RCVD_PKTS];
	const char *from = sender->node->want->name, *to = receiver->node->want->name;
	const char *ignored, *netdev_out = rx_view_wire(sender->node, sender->iface, &ignored),
			     *netdev_in = rx_view_wire(receiver->node, receiver->iface, &ignored);

	if (!sent && !out)
		rx_fault_add(fault, "; %s sent nothing", from);
	else if (!out)
		rx_fault_add(fault,
			     "; RXE of %s sent %llu packets but none left by netdev %s: dropped in "
			     "its own output (firewall, queue)",
			     from, (unsigned long long)sent, netdev_out);
	else if (!in)
		rx_fault_add(fault,
			     "; %llu frames left %s and none reached netdev %s of %s: lost on the "
			     "way (wrong destination MAC, parent or bridge down)",
			     (unsigned long long)out, netdev_out, netdev_in, to);
	else if (!received)
		rx_fault_add(fault,
			     "; %llu frames reached netdev %s of %s and its RXE got none: dropped "
			     "between them (a firewall that drops UDP 4791, or no RXE socket in "
			     "its namespace)",
			     (unsigned long long)in, netdev_in, to);
	else
		rx_fault_add(fault,
			     "; RXE of %s received %llu packets and sent %llu answers; %llu "
			     "packets came back to RXE of %s",
			     to, (unsigned long long)received,
			     (unsigned long long)(after[1].rxe[RX_SENT_PKTS] -
						  before[1].rxe[RX_SENT_PKTS]),
			     (unsigned long long)(after[0].rxe[RX_RCVD_PKTS] -
						  before[0].rxe[RX_RCVD_PKTS]),
			     from);
}

void rx_diagnose(const struct rx_trail *trail, const struct rx_meeting *m, unsigned direction,
		 struct rx_fault *fault)
{
	struct rx_reading after[2] = {0};
	char culprit[512];

	if (trail) {
		rx_port_read(m->end[direction], &after[0]);
		rx_port_read(m->end[1 - direction], &after[1]);
	}
	if (fault->kind != RX_FAULT_SETUP && after[0].good && after[1].good &&
	    trail->before[0].good && trail->before[1].good)
		say_where(trail->before, after, m->end[direction], m->end[1 - direction], fault);
	rx_culprit(m->fabric, m->number[direction], m->number[1 - direction], culprit,
		   sizeof(culprit));
	/* a port that could not be opened has said so already */
	if (culprit[0] && !strstr(fault->text, culprit))
		rx_fault_add(fault, "; %s", culprit);
}

static void iface_trouble(const struct rx_iface_view *iface, char *buf, size_t size)
{
	const struct rx_iface *want = iface->want;

	if (iface->drift[0])
		add(buf, size, ", ", "%s", iface->drift);
	else if (!iface->ifindex)
		add(buf, size, ", ", "netdev %s is gone", want->netdev);
	else if (!iface->up)
		add(buf, size, ", ", "netdev %s is down", want->netdev);
	else if (want->ipv4.family && !iface->ipv4[0])
		add(buf, size, ", ", "netdev %s has lost its IPv4 address", want->netdev);
	else if (want->ipv6.family && !iface->ipv6[0])
		add(buf, size, ", ", "netdev %s has lost its IPv6 address", want->netdev);
	else if (!want->rdma_dev[0])
		return; /* a router's: it has no RXE */
	else if (!iface->rdma_dev[0])
		add(buf, size, ", ", "RXE device %s is gone", want->rdma_dev);
	else if (strcmp(iface->port_state, "ACTIVE"))
		add(buf, size, ", ", "the port of %s is %s", want->rdma_dev, iface->port_state);
}

const char *rx_endpoint_trouble(const struct rx_node_view *node, char *buf, size_t size)
{
	size_t i;

	snprintf(buf, size, "%s", node->drift);
	for (i = 0; i < node->n_ifaces; i++)
		iface_trouble(&node->ifaces[i], buf, size);
	return buf;
}

const struct rx_port *rx_gid_thief(const struct rx_fabric *fabric, const struct rx_port *owner,
				   enum rx_family family)
{
	size_t i, j;

	for (i = 0; owner->gid[family].index >= 0 && i < fabric->n_ports; i++) {
		const struct rx_port *port = &fabric->ports[i];

		for (j = 0; port != owner && j < port->n_table; j++)
			if (!memcmp(port->table[j].gid.raw, owner->gid[family].gid.raw, 16))
				return port;
	}
	return NULL;
}

static void stolen_address(const struct rx_fabric *fabric, unsigned endpoint, char *buf,
			   size_t size)
{
	size_t i;

	for (i = fabric->first[endpoint]; i < fabric->first[endpoint + 1]; i++) {
		const struct rx_port *thief = rx_gid_thief(fabric, &fabric->ports[i], RX_MAIN);

		if (thief)
			add(buf, size, "; ",
			    "the address of endpoint %s is on netdev %s of endpoint %s too",
			    fabric->ports[i].node->want->name, thief->iface->want->netdev,
			    thief->node->want->name);
	}
}

static bool forwards(const struct rx_node_view *router, const char *sysctl)
{
	struct rx_err ignored;
	char value[8] = "1";
	int home;

	if (rx_ns_enter(router->netns, &home, &ignored))
		return true; /* its own trouble says it */
	rx_file_read(sysctl, value, sizeof(value));
	rx_ns_leave(&home);
	return value[0] != '0';
}

/* What ails a router between them. */
static void router_trouble(const struct rx_fabric *fabric, unsigned a, unsigned b, char *buf,
			   size_t size)
{
	bool ipv4 = fabric->ports[fabric->first[a]].iface->want->ipv4.family;
	const char *sysctl = ipv4 ? "/proc/sys/net/ipv4/ip_forward"
				  : "/proc/sys/net/ipv6/conf/all/forwarding";
	size_t routers[RX_HOPS], n = rx_fabric_routers(fabric, a, b, routers), i;
	char trouble[300];

	for (i = 0; i < n; i++) {
		const struct rx_node_view *router = &fabric->view->nodes[routers[i]];

		if (rx_endpoint_trouble(router, trouble, sizeof(trouble))[0])
			add(buf, size, "; ", "router %s: %s", router->want->name, trouble);
		else if (!forwards(router, sysctl))
			add(buf, size, "; ", "router %s does not forward (%s is 0)",
			    router->want->name, sysctl);
	}
}

const char *rx_culprit(const struct rx_fabric *fabric, unsigned a, unsigned b, char *buf,
		       size_t size)
{
	const unsigned number[2] = {a, b};
	char trouble[300];
	int i;

	buf[0] = 0;
	for (i = 0; i < 2; i++) {
		const struct rx_node_view *node = &fabric->view->nodes[number[i]];

		if (rx_endpoint_trouble(node, trouble, sizeof(trouble))[0])
			add(buf, size, "; ", "endpoint %s: %s", node->want->name, trouble);
		stolen_address(fabric, number[i], buf, size);
	}
	router_trouble(fabric, a, b, buf, size);
	return buf;
}
