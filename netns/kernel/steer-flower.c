/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same ways without eBPF: filters of cls_flower, each with the actions that move a frame. Their
 * own statistics count. */
#include "netns/kernel/steer-priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_skbedit.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/tc.h"

#define REQUEST_SIZE 1024

enum match { ANY, ROCE, ROCE_TO_IT, ARP_REPLY, ADVERT, SOLICIT };
enum deed { TO_RXE, TO_BOTH, TO_ENDPOINT, ALL_IN, TO_WIRE, COUNT };

struct filter {
	bool wire; /* at the wire's netdev, else at RXE's */
	unsigned hook;
	uint16_t protocol;
	enum match match;
	enum deed deed;
};

/* By priority, the first that matches. Neighbours as in steer-bpf.c. */
static const struct filter filters[] = {
	{true, TC_H_MIN_INGRESS, ETH_P_IP, ROCE_TO_IT, TO_RXE},
	{true, TC_H_MIN_INGRESS, ETH_P_IPV6, ROCE_TO_IT, TO_RXE},
	{true, TC_H_MIN_INGRESS, ETH_P_ARP, ARP_REPLY, TO_BOTH},
	{true, TC_H_MIN_INGRESS, ETH_P_IPV6, ADVERT, TO_BOTH},
	{true, TC_H_MIN_INGRESS, ETH_P_IPV6, SOLICIT, TO_ENDPOINT},
	{true, TC_H_MIN_INGRESS, ETH_P_ALL, ANY, ALL_IN},
	{true, TC_H_MIN_EGRESS, ETH_P_IP, ROCE, COUNT},
	{true, TC_H_MIN_EGRESS, ETH_P_IPV6, ROCE, COUNT},
	{false, TC_H_MIN_EGRESS, ETH_P_ALL, ANY, TO_WIRE},
};

static struct rx_tc_place place_of(size_t i)
{
	return (struct rx_tc_place){filters[i].hook, RX_STEER_PRIORITY + 1 + (unsigned)i,
				    filters[i].protocol, "flower"};
}

/* ---- what matches ---- */

static void put_mac(struct nlmsghdr *request, const uint8_t mac[6])
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	mnl_attr_put(request, TCA_FLOWER_KEY_ETH_DST, 6, mac);
	mnl_attr_put(request, TCA_FLOWER_KEY_ETH_DST_MASK, 6, all);
}

static void put_icmp6(struct nlmsghdr *request, uint8_t type)
{
	mnl_attr_put_u8(request, TCA_FLOWER_KEY_IP_PROTO, IPPROTO_ICMPV6);
	mnl_attr_put_u8(request, TCA_FLOWER_KEY_ICMPV6_TYPE, type);
	mnl_attr_put_u8(request, TCA_FLOWER_KEY_ICMPV6_TYPE_MASK, 0xff);
}

static void put_match(struct nlmsghdr *request, const struct filter *filter,
		      const struct rx_link_info *wire)
{
	if (filter->match != ANY)
		mnl_attr_put_u16(request, TCA_FLOWER_KEY_ETH_TYPE, htons(filter->protocol));
	switch (filter->match) {
	case ROCE_TO_IT:
		put_mac(request, wire->mac);
		/* fall through */
	case ROCE:
		mnl_attr_put_u8(request, TCA_FLOWER_KEY_IP_PROTO, IPPROTO_UDP);
		mnl_attr_put_u16(request, TCA_FLOWER_KEY_UDP_DST, htons(RX_STEER_PORT));
		mnl_attr_put_u16(request, TCA_FLOWER_KEY_UDP_DST_MASK, 0xffff);
		break;
	case ARP_REPLY:
		mnl_attr_put_u8(request, TCA_FLOWER_KEY_ARP_OP, ARPOP_REPLY);
		mnl_attr_put_u8(request, TCA_FLOWER_KEY_ARP_OP_MASK, 0xff);
		break;
	case ADVERT:
		put_icmp6(request, ND_NEIGHBOR_ADVERT);
		break;
	case SOLICIT:
		put_icmp6(request, ND_NEIGHBOR_SOLICIT);
		break;
	case ANY:
		break;
	}
}

/* ---- what is done ---- */

struct actions {
	struct nlmsghdr *request;
	uint16_t n;
	struct nlattr *one, *options;
};

