/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running lab, looked at again and again.
 *
 *   figures.c   counters -> rates and sums; order, filter, figures in words: pure
 *   sample.c    the lab -> counters, a stretch at a time
 *   lines.c     for pipes: a line, or a JSON object, for each reading
 *   screen.c    for terminals: ncurses, its only user */
#ifndef RXELAB_TOOLS_WATCH_WATCH_H
#define RXELAB_TOOLS_WATCH_WATCH_H

#include <jansson.h>
#include <signal.h>

#include "netns/kernel/counters.h"
#include "netns/kernel/steer.h"
#include "netns/view/view.h"

/* What the kernel said once of one interface. */
struct rx_sample {
	double at;        /* CLOCK_MONOTONIC, seconds; 0: never read */
	bool netdev, rxe; /* which of the two could be read */
	bool counted;     /* roce could: in the hosted plane */
	struct rx_netdev_counters net;
	struct rx_steer_count roce[RX_STEER_WAYS];
	uint64_t counters[RX_RXE_COUNTERS];
	uint32_t netem_dropped; /* packets that netem lost since it was set; 0 without netem */
};

/* For each second, between the last two samples. */
struct rx_rates {
	/* of RoCE alone where that is counted, else of the netdev */
	double tx_bytes, rx_bytes, tx_packets, rx_packets;
	double sent, rcvd;                                 /* packets, of RXE */
};

/* Counted since the watch began, or since the user set them to zero. */
struct rx_faults {
	uint64_t retries; /* RXE: repeated, out of sequence, receiver not ready: it went on */
	uint64_t errors;  /* RXE: given up */
	uint64_t drops;   /* netdev and netem: lost here */
};

struct rx_watch_row {
	const struct rx_node_view *node;
	const struct rx_iface_view *iface;
	/* "ep1", or "ep1:red" where it has several */
	char name[RX_NODE_NAME_MAX + RX_NETWORK_NAME_MAX + 2];
	char state[16];   /* of the port: "ACTIVE"; "gone"; "router" */
	char impair[128]; /* "" for none */
	struct rx_sample last, now;
	struct rx_rates rates;
	struct rx_faults faults;
};

enum rx_watch_key {
	RX_BY_NAME,
	RX_BY_TX,
	RX_BY_RX,
	RX_BY_SENT,
	RX_BY_RCVD,
	RX_BY_RETRIES,
	RX_BY_ERRORS,
	RX_BY_DROPS,
	RX_WATCH_KEYS
};
extern const char *const rx_watch_key_names[RX_WATCH_KEYS + 1]; /* ends with NULL */

enum rx_watch_show { RX_SHOW_ALL, RX_SHOW_BUSY, RX_SHOW_FAULTY, RX_SHOW_IMPAIRED, RX_WATCH_SHOWS };
extern const char *const rx_watch_show_names[RX_WATCH_SHOWS + 1]; /* ends with NULL */

/* What is shown, and in which order. */
struct rx_watch_order {
	enum rx_watch_key key; /* figures: the largest first; names: as in the lab */
	bool reverse;
	enum rx_watch_show show;
	char filter[64]; /* part of the name, the network, the netdev or the address; "" all */
};

struct rx_watch {
	char lab[RX_LAB_NAME_MAX + 1];
	struct rx_view view;
	struct rx_watch_row *rows; /* owned; one for each interface, as in the lab */
	size_t n;
	size_t next;     /* row that is read next */
	uint64_t inode;  /* of the lab's state folder: another one is another lab */
	int64_t stamp;   /* nanoseconds: when its ledger was last written, as it was opened */
	double interval; /* seconds */
	struct rx_watch_order order;
	size_t limit; /* lines: rows at most; 0: all */
};

/* --- figures.c --- */

/* Take the sample in row->now into rates and faults; row->last is the one before. A counter that
 * fell back (made again) counts from 0. */
void rx_watch_account(struct rx_watch_row *row);
/* What a row is sorted by, and shown as; RX_BY_NAME has none. */
double rx_watch_value(const struct rx_watch_row *row, enum rx_watch_key key);
/* The rows to show, sorted; list has room for all of them. Returns how many. */
size_t rx_watch_sort(const struct rx_watch *watch, const struct rx_watch_row **list);
/* Five characters at most: "0", "999", "1.23k", "45.6M", "789G". Returns buf. */
const char *rx_watch_figure(double value, char buf[16]);
/* All rows in one. */
void rx_watch_total(const struct rx_watch *watch, struct rx_rates *rates, struct rx_faults *faults);

/* --- sample.c --- */

int rx_watch_open(struct rx_watch *watch, struct rx_err *err);
void rx_watch_close(struct rx_watch *watch);
/* Read on until every row was read (1) or until (CLOCK_MONOTONIC) has passed (0). Nothing of the
 * lab is held open between two calls: an open socket would keep a namespace alive that `down` has
 * removed. A lab that was made again is read again; -ENOENT: it is gone. */
int rx_watch_read(struct rx_watch *watch, double until, struct rx_err *err);

/* --- lines.c, screen.c --- */

/* Until count readings were printed (0: for ever) or *stop. */
int rx_watch_lines(struct rx_watch *watch, unsigned count, bool json,
		   const volatile sig_atomic_t *stop, struct rx_err *err);
int rx_watch_screen(struct rx_watch *watch, unsigned count, const volatile sig_atomic_t *stop,
		    struct rx_err *err);

#endif
