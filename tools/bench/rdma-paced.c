/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --rate: messages are due at fixed times, whether or not those before have arrived, and a latency
 * counts from the time when its message was due. So what waits behind a stall counts, too, which an
 * exchange that waits for each answer leaves out. SEND and WRITE count until the receiver has them:
 * both ends have one clock. READ and atomics count until they are done. */
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/bench/rdma.h"
#include "tools/verbs/wc-status.h"

#define NAP 0.0005 /* seconds that a sleep may last too long */

struct end {
	struct rx_flow *flow;
	struct rx_lane *lane;
	unsigned side;
	unsigned long completed;
	double limit; /* rx_now() by which all must be done */
	struct rx_fault fault;
};

static double due(const struct rx_flow *flow, unsigned long n)
{
	return flow->window.began + (double)n / flow->bench->p.rate;
}

static void count(struct end *end, double now, unsigned long n)
{
	struct rx_flow *flow = end->flow;

	rx_histogram_add(&flow->latency, (uint64_t)(fmax(now - due(flow, n), 0) * 1e9));
	rx_rate_add(&flow->rate[end->side], now, flow->size, 1);
}

/* Take completions; how many, or -1. */
static int take(struct end *end)
{
	bool counts = end->side == rx_flow_is_received(end->flow);
	struct ibv_wc wc[32];
	char text[360];
	int i, n = ibv_poll_cq(end->lane->cq[end->side], 32, wc);
	double now = rx_now();

	if (n < 0)
		return rx_fault(&end->fault, RX_FAULT_SETUP, EIO, "a completion queue failed");
	for (i = 0; i < n; i++) {
		if (wc[i].status)
			return rx_fault(&end->fault, RX_FAULT_STATUS, wc[i].status,
					"endpoint %s: %s",
					end->flow->port[end->side]->node->want->name,
					rx_wc_text(wc[i].status, text, sizeof(text)));
		if (counts)
			count(end, now,
			      end->side ? be32toh(wc[i].imm_data) : (uint32_t)end->completed);
		end->completed++;
	}
	return n;
}

static void pause_until(const struct end *end, double time)
{
	double rest = time - rx_now();

	/* who is told of the end itself must see it when it comes */
	if (!end->flow->bench->p.busy && rx_flow_is_received(end->flow) && rest > 2 * NAP)
		rx_wait_ms((int)((rest - NAP) * 1e3));
	else if (!end->flow->bench->p.busy)
		sched_yield();
}

static int post(struct end *end, unsigned long n)
{
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	int rc;

	rx_lane_request(end->lane, end->flow, 0, n, &wr, &sge);
	wr.send_flags |= IBV_SEND_SIGNALED;
	rc = ibv_post_send(end->lane->conn.qp[0], &wr, &bad);
	return rc ? rx_fault(&end->fault, RX_FAULT_SETUP, rc, "posting a send: %s", strerror(rc))
		  : 0;
}

/* Until message n is due, or all but most are done where time is -INFINITY. 0, or -1. */
static int wait_for(struct end *end, double time, unsigned long n, unsigned long most)
{
	do {
		int got = take(end);

		if (got < 0)
			return -1;
		if (rx_now() < time && atomic_load(&end->flow->bench->stop))
			return 0;
		if (rx_now() > end->limit)
			return rx_fault(&end->fault, RX_FAULT_DEADLINE, 0,
					"sender %s: %lu messages were sent and %lu are done, long "
					"after all were due; %u a second are too many",
					end->flow->port[0]->node->want->name, n, end->completed,
					end->flow->bench->p.rate);
		if (!got)
			pause_until(end, time);
	} while (rx_now() < time || n - end->completed > most);
	return 0;
}

static void send_on_time(struct end *end)
{
	struct rx_flow *flow = end->flow;
	unsigned long n = 0;

	rx_flow_pin(flow, 0);
	rx_rate_start(&flow->rate[0], &flow->window);
	end->limit = rx_flow_limit(flow, flow->bench->p.duration > 0
						 ? rx_now()
						 : due(flow, flow->bench->p.iterations));
	for (; rx_flow_goes_on(flow, n, due(flow, n)); n++) {
		if (wait_for(end, due(flow, n), n, rx_flow_depth(flow) - 1) || post(end, n))
			break;
		atomic_store(&flow->sent, n + 1);
	}
	if (!end->fault.kind)
		wait_for(end, -INFINITY, n, 0);
	atomic_store(&flow->done, true);
}

static void *receive(void *arg)
{
	struct end *end = arg;
	struct rx_flow *flow = end->flow;
	double heard = rx_now();
	int got = 0, rc = 0;

	rx_flow_pin(flow, 1);
	rx_rate_start(&flow->rate[1], &flow->window);
	while (!rc && got >= 0 && rx_flow_expects_more(flow, end->completed, rx_now() - heard)) {
		got = take(end);
		if (got > 0)
			rc = rx_lane_receive(end->lane, flow, 1, (unsigned)got);
		if (got || !atomic_load(&flow->done))
			heard = rx_now();
		if (!got && !flow->bench->p.busy)
			sched_yield();
	}
	if (rc)
		rx_fault(&end->fault, RX_FAULT_SETUP, rc, "posting a receive: %s", strerror(rc));
	return NULL;
}

static void run(struct rx_flow *flow)
{
	struct rx_lane *lane = flow->own;
	struct end sender = {.flow = flow, .lane = lane, .side = 0};
	struct end receiver = {.flow = flow, .lane = lane, .side = 1};
	bool receives = rx_flow_is_received(flow);
	pthread_t thread;
	int rc = receives ? rx_lane_receive(lane, flow, 1, lane->receive_depth) : 0;

	if (!rc && receives)
		rc = pthread_create(&thread, NULL, receive, &receiver);
	if (rc) {
		rx_fault(&flow->fault, RX_FAULT_SETUP, rc, "starting the receiver: %s",
			 strerror(rc));
		return;
	}
	send_on_time(&sender);
	if (receives)
		pthread_join(thread, NULL);
	if (sender.fault.kind || receiver.fault.kind)
		flow->fault = sender.fault.kind ? sender.fault : receiver.fault;
}

const struct rx_engine rx_engine_rdma_paced = {"RDMA latency at a rate", rx_lane_open, run,
					       rx_lane_close};
