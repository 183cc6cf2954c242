/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/steer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/steer-priv.h"
#include "netns/kernel/tc.h"

#define WHAT_SIZE 160
#define REQUEST_SIZE 256
#define FILTER_PRIORITY 1000u /* others may put theirs before */

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

struct place {
	bool wire; /* at the wire's netdev, else at RXE's */
	unsigned hook;
	const char *name;
};

static const struct place places[RX_STEER_PROGRAMS] = {
	[RX_STEER_FROM_WIRE] = {true, TC_H_MIN_INGRESS, RX_STEER_NAME_IN},
	[RX_STEER_FROM_RXE] = {false, TC_H_MIN_EGRESS, RX_STEER_NAME_OUT},
	[RX_STEER_TO_WIRE] = {true, TC_H_MIN_EGRESS, RX_STEER_NAME_COUNT},
};

int rx_steer(struct rx_nl *nl, const struct rx_link_info *wire, const struct rx_link_info *rxe,
	     uint32_t mark, struct rx_err *err)
{
	int program[RX_STEER_PROGRAMS] = {-1, -1, -1};
	int rc = rx_steer_programs(wire, rxe, mark, program, err);

	if (!rc && (add_clsact(nl, wire, err) || add_clsact(nl, rxe, err)))
		rc = -err->code;
	for (int i = 0; !rc && i < RX_STEER_PROGRAMS; i++)
		rc = set_filter(nl, places[i].wire ? wire : rxe, places[i].hook, program[i],
				places[i].name, err);
	for (int i = 0; i < RX_STEER_PROGRAMS; i++)
		rx_cleanup_fd(&program[i]);
	return rc;
}

struct sought {
	const char *name;
	bool found;
	uint32_t program_id;
};

static const struct nlattr *attr_of(const struct nlattr *first, size_t length, unsigned type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_payload(first, length) if (mnl_attr_get_type(attr) == type) return attr;
	return NULL;
}

static const struct nlattr *inner(const struct nlattr *nest, unsigned type)
{
	return nest ? attr_of(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), type)
		    : NULL;
}

static int filter_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *options, *name, *id;
	struct sought *sought = arg;
	size_t head = MNL_ALIGN(sizeof(struct tcmsg));

	if (reply->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < head)
		return -EBADMSG;
	options = attr_of(mnl_nlmsg_get_payload_offset(reply, head),
			  mnl_nlmsg_get_payload_len(reply) - head, TCA_OPTIONS);
	name = inner(options, TCA_BPF_NAME);
	if (!name || mnl_attr_get_payload_len(name) != strlen(sought->name) + 1 ||
	    memcmp(mnl_attr_get_payload(name), sought->name, strlen(sought->name) + 1))
		return 0;
	sought->found = true;
	id = inner(options, TCA_BPF_ID);
	if (id && mnl_attr_get_payload_len(id) >= sizeof(uint32_t))
		sought->program_id = mnl_attr_get_u32(id);
	return 0;
}

static int find_filter(struct rx_nl *nl, unsigned ifindex, const struct place *place,
		       struct sought *sought, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(4)));
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_GETTFILTER, NLM_F_DUMP, ifindex,
						 TC_H_MAKE(TC_H_CLSACT, place->hook));

	*sought = (struct sought){.name = place->name};
	return rx_nl_query(nl, request, filter_reply, NULL, sought, "list of filters", err);
}

int rx_steer_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
		      const struct rx_link_info *rxe, struct rx_err *err)
{
	struct sought sought = {.found = true};
	int rc = 0;

	for (int i = 0; !rc && sought.found && i < RX_STEER_PROGRAMS; i++)
		rc = find_filter(nl, places[i].wire ? wire->ifindex : rxe->ifindex, &places[i],
				 &sought, err);
	return rc ? rc : sought.found;
}

int rx_steer_counts(struct rx_nl *nl, unsigned wire, struct rx_steer_count count[RX_STEER_WAYS],
		    struct rx_err *err)
{
	struct sought sought;
	int rc = find_filter(nl, wire, &places[RX_STEER_FROM_WIRE], &sought, err);

	if (!rc && sought.found)
		rc = rx_steer_read(sought.program_id, count, err);
	return rc ? rc : sought.found;
}
