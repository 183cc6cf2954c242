/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs traffic while endpoints come and go, in processes of its own: a device that is torn down
 * under an open context may cost its user anything but the process that has to put things right. A
 * transfer that is cut off is no fault; one that arrives with wrong bytes is, always. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/churn/churn.h"
#include "tools/verbs/meeting.h"

#define TRANSFERS 40 /* with one opening of the devices */
#define PAUSE 3 /* milliseconds between transfers: to be in the way, not to keep two CPUs busy */
#define NICE 10 /* whoever mends comes first */
#define KILL_WAIT 2.0     /* seconds, until a process uses the endpoint */
#define PROOF_TRIES 2     /* as verify: what fails is repeated once */
#define PROOF_LIMIT 20000 /* milliseconds; a transfer that gets lost ends after five seconds */

static const struct rx_transfer transfers[] = {
	{.kind = RX_QP_RC, .opcode = IBV_WR_SEND, .messages = 4, .size = 4096},
	{.kind = RX_QP_RC, .opcode = IBV_WR_RDMA_WRITE_WITH_IMM, .messages = 4, .size = 1024},
	{.kind = RX_QP_RC, .opcode = IBV_WR_RDMA_READ, .messages = 2, .size = 4096},
	{.kind = RX_QP_UC, .opcode = IBV_WR_SEND, .messages = 2, .size = 1024, .wait = 0.2},
};

static const struct rx_fault *first_fault(const struct rx_meeting *m)
{
	return m->fault[0].kind != RX_FAULT_NONE && m->fault[0].kind != RX_FAULT_COLLATERAL
		       ? &m->fault[0]
		       : &m->fault[1];
}

void rx_churn_count(struct rx_churn_shared *shared, const struct rx_meeting *m,
		    const struct rx_transfer *t, int rc)
{
	const struct rx_fault *fault = first_fault(m);

	if (!rc) {
		atomic_fetch_add(&shared->transfers, 1);
		atomic_fetch_add(&shared->bytes, 2ull * t->messages * t->size);
		return;
	}
	if (fault->kind != RX_FAULT_PAYLOAD) {
		atomic_fetch_add(&shared->cut, 1);
		return;
	}
	if (!atomic_fetch_add(&shared->wrong, 1))
		snprintf(shared->wrong_text, sizeof(shared->wrong_text), "%s to %s: %.480s",
			 m->end[0]->node->want->name, m->end[1]->node->want->name, fault->text);
}

/* Two endpoints with their devices open, and what goes between them. */
struct visit {
	struct rx_node_view nodes[2];
	struct rx_view two;
	struct rx_fabric fabric;
	struct rx_until until;
	struct rx_meeting m;
};

static struct visit *open_visit(const struct rx_churn_traffic *traffic, unsigned a, unsigned b,
				const atomic_bool *stop, uint64_t salt)
{
	static const struct rx_pair pair = {0, 1, RX_FORWARD | RX_BACKWARD};
	struct visit *v = rx_alloc(1, sizeof(*v));

	v->nodes[0] = traffic->view->nodes[a];
	v->nodes[1] = traffic->view->nodes[b];
	v->two = *traffic->view;
	v->two.nodes = v->nodes;
	v->two.n_nodes = v->two.n_endpoints = 2;
	rx_fabric_open(&v->two, &v->fabric);
	v->m.salt = salt;
	v->until.stop = stop;
	v->m.until = &v->until;
	rx_meeting_begin(&v->m, &v->fabric, &pair);
	return v;
}

static void close_visit(struct visit *v)
{
	rx_meeting_end(&v->m);
	rx_fabric_close(&v->fabric);
	free(v);
}

static void talk(struct visit *v, struct rx_churn_shared *shared)
{
	unsigned i;

	for (i = 0;
	     i < TRANSFERS && v->m.end[0] && !rx_is_over(&v->until) && !atomic_load(&shared->quit);
	     i++) {
		const struct rx_transfer *t = &transfers[i % RX_ARRAY_SIZE(transfers)];

		memset(v->m.fault, 0, sizeof(v->m.fault));
		v->m.test = i;
		rx_churn_count(shared, &v->m, t, rx_transfer(&v->m, t));
		rx_wait_ms(PAUSE);
	}
}

