/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/process.h"

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
	if (rx_file_write("/proc/self/setgroups", "deny") ||
	    rx_file_write("/proc/self/uid_map", map))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return rx_file_write("/proc/self/gid_map", map) ? -1 : 0;
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

static int prepare(void *context, struct rx_err *err)
{
	const struct rx_build_run *run = context;

	if (run->root && enter_root(run->root, run->work))
		return rx_fail(err, "build-root", errno, "%s: entering %s: %s", run->argv[0],
			       run->root, strerror(errno));
	return 0;
}

/* The last lines of the log, on one line. */
static const char *last_lines(int fd, char *buf, size_t size)
{
	char tail[1024];
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, tail, sizeof(tail) - 1,
			  end < (off_t)sizeof(tail) ? 0 : end - (off_t)sizeof(tail) + 1);

	tail[n < 0 ? 0 : n] = '\0';
	return rx_last_words(tail, buf, size);
}

int rx_build_run(const struct rx_build_run *run, struct rx_err *err)
{
	/* options of a make that runs us are not meant for this one */
	const char *const environment[] = {"MAKEFLAGS", "MAKELEVEL", "LC_ALL=C",
					   run->root ? "PATH=/usr/sbin:/usr/bin:/sbin:/bin" : NULL,
					   NULL};
	rx_autoclose int log = open(run->log ? run->log : "/dev/null",
				    O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	rx_autoprocess make = {.argv = run->argv,
			       .environment = environment,
			       .seconds = run->timeout,
			       .out = RX_OUTPUT_FD,
			       .err = RX_OUTPUT_FD,
			       .fd = log,
			       .prepare = prepare,
			       .context = (void *)run};
	char words[700], told[200];

	if (log < 0)
		return rx_fail(err, "file-write", errno, "writing %s: %s", run->log,
			       strerror(errno));
	if (!rx_process_run(&make, err))
		return 0;
	if (err->status == RX_CANNOT && run->root)
		return rx_cannot(err, "program-missing", ENOENT,
				 "the program %s is not installed in %s", run->argv[0], run->root);
	if (err->code != EIO || !*last_lines(log, words, sizeof(words)))
		return -err->code;
	snprintf(told, sizeof(told), "%s", err->text);
	return rx_fail(err, "program-failed", EIO, "%s; its last words: %s", told, words);
}
