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
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/test.h"

#define MAX_BOOTS 5
#define TAIL_LINES 30
/* What the child ends with when there was no guest, or its emulator failed; and when it, or its
 * emulator, was ended from outside. A guest's own status is the runner's: 0 or 1. */
#define NO_GUEST 250
#define LOST_GUEST 251
#define MAX_ERRORS (64 << 20) /* bytes */
/* After the case's own limit the guest has this much time to clean up, look at itself and say that
 * the case is over. */
#define SILENCE_SLACK 60
/* The probes that come first have a limit of their own (tools/suites/run). */
#define PROBES_LIMIT 240

const char *const rx_guest_files[RX_GUEST_FILES] = {"results", "console", "log", "errors"};

struct rx_guest {
	const struct rx_kernels_options *options;
	struct rx_kernel_run *run;
	struct rx_vm_kernel kernel;
	struct rx_lines lines;
	char *suites, *work; /* folders: of the runner; of the files below */
	char *file[RX_GUEST_FILES];
	FILE *reading;
	size_t *left, n_left; /* indices of the cases that have not been begun */
	pid_t pid;
	int pidfd;
	double started, heard, deadline; /* CLOCK_MONOTONIC, seconds; deadline: for all boots */
	bool silenced;                   /* it was ended for having said nothing */
};

