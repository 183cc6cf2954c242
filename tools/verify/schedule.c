/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who meets when. An endpoint is in one meeting at a time, so counters read around a meeting are
 * that meeting's own; disjoint pairs meet at once, in a few threads: everything in flight at once
 * gives false retries.
 * What failed is repeated once, alone, before it is called failed. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/verify/diagnose.h"
#include "tools/verify/verify.h"

/* two left a fifth of two processors idle, four an eighth (64 endpoints,
 * docs/dev/measurements.md) */
#define THREADS 8
#define SUSPECT 3        /* peers in vain, none reached: the others are not tried one by one */
#define REPEAT_IN_VAIN 8 /* repetitions that failed again, in a row: the rest is not repeated */
#define REPEAT_SECONDS 20.0

/* One direction of a pair in which a test failed or was not tried after one that failed. */
struct again {
	unsigned pair, direction, test;
	bool tried;
	struct rx_fault fault;
};

struct of_pair {
	bool taken;
	unsigned dead; /* directions that nothing gets through */
};

struct of_port {
	unsigned reached, vain; /* peers */
};

struct schedule {
	struct rx_verify *v;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct of_pair *pair;
	bool *busy; /* by endpoint */
	struct of_port *port;
	size_t first, done; /* pairs before first are all taken */
	struct again *again;
	size_t n_again;
	double started;
};

/* The next pair whose endpoints are both free; -1: none left. Called with the lock held. */
static long take_pair(struct schedule *s)
{
	const struct rx_pairs *pairs = &s->v->pairs;
	size_t i;

	for (;;) {
		while (s->first < pairs->n && s->pair[s->first].taken)
			s->first++;
		if (s->first == pairs->n || atomic_load(&s->v->stop))
			return -1;
		for (i = s->first; i < pairs->n; i++) {
			bool *a = &s->busy[pairs->pair[i].a];
			bool *b = &s->busy[pairs->pair[i].b];

			if (!s->pair[i].taken && !*a && !*b) {
				s->pair[i].taken = *a = *b = true;
				return (long)i;
			}
		}
		pthread_cond_wait(&s->freed, &s->lock);
	}
}

static void put_again(struct schedule *s, const struct again *again)
{
	pthread_mutex_lock(&s->lock);
	*(struct again *)rx_array_add(&s->again, &s->n_again, sizeof(*s->again)) = *again;
	pthread_mutex_unlock(&s->lock);
}

/* The way of everything that is tried. An unconnected pair has its fault from rx_meeting_begin. */
static void try_test(struct rx_meeting *m, unsigned test, unsigned attempt)
{
	m->attempt = attempt;
	if (m->want[0])
		rx_test_run(m, test);
}

static struct rx_subject subject_of(const struct rx_meeting *m, unsigned test, unsigned direction)
{
	return (struct rx_subject){test, (int)m->number[direction], (int)m->number[1 - direction],
				   m->network};
}

static void add_result(struct schedule *s, const struct rx_meeting *m, unsigned test,
		       unsigned direction, double started, const struct rx_fault *attempts,
		       unsigned n)
{
	const struct rx_subject of = subject_of(m, test, direction);

	rx_results_fault(&s->v->results, &of, rx_now() - started, attempts, n);
}

/* What the basic tests find dead is dead for all; a special one, by link-local addresses say, may
 * fail on a path that carries the others. */
static bool is_dead_path(unsigned test, const struct rx_fault *fault)
{
	return !rx_tests[test].breadth && rx_fault_is_dead_path(fault);
}

/* One test in the directions that are still alive; returns those whose path turned out dead. */
static unsigned run_test(struct schedule *s, struct rx_meeting *m, unsigned pair, unsigned test)
{
	double started = rx_now();
	unsigned direction, dead = 0;

	try_test(m, test, 0);
	for (direction = 0; direction < 2; direction++) {
		const struct rx_fault *fault = &m->fault[direction];

		if (!rx_meeting_tries(m, direction))
			continue;
		if (!rx_fault_failed(fault)) {
			add_result(s, m, test, direction, started, fault, 1);
			continue;
		}
		rx_trace("%s %s to %s failed: %s", rx_tests[test].name, m->name[direction],
			 m->name[1 - direction], fault->text);
		put_again(s, &(struct again){pair, direction, test, true, *fault});
		if (is_dead_path(test, fault))
			dead |= RX_DIRECTION(direction);
	}
	return dead;
}

