/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles of making and breaking the endpoints of a lab that is up, under verbs traffic; after each
 * cycle the lab must be as before, and the kernel must have nothing to complain of. Lowest first:
 *
 *   random    choices that a seed repeats
 *   problem   where every part says what is wrong
 *   slab      kernel memory
 *   kmsg      what the kernel says
 *   census    the lab and the host, as they were?
 *   traffic   verbs traffic meanwhile, and the proof after a cycle
 *   restore   an endpoint made again by the operations that made it
 *   action    what is done to an endpoint
 *   run       the cycles
 *   report    for people, and JSON */
#ifndef RXELAB_TOOLS_CHURN_CHURN_H
#define RXELAB_TOOLS_CHURN_CHURN_H

#include <jansson.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "netns/ledger/ledger.h"
#include "netns/view/view.h"
#include "tools/churn/problem.h"
#include "tools/churn/random.h"

#define RX_CHURN_WORKERS 8 /* at most; each takes another endpoint */
/* seconds; RXE devices, namespaces and MACs go asynchronously (docs/dev/kernel-notes.md) */
#define RX_CHURN_SETTLE 20.0

enum rx_churn_kind {
	RX_CHURN_RXE,      /* the RXE device is deleted */
	RX_CHURN_NETDEV,   /* its netdev is deleted; an RXE on it goes along */
	RX_CHURN_WIRE,     /* hosted plane: the wire's netdev is deleted */
	RX_CHURN_BELOW,    /* hosted plane: RXE's netdev is deleted, with RXE and its own netdev */
	RX_CHURN_FILTER,   /* hosted plane: the filters of one of these */
	RX_CHURN_RULE,     /* one of its rules */
	RX_CHURN_ROUTE,    /* one of its routes */
	RX_CHURN_NETNS,    /* the namespace is deleted with all that lives in it */
	RX_CHURN_ENDPOINT, /* RXE, netdev, namespace, in the order of down */
	RX_CHURN_MOVE,     /* the netdev goes to another namespace and comes back; its RXE goes */
	RX_CHURN_FLAP,     /* the netdev goes down and up a few times */
	RX_CHURN_MTU,      /* another MTU, and the old one */
	RX_CHURN_ADDRESS,  /* another address, and the old one */
	RX_CHURN_KILL,     /* a process that makes traffic gets SIGKILL */
	RX_CHURN_KINDS
};

struct rx_churn_target {
	const struct rx_node_view *node;
	unsigned number;   /* in the view */
	struct rx_op *ops; /* owned: what made it, in order */
	size_t n_ops;
};

/* What the processes that make traffic share with the one that breaks things. */
#define RX_CHURN_LANES 2
struct rx_churn_shared {
	atomic_bool quit;
	struct {
		atomic_int pair[2]; /* endpoints in use; -1: none */
		atomic_bool stop;   /* let go of them */
		atomic_bool killed;
	} lane[RX_CHURN_LANES];
	atomic_ullong transfers, bytes, cut, unopened;
	atomic_uint wrong; /* transfers whose payload was wrong: never excused */
	char wrong_text[600];
	char proof_text[600];
	atomic_bool going[]; /* by endpoint: about to go, or not back yet */
};

struct rx_churn_traffic {
	const struct rx_view *view;
	uint64_t seed;
	struct rx_churn_problems *problems;
	struct rx_churn_shared *shared;
	size_t size; /* of shared */
	pid_t lane[RX_CHURN_LANES];
};

struct rx_churn_slab {
	uint64_t bytes;      /* all unreclaimable slab, from /proc/meminfo */
	uint64_t namespaces; /* objects of net_namespace; 0 where the kernel does not say */
};

