/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/modules/modules.h"
#include "kmod-helpers/rxe/trust.h"
#include "netns/base/cleanup.h"
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

#define GIDS "/sys/module/" RX_HELPER_MODULE "/parameters/gids"

unsigned rx_helper_gids(void)
{
	char text[16];

	return rx_file_read(GIDS, text, sizeof(text)) ? 0 : (unsigned)strtoul(text, NULL, 10);
}

/* Never fewer: another lab may be on its way up. */
int rx_helper_want_gids(unsigned entries, struct rx_err *err)
{
	unsigned now = rx_helper_gids();
	char text[16];
	int rc;

	if (!now || now >= entries)
		return 0;
	snprintf(text, sizeof(text), "%u", entries);
	rc = rx_file_write(GIDS, text);
	return rc ? rx_fail(err, "sysfs-write", -rc, "%s: %s", GIDS, strerror(-rc)) : 0;
}

/* Into the cache, for the running kernel. */
static bool find_built(enum rx_road road, char *path, size_t size)
{
	rx_autofree char *built = rx_module_built(road, rx_kernel_release());

	if (!built || access(built, R_OK))
		return false;
	snprintf(path, size, "%s", built);
	return true;
}

bool rx_helper_available(char *path, size_t size)
{
	return rx_module_file(RX_HELPER_MODULE, path, size) ||
	       find_built(RX_ROAD_HELPER, path, size);
}

bool rx_rebuilt_available(char *path, size_t size)
{
	char text[64];

	return (rx_module_file("rdma_rxe", path, size) &&
		rx_modinfo(path, "rxelab", text, sizeof(text))) ||
	       find_built(RX_ROAD_REBUILD, path, size);
}
