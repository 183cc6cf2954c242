/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command at a time on a lab: flock(2) on /run/lock/rxelab/NAME.lock. */
#ifndef RXELAB_NETNS_LEDGER_LOCK_H
#define RXELAB_NETNS_LEDGER_LOCK_H

#include <signal.h>
#include <stdbool.h>

#include "netns/base/error.h"

#define RX_LOCK_DIR "/run/lock/rxelab"

/* Non-zero there ends the waiting: -EINTR; may be NULL. */
extern const volatile sig_atomic_t *rx_lock_stop;
/* Waits up to timeout seconds; waiting(holder) is called once if it has to. A holder that is dead
 * by now (its last child has the lock) is given some seconds whatever timeout says. Returns a
 * descriptor or -errno. */
int rx_lock(const char *name, double timeout, void (*waiting)(const char *holder),
	    struct rx_err *err);
/* last: the lab is gone, and its lock file with it. */
void rx_unlock(const char *name, int fd, bool last);

#endif
