/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keep a module of ours through reboots and kernel updates, by DKMS, and go back to the
 * distribution's. */
#ifndef RXELAB_KMOD_HELPERS_RXE_INSTALL_H
#define RXELAB_KMOD_HELPERS_RXE_INSTALL_H

#include "kmod-helpers/build/build.h"

#define RX_DKMS_KEY "/var/lib/dkms/mok.pub" /* what DKMS signs with, dkms(8) */

/* Plan and build as rx_module_build would, but in DKMS, which then builds it again for every new
 * kernel and installs it below /lib/modules/RELEASE/updates. program: this program's path, which
 * DKMS calls. The result's module is where it was installed. */
int rx_module_install(const struct rx_build_request *request, const char *program,
		      struct rx_build_result *result, struct rx_err *err);

struct rx_module_removed {
	unsigned versions; /* DKMS trees of ours that went */
	bool helper_stays; /* until the next boot */
	/* RXE devices exist: the distribution's comes when rdma_rxe is loaded next */
	bool rxe_stays;
	bool rxe_reloaded; /* the distribution's is in the kernel again */
};

/* Take everything of ours out of DKMS, /usr/src and udev, unload it if nothing uses it, and load
 * the distribution's rdma_rxe if ours was loaded. */
int rx_module_remove(struct rx_module_removed *removed, struct rx_err *err);

/* The version of an installed DKMS tree of ours; false: none. */
bool rx_module_installed(char *version, size_t size);

#endif
