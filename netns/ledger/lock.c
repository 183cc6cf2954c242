/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/clock.h"
#include "netns/ledger/journal.h"

/* seconds; a module's init takes milliseconds, a busy emulated machine a hundred times that */
#define LAST_CHILD 10.0

static void read_holder(int fd, char *buf, size_t size)
{
	ssize_t got = pread(fd, buf, size - 1, 0);

	buf[got > 0 ? got : 0] = 0;
	buf[strcspn(buf, "\n")] = 0;
}

#define HOLDER "process %d"

/* A command that was killed: its last child, which may be inserting a module, holds the lock a
 * moment longer. */
static bool holder_is_gone(const char *holder)
{
	int pid;

	return sscanf(holder, HOLDER, &pid) == 1 && pid > 0 && kill(pid, 0) && errno == ESRCH;
}

static void write_holder(int fd)
{
	char text[64];
	int length = snprintf(text, sizeof(text), HOLDER "\n", (int)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)length, 0) != length)
		return; /* only a courtesy to whoever waits */
}

static int make_lock_dir(struct rx_err *err)
{
	if (access("/run/lock", F_OK))
		mkdir("/run/lock", 01777);
	return rx_own_directory(RX_LOCK_DIR, err);
}

/* Whoever held the lock before us may have removed its file: then we hold a lock that nobody else
 * will see. */
static bool still_there(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path, &named) && held.st_ino == named.st_ino;
}

/* 1 locked, 0 somebody else has it, -errno. *fd is open only when locked. */
static int try_lock(const char *path, int *fd, char *holder, size_t size, struct rx_err *err)
{
	if (make_lock_dir(err))
		/* whoever had the last lock removed it at this moment */
		return err->code == ENOENT ? 0 : -err->code;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return errno == ENOENT ? 0
				       : rx_fail(err, "state-read", errno, "lock %s: %s", path,
						 strerror(errno));
	if (!flock(*fd, LOCK_EX | LOCK_NB) && still_there(*fd, path))
		return 1;
	read_holder(*fd, holder, size);
	close(*fd);
	return 0;
}

const volatile sig_atomic_t *rx_lock_stop;

static bool stopped(void)
{
	return rx_lock_stop && *rx_lock_stop;
}

int rx_lock(const char *name, double timeout, void (*waiting)(const char *holder),
	    struct rx_err *err)
{
	double start = rx_now();
	char path[200], holder[64] = "";
	bool said = false;
	int fd = -1, rc;

	snprintf(path, sizeof(path), RX_LOCK_DIR "/%s.lock", name);
	while (!(rc = try_lock(path, &fd, holder, sizeof(holder), err))) {
		if (waiting && !said && *holder) {
			waiting(holder);
			said = true;
		}
		if (stopped())
			break;
		if (rx_now() - start >
		    (holder_is_gone(holder) ? fmax(timeout, LAST_CHILD) : timeout))
			return rx_fail(err, "lock-busy", EBUSY,
				       "%s: another rxelab (%s) still works on it after %.1f s of "
				       "waiting; wait for it, or end it",
				       name, holder, rx_now() - start);
		rx_wait_ms(20);
	}
	if (rc < 0)
		return rc;
	/* also when the lock came at that moment: what was to be done under it is not begun */
	if (stopped() && (!rc || *holder)) {
		if (rc)
			close(fd);
		return rx_fail(err, "stopped", EINTR,
			       "%s: stopped by signal %d while another rxelab (%s) was working on "
			       "it",
			       name, (int)*rx_lock_stop, holder);
	}
	write_holder(fd);
	rx_boundary("lock taken");
	return fd;
}

void rx_unlock(const char *name, int fd, bool last)
{
	char path[200];

	rx_boundary("before the lock is given back");
	if (last) {
		snprintf(path, sizeof(path), RX_LOCK_DIR "/%s.lock", name);
		unlink(path);
		rmdir(RX_LOCK_DIR);
	}
	close(fd);
}
