/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pod's namespace, and the RXE device in it: made, found, judged, deleted, told of. */
#ifndef RXELAB_TOOLS_CNI_POD_H
#define RXELAB_TOOLS_CNI_POD_H

#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tools/cni/state.h"

struct rx_pod {
	const struct rx_cni_request *request;
	struct rx_cni_interface interface; /* what the caller found in it */
	int fd;        /* the namespace, held: its path may come to mean another */
	char path[32]; /* /proc/self/fd/N */
	uint64_t dev, ino;
	struct rx_nl route, rdma; /* in the pod; */
	struct rx_nl host_rdma;   /* where the runtime is. Closed while InfiniBand is not loaded */
	enum rx_rdma_mode mode;
};

#define RX_POD_CLOSED(request_) \
	{ \
		.request = (request_), .fd = -1, .route = RX_NL_CLOSED, .rdma = RX_NL_CLOSED, \
		.host_rdma = RX_NL_CLOSED \
	}

/* Open a namespace. Returns 0 or a code; -1 when there is no namespace of that path (error filled
 * too).
 * rx_pod_close in either case. rx_pod_open_rdma needs the modules. */
int rx_pod_open(const char *netns, struct rx_pod *pod, struct rx_cni_error *error);
int rx_pod_open_rdma(struct rx_pod *pod, struct rx_cni_error *error);
void rx_pod_close(struct rx_pod *pod);

/* The interface, if RXE works on its kind. */
int rx_pod_interface(struct rx_pod *pod, struct rx_link_info *info, struct rx_cni_error *error);

/* The attachment's RXE device: where it is (&pod->rdma, &pod->host_rdma), NULL: nowhere. */
struct rx_nl *rx_pod_find(struct rx_pod *pod, const struct rx_cni_state *state, uint32_t *index);

/* Make the device, in exclusive mode move it in; fills state->index. A failure undoes it.
 * RX_CNI_NO_TRAFFIC: it would carry nothing there. */
int rx_pod_make(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error);
/* Delete it and wait until it is gone. 0 also when it is not there. */
int rx_pod_delete(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error);

/* Is UDP 4791 open in the namespace, i.e. does this rdma_rxe carry traffic there? */
int rx_pod_judge_traffic(struct rx_pod *pod, struct rx_cni_error *error);
/* Wait until the port is ACTIVE and every address has its GID. */
int rx_pod_wait(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error);

/* ---- whole.c: where RXE works in the host's namespace alone ---- */

/* Make the pod the only endpoint of a lab, which state names (or mend that, if it does so already).
 * The interface is replaced by one of the same name, MAC, addresses and routes. */
int rx_pod_make_whole(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error);
int rx_pod_check_whole(const struct rx_cni_state *state, struct rx_cni_error *error);
/* rx_pod_delete, or the lab goes. */
int rx_pod_unmake(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error);

/* Take away all that an attachment has: device, CDI file, state (del.c). netns: where DEL says that
 * it is, "" or another one are forgiven. With the lock held. Returns 0 or a code; the state then
 * stays. */
int rx_cni_remove(const struct rx_cni_request *request, const char *netns,
		  const struct rx_cni_state *state, struct rx_cni_error *error);

/* The modules that RXE needs, loaded if they are not. They stay, as those of other plugins do. */
int rx_pod_modules(const struct rx_cni_request *request, struct rx_cni_error *error);

/* ---- cdi.c: a Container Device Interface file for the pod's device nodes, for runtimes that read
 * one after the network is set up ---- */

/* "rxelab/cni=NAME": NAMESPACE.POD.IFNAME in Kubernetes, NAME.IFNAME with podman (CNI_ARGS), else
 * CONTAINER.IFNAME. */
const char *rx_cni_cdi_name(const struct rx_cni_request *request, char *buf, size_t size);
/* Set state->cdi to where the file will be; "" when none is configured. */
void rx_cni_cdi_path(const struct rx_cni_request *request, struct rx_cni_state *state);
/* Returns 0 or a code. */
int rx_cni_cdi_write(struct rx_pod *pod, const struct rx_cni_state *state,
		     struct rx_cni_error *error);
void rx_cni_cdi_remove(const struct rx_cni_request *request, const char *path);

/* The document itself. gid_index < 0: not known. */
json_t *rx_cni_cdi_json(const char *name, const char *rdma_dev, const char *uverbs,
			dev_t uverbs_devt, dev_t cm_devt, int gid_index,
			const struct rx_cni_interface *interface);

#endif
