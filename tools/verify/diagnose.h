/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is to blame: the view's drift, and counters read around a failing exchange. */
#ifndef RXELAB_TOOLS_VERIFY_DIAGNOSE_H
#define RXELAB_TOOLS_VERIFY_DIAGNOSE_H

#include "netns/kernel/counters.h"
#include "netns/kernel/steer.h"
#include "tools/verbs/meeting.h"

struct rx_reading {
	bool good;
	struct rx_netdev_counters netdev;
	struct rx_netdev_counters lo;
	bool counted; /* tc counts RoCE: the hosted plane */
	struct rx_steer_count roce[RX_STEER_WAYS];
	uint64_t rxe[RX_RXE_COUNTERS];
};

/* How far the counters moved between two readings: bytes (of RoCE alone where that is counted, else
 * of the netdev), RXE packets. */
struct rx_moved {
	bool good; /* both readings succeeded */
	uint64_t tx, rx, sent, received;
	uint64_t lo;
};

/* An end of a path: its counters around the RX_MESSAGES of RX_MESSAGE bytes that it sent or
 * received. */
struct rx_crossing {
	const char *name; /* of the endpoint */
	const struct rx_iface *iface;
	bool sends;
	struct rx_moved moved;
};

/* Where the frames of one direction got to. */
struct rx_trail {
	struct rx_reading before[2]; /* sender, receiver */
};

/* Read all counters of a port and its namespace's loopback. reading->good says whether that
 * worked. */
void rx_port_read(struct rx_port *port, struct rx_reading *reading);

/* Frames that left by a netdev, and that came by one when `out` were sent there, between two
 * readings: of RoCE alone where that is counted. */
uint64_t rx_frames_out(const struct rx_reading *before, const struct rx_reading *after);
uint64_t rx_frames_in(const struct rx_reading *before, const struct rx_reading *after,
		      uint64_t out);

struct rx_moved rx_moved(const struct rx_reading *before, const struct rx_reading *after);
/* Did the traffic cross this end's netdev and RXE, in packets of this MTU? Where the netdev's
 * counters are what there is, other traffic (ARP, ND) can only add to them. */
void rx_judge_path(struct rx_fault *fault, const struct rx_crossing *end, enum ibv_mtu mtu);

void rx_trail_begin(struct rx_trail *trail, const struct rx_meeting *m, unsigned direction);
/* Add to the fault where frames were lost (trail NULL: none were counted) and what is wrong with
 * either endpoint. */
void rx_diagnose(const struct rx_trail *trail, const struct rx_meeting *m, unsigned direction,
		 struct rx_fault *fault);

/* What differs from what was made at either endpoint ("endpoint ep2: netdev rxl1-2 is down"); "" if
 * nothing does. */
const char *rx_culprit(const struct rx_fabric *fabric, unsigned a, unsigned b, char *buf,
		       size_t size);
/* A port that has this GID of owner in its table although it belongs to another: an address given
 * twice. NULL: none. */
const struct rx_port *rx_gid_thief(const struct rx_fabric *fabric, const struct rx_port *owner,
				   enum rx_family family);
/* What differs at one endpoint. */
const char *rx_endpoint_trouble(const struct rx_node_view *node, char *buf, size_t size);

#endif
