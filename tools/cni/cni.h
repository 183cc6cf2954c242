/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxe-cni: a chained CNI plugin that puts an RXE device on the interface which an earlier plugin
 * made in a pod.
 * The protocol is the Container Network Interface specification (containernetworking/cni, SPEC.md),
 * versions 0.4.0, 1.0.0 and 1.1.0. Here: what a request is, and what answers it. */
#ifndef RXELAB_TOOLS_CNI_CNI_H
#define RXELAB_TOOLS_CNI_CNI_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netns/lab/lab.h"

/* SPEC.md, "Error"; 100 and above are a plugin's own. 3 ("container unknown": no DEL will follow)
 * is never said: a chained plugin cannot promise that nothing of the chain is left. Each has an id
 * (docs/reference/errors.md). */
#define RX_CNI_CODES(X) \
	X(BAD_VERSION, 1, "cni-version") \
	X(BAD_FIELD, 2, "cni-field") \
	X(BAD_ENVIRONMENT, 4, "cni-environment") \
	X(IO, 5, "cni-io") \
	X(BAD_JSON, 6, "cni-json") \
	X(BAD_CONFIG, 7, "cni-config") \
	X(TRY_AGAIN, 11, "cni-try-again") \
	X(UNAVAILABLE, 50, "cni-unavailable") \
	X(LIMITED, 51, "cni-limited") \
	X(KERNEL, 100, "cni-kernel")           /* an operation of ADD or DEL failed */ \
	X(EXISTS, 101, "cni-exists")           /* ADD: the attachment is there already */ \
	X(BAD_INTERFACE, 102, "cni-interface") /* not there, or of a kind without RXE */ \
	X(NOT_ADDED, 103, "cni-not-added")     /* CHECK: no ADD is known */ \
	X(NO_DEVICE, 104, "cni-no-device")     /* CHECK: the RXE device is gone */ \
	X(NO_PORT, 105, "cni-no-port")         /* CHECK: its port is not ACTIVE */ \
	X(NO_GID, 106, "cni-no-gid")         /* ADD, CHECK: an address of the result has no GID */ \
	X(NO_TRAFFIC, 107, "cni-no-traffic") /* CHECK: UDP 4791 is not open in the pod */ \
	X(NO_CDI, 108, "cni-no-cdi")         /* CHECK: the CDI file is gone */

#define RX_CNI_CODE(name, code, id) RX_CNI_##name = (code),
enum rx_cni_code { RX_CNI_CODES(RX_CNI_CODE) };

struct rx_cni_error {
	int code;
	char msg[256], details[2048];
};

/* Fill error and return code. details may be NULL. */
int rx_cni_fail(struct rx_cni_error *error, int code, const char *details, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

enum rx_cni_command {
	RX_CNI_ADD,
	RX_CNI_DEL,
	RX_CNI_CHECK,
	RX_CNI_GC,
	RX_CNI_STATUS,
	RX_CNI_VERSION
};

/* The environment; every string points into it, "" when it is not set. */
struct rx_cni_environment {
	const char *command, *container, *netns, *ifname, *args;
	const char *state_dir;         /* RX_CNI_STATE_DIR; tests alone have another */
	void (*log)(const char *line); /* the runtime's log, on standard error; NULL: silent */
};

struct rx_cni_request {
	enum rx_cni_command command;
	struct rx_cni_environment env;
	json_t *config;   /* owned; the members below point into it */
	char version[16]; /* the one the answer is written in */
	const char *network;
	const json_t *prev, *valid; /* NULL: not there */
	const char *cdi_dir;        /* NULL: no CDI file is written */
	unsigned timeout;           /* seconds that ADD and CHECK wait for port and GIDs */
};

/* A line for the runtime's log. */
void rx_cni_note(const struct rx_cni_request *request, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Judge environment and configuration (text need not end with 0), before anything is looked at.
 * Returns 0 or a code. request->version is always set; rx_cni_request_free in either case. DEL and
 * GC forgive options they do not need. */
int rx_cni_request_parse(const struct rx_cni_environment *env, const char *text, size_t length,
			 struct rx_cni_request *request, struct rx_cni_error *error);
void rx_cni_request_free(struct rx_cni_request *request);

/* The pod's interface as the plugin before us made it. */
struct rx_cni_interface {
	char mac[18]; /* "": the result does not say */
	struct rx_cidr addrs[32];
	size_t n_addrs;
};

/* Find CNI_IFNAME in prevResult. Returns 0 or a code. */
int rx_cni_interface_of(const struct rx_cni_request *request, struct rx_cni_interface *interface,
			struct rx_cni_error *error);
/* A value of CNI_ARGS ("A=1;B=2"), into buf; false: it is not there, empty, or longer than buf. */
bool rx_cni_arg(const char *args, const char *key, char *buf, size_t size);

/* The answers. On success *result may be set to a new reference to what is printed. */
typedef int rx_cni_run(const struct rx_cni_request *request, json_t **result,
		       struct rx_cni_error *error);
rx_cni_run rx_cni_add, rx_cni_del, rx_cni_check, rx_cni_gc, rx_cni_status, rx_cni_version;

json_t *rx_cni_error_json(const struct rx_cni_request *request, const struct rx_cni_error *error);

#endif
