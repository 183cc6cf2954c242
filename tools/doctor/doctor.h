/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxelab doctor: each check tries something on this host just now and writes down what the kernel
 * said, what that means, and what to do. */
#ifndef RXELAB_TOOLS_DOCTOR_DOCTOR_H
#define RXELAB_TOOLS_DOCTOR_DOCTOR_H

#include <jansson.h>
#include <stdio.h>

#include "kmod-helpers/modules/modules.h"
#include "netns/kernel/netlink.h"
#include "netns/kernel/rtnl.h"
#include "netns/plan/facts.h"

enum rx_verdict {
	RX_FINE,        /* works */
	RX_LIMIT,       /* how the kernel is; rxelab knows a way round */
	RX_PROBLEM,     /* to be cured */
	RX_BLOCKS,      /* no lab can be made here */
	RX_UNTRIED,     /* not tried, reply says why */
};

struct rx_finding {
	char check[24];
	/* of the complaints that rxelab began with (docs/reference/doctor.md); 0: none of them */
	unsigned row;
	enum rx_verdict verdict;
	char tried[240], reply[400], cause[480], cure[480];
};

struct rx_doctor {
	const char *parent;      /* --parent, or NULL: every NIC */
	struct rx_finding *finding;   /* owned */
	size_t n;
	struct rx_facts facts;
	struct rx_module_list loaded; /* by us, to be unloaded in the end */
	bool have_rxe;           /* rdma_rxe is there and answers */
	bool privileged;
	bool own_gid;            /* --inside: an address of this namespace is a device's GID */
	const char *plane; /* that labs take; NULL: not found out */
	/* endpoints that half the memory holds, by RDMA namespace mode; counted: they are known */
	bool counted;
	unsigned fit_shared, fit_exclusive;
};

/* The next finding: what came of it (NULL: to be said later), and what was tried. Valid until the
 * next call. */
struct rx_finding *rx_finding(struct rx_doctor *doctor, const char *check, unsigned row,
			      enum rx_verdict verdict, const char *reply, const char *tried, ...)
	__attribute__((format(printf, 6, 7)));
/* "done" for 0, else what an errno or its negative means. */
const char *rx_outcome(int rc);
/* Fill one of its texts. */
#define RX_SAY(field, ...) snprintf(field, sizeof(field), __VA_ARGS__)

#define RX_SAID_AT 26 /* column of what is said, behind verdict and check */
void rx_findings_print(const struct rx_doctor *doctor, FILE *out);
json_t *rx_findings_json(const struct rx_doctor *doctor);
const char *rx_verdict_name(enum rx_verdict verdict);
/* What the findings come to: plane, rdma_cm, routers, how many endpoints fit. Caller frees. */
char *rx_summary_text(const struct rx_doctor *doctor);
json_t *rx_summary_json(const struct rx_doctor *doctor);
/* The same of --inside: whether programs of this container can use RDMA, and what helps if not. */
char *rx_inside_summary_text(const struct rx_doctor *doctor);
json_t *rx_inside_summary_json(const struct rx_doctor *doctor);
void rx_summary_print(const char *text, FILE *out);

/* The checks, in their order. Each adds findings and undoes what it made. */
void rx_check_privilege(struct rx_doctor *doctor);
void rx_check_modules(struct rx_doctor *doctor);
void rx_check_secure_boot(struct rx_doctor *doctor);
void rx_check_mode(struct rx_doctor *doctor);
void rx_check_rxe(struct rx_doctor *doctor);
void rx_check_lab(struct rx_doctor *doctor);
void rx_check_parents(struct rx_doctor *doctor);
void rx_check_firewall(struct rx_doctor *doctor);
void rx_check_bridge_filter(struct rx_doctor *doctor);
void rx_check_memlock(struct rx_doctor *doctor);
void rx_check_naming(struct rx_doctor *doctor);
void rx_check_inside(struct rx_doctor *doctor);
void rx_unload_modules(struct rx_doctor *doctor);

/* A namespace that dies with the thread that made it. */
struct rx_scratch {
	struct rx_doctor *doctor;
	struct rx_nl route, rdma; /* in it; rdma may be closed where InfiniBand is not loaded */
	struct rx_nl host_route, host_rdma; /* in the host's */
	int netns;                          /* its descriptor */
	void *arg;
	char problem[400]; /* "" or why it could not be made */
};
/* Run body inside. Returns 0, or -errno with problem filled. */
int rx_scratch_run(struct rx_scratch *scratch, void (*body)(struct rx_scratch *scratch));

/* Take a netdev up; what it is goes to info. 0 or -errno with err filled. */
int rx_scratch_raise(struct rx_nl *nl, const char *name, struct rx_link_info *info,
		     struct rx_err *err);
/* In scratch: a netdev, up. peer is made along by veth. 0 or -errno with err filled. */
int rx_scratch_link(struct rx_nl *nl, const struct rx_link_spec *spec, unsigned *ifindex,
		    struct rx_err *err);
/* An RXE's index wherever the kernel put the device, and the socket that sees it; NULL if it is
 * nowhere. */
struct rx_nl *rx_scratch_find(struct rx_scratch *scratch, const char *rdma_dev, uint32_t *index);
void rx_scratch_delete(struct rx_scratch *scratch, const char *rdma_dev);

/* From inside a scratch namespace: a socket of the host's namespace, which it keeps. -1 if there is
 * none to be had. */
int rx_host_socket(int domain, int type, int protocol);

/* An IPv4 packet without options: a datagram from that address to UDP port 4791? */
bool rx_is_roce_from(const uint8_t *packet, size_t size, const struct rx_cidr *source);

/* Do it as a user without privileges, in a child: the errno that fn returns, 0 if it could. */
int rx_as_nobody(int (*fn)(const void *arg), const void *arg);

#define RX_PINNED (16u << 20) /* bytes; what one endpoint's program easily registers */
/* Try to lock so much memory: 0 or the errno. */
int rx_try_lock(const void *unused);

/* rx_check_inside for a container that has a shell and nothing else. */
extern const char rx_inside_script[];

/* Everything a bug report needs, as one text file. */
int rx_report_write(const struct rx_doctor *doctor, const char *path, struct rx_err *err);

#endif
