// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Stands in for rxe_net.o of an rdma_rxe that has sockets in every namespace itself (7.1 and
 * later): the distribution's untouched rxe_net.c, but in exclusive RDMA mode the device is made in
 * the namespace of its netdev. RXE always asks for init_net; in shared mode ib_core forces init_net
 * either way. No move, QP1 is made once.
 * "ndev" is the parameter of the only user of the macro, rxe_net_add().
 */
#include <rdma/ib_verbs.h>

#undef ib_alloc_device
#define ib_alloc_device(drv_struct, member) \
	ib_alloc_device_with_net(drv_struct, member, dev_net(ndev))
#include "rxe_net.c"
