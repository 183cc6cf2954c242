/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each operation does; only ops.c, which holds the table, and the op-*.c files see this. */
#ifndef RXELAB_NETNS_APPLY_OPS_H
#define RXELAB_NETNS_APPLY_OPS_H

#include "netns/apply/apply.h"

#define RX_OP_APPLY(name) \
	int rx_op_##name##_apply(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)
#define RX_OP_UNDO(name) \
	int rx_op_##name##_undo(struct rx_worker *worker, const struct rx_op *op, bool certain, \
				struct rx_err *err)
#define RX_OP_EXISTS(name) \
	int rx_op_##name##_exists(struct rx_worker *worker, const struct rx_op *op)
#define RX_OP_LOOK(name) \
	int rx_op_##name##_look(struct rx_worker *worker, struct rx_op *op, struct rx_err *err)

RX_OP_APPLY(module);
RX_OP_UNDO(module);
RX_OP_LOOK(mode);
RX_OP_APPLY(mode);
RX_OP_UNDO(mode);
RX_OP_APPLY(netns_dir);
RX_OP_UNDO(netns_dir);
RX_OP_LOOK(expedite);
RX_OP_APPLY(expedite);
RX_OP_UNDO(expedite);
RX_OP_LOOK(mtu);
RX_OP_APPLY(mtu);
RX_OP_UNDO(mtu);
RX_OP_APPLY(master);
RX_OP_UNDO(master);
RX_OP_APPLY(netns);
RX_OP_UNDO(netns);
RX_OP_EXISTS(netns);
RX_OP_APPLY(link);
RX_OP_UNDO(link);
RX_OP_EXISTS(link);
RX_OP_APPLY(sysctl);
RX_OP_APPLY(addr);
RX_OP_EXISTS(addr);
RX_OP_APPLY(up);
RX_OP_APPLY(rxe);
RX_OP_UNDO(rxe);
RX_OP_EXISTS(rxe);
RX_OP_LOOK(rxe);
RX_OP_APPLY(move);
RX_OP_APPLY(ready);
RX_OP_APPLY(neighbours);
RX_OP_APPLY(route);
RX_OP_APPLY(qdisc);
RX_OP_APPLY(dev_dir);
RX_OP_UNDO(dev_dir);
RX_OP_APPLY(device);
RX_OP_UNDO(device);

/* Whether an undo that could not look is to take its object for gone: the name of its namespace is
 * gone (ENOENT) or names no namespace (EINVAL, from setns(2)), there is no such device, or no
 * InfiniBand. Any other error is one. */
bool rx_op_is_gone(const struct rx_err *err);
/* "absent", "directory" or "mounted": what before is to say in the intent of RX_OP_NETNS_DIR. */
const char *rx_netns_dir_state(const char *path);

#endif
