/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

struct nlmsghdr *rx_tc_filter(char *buffer, uint16_t type, uint16_t flags, unsigned ifindex,
			      const struct rx_tc_place *place)
{
	struct nlmsghdr *request = rx_tc_request(buffer, type, flags, ifindex,
						 TC_H_MAKE(TC_H_CLSACT, place->hook));
	struct tcmsg *body = mnl_nlmsg_get_payload(request);

	body->tcm_info = TC_H_MAKE(place->priority << 16, htons(place->protocol));
	if (type != RTM_NEWTFILTER)
		return request;
	body->tcm_handle = 1;
	mnl_attr_put_strz(request, TCA_KIND, place->kind);
	return request;
}

const struct nlattr *rx_tc_attr(const struct nlattr *nest, unsigned type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr, nest)
			if (mnl_attr_get_type(attr) == type)
				return attr;
	return NULL;
}

struct list {
	rx_tc_filter_fn *fn;
	void *arg;
};

static int on_filter(const struct nlmsghdr *reply, void *arg)
{
	const struct tcmsg *body = mnl_nlmsg_get_payload(reply);
	const struct nlattr *attr, *kind = NULL, *options = NULL;
	const struct list *list = arg;

	if (reply->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	if (mnl_nlmsg_get_payload_len(reply) < MNL_ALIGN(sizeof(*body)))
		return -EBADMSG;
	mnl_attr_for_each(attr, reply, sizeof(*body)) {
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			kind = attr;
		else if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	if (kind && options)
		list->fn(mnl_attr_get_str(kind), TC_H_MAJ(body->tcm_info) >> 16, options,
			 list->arg);
	return 0;
}

int rx_tc_filters(struct rx_nl *nl, unsigned ifindex, unsigned hook, rx_tc_filter_fn *fn, void *arg,
		  struct rx_err *err)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4)));
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_GETTFILTER, NLM_F_DUMP, ifindex,
						 TC_H_MAKE(TC_H_CLSACT, hook));
	struct list list = {fn, arg};

	return rx_nl_query(nl, request, on_filter, NULL, &list, "list of filters", err);
}