/* A folder of its own: below --artifacts, named after the kernel, or a temporary one. */
static int make_work(struct rx_guest *guest, size_t number, struct rx_err *err)
{
	const char *tmp = getenv("TMPDIR"), *base = guest->options->artifacts;

	guest->work = base ? rx_format("%s/%zu-%s", base, number, guest->kernel.release)
			   : rx_format("%s/rxelab-kernels.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!base && mkdtemp(guest->work))
		return 0;
	if (base && ((!mkdir(base, 0755) || errno == EEXIST) &&
		     (!mkdir(guest->work, 0755) || errno == EEXIST)))
		return 0;
	return rx_fail(err, "folder-make", errno,
		       "%s: cannot make a folder for the guest's logs: %s", guest->work,
		       strerror(errno));
}

struct rx_guest *rx_guest_new(const struct rx_kernels_options *options, size_t number,
			      struct rx_kernel_run *run, struct rx_err *err)
{
	struct rx_guest *guest = rx_alloc(1, sizeof(*guest));

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
	for (size_t i = 0; i < RX_GUEST_FILES; i++)
		guest->file[i] = rx_format("%s/%s", guest->work, rx_guest_files[i]);
	guest->left = rx_alloc(options->cases->n, sizeof(*guest->left));
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
	const struct rx_kernels_options *o = guest->options;
	struct rx_vm_options vm = {
		.found = &guest->kernel,
		.memory_mib = o->memory,
		.cpus = o->cpus,
		.timeout = guest->deadline - rx_now(),
		.console = guest->file[RX_GUEST_CONSOLE],
		.results = guest->file[RX_GUEST_RESULTS],
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
		redirect(guest->file[RX_GUEST_LOG], STDOUT_FILENO, O_WRONLY | O_CREAT | O_APPEND);
		redirect(guest->file[RX_GUEST_ERRORS], STDERR_FILENO,
			 O_WRONLY | O_CREAT | O_APPEND);
	}
	rc = rx_vm_run(&vm, &err);
	if (rc < 0) {
		fprintf(stderr, "rxelab: %s\n", err.text);
		rc = strcmp(err.id, "guest-lost") ? NO_GUEST : LOST_GUEST;
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
	unlink(guest->file[RX_GUEST_RESULTS]);
	fflush(NULL);
	guest->pid = fork();
	if (!guest->pid)
		become_guest(guest, parent);
	if (guest->pid < 0)
		return rx_fail(err, "process-start", errno, "fork: %s", strerror(errno));
	guest->pidfd = (int)syscall(SYS_pidfd_open, guest->pid, 0);
	if (guest->pidfd < 0)
		return rx_fail(err, "process-start", errno, "pidfd_open: %s", strerror(errno));
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
	guest->n_left = guest->run->left = kept;
}

/* Take every line that is whole; the guest has not yet written the rest of the last one. A byte of
 * zero ends a line, too. */
static void read_lines(struct rx_guest *guest)
{
	rx_autofree char *text = NULL;
	size_t room = 0;
	ssize_t length;

	if (!guest->reading)
		guest->reading = fopen(guest->file[RX_GUEST_RESULTS], "re");
	if (!guest->reading)
		return;
	clearerr(guest->reading);
	while ((length = getline(&text, &room, guest->reading)) > 0) {
		if (text[length - 1] != '\n') {
			fseek(guest->reading, -length, SEEK_CUR);
			return;
		}
		text[length - 1] = '\0';
		for (char *line = text; line < text + length; line += strlen(line) + 1)
			rx_lines_take(&guest->lines, line);
		guest->heard = rx_now();
	}
}

static double limit_of(const struct rx_kernels_options *options, const char *name)
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
	rx_autofree char *line = NULL;
	char *tail = rx_strdup("");
	size_t room = 0, lines = 0;
	bool in_trouble = false;

	while (file && getline(&line, &room, file) > 0 && !(in_trouble && lines == TAIL_LINES)) {
		char *before = tail;

		line[strcspn(line, "\r\n")] = '\0';
		for (size_t i = 0; !in_trouble && i < RX_ARRAY_SIZE(signs); i++)
			if (strstr(line, signs[i])) {
				in_trouble = true;
				lines = 0;
				*tail = '\0';
			}
		if (!*line)
			continue;
		if (lines == TAIL_LINES)
			tail = strstr(tail, " | ") + 3;
		else
			lines++;
		tail = rx_format("%s%s%s", tail, *tail ? " | " : "", line);
		free(before);
	}
	return tail;
}

/* What `rxelab vm` had to say of a guest that it booted again, as notes. Returns its last line of
 * all. Caller frees. */
static char *read_errors(struct rx_guest *guest)
{
	rx_autofree char *text = rx_file_text(guest->file[RX_GUEST_ERRORS], MAX_ERRORS, NULL);
	char *rest = text, *line, *last = NULL;

	while (text && (line = rx_next_line(&rest))) {
		if (strstr(line, "did not come up"))
			rx_kernel_note(guest->run, line);
		last = line;
	}
	return rx_strdup(last ? last : "");
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
	rx_autofree char *tail = console_tail(guest->file[RX_GUEST_CONSOLE]);
	rx_autofree char *detail = rx_format("%s | console: %s", cause(guest, status), tail);

	rx_case_add(rx_kernel_case(guest->run, in), RX_FAIL, "[survives] the guest survives",
		    detail)
		->runners = true;
	rx_note("kernels: %s: %s: %s", guest->run->label, in, cause(guest, status));
}

static void complain(struct rx_guest *guest, const char *why, const char *error)
{
	rx_autofree char *tail = console_tail(guest->file[RX_GUEST_CONSOLE]);

	free(guest->run->complaint);
	guest->run->complaint = rx_format("%s | %s | console: %s", why, error, tail);
}

/* The kernel has told nothing by this, and no case has failed. */
static void complain_lost(struct rx_guest *guest, const char *error)
{
	rx_autofree char *why =
		rx_format("the emulator was ended from outside, or failed%s%s: this says nothing "
			  "of the kernel",
			  guest->lines.current ? ", in " : "",
			  guest->lines.current ? guest->lines.current : "");

	rx_note("kernels: %s: %s", guest->run->label, why);
	complain(guest, why, error);
}

static int reap(struct rx_guest *guest)
{
	int status = 0;

	while (waitpid(guest->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(guest->pidfd);
	guest->pid = guest->pidfd = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : LOST_GUEST;
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

int rx_guest_ended(struct rx_guest *guest, struct rx_err *err)
{
	struct rx_kernel_run *run = guest->run;
	int status = reap(guest);
	rx_autofree char *error = NULL;
	bool good_end, again = false;

	read_lines(guest);
	forget_begun(guest);
	error = read_errors(guest);
	/* the emulator is missing, or does not start: that says nothing of the kernel */
	if (!run->came_up && status == NO_GUEST)
		return rx_cannot(err, "guest-unavailable", ENOTSUP, "%s",
				 error + (!strncmp(error, "rxelab: ", 8) ? 8 : 0));
	good_end = guest->lines.verdict && status == !guest->lines.good &&
		   guest->lines.failed == !guest->lines.good &&
		   guest->lines.told == guest->lines.ended && !guest->lines.bad_lines &&
		   !guest->n_left;
	free(run->complaint);
	run->complaint = NULL;
	if (status == NO_GUEST || status == LOST_GUEST) {
		run->lost = true;
		complain_lost(guest, error);
	} else if (!run->came_up) {
		complain(guest, "it never came up", error);
	} else if (good_end) {
		run->verdict = true;
	} else if (guest->lines.verdict) {
		complain(guest, "its verdict does not fit what it said before", error);
	} else {
		/* one that gave up has failed already, in the case that spoilt it */
		if (guest->lines.stopped)
			rx_kernel_note(run, guest->lines.stopped);
		else
			blame(guest, status);
		again = is_worth_a_boot(guest, status);
		complain(guest, cause(guest, status), error);
	}
	run->seconds = rx_now() - guest->started;
	if (guest->reading)
		fclose(guest->reading);
	guest->reading = NULL;
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
	for (size_t i = 0; i < RX_GUEST_FILES; i++) {
		if (guest->file[i] && !guest->options->artifacts)
			unlink(guest->file[i]);
		free(guest->file[i]);
	}
	if (guest->work && !guest->options->artifacts)
		rmdir(guest->work);
	if (guest->reading)
		fclose(guest->reading);
	rx_lines_free(&guest->lines);
	rx_vm_kernel_free(&guest->kernel);
	free(guest->suites);
	free(guest->work);
	free(guest->left);
	free(guest);
}
