/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/steer.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/bpf.h"
#include "netns/kernel/tc.h"

#define WHAT_SIZE 160
#define REQUEST_SIZE 256
#define NAME_IN "rxelab_in"
#define NAME_OUT "rxelab_out"
#define ROCE_PORT 4791 /* RoCEv2, InfiniBand Architecture Specification volume 1, annex A17 */
#define FILTER_PRIORITY 1000u /* others may put theirs before */

/* where things are in a frame */
#define ETH_TYPE 12
#define ARP_OPERATION 20
#define IP4_FIRST 14
#define IP4_FRAGMENT 20
#define IP4_PROTOCOL 23
#define IP4_PORT(header) (14 + 2 + (header))
#define IP6_NEXT 20
#define IP6_NEXT_HEADER 54

/* ---- programs ---- */

enum place { ARP, IP6, ICMP6, SOLICIT, ROCE, BOTH, MINE, PLACES };

/* A program with places that are jumped to before they are known. */
struct writer {
	struct bpf_insn insns[128];
	size_t n;
	size_t place[PLACES];
	struct {
		size_t at;
		enum place to;
	} jumps[24];
	size_t n_jumps;
};

static void put(struct writer *w, struct bpf_insn insn)
{
	w->insns[w->n++] = insn;
}

#define PUT(w, ...) put(w, (struct bpf_insn)__VA_ARGS__)

static void put_jump(struct writer *w, struct bpf_insn insn, enum place to)
{
	w->jumps[w->n_jumps].at = w->n;
	w->jumps[w->n_jumps++].to = to;
	put(w, insn);
}

/* if (r0 OPERATION value) goto to */
static void put_if(struct writer *w, unsigned operation, uint32_t value, enum place to)
{
	put_jump(w, (struct bpf_insn)BPF_IF(operation, BPF_REG_0, value, 0), to);
}

static void put_goto(struct writer *w, enum place to)
{
	put_jump(w, (struct bpf_insn)BPF_GO(0), to);
}

static void here(struct writer *w, enum place place)
{
	w->place[place] = w->n;
}

static void resolve(struct writer *w)
{
	for (size_t i = 0; i < w->n_jumps; i++)
		w->insns[w->jumps[i].at].off = (short)(w->place[w->jumps[i].to] - w->jumps[i].at -
						       1);
}

static uint32_t mac_high(const uint8_t mac[6])
{
	return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
}

/* What is not for that MAC goes where the rest goes. The high half is compared as 64 bits, which an
 * immediate operand cannot be. */
static void put_for_mac(struct writer *w, const uint8_t mac[6])
{
	PUT(w, BPF_PACKET(BPF_H, 4));
	put_if(w, BPF_JNE, (uint32_t)mac[4] << 8 | mac[5], MINE);
	PUT(w, BPF_PACKET(BPF_W, 0));
	PUT(w, RX_BPF(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, mac_high(mac)));
	put_jump(w, (struct bpf_insn)RX_BPF(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0),
		 MINE);
}

/* The destination MAC := mac. */
static void put_address_to(struct writer *w, const uint8_t mac[6])
{
	uint32_t high = htonl(mac_high(mac));
	uint16_t low = htons((uint16_t)(mac[4] << 8 | mac[5]));

	PUT(w, BPF_PUT(BPF_W, BPF_REG_10, -8, high));
	PUT(w, BPF_PUT(BPF_H, BPF_REG_10, -4, low));
	PUT(w, BPF_COPY(BPF_REG_1, BPF_REG_6));
	PUT(w, BPF_SET(BPF_REG_2, 0));
	PUT(w, BPF_COPY(BPF_REG_3, BPF_REG_10));
	PUT(w, BPF_DO(BPF_ADD, BPF_REG_3, -8));
	PUT(w, BPF_SET(BPF_REG_4, 6));
	PUT(w, BPF_SET(BPF_REG_5, 0));
	PUT(w, BPF_HELP(BPF_FUNC_skb_store_bytes));
}

static void put_mark(struct writer *w, uint32_t mark)
{
	PUT(w, BPF_SET(BPF_REG_1, mark));
	PUT(w, BPF_STORE(BPF_REG_6, offsetof(struct __sk_buff, mark), BPF_REG_1));
}

