/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_SIBLINGS_H
#define RXELAB_TOOLS_LAB_SIBLINGS_H

#include "netns/lab/lab.h"

/* Warn of each other lab of this host that has an address of the lab on the same wire. */
void rx_lab_warn_siblings(const struct rx_lab *lab);

#endif
