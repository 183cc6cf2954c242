/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cni/pod.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod-helpers/modules/modules.h"
#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/sockdiag.h"

#define GONE_TIMEOUT 5.0    /* seconds; a deleted RXE goes in about 0.1 s under emulation */
#define CARRIER_TIMEOUT 2.0 /* seconds a netdev gets to be running */
#define IB_PORT_ACTIVE 4    /* enum ib_port_state, include/rdma/ib_verbs.h */

static int from(struct rx_cni_error *error, int code, const struct rx_err *err, const char *msg)
{
	return rx_cni_fail(error, code, err->text, "%s", msg);
}

int rx_pod_modules(const struct rx_cni_request *request, struct rx_cni_error *error)
{
	/* udp_diag tells whether UDP 4791 is open; rdma_ucm is for programs that connect by
	 * rdma_cm */
	static const struct {
		const char *name;
		bool needed;
	} modules[] = {
		{"ib_uverbs", true}, {"rdma_rxe", true}, {"udp_diag", false}, {"rdma_ucm", false}};
	struct rx_err err;

	for (size_t i = 0; i < RX_ARRAY_SIZE(modules); i++) {
		if (!rx_module_load(modules[i].name, NULL, NULL, &err))
			continue;
		if (modules[i].needed)
			return from(error, RX_CNI_UNAVAILABLE, &err,
				    "this node cannot make RXE devices");
		rx_cni_note(request, "%s", err.text);
	}
	return 0;
}

/* ---- the namespace ---- */

int rx_pod_open(const char *netns, struct rx_pod *pod, struct rx_cni_error *error)
{
	rx_autoclose int own = -1;
	struct stat status, ours;
	struct rx_err err = {.text = ""};

	pod->fd = rx_ns_open(netns, &err);
	own = rx_ns_open("", &err);
	if (pod->fd < 0 || fstat(pod->fd, &status)) {
		rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT, err.text,
			    "invalid environment variable: CNI_NETNS: cannot open %.120s", netns);
		return -1;
	}
	snprintf(pod->path, sizeof(pod->path), "/proc/self/fd/%d", pod->fd);
	pod->dev = status.st_dev;
	pod->ino = status.st_ino;
	if (own >= 0 && !fstat(own, &ours) && ours.st_dev == status.st_dev &&
	    ours.st_ino == status.st_ino)
		return rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT,
				   "a pod on the host's network has no interface of its own",
				   "invalid environment variable: CNI_NETNS is the namespace that "
				   "rxe-cni runs in");
	if (rx_nl_open(&pod->route, NETLINK_ROUTE, pod->path, &err)) {
		rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT, err.text,
			    "invalid environment variable: CNI_NETNS: %.120s is not a network "
			    "namespace",
			    netns);
		return -1;
	}
	return 0;
}

int rx_pod_open_rdma(struct rx_pod *pod, struct rx_cni_error *error)
{
	struct rx_err err;

	if ((pod->fd >= 0 && rx_nl_open(&pod->rdma, NETLINK_RDMA, pod->path, &err)) ||
	    rx_nl_open(&pod->host_rdma, NETLINK_RDMA, "", &err) ||
	    rx_rdma_mode_get(&pod->host_rdma, &pod->mode, &err))
		return from(error, RX_CNI_UNAVAILABLE, &err, "this node has no InfiniBand");
	return 0;
}

void rx_pod_close(struct rx_pod *pod)
{
	rx_nl_close(&pod->route);
	rx_nl_close(&pod->rdma);
	rx_nl_close(&pod->host_rdma);
	rx_cleanup_fd(&pod->fd);
	pod->fd = -1;
}

int rx_pod_interface(struct rx_pod *pod, struct rx_link_info *info, struct rx_cni_error *error)
{
	const char *ifname = pod->request->env.ifname;
	struct rx_err err;

	if (rx_link_get(&pod->route, ifname, info, &err))
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE, err.text,
				   "interface %s is not in the pod's namespace", ifname);
	if (!strcmp(info->kind, "ipvlan")) /* docs/dev/kernel-notes.md */
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE,
				   "RXE takes a frame to its own MAC for its own, and all ipvlans "
				   "of a card share one: no traffic would flow; use macvlan, "
				   "bridge or ptp",
				   "interface %s is an ipvlan", ifname);
	if (!strcmp(info->kind, "vlan")) /* rxe_newlink() answers EPERM */
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE,
				   "RXE refuses VLAN netdevs; use the bridge plugin with \"vlan\"",
				   "interface %s is a VLAN", ifname);
	if (!strcmp(ifname, "lo"))
		return rx_cni_fail(error, RX_CNI_BAD_INTERFACE, NULL,
				   "lo cannot be an RDMA endpoint");
	return 0;
}

