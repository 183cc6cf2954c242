/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All kernels of a run, --jobs of them at a time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/test.h"

/* How often a guest's results are looked at, milliseconds. */
#define WATCH_INTERVAL 250

struct fleet {
	const struct rx_kernels_options *options;
	struct rx_run *run;
	struct rx_guest **guest; /* of run->kernel[i]; NULL: done */
	size_t next, running;
	int signal_fd, signal;
	void (*keep)(void *data); /* after each case, with this data */
	void *data;
	size_t ended;           /* cases, when it was called last */
	struct rx_err *trouble; /* the first kernel for which there is no guest */
	int rc;                 /* that error's */
};

static void tell(const struct rx_kernel_run *kernel)
{
	size_t count[RX_OUTCOMES] = {0};

	for (size_t i = 0; i < kernel->n; i++)
		count[rx_case_outcome(&kernel->test[i])]++;
	rx_note("kernels: %s (%s): %zu cases passed, %zu did not, %zu skipped in %.0f s%s",
		kernel->label, kernel->release ? kernel->release : "never came up", count[RX_PASS],
		count[RX_FAIL], count[RX_SKIP], kernel->seconds,
		kernel->verdict ? "" : "; NO VERDICT");
}

static void show_progress(const struct fleet *fleet)
{
	char line[240] = "";

	for (size_t i = 0; i < fleet->next; i++) {
		size_t used = strlen(line);

		if (!fleet->guest[i])
			continue;
		snprintf(line + used, sizeof(line) - used, "%s", used ? "; " : "");
		used = strlen(line);
		rx_guest_progress(fleet->guest[i], line + used, sizeof(line) - used);
	}
	rx_progress("%s", line);
}

/* No guest can be run for this kernel: it is told, and the others go on. */
static void give_up(struct fleet *fleet, size_t i, const struct rx_err *err)
{
	struct rx_kernel_run *kernel = &fleet->run->kernel[i];

	free(kernel->complaint);
	kernel->complaint = rx_format("no guest could be run: %s", err->text);
	rx_note("kernels: %s: %s", kernel->label, kernel->complaint);
	if (!fleet->rc) {
		*fleet->trouble = *err;
		fleet->rc = -err->code;
	}
}

static void start_some(struct fleet *fleet)
{
	while (fleet->running < fleet->options->jobs && fleet->next < fleet->run->n) {
		struct rx_err err = {.status = RX_FAILED};
		size_t i = fleet->next++;

		if (!rx_guest_start(fleet->guest[i], &err)) {
			fleet->running++;
			continue;
		}
		give_up(fleet, i, &err);
		rx_guest_free(fleet->guest[i]);
		fleet->guest[i] = NULL;
	}
}

static void end_one(struct fleet *fleet, size_t i)
{
	struct rx_err err = {.status = RX_FAILED};
	int again = rx_guest_ended(fleet->guest[i], &err);

	if (again > 0)
		again = rx_guest_start(fleet->guest[i], &err);
	if (!again && rx_guest_fd(fleet->guest[i]) >= 0)
		return;
	if (again)
		give_up(fleet, i, &err);
	rx_guest_free(fleet->guest[i]);
	fleet->guest[i] = NULL;
	fleet->running--;
	tell(&fleet->run->kernel[i]);
	fleet->keep(fleet->data);
}

/* What is found is kept as soon as a case has ended. */
static void keep_cases(struct fleet *fleet)
{
	size_t ended = 0;

	for (size_t k = 0; k < fleet->run->n; k++)
		for (size_t i = 0; i < fleet->run->kernel[k].n; i++)
			ended += fleet->run->kernel[k].test[i].ended;
	if (ended != fleet->ended)
		fleet->keep(fleet->data);
	fleet->ended = ended;
}

/* Wait for an end or for the next look; deal with both. */
static int step(struct fleet *fleet, struct pollfd *set, struct rx_err *err)
{
	for (size_t i = 0; i < fleet->run->n; i++)
		set[i] = (struct pollfd){.fd = fleet->guest[i] ? rx_guest_fd(fleet->guest[i]) : -1,
					 .events = POLLIN};
	set[fleet->run->n] = (struct pollfd){.fd = fleet->signal_fd, .events = POLLIN};
	if (poll(set, fleet->run->n + 1, WATCH_INTERVAL) < 0 && errno != EINTR)
		return rx_fail(err, "guest-wait", errno, "poll: %s", strerror(errno));
	for (size_t i = 0; i < fleet->run->n; i++) {
		if (set[i].fd < 0)
			continue;
		if (set[i].revents)
			end_one(fleet, i);
		else
			rx_guest_watch(fleet->guest[i]);
	}
	keep_cases(fleet);
	if (set[fleet->run->n].revents) {
		struct signalfd_siginfo info;

		if (read(fleet->signal_fd, &info, sizeof(info)) == sizeof(info))
			fleet->signal = (int)info.ssi_signo;
	}
	return 0;
}

/* All of them first: a kernel that is not there is told before the others have taken their
 * minutes. */
static int find_all(struct fleet *fleet, struct rx_err *err)
{
	for (size_t i = 0; i < fleet->run->n; i++) {
		fleet->guest[i] = rx_guest_new(fleet->options, i + 1, &fleet->run->kernel[i], err);
		if (!fleet->guest[i])
			return -err->code;
	}
	return 0;
}

static int drive(struct fleet *fleet, struct rx_err *err)
{
	rx_autofree struct pollfd *set = rx_alloc(fleet->run->n + 1, sizeof(*set));
	int rc = 0;

	do {
		start_some(fleet);
		/* the shell of --shell-on-failure has the terminal for itself */
		if (!fleet->options->shell_on_failure)
			show_progress(fleet);
		rc = step(fleet, set, err);
	} while (!rc && !fleet->signal && (fleet->running || fleet->next < fleet->run->n));
	return rc ? rc : fleet->signal ? 128 + fleet->signal : fleet->rc;
}

int rx_test_all(const struct rx_kernels_options *options, struct rx_run *run,
		void (*keep)(void *data), void *data, struct rx_err *err)
{
	struct fleet fleet = {
		.options = options, .run = run, .keep = keep, .data = data, .trouble = err};
	sigset_t ending, before;
	int rc;

	for (size_t i = 0; i < options->kernel.n; i++)
		rx_run_add_kernel(run, options->kernel.item[i])->complaint = rx_strdup(
			"its test has not come to its end");
	run->cut = true;
	fleet.guest = rx_alloc(run->n, sizeof(*fleet.guest));
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, &before);
	fleet.signal_fd = signalfd(-1, &ending, SFD_CLOEXEC);
	rc = find_all(&fleet, err);
	if (!rc)
		rc = drive(&fleet, err);
	run->cut = rc > 0;
	for (size_t i = 0; i < run->n; i++) {
		run->cut |= fleet.guest[i] != NULL;
		rx_guest_free(fleet.guest[i]);
	}
	rx_progress_clear();
	close(fleet.signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(fleet.guest);
	return rc;
}
