/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's type information (BTF) says about the rdma_rxe that is loaded. */
#ifndef RXELAB_KMOD_HELPERS_BUILD_BTF_H
#define RXELAB_KMOD_HELPERS_BUILD_BTF_H

#include <stdbool.h>

#include "netns/base/error.h"

#define RX_BTF_DIR "/sys/kernel/btf" /* Documentation/ABI/testing/sysfs-kernel-btf */

struct rx_btf_rxe {
	unsigned gsi_offset; /* bytes from struct rxe_dev (= its ib_device) to port.qp_gsi_index */
	bool sockets_per_netns; /* RXE opens UDP 4791 in each namespace itself (7.1 and later) */
	bool disassociates;     /* RXE lets go of its users itself (7.3 and later) */
};

/* Read dir/vmlinux and dir/rdma_rxe (dir: RX_BTF_DIR but for tests). Returns 0; -ENOENT: rdma_rxe
 * is not loaded or the kernel has no BTF; -EPROTO: the types are not what rxelab knows (a member is
 * missing, or has another type). */
int rx_btf_read_rxe(const char *dir, struct rx_btf_rxe *rxe, struct rx_err *err);

#endif
