/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every test by name, in the order in which they run and are shown. */
#include <string.h>

#include "tools/cli/command.h"
#include "tools/verify/verify.h"

#define LAB(run_) .scope = RX_SCOPE_LAB, .lab = run_
#define PORT(run_) .scope = RX_SCOPE_LAB, .port = run_
#define TRANSFER(kind_, opcode_, size_, ...) \
	{ \
		.kind = RX_QP_##kind_, .opcode = IBV_WR_##opcode_, .messages = RX_MESSAGES, \
		.size = (size_), .wait = RX_QP_##kind_ == RX_QP_UC ? RX_WAIT_LOST : 0, __VA_ARGS__ \
	}
#define MESSAGES(kind_, opcode_) \
	.transfer = &(const struct rx_transfer)TRANSFER(kind_, opcode_, RX_MESSAGE)
#define WIDE .breadth = true
#define NEGATIVE .negative = true, .breadth = true

#define LARGE (8u << 20) /* bytes: 8,192 packets at an RDMA MTU of 1,024 */
#define LARGE_WAIT 60.0  /* seconds */

static const struct rx_transfer over_ipv6[] = {
	TRANSFER(RC, SEND, RX_MESSAGE, .family = RX_IPV6),
	TRANSFER(RC, RDMA_WRITE, RX_MESSAGE, .family = RX_IPV6),
	TRANSFER(RC, RDMA_READ, RX_MESSAGE, .family = RX_IPV6),
};

static const struct rx_transfer over_link_local[] = {
	TRANSFER(RC, SEND, RX_MESSAGE, .family = RX_LINK_LOCAL),
	TRANSFER(RC, RDMA_WRITE, RX_MESSAGE, .family = RX_LINK_LOCAL),
	TRANSFER(RC, RDMA_READ, RX_MESSAGE, .family = RX_LINK_LOCAL),
};

/* Sizes at which something begins: nothing at all, less than a word, around a packet, the first of
 * several. */
#define EDGE(opcode_, mtus_, more_) \
	{ \
		.kind = RX_QP_RC, .opcode = IBV_WR_##opcode_, \
		.messages = (mtus_) > 1 ? 1 : RX_MESSAGES, .mtus = (mtus_), .more = (more_) \
	}
#define EDGES(opcode_) \
	EDGE(opcode_, 0, 0), EDGE(opcode_, 0, 1), EDGE(opcode_, 0, 3), EDGE(opcode_, 1, -1), \
		EDGE(opcode_, 1, 0), EDGE(opcode_, 1, 1), EDGE(opcode_, 3, 1)

static const struct rx_transfer sizes[] = {EDGES(SEND), EDGES(RDMA_WRITE), EDGES(RDMA_READ)};

/* The number of a packet has 24 bits: with any path MTU a message or two are before the end, the
 * others behind. */
#define LAST_PSN 0xfffffe
static const struct rx_transfer wraps[] = {
	TRANSFER(RC, SEND, RX_MESSAGE, .psn = LAST_PSN),
	TRANSFER(RC, RDMA_WRITE, RX_MESSAGE, .psn = LAST_PSN),
	TRANSFER(RC, RDMA_READ, RX_MESSAGE, .psn = LAST_PSN),
};

static const struct rx_transfer pieces[] = {
	TRANSFER(RC, SEND, RX_MESSAGE, .sges = RX_MAX_SGE),
	TRANSFER(RC, RDMA_WRITE, RX_MESSAGE, .sges = RX_MAX_SGE),
	TRANSFER(RC, RDMA_READ, RX_MESSAGE, .sges = RX_MAX_SGE),
};
#define ROUNDS(list) .transfer = list, .rounds = sizeof(list) / sizeof(list[0]), .shared = true

