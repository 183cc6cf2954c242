/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECK and STATUS: is the endpoint what ADD made; can this node make one? */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kmod-helpers/modules/modules.h"
#include "kmod-helpers/probe.h"
#include "netns/base/cleanup.h"
#include "tools/cni/pod.h"

/* The device sits on this interface, not on one that came to have its name. */
static int judge_device(struct rx_pod *pod, struct rx_cni_state *state,
			const struct rx_link_info *link, struct rx_cni_error *error)
{
	struct rx_nl *where = rx_pod_find(pod, state, &state->index);
	struct rx_rdma_port port;
	struct rx_err err;

	if (!where)
		return rx_cni_fail(error, RX_CNI_NO_DEVICE,
				   "it goes with its interface, or somebody deleted it",
				   "the RXE device %s of interface %s is gone", state->rdma_dev,
				   state->ifname);
	if (where != &pod->rdma)
		return rx_cni_fail(error, RX_CNI_NO_DEVICE, "exclusive RDMA mode: it must be moved",
				   "the RXE device %s is not in the pod's namespace",
				   state->rdma_dev);
	if (rx_rdma_port(where, state->index, &port, &err) || port.netdev_index != link->ifindex)
		return rx_cni_fail(error, RX_CNI_NO_DEVICE,
				   port.netdev[0] ? port.netdev : "its netdev cannot be seen here",
				   "the RXE device %s is not on interface %s", state->rdma_dev,
				   state->ifname);
	return 0;
}

static int judge_interface(struct rx_pod *pod, struct rx_link_info *link,
			   struct rx_cni_error *error)
{
	const char *expected = pod->interface.mac;
	char mac[18];
	int code = rx_pod_interface(pod, link, error);

	if (!code && *expected && strcasecmp(expected, rx_mac_text(link->mac, mac)))
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE,
				   "another interface has taken its place",
				   "interface %s has MAC %s, ADD's result says %s",
				   pod->request->env.ifname, mac, expected);
	return code;
}

static int check_in(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	struct rx_link_info link;
	int code = judge_interface(pod, &link, error);

	if (!code && rx_pod_open_rdma(pod, error))
		code = error->code = RX_CNI_NO_DEVICE;
	if (!code && !state->lab[0])
		code = judge_device(pod, state, &link, error);
	if (!code && state->lab[0] && !rx_pod_find(pod, state, &state->index))
		code = rx_pod_check_whole(state, error);
	if (!code)
		code = rx_pod_wait(pod, state, error);
	if (!code)
		code = state->lab[0] ? rx_pod_check_whole(state, error)
				     : rx_pod_judge_traffic(pod, error);
	if (!code && *state->cdi && access(state->cdi, R_OK))
		code = rx_cni_fail(error, RX_CNI_NO_CDI, NULL, "the CDI file %.150s is gone",
				   state->cdi);
	return code;
}

int rx_cni_check(const struct rx_cni_request *request, json_t **result, struct rx_cni_error *error)
{
	struct rx_pod pod = RX_POD_CLOSED(request);
	int code = rx_cni_interface_of(request, &pod.interface, error);
	struct rx_cni_state state;
	bool found = false;

	(void)result;
	if (!code)
		code = rx_cni_state_read(request, &state, &found, error);
	if (!code && !(found && state.made))
		code = rx_cni_fail(error, RX_CNI_NOT_ADDED,
				   found ? "ADD did not come to its end"
					 : "ADD was not called, or DEL was",
				   "nothing is known of interface %s of container %.64s",
				   request->env.ifname, request->env.container);
	if (code)
		return code;
	code = rx_pod_open(request->env.netns, &pod, error) ? error->code : 0;
	if (!code && (pod.dev != state.netns_dev || pod.ino != state.netns_ino))
		code = rx_cni_fail(error, RX_CNI_NOT_ADDED, "another namespace has its path",
				   "CNI_NETNS is not the namespace that ADD worked in");
	if (!code)
		code = check_in(&pod, &state, error);
	rx_pod_close(&pod);
	return code;
}

/* ---- STATUS ---- */

/* With the lock held: the probe makes and deletes an RXE device. */
static int judge_node(struct rx_cni_error *error)
{
	struct rx_facts facts = {.rdma_mode = RX_RDMA_SHARED};
	rx_autofree struct rx_rdma_dev *list = NULL;
	struct rx_nl rdma = RX_NL_CLOSED;
	struct rx_err err;
	size_t n = 0;
	int rc;

	rc = rx_nl_open(&rdma, NETLINK_RDMA, "", &err) ||
	     rx_rdma_mode_get(&rdma, &facts.rdma_mode, &err) ||
	     rx_rdma_list(&rdma, &list, &n, &err) || rx_probe(&facts, &err);
	rx_nl_close(&rdma);
	if (rc)
		return rx_cni_fail(error, RX_CNI_UNAVAILABLE, err.text,
				   "this node cannot make RXE devices");
	if (facts.netns_plane && facts.rdma_mode == RX_RDMA_EXCLUSIVE && !facts.can_move &&
	    !facts.born_in_netns)
		return rx_cni_fail(error, RX_CNI_UNAVAILABLE,
				   "set the mode to shared, or use rxelab's module: rxelab module "
				   "build",
				   "this node is in exclusive RDMA mode, and its RXE devices "
				   "cannot be moved into a pod");
	if (n >= RX_MAX_ENDPOINTS)
		return rx_cni_fail(error, RX_CNI_UNAVAILABLE, NULL,
				   "this node has %zu RDMA devices, and the kernel has uverbs "
				   "numbers for no more than %d",
				   n, RX_MAX_ENDPOINTS);
	return 0;
}

/* 51 where attachments exist that share the node's fate. */
int rx_cni_status(const struct rx_cni_request *request, json_t **result, struct rx_cni_error *error)
{
	rx_autofree struct rx_cni_state *list = NULL;
	struct rx_cni_error ignored;
	size_t n = 0;
	int lock, code = rx_pod_modules(request, error);
	struct rx_err err;

	(void)result;
	if (!code && rx_module_load("veth", NULL, NULL, &err))
		code = rx_cni_fail(error, RX_CNI_UNAVAILABLE, err.text,
				   "this node cannot be probed");
	if (!code && !(code = rx_cni_lock(&lock, error))) {
		code = judge_node(error);
		rx_cni_unlock(request, lock);
	}
	if (code && code != RX_CNI_TRY_AGAIN && !rx_cni_state_list(request, &list, &n, &ignored) &&
	    n)
		code = error->code = RX_CNI_LIMITED;
	return code;
}