static void visit(const struct rx_churn_traffic *traffic, unsigned a, unsigned b,
		  const atomic_bool *stop, uint64_t salt)
{
	struct visit *v = open_visit(traffic, a, b, stop, salt);

	if (v->fabric.ports[0].problem[0] || v->fabric.ports[1].problem[0])
		atomic_fetch_add(&traffic->shared->unopened, 1);
	else
		talk(v, traffic->shared);
	close_visit(v);
}

/* Say which two are in use, then look whether they may be: rx_churn_let_go does it the other way
 * round. */
static bool claim(struct rx_churn_shared *shared, unsigned lane, unsigned a, unsigned b)
{
	atomic_store(&shared->lane[lane].stop, false);
	atomic_store(&shared->lane[lane].pair[0], (int)a);
	atomic_store(&shared->lane[lane].pair[1], (int)b);
	return !atomic_load(&shared->going[a]) && !atomic_load(&shared->going[b]);
}

static void run_lane(const struct rx_churn_traffic *traffic, unsigned lane)
{
	struct rx_churn_shared *shared = traffic->shared;
	struct rx_churn_random random = rx_churn_random(traffic->seed, 0, 1000 + lane);
	unsigned n = (unsigned)traffic->view->n_endpoints, a, b;

	setpriority(PRIO_PROCESS, 0, NICE);
	while (!atomic_load(&shared->quit)) {
		a = rx_churn_pick(&random, n);
		b = (a + 1 + rx_churn_pick(&random, n - 1)) % n;
		if (claim(shared, lane, a, b))
			visit(traffic, a, b, &shared->lane[lane].stop, random.state);
		rx_wait_ms(PAUSE);
		atomic_store(&shared->lane[lane].pair[0], -1);
		atomic_store(&shared->lane[lane].pair[1], -1);
	}
}

static bool uses(const struct rx_churn_shared *shared, unsigned lane, unsigned endpoint)
{
	return atomic_load(&shared->lane[lane].pair[0]) == (int)endpoint ||
	       atomic_load(&shared->lane[lane].pair[1]) == (int)endpoint;
}

void rx_churn_let_go(struct rx_churn_traffic *traffic, unsigned endpoint)
{
	struct rx_churn_shared *shared = traffic->shared;
	unsigned lane;

	atomic_store(&shared->going[endpoint], true);
	for (lane = 0; lane < RX_CHURN_LANES; lane++)
		if (uses(shared, lane, endpoint))
			atomic_store(&shared->lane[lane].stop, true);
}

/* A child that dies with its parent and leaves the parent's signals to the parent. */
static pid_t child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	return 0;
}

static int start_lane(struct rx_churn_traffic *traffic, unsigned lane, struct rx_err *err)
{
	atomic_store(&traffic->shared->lane[lane].pair[0], -1);
	atomic_store(&traffic->shared->lane[lane].pair[1], -1);
	atomic_store(&traffic->shared->lane[lane].killed, false);
	traffic->lane[lane] = child();
	if (traffic->lane[lane] < 0)
		return rx_fail(err, "process-start", errno,
			       "churn: a process for traffic cannot be started: %s",
			       strerror(errno));
	if (traffic->lane[lane])
		return 0;
	run_lane(traffic, lane);
	_exit(0);
}

