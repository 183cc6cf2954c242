/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/churn/churn.h"
#include "tools/cli/output.h"

/* the view reads the whole ledger in every cycle: it must not grow with them */
#define COMPACT_CYCLES 25
/* per cycle; one RXE is some 700 KiB, one socket 2 KiB, and a cycle breaks several */
#define LEAK_BYTES 4096.0
/* in half the run; less is within what slabs breathe (300 KiB were seen in 36 cycles) */
#define LEAK_TOTAL 2097152.0

/* ---- one cycle ---- */

struct job {
	struct rx_churn *churn;
	struct rx_churn_target *target;
	struct rx_churn_random random;
	pthread_t thread;
	bool started, broken;
};

static void *do_job(void *arg)
{
	struct job *job = arg;
	struct rx_churn *churn = job->churn;
	enum rx_churn_kind kind;
	struct rx_err err = {0};
	double began = rx_now();

	do {
		kind = rx_churn_pick(&job->random, RX_CHURN_KINDS);
	} while (!rx_churn_can(churn, kind, job->target));
	job->broken = rx_churn_act(churn, kind, job->target, &job->random, &err);
	if (job->broken)
		rx_churn_problem(&churn->problems, "restore", job->target->node->want->name,
				 "after %s: %.550s", rx_churn_kind_name(kind), err.text);
	pthread_mutex_lock(&churn->mutex);
	churn->count[kind]++;
	churn->failed[kind] += job->broken;
	churn->seconds[kind] += rx_now() - began;
	pthread_mutex_unlock(&churn->mutex);
	return NULL;
}

/* workers different endpoints, the same for the same seed and cycle */
static void choose(struct rx_churn *churn, unsigned cycle, struct job *jobs)
{
	struct rx_churn_random random = rx_churn_random(churn->seed, cycle, 100);
	unsigned n = (unsigned)churn->view.n_endpoints, i, k;

	for (i = 0; i < churn->workers; i++) {
		do {
			jobs[i].target = &churn->targets[rx_churn_pick(&random, n)];
			for (k = 0; k < i && jobs[k].target != jobs[i].target; k++)
				;
		} while (k < i);
		jobs[i].churn = churn;
		jobs[i].random = rx_churn_random(churn->seed, cycle, i + 1);
	}
}

static void check(struct rx_churn *churn, const struct job *jobs)
{
	unsigned i;

	rx_churn_census(&churn->view, churn->host_before, &churn->problems);
	for (i = 0; i < churn->workers && !churn->beyond_repair; i++)
		if (rx_churn_prove(&churn->traffic, jobs[i].target->number, churn->done))
			rx_churn_problem(&churn->problems, "proof",
					 jobs[i].target->node->want->name,
					 "verbs traffic does not get through: %.500s",
					 churn->traffic.shared->proof_text);
	rx_churn_kmsg(churn->kmsg, churn->messages, &churn->problems);
}

static int cycle(struct rx_churn *churn, struct rx_err *err)
{
	struct job jobs[RX_CHURN_WORKERS] = {0};
	unsigned i;

	choose(churn, churn->done + 1, jobs);
	for (i = 1; i < churn->workers; i++)
		jobs[i].started = !pthread_create(&jobs[i].thread, NULL, do_job, &jobs[i]);
	for (i = 0; i < churn->workers; i++)
		if (!jobs[i].started)
			do_job(&jobs[i]);
	for (i = 0; i < churn->workers; i++) {
		if (jobs[i].started)
			pthread_join(jobs[i].thread, NULL);
		churn->beyond_repair |= jobs[i].broken;
	}
	check(churn, jobs);
	churn->problems.cycle = ++churn->done + 1;
	churn->slab[churn->done] = rx_churn_slab();
	return rx_churn_traffic_revive(&churn->traffic, err);
}

