/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DEL and GC: the RXE device goes. Both succeed wherever nothing of ours is left afterwards. */
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/cni/pod.h"

/* The namespace that ADD worked in, if it is still there: first where DEL says, then where ADD was
 * told. The device of a namespace that has gone went with its netdev; only one that was not moved
 * yet (exclusive mode, ADD killed) may be left, where the runtime is. */
static void open_pod(const char *netns, const struct rx_cni_state *state, struct rx_pod *pod)
{
	const char *paths[] = {netns, state->netns};
	struct rx_cni_error ignored;

	for (size_t i = 0; i < RX_ARRAY_SIZE(paths); i++) {
		if (!*paths[i] || (i && !strcmp(paths[0], paths[1])))
			continue;
		if (!rx_pod_open(paths[i], pod, &ignored) &&
		    (!state->netns_ino ||
		     (pod->dev == state->netns_dev && pod->ino == state->netns_ino)))
			return;
		rx_pod_close(pod);
	}
}

int rx_cni_remove(const struct rx_cni_request *request, const char *netns,
		  const struct rx_cni_state *state, struct rx_cni_error *error)
{
	struct rx_pod pod = RX_POD_CLOSED(request);
	struct rx_cni_error no_infiniband;
	int code = 0;

	open_pod(netns, state, &pod);
	if (!rx_pod_open_rdma(&pod, &no_infiniband) || state->lab[0])
		code = rx_pod_unmake(&pod, state, error);
	rx_pod_close(&pod);
	if (code)
		return code; /* the state stays, for the next DEL or GC */
	rx_cni_cdi_remove(request, state->cdi);
	return rx_cni_state_remove(request, state, error);
}

int rx_cni_del(const struct rx_cni_request *request, json_t **result, struct rx_cni_error *error)
{
	struct rx_cni_state state;
	bool found;
	int lock, code;

	(void)result;
	code = rx_cni_lock(&lock, error);
	if (code)
		return code;
	code = rx_cni_state_read(request, &state, &found, error);
	if (!code && found)
		code = rx_cni_remove(request, request->env.netns, &state, error);
	rx_cni_unlock(request, lock);
	return code;
}

static bool is_valid(const json_t *valid, const struct rx_cni_state *state)
{
	const json_t *item;
	size_t i;

	json_array_foreach(valid, i, item)
		if (!strcmp(json_string_value(json_object_get(item, "containerID")),
			    state->container) &&
		    !strcmp(json_string_value(json_object_get(item, "ifname")), state->ifname))
			return true;
	return false;
}

/* As much as can be removed; of several failures the first is told. */
int rx_cni_gc(const struct rx_cni_request *request, json_t **result, struct rx_cni_error *error)
{
	rx_autofree struct rx_cni_state *list = NULL;
	struct rx_cni_error failed;
	size_t n = 0, i;
	int lock, code;

	(void)result;
	code = rx_cni_lock(&lock, error);
	if (code)
		return code;
	code = rx_cni_state_list(request, &list, &n, error);
	for (i = 0; i < n; i++) {
		if (is_valid(request->valid, &list[i]) ||
		    !rx_cni_remove(request, "", &list[i], &failed))
			continue;
		rx_cni_note(request, "%s of %s: %s: %s", list[i].ifname, list[i].container,
			    failed.msg, failed.details);
		if (!code) {
			*error = failed;
			code = failed.code;
		}
	}
	rx_cni_unlock(request, lock);
	return code;
}
