/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms in which `rxelab env` tells others about an endpoint: shells, container runtimes, udev,
 * MPI. */
#ifndef RXELAB_TOOLS_ENDPOINT_ENV_FORMATS_H
#define RXELAB_TOOLS_ENDPOINT_ENV_FORMATS_H

#include <stdio.h>

#include "netns/view/view.h"

struct about; /* env-formats.c */

struct rx_env_format {
	const char *name;
	void (*print)(const struct about *about, FILE *out);
	bool names_devices; /* device nodes are in it, unless attach gives them */
	bool of_lab;        /* of a lab and not of an endpoint */
};
extern const struct rx_env_format rx_env_formats[]; /* shell first; ends with a NULL name */

/* node is NULL for a format of the lab. */
void rx_env_print(const struct rx_env_format *format, const struct rx_view *view,
		  const struct rx_node_view *node, FILE *out);

#endif
