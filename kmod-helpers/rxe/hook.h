/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs as root by itself once a module of ours is installed: the hook that builds it for a
 * kernel that a package brings, and who may have a say in that. */
#ifndef RXELAB_KMOD_HELPERS_RXE_HOOK_H
#define RXELAB_KMOD_HELPERS_RXE_HOOK_H

#include "netns/base/error.h"

#define RX_DKMS_SOURCE "/usr/src/rxelab-" /* + version */
#define RX_DKMS_MARK "# made by rxelab module install"
#define RX_DKMS_LOG "/var/log/rxelab-dkms.log"

/* Into /etc/kernel/postinst.d and header_postinst.d, where they are. It ends well whatever DKMS
 * says: no package stays unconfigured for a module of ours. */
int rx_kernel_hook_write(struct rx_err *err);
void rx_kernel_hook_remove(void);

/* The path (of a file, or a folder) without links, if only root can change what is there or put
 * another in its place. The caller frees. A link on the way may be turned later: use the result. */
char *rx_roots_path(const char *path, struct rx_err *err);

#endif
