/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"

enum { CHILD_SETUP = 126, CHILD_EXEC = 127 };

static int write_once(const char *path, const char *text)
{
	rx_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t size = (ssize_t)strlen(text);

	return fd >= 0 && write(fd, text, (size_t)size) == size ? 0 : -1;
}

/* Without root a user namespace in which we are root gives the right to mount and chroot. */
static int own_mounts(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (!uid)
		return unshare(CLONE_NEWNS);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (write_once("/proc/self/setgroups", "deny") || write_once("/proc/self/uid_map", map))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return write_once("/proc/self/gid_map", map);
}

static int bind_below(const char *from, const char *root, const char *at)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s%s", root, at);
	return mount(from, path, NULL, MS_BIND | MS_REC, NULL);
}

/* objtool wants /proc (else "read_stack_limit: fopen failed"), the shell /dev/null. */
static int enter_root(const char *root, const char *work)
{
	if (own_mounts() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	if (bind_below("/proc", root, "/proc") || bind_below("/dev", root, "/dev"))
		return -1;
	if (work && bind_below(work, root, RX_BUILD_IN_ROOT))
		return -1;
	return chroot(root) || chdir("/");
}

static void child(const struct rx_build_run *run)
{
	int out = open(run->log ? run->log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0644);
	int in = open("/dev/null", O_RDONLY);

	setsid();
	/* a user who gives up ends make too, which then ends what it started */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(CHILD_SETUP);
	/* options of a make that runs us are not meant for this one */
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
	setenv("LC_ALL", "C", 1);
	if (run->root && enter_root(run->root, run->work)) {
		dprintf(2, "entering %s: %s\n", run->root, strerror(errno));
		_exit(CHILD_SETUP);
	}
	if (run->root)
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execvp(run->argv[0], run->argv);
	dprintf(2, "%s: %s\n", run->argv[0], strerror(errno));
	_exit(CHILD_EXEC);
}

/* The last lines of the log, on one line. */
static void last_lines(const char *path, char *buf, size_t size)
{
	rx_autofile FILE *file = path ? fopen(path, "re") : NULL;
	size_t n, start = 0;
	long end;

	*buf = '\0';
	if (!file || fseek(file, 0, SEEK_END))
		return;
	end = ftell(file);
	if (fseek(file, end > (long)size - 1 ? end - (long)size + 1 : 0, SEEK_SET))
		return;
	n = fread(buf, 1, size - 1, file);
	while (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	if (end > (long)size - 1)
		start = strcspn(buf, "\n") + 1;
	if (start < n)
		memmove(buf, buf + start, n - start + 1);
	for (char *at = buf; (at = strchr(at, '\n'));)
		*at = '|';
}

static int report(const struct rx_build_run *run, int status, struct rx_err *err)
{
	char tail[700];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	last_lines(run->log, tail, sizeof(tail));
	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_EXEC && strstr(tail, "No such file"))
		return rx_cannot(err, ENOENT, "the program %s is not installed%s%s", run->argv[0],
				 run->root ? " in " : "", run->root ? run->root : "");
	return rx_fail(err, EIO, "%s ended with %s %d; its last words: %s", run->argv[0],
		       WIFEXITED(status) ? "status" : "signal",
		       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
		       *tail ? tail : "(none)");
}

int rx_build_run(const struct rx_build_run *run, struct rx_err *err)
{
	rx_autoclose int pidfd = -1;
	struct pollfd wait_for = {.events = POLLIN};
	int status = 0, ready;
	pid_t pid = fork();

	if (pid < 0)
		return rx_fail(err, errno, "starting %s: %s", run->argv[0], strerror(errno));
	if (!pid)
		child(run);
	rx_trace("run %s %s ... (pid %d)", run->argv[0], run->argv[1] ? run->argv[1] : "", pid);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	wait_for.fd = pidfd;
	do {
		ready = poll(&wait_for, 1, (int)run->timeout * 1000);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return rx_fail(err, errno, "waiting for %s: %s", run->argv[0], strerror(errno));
	if (ready <= 0)
		return rx_fail(err, ETIMEDOUT, "%s was not done within %u s", run->argv[0],
			       run->timeout);
	return report(run, status, err);
}
