/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the endpoints of a lab truly independent, and does every pair of them talk?
 *
 *   verify          the run: what is selected, the view it needs, the lab's own tests
 *   schedule        which pair is tried when, and again
 *   attempt         one attempt at a test
 *   tests.c         the table of tests; tests/ has them, a file for each kind
 *   diagnose        what is wrong on the way that failed
 *   crossing        what the counters say of the way
 *   results         one verdict after the other
 *   matrix          the table; formats: JSON, TAP and JUnit
 *   remote/         the same between two hosts */
#ifndef RXELAB_TOOLS_VERIFY_VERIFY_H
#define RXELAB_TOOLS_VERIFY_VERIFY_H

#include <signal.h>
#include <stdio.h>

#include "tools/verbs/drive.h"
#include "tools/verify/results.h"

#define RX_MAX_TESTS 40
#define RX_BREADTH_ENDPOINTS 8 /* up to here the wider tests take all pairs, beyond it the ring */

struct rx_verify {
	struct rx_view *view;
	struct rx_fabric fabric;
	struct rx_pairs pairs;
	bool selected[RX_MAX_TESTS];
	struct rx_results results;
	unsigned *turn; /* of each pair, for tests whose rounds they share; owned, or NULL */
	unsigned turns;
	uint64_t salt; /* of the payload, another one each run */
	struct rx_until until;
	atomic_bool stop; /* it is over */
	char cut[320];    /* why the results are not all that was asked for; "": they are */
};

enum rx_scope {
	RX_SCOPE_PAIR,  /* a meeting of two endpoints; others meet meanwhile */
	RX_SCOPE_ALONE, /* a meeting while nothing else runs */
	RX_SCOPE_LAB,   /* looks at the lab, adds its own results */
};

#define RX_TROUBLE 512
typedef void rx_lab_test(struct rx_verify *v, unsigned test);
typedef void rx_port_test(const struct rx_fabric *fabric, const struct rx_port *port,
			  char trouble[RX_TROUBLE]);

struct rx_test {
	const char *name;
	const char *what; /* one line */
	enum rx_scope scope;
	bool negative; /* provokes errors; not part of "all" */
	bool breadth;  /* see RX_BREADTH_ENDPOINTS */
	/* compares the view's GIDs; without such a test the view need not look for them */
	bool view_gids;
	/* passes without the view's word on what the kernel has; if all are, it is asked after a
	 * failure */
	bool blind;
	/* NULL, or the reason why this lab on this kernel cannot; may be NULL itself */
	const char *(*cannot)(const struct rx_fabric *fabric);
	rx_lab_test *lab;
	/* the same for each port; trouble is empty before, and stays so if all is well */
	rx_port_test *port;
	/* NULL, or why these two cannot; may be NULL itself */
	const char *(*why_not)(const struct rx_meeting *m);
	/* what is moved between two endpoints: a play, or transfers one after the other */
	const struct rx_play *play;
	const struct rx_transfer *transfer;
	unsigned rounds; /* how many transfers; 0: one */
	bool shared;     /* all pairs together do all rounds, each in turn some of them */
};

extern const struct rx_test rx_tests[];
extern const unsigned rx_n_tests;

/* --tests: names, "all", "negative", joined by commas; NULL: all. An unknown one is RX_USAGE. */
int rx_verify_select(const char *text, bool selected[RX_MAX_TESTS], struct rx_err *err);
/* The view that these tests need. */
int rx_verify_view(const char *lab, const bool selected[RX_MAX_TESTS], struct rx_view *view,
		   struct rx_err *err);
uint64_t rx_verify_salt(void);
/* Run everything selected. Returns 0, -ETIME when the deadline passed, -EINTR when a signal came
 * (v->cut says so), or -errno with err filled. */
int rx_verify_run(struct rx_verify *v, struct rx_err *err);
/* Whether this pair has this test. */
bool rx_test_applies(const struct rx_verify *v, unsigned test, const struct rx_pair *pair);
/* The tests that look at the endpoints of v->fabric. */
void rx_verify_look(struct rx_verify *v);
/* Whether to stop: the deadline or a signal. Sets v->stop and v->cut. */
bool rx_verify_stopped(struct rx_verify *v);
unsigned rx_test_number(const char *name); /* rx_n_tests: there is none */

/* Try a test on both ends of a meeting: m->fault of each direction to try. */
void rx_test_run(struct rx_meeting *m, unsigned test);
typedef bool rx_is_tried(const void *of, const struct rx_pair *pair);
/* Number the pairs that are tried and have the wider tests, whose rounds they share: v->turn, which
 * the caller frees. */
void rx_verify_number(struct rx_verify *v, rx_is_tried *is_tried, const void *of);
/* The meeting's turn is that of this pair. */
void rx_verify_turn(const struct rx_verify *v, size_t pair, struct rx_meeting *m);
/* One round of it. */
struct rx_play rx_test_play(const struct rx_test *test, unsigned round);
unsigned rx_test_rounds(const struct rx_test *test);

/* Run the tests of pairs, both kinds of scope, with repetition of what failed (schedule.c). */
void rx_schedule_run(struct rx_verify *v);

/* "rc-send ep1 -> ep2 on red": neither "#" nor a line break can be in it, names being what they
 * are. Returns text. */
#define RX_SUBJECT 160
const char *rx_verify_subject(const struct rx_verify *v, const struct rx_subject *of,
			      char text[RX_SUBJECT]);
/* The four formats (matrix.c, formats.c). Return 0 or -EIO. */
int rx_verify_table(const struct rx_verify *v, FILE *out);
int rx_verify_json(const struct rx_verify *v, FILE *out);
int rx_verify_tap(const struct rx_verify *v, FILE *out);
int rx_verify_junit(const struct rx_verify *v, FILE *out);

/* The tests themselves. */
void rx_test_each_port(struct rx_verify *v, unsigned test, rx_port_test *look);
rx_lab_test rx_test_ledger, rx_test_gid_distinct, rx_test_udp_4791, rx_test_isolation;
rx_port_test rx_test_gid_owner, rx_test_port_active, rx_test_rdma_mtu;
extern const struct rx_play rx_play_path, rx_play_fetch_add, rx_play_compare_swap, rx_play_ud_send,
	rx_play_ud_room, rx_play_multicast, rx_play_memory_window, rx_play_cm,
	rx_play_rkey_violation, rx_play_late, rx_play_window_bounds, rx_play_window_invalidated,
	rx_play_oversized_send, rx_play_dead_peer, rx_play_atomic_write, rx_play_flush;

/* Fails where the receiver's area, from this byte on, is not as it was before. */
int rx_check_untouched(struct rx_half *half, unsigned from);

const char *rx_no_ipv6(const struct rx_meeting *m);
const char *rx_no_link_local(const struct rx_meeting *m);
const char *rx_no_multicast(const struct rx_meeting *m);
const char *rx_cannot_atomic(const struct rx_fabric *fabric);
const char *rx_cannot_atomic_write(const struct rx_fabric *fabric);
const char *rx_cannot_flush(const struct rx_fabric *fabric);
const char *rx_cannot_room(const struct rx_fabric *fabric);
const char *rx_cannot_window(const struct rx_fabric *fabric);

#endif
