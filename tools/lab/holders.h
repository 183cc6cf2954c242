/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that use a lab which is about to go. */
#ifndef RXELAB_TOOLS_LAB_HOLDERS_H
#define RXELAB_TOOLS_LAB_HOLDERS_H

#include <stdbool.h>

#include "netns/ledger/ledger.h"

/* seconds for which a program that has a device open, or was told to end, is waited for */
#define RX_HOLDERS_WAIT 5.0

/* Before 7.3 an RXE device that a program has open cannot go: the kernel waits for that program,
 * where nothing ends the waiting (ib_uverbs_remove_one(), drivers/infiniband/core/uverbs_main.c).
 * Fails with -EBUSY ("device-held") and names it where it is still there after so many seconds; as
 * rx_apply_check does where the command's deadline (0: none) comes first, or a signal.
 * end: programs in the namespaces that are the lab's own are ended. */
int rx_lab_without_holders(const char *lab, bool end, double seconds, double deadline,
			   struct rx_err *err);
/* The same of a lab that is opened, or of one endpoint of it. */
struct rx_holders_wait {
	const char *endpoint; /* NULL: all */
	bool end;
	double seconds, deadline;
};
int rx_ledger_without_holders(const struct rx_ledger *ledger, const struct rx_holders_wait *wait,
			      struct rx_err *err);

#endif
