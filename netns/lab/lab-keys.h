/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that describe a lab, a row each: in a lab file, and as options of `rxelab up`. Whoever
 * includes this defines what a row becomes (keys.c: how it is read and written, cmd-up.c: its
 * option, lab.h: its number):
 *   KEY(key, option, argument, help, ...)   its option takes a word
 *   FLAG(key, option, help, ...)            its option takes none
 *   SECTION(key, ...)                       it has no option
 * The rest of a row are members of struct rx_key. The order is that of help and of a lab that is
 * written. No guard: it is included once for each table. */
KEY(name, "name", "NAME", "name of the lab",
    .word = set_name, .given = GIVEN(name), .text = name_text)
KEY(parent, "parent", "IF",
    "the network card, or a bond, VLAN or bridge; none: a private bridge",
    .word = set_parent, .given = GIVEN(parent), .text = parent_text)
/* in a file it stands inside endpoints */
KEY(count, "count", "K", "number of endpoints, ep1 to epK",
    .word = rx_draft_count, .given = GIVEN(count), .option_only = true)
#include "netns/lab/network-keys.h"
KEY(mtu, "mtu", "M", "MTU of the endpoints' netdevs, in bytes (default: the parent's)",
    /* ETH_MIN_MTU and ETH_MAX_MTU, include/uapi/linux/if_ether.h */
    .given = GIVEN(mtu), UINT(mtu, 68, 65535))
FLAG(raise_parent_mtu, "raise-parent-mtu",
     "raise the parent's MTU where it is smaller, and put it back",
     .given = GIVEN(raise), BOOL(raise_parent_mtu))
KEY(topology, "topology", "flat|ring|dumbbell|leaf-spine:L,S", "a ready shape",
    .word = set_topology, .given = GIVEN(topology), .text = topology_text)
KEY(plane, "plane", "auto|netns|hosted",
    "how endpoints carry traffic (default auto: found by probing)",
    CHOICE(plane, "auto", "netns", "hosted"))
KEY(control, "control", "netns|none",
    "hosted plane: a control namespace for each endpoint, or none",
    CHOICE(control, "netns", "none"))
KEY(rdma_netns, "rdma-netns", "auto|shared|exclusive", "RDMA namespace mode",
    CHOICE(rdma_mode, "auto", "shared", "exclusive"))
FLAG(expedite, "expedite", "set the host-wide rcu_expedited for the time of this command",
     BOOL(expedite))
KEY(host, "host", "I/N",
    "make this host's share of a lab on N hosts: endpoint k belongs to host (k-1) mod N + 1",
    .word = set_host, .text = host_text)
SECTION(networks,
	.node = keep_section, .offset = offsetof(struct rx_draft, networks))
SECTION(routers,
	.node = keep_section, .offset = offsetof(struct rx_draft, routers))
SECTION(endpoints,
	.node = keep_section, .offset = offsetof(struct rx_draft, endpoints))