const struct rx_test rx_tests[] = {
	{"ledger", "nothing differs from what `up` made: MAC, address, netdev, RXE, mode",
	 LAB(rx_test_ledger), .view_gids = true},
	{"gid-distinct", "no two endpoints have the same GID", LAB(rx_test_gid_distinct)},
	{"gid-owner", "each GID is held by the netdev that the lab says, and by no other",
	 PORT(rx_test_gid_owner), .view_gids = true},
	{"port-active", "the port of each RXE device is ACTIVE", PORT(rx_test_port_active)},
	{"rdma-mtu",
	 "the RDMA MTU follows from the netdev's, and all netdevs of a network have the same",
	 PORT(rx_test_rdma_mtu)},
	{"udp-4791", "RXE's UDP socket is open in the namespace that carries the data",
	 LAB(rx_test_udp_4791)},
	{"rc-send", "RC SEND, 4 messages of 4096 bytes", .blind = true, MESSAGES(RC, SEND)},
	{"rc-write", "RC RDMA WRITE", .blind = true, MESSAGES(RC, RDMA_WRITE)},
	{"rc-read", "RC RDMA READ", .blind = true, MESSAGES(RC, RDMA_READ)},
	{"ud-send", "UD SEND, datagrams as large as the path MTU", .play = &rx_play_ud_send},
	{"path", "the traffic crossed the netdevs of both ends, by their counters and RXE's",
	 .play = &rx_play_path},
	{"rc-send-imm", "RC SEND with immediate data", WIDE, MESSAGES(RC, SEND_WITH_IMM)},
	{"rc-write-imm", "RC RDMA WRITE with immediate data", WIDE,
	 MESSAGES(RC, RDMA_WRITE_WITH_IMM)},
	{"rc-inline", "RC SEND of inlined data that is overwritten after the post", WIDE,
	 .transfer = &(const struct rx_transfer)TRANSFER(RC, SEND, 64, .inlined = true)},
	{"rc-large", "RC SEND of one message of 8 MiB", WIDE,
	 .transfer = &(const struct rx_transfer){.kind = RX_QP_RC,
						 .opcode = IBV_WR_SEND,
						 .messages = 1,
						 .size = LARGE,
						 .own_memory = true,
						 .wait = LARGE_WAIT}},
	{"rc-sizes",
	 "RC SEND, WRITE and READ of 0, 1, 3 bytes, around the path MTU, and of several packets; "
	 "each pair has some of them in turn",
	 WIDE, ROUNDS(sizes)},
	{"rc-psn-wrap", "RC SEND, WRITE and READ while the packet numbers begin again at 0", WIDE,
	 ROUNDS(wraps)},
	{"rc-sges", "RC SEND, WRITE and READ of messages that lie in three pieces", WIDE,
	 ROUNDS(pieces)},
	{"rc-late-receive", "RC SEND to a receiver that is not ready at first (RNR)", WIDE,
	 .play = &rx_play_late},
	{"rc-fetch-add", "RC atomic fetch and add", WIDE, .cannot = rx_cannot_atomic,
	 .play = &rx_play_fetch_add},
	{"rc-compare-swap", "RC atomic compare and swap", WIDE, .cannot = rx_cannot_atomic,
	 .play = &rx_play_compare_swap},
	{"rc-atomic-write", "RC atomic write of 8 bytes", WIDE, .cannot = rx_cannot_atomic_write,
	 .play = &rx_play_atomic_write},
	{"rc-flush", "RC RDMA WRITE and FLUSH of what it wrote", WIDE, .cannot = rx_cannot_flush,
	 .play = &rx_play_flush},
	{"uc-send", "UC SEND", WIDE, MESSAGES(UC, SEND)},
	{"uc-write", "UC RDMA WRITE", WIDE, MESSAGES(UC, RDMA_WRITE)},
	{"srq", "RC SEND into a shared receive queue", WIDE, MESSAGES(SRQ, SEND)},
	{"memory-window", "RC RDMA WRITE through a memory window of type 2", WIDE,
	 .cannot = rx_cannot_window, .play = &rx_play_memory_window},
	{"ipv6",
	 "RC SEND, WRITE and READ over IPv6 GIDs (link-local ones where the lab has no IPv6 "
	 "subnet)",
	 WIDE, .why_not = rx_no_ipv6, .transfer = over_ipv6,
	 .rounds = sizeof(over_ipv6) / sizeof(over_ipv6[0])},
	{"link-local",
	 "RC SEND, WRITE and READ over link-local GIDs, beside those of the lab's addresses; each "
	 "pair has some of them in turn",
	 WIDE, .why_not = rx_no_link_local, ROUNDS(over_link_local)},
	{"ud-room",
	 "UD SEND to a receive without room for the GRH is dropped, one that fits with it arrives",
	 WIDE, .cannot = rx_cannot_room, .play = &rx_play_ud_room},
	{"multicast", "UD to a multicast group", WIDE, .why_not = rx_no_multicast,
	 .play = &rx_play_multicast},
	{"cm", "rdma_cm: connect, exchange, disconnect", WIDE, .scope = RX_SCOPE_ALONE,
	 .play = &rx_play_cm},
	{"rkey-violation", "RDMA WRITE with a wrong key ends in status 10 and writes nothing",
	 NEGATIVE, .play = &rx_play_rkey_violation},
	{"window-bounds",
	 "RDMA WRITE across the end of a memory window ends in status 10 and writes nothing",
	 NEGATIVE, .cannot = rx_cannot_window, .play = &rx_play_window_bounds},
	{"window-invalidated",
	 "RDMA WRITE through a memory window that a SEND with invalidate closed ends in status 10",
	 NEGATIVE, .cannot = rx_cannot_window, .play = &rx_play_window_invalidated},
	{"oversized-send", "SEND longer than the posted receive ends in status 11", NEGATIVE,
	 .play = &rx_play_oversized_send},
	{"dead-peer", "a peer that is gone ends in status 12, in time", NEGATIVE,
	 .play = &rx_play_dead_peer},
	{"isolation", "an endpoint sees and opens no device but its own", .negative = true,
	 LAB(rx_test_isolation)},
};

