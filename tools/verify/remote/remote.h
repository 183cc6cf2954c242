/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify across hosts. The prover (verify --remote) has the endpoints of its own host, the
 * responder (verify --serve) those of another; what they say to each other is JSON over TCP
 * (wire.h):
 *
 *   {"rxelab":1,"lab","host","hosts","salt"}
 *       {"host","plane","kernel","endpoints":[{"name","network","mac"}]}
 *   then for each pair and test
 *   {"do":"join","test","yours","mine","network","far"} {"far"}
 *       QPs are joined, receives posted
 *   {"do":"run"}                                        {"out","in"}
 *       both send, each waits for its completions
 *   {"do":"check"}                                      {"out","in","moved"}
 *       every byte compared, counters read
 *   {"do":"part"}                                       {}
 *   or {"do":"cm-listen"}, {"do":"cm-report"}, {"do":"cm-connect"}
 *   and {"do":"bye","passed","failed"}                  {}
 *
 * An answer may be {"error"}: the request could not be understood. "out" is a fault of what that
 * end sent, "in" of what it received; null: none.
 *
 *   wire      objects over TCP, a line each
 *   words     what goes over it, as structs
 *   end       one end of a pair, on either side
 *   session   one question of the prover
 *   cm        rdma_cm in both directions, the prover's side
 *   prove     the prover
 *   serve     the responder */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_REMOTE_H
#define RXELAB_TOOLS_VERIFY_REMOTE_REMOTE_H

#include "tools/cli/command.h"
#include "tools/verbs/cm-child.h"
#include "tools/verbs/qp.h"
#include "tools/verify/diagnose.h"
#include "tools/verify/remote/wire.h"
#include "tools/verify/verify.h"

struct rx_remote_test {
	const char *name; /* as in rx_tests */
	bool cm;          /* rdma_cm, else a transfer */
	struct rx_transfer transfer;
	bool counters; /* judged by what the counters of both ends moved */
};
extern const struct rx_remote_test rx_remote_tests[]; /* ends with a NULL name */
const struct rx_remote_test *rx_remote_test(const char *name);

/* Directions as an end sees them: what it sends, and what it receives. */
enum { RX_OUT, RX_IN };

/* One end of a pair. */
struct rx_remote_end {
	struct rx_meeting m; /* end[0] is here, end[1] is not; numbers in the whole lab */
	struct rx_exchange exchange;
	const struct rx_remote_test *test;
	const struct rx_lab *lab;
	const struct rx_iface *peer; /* the other end's, as the lab file decides it */
	struct rx_far far;
	struct rx_reading before;
};

/* The test that is to be tried at this end, without faults. */
void rx_remote_begin(struct rx_remote_end *end, const struct rx_remote_test *test);
/* Make the QP; *own: what the other end must know. 0, or -1 with a fault. */
int rx_remote_open(struct rx_remote_end *end, struct rx_far *own);
/* Join it to end->far, read the counters, make end->exchange ready: what follows is
 * rx_exchange_move. 0, or -1 with a fault. */
int rx_remote_join(struct rx_remote_end *end);
/* Compare what came; how far the counters moved. */
void rx_remote_check(struct rx_remote_end *end, struct rx_moved *moved);
/* What differs from what was made at this end's endpoint is added to the faults that there are. */
void rx_remote_blame(struct rx_remote_end *end);
/* This end of a connection by rdma_cm, as a process; port: where the server listens, 0: it is this
 * end. 0 or -errno. */
int rx_remote_cm(const struct rx_remote_end *end, uint16_t port, struct rx_cm_child *child);

/* words.c: what goes over the wire. The readers return false for what is not well formed. */
json_t *rx_far_json(const struct rx_far *far);
bool rx_far_read(const json_t *json, struct rx_far *far);
json_t *rx_fault_json(const struct rx_fault *fault);
bool rx_fault_read(const json_t *json, struct rx_fault *fault);
json_t *rx_moved_json(const struct rx_moved *moved);
bool rx_moved_read(const json_t *json, struct rx_moved *moved);
/* The port of the local endpoint of that name on that network; NULL. */
struct rx_port *rx_remote_port(const struct rx_fabric *fabric, const char *name,
			       const char *network);
/* The interface of another host's endpoint; number: in the whole lab, from 1. NULL. */
const struct rx_iface *rx_remote_iface(const struct rx_lab *lab, const char *name,
				       const char *network, unsigned *number);

/* prove.c, serve.c */

struct rx_prove {
	const struct rx_strings *remotes; /* addresses of responders */
	double wait;                      /* seconds: for a responder to listen */
	const volatile sig_atomic_t *stop;
};
/* Prove every pair of a local and a remote endpoint; results go to v->results, by the numbers of
 * v->view, which is the whole lab (rx_remote_whole). Returns 0, -ETIME when v->deadline passed, or
 * an error. */
int rx_remote_prove(struct rx_verify *v, const struct rx_view *own, const struct rx_prove *prove,
		    struct rx_err *err);
/* --tests, for hosts. An unknown one, or one that needs both ends on one host, is RX_USAGE. */
int rx_remote_select(const char *text, bool selected[RX_MAX_TESTS], struct rx_err *err);
/* A view with the endpoints of all hosts in the order of the file, for pairs and reports; remote
 * ones have no interfaces. nodes is owned by the caller; everything else is own's. */
void rx_remote_whole(const struct rx_view *own, struct rx_view *whole);

struct rx_serve {
	const char *lab, *address; /* address NULL: every one of this host */
	bool once;                 /* end after one prover */
	double deadline;           /* rx_now(); 0: none */
	const volatile sig_atomic_t *stop;
};
/* Answer provers until *stop. Returns an exit status or -errno. */
int rx_remote_serve(const struct rx_serve *serve, struct rx_err *err);

#endif