/* ---- the device ---- */

/* By name, which is made from the attachment; or, after udev renamed it, by index and netdev: the
 * index alone may be another's, since they begin again when the modules are loaded again. */
static bool is_ours(struct rx_nl *rdma, const struct rx_rdma_dev *dev,
		    const struct rx_cni_state *state)
{
	struct rx_rdma_port port;
	struct rx_err ignored;

	if (!strcmp(dev->name, state->rdma_dev))
		return true;
	return state->made && dev->index == state->index &&
	       !rx_rdma_port(rdma, dev->index, &port, &ignored) &&
	       !strcmp(port.netdev, state->ifname);
}

static bool find_in(struct rx_nl *rdma, const struct rx_cni_state *state, uint32_t *index)
{
	rx_autofree struct rx_rdma_dev *list = NULL;
	struct rx_err ignored;
	size_t n = 0;

	if (rdma->fd < 0 || rx_rdma_list(rdma, &list, &n, &ignored))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_ours(rdma, &list[i], state)) {
			*index = list[i].index;
			return true;
		}
	}
	return false;
}

struct rx_nl *rx_pod_find(struct rx_pod *pod, const struct rx_cni_state *state, uint32_t *index)
{
	if (find_in(&pod->rdma, state, index))
		return &pod->rdma;
	return find_in(&pod->host_rdma, state, index) ? &pod->host_rdma : NULL;
}

/* Exclusive mode: the stock rdma_rxe makes the device where the runtime is, a module of ours in the
 * pod. */
static int move_in(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_nl *where,
		   struct rx_cni_error *error)
{
	struct rx_err err;

	if (pod->mode != RX_RDMA_EXCLUSIVE || where == &pod->rdma)
		return 0;
	if (!rx_rdma_move(where, state->index, state->rdma_dev, pod->fd, &err))
		return 0;
	return from(error, err.code == EOPNOTSUPP ? RX_CNI_UNAVAILABLE : RX_CNI_KERNEL, &err,
		    "the RXE device cannot be moved into the pod's namespace");
}

int rx_pod_judge_traffic(struct rx_pod *pod, struct rx_cni_error *error)
{
	struct rx_err err;
	int open4 = rx_udp_socket_open(pod->path, AF_INET, RX_ROCE_PORT, &err);

	if (open4 == 1)
		return 0;
	if (open4 < 0)
		return from(error, RX_CNI_KERNEL, &err,
			    "cannot look for UDP port 4791 in the pod's namespace");
	return rx_cni_fail(error, RX_CNI_NO_TRAFFIC,
			   "UDP port 4791 is not open there: the rdma_rxe that is loaded carries "
			   "traffic in the host's namespace only, as the stock one does before "
			   "Linux 7.1; use a newer kernel, or: rxelab module build",
			   "no RDMA traffic can flow in the pod's namespace");
}

int rx_pod_delete(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error)
{
	double deadline = rx_now() + GONE_TIMEOUT;
	struct rx_nl *where;
	struct rx_err err;
	uint32_t index;
	int rc = 0;

	while ((where = rx_pod_find(pod, state, &index))) {
		rc = rx_rdma_link_delete(where, index, state->rdma_dev, &err);
		if (rx_now() > deadline)
			return rc ? from(error, RX_CNI_TRY_AGAIN, &err,
					 "the RXE device could not be deleted")
				  : rx_cni_fail(error, RX_CNI_TRY_AGAIN, NULL,
						"the RXE device %s is still being torn down",
						state->rdma_dev);
		rx_wait_ms(10);
	}
	return 0;
}

/* The kernel is not asked for a name that is taken: its refusal leaks a reference on the
 * namespace's sockets (7.3.4, see docs/dev/kernel-notes.md). */
static int add_link(struct rx_pod *pod, const struct rx_cni_state *state,
		    struct rx_cni_error *error)
{
	struct rx_err err;
	uint32_t index;
	int home, rc;

