/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that a network has, a row each: see lab-keys.h, which has them too, for the only network
 * of a lab. No guard: it is included once for each table. */
KEY(link, "link", "macvlan|veth", "how endpoints attach to the parent (default macvlan)",
    .more = "macvlan: in bridge mode on the parent. veth: pairs into a bridge.", .word = set_link,
    .given = GIVEN(flat.link), NAMES("macvlan", "veth"), .network_text = link_text)
KEY(bridge, "bridge", "BR", "a bridge that exists, for link veth or instead of a parent",
    .more = "The endpoints join it by veth.", .form = "netdev", .word = set_bridge,
    .given = GIVEN(flat.bridge), .network_text = bridge_text)
KEY(vlan, "vlan", "ID", "put the endpoints on this VLAN of the parent (default untagged)",
    .given = GIVEN(flat.vlan), NETWORK_UINT(vlan, 1, 4094))
KEY(subnet, "subnet", "CIDR", "IPv4 subnet (default 10.77.0.0/24, grown to fit)",
    .more = "With none, and a subnet6, IPv6 alone.", .word = set_subnet,
    .given = GIVEN(flat.subnet), .network_text = subnet_text)
KEY(subnet6, "subnet6", "CIDR", "IPv6 subnet, e.g. fd77::/64 (default none)", .word = set_subnet6,
    .given = GIVEN(flat.subnet6), .network_text = subnet6_text)
SECTION(impair, "{...}", "what netem does to the packets that the netdevs send", .node = set_impair,
	.given = GIVEN(flat.impair), .network_text = impair_text)
