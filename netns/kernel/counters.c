/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/counters.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <rdma/rdma_netlink.h>
#include <string.h>

#define RXE_PORT 1 /* RXE has one: drivers/infiniband/sw/rxe/rxe_param.h */

const char *const rx_rxe_counter_names[RX_RXE_COUNTERS] = {
	[RX_SENT_PKTS] = "sent_pkts",
	[RX_RCVD_PKTS] = "rcvd_pkts",
	[RX_DUPLICATE] = "duplicate_request",
	[RX_OUT_OF_SEQ] = "out_of_seq_request",
	[RX_RNR_RECEIVED] = "rcvd_rnr_err",
	[RX_RNR_SENT] = "send_rnr_err",
	[RX_SEQ_ERR] = "rcvd_seq_err",
	[RX_ACK_DEFERRED] = "ack_deferred",
	[RX_RETRY_EXCEEDED] = "retry_exceeded_err",
	[RX_RETRY_RNR_EXCEEDED] = "retry_rnr_exceeded_err",
	[RX_RETRIES] = "completer_retry_err",
	[RX_SEND_ERR] = "send_err",
};

int rx_meter_open(struct rx_meter *meter, const char *netns_path, const char *rdma_netns_path,
		  struct rx_err *err)
{
	int rc;

	meter->rdma = RX_NL_CLOSED;
	rc = rx_nl_open(&meter->route, NETLINK_ROUTE, netns_path, err);
	if (!rc)
		rc = rx_nl_open(&meter->rdma, NETLINK_RDMA, rdma_netns_path, err);
	if (rc)
		rx_meter_close(meter);
	return rc;
}

void rx_meter_close(struct rx_meter *meter)
{
	rx_nl_close(&meter->route);
	rx_nl_close(&meter->rdma);
}

static int stats_reply(const struct nlmsghdr *reply, void *arg)
{
	struct rx_netdev_counters *counters = arg;
	struct rtnl_link_stats64 stats;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, reply, sizeof(struct if_stats_msg)) {
		size_t length = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != IFLA_STATS_LINK_64)
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, mnl_attr_get_payload(attr),
		       length < sizeof(stats) ? length : sizeof(stats));
		counters->rx_packets = stats.rx_packets;
		counters->tx_packets = stats.tx_packets;
		counters->rx_bytes = stats.rx_bytes;
		counters->tx_bytes = stats.tx_bytes;
		counters->rx_dropped = stats.rx_dropped;
		counters->tx_dropped = stats.tx_dropped;
	}
	return 0;
}

int rx_meter_netdev(struct rx_meter *meter, unsigned ifindex, struct rx_netdev_counters *counters,
		    struct rx_err *err)
{
	char bytes[256] = "";
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct if_stats_msg *stats = mnl_nlmsg_put_extra_header(request, sizeof(*stats));

	request->nlmsg_type = RTM_GETSTATS;
	stats->ifindex = ifindex;
	stats->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	memset(counters, 0, sizeof(*counters));
	return rx_nl_query(&meter->route, request, stats_reply, NULL, counters, "netdev counters",
			   err);
}

static void read_entry(const struct nlattr *entry, uint64_t counters[RX_RXE_COUNTERS])
{
	const struct nlattr *attr;
	const char *name = NULL;
	uint64_t value = 0;
	int i;

	mnl_attr_for_each_nested(attr, entry) {
		if (mnl_attr_get_type(attr) == RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_VALUE &&
			 mnl_attr_validate(attr, MNL_TYPE_U64) >= 0)
			value = mnl_attr_get_u64(attr);
	}
	for (i = 0; name && i < RX_RXE_COUNTERS; i++)
		if (!strcmp(name, rx_rxe_counter_names[i]))
			counters[i] = value;
}

static int rxe_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *attr, *entry;

	mnl_attr_for_each(attr, reply, 0) {
		if (mnl_attr_get_type(attr) != RDMA_NLDEV_ATTR_STAT_HWCOUNTERS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
			read_entry(entry, arg);
	}
	return 0;
}

int rx_meter_rxe(struct rx_meter *meter, uint32_t rdma_index, uint64_t counters[RX_RXE_COUNTERS],
		 struct rx_err *err)
{
	char bytes[256] = "";
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);

	request->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_STAT_GET);
	mnl_attr_put_u32(request, RDMA_NLDEV_ATTR_DEV_INDEX, rdma_index);
	mnl_attr_put_u32(request, RDMA_NLDEV_ATTR_PORT_INDEX, RXE_PORT);
	memset(counters, 0, RX_RXE_COUNTERS * sizeof(*counters));
	return rx_nl_query(&meter->rdma, request, rxe_reply, NULL, counters, "RXE counters", err);
}
