/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bench/flow.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/verbs/conn.h"

#define ATOMIC_SIZE 8u
#define GRACE 10.0 /* seconds in which what is under way must complete */
#define IN_FLIGHT (8u << 20)
#define SLOW 1e6         /* bytes a second: slower is dead; RXE under emulation does 2 to 10 MB/s */
#define MOST_WARM_UP 1.0 /* seconds */
/* a flow, not lumps: with four times as much 64 KiB messages were a tenth slower (7.3.4) */
#define CHAIN_BYTES (64u << 10)

static enum rx_transport transport_of(const struct rx_bench *bench,
				      const struct rx_bench_test *test)
{
	return test->verb == RX_VERB_TCP ? RX_TCP : bench->p.transport;
}

/* NULL, or why this combination makes no sense. */
static const char *nonsense(const struct rx_flow *flow)
{
	unsigned mtu = rx_mtu_bytes(
		rx_path_mtu(flow->port[0]->port.active_mtu, flow->port[1]->port.active_mtu));

	if (flow->transport == RX_UC && flow->test->verb >= RX_VERB_READ)
		return "UC has neither READ nor atomics";
	if (flow->transport == RX_UD && flow->test->verb != RX_VERB_SEND)
		return "UD has SEND only";
	if (flow->transport == RX_TCP && flow->test->figure == RX_LATENCY && flow->bench->p.rate)
		return "--rate is for tests by verbs";
	if (flow->transport == RX_UD && flow->size > mtu)
		return "larger than the path MTU, and a UD message is one packet";
	return NULL;
}

struct rx_flow *rx_flow_new(struct rx_bench *bench, const struct rx_fabric *fabric,
			    const struct rx_bench_test *test, unsigned from, unsigned to,
			    uint32_t size)
{
	struct rx_flow *flow = rx_alloc(1, sizeof(*flow));
	bool routed;

	flow->bench = bench;
	flow->test = test;
	flow->transport = transport_of(bench, test);
	flow->number[0] = from;
	flow->number[1] = to;
	flow->size = test->verb == RX_VERB_ATOMIC ? ATOMIC_SIZE : size;
	if (rx_fabric_route(fabric, from, to, bench->network, flow->port, &routed))
		rx_fault(&flow->fault, RX_FAULT_SKIP, 0, "%s",
			 bench->network ? "not both on the network of --network"
					: "not connected by the topology");
	else if (nonsense(flow))
		rx_fault(&flow->fault, RX_FAULT_SKIP, 0, "%s", nonsense(flow));
	return flow;
}

void rx_flow_free(struct rx_flow *flow)
{
	rx_rate_free(&flow->rate[0]);
	rx_rate_free(&flow->rate[1]);
	free(flow);
}

bool rx_bench_stopped(struct rx_bench *bench)
{
	if (atomic_load(&bench->stop))
		return true;
	if (bench->signal && *bench->signal)
		snprintf(bench->cut, sizeof(bench->cut), "signal %d (%s) came", (int)*bench->signal,
			 strsignal(*bench->signal));
	else if (rx_passed(bench->deadline))
		snprintf(bench->cut, sizeof(bench->cut), "the time limit has passed");
	else
		return false;
	atomic_store(&bench->stop, true);
	return true;
}

void rx_flow_pin(const struct rx_flow *flow, unsigned side)
{
	const struct rx_bench_parameters *p = &flow->bench->p;
	cpu_set_t set;

	if (!p->n_cpus)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)p->cpus[(2 * flow->slot + side) % p->n_cpus], &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

double rx_flow_warm_up(const struct rx_flow *flow)
{
	double duration = flow->bench->p.duration;

	if (flow->test->figure != RX_BANDWIDTH || duration <= 0)
		return 0;
	if (flow->bench->p.perftest)
		return MOST_WARM_UP;
	return duration / 4 < MOST_WARM_UP ? duration / 4 : MOST_WARM_UP;
}

bool rx_flow_goes_on(const struct rx_flow *flow, unsigned long sent, double now)
{
	const struct rx_bench *bench = flow->bench;

	if (atomic_load(&bench->stop))
		return false;
	return bench->p.duration > 0 ? now < flow->window.end : sent < bench->p.iterations;
}

unsigned rx_flow_depth(const struct rx_flow *flow)
{
	unsigned most = IN_FLIGHT / flow->size, depth = flow->bench->p.depth;

	return depth <= most ? depth : most > 2 ? most : depth < 2 ? depth : 2;
}

unsigned rx_flow_chain(const struct rx_flow *flow)
{
	unsigned length = rx_flow_depth(flow) / 4;

	if (length > RX_MOST_IN_CHAIN)
		length = RX_MOST_IN_CHAIN;
	if ((uint64_t)length * flow->size > CHAIN_BYTES)
		length = CHAIN_BYTES / flow->size;
	return length ? length : 1;
}

bool rx_flow_is_inline(const struct rx_flow *flow)
{
	return flow->size <= RX_MAX_INLINE && flow->test->verb <= RX_VERB_WRITE;
}

double rx_flow_patience(const struct rx_flow *flow)
{
	return RX_WAIT + flow->size / SLOW;
}

bool rx_flow_expects_more(struct rx_flow *flow, unsigned long received, double quiet)
{
	return !atomic_load(&flow->done) ||
	       (received < atomic_load(&flow->sent) &&
		quiet < (flow->transport == RX_RC ? RX_WAIT : RX_LOST_WAIT));
}

double rx_flow_limit(const struct rx_flow *flow, double now)
{
	double from = isinf(flow->window.end) ? now : fmax(now, flow->window.end);

	/* all share one wire at worst */
	return from + GRACE +
	       fmax(1, (double)flow->at_once) * rx_flow_depth(flow) * (flow->size / SLOW);
}

bool rx_flow_is_received(const struct rx_flow *flow)
{
	bool paced = flow->test->figure == RX_LATENCY && flow->bench->p.rate;

	return (flow->test->figure == RX_BANDWIDTH || paced) &&
	       (flow->transport == RX_TCP || flow->test->verb == RX_VERB_SEND ||
		((flow->transport == RX_UC || paced) && flow->test->verb == RX_VERB_WRITE));
}

const struct rx_rate *rx_flow_rate(const struct rx_flow *flow)
{
	return &flow->rate[rx_flow_is_received(flow) ? 1 : 0];
}
