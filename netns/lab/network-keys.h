/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that a network has, a row each: see lab-keys.h, which has them too, for the only network
 * of a lab. No guard: it is included once for each table. */
KEY(link, "link", "macvlan|veth", "how an endpoint hangs on the parent (default macvlan)",
    .word = set_link, .given = GIVEN(flat.link), .network_text = link_text)
KEY(bridge, "bridge", "BR", "a bridge that exists, for --link veth or instead of a parent",
    .word = set_bridge, .given = GIVEN(flat.bridge), .network_text = bridge_text)
KEY(vlan, "vlan", "ID", "put the endpoints on this VLAN of the parent",
    .word = set_vlan, .given = GIVEN(flat.vlan), .network_text = vlan_text)
KEY(subnet, "subnet", "CIDR", "IPv4 subnet (default 10.77.0.0/24, grown to fit)",
    .word = set_subnet, .given = GIVEN(flat.subnet), .network_text = subnet_text)
KEY(subnet6, "subnet6", "CIDR", "IPv6 subnet, e.g. fd77::/64",
    .word = set_subnet6, .given = GIVEN(flat.subnet6), .network_text = subnet6_text)
SECTION(impair, .node = set_impair, .given = GIVEN(flat.impair), .network_text = impair_text)
