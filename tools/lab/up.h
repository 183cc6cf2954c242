/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_UP_H
#define RXELAB_TOOLS_LAB_UP_H

#include "tools/lab/steps.h"

/* Make a lab, or with one of that name up already make what is missing. Undoes itself on
 * failure. */
int rx_lab_up(const struct rx_up_request *request, struct rx_err *err);

#endif