	if (rx_pod_find(pod, state, &index))
		return rx_cni_fail(error, RX_CNI_TRY_AGAIN, "perhaps it is still being torn down",
				   "an RXE device %s exists", state->rdma_dev);
	/* from inside: the helper registers it where the asking thread is */
	if (rx_ns_enter(pod->path, &home, &err))
		return from(error, RX_CNI_KERNEL, &err, "the pod's namespace cannot be entered");
	rc = rx_rdma_link_add(&pod->rdma, state->rdma_dev, state->ifname, &err);
	rx_ns_leave(&home);
	if (!rc)
		return 0;
	return from(error, err.code == ENFILE ? RX_CNI_TRY_AGAIN : RX_CNI_KERNEL, &err,
		    "the RXE device cannot be made");
}

int rx_pod_make(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	int code = add_link(pod, state, error);
	struct rx_cni_error ignored;
	struct rx_nl *where;

	if (code)
		return code;
	where = rx_pod_find(pod, state, &state->index);
	code = where ? move_in(pod, state, where, error)
		     : rx_cni_fail(error, RX_CNI_KERNEL, NULL,
				   "the RXE device %s was made and is gone", state->rdma_dev);
	if (!code && rx_pod_judge_traffic(pod, error))
		code = error->code = error->code == RX_CNI_NO_TRAFFIC ? RX_CNI_UNAVAILABLE
								      : error->code;
	if (code)
		rx_pod_delete(pod, state, &ignored);
	return code;
}

/* ---- port and GIDs ---- */

struct readiness {
	struct rx_rdma_port port;
	const struct rx_cidr *missing; /* an address without GID; NULL: none */
};

static bool is_ready(struct rx_pod *pod, const struct rx_cni_state *state, int sysfs,
		     struct readiness *ready)
{
	const struct rx_cni_interface *interface = &pod->interface;
	struct rx_rdma_dev *list = NULL;
	const char *name = state->rdma_dev;
	struct rx_err ignored;
	size_t n = 0;

	ready->missing = interface->n_addrs ? &interface->addrs[0] : NULL;
	if (rx_rdma_port(&pod->rdma, state->index, &ready->port, &ignored))
		memset(&ready->port, 0, sizeof(ready->port));
	/* the name may have changed under udev's hands */
	if (!rx_rdma_list(&pod->rdma, &list, &n, &ignored))
		for (size_t i = 0; i < n; i++)
			if (list[i].index == state->index)
				name = list[i].name;
	for (size_t i = 0; i < interface->n_addrs; i++) {
		ready->missing = &interface->addrs[i];
		if (rx_gid_find(sysfs, name, ready->missing) < 0)
			break;
		ready->missing = NULL;
	}
	free(list);
	return ready->port.state == IB_PORT_ACTIVE && !ready->missing;
}

static bool has_carrier(struct rx_pod *pod, const char *ifname)
{
	struct rx_link_info info;
	struct rx_err ignored;

	return !rx_link_get(&pod->route, ifname, &info, &ignored) && (info.flags & IFF_RUNNING);
}

static int not_ready(struct rx_pod *pod, const struct rx_cni_state *state,
		     const struct readiness *ready, struct rx_cni_error *error)
{
	char text[INET6_ADDRSTRLEN + 8];

	if (ready->missing)
		return rx_cni_fail(error, RX_CNI_NO_GID,
				   "a GID follows from an address of the interface; is it still "
				   "there?",
				   "address %s of %s has no GID on the RXE device %s",
				   rx_cidr_text(ready->missing, false, text, sizeof(text)),
				   state->ifname, state->rdma_dev);
	return rx_cni_fail(error, RX_CNI_NO_PORT,
			   has_carrier(pod, state->ifname)
				   ? "the interface is running"
				   : "the interface is down or has no carrier; is the parent up?",
			   "the port of the RXE device %s on %s is not ACTIVE", state->rdma_dev,
			   state->ifname);
}

int rx_pod_wait(struct rx_pod *pod, const struct rx_cni_state *state, struct rx_cni_error *error)
{
	double started = rx_now();
	rx_autoclose int sysfs = -1;
	struct readiness ready;
	struct rx_err err;

	sysfs = rx_ns_sysfs(pod->path, &err);
	if (sysfs < 0)
		return from(error, RX_CNI_KERNEL, &err, "cannot look at the pod's devices");
	while (!is_ready(pod, state, sysfs, &ready)) {
		double waited = rx_now() - started;

		if (waited > pod->request->timeout || (waited > CARRIER_TIMEOUT && !ready.missing &&
						       !has_carrier(pod, state->ifname)))
			return not_ready(pod, state, &ready, error);
		rx_wait_ms(10);
	}
	return 0;
}
