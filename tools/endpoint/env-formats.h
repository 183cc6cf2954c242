/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms in which `rxelab env` tells others about an endpoint: shells, container runtimes, udev,
 * MPI. */
#ifndef RXELAB_TOOLS_ENDPOINT_ENV_FORMATS_H
#define RXELAB_TOOLS_ENDPOINT_ENV_FORMATS_H

#include <stdio.h>

#include "netns/view/view.h"

/* Each prints to out; 0 or a negative errno with err filled. node is NULL for the host file, which
 * is the lab's. */
typedef int rx_env_format(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
			  struct rx_err *err);

rx_env_format rx_env_shell, rx_env_json, rx_env_lxc, rx_env_podman, rx_env_cdi, rx_env_udev,
	rx_env_hostfile;

#endif
