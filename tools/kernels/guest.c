/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kernel under test. Each boot is a child process that runs the guest as `rxelab vm` does; what
 * the guest writes to its channel of results is a file that is read here while it grows.
 *
 * A guest that dies in a case has failed that case, and is booted again for the cases that are
 * left, never for the one that killed it. One that never came up is `rxelab vm`'s to boot again
 * (tools/vm/run.c), and that is told. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/kernels/test.h"

#define MAX_BOOTS 5
#define TAIL_LINES 30
/* After the case's own limit the guest has this much time to clean up, look at itself and say that
 * the case is over. */
#define SILENCE_SLACK 60
/* The probes that come first have a limit of their own (tools/suites/run). */
#define PROBES_LIMIT 240

struct rx_guest {
	const struct rx_test_options *options;
	struct rx_kernel_run *run;
	struct rx_vm_kernel kernel;
	struct rx_lines lines;
	char *suites, *work; /* folders: of the runner; of the files below */
	char *results, *console, *log, *errors;
	FILE *reading;
	char *partial; /* a line that has not ended yet */
	size_t partial_room, partial_length;
	size_t *left, n_left; /* indices of the cases that have not been begun */
	pid_t pid;
	int pidfd;
	double started, heard, deadline; /* CLOCK_MONOTONIC, seconds; deadline: for all boots */
	bool silenced;                   /* it was ended for having said nothing */
};

static char *in_work(const struct rx_guest *guest, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", guest->work, name) < 0)
		abort();
	return path;
}

/* A folder of its own: below --artifacts, named after the kernel, or a temporary one. */
static int make_work(struct rx_guest *guest, size_t number, struct rx_err *err)
{
	const char *tmp = getenv("TMPDIR"), *base = guest->options->artifacts;

	if ((base ? asprintf(&guest->work, "%s/%zu-%s", base, number, guest->kernel.release)
		  : asprintf(&guest->work, "%s/rxelab-kernels.XXXXXX",
			     tmp && *tmp ? tmp : "/tmp")) < 0)
		abort();
	if (!base && mkdtemp(guest->work))
		return 0;
	if (base && ((!mkdir(base, 0755) || errno == EEXIST) &&
		     (!mkdir(guest->work, 0755) || errno == EEXIST)))
		return 0;
	return rx_fail(err, errno, "%s: cannot make a folder for the guest's logs: %s", guest->work,
		       strerror(errno));
}

struct rx_guest *rx_guest_new(const struct rx_test_options *options, size_t number,
			      struct rx_kernel_run *run, struct rx_err *err)
{
	struct rx_guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		abort();
	guest->options = options;
	guest->run = run;
	guest->pid = guest->pidfd = -1;
	guest->lines.kernel = run;
	guest->suites = rx_suites_dir(err);
	if (!guest->suites || rx_vm_kernel_find(run->label, &guest->kernel, err) ||
	    make_work(guest, number, err)) {
		rx_guest_free(guest);
		return NULL;
	}
	guest->results = in_work(guest, "results");
	guest->console = in_work(guest, "console");
	guest->log = in_work(guest, "log");
	guest->errors = in_work(guest, "errors");
	guest->left = calloc(options->cases->n + 1, sizeof(*guest->left));
	if (!guest->left)
		abort();
	for (size_t i = 0; i < options->cases->n; i++)
		guest->left[guest->n_left++] = i;
	return guest;
}

static void redirect(const char *path, int fd, int flags)
{
	int file = open(path, flags | O_CLOEXEC, 0644);

	if (file < 0 || dup2(file, fd) < 0)
		_exit(126);
}

/* In the child: boot, and end with the guest's status. */
static void __attribute__((noreturn)) become_guest(const struct rx_guest *guest, pid_t parent)
{
	const struct rx_test_options *o = guest->options;
	struct rx_vm_options vm = {
		.found = &guest->kernel,
		.memory_mib = o->memory_mib,
		.cpus = o->cpus,
		.timeout = guest->deadline - rx_now(),
		.console = guest->console,
		.results = guest->results,
		.append = o->append,
		.terminal = o->shell_on_failure,
		.command = rx_runner_words(o, guest->suites, guest->run->label, guest->left,
					   guest->n_left),
	};
	struct rx_err err = {.status = RX_FAILED};
	sigset_t none;
	int rc;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(126);
	if (!o->shell_on_failure) {
		redirect("/dev/null", STDIN_FILENO, O_RDONLY);
		redirect(guest->log, STDOUT_FILENO, O_WRONLY | O_CREAT | O_APPEND);
		redirect(guest->errors, STDERR_FILENO, O_WRONLY | O_CREAT | O_APPEND);
	}
	rc = rx_vm_run(&vm, &err);
	if (rc < 0) {
		fprintf(stderr, "rxelab: %s\n", err.text);
		rc = err.status;
	}
	fflush(stderr);
	_exit(rc);
}

