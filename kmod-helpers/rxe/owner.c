/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/owner.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/modules/modules.h"
#include "netns/base/file.h"

enum rx_rxe_owner rx_rxe_owner(void)
{
	char version[64];

	switch (rx_module_state("rdma_rxe")) {
	case RX_MODULE_LOADED:
		break;
	case RX_MODULE_BUILTIN:
		return RX_RXE_BUILTIN;
	default:
		return RX_RXE_NOT_LOADED;
	}
	if (!rx_file_read("/sys/module/rdma_rxe/version", version, sizeof(version)) &&
	    !strncmp(version, "rxelab-", 7))
		return RX_RXE_OURS;
	return RX_RXE_DISTRIBUTION;
}

const char *rx_rxe_owner_name(enum rx_rxe_owner owner)
{
	static const char *const names[] = {"none", "distribution", "rxelab", "built-in"};

	return names[owner];
}

bool rx_helper_loaded(void)
{
	return rx_module_is_loaded(RX_HELPER_MODULE);
}

bool rx_helper_pinned(void)
{
	char count[32];

	return !rx_file_read("/sys/module/" RX_HELPER_MODULE "/refcnt", count, sizeof(count)) &&
	       strcmp(count, "0");
}

bool rx_helper_available(char *path, size_t size)
{
	char folder[RX_BUILD_PATH];
	struct utsname kernel;
	struct rx_err ignored;

	if (rx_module_file(RX_HELPER_MODULE, path, size))
		return true;
	uname(&kernel);
	if (rx_module_folder(kernel.release, folder, sizeof(folder), &ignored))
		return false;
	snprintf(path, size, "%s/" RX_HELPER_MODULE ".ko", folder);
	return !access(path, R_OK);
}
