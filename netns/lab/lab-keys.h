/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that describe a lab, a row each: in a lab file, as options of `rxelab up`, in the man
 * page and in the schema. Whoever includes this defines what a row becomes (keys.c: how it is read
 * and written, cmd-up.c: its option, lab.h: its number):
 *   KEY(key, option, value, help, ...)    its option takes a word
 *   FLAG(key, option, help, ...)          its option takes none
 *   SECTION(key, value, help, ...)        it has no option
 * The rest of a row are members of struct rx_key. The order is that of help and of a lab that is
 * written. No guard: it is included once for each table. */
KEY(name, "name", "NAME", "name of the lab", .form = "node_name", .more = RX_NAME_RULE,
    .word = set_name, .given = GIVEN(name), .text = name_text)
KEY(parent, "parent", "IF",
    "the network card, bond, VLAN or bridge that the endpoints share; none: a private bridge",
    .more = "Required, unless bridge is given.", .form = "netdev", .word = set_parent,
    .given = GIVEN(parent), .text = parent_text)
/* in a file it stands inside endpoints */
KEY(count, "count", "K", "number of endpoints, ep1 to epK", .word = rx_draft_count,
    .given = GIVEN(count), .min = 1, .max = RX_MAX_ENDPOINTS, .option_only = true)
#include "netns/lab/network-keys.h"
KEY(mtu, "mtu", "M", "MTU of the endpoints' netdevs, in bytes (default: the parent's)",
    .more = "At least 1280 with subnet6.",
    /* ETH_MIN_MTU and ETH_MAX_MTU, include/uapi/linux/if_ether.h */
    .given = GIVEN(mtu), UINT(mtu, 68, 65535))
FLAG(raise_parent_mtu, "raise-parent-mtu",
     "raise the parent's MTU where it is smaller than mtu, and put it back at the end",
     .given = GIVEN(raise), BOOL(raise_parent_mtu))
KEY(topology, "topology", "flat|ring|dumbbell|leaf-spine:L,S",
    "a predefined topology (default flat)", .more = "2 to 128 leaves, 1 to 32 spines.",
    .word = set_topology, .given = GIVEN(topology), .text = topology_text)
KEY(plane, "plane", "auto|netns|hosted",
    "how endpoints carry traffic (default auto: found by probing)",
    CHOICE(plane, "auto", "netns", "hosted"))
KEY(control, "control", "netns|none",
    "hosted plane: none keeps netdevs in init_net and makes no namespaces (default netns)",
    CHOICE(control, "netns", "none"))
KEY(rdma_netns, "rdma-netns", "auto|shared|exclusive",
    "RDMA namespace mode of the host (default auto)",
    CHOICE(rdma_mode, "auto", "shared", "exclusive"))
FLAG(expedite, "expedite", "set the host-wide rcu_expedited while up and down run", BOOL(expedite))
KEY(host, "host", "I/N",
    "make this host's share of a lab on N hosts: endpoint k belongs to host (k-1) mod N + 1",
    .more = "Better given as up --host, so that all hosts read the same file.", .word = set_host,
    .text = host_text)
SECTION(networks, "{NAME: {...}, ...}", "several segments, by name",
	.more = "Each has the keys link, bridge, vlan, subnet, subnet6 and impair, which then must "
		"not stand at the lab itself.",
	.node = keep_section, .offset = offsetof(struct rx_draft, networks))
SECTION(routers, "[{name: NAME, networks: ...}, ...]", "namespaces that forward between networks",
	.more = "Needs networks at the lab.", .node = keep_section,
	.offset = offsetof(struct rx_draft, routers))
SECTION(endpoints, "{count: N}, or a list", "how many endpoints, or a list of them",
	.more = "1 to 1024. By count they are ep1 to epN. Required.", .node = keep_section,
	.offset = offsetof(struct rx_draft, endpoints))
