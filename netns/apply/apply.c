/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/apply/apply.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "netns/base/memory.h"

/* Adds overlap well up to four at once on two CPUs (docs/dev/kernel-notes.md): most of an RXE add
 * is waiting for RCU. */
#define MAX_WORKERS 4

const struct rx_op_type *const rx_op_types[RX_OP_KINDS] = {
#define ROW(kind, type, ...) [RX_OP_##kind] = &rx_op_##type,
	RX_OP_LIST(ROW)
#undef ROW
};

static void boundary(const char *where, const struct rx_op *op)
{
	char text[400], line[440];

	if (!rx_boundary_hook)
		return;
	snprintf(line, sizeof(line), "%s: %s", where, rx_op_text(op, text, sizeof(text)));
	rx_boundary(line);
}

#define NONE SIZE_MAX

struct job {
	struct rx_apply *apply;
	struct rx_plan *plan;
	unsigned phase, next_chain, end_chain;
	size_t *first, *next; /* operations of each chain of this phase, by index; NONE: no more */
	size_t done, changed;
	bool failed;
	struct rx_err err; /* the first failure */
	pthread_mutex_t mutex;
};

static void report(struct job *job, const struct rx_op *op, bool changed)
{
	pthread_mutex_lock(&job->mutex);
	job->done++;
	job->changed += changed;
	if (job->apply->progress)
		job->apply->progress(job->done, job->plan->n, op);
	pthread_mutex_unlock(&job->mutex);
}

static int fail_op(struct rx_err *err, const struct rx_op *op)
{
	if (op->owner[0])
		return rx_wrap(err, "endpoint \"%s\"", op->owner);
	return -err->code;
}

/* What was done last, in a write of its own: no next intent takes it along. */
static int note_last(struct rx_worker *worker, struct rx_done *last, struct rx_err *err)
{
	const struct rx_done done = *last;

	last->op = NULL;
	if (!done.op)
		return 0;
	if (rx_ledger_step(worker->apply->ledger, &done, NULL, NULL, err))
		return -err->code;
	boundary("after done", done.op);
	return 0;
}

/* What has no undo lies on something that has one, and vanishes with it. */
static int do_unrecorded(struct rx_worker *worker, struct rx_op *op, struct rx_done *last,
			 struct rx_err *err)
{
	if (note_last(worker, last, err))
		return -err->code;
	boundary("before what has no undo", op);
	return worker->apply->types[op->kind]->apply(worker, op, err) ? fail_op(err, op) : 0;
}

/* intent, the operation, done: in this order, so that a kill at any instant leaves nothing
 * unrecorded. done is written together with the next intent, before which nothing else is touched:
 * *last comes in as the operation before and goes out as this one. */
static int do_recorded(struct rx_worker *worker, struct rx_op *op, struct rx_done *last,
		       struct rx_err *err)
{
	struct rx_apply *apply = worker->apply;
	const struct rx_done before = *last;
	struct rx_err second;
	size_t id;

	boundary("before intent", op);
	last->op = NULL;
	if (rx_ledger_step(apply->ledger, &before, op, &id, err))
		return -err->code;
	boundary("after intent", op);
	if (apply->types[op->kind]->apply(worker, op, err)) {
		/* what may have been done in spite of it stays an intent, and undo looks for it */
		if (!err->unanswered)
			rx_ledger_undone(apply->ledger, id, &second);
		return fail_op(err, op);
	}
	boundary("before done", op);
	*last = (struct rx_done){.id = id, .op = op};
	return 0;
}

static int do_op(struct rx_worker *worker, struct rx_op *op, struct rx_done *last, bool *changed,
		 struct rx_err *err)
{
	struct rx_apply *apply = worker->apply;
	const struct rx_op_type *type = apply->types[op->kind];
	bool there = type->exists && type->exists(worker, op) > 0;
	char text[400];

	*changed = false;
	if (there && apply->mode == RX_APPLY_MISSING &&
	    (!type->undo || rx_ledger_has(apply->ledger, op)))
		return 0;
	if (there)
		return rx_fail(err, "name-taken", EEXIST,
			       "%s: something of this name exists already and is not ours; remove "
			       "it, or rename the lab",
			       rx_op_text(op, text, sizeof(text)));
	if (rx_apply_check(apply, err) || (!op->netns[0] && rx_worker_go(worker, "", err)))
		return -err->code;
	if (type->look && type->look(worker, op, err))
		return fail_op(err, op);
	*changed = type->exists;
	return type->undo || type->looked_for ? do_recorded(worker, op, last, err)
					      : do_unrecorded(worker, op, last, err);
}