struct rx_churn {
	unsigned cycles, workers;
	uint64_t seed;
	double deadline; /* rx_now(); 0: none */
	const volatile sig_atomic_t *stop;
	void (*warn)(const char *text);
	/* below: filled by rx_churn_run */
	struct rx_view view; /* as the lab was at the beginning */
	struct rx_ledger ledger;
	struct rx_churn_target *targets; /* owned; one for each endpoint */
	struct rx_churn_traffic traffic;
	char *host_before; /* owned: what rx_churn_census saw of the host */
	int kmsg;
	unsigned done; /* cycles */
	unsigned count[RX_CHURN_KINDS], failed[RX_CHURN_KINDS];
	double seconds[RX_CHURN_KINDS];
	pthread_mutex_t mutex; /* of the counts */
	struct rx_churn_problems problems;
	json_t *messages;           /* owned: {"text", "why", "count", "first_cycle"} */
	struct rx_churn_slab *slab; /* owned; by cycle, [0] before the first */
	double elapsed;
	bool beyond_repair; /* an endpoint could not be made again */
};

/* Returns 0 when the cycles ran (problems say what was wrong), -ETIME when the deadline passed,
 * -EINTR after a signal, or -errno with err filled. The lab is as before unless beyond_repair. */
int rx_churn_run(struct rx_churn *churn, const char *lab, struct rx_err *err);
void rx_churn_free(struct rx_churn *churn);
void rx_churn_report(const struct rx_churn *churn, FILE *out);
json_t *rx_churn_json(const struct rx_churn *churn);
const char *rx_churn_kind_name(enum rx_churn_kind kind);
/* Growth of unreclaimable slab in bytes per cycle between the run's second and last quarter, by
 * each one's lowest point: a leak lifts the floor, whatever is only waiting for RCU does not. 0
 * with fewer than 16 cycles. */
double rx_churn_growth(const struct rx_churn_slab *slab, unsigned cycles);

/* ---- for the files of this folder ---- */
/* What is being broken must be let go of by traffic: up to 6.12 deleting an RXE waits for the last
 * user's context. */
void rx_churn_let_go(struct rx_churn_traffic *traffic, unsigned endpoint);
/* Break one endpoint, then make it again. Returns 0, or -errno with err filled: it could not be
 * made again. */
int rx_churn_act(struct rx_churn *churn, enum rx_churn_kind kind, struct rx_churn_target *target,
		 struct rx_churn_random *random, struct rx_err *err);
/* Which kinds this endpoint can suffer. */
bool rx_churn_can(const struct rx_churn *churn, enum rx_churn_kind kind,
		  const struct rx_churn_target *target);
/* What makes each endpoint, from the plan of the lab. */
int rx_churn_targets(struct rx_churn *churn, struct rx_err *err);
int rx_churn_restore(struct rx_churn *churn, struct rx_churn_target *target, struct rx_err *err);
/* view, seed and problems are set. */
int rx_churn_traffic_start(struct rx_churn_traffic *traffic, struct rx_err *err);
void rx_churn_traffic_stop(struct rx_churn_traffic *traffic);
/* What became of a transfer: cut off, wrong bytes (m has the fault), or all well (rc 0). */
struct rx_meeting;
struct rx_transfer;
void rx_churn_count(struct rx_churn_shared *shared, const struct rx_meeting *m,
		    const struct rx_transfer *t, int rc);
/* Kill the processes that use the endpoint, if any do; rx_churn_traffic_revive starts others. */
void rx_churn_traffic_kill(struct rx_churn_traffic *traffic, unsigned endpoint);
int rx_churn_traffic_revive(struct rx_churn_traffic *traffic, struct rx_err *err);
/* Messages between an endpoint and its right-hand neighbour must get through, both ways. 0, or -1
 * with the reason in traffic->shared->proof_text. */
int rx_churn_prove(const struct rx_churn_traffic *traffic, unsigned endpoint, uint64_t salt);
/* host: what is seen of it, as text that the caller owns. */
int rx_churn_census_begin(const struct rx_view *view, char **host, struct rx_err *err);
/* Compare the lab and the host with what they were; adds problems. */
void rx_churn_census(const struct rx_view *before, const char *host,
		     struct rx_churn_problems *problems);
int rx_churn_kmsg_open(struct rx_err *err);
/* Read what the kernel said since the last time; adds messages, and problems for what nothing
 * explains. */
void rx_churn_kmsg(int kmsg, json_t *messages, struct rx_churn_problems *problems);
struct rx_churn_slab rx_churn_slab(void);

#endif
