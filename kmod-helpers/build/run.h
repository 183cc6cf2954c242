/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run a program (make, tar, dkms) with a deadline, perhaps inside a root folder. */
#ifndef RXELAB_KMOD_HELPERS_BUILD_RUN_H
#define RXELAB_KMOD_HELPERS_BUILD_RUN_H

#include "netns/base/error.h"

#define RX_BUILD_IN_ROOT "/mnt" /* where work is seen inside a root folder */

struct rx_build_run {
	/* NULL: this system; else a folder that becomes the root, in a mount namespace of its
	 * own */
	const char *root;
	const char *work;        /* with root: this folder appears there as RX_BUILD_IN_ROOT */
	const char *log;         /* file that gets what the program prints; NULL: /dev/null */
	unsigned timeout;        /* seconds */
	const char *const *argv; /* argv[0] is looked up in PATH */
};

/* Returns 0 when the program ended with status 0. Else the error names it, its status and the last
 * lines of its log. -ETIMEDOUT: it was killed, with all that it had started. */
int rx_build_run(const struct rx_build_run *run, struct rx_err *err);

#endif
