/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who drops RoCE in nf_tables: what `nft monitor trace` shows
 * (include/uapi/linux/netfilter/nf_tables.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kmod-helpers/modules/modules.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/doctor/filters.h"

#define BATCH_SIZE 4096
#define BEFORE_ALL (-450) /* NF_IP_PRI_RAW_BEFORE_DEFRAG, linux/netfilter_ipv4.h */
#define SOURCE_AT 12      /* of IPv4's header */
#define TOLD_WITHIN 0.5   /* seconds; a message is sent while the datagram passes */

static const char *const families[] = {
	[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",       [NFPROTO_ARP] = "arp",
	[NFPROTO_NETDEV] = "netdev", [NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6"};

/* ---- what is asked ---- */

static struct nlmsghdr *begin(struct mnl_nlmsg_batch *batch, unsigned type, unsigned flags,
			      unsigned family)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
	struct nfgenmsg *general = mnl_nlmsg_put_extra_header(message, sizeof(*general));

	message->nlmsg_type = (uint16_t)type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	general->nfgen_family = (uint8_t)family;
	general->version = NFNETLINK_V0;
	general->res_id = type < NLMSG_MIN_TYPE << 8 ? htons(NFNL_SUBSYS_NFTABLES) : 0;
	return message;
}

static void put_u32(struct nlmsghdr *message, unsigned type, uint32_t value)
{
	mnl_attr_put_u32(message, (uint16_t)type, htonl(value));
}

static void put_table(struct mnl_nlmsg_batch *batch, const char *table, unsigned family,
		      unsigned type, uint32_t flags)
{
	struct nlmsghdr *message = begin(batch, NFNL_SUBSYS_NFTABLES << 8 | type,
					 NLM_F_ACK | (type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0),
					 family);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	if (flags)
		put_u32(message, NFTA_TABLE_FLAGS, flags);
	mnl_nlmsg_batch_next(batch);
}

static void put_chain(struct mnl_nlmsg_batch *batch, const char *table, const char *chain,
		      unsigned family, unsigned hook)
{
	struct nlmsghdr *message = begin(batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN,
					 NLM_F_CREATE, family);
	struct nlattr *nest;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
	nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	put_u32(message, NFTA_HOOK_HOOKNUM, hook);
	put_u32(message, NFTA_HOOK_PRIORITY, (uint32_t)BEFORE_ALL);
	mnl_attr_nest_end(message, nest);
	mnl_nlmsg_batch_next(batch);
}

struct expression {
	struct nlattr *element, *data;
};

static struct expression open_expression(struct nlmsghdr *message, const char *name)
{
	struct expression e = {.element = mnl_attr_nest_start(message, NFTA_LIST_ELEM)};

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	return e;
}

static void close_expression(struct nlmsghdr *message, struct expression e)
{
	mnl_attr_nest_end(message, e.data);
	mnl_attr_nest_end(message, e.element);
}

static void put_value(struct nlmsghdr *message, unsigned type, const void *value, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, (uint16_t)type);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, value);
	mnl_attr_nest_end(message, nest);
}

/* ip saddr SOURCE meta nftrace set 1 */
static void put_rule(struct mnl_nlmsg_batch *batch, const char *table, const char *chain,
		     unsigned family, const struct rx_cidr *source)
{
	struct nlmsghdr *message = begin(batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
					 NLM_F_CREATE | NLM_F_APPEND, family);
	const uint8_t one = 1;
	struct nlattr *nest;
	struct expression e;

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nest = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	e = open_expression(message, "payload");
	put_u32(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_u32(message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put_u32(message, NFTA_PAYLOAD_OFFSET, SOURCE_AT);
	put_u32(message, NFTA_PAYLOAD_LEN, 4);
	close_expression(message, e);
	e = open_expression(message, "cmp");
	put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(message, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(message, NFTA_CMP_DATA, source->addr, 4);
	close_expression(message, e);
	e = open_expression(message, "immediate");
	put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(message, NFTA_IMMEDIATE_DATA, &one, sizeof(one));
	close_expression(message, e);
	e = open_expression(message, "meta");
	put_u32(message, NFTA_META_KEY, NFT_META_NFTRACE);
	put_u32(message, NFTA_META_SREG, NFT_REG_1);
	close_expression(message, e);
	mnl_attr_nest_end(message, nest);
	mnl_nlmsg_batch_next(batch);
}

/* All or nothing; the table's answer is the batch's. */
static int send_batch(struct rx_nl *nl, struct mnl_nlmsg_batch *batch)
{
	double deadline = rx_deadline(TOLD_WITHIN);
	char reply[BATCH_SIZE] __attribute__((aligned(4)));
	const struct nlmsghdr *header = (const void *)reply;

	begin(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	mnl_nlmsg_batch_next(batch);
	if (send(nl->fd, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch), 0) < 0)
		return -errno;
	while (!rx_passed(deadline)) {
		struct pollfd wait = {.fd = nl->fd, .events = POLLIN};
		ssize_t length;

		if (poll(&wait, 1, rx_poll_until(deadline)) <= 0)
			break;
		length = recv(nl->fd, reply, sizeof(reply), MSG_DONTWAIT);
		if (length >= (ssize_t)(sizeof(*header) + sizeof(int)) &&
		    header->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(header))->error;
	}
	return -ETIMEDOUT;
}

static int trace_family(struct rx_nft_trace *trace, unsigned family, uint32_t flags,
			const struct rx_cidr *source)
{
	char buffer[BATCH_SIZE * 2] __attribute__((aligned(4)));
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, BATCH_SIZE);
	int rc;

	begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	mnl_nlmsg_batch_next(batch);
	put_table(batch, trace->table, family, NFT_MSG_NEWTABLE, flags);
	put_chain(batch, trace->table, "in", family, NF_INET_PRE_ROUTING);
	put_chain(batch, trace->table, "out", family, NF_INET_LOCAL_OUT);
	put_rule(batch, trace->table, "in", family, source);
	put_rule(batch, trace->table, "out", family, source);
	rc = send_batch(&trace->nl, batch);
	mnl_nlmsg_batch_stop(batch);
	return rc;
}

static void forget_family(struct rx_nft_trace *trace, unsigned family)
{
	char buffer[BATCH_SIZE * 2] __attribute__((aligned(4)));
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, BATCH_SIZE);

	begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	mnl_nlmsg_batch_next(batch);
	put_table(batch, trace->table, family, NFT_MSG_DELTABLE, 0);
	send_batch(&trace->nl, batch);
	mnl_nlmsg_batch_stop(batch);
}

static const unsigned traced[] = {NFPROTO_IPV4, NFPROTO_BRIDGE};

void rx_nft_trace_begin(struct rx_nft_trace *trace, const struct rx_cidr *source)
{
	int group = NFNLGRP_NFTRACE;
	struct rx_err ignored;

	trace->nl = RX_NL_CLOSED;
	snprintf(trace->table, sizeof(trace->table), "rxelab_doctor_%d", (int)getpid());
	/* what is not loaded drops nothing. The calling thread may be in a scratch namespace; the
	 * process itself is in the host's */
	if (rx_module_state("nf_tables") == RX_MODULE_AVAILABLE ||
	    rx_nl_open(&trace->nl, NETLINK_NETFILTER, "/proc/self/ns/net", &ignored))
		return;
	for (size_t i = 0; i < RX_ARRAY_SIZE(traced); i++)
		if (trace_family(trace, traced[i], NFT_TABLE_F_OWNER, source))
			trace_family(trace, traced[i], 0, source); /* before 5.12 */
	setsockopt(trace->nl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

/* ---- what is told ---- */

static int collect(const struct nlattr *attr, void *arg)
{
	const struct nlattr **table = arg;

	if (mnl_attr_get_type(attr) <= NFTA_TRACE_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static bool dropped_by_rule(const struct nlattr *const attr[])
{
	const struct nlattr *verdict[NFTA_TRACE_MAX + 1] = {NULL};

	if (!attr[NFTA_TRACE_VERDICT] || !attr[NFTA_TRACE_RULE_HANDLE])
		return false;
	mnl_attr_parse_nested(attr[NFTA_TRACE_VERDICT], collect, verdict);
	return verdict[NFTA_VERDICT_CODE] &&
	       ntohl(mnl_attr_get_u32(verdict[NFTA_VERDICT_CODE])) == NF_DROP;
}

static bool dropped_by_policy(const struct nlattr *const attr[])
{
	return attr[NFTA_TRACE_POLICY] &&
	       ntohl(mnl_attr_get_u32(attr[NFTA_TRACE_POLICY])) == NF_DROP;
}

/* A step of a datagram's way that was its last. */
static void read_step(const struct nlmsghdr *message, char *text, size_t size)
{
	const struct nlattr *attr[NFTA_TRACE_MAX + 1] = {NULL};
	unsigned family = ((const struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family;
	const char *name = family < RX_ARRAY_SIZE(families) && families[family] ? families[family]
										: "family";
	char what[48];

	mnl_attr_parse(message, sizeof(struct nfgenmsg), collect, attr);
	if (!attr[NFTA_TRACE_TABLE] || !attr[NFTA_TRACE_CHAIN])
		return;
	if (dropped_by_rule(attr))
		snprintf(what, sizeof(what), "rule handle %llu",
			 (unsigned long long)be64toh(
				 mnl_attr_get_u64(attr[NFTA_TRACE_RULE_HANDLE])));
	else if (dropped_by_policy(attr))
		snprintf(what, sizeof(what), "policy drop");
	else
		return;
	snprintf(text, size, "%s of %s %s %s", what, name, mnl_attr_get_str(attr[NFTA_TRACE_TABLE]),
		 mnl_attr_get_str(attr[NFTA_TRACE_CHAIN]));
}

static void read_steps(struct rx_nft_trace *trace, char *text, size_t size)
{
	double deadline = rx_deadline(TOLD_WITHIN);
	char bytes[8192] __attribute__((aligned(4)));

	while (!*text) {
		struct pollfd wait = {.fd = trace->nl.fd, .events = POLLIN};
		const struct nlmsghdr *message = (const void *)bytes;
		int left;

		if (poll(&wait, 1, rx_poll_until(deadline)) <= 0)
			return;
		left = (int)recv(trace->nl.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		for (; left > 0 && mnl_nlmsg_ok(message, left) && !*text;
		     message = mnl_nlmsg_next(message, &left))
			if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) &&
			    mnl_nlmsg_get_payload_len(message) >= sizeof(struct nfgenmsg))
				read_step(message, text, size);
	}
}

void rx_nft_trace_end(struct rx_nft_trace *trace, char *text, size_t size)
{
	int group = NFNLGRP_NFTRACE;

	*text = '\0';
	if (trace->nl.fd < 0)
		return;
	read_steps(trace, text, size);
	setsockopt(trace->nl.fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group));
	for (size_t i = 0; i < RX_ARRAY_SIZE(traced); i++)
		forget_family(trace, traced[i]);
	rx_nl_close(&trace->nl);
}