const unsigned rx_n_tests = sizeof(rx_tests) / sizeof(rx_tests[0]);

static bool select_word(const char *word, size_t length, bool selected[RX_MAX_TESTS])
{
	bool all = length == 3 && !strncmp(word, "all", 3);
	bool negative = length == 8 && !strncmp(word, "negative", 8);
	bool found = false;
	unsigned i;

	for (i = 0; i < rx_n_tests; i++) {
		if (all        ? rx_tests[i].negative
		    : negative ? !rx_tests[i].negative
			       : strlen(rx_tests[i].name) != length ||
					 strncmp(rx_tests[i].name, word, length))
			continue;
		selected[i] = true;
		found = true;
	}
	return found;
}

int rx_verify_view(const char *lab, const bool selected[RX_MAX_TESTS], struct rx_view *view,
		   struct rx_err *err)
{
	bool gids = false, blind = true;
	unsigned i;

	for (i = 0; i < rx_n_tests; i++) {
		gids |= selected[i] && rx_tests[i].view_gids;
		blind &= !selected[i] || rx_tests[i].blind;
	}
	return rx_view_open_to(lab,
			       blind  ? RX_VIEW_UNSEEN
			       : gids ? RX_VIEW_ALL
				      : RX_VIEW_WITHOUT_GIDS,
			       view, err);
}

int rx_verify_select(const char *text, bool selected[RX_MAX_TESTS], struct rx_err *err)
{
	char names[1024] = "";
	const char *at;
	unsigned i;

	memset(selected, 0, RX_MAX_TESTS * sizeof(*selected));
	for (at = text ? text : "all"; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		size_t length = strcspn(at, ",");

		if (select_word(at, length, selected))
			continue;
		for (i = 0; i < rx_n_tests; i++)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s",
				 rx_tests[i].name);
		return rx_usage(err, "test-unknown",
				"--tests: there is no test \"%.*s\"; there are all, negative%s",
				(int)length, at, names);
	}
	return 0;
}