int rx_guest_start(struct rx_guest *guest, struct rx_err *err)
{
	pid_t parent = getpid();

	if (!guest->run->boots) {
		guest->started = rx_now();
		guest->deadline = guest->started + guest->options->timeout;
	}
	unlink(guest->results);
	fflush(NULL);
	guest->pid = fork();
	if (!guest->pid)
		become_guest(guest, parent);
	if (guest->pid < 0)
		return rx_fail(err, errno, "fork: %s", strerror(errno));
	guest->pidfd = (int)syscall(SYS_pidfd_open, guest->pid, 0);
	if (guest->pidfd < 0)
		return rx_fail(err, errno, "pidfd_open: %s", strerror(errno));
	guest->run->boots++;
	guest->heard = rx_now();
	guest->silenced = false;
	return 0;
}

int rx_guest_fd(const struct rx_guest *guest)
{
	return guest->pidfd;
}

/* A case that has been begun is not one that is left. */
static void forget_begun(struct rx_guest *guest)
{
	size_t kept = 0;

	for (size_t i = 0; i < guest->n_left; i++)
		if (!rx_kernel_find_case(guest->run,
					 guest->options->cases->offer[guest->left[i]].name))
			guest->left[kept++] = guest->left[i];
	guest->n_left = kept;
}

/* Take every line that is whole. */
static void read_lines(struct rx_guest *guest)
{
	int c;

	if (!guest->reading)
		guest->reading = fopen(guest->results, "re");
	if (!guest->reading)
		return;
	clearerr(guest->reading);
	while ((c = getc(guest->reading)) != EOF) {
		if (guest->partial_length + 1 >= guest->partial_room) {
			guest->partial_room = 2 * guest->partial_room + 256;
			guest->partial = realloc(guest->partial, guest->partial_room);
			if (!guest->partial)
				abort();
		}
		if (c != '\n' && c) {
			guest->partial[guest->partial_length++] = (char)c;
			continue;
		}
		guest->partial[guest->partial_length] = '\0';
		guest->partial_length = 0;
		rx_lines_take(&guest->lines, guest->partial);
		guest->heard = rx_now();
	}
}

static double limit_of(const struct rx_test_options *options, const char *name)
{
	for (size_t i = 0; i < options->cases->n; i++)
		if (!strcmp(options->cases->offer[i].name, name))
			return options->cases->offer[i].limit ? options->cases->offer[i].limit
							      : options->case_limit;
	return options->case_limit;
}

void rx_guest_watch(struct rx_guest *guest)
{
	const char *in;
	double patience;

	read_lines(guest);
	forget_begun(guest);
	in = guest->lines.current;
	patience = (in && strncmp(in, "guest/", 6)
			    ? limit_of(guest->options, in)
			    : fmax(guest->options->case_limit, PROBES_LIMIT)) +
		   SILENCE_SLACK;
	/* how long a boot may take is for `rxelab vm` to say */
	if (!guest->run->came_up || guest->options->shell_on_failure || guest->silenced ||
	    rx_now() < guest->heard + patience)
		return;
	guest->silenced = true;
	kill(guest->pid, SIGTERM);
}

/* The console from the first sign of trouble on, else its end; lines separated as the guest does.
 * Caller frees. */
static char *console_tail(const char *path)
{
	static const char *const signs[] = {"BUG:", "Oops", "Kernel panic",
					    "WARNING:", "general protection"};
	rx_autofile FILE *file = fopen(path, "re");
	char *line = NULL, *tail = strdup("");
	size_t room = 0, lines = 0;
	bool in_trouble = false;

	while (tail && file && getline(&line, &room, file) > 0 &&
	       !(in_trouble && lines >= TAIL_LINES)) {
		char *grown;

		line[strcspn(line, "\r\n")] = '\0';
		for (size_t i = 0; !in_trouble && i < RX_ARRAY_SIZE(signs); i++)
			if (strstr(line, signs[i])) {
				in_trouble = true;
				lines = 0;
				*tail = '\0';
			}
		if (!*line)
			continue;
		if (!in_trouble && lines == TAIL_LINES) {
			const char *second = strstr(tail, " | ");

			memmove(tail, second ? second + 3 : tail + strlen(tail),
				strlen(second ? second + 3 : "") + 1);
			lines--;
		}
		if (asprintf(&grown, "%s%s%s", tail, *tail ? " | " : "", line) < 0)
			abort();
		free(tail);
		tail = grown;
		lines++;
	}
	free(line);
	return tail ? tail : strdup("");
}

/* What `rxelab vm` had to say of a guest that it booted again. */
static void note_reboots(struct rx_guest *guest)
{
	rx_autofile FILE *file = fopen(guest->errors, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "did not come up"))
			rx_kernel_note(guest->run, line);
	}
	free(line);
}

/* The last line on standard error of a child that could not boot anything. Caller frees. */
static char *last_error(const struct rx_guest *guest)
{
	rx_autofile FILE *file = fopen(guest->errors, "re");
	char *line = NULL, *last = strdup("");
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		free(last);
		last = strdup(line);
	}
	free(line);
	return last;
}

