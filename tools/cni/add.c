/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ADD: the RXE device comes to be. */
#include <stdio.h>

#include "tools/cni/pod.h"

/* An attachment that is there already is the runtime's mistake, unless what is known of it is of
 * another time: the namespace was replaced, or ADD was killed half-way. */
static int clear_the_way(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	const struct rx_cni_request *request = pod->request;
	struct rx_cni_state old;
	uint32_t index;
	bool found;
	int code = rx_cni_state_read(request, &old, &found, error);
	bool here = found && old.netns_dev == pod->dev && old.netns_ino == pod->ino;

	if (code)
		return code;
	if (here && old.made && rx_pod_find(pod, &old, &index))
		return rx_cni_fail(error, RX_CNI_EXISTS, "call DEL first",
				   "container %.64s has the RXE device %s on %s already",
				   request->env.container, old.rdma_dev, request->env.ifname);
	if (here && old.lab[0]) { /* its interface is the lab's: that is mended */
		*state = old;
		return 0;
	}
	if (found && (code = rx_cni_remove(request, request->env.netns, &old, error)))
		return code;
	rx_cni_state_key(request->network, request->env.container, request->env.ifname, state);
	snprintf(state->netns, sizeof(state->netns), "%s", request->env.netns);
	state->netns_dev = pod->dev;
	state->netns_ino = pod->ino;
	rx_cni_cdi_path(request, state);
	return 0;
}

/* Whether RXE works in the pod's namespace is found out by trying. stays: what was made is still
 * there after a failure. */
static int make_device(struct rx_pod *pod, struct rx_cni_state *state, bool *stays,
		       struct rx_cni_error *error)
{
	struct rx_cni_error ignored;
	int code = state->lab[0] ? RX_CNI_NO_TRAFFIC : rx_pod_make(pod, state, error);

	if (code != RX_CNI_NO_TRAFFIC)
		return code;
	code = rx_pod_make_whole(pod, state, error);
	if (code && state->lab[0])
		*stays = rx_pod_unmake(pod, state, &ignored);
	return code;
}

/* With the lock held, so that adds and deletes of RXE devices do not overlap: teardown races are
 * open upstream. */
static int make(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	int lock, code = rx_cni_lock(&lock, error);
	struct rx_cni_error ignored;
	bool stays = false;

	if (code)
		return code;
	code = clear_the_way(pod, state, error);
	/* without its record neither DEL nor GC would find what stays */
	if (!code && !(code = rx_cni_state_write(pod->request, state, error)) &&
	    (code = make_device(pod, state, &stays, error)) && !stays)
		rx_cni_state_remove(pod->request, state, &ignored);
	rx_cni_unlock(pod->request, lock);
	return code;
}

static void undo(struct rx_pod *pod, const struct rx_cni_state *state)
{
	struct rx_cni_error ignored;
	int lock;

	if (rx_cni_lock(&lock, &ignored))
		return;
	if (!rx_pod_unmake(pod, state, &ignored)) {
		rx_cni_cdi_remove(pod->request, state->cdi);
		rx_cni_state_remove(pod->request, state, &ignored);
	}
	rx_cni_unlock(pod->request, lock);
}

/* A port that stays DOWN for want of carrier is no reason to keep the pod from starting: CHECK will
 * say so. */
static int finish(struct rx_pod *pod, struct rx_cni_state *state, struct rx_cni_error *error)
{
	int code = rx_pod_wait(pod, state, error);

	if (code == RX_CNI_NO_PORT) {
		rx_cni_note(pod->request, "%s: %s", error->msg, error->details);
		code = 0;
	}
	if (!code && *state->cdi)
		code = rx_cni_cdi_write(pod, state, error);
	if (code)
		return code;
	state->made = true;
	return rx_cni_state_write(pod->request, state, error);
}

static int add_in(struct rx_pod *pod, struct rx_cni_error *error)
{
	struct rx_link_info link;
	struct rx_cni_state state;
	int code = rx_pod_interface(pod, &link, error);

	if (!code)
		code = rx_pod_modules(pod->request, error);
	if (!code)
		code = rx_pod_open_rdma(pod, error);
	if (!code)
		code = make(pod, &state, error);
	if (code)
		return code;
	code = finish(pod, &state, error);
	if (code)
		undo(pod, &state);
	return code;
}

int rx_cni_add(const struct rx_cni_request *request, json_t **result, struct rx_cni_error *error)
{
	struct rx_pod pod = RX_POD_CLOSED(request);
	int code = rx_cni_interface_of(request, &pod.interface, error);

	if (code)
		return code;
	code = rx_pod_open(request->env.netns, &pod, error) ? error->code : add_in(&pod, error);
	rx_pod_close(&pod);
	if (!code) /* as it came: nothing that it tells of was changed */
		*result = json_incref((json_t *)request->prev);
	return code;
}
