/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why two endpoints cannot do what a transfer over IPv6 needs. */
#include <string.h>
#include <unistd.h>

#include "tools/verify/verify.h"

const char *rx_no_link_local(const struct rx_meeting *m)
{
	if (access("/proc/sys/net/ipv6", F_OK))
		return "this kernel has no IPv6";
	return m->routed ? "routers do not forward link-local addresses" : NULL;
}

const char *rx_no_ipv6(const struct rx_meeting *m)
{
	bool subnet = m->want[0]->ipv6.family;

	if (access("/proc/sys/net/ipv6", F_OK))
		return "this kernel has no IPv6";
	if (m->routed && !subnet)
		return "routers do not forward link-local addresses, and the lab has no IPv6 "
		       "subnet";
	/* control: none; seen on 6.1.0-50 and 6.12.107; IPv4 has accept_local and routes by the
	 * outgoing interface, IPv6 has neither */
	if (subnet && m->end[0] && m->end[1] &&
	    !strcmp(m->end[0]->node->data_netns, m->end[1]->node->data_netns))
		return "hosted endpoints share a namespace, and what RXE sends to an IPv6 address "
		       "of its own namespace does not leave by the netdev; link-local GIDs work, "
		       "as a lab without an IPv6 subnet shows";
	return NULL;
}
