/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other labs of this host that have addresses of a lab on the same wire. */
#ifndef RXELAB_TOOLS_LAB_SIBLINGS_H
#define RXELAB_TOOLS_LAB_SIBLINGS_H

#include "netns/lab/lab.h"

/* Subnets that nobody asked for: those that the lab had on the same wire when it was made, else
 * ones that no other lab has, which is said. Under the host's lock. */
void rx_lab_settle_subnets(struct rx_lab *lab);
/* Fails ("address-conflict") where another lab has an address of this one. Of one that this lab
 * had already when it was made it only warns. */
int rx_lab_judge_siblings(const struct rx_lab *lab, struct rx_err *err);

#endif
