/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_ATTACH_H
#define RXELAB_TOOLS_LAB_ATTACH_H

#include <stdbool.h>

#include "netns/lab/lab.h"

/* Put an endpoint of a running lab into a container that runs, or (kind RX_CONTAINER_NONE) into a
 * namespace of its own; on failure it is put back where it was. */
int rx_lab_attach(const char *lab, const char *endpoint, const struct rx_container *container,
		  struct rx_err *err);
/* Make again what went with a container that was started again; what an ended one left is undone.
 * endpoint NULL: all that live in containers; only_astray: of these, as rx_lab_astray says. One
 * that fails does not keep the others from it. */
int rx_lab_reattach(const char *lab, const char *endpoint, bool only_astray, struct rx_err *err);

/* Whether rx_lab_reattach would change anything: an endpoint was made in a container that has
 * ended, or not in the one that runs. Cheap enough to be asked every second; false also when the
 * lab or a container cannot be looked at, and for a process number: whoever has it after that
 * process is a stranger. */
bool rx_lab_astray(const char *lab);

#endif
