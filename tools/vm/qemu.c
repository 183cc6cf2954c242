/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulator process. No network reaches beyond it, nothing of the host can be written through
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/vm/vm.h"

#define QEMU "qemu-system-x86_64"
/* panic=-1 with -no-reboot: a guest that panics ends the emulator at once. no_timer_check: an
 * emulator on a busy machine is late with the ticks that the kernel counts, and it panics
 * (check_timer(), arch/x86/kernel/apic/io_apic.c); under KVM no kernel counts them.
 * tsc=nowatchdog: on such a machine the kernel calls its clock unstable at some time (arch/x86/
 * kernel/tsc.c) and rewrites its own code for that, of which QEMU's emulation then runs a half-done
 * instruction ("Oops: int3", seen on 6.12). */
#define KERNEL_WORDS "console=ttyS0 quiet panic=-1 net.ifnames=0 no_timer_check tsc=nowatchdog"

/* The ends that qemu inherits: of the channels, and of the segment (-1: it is alone). */
struct ends {
	int fd[RX_VM_CHANNELS + 1];
};

/* What they are called in qemu: from here on, in their order. */
#define FIRST_FD 3
#define ABOVE_ALL 200 /* they wait there, so that none takes another's place */

static const char *const channel_names[RX_VM_CHANNELS] = {"stdin", "stdout", "stderr", "status",
							  "tty"};

/* An argument vector that grows; the words are owned. */
struct words {
	char **word;
	size_t n;
};

static void push(struct words *words, char *word)
{
	char **last = rx_array_add(&words->word, &words->n, sizeof(*last));

	*last = word;
}

static void push_option(struct words *words, const char *name, char *value)
{
	push(words, rx_strdup(name));
	push(words, value);
}

static void free_words(struct words *words)
{
	while (words->n)
		free(words->word[--words->n]);
	free(words->word);
}

/* qemu reads "," as the end of a value; doubled, it means itself. */
static char *escape_commas(const char *text)
{
	char *out = rx_alloc(2 * strlen(text) + 1, 1), *at = out;

	for (; *text; *at++ = *text++)
		if (*text == ',')
			*at++ = ',';
	return out;
}

static void push_channels(struct words *words)
{
	push_option(words, "-device", rx_strdup("virtio-serial-pci"));
	for (int i = 0; i < RX_VM_CHANNELS; i++) {
		const char *name = channel_names[i];

		push_option(words, "-chardev", rx_format("socket,id=%s,fd=%d", name, FIRST_FD + i));
		push_option(words, "-device",
			    i == RX_VM_TTY
				    ? rx_format("virtconsole,chardev=%s", name)
				    : rx_format("virtserialport,chardev=%s,name=%s", name, name));
	}
}

/* eth0 leads nowhere; eth1, where there are several guests, is the segment. */
static void push_netdevs(struct words *words, const struct rx_vm_options *options)
{
	push_option(words, "-netdev", rx_strdup("user,id=net0,restrict=on,ipv6=off"));
	push_option(words, "-device", rx_strdup("virtio-net-pci,netdev=net0,romfile="));
	if (!options->node)
		return;
	push_option(words, "-netdev", rx_format("socket,id=net1,fd=%d", FIRST_FD + RX_VM_CHANNELS));
	push_option(words, "-device",
		    rx_format("virtio-net-pci,netdev=net1,romfile=,mac=52:54:00:7e:00:%02x",
			      options->node));
}

/* A channel of its own, and a file on our side: what was written is there however the guest
 * ends. */
static void push_results(struct words *words, const char *file)
{
	rx_autofree char *escaped = escape_commas(file);

	push_option(words, "-chardev", rx_format("file,id=results,path=%s", escaped));
	push_option(words, "-device", rx_strdup("virtserialport,chardev=results,name=results"));
}

