/* SPDX-License-Identifier: GPL-2.0-or-later */
/* provisional */
#ifndef RXELAB_NETNS_ROUTES_H
#define RXELAB_NETNS_ROUTES_H
#include "lab.h"
struct rx_route { struct rx_cidr to, gateway; size_t iface; };
int rx_routes_of(const struct rx_lab *lab, size_t node, struct rx_route **routes, size_t *n, struct rx_err *err);
#endif