int rx_churn_traffic_start(struct rx_churn_traffic *traffic, struct rx_err *err)
{
	unsigned lane;

	traffic->size = sizeof(*traffic->shared) +
			traffic->view->n_endpoints * sizeof(traffic->shared->going[0]);
	traffic->shared = mmap(NULL, traffic->size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (traffic->shared == MAP_FAILED) {
		traffic->shared = NULL;
		return rx_fail(err, "memory-map", errno, "churn: shared memory: %s",
			       strerror(errno));
	}
	for (lane = 0; lane < RX_CHURN_LANES; lane++)
		if (start_lane(traffic, lane, err))
			return -err->code;
	return 0;
}

void rx_churn_traffic_kill(struct rx_churn_traffic *traffic, unsigned endpoint)
{
	struct rx_churn_shared *shared = traffic->shared;
	double deadline = rx_now() + KILL_WAIT;
	unsigned killed = 0, lane;

	while (!killed && rx_now() < deadline) {
		for (lane = 0; lane < RX_CHURN_LANES; lane++)
			if (uses(shared, lane, endpoint) &&
			    !atomic_exchange(&shared->lane[lane].killed, true) && ++killed)
				kill(traffic->lane[lane], SIGKILL);
		rx_wait_ms(2);
	}
}

int rx_churn_traffic_revive(struct rx_churn_traffic *traffic, struct rx_err *err)
{
	for (unsigned lane = 0; lane < RX_CHURN_LANES; lane++) {
		if (!atomic_load(&traffic->shared->lane[lane].killed))
			continue;
		waitpid(traffic->lane[lane], NULL, 0);
		if (start_lane(traffic, lane, err))
			return -err->code;
	}
	return 0;
}

/* Wait for a child, to a deadline. Its status, or -ETIMEDOUT. */
static int await(pid_t pid, int milliseconds)
{
	double deadline = rx_now() + milliseconds / 1000.0;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (rx_now() > deadline)
			return -ETIMEDOUT;
		rx_wait_ms(2);
	}
	return status;
}

void rx_churn_traffic_stop(struct rx_churn_traffic *traffic)
{
	unsigned lane;

	if (!traffic->shared)
		return;
	atomic_store(&traffic->shared->quit, true);
	for (lane = 0; lane < RX_CHURN_LANES; lane++) {
		int status;

		atomic_store(&traffic->shared->lane[lane].stop, true);
		if (traffic->lane[lane] <= 0)
			continue;
		status = await(traffic->lane[lane], PROOF_LIMIT);
		if (status == -ETIMEDOUT) {
			rx_churn_problem(traffic->problems, "traffic", "",
					 "process %d did not end within %d s of being told to",
					 (int)traffic->lane[lane], PROOF_LIMIT / 1000);
			kill(traffic->lane[lane], SIGKILL);
		} else if (WIFSIGNALED(status)) {
			rx_churn_problem(traffic->problems, "traffic", "",
					 "its process was killed by signal %d", WTERMSIG(status));
		}
		traffic->lane[lane] = 0;
	}
	if (atomic_load(&traffic->shared->wrong))
		rx_churn_problem(traffic->problems, "traffic", "",
				 "%u transfers arrived with wrong bytes: %.400s",
				 atomic_load(&traffic->shared->wrong), traffic->shared->wrong_text);
}

/* ---- the proof after a cycle ---- */

static int prove_once(const struct rx_churn_traffic *traffic, unsigned a, unsigned b, uint64_t salt)
{
	static const atomic_bool never;
	struct rx_churn_shared *shared = traffic->shared;
	struct visit *v = open_visit(traffic, a, b, &never, salt);
	int rc = -1;

	if (v->m.end[0])
		rc = rx_transfer(&v->m, &transfers[0]);
	if (rc)
		snprintf(shared->proof_text, sizeof(shared->proof_text), "%s and %s: %.500s",
			 v->nodes[0].want->name, v->nodes[1].want->name,
			 v->m.end[0] ? first_fault(&v->m)->text : "not connected");
	close_visit(v);
	return rc;
}

int rx_churn_prove(const struct rx_churn_traffic *traffic, unsigned endpoint, uint64_t salt)
{
	unsigned neighbour = (endpoint + 1) % (unsigned)traffic->view->n_endpoints, i;
	struct rx_churn_shared *shared = traffic->shared;
	pid_t pid = child();
	int status;

	if (pid < 0) {
		snprintf(shared->proof_text, sizeof(shared->proof_text),
			 "no process could be started: %s", strerror(errno));
		return -1;
	}
	if (!pid) {
		for (i = 0; i < PROOF_TRIES; i++)
			if (!prove_once(traffic, endpoint, neighbour, salt + i))
				_exit(0);
		_exit(1);
	}
	status = await(pid, PROOF_LIMIT);
	if (!status)
		return 0;
	if (status == -ETIMEDOUT) {
		kill(pid, SIGKILL);
		snprintf(shared->proof_text, sizeof(shared->proof_text),
			 "it did not end within %d s", PROOF_LIMIT / 1000);
	} else if (WIFSIGNALED(status)) {
		snprintf(shared->proof_text, sizeof(shared->proof_text), "killed by signal %d",
			 WTERMSIG(status));
	}
	return -1;
}