static void build_words(struct words *words, const struct rx_vm_boot *boot)
{
	static const char *const fixed[] = {QEMU,         "-nodefaults", "-no-user-config",
					    "-no-reboot", "-display",    "none",
					    "-monitor",   "none"};
	rx_autofree char *console = escape_commas(boot->console);
	const struct rx_vm_options *options = boot->options;

	for (size_t i = 0; i < RX_ARRAY_SIZE(fixed); i++)
		push(words, rx_strdup(fixed[i]));
	push_option(words, "-accel", rx_strdup(boot->kvm ? "kvm" : "tcg,thread=multi"));
	push_option(words, "-cpu", rx_strdup(boot->kvm ? "host" : "max"));
	push_option(words, "-smp", rx_format("%u", options->cpus));
	push_option(words, "-m", rx_format("%u", options->memory_mib));
	push_option(words, "-kernel", rx_strdup(boot->kernel.image));
	push_option(words, "-initrd", rx_strdup(boot->initramfs));
	push_option(words, "-append",
		    rx_format(KERNEL_WORDS "%s%s", options->append ? " " : "",
			      options->append ? options->append : ""));
	push_option(words, "-chardev", rx_format("file,id=console,path=%s", console));
	push_option(words, "-serial", rx_strdup("chardev:console"));
	push_option(words, "-fsdev",
		    rx_strdup("local,id=root,path=/,security_model=none,readonly=on,"
			      "multidevs=remap"));
	push_option(words, "-device", rx_strdup("virtio-9p-pci,fsdev=root,mount_tag=hostroot"));
	push_netdevs(words, options);
	push_option(words, "-device", rx_strdup("virtio-rng-pci"));
	push_channels(words);
	if (options->results)
		push_results(words, options->results);
	push(words, NULL);
}

/* In the child. Its own process group: a Ctrl-C on the terminal is ours to answer. */
static int prepare(void *context, struct rx_err *err)
{
	const struct ends *theirs = context;
	int waiting[RX_ARRAY_SIZE(theirs->fd)];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	for (size_t i = 0; i < RX_ARRAY_SIZE(theirs->fd); i++)
		waiting[i] = theirs->fd[i] < 0 ? -1
					       : fcntl(theirs->fd[i], F_DUPFD_CLOEXEC, ABOVE_ALL);
	for (size_t i = 0; i < RX_ARRAY_SIZE(theirs->fd); i++)
		if (theirs->fd[i] >= 0 && dup2(waiting[i], FIRST_FD + (int)i) < 0)
			return rx_fail(err, "process-start", errno, "a channel of the guest: %s",
				       strerror(errno));
	return 0;
}

static int start_channels(int ours[RX_VM_CHANNELS], struct ends *theirs, struct rx_err *err)
{
	int pair[2];

	for (int i = 0; i < RX_VM_CHANNELS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return rx_fail(err, "process-start", errno, "socketpair: %s",
				       strerror(errno));
		ours[i] = pair[0];
		theirs->fd[i] = pair[1];
	}
	return 0;
}

static int start(const struct rx_vm_boot *boot, struct rx_process *process, struct rx_err *err)
{
	static const char *const name[] = {QEMU, NULL};
	struct words words = {NULL};
	int rc;

	build_words(&words, boot);
	for (size_t i = 0; words.word[i]; i++)
		rx_trace("qemu: %s", words.word[i]);
	process->argv = (const char *const *)words.word;
	rc = rx_process_start(process, err);
	process->argv = name; /* what is left to be said of it */
	free_words(&words);
	if (rc && err->status == RX_CANNOT)
		return rx_cannot(err, "program-missing", ENOENT,
				 "qemu is missing; install the package qemu-system-x86 (make "
				 "deps)");
	return rc;
}

static void close_ends(int *fd)
{
	for (int i = 0; i < RX_VM_CHANNELS; i++)
		rx_cleanup_fd(&fd[i]);
}

int rx_vm_qemu_start(const struct rx_vm_boot *boot, struct rx_vm_qemu *qemu, struct rx_err *err)
{
	rx_autoclose int log = open(boot->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct ends theirs;
	int rc;

	*qemu = (struct rx_vm_qemu){.process = {.out = RX_OUTPUT_FD,
						.err = RX_OUTPUT_FD,
						.fd = log,
						.death = SIGKILL,
						.prepare = prepare,
						.context = &theirs}};
	memset(qemu->channel, -1, sizeof(qemu->channel));
	memset(&theirs, -1, sizeof(theirs));
	if (boot->options->node)
		theirs.fd[RX_VM_CHANNELS] = boot->options->segment;
	rc = log < 0 ? rx_fail(err, "file-write", errno, "%s: %s", boot->log, strerror(errno))
		     : start_channels(qemu->channel, &theirs, err);
	if (!rc)
		rc = start(boot, &qemu->process, err);
	close_ends(theirs.fd);
	if (rc) {
		close_ends(qemu->channel);
		rx_process_free(&qemu->process);
	}
	return rc;
}

void rx_vm_qemu_end(struct rx_vm_qemu *qemu, double seconds)
{
	struct rx_err ignored;

	qemu->process.deadline = rx_now() + seconds;
	rx_process_finish(&qemu->process, &ignored);
	rx_process_free(&qemu->process);
	close_ends(qemu->channel);
}
