/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_KMOD_HELPERS_MODULES_USERS_H
#define RXELAB_KMOD_HELPERS_MODULES_USERS_H

#include "netns/base/error.h"

/* Unloading a module that makes netdevs or RDMA devices deletes every one of them, whoever made it:
 * they are not counted among its users (__rtnl_link_unregister, net/core/rtnetlink.c;
 * ib_unregister_driver, drivers/infiniband/core/device.c). So they are looked for, in every
 * namespace that can be seen.
 * 0: there are none. -EUSERS, with one of them named: a netdev. -EBUSY: an RDMA device, which may
 * be one of ours that goes late. */
int rx_module_users(const char *module, struct rx_err *err);

#endif
