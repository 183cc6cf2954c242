/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Container Device Interface file for a pod's device nodes, for runtimes that read one after the
 * network is set up. */
#ifndef RXELAB_TOOLS_CNI_CDI_H
#define RXELAB_TOOLS_CNI_CDI_H

#include "tools/cni/pod.h"

/* "rxelab/cni=NAME": NAMESPACE.POD.IFNAME in Kubernetes, NAME.IFNAME with podman (CNI_ARGS), else
 * CONTAINER.IFNAME. */
const char *rx_cni_cdi_name(const struct rx_cni_request *request, char *buf, size_t size);
/* Set state->cdi to where the file will be; "" when none is configured. */
void rx_cni_cdi_path(const struct rx_cni_request *request, struct rx_cni_state *state);
/* Returns 0 or a code. */
int rx_cni_cdi_write(struct rx_pod *pod, const struct rx_cni_request *request,
		     const struct rx_cni_state *state, const struct rx_cni_interface *interface,
		     struct rx_cni_error *error);
void rx_cni_cdi_remove(const char *path);

/* The document itself. gid_index < 0: not known. */
json_t *rx_cni_cdi_json(const char *name, const char *rdma_dev, const char *uverbs,
			dev_t uverbs_devt, dev_t cm_devt, int gid_index,
			const struct rx_cni_interface *interface);

#endif
