/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/status.h"

#include <stdio.h>
#include <string.h>

#include "kmod-helpers/modules/modules.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"

static void read_file_of_rxe(struct rx_module_status *status)
{
	char provides[64];

	if (!rx_module_file("rdma_rxe", status->file, sizeof(status->file)))
		return;
	status->file_is_ours = rx_modinfo(status->file, "rxelab", provides, sizeof(provides));
	rx_modinfo(status->file, "signer", status->signer, sizeof(status->signer));
	if (status->file_is_ours && status->owner == RX_RXE_OURS)
		snprintf(status->provides, sizeof(status->provides), "%s", provides);
}

/* A rebuilt rdma_rxe that was loaded from the cache: what it promises stands in its file there. */
static void read_provides_from_cache(struct rx_module_status *status)
{
	rx_autofree char *path = rx_module_built(RX_ROAD_REBUILD, status->kernel);

	if (path)
		rx_modinfo(path, "rxelab", status->provides, sizeof(status->provides));
}

static void read_loaded_rxe(struct rx_module_status *status)
{
	status->owner = rx_rxe_owner();
	if (status->owner == RX_RXE_OURS)
		rx_file_read("/sys/module/rdma_rxe/version", status->version,
			     sizeof(status->version));
	rx_file_read("/sys/module/rdma_rxe/taint", status->taint, sizeof(status->taint));
}

void rx_module_status_read(struct rx_module_status *status)
{
	*status = (struct rx_module_status){.kernel = rx_kernel_release()};
	read_loaded_rxe(status);
	read_file_of_rxe(status);
	if (status->owner == RX_RXE_OURS && !*status->provides)
		read_provides_from_cache(status);
	status->helper_loaded = rx_helper_loaded();
	status->helper_gids = rx_helper_gids();
	status->helper_available = rx_helper_available(status->helper_file,
						       sizeof(status->helper_file));
	if (!status->helper_available)
		*status->helper_file = '\0';
	rx_module_trust_read(&status->trust);
}

const char *rx_module_advice(const struct rx_module_status *status)
{
	if (status->helper_gids)
		return "";
	if (status->helper_loaded)
		return "the loaded helper is that of another version of rxelab: rmmod "
		       "rxelab_helper, or boot again if it is in use";
	if (status->owner == RX_RXE_NOT_LOADED && !*status->file)
		return "this kernel has no rdma_rxe that could be loaded; rxelab doctor says which "
		       "package holds it, or boot another kernel: rxelab vm";
	if (rx_module_wants_signature(&status->trust))
		return "this kernel loads only modules signed by a key it trusts: make one (rxelab "
		       "module install does, by DKMS), enrol it with mokutil --import "
		       "/var/lib/dkms/mok.pub, boot and confirm it in the boot menu";
	return status->helper_available
		       ? "rxelab up loads the helper by itself: endpoints cost less, and each sees "
			 "its own device alone"
		       : "the helper makes endpoints cost less, and each see its own device alone: "
			 "rxelab module build";
}
