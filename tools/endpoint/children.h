/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run commands in endpoints under supervision: a deadline for whole process groups, signals passed
 * on, output labelled. */
#ifndef RXELAB_TOOLS_ENDPOINT_CHILDREN_H
#define RXELAB_TOOLS_ENDPOINT_CHILDREN_H

#include "tools/endpoint/enter.h"

struct rx_job {
	struct rx_enter enter;
	char *const *argv;
};

/* One command with this process's own standard streams and terminal. timeout: seconds, 0: none.
 * Returns its status (128 + signal if killed), RX_TIMEOUT, or a negative errno when it could not be
 * started. */
int rx_run_one(const struct rx_job *job, double timeout, struct rx_err *err);

/* All at once, standard input empty, each line of output behind its endpoint's name. Returns the
 * worst status;
 * what could not be started is reported on standard error and counts with the status that
 * rx_run_one would give. */
int rx_run_all(const struct rx_job *jobs, size_t n, double timeout, struct rx_err *err);

#endif