static void begin(struct actions *actions, const char *kind)
{
	actions->one = mnl_attr_nest_start(actions->request, ++actions->n);
	mnl_attr_put_strz(actions->request, TCA_ACT_KIND, kind);
	actions->options = mnl_attr_nest_start(actions->request, TCA_ACT_OPTIONS);
}

static void end(struct actions *actions)
{
	mnl_attr_nest_end(actions->request, actions->options);
	mnl_attr_nest_end(actions->request, actions->one);
}

static void put_pass(struct actions *actions, int verdict)
{
	struct tc_gact pass = {.action = verdict};

	begin(actions, "gact");
	mnl_attr_put(actions->request, TCA_GACT_PARMS, sizeof(pass), &pass);
	end(actions);
}

static void put_mirred(struct actions *actions, unsigned ifindex, int deed, int verdict)
{
	struct tc_mirred mirred = {.action = verdict, .eaction = deed, .ifindex = ifindex};

	begin(actions, "mirred");
	mnl_attr_put(actions->request, TCA_MIRRED_PARMS, sizeof(mirred), &mirred);
	end(actions);
}

static void put_mark(struct actions *actions, uint32_t mark)
{
	struct tc_skbedit edit = {.action = TC_ACT_PIPE};

	begin(actions, "skbedit");
	mnl_attr_put(actions->request, TCA_SKBEDIT_PARMS, sizeof(edit), &edit);
	mnl_attr_put_u32(actions->request, TCA_SKBEDIT_MARK, mark);
	end(actions);
}

/* The destination MAC := mac: the first four bytes, and two of the next four. */
static void put_address_to(struct actions *actions, const uint8_t mac[6])
{
	struct {
		struct tc_pedit_sel sel;
		struct tc_pedit_key keys[2];
	} pedit = {.sel = {.action = TC_ACT_PIPE, .nkeys = 2}};
	struct nlattr *list, *key;

	memcpy(&pedit.keys[0].val, mac, 4);
	memcpy(&pedit.keys[1].val, mac + 4, 2);
	pedit.keys[1].off = 4;
	pedit.keys[1].mask = htonl(0x0000ffff);
	begin(actions, "pedit");
	mnl_attr_put(actions->request, TCA_PEDIT_PARMS_EX, sizeof(pedit), &pedit);
	list = mnl_attr_nest_start(actions->request, TCA_PEDIT_KEYS_EX);
	for (int i = 0; i < 2; i++) {
		key = mnl_attr_nest_start(actions->request, TCA_PEDIT_KEY_EX);
		mnl_attr_put_u16(actions->request, TCA_PEDIT_KEY_EX_HTYPE,
				 TCA_PEDIT_KEY_EX_HDR_TYPE_ETH);
		mnl_attr_put_u16(actions->request, TCA_PEDIT_KEY_EX_CMD, TCA_PEDIT_KEY_EX_CMD_SET);
		mnl_attr_nest_end(actions->request, key);
	}
	mnl_attr_nest_end(actions->request, list);
	end(actions);
}

static void put_deed(struct nlmsghdr *request, enum deed deed, const struct rx_link_info *wire,
		     const struct rx_link_info *rxe, uint32_t mark)
{
	struct nlattr *nest = mnl_attr_nest_start(request, TCA_FLOWER_ACT);
	struct actions actions = {.request = request};

	if (deed == TO_RXE || deed == TO_ENDPOINT)
		put_address_to(&actions, deed == TO_RXE ? rxe->mac : wire->mac);
	if (deed == TO_RXE || deed == TO_BOTH)
		put_mark(&actions, mark);
	if (deed == TO_RXE || deed == TO_ENDPOINT || deed == ALL_IN)
		put_mirred(&actions, rxe->ifindex, TCA_INGRESS_REDIR, TC_ACT_STOLEN);
	else if (deed == TO_BOTH)
		put_mirred(&actions, rxe->ifindex, TCA_INGRESS_MIRROR, TC_ACT_PIPE);
	else if (deed == TO_WIRE)
		put_mirred(&actions, wire->ifindex, TCA_EGRESS_REDIR, TC_ACT_STOLEN);
	if (deed == TO_BOTH || deed == COUNT)
		put_pass(&actions, deed == COUNT ? TC_ACT_UNSPEC : TC_ACT_OK);
	mnl_attr_nest_end(request, nest);
}

