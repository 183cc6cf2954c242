/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/boundary.h"

void (*rx_boundary_hook)(const char *where);

void rx_boundary(const char *where)
{
	if (rx_boundary_hook)
		rx_boundary_hook(where);
}