static struct of_port *of_port(struct schedule *s, const struct rx_meeting *m, unsigned end)
{
	return &s->port[m->end[end] - s->v->fabric.ports];
}

static void note_reach(struct schedule *s, const struct rx_meeting *m, bool dead)
{
	pthread_mutex_lock(&s->lock);
	for (unsigned end = 0; end < 2; end++)
		*(dead ? &of_port(s, m, end)->vain : &of_port(s, m, end)->reached) += 1;
	pthread_mutex_unlock(&s->lock);
}

/* A port that reached none of SUSPECT peers makes everybody wait for the same nothing. */
static bool is_hopeless(struct schedule *s, const struct rx_meeting *m)
{
	bool hopeless = false;

	pthread_mutex_lock(&s->lock);
	for (unsigned end = 0; end < 2; end++)
		hopeless |= of_port(s, m, end)->vain >= SUSPECT && !of_port(s, m, end)->reached;
	pthread_mutex_unlock(&s->lock);
	return hopeless;
}

static void run_pair(struct schedule *s, unsigned number)
{
	const struct rx_pair *pair = &s->v->pairs.pair[number];
	struct rx_meeting m = {.salt = s->v->salt, .until = &s->v->until};
	unsigned test, direction, dead = 0;
	bool hopeless;

	rx_meeting_begin(&m, &s->v->fabric, pair);
	rx_verify_turn(s->v, number, &m);
	hopeless = m.want[0] && is_hopeless(s, &m);
	if (hopeless)
		dead = pair->directions;
	for (test = 0; test < rx_n_tests && !atomic_load(&s->v->stop); test++) {
		if (rx_tests[test].scope != RX_SCOPE_PAIR || !rx_test_applies(s->v, test, pair))
			continue;
		for (direction = 0; direction < 2; direction++)
			if (dead & RX_DIRECTION(direction))
				put_again(s, &(struct again){number, direction, test});
		m.directions = pair->directions & ~dead;
		if (m.directions)
			dead |= run_test(s, &m, number, test);
	}
	if (m.want[0] && !hopeless)
		note_reach(s, &m, dead == pair->directions);
	rx_meeting_end(&m);
}

