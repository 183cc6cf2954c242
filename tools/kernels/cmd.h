/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of "rxelab kernels". */
#ifndef RXELAB_TOOLS_KERNELS_CMD_H
#define RXELAB_TOOLS_KERNELS_CMD_H

#include "tools/kernels/test.h"

/* tools/kernels/cmd-test.c. The checks come before the machine is looked at: bad options and files
 * are status 2. */
int rx_kernels_check_test(struct rx_invocation *inv, struct rx_err *err);
int rx_kernels_check_format(struct rx_invocation *inv, struct rx_err *err); /* of show */
int rx_kernels_test(struct rx_invocation *inv, struct rx_err *err);
int rx_kernels_show(struct rx_invocation *inv, struct rx_err *err);   /* results that were saved */
int rx_kernels_suites(struct rx_invocation *inv, struct rx_err *err); /* what can be run */

/* tools/kernels/cmd-config.c */
int rx_kernels_config(struct rx_invocation *inv, struct rx_err *err);
/* The options that a build tree's .config lacks, a space before each; "" if none. Caller frees;
 * NULL with err filled. */
char *rx_kernels_tree_lacks(const char *tree, struct rx_err *err);

#endif
