/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every test by name, in the order in which they run and are shown. */
#include <string.h>

#include "tools/verify/remote/remote.h"

#define LAB(name_, what_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_LAB, .lab = run_ \
	}
#define LOOK(name_, what_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_LAB, .view_gids = true, \
		.lab = run_ \
	}
#define PAIR(name_, what_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_PAIR, .pair = run_ \
	}
#define BLIND(name_, what_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_PAIR, .blind = true, .pair = run_ \
	}
#define WIDE(name_, what_, cannot_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_PAIR, .breadth = true, \
		.cannot = cannot_, .pair = run_ \
	}
#define NEGATIVE(name_, what_, run_) \
	{ \
		.name = name_, .what = what_, .scope = RX_SCOPE_PAIR, .negative = true, \
		.breadth = true, .pair = run_ \
	}

const struct rx_test rx_tests[] = {
	LOOK("ledger", "nothing differs from what `up` made: MAC, address, netdev, RXE, mode",
	     rx_test_ledger),
	LAB("gid-distinct", "no two endpoints have the same GID", rx_test_gid_distinct),
	LOOK("gid-owner", "each GID is held by the netdev that the lab says, and by no other",
	     rx_test_gid_owner),
	LAB("port-active", "the port of each RXE device is ACTIVE", rx_test_port_active),
	LAB("rdma-mtu",
	    "the RDMA MTU follows from the netdev's, and all netdevs of a network have the same",
	    rx_test_rdma_mtu),
	LAB("udp-4791", "RXE's UDP socket is open in the namespace that carries the data",
	    rx_test_udp_4791),
	BLIND("rc-send", "RC SEND, 4 messages of 4096 bytes", rx_test_rc_send),
	BLIND("rc-write", "RC RDMA WRITE", rx_test_rc_write),
	BLIND("rc-read", "RC RDMA READ", rx_test_rc_read),
	PAIR("ud-send", "UD SEND, datagrams as large as the path MTU", rx_test_ud_send),
	PAIR("path", "the traffic crossed the netdevs of both ends, by their counters and RXE's",
	     rx_test_path),
	WIDE("rc-send-imm", "RC SEND with immediate data", NULL, rx_test_rc_send_imm),
	WIDE("rc-write-imm", "RC RDMA WRITE with immediate data", NULL, rx_test_rc_write_imm),
	WIDE("rc-inline", "RC SEND of inlined data that is overwritten after the post", NULL,
	     rx_test_rc_inline),
	WIDE("rc-large", "RC SEND of one message of 8 MiB", NULL, rx_test_rc_large),
	WIDE("rc-fetch-add", "RC atomic fetch and add", rx_cannot_atomic, rx_test_fetch_add),
	WIDE("rc-compare-swap", "RC atomic compare and swap", rx_cannot_atomic,
	     rx_test_compare_swap),
	WIDE("uc-send", "UC SEND", NULL, rx_test_uc_send),
	WIDE("uc-write", "UC RDMA WRITE", NULL, rx_test_uc_write),
	WIDE("srq", "RC SEND into a shared receive queue", NULL, rx_test_srq),
	WIDE("memory-window", "RC RDMA WRITE through a memory window of type 2", rx_cannot_window,
	     rx_test_memory_window),
	WIDE("ipv6",
	     "RC SEND, WRITE and READ over IPv6 GIDs (link-local ones where the lab has no IPv6 "
	     "subnet)",
	     NULL, rx_test_ipv6),
	WIDE("multicast", "UD to a multicast group", NULL, rx_test_multicast),
	{.name = "cm",
	 .what = "rdma_cm: connect, exchange, disconnect",
	 .scope = RX_SCOPE_ALONE,
	 .breadth = true,
	 .pair = rx_test_cm},
	NEGATIVE("rkey-violation", "RDMA WRITE with a wrong key ends in status 10",
		 rx_test_rkey_violation),
	NEGATIVE("oversized-send", "SEND longer than the posted receive ends in status 11",
		 rx_test_oversized_send),
	NEGATIVE("dead-peer", "a peer that is gone ends in status 12, in time", rx_test_dead_peer),
	{.name = "isolation",
	 .what = "an endpoint sees and opens no device but its own",
	 .scope = RX_SCOPE_LAB,
	 .negative = true,
	 .lab = rx_test_isolation},
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
		return rx_usage(err,
				"--tests: there is no test \"%.*s\"; there are all, negative%s",
				(int)length, at, names);
	}
	return 0;
}

int rx_remote_select(const char *text, bool selected[RX_MAX_TESTS], struct rx_err *err)
{
	bool all = !text || !strcmp(text, "all");

	if (rx_verify_select(text, selected, err))
		return -err->code;
	for (unsigned i = 0; i < rx_n_tests; i++) {
		if (!selected[i] || rx_remote_test(rx_tests[i].name))
			continue;
		if (!all)
			return rx_usage(err,
					"--tests: %s needs both ends on one host; across hosts "
					"there are rc-send, rc-write, rc-read, path and cm",
					rx_tests[i].name);
		selected[i] = false;
	}
	return 0;
}
