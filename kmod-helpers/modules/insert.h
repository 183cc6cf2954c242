/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Insert a module and what it depends on, out of reach of the signals that end a command. For
 * modules.c only. */
#ifndef RXELAB_KMOD_HELPERS_MODULES_INSERT_H
#define RXELAB_KMOD_HELPERS_MODULES_INSERT_H

#include <stddef.h>

#include "kmod-helpers/modules/kmod.h"

/* MODULE_NAME_LEN is 64 - sizeof(long), include/linux/moduleparam.h */
#define RX_MODULE_NAME_SIZE 56
/* more than InfiniBand's longest chain of dependencies three times over */
#define RX_INSERTION_MOST 40

/* What an insertion did. It crosses a pipe in one write(2): smaller than PIPE_BUF. */
struct rx_insertion {
	int rc; /* 0 or -errno; -ECHILD: the child ended and did not say what it did */
	size_t n;
	/* handed to the kernel, in that order */
	char tried[RX_INSERTION_MOST][RX_MODULE_NAME_SIZE];
	/* a module with an `install` line, which was not run, or "" */
	char command_of[RX_MODULE_NAME_SIZE];
};

/* A child in a session of its own does it, so that a SIGKILL to the command (or to its process
 * group, timeout(1)) cannot meet a module's init. Not every init survives that:
 * cryptomgr_schedule_test() (crypto/algboss.c, 6.12) starts its thread by kthread_run(), which a
 * kill interrupts; the algorithm then stays untested, and everything that asks for crc32, RXE among
 * it, fails with ETIMEDOUT after a minute, until the next boot. The child holds the command's locks
 * (flock) until it is done, so whoever cleans up after the killed command finds the module loaded,
 * not half.
 * options: as for finit_module(2), or NULL. */
void rx_module_insert(struct kmod_module *module, const char *options, struct rx_insertion *done);

#endif
