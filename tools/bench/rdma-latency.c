/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SEND and WRITE go there and back, and half of that counts, as perftest has it; READ and atomics
 * answer by themselves. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "netns/base/clock.h"
#include "tools/bench/rdma.h"
#include "tools/verbs/wc-status.h"

struct player {
	struct rx_flow *flow;
	struct rx_lane *lane;
	unsigned side;
	double limit;
	unsigned spins;
	unsigned sends, receives; /* completions seen and not yet used */
	struct rx_fault fault;
};

/* The clock is asked now and then only: asking costs as much as a look at the queue. */
static bool late(struct player *p)
{
	if (!p->flow->bench->p.busy)
		sched_yield();
	if (++p->spins % 64 || rx_now() <= p->limit)
		return false;
	rx_fault(&p->fault, RX_FAULT_DEADLINE, 0, "endpoint %s waited in vain for %s",
		 p->flow->port[p->side]->node->want->name,
		 p->flow->port[1 - p->side]->node->want->name);
	return true;
}

/* Whether the other side has stopped: nothing will come any more. */
static bool over(struct player *p)
{
	return p->side && atomic_load(&p->flow->done);
}

static int look(struct player *p)
{
	char text[360];
	struct ibv_wc wc[8];
	int i, n = ibv_poll_cq(p->lane->cq[p->side], 8, wc);

	for (i = 0; i < n; i++) {
		if (wc[i].status)
			return rx_fault(&p->fault, RX_FAULT_STATUS, wc[i].status, "endpoint %s: %s",
					p->flow->port[p->side]->node->want->name,
					rx_wc_text(wc[i].status, text, sizeof(text)));
		if (wc[i].wr_id)
			p->receives++;
		else
			p->sends++;
	}
	return n;
}

/* Every send is signalled, so that one is left over at most. */
static int post(struct player *p)
{
	struct ibv_send_wr wr, *bad;
	struct ibv_sge sge;
	int rc;

	rx_lane_request(p->lane, p->flow, p->side, 0, &wr, &sge);
	wr.send_flags |= IBV_SEND_SIGNALED;
	rc = ibv_post_send(p->lane->conn.qp[p->side], &wr, &bad);
	return rc ? rx_fault(&p->fault, RX_FAULT_SETUP, rc, "posting a send: %s", strerror(rc)) : 0;
}

static int wait_for(struct player *p, unsigned *counter)
{
	while (!*counter) {
		int n = look(p);

		if (n < 0)
			return -1;
		if (!n && (over(p) || late(p)))
			return -1;
	}
	(*counter)--;
	return 0;
}

/* A WRITE has arrived when its last byte has: the sender changes it every time. */
static int wait_for_byte(struct player *p, uint8_t wanted)
{
	volatile uint8_t *last = rx_lane_rx(p->lane, p->side, 0) + p->flow->size - 1;

	while (*last != wanted) {
		if (look(p) < 0 || over(p) || late(p))
			return -1;
	}
	return 0;
}

static int hear(struct player *p, uint8_t round)
{
	int rc;

	if (p->flow->test->verb == RX_VERB_WRITE)
		return wait_for_byte(p, round);
	if (wait_for(p, &p->receives))
		return -1;
	rc = rx_lane_receive(p->lane, p->flow, p->side, 1);
	return rc ? rx_fault(&p->fault, RX_FAULT_SETUP, rc, "posting a receive: %s", strerror(rc))
		  : 0;
}

static int say(struct player *p, uint8_t round)
{
	rx_lane_tx(p->lane, p->side, 0)[p->flow->size - 1] = round;
	return post(p);
}

static void *answer(void *arg)
{
	struct player *p = arg;
	uint8_t round = 0;

	rx_flow_pin(p->flow, 1);
	for (;;) {
		round = (uint8_t)(round % 255 + 1);
		if (hear(p, round) || say(p, round) || wait_for(p, &p->sends))
			return NULL;
		p->limit = rx_now() + rx_flow_patience(p->flow);
	}
}

/* One exchange; the completion of the send is taken after the answer, outside what is measured. */
static int exchange(struct player *p, bool answered, uint8_t round, double *took)
{
	double before = rx_now(), after;

	if (!answered) {
		if (post(p) || wait_for(p, &p->sends))
			return -1;
		*took = rx_now() - before;
		return 0;
	}
	if (say(p, round) || hear(p, round))
		return -1;
	after = rx_now();
	*took = (after - before) / 2;
	return wait_for(p, &p->sends);
}

static void ask(struct player *p, bool answered)
{
	struct rx_flow *flow = p->flow;
	unsigned long n = 0;
	uint8_t round = 0;
	double took;

	rx_flow_pin(flow, 0);
	rx_rate_start(&flow->rate[0], &flow->window);
	while (rx_flow_goes_on(flow, n, flow->rate[0].last)) {
		round = (uint8_t)(round % 255 + 1);
		p->limit = rx_now() + rx_flow_patience(p->flow);
		if (exchange(p, answered, round, &took))
			break;
		n++;
		rx_histogram_add(&flow->latency, (uint64_t)(took * 1e9));
		rx_rate_add(&flow->rate[0], rx_now(), flow->size, 1);
	}
	atomic_store(&flow->done, true);
}

static void run(struct rx_flow *flow)
{
	struct rx_lane *lane = flow->own;
	double limit = rx_now() + rx_flow_patience(flow);
	struct player asks = {.flow = flow, .lane = lane, .side = 0, .limit = limit};
	struct player answers = {.flow = flow, .lane = lane, .side = 1, .limit = limit};
	bool answered = flow->test->verb == RX_VERB_SEND || flow->test->verb == RX_VERB_WRITE;
	pthread_t thread;
	int rc = 0;

	if (flow->test->verb == RX_VERB_SEND)
		rc = rx_lane_receive(lane, flow, 0, 16) || rx_lane_receive(lane, flow, 1, 16);
	if (!rc && answered)
		rc = pthread_create(&thread, NULL, answer, &answers);
	if (rc) {
		rx_fault(&flow->fault, RX_FAULT_SETUP, rc, "starting the other side failed");
		return;
	}
	ask(&asks, answered);
	if (answered)
		pthread_join(thread, NULL);
	if (asks.fault.kind)
		flow->fault = asks.fault;
	else if (!flow->latency.count)
		flow->fault = answers.fault;
}

const struct rx_engine rx_engine_rdma_latency = {"RDMA latency", rx_lane_open, run, rx_lane_close};