static bool take_chain(struct job *job, unsigned *chain)
{
	bool taken;

	pthread_mutex_lock(&job->mutex);
	taken = !job->failed && job->next_chain < job->end_chain;
	if (taken)
		*chain = job->next_chain++;
	pthread_mutex_unlock(&job->mutex);
	return taken;
}

static void note_failure(struct job *job, const struct rx_err *err)
{
	pthread_mutex_lock(&job->mutex);
	if (!job->failed)
		job->err = *err;
	job->failed = true;
	pthread_mutex_unlock(&job->mutex);
}

static void do_chain(struct job *job, struct rx_worker *worker, unsigned chain)
{
	struct rx_plan *plan = job->plan;
	struct rx_err err = {0};
	struct rx_done last = {0};
	bool changed, node = false;
	size_t i;

	for (i = job->first[chain]; i != NONE && !job->failed; i = job->next[i]) {
		if (do_op(worker, &plan->ops[i], &last, &changed, &err)) {
			note_failure(job, &err);
			break;
		}
		report(job, &plan->ops[i], changed);
		node = plan->ops[i].owner[0];
	}
	if (note_last(worker, &last, &err))
		note_failure(job, &err);
	if (node && !job->failed && job->apply->node_made)
		job->apply->node_made(worker, chain, job->apply->node_made_arg);
}

static void *work(void *arg)
{
	struct job *job = arg;
	struct rx_worker worker;
	unsigned chain;

	rx_worker_init(&worker, job->apply);
	while (take_chain(job, &chain))
		do_chain(job, &worker, chain);
	rx_worker_close(&worker);
	return NULL;
}

static unsigned count_workers(const struct rx_apply *apply, unsigned chains)
{
	unsigned workers = apply->workers && apply->workers < MAX_WORKERS ? apply->workers
									  : MAX_WORKERS;

	return rx_boundary_hook ? 1 : workers < chains ? workers : chains;
}

/* The calling thread works too; a thread that cannot be had is one worker less. */
static void run_phase(struct job *job)
{
	pthread_t thread[MAX_WORKERS];
	unsigned want = count_workers(job->apply, job->end_chain), started = 0, i;

	for (i = 1; i < want && started < MAX_WORKERS; i++)
		if (!pthread_create(&thread[started], NULL, work, job))
			started++;
	work(job);
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
}

/* Once for each phase, not once for each chain: a plan of 1,000 endpoints has some 10,000
 * operations. */
static void sort_phase(struct job *job, unsigned chains)
{
	const struct rx_plan *plan = job->plan;
	size_t i;

	for (i = 0; i < chains; i++)
		job->first[i] = NONE;
	job->next_chain = job->end_chain = 0;
	for (i = plan->n; i-- > 0;) {
		const struct rx_op *op = &plan->ops[i];

		if (op->phase != job->phase)
			continue;
		job->next[i] = job->first[op->chain];
		job->first[op->chain] = i;
		if (op->chain >= job->end_chain)
			job->end_chain = op->chain + 1;
	}
}

int rx_apply_plan(struct rx_apply *apply, struct rx_plan *plan, size_t *changed, struct rx_err *err)
{
	struct job job = {.apply = apply, .plan = plan};
	unsigned last = 0, chains = 0;
	size_t i;

	pthread_mutex_init(&job.mutex, NULL);
	for (i = 0; i < plan->n; i++) {
		if (plan->ops[i].phase > last)
			last = plan->ops[i].phase;
		if (plan->ops[i].chain >= chains)
			chains = plan->ops[i].chain + 1;
	}
	job.first = rx_alloc(chains, sizeof(*job.first));
	job.next = rx_alloc(plan->n, sizeof(*job.next));
	for (job.phase = 0; job.phase <= last && !job.failed; job.phase++) {
		sort_phase(&job, chains);
		run_phase(&job);
	}
	free(job.first);
	free(job.next);
	if (changed)
		*changed = job.changed;
	if (job.failed)
		*err = job.err;
	return job.failed ? -err->code : 0;
}
