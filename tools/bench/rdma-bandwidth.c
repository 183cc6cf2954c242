/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keep a number of requests in flight, in chains: one system call posts many. Completions come once
 * for each chain; while there are none the processor is given up, since RXE's own work needs it.
 * Where another processor is left for that work the sender keeps its own; with --poll busy both
 * sides always do, as perftest: asking the clock and the scheduler at each look slows down both. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "tools/bench/check.h"
#include "tools/verbs/wc-status.h"

/* from one look at the clock to the next; 1: a third slower; 300: a tenth (7.3.4) */
#define LOOKS 3000u

struct half {
	struct rx_flow *flow;
	struct rx_lane *lane;
	bool keeps_processor; /* while it waits */
	unsigned long posted, completed;
	unsigned long lost; /* up to here nobody waits for what was posted */
	double since;       /* when the receiver was last seen to follow */
	struct rx_fault fault;
};

static int post_chain(struct half *half, unsigned length)
{
	struct ibv_send_wr wr[RX_MOST_IN_CHAIN], *bad;
	struct ibv_sge sge[RX_MOST_IN_CHAIN];
	unsigned i;
	int rc;

	for (i = 0; i < length; i++) {
		rx_check_fill(half->lane, half->flow, half->posted);
		rx_lane_request(half->lane, half->flow, 0, half->posted++, &wr[i], &sge[i]);
		wr[i].wr_id = length;
		wr[i].next = i + 1 < length ? &wr[i + 1] : NULL;
	}
	wr[length - 1].send_flags |= IBV_SEND_SIGNALED;
	rc = ibv_post_send(half->lane->conn.qp[0], wr, &bad);
	return rc ? rx_fault(&half->fault, RX_FAULT_SETUP, rc, "posting a send: %s", strerror(rc))
		  : 0;
}

/* Take completions of one side; returns how many messages they stand for, -1 on a bad one. */
static long take(struct half *half, unsigned side)
{
	char text[360];
	struct ibv_wc wc[32];
	long messages = 0;
	uint64_t n_of;
	int i, n = ibv_poll_cq(half->lane->cq[side], 32, wc);

	for (i = 0; i < n; i++) {
		if (wc[i].status)
			return rx_fault(&half->fault, RX_FAULT_STATUS, wc[i].status, "%s %s: %s",
					side ? "receiver" : "sender",
					half->flow->port[side]->node->want->name,
					rx_wc_text(wc[i].status, text, sizeof(text)));
		for (n_of = side ? 1 : wc[i].wr_id; n_of; n_of--, messages++)
			if (rx_check_done(half->lane, half->flow, side, half->completed++, &wc[i],
					  &half->fault))
				return -1;
	}
	return n < 0 ? rx_fault(&half->fault, RX_FAULT_SETUP, EIO, "a completion queue failed")
		     : messages;
}

static long look(struct half *half, unsigned side)
{
	unsigned looks = half->keeps_processor ? LOOKS : 1;
	long got = 0;

	while (!got && looks--)
		got = take(half, side);
	return got;
}

/* A checked UC WRITE must not come to a place that the receiver has not looked at; of what it hears
 * nothing for a while, nothing is under way any more. */
static bool has_room(struct half *half, unsigned length, double now)
{
	unsigned long seen = atomic_load(&half->lane->seen);

	if (!half->lane->pattern || half->flow->test->verb != RX_VERB_WRITE ||
	    !rx_flow_is_received(half->flow))
		return true;
	if (seen < half->lost)
		seen = half->lost;
	if (half->posted + length > seen + half->lane->rx_places) {
		if (now - half->since < RX_LOST_WAIT)
			return false;
		half->lost = half->posted;
	}
	half->since = now;
	return true;
}

