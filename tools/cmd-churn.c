/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "netns/base/clock.h"
#include "netns/ledger/lock.h"
#include "tools/churn/churn.h"
#include "tools/cli/guess.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"

#define MAX_CYCLES 1000000u

struct options {
	unsigned cycles, workers;
	const char *seed, *format;
	double timeout;
};

/* Below 2^53: every JSON reader takes it as it is. */
static int choose_seed(const char *text, uint64_t *seed, struct rx_err *err)
{
	char *end;

	if (!text) {
		if (getrandom(seed, sizeof(*seed), 0) != sizeof(*seed))
			return rx_fail(err, "random-bytes", errno,
				       "no random seed could be had: %s; give one with --seed",
				       strerror(errno));
		*seed %= 1000000000;
		return 0;
	}
	errno = 0;
	*seed = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *seed >= 1ull << 53)
		return rx_usage(err, "option-value", "--seed %s: it must be a number below 2^53",
				text);
	return 0;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	uint64_t seed;

	if (rx_guess_lab(inv->command, inv->operands[0], err))
		return -err->code;
	if (!o->cycles || o->cycles > MAX_CYCLES)
		return rx_usage(err, "option-value", "churn needs --cycles N, with N in 1..%u",
				MAX_CYCLES);
	if (o->workers > RX_CHURN_WORKERS)
		return rx_usage(err, "option-value", "--workers %u: at most %d", o->workers,
				RX_CHURN_WORKERS);
	return o->seed ? choose_seed(o->seed, &seed, err) : 0;
}

static void warn(const char *text)
{
	rx_warn("%s", text);
}

static int conclude(const struct rx_churn *churn, int rc)
{
	if (rc == -EINTR)
		rx_note("churn: stopped by signal %d after %u of %u cycles; the lab is as before",
			(int)rx_stopped, churn->done, churn->cycles);
	if (rc == -ETIME)
		rx_note("churn: the time limit passed after %u of %u cycles; the lab is as before",
			churn->done, churn->cycles);
	if (churn->beyond_repair)
		rx_note("churn: an endpoint could not be made again; \"rxelab inspect %s\" shows "
			"what is missing, \"rxelab recreate %s\" creates the lab again",
			churn->view.lab.name, churn->view.lab.name);
	return rc == -ETIME ? RX_TIMEOUT : churn->problems.n || rc ? RX_FAILED : RX_OK;
}

static int run_locked(struct rx_churn *churn, const char *lab, const struct options *o,
		      struct rx_err *err)
{
	int rc = rx_churn_run(churn, lab, err);

	if (rc && rc != -ETIME && rc != -EINTR)
		return rc;
	if (o->format && !strcmp(o->format, "json"))
		rx_json_print(rx_churn_json(churn), stdout);
	else
		rx_churn_report(churn, stdout);
	return conclude(churn, rc);
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct options *o = inv->options;
	struct rx_churn churn = {.cycles = o->cycles,
				 .workers = o->workers ? o->workers : 2,
				 .stop = &rx_stopped,
				 .deadline = rx_deadline(o->timeout),
				 .warn = warn};
	const char *lab = inv->operands[0];
	int lock, rc = choose_seed(o->seed, &churn.seed, err);

	if (rc)
		return rc;
	lock = rx_lock(lab, 60, NULL, err);
	if (lock < 0)
		return lock;
	rx_stop_catch(); /* acted on between two cycles, when every endpoint is back */
	rx_note("churn: seed %llu (--seed %llu makes the same choices again)",
		(unsigned long long)churn.seed, (unsigned long long)churn.seed);
	rc = run_locked(&churn, lab, o, err);
	rx_churn_free(&churn);
	rx_unlock(lab, lock, rc == -ENOENT);
	return rc;
}

static const struct rx_option options[] = {
	RX_UINT("cycles", 0, cycles, "N", "how many cycles"),
	RX_UINT("workers", 0, workers, "W",
		"how many endpoints are broken at once in a cycle, 1 to 8 (2)"),
	RX_STRING("seed", 0, seed, "S", "choose as the run did that printed this seed"),
	RX_FORMAT("table|json", "how to print it"),
	RX_SECONDS("timeout", 't', timeout,
		   "begin no cycle after so long; the exit status is 124 then"),
	{NULL},
};

const struct rx_command rx_command_churn = {
	.name = "churn",
	.synopsis = "NAME --cycles N [--workers W] [--seed S] [--timeout S] [OPTION...]",
	.summary = "break and mend the endpoints of a lab at random, under traffic, and watch the "
		   "kernel",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
