/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulator process. No network reaches beyond it, nothing of the host can be written through
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kmod-helpers/build/build.h"
#include "netns/base/cleanup.h"
#include "tools/vm/vm.h"

#define QEMU "qemu-system-x86_64"

/* The ends that qemu inherits get these numbers in the child, after the three standard ones. */
#define CHILD_FD(channel) (3 + (channel))
#define CHILD_SEGMENT CHILD_FD(RX_VM_CHANNELS)

static const char *const channel_names[RX_VM_CHANNELS] = {"stdin", "stdout", "stderr", "status",
							  "tty"};

/* An argument vector that grows. */
struct words {
	char *word[96];
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) push(struct words *words, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (words->n + 1 >= RX_ARRAY_SIZE(words->word) ||
	    vasprintf(&words->word[words->n++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

static void free_words(struct words *words)
{
	while (words->n)
		free(words->word[--words->n]);
}

/* qemu reads "," as the end of a value; doubled, it means itself. */
static char *escape_commas(const char *text)
{
	char *out = malloc(2 * strlen(text) + 1), *at = out;

	if (!out)
		abort();
	for (; *text; *at++ = *text++)
		if (*text == ',')
			*at++ = ',';
	*at = '\0';
	return out;
}

static void push_channels(struct words *words)
{
	push(words, "-device");
	push(words, "virtio-serial-pci");
	for (int i = 0; i < RX_VM_CHANNELS; i++) {
		push(words, "-chardev");
		push(words, "socket,id=%s,fd=%d", channel_names[i], CHILD_FD(i));
		push(words, "-device");
		if (i == RX_VM_TTY)
			push(words, "virtconsole,chardev=%s", channel_names[i]);
		else
			push(words, "virtserialport,chardev=%s,name=%s", channel_names[i],
			     channel_names[i]);
	}
}

/* eth0 leads nowhere; eth1, where there are several guests, is the segment. */
static void push_netdevs(struct words *words, const struct rx_vm_options *options)
{
	push(words, "-netdev");
	push(words, "user,id=net0,restrict=on,ipv6=off");
	push(words, "-device");
	push(words, "virtio-net-pci,netdev=net0,romfile=");
	if (!options->node)
		return;
	push(words, "-netdev");
	push(words, "socket,id=net1,fd=%d", CHILD_SEGMENT);
	push(words, "-device");
	push(words, "virtio-net-pci,netdev=net1,romfile=,mac=52:54:00:7e:00:%02x", options->node);
}

static void build_words(struct words *words, const struct rx_vm_boot *boot)
{
	static const char *const fixed[] = {QEMU, "-nodefaults", "-no-user-config",
					    "-no-reboot", "-display", "none",
					    "-monitor", "none"};
	rx_autofree char *console = escape_commas(boot->console);
	const char *accel = boot->kvm ? "kvm" : "tcg,thread=multi",
		   *cpu = boot->kvm ? "host" : "max";
	const struct rx_vm_options *options = boot->options;

	for (size_t i = 0; i < RX_ARRAY_SIZE(fixed); i++)
		push(words, "%s", fixed[i]);
	push(words, "-accel");
	push(words, "%s", accel);
	push(words, "-cpu");
	push(words, "%s", cpu);
	push(words, "-smp");
	push(words, "%u", options->cpus);
	push(words, "-m");
	push(words, "%u", options->memory_mib);
	push(words, "-kernel");
	push(words, "%s", boot->kernel.image);
	push(words, "-initrd");
	push(words, "%s", boot->initramfs);
	push(words, "-append");
	/* panic=-1 with -no-reboot: a guest that panics ends the emulator at once */
	push(words, "console=ttyS0 quiet panic=-1 net.ifnames=0%s%s", options->append ? " " : "",
	     options->append ? options->append : "");
	push(words, "-chardev");
	push(words, "file,id=console,path=%s", console);
	push(words, "-serial");
	push(words, "chardev:console");
	push(words, "-fsdev");
	push(words, "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap");
	push(words, "-device");
	push(words, "virtio-9p-pci,fsdev=root,mount_tag=hostroot");
	push_netdevs(words, options);
	push(words, "-device");
	push(words, "virtio-rng-pci");
	push_channels(words);
	/* a channel of its own, and a file on our side: what was written is there however the guest
	 * ends */
	if (options->results) {
		rx_autofree char *results = escape_commas(options->results);

		push(words, "-chardev");
		push(words, "file,id=results,path=%s", results);
		push(words, "-device");
		push(words, "virtserialport,chardev=results,name=results");
	}
}

/* In the child: dies with its parent, holds the channels under the numbers it was told, and nothing
 * else of ours. */
static void __attribute__((noreturn)) become_qemu(char **argv, const int theirs[RX_VM_CHANNELS],
						  const struct rx_vm_boot *boot, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int messages = open(boot->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* its own process group: a Ctrl-C on the terminal is ours to answer */
	setpgid(0, 0);
	if (null < 0 || messages < 0)
		_exit(126);
	/* every end is above the numbers wanted (see start_channels), so none is overwritten before
	 * it is moved */
	for (int i = 0; i < RX_VM_CHANNELS; i++)
		if (dup2(theirs[i], CHILD_FD(i)) < 0)
			_exit(126);
	if (boot->options->node && dup2(boot->options->segment, CHILD_SEGMENT) < 0)
		_exit(126);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(messages, STDOUT_FILENO) < 0 ||
	    dup2(messages, STDERR_FILENO) < 0)
		_exit(126);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static int start_channels(int ours[RX_VM_CHANNELS], int theirs[RX_VM_CHANNELS], struct rx_err *err)
{
	int pair[2];

	for (int i = 0; i < RX_VM_CHANNELS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return rx_fail(err, errno, "socketpair: %s", strerror(errno));
		ours[i] = pair[0];
		theirs[i] = fcntl(pair[1], F_DUPFD_CLOEXEC, 64);
		close(pair[1]);
		if (theirs[i] < 0)
			return rx_fail(err, errno, "a channel of the guest: %s", strerror(errno));
	}
	return 0;
}

int rx_vm_qemu_start(const struct rx_vm_boot *boot, struct rx_vm_qemu *qemu, struct rx_err *err)
{
	struct words words = {.n = 0};
	int theirs[RX_VM_CHANNELS];
	pid_t parent = getpid();
	int rc;

	qemu->pid = -1;
	for (int i = 0; i < RX_VM_CHANNELS; i++)
		qemu->channel[i] = theirs[i] = -1;
	if (!rx_have_program("", QEMU))
		return rx_cannot(err, ENOENT,
				 "qemu is missing; install the package qemu-system-x86 (make "
				 "deps)");
	rc = start_channels(qemu->channel, theirs, err);
	if (!rc) {
		build_words(&words, boot);
		words.word[words.n] = NULL;
		for (size_t i = 0; i < words.n; i++)
			rx_trace("qemu: %s", words.word[i]);
		qemu->pid = fork();
		if (!qemu->pid)
			become_qemu(words.word, theirs, boot, parent);
		if (qemu->pid < 0)
			rc = rx_fail(err, errno, "fork: %s", strerror(errno));
	}
	free_words(&words);
	for (int i = 0; i < RX_VM_CHANNELS; i++)
		rx_cleanup_fd(&theirs[i]);
	if (rc)
		rx_vm_qemu_stop(qemu);
	return rc;
}

void rx_vm_qemu_wait(struct rx_vm_qemu *qemu, int milliseconds)
{
	struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, qemu->pid, 0), .events = POLLIN};

	if (ended.fd < 0)
		return;
	if (poll(&ended, 1, milliseconds) == 1 &&
	    waitpid(qemu->pid, &qemu->wait_status, WNOHANG) == qemu->pid)
		qemu->pid = -1;
	close(ended.fd);
}

void rx_vm_qemu_stop(struct rx_vm_qemu *qemu)
{
	if (qemu->pid > 0) {
		kill(qemu->pid, SIGKILL);
		while (waitpid(qemu->pid, &qemu->wait_status, 0) < 0 && errno == EINTR)
			;
		qemu->pid = -1;
	}
	for (int i = 0; i < RX_VM_CHANNELS; i++) {
		rx_cleanup_fd(&qemu->channel[i]);
		qemu->channel[i] = -1;
	}
}
