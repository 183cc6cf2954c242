/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger: what was made, written before it is made.
 *
 * /run/rxelab/LAB/
 *     0700 root, made aside and renamed into place, gone when the lab is gone
 *   lab.yaml                 the lab as it was asked for
 * ledger one JSON object a line, appended with one write(2) each or (done, the next intent) two at
 *   once:
 *     {"rxelab":1,...}             header: format version, plane, RDMA mode, ...
 *     {"id":7,"intent":{op}}       before operation 7, one that has an undo
 *         or is looked for later
 *     {"id":7,"done":{...}}
 *         after it: the members of op that apply has set, such as what was there before
 *     {"id":7,"undone":true}       after its undo
 *     {"attach":"ep1","kind":"lxc","id":"101","netdev":""}
 *         where an endpoint is from now on; kind "": its own namespace
 *     {"up":true}
 *         every operation was done: the lab is whole
 *     {"up":false,"kept":true}
 *         it is about to be undone, or was not made yet; kept: to be made (again), so that its
 *         lab.yaml must not go with what was made
 * A line without its newline was cut by a kill and does not count (docs/dev/architecture.md says
 * why this is a journal and not a file that is rewritten for each operation: with 1,000 endpoints
 * that would be gigabytes). */
#ifndef RXELAB_NETNS_LEDGER_LEDGER_H
#define RXELAB_NETNS_LEDGER_LEDGER_H

#include <pthread.h>

#include "netns/ledger/attach.h"
#include "netns/ledger/journal.h"
#include "netns/plan/plan.h"

/* Modules, RDMA mode, /run/netns; and, with the lab as owner, what each lab wants of netdevs that
 * are not its own and what it shares with others (netns/apply/shared.h). */
#define RX_HOST_LEDGER RX_TAG_HOST

enum rx_entry_state { RX_ENTRY_INTENT, RX_ENTRY_DONE, RX_ENTRY_UNDONE };

struct rx_entry {
	size_t id;
	enum rx_entry_state state;
	struct rx_op op;
};

struct rx_ledger {
	int fd;
	pthread_mutex_t mutex; /* several workers append */
	struct rx_ledger_header header;
	bool salvaged;            /* not all of it could be read */
	bool complete;            /* up came to its end; else it was killed or is still at work */
	bool kept;                /* not complete, and still no leftover: its lab.yaml counts */
	struct rx_entry *entries; /* owned; in the order of their ids */
	size_t n;
	struct rx_attachments attachments;
};

/* Make the state folder of a lab. lab_yaml: what lab.yaml will hold. Fails with -EEXIST when the
 * lab is there; the record of one that is undone gives way, and the new one is kept as it was. */
int rx_ledger_create(const char *name, const struct rx_ledger_header *header, const char *lab_yaml,
		     struct rx_ledger *ledger, struct rx_err *err);
/* Read an existing one. -ENOENT: no such lab. A version this program does not know is refused with
 * words.
 * writable: to append to it, under the lab's lock; what a kill cut off is mended then. */
int rx_ledger_open(const char *name, bool writable, struct rx_ledger *ledger, struct rx_err *err);
/* To undo what it holds. Of a damaged one it is what can be read: err tells what is wrong then, and
 * damaged is set. */
int rx_ledger_open_to_undo(const char *name, struct rx_ledger *ledger, bool *damaged,
			   struct rx_err *err);
/* The host's own ledger, made when missing. */
int rx_ledger_open_host(struct rx_ledger *ledger, struct rx_err *err);
void rx_ledger_close(struct rx_ledger *ledger);
/* The nonce that the tags of a lab's netdevs have; "": it was made before there were any. Fails
 * where the header cannot be read. */
int rx_ledger_nonce(const char *name, char nonce[RX_NONCE_SIZE]);
/* What is there is only the record of a lab that was undone to be made again. */
bool rx_ledger_is_record(const char *name);
/* What lab.yaml of a kept one will hold. */
int rx_ledger_rewrite(const char *name, const char *lab_yaml, struct rx_err *err);
/* Remove the state folder. */
int rx_ledger_remove(const char *name, struct rx_err *err);

int rx_ledger_intent(struct rx_ledger *ledger, const struct rx_op *op, size_t *id,
		     struct rx_err *err);
int rx_ledger_done(struct rx_ledger *ledger, size_t id, const struct rx_op *op, struct rx_err *err);
/* Both in one write: that done was done, and what is intended next (its number into *id). Either
 * may be NULL. Also when it cannot be written, done counts as done in memory. */
struct rx_done {
	size_t id;
	const struct rx_op *op; /* as apply left it; NULL: nothing was done */
};
int rx_ledger_step(struct rx_ledger *ledger, const struct rx_done *done, const struct rx_op *intent,
		   size_t *id, struct rx_err *err);
int rx_ledger_undone(struct rx_ledger *ledger, size_t id, struct rx_err *err);
/* Note that the lab is whole; or that it is about to be so no more. */
int rx_ledger_complete(struct rx_ledger *ledger, struct rx_err *err);
int rx_ledger_ending(struct rx_ledger *ledger, bool kept, struct rx_err *err);
/* Entries that an undo has still to look at: made, or perhaps made. */
size_t rx_ledger_live(const struct rx_ledger *ledger);
/* Whether there is a live entry for the same object. */
bool rx_ledger_has(struct rx_ledger *ledger, const struct rx_op *op);
/* Write the journal again with its live entries alone, aside and renamed; their ids change. For one
 * who appends for hours. Nothing else may use the ledger meanwhile. After an error the old one is
 * still good. */
int rx_ledger_compact(struct rx_ledger *ledger, struct rx_err *err);

/* Note where an endpoint is from now on. */
int rx_ledger_attach(struct rx_ledger *ledger, const char *node,
		     const struct rx_container *container, struct rx_err *err);

/* What was made, by name: for one who asks often. It points into the ledger, which must not change
 * meanwhile. */
struct rx_ledger_index {
	const struct rx_op **op; /* owned: namespaces, netdevs, and what a netdev has */
	size_t n;
};
void rx_ledger_index_make(const struct rx_ledger *ledger, struct rx_ledger_index *index);
void rx_ledger_index_free(struct rx_ledger_index *index);
/* RX_OP_NETNS or RX_OP_LINK of that name in netns (NULL: whatever it is in); of one that was made
 * twice (up found it missing) the later. NULL if it was never finished. */
const struct rx_op *rx_ledger_index_find(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *netns, const char *name);
/* The first of all those of that kind (these two, ADDR, ROUTE, NOT_LOCAL or RULE) and name, *n of
 * them, one of which was perhaps made twice. */
const struct rx_op **rx_ledger_index_all(const struct rx_ledger_index *index, enum rx_op_kind kind,
					 const char *name, size_t *n);

#endif