static const char *cause(const struct rx_guest *guest, int status)
{
	if (status == RX_TIMEOUT)
		return "the time limit passed";
	if (guest->silenced)
		return "the guest hung: it said nothing for too long";
	if (guest->lines.stopped)
		return guest->lines.stopped;
	if (status == RX_GUEST_DIED)
		return "the guest died (panic, or the emulator ended)";
	return "the guest ended without its verdict";
}

/* A guest that came up and has no verdict: the case that it was in has failed. */
static void blame(struct rx_guest *guest, int status)
{
	const char *in = guest->lines.current ? guest->lines.current : "guest/end";
	rx_autofree char *tail = console_tail(guest->console), *detail = NULL;

	if (asprintf(&detail, "%s | console: %s", cause(guest, status), tail) < 0)
		abort();
	rx_case_add(rx_kernel_case(guest->run, in), RX_CHECK_FAIL, "the guest survives", detail);
	rx_note("kernels: %s: %s: %s", guest->run->label, in, cause(guest, status));
}

static void complain(struct rx_guest *guest, const char *why)
{
	rx_autofree char *tail = console_tail(guest->console), *error = last_error(guest);

	free(guest->run->complaint);
	if (asprintf(&guest->run->complaint, "%s | %s | console: %s", why, error, tail) < 0)
		abort();
}

static int reap(struct rx_guest *guest)
{
	int status = 0;

	while (waitpid(guest->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(guest->pidfd);
	guest->pid = guest->pidfd = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether another boot can tell more. */
static bool is_worth_a_boot(const struct rx_guest *guest, int status)
{
	const char *in = guest->lines.current;

	/* the runner's own cases would be repeated by another boot, and with them what killed the
	 * guest */
	return guest->n_left && (!in || strncmp(in, "guest/", 6)) &&
	       guest->run->boots < MAX_BOOTS && status != RX_TIMEOUT && rx_now() < guest->deadline;
}

/* The emulator is missing, or does not start: that says nothing of the kernel. */
static int cannot(const struct rx_guest *guest, struct rx_err *err)
{
	rx_autofree char *error = last_error(guest);
	size_t prefix = !strncmp(error, "rxelab: ", 8) ? 8 : 0;

	return rx_cannot(err, ENOTSUP, "%s", error + prefix);
}

int rx_guest_ended(struct rx_guest *guest, struct rx_err *err)
{
	struct rx_kernel_run *run = guest->run;
	int status = reap(guest);
	bool good_end, again = false;

	read_lines(guest);
	forget_begun(guest);
	if (!run->came_up && status == RX_CANNOT)
		return cannot(guest, err);
	note_reboots(guest);
	good_end = guest->lines.verdict && status == !guest->lines.good &&
		   guest->lines.told == guest->lines.ended && !guest->lines.bad_lines &&
		   !guest->n_left;
	free(run->complaint);
	run->complaint = NULL;
	if (!run->came_up) {
		complain(guest, "it never came up");
	} else if (good_end) {
		run->verdict = true;
	} else if (guest->lines.verdict) {
		complain(guest, "its verdict does not fit what it said before");
	} else {
		/* one that gave up has failed already, in the case that spoilt it */
		if (guest->lines.stopped)
			rx_kernel_note(run, guest->lines.stopped);
		else
			blame(guest, status);
		again = is_worth_a_boot(guest, status);
		complain(guest, cause(guest, status));
	}
	run->seconds = rx_now() - guest->started;
	if (guest->reading)
		fclose(guest->reading);
	guest->reading = NULL;
	guest->partial_length = 0;
	rx_lines_free(&guest->lines);
	guest->lines.kernel = run;
	return again;
}

void rx_guest_progress(const struct rx_guest *guest, char *text, size_t size)
{
	snprintf(text, size, "%s: %zu of %zu cases%s%s", guest->run->label,
		 guest->options->cases->n - guest->n_left, guest->options->cases->n,
		 guest->lines.current ? ", " : "",
		 guest->lines.current  ? guest->lines.current
		 : guest->run->came_up ? ""
				       : ", booting");
}

void rx_guest_free(struct rx_guest *guest)
{
	if (!guest)
		return;
	if (guest->pid > 0) {
		kill(guest->pid, SIGTERM);
		reap(guest);
	}
	if (guest->results && !guest->options->artifacts) {
		unlink(guest->results);
		unlink(guest->console);
		unlink(guest->log);
		unlink(guest->errors);
		rmdir(guest->work);
	}
	if (guest->reading)
		fclose(guest->reading);
	rx_lines_free(&guest->lines);
	rx_vm_kernel_free(&guest->kernel);
	free(guest->suites);
	free(guest->work);
	free(guest->results);
	free(guest->console);
	free(guest->log);
	free(guest->errors);
	free(guest->partial);
	free(guest->left);
	free(guest);
}
