/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of operations. What has no undo vanishes with an object that has one. */
#include "netns/apply/ops.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

const struct rx_op_type rx_op_types[RX_OP_KINDS] = {
	[RX_OP_MODULE] = {rx_op_module_apply, rx_op_module_undo, NULL},
	[RX_OP_RDMA_MODE] = {rx_op_mode_apply, rx_op_mode_undo, NULL, rx_op_mode_look},
	[RX_OP_NETNS_DIR] = {rx_op_netns_dir_apply, rx_op_netns_dir_undo, NULL},
	[RX_OP_EXPEDITE] = {rx_op_expedite_apply, rx_op_expedite_undo, NULL, rx_op_expedite_look},
	[RX_OP_MTU] = {rx_op_mtu_apply, rx_op_mtu_undo, NULL, rx_op_mtu_look},
	[RX_OP_MASTER] = {rx_op_master_apply, rx_op_master_undo, NULL},
	[RX_OP_NETNS] = {rx_op_netns_apply, rx_op_netns_undo, rx_op_netns_exists},
	[RX_OP_LINK] = {rx_op_link_apply, rx_op_link_undo, rx_op_link_exists},
	[RX_OP_SYSCTL] = {rx_op_sysctl_apply, NULL, NULL},
	[RX_OP_ADDR] = {rx_op_addr_apply, NULL, rx_op_addr_exists},
	[RX_OP_UP] = {rx_op_up_apply, NULL, NULL},
	[RX_OP_RXE] = {rx_op_rxe_apply, rx_op_rxe_undo, rx_op_rxe_exists, rx_op_rxe_look},
	[RX_OP_MOVE] = {rx_op_move_apply, NULL, NULL},
	[RX_OP_READY] = {rx_op_ready_apply, NULL, NULL},
	[RX_OP_NEIGHBOURS] = {rx_op_neighbours_apply, NULL, NULL},
	[RX_OP_ROUTE] = {rx_op_route_apply, NULL, NULL},
	[RX_OP_QDISC] = {rx_op_qdisc_apply, NULL, NULL},
	[RX_OP_DEV_DIR] = {rx_op_dev_dir_apply, rx_op_dev_dir_undo, NULL},
	[RX_OP_DEVICE] = {rx_op_device_apply, rx_op_device_undo, NULL},
};

bool rx_op_is_gone(const struct rx_err *err)
{
	if (err->unanswered)
		return false;
	return err->code == ENOENT || err->code == ENODEV || err->code == EINVAL ||
	       err->code == EPROTONOSUPPORT;
}

