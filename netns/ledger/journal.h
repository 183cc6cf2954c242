/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a ledger, and its file as lines: what the files of this folder stand on.
 *   journal.c    paths, folders that are ours alone, header, appending and reading lines
 *   attach.c     endpoints that attach and detach put elsewhere
 *   ledger.c     the ledger: operations, intended, done and undone
 *   index.c      what was made, by name
 *   compact.c    a journal that grew long, rewritten
 *   list.c       which labs there are
 *   lock.c       one command at a time on a lab */
#ifndef RXELAB_NETNS_LEDGER_JOURNAL_H
#define RXELAB_NETNS_LEDGER_JOURNAL_H

#include <jansson.h>

#include "netns/base/error.h"
#include "netns/lab/lab.h"
#include "netns/lab/tag.h"

/* "/run/rxelab"; only a test that must not be root changes it. */
extern const char *rx_state_dir;

struct rx_ledger_header {
	char lab[RX_LAB_NAME_MAX + 1];
	enum rx_plane plane;
	char plane_reason[256];
	enum rx_rdma_mode rdma_mode;
	char nonce[RX_NONCE_SIZE];     /* of its tags; "" in a ledger of 0.1 */
	char machine[RX_MACHINE_SIZE]; /* its MACs follow from that; "" in a ledger of 0.2 */
};

/* Path of a file in the lab's state folder. Returns buf. */
const char *rx_ledger_path(const char *name, const char *file, char *buf, size_t size);
/* Make a folder that only we may write in, or see that the one which is there is such: not a link,
 * not another user's (/run/lock is everybody's). */
int rx_own_directory(const char *path, struct rx_err *err);
/* Remove a folder and the files in it; a link is neither followed nor removed. 0 or -errno. */
int rx_remove_folder(const char *path);

/* The journal at path for appending: a descriptor or -errno. */
int rx_journal_open(const char *path, int flags, struct rx_err *err);
/* The text of a value on one line, taking it; NULL: a text in it is not UTF-8. The caller frees. */
char *rx_journal_text(json_t *json);
/* Append lines with one write(2). */
int rx_journal_write(int fd, const char *lab, const char *lines, struct rx_err *err);
/* Append one line; takes json. */
int rx_journal_append(int fd, const char *lab, json_t *json, struct rx_err *err);
enum rx_journal_care {
	RX_JOURNAL_READ,
	RX_JOURNAL_MEND,    /* what a kill cut off is taken away */
	RX_JOURNAL_SALVAGE, /* what cannot be read is passed over, the header too */
};
/* The lines from the first on, the header left out. */
typedef int rx_journal_line_fn(void *arg, const json_t *json, struct rx_err *err);
int rx_journal_read(int fd, enum rx_journal_care care, struct rx_ledger_header *header,
		    rx_journal_line_fn *line, void *arg, struct rx_err *err);

json_t *rx_ledger_header_to_json(const struct rx_ledger_header *header);

#endif