static void *work(void *arg)
{
	struct schedule *s = arg;
	long number;

	pthread_mutex_lock(&s->lock);
	while ((number = take_pair(s)) >= 0) {
		const struct rx_pair *pair = &s->v->pairs.pair[number];

		pthread_mutex_unlock(&s->lock);
		run_pair(s, (unsigned)number);
		pthread_mutex_lock(&s->lock);
		s->busy[pair->a] = s->busy[pair->b] = false;
		s->done++;
		pthread_cond_broadcast(&s->freed);
	}
	pthread_cond_broadcast(&s->freed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void show_progress(struct schedule *s, size_t done, size_t total)
{
	double spent = rx_now() - s->started, rate = spent > 0 ? (double)done / spent : 0;

	rx_progress("verify %s: %zu of %zu pairs, %.0f/s, %.0f s left, %zu failed so far",
		    s->v->view->lab.name, done, total, rate,
		    rate > 0 ? (double)(total - done) / rate : 0, s->v->results.count[RX_FAIL]);
}

/* Wait for the threads, a tenth of a second at a time, to show progress and to watch the total
 * limit. */
static void attend(struct schedule *s)
{
	struct timespec until;

	pthread_mutex_lock(&s->lock);
	while (s->done < s->v->pairs.n && !atomic_load(&s->v->stop)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000)
			until.tv_sec++, until.tv_nsec -= 1000000000;
		pthread_cond_timedwait(&s->freed, &s->lock, &until);
		show_progress(s, s->done, s->v->pairs.n);
		rx_verify_stopped(s->v);
	}
	pthread_cond_broadcast(&s->freed);
	pthread_mutex_unlock(&s->lock);
}

static void run_threads(struct schedule *s)
{
	pthread_t threads[THREADS];
	int i, n = 0;

	for (i = 0; i < THREADS; i++)
		if (!pthread_create(&threads[n], NULL, work, s))
			n++;
	if (n)
		attend(s);
	else
		work(s);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static int by_pair(const void *left, const void *right)
{
	const struct again *a = left, *b = right;

	if (a->pair != b->pair)
		return a->pair < b->pair ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction < b->direction ? -1 : 1;
	return (a->test > b->test) - (a->test < b->test);
}

/* Once more, one direction, nobody else about; the counters around it say where frames got lost.
 * What was postponed has its first attempt before. Whether anything got through. */
static bool repeat(struct schedule *s, const struct again *again)
{
	struct rx_pair pair = s->v->pairs.pair[again->pair];
	struct rx_meeting m = {.salt = s->v->salt, .until = &s->v->until};
	struct rx_fault attempts[RX_ATTEMPTS], *fault = &attempts[0];
	struct rx_trail trail;
	double started = rx_now();
	unsigned n = 1;

	pair.directions = RX_DIRECTION(again->direction);
	rx_meeting_begin(&m, &s->v->fabric, &pair);
	rx_verify_turn(s->v, again->pair, &m);
	attempts[0] = again->fault;
	if (!again->tried) {
		try_test(&m, again->test, 0);
		attempts[0] = m.fault[again->direction];
	}
	if (rx_fault_may_pass(fault)) {
		fault = &attempts[n++];
		rx_trail_begin(&trail, &m, again->direction);
		try_test(&m, again->test, 1);
		*fault = m.fault[again->direction];
		if (rx_fault_failed(fault))
			rx_diagnose(&trail, &m, again->direction, fault);
	} else if (rx_fault_failed(fault)) {
		rx_diagnose(NULL, &m, again->direction, fault);
	}
	add_result(s, &m, again->test, again->direction, started, attempts, n);
	rx_meeting_end(&m);
	return !is_dead_path(again->test, fault);
}

/* The verdict of what is not repeated: because it is final, or because nothing is any more. */
static void call_failed(struct schedule *s, const struct again *again, const char *remark)
{
	const struct rx_pair *pair = &s->v->pairs.pair[again->pair];
	struct rx_meeting m = {0};
	struct rx_fault fault = again->fault;
	char culprit[512];

	rx_meeting_begin(&m, &s->v->fabric, pair);
	rx_culprit(&s->v->fabric, m.number[again->direction], m.number[1 - again->direction],
		   culprit, sizeof(culprit));
	if (!again->tried)
		rx_fault(&fault, RX_FAULT_SKIP, 0, "not tried: the path between them is dead");
	rx_fault_add(&fault, "%s%s%s", culprit[0] ? "; " : "", culprit, again->tried ? remark : "");
	add_result(s, &m, again->test, again->direction, rx_now(), &fault, 1);
}

static bool same_direction(const struct again *a, const struct again *b)
{
	return a->pair == b->pair && a->direction == b->direction;
}

static void run_again(struct schedule *s)
{
	const struct again *dead = NULL;
	double started = rx_now();
	unsigned in_vain = 0;
	struct rx_err err;
	size_t i;

	/* now it matters what the kernel has; the threads that read the view have ended */
	if (s->n_again && rx_view_look(s->v->view, &err))
		rx_warn("%s", err.text);
	if (s->n_again)
		qsort(s->again, s->n_again, sizeof(*s->again), by_pair);
	for (i = 0; i < s->n_again; i++) {
		const struct again *again = &s->again[i];

		if (rx_verify_stopped(s->v)) {
			/* what failed has failed; what was not tried has no result */
			if (again->tried)
				call_failed(s, again, " (not repeated: the command was stopped)");
		} else if (again->tried && !rx_fault_may_pass(&again->fault)) {
			call_failed(s, again, "");
		} else if (dead && same_direction(dead, again)) {
			call_failed(s, again, "");
		} else if (in_vain >= REPEAT_IN_VAIN || rx_now() - started > REPEAT_SECONDS) {
			if (!again->tried || is_dead_path(again->test, &again->fault))
				dead = again;
			call_failed(s, again, " (not repeated: those before it failed again)");
		} else if (repeat(s, again)) {
			in_vain = 0;
		} else {
			dead = again;
			in_vain++;
		}
		if (dead)
			s->pair[dead->pair].dead |= RX_DIRECTION(dead->direction);
	}
}

/* Where the tests before have found a dead path there is nothing to try. */
static void run_pair_alone(struct schedule *s, unsigned test, size_t number)
{
	const struct rx_pair *pair = &s->v->pairs.pair[number];
	struct rx_meeting m = {.salt = s->v->salt, .until = &s->v->until};
	double started = rx_now();

	rx_meeting_begin(&m, &s->v->fabric, pair);
	m.directions &= ~s->pair[number].dead;
	if (m.directions)
		try_test(&m, test, 0);
	for (unsigned direction = 0; direction < 2; direction++) {
		if (s->pair[number].dead & RX_DIRECTION(direction))
			rx_fault(&m.fault[direction], RX_FAULT_SKIP, 0,
				 "not tried: the path between them is dead");
		/* a child of ours hears the signal, too: what failed then says nothing */
		if (rx_verify_stopped(s->v) && rx_fault_may_pass(&m.fault[direction]))
			continue;
		if (pair->directions & RX_DIRECTION(direction))
			add_result(s, &m, test, direction, started, &m.fault[direction], 1);
	}
	rx_meeting_end(&m);
}

static void run_alone(struct schedule *s)
{
	struct rx_verify *v = s->v;
	unsigned test;
	size_t i;

	for (test = 0; test < rx_n_tests; test++)
		for (i = 0; i < v->pairs.n && !atomic_load(&v->stop); i++) {
			if (rx_tests[test].scope != RX_SCOPE_ALONE ||
			    !rx_test_applies(v, test, &v->pairs.pair[i]))
				continue;
			rx_progress("verify %s: %s, pair %zu of %zu", v->view->lab.name,
				    rx_tests[test].name, i + 1, v->pairs.n);
			run_pair_alone(s, test, i);
			rx_verify_stopped(v);
		}
}

static bool any_of_scope(const struct rx_verify *v, enum rx_scope scope)
{
	unsigned test;

	for (test = 0; test < rx_n_tests; test++)
		if (v->selected[test] && rx_tests[test].scope == scope)
			return true;
	return false;
}

static bool is_connected(const void *fabric, const struct rx_pair *pair)
{
	struct rx_port *end[2];
	bool routed;

	return !rx_fabric_route(fabric, pair->a, pair->b, pair->network, end, &routed);
}

void rx_schedule_run(struct rx_verify *v)
{
	struct schedule s = {.v = v, .started = rx_now()};

	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.freed, NULL);
	s.pair = rx_alloc(v->pairs.n, sizeof(*s.pair));
	s.busy = rx_alloc(v->view->n_endpoints, sizeof(*s.busy));
	s.port = rx_alloc(v->fabric.n_ports, sizeof(*s.port));
	rx_verify_number(v, is_connected, &v->fabric);
	rx_verify_stopped(v);
	if (any_of_scope(v, RX_SCOPE_PAIR)) {
		run_threads(&s);
		run_again(&s);
	}
	if (any_of_scope(v, RX_SCOPE_ALONE))
		run_alone(&s);
	free(s.pair);
	free(s.busy);
	free(s.port);
	free(s.again);
	free(v->turn);
	v->turn = NULL;
	pthread_mutex_destroy(&s.lock);
	pthread_cond_destroy(&s.freed);
}