static int run_cycles(struct rx_churn *churn, struct rx_err *err)
{
	double began = rx_now();

	while (churn->done < churn->cycles && !churn->beyond_repair) {
		if (churn->stop && *churn->stop)
			return -EINTR;
		if (rx_passed(churn->deadline))
			return -ETIME;
		if (cycle(churn, err))
			return -err->code;
		churn->elapsed = rx_now() - began;
		rx_progress("churn %u/%u  %.1f cycles/s, %.0f s left, %zu problems", churn->done,
			    churn->cycles, churn->done / churn->elapsed,
			    (churn->cycles - churn->done) * churn->elapsed / churn->done,
			    churn->problems.n);
		if (churn->done % COMPACT_CYCLES == 0 && rx_ledger_compact(&churn->ledger, err))
			return -err->code;
	}
	return 0;
}

static void judge_slab(struct rx_churn *churn)
{
	double growth = rx_churn_growth(churn->slab, churn->done);
	uint64_t before = churn->slab[0].namespaces, now = churn->slab[churn->done].namespaces;

	if (growth > LEAK_BYTES && growth * churn->done / 2 > LEAK_TOTAL)
		rx_churn_problem(&churn->problems, "slab", "",
				 "unreclaimable kernel memory grows by %.0f bytes in each cycle",
				 growth);
	if (before && now > before + churn->workers)
		rx_churn_problem(&churn->problems, "slab", "",
				 "there are %llu network namespaces in the kernel, and there were "
				 "%llu",
				 (unsigned long long)now, (unsigned long long)before);
}

static int prepare(struct rx_churn *churn, const char *lab, struct rx_err *err)
{
	int rc = rx_view_open(lab, &churn->view, err);

	if (rc)
		return rc;
	if (churn->view.n_endpoints < 2)
		return rx_fail(err, "endpoint-count", EINVAL,
			       "lab %s has one endpoint; churn needs two, for there to be traffic",
			       lab);
	if (churn->workers > churn->view.n_endpoints)
		churn->workers = (unsigned)churn->view.n_endpoints;
	churn->slab = rx_alloc(churn->cycles + 1, sizeof(*churn->slab));
	churn->messages = json_object();
	if (rx_ledger_open(lab, true, &churn->ledger, err))
		return -err->code;
	if (rx_churn_targets(churn, err) ||
	    rx_churn_census_begin(&churn->view, &churn->host_before, err))
		return -err->code;
	churn->kmsg = rx_churn_kmsg_open(err);
	if (churn->kmsg < 0)
		return churn->kmsg;
	churn->slab[0] = rx_churn_slab();
	return 0;
}

int rx_churn_run(struct rx_churn *churn, const char *lab, struct rx_err *err)
{
	int rc;

	pthread_mutex_init(&churn->mutex, NULL);
	pthread_mutex_init(&churn->problems.mutex, NULL);
	churn->problems.cycle = 1;
	churn->traffic = (struct rx_churn_traffic){.view = &churn->view,
						   .seed = churn->seed,
						   .problems = &churn->problems};
	churn->ledger.fd = churn->kmsg = -1;
	rc = prepare(churn, lab, err);
	if (!rc)
		rc = rx_churn_traffic_start(&churn->traffic, err);
	if (!rc)
		rc = run_cycles(churn, err);
	rx_progress_clear();
	rx_churn_traffic_stop(&churn->traffic);
	if (churn->slab)
		judge_slab(churn);
	if (churn->ledger.fd >= 0 && !churn->beyond_repair &&
	    (!rc || rc == -EINTR || rc == -ETIME)) {
		struct rx_err second = {0};

		rx_ledger_compact(&churn->ledger, &second);
	}
	return rc;
}

void rx_churn_free(struct rx_churn *churn)
{
	size_t i;

	for (i = 0; churn->targets && i < churn->view.n_endpoints; i++)
		free(churn->targets[i].ops);
	free(churn->targets);
	if (churn->traffic.shared)
		munmap(churn->traffic.shared, churn->traffic.size);
	if (churn->kmsg >= 0)
		close(churn->kmsg);
	rx_ledger_close(&churn->ledger);
	json_decref(churn->messages);
	free(churn->slab);
	free(churn->problems.list);
	free(churn->host_before);
	rx_view_close(&churn->view);
}
