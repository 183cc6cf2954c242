/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One measurement, and the rules that all engines keep, so that their figures can be compared. */
#ifndef RXELAB_TOOLS_BENCH_FLOW_H
#define RXELAB_TOOLS_BENCH_FLOW_H

#include "tools/bench/bench.h"
#include "tools/bench/idle.h"

/* One measurement between two endpoints; several may run at once. */
struct rx_flow {
	struct rx_bench *bench;
	const struct rx_bench_test *test;
	enum rx_transport transport;
	unsigned number[2]; /* endpoints: sender, receiver */
	struct rx_port *port[2];
	const char *link; /* of the record */
	uint32_t size;
	unsigned slot;  /* which of the flows at once; chooses processors */
	size_t at_once; /* so many flows run meanwhile, this one too; 0: nobody counted */
	struct rx_fault fault;
	struct rx_window window;     /* that of all flows at once; before run */
	struct rx_rate rate[2];      /* what the sender and the receiver counted */
	struct rx_idle idle[2];      /* of their threads */
	struct rx_histogram latency; /* nanoseconds */
	unsigned long checked;       /* messages whose bytes were as they were sent */
	atomic_bool done;            /* the sender has finished */
	atomic_ulong sent;           /* messages */
	void *own;                   /* the engine's */
};

/* A flow from one endpoint to another; one that makes no sense has its fault filled. The caller
 * frees it by rx_flow_free. */
struct rx_flow *rx_flow_new(struct rx_bench *bench, const struct rx_fabric *fabric,
			    const struct rx_bench_test *test, unsigned from, unsigned to,
			    uint32_t size);
void rx_flow_free(struct rx_flow *flow);
/* Whether to stop: the deadline or a signal. Sets bench->stop and bench->cut. */
bool rx_bench_stopped(struct rx_bench *bench);
/* Pin the calling thread to the processor of this side (0, 1) if --cpu was given. */
void rx_flow_pin(const struct rx_flow *flow, unsigned side);
/* Seconds at the beginning of a bandwidth test that do not count: a quarter of the duration, a
 * second at most. A whole second with perftest, whose margin (-f) is whole seconds. */
double rx_flow_warm_up(const struct rx_flow *flow);
/* Whether a sender that has sent that many messages goes on. */
bool rx_flow_goes_on(const struct rx_flow *flow, unsigned long sent, double now);
/* Requests kept in flight: --depth, but no more than 8 MiB of payload, and two at least: what is in
 * flight when the time is over has to arrive first, which takes RXE seconds under emulation. */
unsigned rx_flow_depth(const struct rx_flow *flow);
#define RX_MOST_IN_CHAIN 32u
#define RX_LOST_WAIT 0.3 /* seconds without a message after which UC and UD messages are lost */
/* Requests that are posted by one call; the last one is signalled. */
unsigned rx_flow_chain(const struct rx_flow *flow);
/* Whether a request carries its payload itself (IBV_SEND_INLINE). */
bool rx_flow_is_inline(const struct rx_flow *flow);
/* Seconds that one message may take: the usual wait, and its bytes at 1 MB/s. */
double rx_flow_patience(const struct rx_flow *flow);
/* Whether the receiver counts each message of a bandwidth test, or takes its time in a latency test
 * with --rate: a WRITE carries immediate data for that (of bandwidth tests UC's alone). Of the
 * others (RC WRITE, READ, atomics) the initiator is told when they are done. */
bool rx_flow_is_received(const struct rx_flow *flow);
/* The rate that counts: what arrived. */
const struct rx_rate *rx_flow_rate(const struct rx_flow *flow);
/* Is there anything to wait for, after so many messages and seconds without one? RC delivers all;
 * UC and UD lose. */
bool rx_flow_expects_more(struct rx_flow *flow, unsigned long received, double quiet);
/* When waiting for what is under way now makes no sense any more. */
double rx_flow_limit(const struct rx_flow *flow, double now);

#endif
