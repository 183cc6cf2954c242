/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading netem back: parameters and counters of every netem qdisc of a namespace. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "netns/kernel/netem.h"

struct table {
	const struct nlattr **attr;
	uint16_t max;
};

static int fill_table(const struct nlattr *attr, void *arg)
{
	const struct table *table = arg;

	if (mnl_attr_get_type(attr) <= table->max)
		table->attr[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static bool has_size(const struct nlattr *attr, size_t size)
{
	return attr && mnl_attr_get_payload_len(attr) >= size;
}

static double percent(uint32_t probability)
{
	/* what was asked for in hundredths comes back as such */
	double value = (double)probability / UINT32_MAX * 100;

	return (double)(uint64_t)(value * 10000 + 0.5) / 10000;
}

static void decode_extras(const struct nlattr *const *attr, struct rx_impair *impair)
{
	const struct tc_netem_rate *rate;

	if (has_size(attr[TCA_NETEM_LATENCY64], 8))
		impair->delay_us = mnl_attr_get_u64(attr[TCA_NETEM_LATENCY64]) / 1000;
	if (has_size(attr[TCA_NETEM_JITTER64], 8))
		impair->jitter_us = mnl_attr_get_u64(attr[TCA_NETEM_JITTER64]) / 1000;
	if (has_size(attr[TCA_NETEM_REORDER], sizeof(struct tc_netem_reorder)))
		impair->reorder = percent(
			((struct tc_netem_reorder *)mnl_attr_get_payload(attr[TCA_NETEM_REORDER]))
				->probability);
	if (has_size(attr[TCA_NETEM_CORRUPT], sizeof(struct tc_netem_corrupt)))
		impair->corrupt = percent(
			((struct tc_netem_corrupt *)mnl_attr_get_payload(attr[TCA_NETEM_CORRUPT]))
				->probability);
	if (has_size(attr[TCA_NETEM_RATE], sizeof(*rate))) {
		rate = mnl_attr_get_payload(attr[TCA_NETEM_RATE]);
		impair->rate_bps = 8ull * rate->rate;
	}
	if (has_size(attr[TCA_NETEM_RATE64], 8))
		impair->rate_bps = 8 * mnl_attr_get_u64(attr[TCA_NETEM_RATE64]);
}

static void decode_options(const struct nlattr *options, struct rx_netem_info *info)
{
	const struct nlattr *attr[TCA_NETEM_MAX + 1] = {0};
	struct table table = {attr, TCA_NETEM_MAX};
	const struct tc_netem_qopt *qopt = mnl_attr_get_payload(options);
	size_t fixed = MNL_ALIGN(sizeof(*qopt)), length = mnl_attr_get_payload_len(options);

	if (length < sizeof(*qopt))
		return;
	info->limit = qopt->limit;
	info->impair.loss = percent(qopt->loss);
	info->impair.duplicate = percent(qopt->duplicate);
	if (length > fixed)
		mnl_attr_parse_payload((const char *)qopt + fixed, length - fixed, fill_table,
				       &table);
	decode_extras(attr, &info->impair);
}

static void decode_stats(const struct nlattr *stats, struct rx_netem_info *info)
{
	const struct nlattr *attr[TCA_STATS_MAX + 1] = {0};
	struct table table = {attr, TCA_STATS_MAX};
	struct gnet_stats_basic basic;
	struct gnet_stats_queue queue;

	mnl_attr_parse_nested(stats, fill_table, &table);
	/* the kernel sends it without the structure's padding */
	if (has_size(attr[TCA_STATS_BASIC], 12)) {
		memcpy(&basic, mnl_attr_get_payload(attr[TCA_STATS_BASIC]), 12);
		info->bytes = basic.bytes;
		info->packets = basic.packets;
	}
	if (has_size(attr[TCA_STATS_QUEUE], sizeof(queue))) {
		memcpy(&queue, mnl_attr_get_payload(attr[TCA_STATS_QUEUE]), sizeof(queue));
		info->dropped = queue.drops;
		info->backlog = queue.qlen;
	}
}

struct netem_list {
	struct rx_netem_info *list;
	size_t n;
};

static int qdisc_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr[TCA_MAX + 1] = {0};
	struct table table = {attr, TCA_MAX};
	const struct tcmsg *body = mnl_nlmsg_get_payload(reply);
	struct netem_list *netems = arg;
	struct rx_netem_info *info;

	if (reply->nlmsg_type != RTM_NEWQDISC)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < sizeof(*body) ||
	    mnl_attr_parse(reply, sizeof(*body), fill_table, &table) < 0)
		return -EBADMSG;
	if (!has_size(attr[TCA_KIND], 6) ||
	    memcmp(mnl_attr_get_payload(attr[TCA_KIND]), "netem", 6))
		return 0;
	info = rx_array_add(&netems->list, &netems->n, sizeof(*info));
	info->ifindex = (unsigned)body->tcm_ifindex;
	if (attr[TCA_OPTIONS])
		decode_options(attr[TCA_OPTIONS], info);
	if (attr[TCA_STATS2])
		decode_stats(attr[TCA_STATS2], info);
	return 0;
}

static void forget(void *arg)
{
	((struct netem_list *)arg)->n = 0;
}

int rx_netem_list(struct rx_nl *nl, struct rx_netem_info **list, size_t *n, struct rx_err *err)
{
	struct netem_list netems = {0};
	struct {
		struct nlmsghdr header;
		struct tcmsg body;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETQDISC,
				.nlmsg_flags = NLM_F_DUMP}};
	int rc = rx_nl_query(nl, &request.header, qdisc_reply, forget, &netems, "list of qdiscs",
			     err);

	if (rc) {
		free(netems.list);
		return rc;
	}
	*list = netems.list;
	*n = netems.n;
	return 0;
}