int rx_steer_flower(struct rx_nl *nl, const struct rx_link_info *wire,
		    const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[RX_STEER_WHAT];

	for (size_t i = 0; i < RX_ARRAY_SIZE(filters); i++) {
		const struct rx_link_info *netdev = filters[i].wire ? wire : rxe;
		struct rx_tc_place place = place_of(i);
		struct nlmsghdr *request = rx_tc_filter(buffer, RTM_NEWTFILTER, NLM_F_CREATE,
							netdev->ifindex, &place);
		struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);

		put_match(request, &filters[i], wire);
		put_deed(request, filters[i].deed, wire, rxe, mark);
		mnl_attr_nest_end(request, options);
		snprintf(what, sizeof(what), "netdev %s: set flower filter %u", netdev->name,
			 place.priority);
		if (rx_nl_request(nl, request, what, err))
			return -err->code;
	}
	return 0;
}

void rx_steer_flower_drop(struct rx_nl *nl, const struct rx_link_info *wire,
			  const struct rx_link_info *rxe)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4)));
	struct rx_err not_there;

	for (size_t i = 0; i < RX_ARRAY_SIZE(filters); i++) {
		struct rx_tc_place place = place_of(i);

		rx_nl_request(nl,
			      rx_tc_filter(buffer, RTM_DELTFILTER, 0,
					   filters[i].wire ? wire->ifindex : rxe->ifindex, &place),
			      "flower filter: delete", &not_there);
	}
}

/* ---- what is there ---- */

struct seen {
	unsigned found; /* a bit for each of filters */
	struct rx_steer_count *count;
};

/* The first action has seen all of them. */
static void add_count(const struct nlattr *options, struct rx_steer_count *count)
{
	const struct nlattr *first = rx_tc_attr(rx_tc_attr(options, TCA_FLOWER_ACT), 1),
			    *stats = rx_tc_attr(first, TCA_ACT_STATS),
			    *basic = rx_tc_attr(stats, TCA_STATS_BASIC),
			    *wide = rx_tc_attr(stats, TCA_STATS_PKT64);
	struct gnet_stats_basic both = {0};

	if (!basic)
		return;
	memcpy(&both, mnl_attr_get_payload(basic),
	       mnl_attr_get_payload_len(basic) < sizeof(both) ? mnl_attr_get_payload_len(basic)
							      : sizeof(both));
	count->frames += wide && mnl_attr_get_payload_len(wide) >= 8 ? mnl_attr_get_u64(wide)
								     : both.packets;
	count->bytes += both.bytes;
}

static void see(const char *kind, unsigned priority, const struct nlattr *options, void *arg)
{
	unsigned i = priority - RX_STEER_PRIORITY - 1;
	struct seen *seen = arg;

	if (strcmp(kind, "flower") || i >= RX_ARRAY_SIZE(filters))
		return;
	seen->found |= 1u << i;
	if (seen->count && filters[i].deed == TO_RXE)
		add_count(options, &seen->count[RX_STEER_IN]);
	else if (seen->count && filters[i].deed == COUNT)
		add_count(options, &seen->count[RX_STEER_OUT]);
}

int rx_steer_flower_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
			     const struct rx_link_info *rxe, struct rx_err *err)
{
	struct seen seen = {0};

	if (rx_tc_filters(nl, wire->ifindex, TC_H_MIN_INGRESS, see, &seen, err) ||
	    rx_tc_filters(nl, wire->ifindex, TC_H_MIN_EGRESS, see, &seen, err) ||
	    rx_tc_filters(nl, rxe->ifindex, TC_H_MIN_EGRESS, see, &seen, err))
		return -err->code;
	return seen.found == (1u << RX_ARRAY_SIZE(filters)) - 1;
}

int rx_steer_flower_counts(struct rx_nl *nl, unsigned wire,
			   struct rx_steer_count count[RX_STEER_WAYS], struct rx_err *err)
{
	struct seen seen = {.count = count};

	memset(count, 0, RX_STEER_WAYS * sizeof(*count));
	if (rx_tc_filters(nl, wire, TC_H_MIN_INGRESS, see, &seen, err) ||
	    rx_tc_filters(nl, wire, TC_H_MIN_EGRESS, see, &seen, err))
		return -err->code;
	/* what comes in is counted without its Ethernet header (sch_handle_ingress,
	 * net/core/dev.c) */
	count[RX_STEER_IN].bytes += count[RX_STEER_IN].frames * ETH_HLEN;
	return seen.found != 0;
}
