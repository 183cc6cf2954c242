/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread that does operations: what it has open, and where it is.
 *   worker.c     the worker
 *   own.c        the object that an operation made, whatever its name is now
 *   shared.c     what labs want of netdevs that are not theirs, and share
 *   op-host.c    operations on what the whole host shares
 *   op-foreign.c operations on netdevs that are not ours
 *   op-netns.c   namespaces
 *   op-node.c    netdevs and what lies on them
 *   op-addr.c    addresses
 *   op-route.c   routes, rules and the ways between the netdevs of a hosted endpoint
 *   op-rdma.c    RXE devices
 *   op-device.c  what a running container has under /dev
 *   apply.c      doing a plan
 *   undo.c       undoing what the ledger says was made */
#ifndef RXELAB_NETNS_APPLY_WORKER_H
#define RXELAB_NETNS_APPLY_WORKER_H

#include <signal.h>

#include "netns/base/boundary.h"
#include "netns/kernel/netlink.h"
#include "netns/ledger/ledger.h"

struct rx_apply;

struct rx_known_link {
	char name[IFNAMSIZ];
	unsigned ifindex;
};

struct rx_gid;

/* An RXE device that was seen to be ready: its index and its GIDs, which a move does not change. */
struct rx_known_device {
	char name[128];
	uint32_t index;
	struct rx_gid *gids; /* owned */
	size_t n_gids;
};

/* Where a worker's thread is. Going back and forth for every socket and file would be a third of
 * its system calls. */
enum rx_place {
	RX_AT_HOME,   /* init_net, or wherever the program was started */
	RX_IN_NETNS,  /* in the worker's netns */
	RX_ELSEWHERE, /* in a namespace that it has done with */
};

/* One thread of apply: what it has opened in init_net and in the namespace it works on, and where
 * it is. */
struct rx_worker {
	struct rx_apply *apply;
	struct rx_nl route, rdma; /* init_net; rdma may be closed when InfiniBand is not loaded */
	int sysfs;                /* init_net; -1: not mounted yet */
	enum rx_place place;
	int home;       /* namespace to come back to; -1: never left */
	char netns[96]; /* the ones below belong to; "" none */
	char path[128]; /* its file */
	int netns_fd;
	struct rx_nl netns_route, netns_rdma;
	int netns_sysfs;
	/* what need not be asked for again: the netdev last made in netns, the lower one last used
	 * in init_net, the RXE device that was last made */
	struct rx_known_link made, lower;
	struct rx_known_device ready;
	/* the address that was last added, which may not be in the tables yet */
	struct {
		char netdev[IFNAMSIZ];
		struct rx_cidr addr;
	} added;
};

/* How an operation is done and undone. apply leaves nothing behind when it fails. undo returns 0
 * when the object is gone, also when it was never there or is not ours any more (then it says so by
 * apply->warn). */
struct rx_op_type {
	int (*apply)(struct rx_worker *worker, struct rx_op *op, struct rx_err *err);
	int (*undo)(struct rx_worker *worker, const struct rx_op *op, bool certain,
		    struct rx_err *err);
	/* 1: the object is there as op wants it, 0: it is not; NULL: doing it again does no harm */
	int (*exists)(struct rx_worker *worker, const struct rx_op *op);
	/* Note in op what is there, before the intent is written: for what a kill between intent
	 * and done must put back. RXE: wait until its name is free. NULL: nothing is changed that
	 * was there before */
	int (*look)(struct rx_worker *worker, struct rx_op *op, struct rx_err *err);
	/* it has no undo, but is in the ledger: whether it is still there is asked later */
	bool looked_for;
};

/* rx_op_link and so on, each at the end of its op-*.c. */
#define RX_OP_TYPE(kind, type, ...) extern const struct rx_op_type rx_op_##type;
RX_OP_LIST(RX_OP_TYPE)
#undef RX_OP_TYPE

