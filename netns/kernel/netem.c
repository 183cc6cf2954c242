/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/netem.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netns/kernel/tc.h"

#define WHAT_SIZE 200
#define REQUEST_SIZE 512

/* netem's probabilities are fractions of 2^32 - 1. */
static uint32_t probability(double percent)
{
	return percent >= 100 ? UINT32_MAX : (uint32_t)(percent / 100 * UINT32_MAX);
}

static void put_options(struct nlmsghdr *request, const struct rx_impair *impair)
{
	struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);
	struct tc_netem_qopt *qopt = mnl_nlmsg_get_payload_tail(request);
	struct tc_netem_reorder reorder = {.probability = probability(impair->reorder)};
	struct tc_netem_corrupt corrupt = {.probability = probability(impair->corrupt)};
	struct tc_netem_rate rate = {0};
	uint64_t bytes = impair->rate_bps / 8;

	memset(qopt, 0, sizeof(*qopt));
	qopt->limit = RX_NETEM_LIMIT;
	qopt->loss = probability(impair->loss);
	qopt->duplicate = probability(impair->duplicate);
	qopt->gap = impair->reorder > 0;
	request->nlmsg_len += MNL_ALIGN(sizeof(*qopt));
	mnl_attr_put_u64(request, TCA_NETEM_LATENCY64, impair->delay_us * 1000);
	mnl_attr_put_u64(request, TCA_NETEM_JITTER64, impair->jitter_us * 1000);
	if (impair->reorder > 0)
		mnl_attr_put(request, TCA_NETEM_REORDER, sizeof(reorder), &reorder);
	if (impair->corrupt > 0)
		mnl_attr_put(request, TCA_NETEM_CORRUPT, sizeof(corrupt), &corrupt);
	if (bytes) {
		rate.rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
		if (bytes > UINT32_MAX)
			mnl_attr_put_u64(request, TCA_NETEM_RATE64, bytes);
		mnl_attr_put(request, TCA_NETEM_RATE, sizeof(rate), &rate);
	}
	mnl_attr_nest_end(request, options);
}

int rx_netem_set(struct rx_nl *nl, unsigned ifindex, const char *netdev,
		 const struct rx_impair *impair, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8))), what[WHAT_SIZE], text[128];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
						 ifindex, TC_H_ROOT);

	mnl_attr_put_strz(request, TCA_KIND, "netem");
	put_options(request, impair);
	snprintf(what, sizeof(what), "netdev %s: netem %s", netdev,
		 rx_impair_text(impair, text, sizeof(text)));
	if (!rx_nl_request(nl, request, what, err))
		return 0;
	if (err->code == ENOENT)
		return rx_fail(err, "module-missing", ENOENT,
			       "%s: the kernel knows no netem qdisc; is the module sch_netem "
			       "there?",
			       what);
	return -err->code;
}

int rx_netem_clear(struct rx_nl *nl, unsigned ifindex, const char *netdev, struct rx_err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(8))), what[WHAT_SIZE];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_DELQDISC, 0, ifindex, TC_H_ROOT);

	snprintf(what, sizeof(what), "netdev %s: remove netem", netdev);
	if (!rx_nl_request(nl, request, what, err) || err->code == ENOENT || err->code == EINVAL)
		return 0; /* the default qdisc cannot be deleted: nothing was there */
	return -err->code;
}