static void put_redirect(struct writer *w, unsigned ifindex, unsigned flags)
{
	PUT(w, BPF_SET(BPF_REG_1, ifindex));
	PUT(w, BPF_SET(BPF_REG_2, flags));
	PUT(w, BPF_HELP(BPF_FUNC_redirect));
	PUT(w, BPF_STOP());
}

static void put_kinds(struct writer *w)
{
	PUT(w, BPF_COPY(BPF_REG_6, BPF_REG_1));
	PUT(w, BPF_PACKET(BPF_H, ETH_TYPE));
	put_if(w, BPF_JEQ, ETH_P_ARP, ARP);
	put_if(w, BPF_JEQ, ETH_P_IPV6, IP6);
	put_if(w, BPF_JNE, ETH_P_IP, MINE);
	PUT(w, BPF_PACKET(BPF_B, IP4_PROTOCOL));
	put_if(w, BPF_JNE, IPPROTO_UDP, MINE);
	PUT(w, BPF_PACKET(BPF_H, IP4_FRAGMENT));
	put_if(w, BPF_JSET, 0x1fff, MINE); /* not the first fragment */
	PUT(w, BPF_PACKET(BPF_B, IP4_FIRST));
	PUT(w, BPF_DO(BPF_AND, BPF_REG_0, 0xf));
	PUT(w, BPF_DO(BPF_LSH, BPF_REG_0, 2));
	PUT(w, BPF_COPY(BPF_REG_7, BPF_REG_0));
	PUT(w, BPF_PACKET_AT(BPF_H, BPF_REG_7, IP4_PORT(0)));
	put_if(w, BPF_JEQ, ROCE_PORT, ROCE);
	put_goto(w, MINE);
	here(w, IP6);
	PUT(w, BPF_PACKET(BPF_B, IP6_NEXT));
	put_if(w, BPF_JEQ, IPPROTO_ICMPV6, ICMP6);
	put_if(w, BPF_JNE, IPPROTO_UDP, MINE);
	PUT(w, BPF_PACKET(BPF_H, IP6_NEXT_HEADER + 2));
	put_if(w, BPF_JEQ, ROCE_PORT, ROCE);
	put_goto(w, MINE);
	here(w, ICMP6);
	PUT(w, BPF_PACKET(BPF_B, IP6_NEXT_HEADER));
	put_if(w, BPF_JEQ, ND_NEIGHBOR_ADVERT, BOTH);
	put_if(w, BPF_JEQ, ND_NEIGHBOR_SOLICIT, SOLICIT);
	put_goto(w, MINE);
	here(w, ARP);
	PUT(w, BPF_PACKET(BPF_H, ARP_OPERATION));
	put_if(w, BPF_JEQ, ARPOP_REPLY, BOTH);
	put_goto(w, MINE);
}

/* RoCE to RXE's own MAC, so that the macvlan on its netdev lets it through to init_net. Questions
 * about IPv6 neighbours are the endpoint's to answer, never RXE's netdev's, which has the address,
 * too. */
static void put_ways(struct writer *w, const struct rx_link_info *wire,
		     const struct rx_link_info *rxe, uint32_t mark)
{
	here(w, ROCE);
	put_for_mac(w, wire->mac);
	put_address_to(w, rxe->mac);
	put_mark(w, mark);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
	here(w, SOLICIT);
	put_address_to(w, wire->mac);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
	here(w, BOTH); /* also what is not for its MAC: all may learn from that */
	put_mark(w, mark);
	PUT(w, BPF_COPY(BPF_REG_1, BPF_REG_6));
	PUT(w, BPF_SET(BPF_REG_2, rxe->ifindex));
	PUT(w, BPF_SET(BPF_REG_3, BPF_F_INGRESS));
	PUT(w, BPF_HELP(BPF_FUNC_clone_redirect));
	PUT(w, BPF_SET(BPF_REG_0, TC_ACT_OK));
	PUT(w, BPF_STOP());
	here(w, MINE);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
}

static int load(const struct writer *w, const char *name, struct rx_err *err)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", w->insns, w->n, NULL);

	return fd >= 0 ? fd
		       : rx_fail(err, "bpf-refused", errno,
				 "eBPF program %s: the kernel refuses it: %s", name,
				 strerror(errno));
}

/* ---- tc ---- */

static int add_clsact(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[WHAT_SIZE];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
						 netdev->ifindex, TC_H_CLSACT);

	((struct tcmsg *)mnl_nlmsg_get_payload(request))->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	snprintf(what, sizeof(what), "netdev %s: add clsact", netdev->name);
	return rx_nl_request(nl, request, what, err) && err->code != EEXIST ? -err->code : 0;
}