/* What apply takes for granted. With NEW nothing of the plan is there yet, and what bears its names
 * is a stranger's: refused. With MISSING the lab is up: what is there and in the ledger stays, the
 * rest is made. */
enum rx_apply_mode {
	RX_APPLY_NEW,
	RX_APPLY_MISSING,
};

struct rx_apply {
	enum rx_apply_mode mode;
	const struct rx_lab *lab; /* completed; NULL for the host's operations and for undo */
	struct rx_ledger *ledger;
	const struct rx_op_type *const *types; /* rx_op_types, or a test's own */
	unsigned workers;                      /* threads, 4 at most; 0: 4 */
	double deadline;                       /* CLOCK_MONOTONIC seconds; 0: none */
	const volatile sig_atomic_t *stop; /* non-zero: a signal asked us to stop; may be NULL */
	void (*warn)(const char *text);    /* may be NULL */
	/* may be NULL; called under a lock */
	void (*progress)(size_t done, size_t total, const struct rx_op *op);
	/* May be NULL. All operations of node chain are done; called by their worker, which is
	 * still there and has everything open, beside other workers. */
	void (*node_made)(struct rx_worker *worker, unsigned chain, void *arg);
	void *node_made_arg;
	/* set by kmod-helpers, which netns/ does not know */
	int (*module_load)(const char *name, const char *options, char *loaded, size_t size,
			   struct rx_err *err);
	int (*module_unload)(const char *loaded, struct rx_err *err);
};

/* A worker of one's own, to ask whether something exists; rx_worker_close ends it. */
void rx_worker_init(struct rx_worker *worker, struct rx_apply *apply);

/* For the op-*.c files. An operation whose netns is "" finds its thread at home, the others find it
 * anywhere. rx_worker_enter: netns becomes the one that the worker works on. */
int rx_worker_enter(struct rx_worker *worker, const char *netns, struct rx_err *err);
struct rx_nl *rx_worker_route(struct rx_worker *worker, const char *netns, struct rx_err *err);
struct rx_nl *rx_worker_rdma(struct rx_worker *worker, const char *netns, struct rx_err *err);
/* The ifindex of a netdev of netns, which was mostly made a moment ago by this very worker. */
int rx_worker_index(struct rx_worker *worker, struct rx_nl *route, const char *netns,
		    const char *name, unsigned *ifindex, struct rx_err *err);
/* A mounted sysfs of netns ("": init_net), open as long as the worker works on it; or -errno. */
int rx_worker_sysfs(struct rx_worker *worker, const char *netns, struct rx_err *err);
/* The calling thread, which is the worker's, goes into netns ("": home) and stays there. */
int rx_worker_go(struct rx_worker *worker, const char *netns, struct rx_err *err);
/* The same into a new namespace, which has no name yet; rx_worker_named says which it was given. */
int rx_worker_unshare(struct rx_worker *worker, struct rx_err *err);
int rx_worker_named(struct rx_worker *worker, const char *netns, struct rx_err *err);
void rx_worker_close(struct rx_worker *worker);
void rx_apply_warn(const struct rx_apply *apply, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* 0, or -ETIMEDOUT / -EINTR with err filled when the command's time is over or a signal came. */
int rx_apply_check(const struct rx_apply *apply, struct rx_err *err);
/* Path of the namespace that op->netns names: itself if it begins with "/". Returns buf. */
const char *rx_netns_path(const char *netns, char *buf, size_t size);

/* Whether an undo that could not look is to take its object for gone: the name of its namespace is
 * gone (ENOENT) or names no namespace (EINVAL, from setns(2)), there is no such device, or no
 * InfiniBand. Any other error is one. */
bool rx_op_is_gone(const struct rx_err *err);
/* "absent", "directory" or "mounted": what before is to say in the intent of RX_OP_NETNS_DIR. */
const char *rx_netns_dir_state(const char *path);

#endif
