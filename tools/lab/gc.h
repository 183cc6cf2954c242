/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding what rxelab left behind and no lab accounts for. */
#ifndef RXELAB_TOOLS_LAB_GC_H
#define RXELAB_TOOLS_LAB_GC_H

#include "tools/lab/leftovers.h"

/* Look; nothing is touched. */
int rx_gc_find(struct rx_leftovers *list, struct rx_err *err);
/* Remove each but what is foreign; removed or problem says how it went. Returns how many could not
 * be removed. */
size_t rx_gc_remove(struct rx_leftovers *list);

#endif