int rx_steer_end(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[WHAT_SIZE];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_DELQDISC, 0, netdev->ifindex,
						 TC_H_CLSACT);

	((struct tcmsg *)mnl_nlmsg_get_payload(request))->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	snprintf(what, sizeof(what), "netdev %s: delete clsact", netdev->name);
	return rx_nl_request(nl, request, what, err);
}

static int set_filter(struct rx_nl *nl, const struct rx_link_info *netdev, unsigned hook,
		      int program, const char *name, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4))), what[WHAT_SIZE];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_NEWTFILTER, NLM_F_CREATE,
						 netdev->ifindex, TC_H_MAKE(TC_H_CLSACT, hook));
	struct tcmsg *body = mnl_nlmsg_get_payload(request);
	struct nlattr *options;

	body->tcm_handle = 1;
	body->tcm_info = TC_H_MAKE(FILTER_PRIORITY << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(request, TCA_BPF_NAME, name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, options);
	snprintf(what, sizeof(what), "netdev %s: set eBPF filter %s", netdev->name, name);
	return rx_nl_request(nl, request, what, err);
}

static int steer_in(struct rx_nl *nl, const struct rx_link_info *wire,
		    const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err)
{
	struct writer w = {.n = 0};
	rx_autoclose int program = -1;

	put_kinds(&w);
	put_ways(&w, wire, rxe, mark);
	resolve(&w);
	program = load(&w, NAME_IN, err);
	return program < 0 || set_filter(nl, wire, TC_H_MIN_INGRESS, program, NAME_IN, err)
		       ? -err->code
		       : 0;
}

static int steer_out(struct rx_nl *nl, const struct rx_link_info *wire,
		     const struct rx_link_info *rxe, struct rx_err *err)
{
	struct writer w = {.n = 0};
	rx_autoclose int program = -1;

	put_redirect(&w, wire->ifindex, 0);
	program = load(&w, NAME_OUT, err);
	return program < 0 || set_filter(nl, rxe, TC_H_MIN_EGRESS, program, NAME_OUT, err)
		       ? -err->code
		       : 0;
}

int rx_steer(struct rx_nl *nl, const struct rx_link_info *wire, const struct rx_link_info *rxe,
	     uint32_t mark, struct rx_err *err)
{
	if (add_clsact(nl, wire, err) || add_clsact(nl, rxe, err) ||
	    steer_in(nl, wire, rxe, mark, err) || steer_out(nl, wire, rxe, err))
		return -err->code;
	return 0;
}

struct sought {
	const char *name;
	bool found;
};

static const struct nlattr *attr_of(const struct nlattr *first, size_t length, unsigned type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_payload(first, length) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

static int filter_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *options, *name;
	struct sought *sought = arg;
	size_t head = MNL_ALIGN(sizeof(struct tcmsg));

	if (reply->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < head)
		return -EBADMSG;
	options = attr_of(mnl_nlmsg_get_payload_offset(reply, head),
			  mnl_nlmsg_get_payload_len(reply) - head, TCA_OPTIONS);
	name = options ? attr_of(mnl_attr_get_payload(options), mnl_attr_get_payload_len(options),
				 TCA_BPF_NAME)
		       : NULL;
	if (name && mnl_attr_get_payload_len(name) == strlen(sought->name) + 1 &&
	    !memcmp(mnl_attr_get_payload(name), sought->name, strlen(sought->name) + 1))
		sought->found = true;
	return 0;
}

static int has_filter(struct rx_nl *nl, const struct rx_link_info *netdev, unsigned hook,
		      const char *name, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4)));
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_GETTFILTER, NLM_F_DUMP,
						 netdev->ifindex, TC_H_MAKE(TC_H_CLSACT, hook));
	struct sought sought = {.name = name};
	int rc = rx_nl_query(nl, request, filter_reply, NULL, &sought, "list of filters", err);

	return rc ? rc : sought.found;
}

int rx_steer_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
		      const struct rx_link_info *rxe, struct rx_err *err)
{
	int rc = has_filter(nl, wire, TC_H_MIN_INGRESS, NAME_IN, err);

	return rc == 1 ? has_filter(nl, rxe, TC_H_MIN_EGRESS, NAME_OUT, err) : rc;
}
