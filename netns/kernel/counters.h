/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of a netdev and of its RXE, fresh at each reading: sysfs's hw_counters are up to 10 ms
 * old (lifespan, drivers/infiniband/core/sysfs.c), RDMA netlink's are not. */
#ifndef RXELAB_NETNS_KERNEL_COUNTERS_H
#define RXELAB_NETNS_KERNEL_COUNTERS_H

#include <stdint.h>

#include "netns/kernel/netlink.h"

/* RXE's own names (rxe_hw_counters.c). */
enum rx_rxe_counter {
	RX_SENT_PKTS,
	RX_RCVD_PKTS,
	RX_DUPLICATE,
	RX_OUT_OF_SEQ,
	RX_RNR_RECEIVED,
	RX_RNR_SENT,
	RX_SEQ_ERR,
	RX_ACK_DEFERRED,
	RX_RETRY_EXCEEDED,
	RX_RETRY_RNR_EXCEEDED,
	RX_RETRIES,
	RX_SEND_ERR,
	RX_RXE_COUNTERS
};
extern const char *const rx_rxe_counter_names[RX_RXE_COUNTERS];

struct rx_netdev_counters {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
};

/* Long-lived sockets in the namespaces that netdev and RXE device are seen in. */
struct rx_meter {
	struct rx_nl route, rdma;
};

int rx_meter_open(struct rx_meter *meter, const char *netns_path, const char *rdma_netns_path,
		  struct rx_err *err);
void rx_meter_close(struct rx_meter *meter);
/* Return 0 or -errno. */
int rx_meter_netdev(struct rx_meter *meter, unsigned ifindex, struct rx_netdev_counters *counters,
		    struct rx_err *err);
/* A counter that this kernel does not have stays 0. */
int rx_meter_rxe(struct rx_meter *meter, uint32_t rdma_index, uint64_t counters[RX_RXE_COUNTERS],
		 struct rx_err *err);

#endif