static void *send_all(void *arg)
{
	struct half *half = arg;
	struct rx_flow *flow = half->flow;
	unsigned long sent = 0, completed = 0;
	unsigned length = rx_flow_chain(flow), depth = rx_flow_depth(flow);
	double now = rx_now(), limit = INFINITY;
	long got = 0;

	rx_flow_pin(flow, 0);
	rx_rate_start(&flow->rate[0], &flow->window);
	for (;;) {
		bool more = rx_flow_goes_on(flow, sent, now);

		while (more && sent - completed + length <= depth && has_room(half, length, now)) {
			if (flow->bench->p.duration <= 0 &&
			    sent + length > flow->bench->p.iterations)
				length = (unsigned)(flow->bench->p.iterations - sent);
			if (post_chain(half, length))
				break;
			sent += length;
			more = rx_flow_goes_on(flow, sent, now);
		}
		if (half->fault.kind || (!more && completed == sent))
			break;
		if (!more && isinf(limit))
			limit = rx_flow_limit(flow, now);
		rx_idle_begin(&flow->idle[0]);
		got = look(half, 0);
		now = rx_now();
		if (got < 0 || now > limit)
			break;
		if (got) {
			rx_idle_end(&flow->idle[0], &flow->window);
			completed += (unsigned long)got;
			rx_rate_add(&flow->rate[0], now, (uint64_t)got * flow->size, (uint64_t)got);
		} else if (!half->keeps_processor) {
			sched_yield();
		}
	}
	if (now > limit && completed < sent)
		rx_fault(&half->fault, RX_FAULT_DEADLINE, 0,
			 "sender %s: %lu of %lu messages did not complete in time",
			 flow->port[0]->node->want->name, sent - completed, sent);
	rx_idle_end(&flow->idle[0], &flow->window);
	atomic_store(&flow->sent, sent);
	atomic_store(&flow->done, true);
	return NULL;
}

static void *receive_all(void *arg)
{
	struct half *half = arg;
	struct rx_flow *flow = half->flow;
	unsigned long received = 0;
	unsigned owed = 0, batch = half->lane->receive_depth / 4;
	double now = rx_now(), heard = now;
	long got;
	int rc = 0;

	rx_flow_pin(flow, 1);
	rx_rate_start(&flow->rate[1], &flow->window);
	while (rx_flow_expects_more(flow, received, now - heard) && !rc) {
		rx_idle_begin(&flow->idle[1]);
		got = look(half, 1);
		now = rx_now();
		if (got < 0)
			break;
		if (got || !atomic_load(&flow->done))
			heard = now;
		if (!got && !half->keeps_processor)
			sched_yield();
		if (!got)
			continue;
		rx_idle_end(&flow->idle[1], &flow->window);
		received += (unsigned long)got;
		owed += (unsigned)got;
		rx_rate_add(&flow->rate[1], now, (uint64_t)got * flow->size, (uint64_t)got);
		if (owed >= batch) {
			rc = rx_lane_receive(half->lane, flow, 1, owed);
			owed = 0;
		}
	}
	rx_idle_end(&flow->idle[1], &flow->window);
	if (rc)
		rx_fault(&half->fault, RX_FAULT_SETUP, rc, "posting a receive: %s", strerror(rc));
	return NULL;
}

/* Wrong bytes say most; else the sender's fault says more than the receiver's. */
static void merge(struct rx_flow *flow, const struct half *sender, const struct half *receiver)
{
	bool wrong = receiver->fault.kind == RX_FAULT_PAYLOAD;
	const struct rx_fault *fault = sender->fault.kind && !wrong ? &sender->fault
								    : &receiver->fault;

	if (fault->kind)
		flow->fault = *fault;
}

static void run(struct rx_flow *flow)
{
	struct rx_lane *lane = flow->own;
	bool busy = flow->bench->p.busy;
	bool spare = flow->at_once == 1 && sysconf(_SC_NPROCESSORS_ONLN) > 1;
	struct half sender = {.flow = flow, .lane = lane, .keeps_processor = busy || spare};
	struct half receiver = {.flow = flow, .lane = lane, .keeps_processor = busy};
	bool receives = rx_flow_is_received(flow);
	pthread_t thread;
	int rc;

	rc = receives ? rx_lane_receive(lane, flow, 1, lane->receive_depth) : 0;
	if (!rc && receives)
		rc = pthread_create(&thread, NULL, receive_all, &receiver);
	if (rc) {
		rx_fault(&flow->fault, RX_FAULT_SETUP, rc, "starting the receiver: %s",
			 strerror(rc));
		return;
	}
	send_all(&sender);
	if (receives)
		pthread_join(thread, NULL);
	merge(flow, &sender, &receiver);
}

const struct rx_engine rx_engine_rdma_bandwidth = {"RDMA bandwidth", rx_lane_open, run,
						   rx_lane_close};
