/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger: what was made, written before it is made.
 *
 * /run/rxelab/LAB/
 *     0700 root, made aside and renamed into place, gone when the lab is gone
 *   lab.yaml                 the lab as it was asked for
 * ledger one JSON object a line, appended with one write(2) each or (done, the next intent) two at
 *   once:
 *     {"rxelab":1,...}             header: format version, plane, RDMA mode, ...
 *     {"id":7,"intent":{op}}       before operation 7
 *     {"id":7,"done":{...}}
 *         after it: the members of op that apply has set, such as what was there before
 *     {"id":7,"undone":true}       after its undo
 *     {"attach":"ep1","kind":"lxc","id":"101","netdev":""}
 *         where an endpoint is from now on; kind "": its own namespace
 *     {"up":true}
 *         every operation was done: the lab is whole (false: down has begun)
 * A line without its newline was cut by a kill and does not count (docs/dev/architecture.md says
 * why this is a journal and not a file that is rewritten for each operation: with 1,000 endpoints
 * that would be gigabytes). */
#ifndef RXELAB_NETNS_LEDGER_LEDGER_H
#define RXELAB_NETNS_LEDGER_LEDGER_H

#include <pthread.h>
#include <signal.h>

#include "netns/plan/plan.h"

/* "/run/rxelab"; only a test that must not be root changes it. */
extern const char *rx_state_dir;
#define RX_LOCK_DIR "/run/lock/rxelab"
#define RX_HOST_LEDGER ".host"        /* modules, RDMA mode, /run/netns: shared by all labs */
#define RX_LEDGER_VERSION 1

struct rx_ledger_header {
	char lab[RX_LAB_NAME_MAX + 1];
	enum rx_plane plane;
	char plane_reason[256];
	enum rx_rdma_mode rdma_mode;
};

enum rx_entry_state { RX_ENTRY_INTENT, RX_ENTRY_DONE, RX_ENTRY_UNDONE };

struct rx_entry {
	size_t id;
	enum rx_entry_state state;
	struct rx_op op;
};

/* Where `rxelab attach` or `detach` put an endpoint, whatever the lab file says. */
struct rx_attachment {
	char node[RX_NODE_NAME_MAX + 1];
	struct rx_container container;       /* RX_CONTAINER_NONE: its own namespace */
};

struct rx_ledger {
	int fd;
	pthread_mutex_t mutex; /* several workers append */
	struct rx_ledger_header header;
	bool complete;            /* up came to its end; else it was killed or is still at work */
	struct rx_entry *entries; /* owned; in the order of their ids */
	size_t n, room;
	struct rx_attachment *attachments; /* owned; one for each endpoint that was moved */
	size_t n_attachments;
};

/* Make the state folder of a lab. lab_yaml: what lab.yaml will hold. Fails with -EEXIST when the
 * lab is there. */
int rx_ledger_create(const char *name, const struct rx_ledger_header *header, const char *lab_yaml,
		     struct rx_ledger *ledger, struct rx_err *err);
/* Read an existing one. -ENOENT: no such lab. A version this program does not know is refused with
 * words.
 * writable: to append to it, under the lab's lock; what a kill cut off is mended then. */
int rx_ledger_open(const char *name, bool writable, struct rx_ledger *ledger, struct rx_err *err);
/* The host's own ledger, made when missing. */
int rx_ledger_open_host(struct rx_ledger *ledger, struct rx_err *err);
void rx_ledger_close(struct rx_ledger *ledger);
/* Remove the state folder. */
int rx_ledger_remove(const char *name, struct rx_err *err);

int rx_ledger_intent(struct rx_ledger *ledger, const struct rx_op *op, size_t *id,
		     struct rx_err *err);
int rx_ledger_done(struct rx_ledger *ledger, size_t id, const struct rx_op *op, struct rx_err *err);
/* Both in one write: that done was done, and what is intended next (its number into *id). Either
 * may be NULL. Also when it cannot be written, done counts as done in memory. */
struct rx_done {
	size_t id;
	const struct rx_op *op;              /* as apply left it; NULL: nothing was done */
};
int rx_ledger_step(struct rx_ledger *ledger, const struct rx_done *done, const struct rx_op *intent,
		   size_t *id, struct rx_err *err);
int rx_ledger_undone(struct rx_ledger *ledger, size_t id, struct rx_err *err);
/* Note that the lab is whole, or that it is about to be so no more. */
int rx_ledger_complete(struct rx_ledger *ledger, bool complete, struct rx_err *err);
/* Entries that an undo has still to look at: made, or perhaps made. */
size_t rx_ledger_live(const struct rx_ledger *ledger);
/* Whether there is a live entry for the same object. */
bool rx_ledger_has(struct rx_ledger *ledger, const struct rx_op *op);
/* Write the journal anew with its live entries alone, aside and renamed; their ids change. For one
 * who appends for hours. Nothing else may use the ledger meanwhile. After an error the old one is
 * still good. */
int rx_ledger_compact(struct rx_ledger *ledger, struct rx_err *err);

/* Note where an endpoint is from now on. */
int rx_ledger_attach(struct rx_ledger *ledger, const char *node,
		     const struct rx_container *container, struct rx_err *err);
/* Put the endpoints of a completed lab where attach and detach put them. */
void rx_ledger_overlay(const struct rx_ledger *ledger, struct rx_lab *lab);

/* What was made, by name: for one who asks often. It points into the ledger, which must not change
 * meanwhile. */
struct rx_ledger_index {
	const struct rx_op **op;             /* owned: namespaces and netdevs */
	size_t n;
};
int rx_ledger_index_make(const struct rx_ledger *ledger, struct rx_ledger_index *index,
			 struct rx_err *err);
void rx_ledger_index_free(struct rx_ledger_index *index);
/* RX_OP_NETNS or RX_OP_LINK of that name in netns (NULL: whatever it is in); of one that was made
 * twice (up found it missing) the later. NULL if it was never finished. */
const struct rx_op *rx_ledger_index_find(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *netns, const char *name);

/* Names of all labs, NULL-terminated, sorted; free with rx_names_free. */
int rx_ledger_list(char ***names, size_t *n, struct rx_err *err);
void rx_names_free(char **names);
/* A name that may be a lab's: nothing that could leave the state folder. RX_USAGE otherwise. */
int rx_ledger_check_name(const char *name, struct rx_err *err);
/* Path of a file in the lab's state folder. Returns buf. */
const char *rx_ledger_path(const char *name, const char *file, char *buf, size_t size);

/* Make a folder that only we may write in, or see that the one which is there is such: not a link,
 * not another user's (/run/lock is everybody's). */
int rx_own_directory(const char *path, struct rx_err *err);

/* Remove a folder and the files in it; a link is neither followed nor removed. 0 or -errno. */
int rx_remove_folder(const char *path);

/* Unlock; last: the lab is gone, and its lock file with it. */
void rx_unlock(const char *name, int fd, bool last);

/* flock on /run/lock/rxelab/NAME.lock, waiting up to timeout seconds; waiting(arg) is called once
 * if it has to.
 * A holder that is dead by now (its last child has the lock) is given some seconds whatever timeout
 * says.
 * Returns a descriptor (close to unlock) or -errno. */
/* non-zero there ends the waiting: -EINTR; may be NULL */
extern const volatile sig_atomic_t *rx_lock_stop;
int rx_lock(const char *name, double timeout, void (*waiting)(const char *holder),
	    struct rx_err *err);

#endif
