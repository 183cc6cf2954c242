/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rxe-cni made, one file for each attachment: /run/rxelab-cni/NETWORK/CONTAINER:IFNAME, root
 * only, written aside and renamed before the RXE device is made and again when it is whole. The
 * folder goes with the last of them. */
#ifndef RXELAB_TOOLS_CNI_STATE_H
#define RXELAB_TOOLS_CNI_STATE_H

#include <stdint.h>

#include "tools/cni/cni.h"

#define RX_CNI_STATE_DIR "/run/rxelab-cni"

struct rx_cni_state {
	char network[256], container[256], ifname[IFNAMSIZ]; /* the key, as SPEC.md recommends */
	char netns[4096];                                    /* as CNI_NETNS had it */
	/* of the namespace itself: another one may have taken the path */
	uint64_t netns_dev, netns_ino;
	char rdma_dev[RX_DEV_NAME_SIZE];
	uint32_t index; /* of the RDMA device; tells it also after udev renamed it */
	bool made;      /* false: ADD was under way, the device may or may not exist */
	char cdi[512];  /* the CDI file; "" none */
	/* where RXE works in the host's namespace alone: the lab whose only endpoint the pod is;
	 * else "" */
	char lab[RX_LAB_NAME_MAX + 1];
};

/* The key of a state, and the name that its RDMA device gets: unique on the host, the same for the
 * same attachment. */
void rx_cni_state_key(const char *network, const char *container, const char *ifname,
		      struct rx_cni_state *state);

/* All return 0 or a code. read: *found false when there is none; a file that cannot be understood
 * gives the key alone. */
int rx_cni_state_write(const struct rx_cni_request *request, const struct rx_cni_state *state,
		       struct rx_cni_error *error);
int rx_cni_state_read(const struct rx_cni_request *request, struct rx_cni_state *state, bool *found,
		      struct rx_cni_error *error);
int rx_cni_state_remove(const struct rx_cni_request *request, const struct rx_cni_state *state,
			struct rx_cni_error *error);
/* Every attachment of the request's network; *list is owned by the caller. */
int rx_cni_state_list(const struct rx_cni_request *request, struct rx_cni_state **list, size_t *n,
		      struct rx_cni_error *error);

/* One lock for all that makes or deletes RXE devices here. Waits up to a minute. Returns 0 and the
 * lock, or a code (RX_CNI_TRY_AGAIN). */
int rx_cni_lock(int *lock, struct rx_cni_error *error);
void rx_cni_unlock(const struct rx_cni_request *request, int lock);

/* Text of a state file, which need not end with 0, into state beside its key; false: not
 * understood. */
bool rx_cni_state_parse(const char *text, size_t length, struct rx_cni_state *state);

/* A file that is seen whole or not at all. Returns 0 or a code. */
int rx_cni_write_file(const char *path, unsigned mode, json_t *value, struct rx_cni_error *error);

#endif
