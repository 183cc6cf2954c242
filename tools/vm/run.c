/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab vm from outside: prepare, boot (again if the guest never came up), tell, clean up. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/vm/vm.h"

#define TAIL_LINES 25

static int make_token(char token[RX_VM_TOKEN_LENGTH + 1], struct rx_err *err)
{
	unsigned char bytes[RX_VM_TOKEN_LENGTH / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return rx_fail(err, "random-bytes", errno, "getrandom: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int make_work(struct rx_vm_boot *boot, struct rx_err *err)
{
	const char *tmp = getenv("TMPDIR"), *console = boot->options->console;

	boot->work = rx_format("%s/rxelab-vm.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(boot->work)) {
		rx_fail(err, "file-write", errno, "%s: cannot make a folder for the guest: %s",
			boot->work, strerror(errno));
		free(boot->work);
		boot->work = NULL;
		return -err->code;
	}
	boot->initramfs = rx_format("%s/initramfs", boot->work);
	boot->log = rx_format("%s/qemu.log", boot->work);
	boot->console = console ? rx_strdup(console) : rx_format("%s/console", boot->work);
	return 0;
}

static int prepare(struct rx_vm_boot *boot, struct rx_err *err)
{
	const struct rx_vm_kernel *found = boot->options->found;

	if (found)
		boot->kernel = (struct rx_vm_kernel){.image = rx_strdup(found->image),
						     .modules = rx_strdup(found->modules),
						     .release = rx_strdup(found->release)};
	if ((!found && rx_vm_kernel_find(boot->options->kernel, &boot->kernel, err)) ||
	    !(boot->data = rx_vm_data_dir(err)) || make_token(boot->token, err) ||
	    make_work(boot, err))
		return -err->code;
	return rx_vm_initramfs_write(boot, err);
}

static void clean_up(struct rx_vm_boot *boot)
{
	if (boot->work) {
		unlink(boot->initramfs);
		unlink(boot->log);
		if (!boot->options->console)
			unlink(boot->console);
		rmdir(boot->work);
	}
	rx_vm_kernel_free(&boot->kernel);
	free(boot->data);
	free(boot->initramfs);
	free(boot->console);
	free(boot->log);
	free(boot->work);
}

/* The last lines of a file, on standard error. */
static void show_tail(const char *path, const char *title)
{
	rx_autofile FILE *file = fopen(path, "re");
	char *ring[TAIL_LINES + 1] = {NULL}; /* one more: what is read next may be empty */
	size_t room[TAIL_LINES + 1] = {0}, n = 0;

	for (size_t at = 0; file && getline(&ring[at], &room[at], file) > 0;) {
		ring[at][strcspn(ring[at], "\r\n")] = '\0';
		n += *ring[at] != '\0';
		at = n % RX_ARRAY_SIZE(ring);
	}
	if (n)
		fprintf(stderr, "%s, last lines:\n", title);
	for (size_t i = n > TAIL_LINES ? n - TAIL_LINES : 0; i < n; i++)
		fprintf(stderr, "  | %s\n", ring[i % RX_ARRAY_SIZE(ring)]);
	for (size_t i = 0; i < RX_ARRAY_SIZE(ring); i++)
		free(ring[i]);
}

/* Why a guest did not come up, in the kernel's words. Caller frees. */
static char *boot_complaint(const char *console)
{
	static const char *const signs[] = {"Oops", "not syncing", "rxelab-vm:", "BUG",
					    "Call Trace"};
	rx_autofile FILE *file = fopen(console, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0)
		for (size_t i = 0; i < RX_ARRAY_SIZE(signs); i++)
			if (strstr(line, signs[i])) {
				line[strcspn(line, "\r\n")] = '\0';
				return line;
			}
	free(line);
	return rx_strdup("its console says nothing of it");
}

/* Returns an exit status, -EAGAIN (never came up) or an error. */
static int judge_end(const struct rx_vm_boot *boot, const struct rx_vm_end *end, struct rx_err *err)
{
	if (end->signal)
		return 128 + end->signal;
	if (end->timed_out) {
		show_tail(boot->console, "the guest's console");
		rx_note("vm: the time limit of %g s is over; the guest was ended",
			boot->options->timeout);
		return RX_TIMEOUT;
	}
	if (end->exit_status >= 0)
		return end->exit_status;
	/* KVM can pass the probe and still refuse qemu, e.g. a model-specific register of the
	 * host's processor */
	if (end->qemu_failed && !(boot->kvm && !end->up)) {
		show_tail(boot->log, "the emulator");
		if (end->qemu_killed)
			return rx_cannot(err, "guest-lost", EINTR,
					 "vm: the emulator was ended from outside");
		return rx_cannot(err, "program-failed", EIO,
				 "vm: the emulator failed (what it said stands above)");
	}
	if (!end->up)
		return -EAGAIN;
	show_tail(boot->console, "the guest's console");
	rx_note("vm: the guest died before its command ended (kernel %s)", boot->kernel.release);
	return RX_GUEST_DIED;
}

static int boot_until_up(struct rx_vm_boot *boot, double deadline, int signal_fd,
			 struct rx_err *err)
{
	/* one among several is not started again alone: nodes.c starts all of them again */
	int most = boot->options->node ? 1 : RX_VM_BOOTS;

	for (int boots = 1;; boots++) {
		rx_autofree char *complaint = NULL;
		struct rx_vm_end end = {.up = false};
		int rc = rx_vm_session(boot, deadline, signal_fd, &end, err);

		if (!rc)
			rc = judge_end(boot, &end, err);
		if (rc != -EAGAIN)
			return rc;
		complaint = boot_complaint(boot->console);
		if (end.qemu_failed)
			show_tail(boot->log, "the emulator");
		rx_note("vm: the guest did not come up (boot %d of %d): %s", boots, most,
			complaint);
		if (boot->options->node &&
		    write(boot->options->gate, &(char){RX_VM_GATE_FAILED}, 1) < 0)
			return -errno;
		if (boots == most) {
			show_tail(boot->console, "the guest's console");
			return RX_GUEST_DIED;
		}
		if (boot->kvm)
			rx_note("vm: KVM may be why; the next boot uses software emulation");
		boot->kvm = false;
	}
}

static void choose_accelerator(struct rx_vm_boot *boot)
{
	const char *why = "KVM was tried";

	boot->kvm = !boot->options->no_kvm && rx_vm_kvm_works(&why);
	if (boot->kvm)
		rx_note("vm: booting %s with KVM", boot->kernel.release);
	else
		rx_note("vm: booting %s in software emulation (%s)", boot->kernel.release, why);
}

/* The terminal as the guest needs it: every key is its own. */
static void raw_terminal(struct termios *saved)
{
	struct termios raw;

	tcgetattr(STDIN_FILENO, saved);
	raw = *saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static int run_prepared(struct rx_vm_boot *boot, struct rx_err *err)
{
	double deadline = rx_deadline(boot->options->timeout);
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	struct termios saved;
	sigset_t before;
	int signal_fd = rx_vm_signals_open(&before), rc;

	choose_accelerator(boot);
	if (boot->interactive)
		raw_terminal(&saved);
	rc = boot_until_up(boot, deadline, signal_fd, err);
	if (boot->interactive)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	rx_vm_signals_close(signal_fd, &before);
	signal(SIGPIPE, pipe_before);
	return rc;
}

int rx_vm_run(const struct rx_vm_options *options, struct rx_err *err)
{
	static char *shell[] = {"bash", NULL};
	struct rx_vm_options chosen = *options;
	struct rx_vm_boot boot = {.options = &chosen};
	int rc;

	boot.interactive = (!options->command || options->terminal) && isatty(STDIN_FILENO) &&
			   isatty(STDOUT_FILENO);
	if (!chosen.command && !boot.interactive)
		chosen.command = shell;
	rc = prepare(&boot, err);
	if (!rc)
		rc = run_prepared(&boot, err);
	clean_up(&boot);
	return rc;
}
