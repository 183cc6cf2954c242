/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs as root by itself once a module of ours is installed: the hook that builds it for a
 * kernel that a package brings, and who may have a say in that. */
#ifndef RXELAB_KMOD_HELPERS_RXE_HOOK_H
#define RXELAB_KMOD_HELPERS_RXE_HOOK_H

#include "netns/base/error.h"

/* Into /etc/kernel/postinst.d and header_postinst.d, where they are. It ends well whatever DKMS
 * says: no package stays unconfigured for a module of ours. */
int rx_kernel_hook_write(struct rx_err *err);
void rx_kernel_hook_remove(void);

/* Only root can change path (a file, or a folder) or put another in its place. */
int rx_check_roots(const char *path, struct rx_err *err);

#endif
