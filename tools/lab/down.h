/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_DOWN_H
#define RXELAB_TOOLS_LAB_DOWN_H

#include "netns/base/error.h"

/* Take a lab down by its ledger, and give the host back when it was the last. */
int rx_lab_down(const char *name, struct rx_err *err);
/* Undo a lab whose lock is held. */
int rx_lab_undo(const char *name, struct rx_err *err);

#endif
