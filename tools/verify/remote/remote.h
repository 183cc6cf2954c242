/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify across hosts. The prover (verify --remote) has the endpoints of its own host, the
 * responder (verify --serve) those of another; what they say to each other is JSON over TCP
 * (wire.h):
 *
 *   {"rxelab":2,"lab","host","hosts","salt"}
 *       {"host","hosts","plane","kernel","endpoints":[{"name","network","mac"}]}
 *   {"do":"look","tests":[NAME]}    {"results","gids"}: the tests that look at its endpoints
 *   then for each pair, test, attempt and round, the steps of tools/verbs/drive.h:
 *   {"do":"open","a","b","network","test","attempt","round","directions","far"}
 *                                   {"far","words","faults"}: its half is prepared
 *   {"do":"post","words"}           {"words","faults"}: both have posted, and waited
 *   {"do":"check","words"}          {"words","faults"}
 *   {"do":"part"}                   {"words","faults"}
 *   and {"do":"bye","passed","failed"}                  {}
 *
 * An answer may be {"error"}: the request could not be understood. "words" and "faults" are those
 * of the halves, by direction and role; a fault may be null.
 *
 *   wire      objects over TCP, a line each
 *   words     what goes over it, as structs
 *   session   one question of the prover
 *   half      the steps of a half that is on another host
 *   prove     the prover
 *   serve     the responder */
#ifndef RXELAB_TOOLS_VERIFY_REMOTE_REMOTE_H
#define RXELAB_TOOLS_VERIFY_REMOTE_REMOTE_H

#include "tools/cli/command.h"
#include "tools/verify/diagnose.h"

#define RX_REMOTE_PROTOCOL 2
#include "tools/verify/remote/wire.h"
#include "tools/verify/verify.h"

/* words.c: what goes over the wire. The readers return false for what is not well formed. */
json_t *rx_far_json(const struct rx_far *far);
bool rx_far_read(const json_t *json, struct rx_far *far);
json_t *rx_fault_json(const struct rx_fault *fault);
bool rx_fault_read(const json_t *json, struct rx_fault *fault);
/* Add "words" and "faults" to a message; take those of the halves that are not here. */
void rx_halves_json(const struct rx_drive *drive, json_t *message);
bool rx_halves_read(const json_t *message, struct rx_drive *drive);
/* The ends of m that are here (the rest stays NULL), from fabric, and the lab's word on both. The
 * number in the lab is that of the file, from 0. False: there is no such endpoint, or it is not on
 * that network. */
bool rx_remote_ends(const struct rx_fabric *fabric, const char *const names[2], const char *network,
		    struct rx_meeting *m);
/* Neighbours of another host, where `up` made none. */
void rx_remote_prime(const struct rx_fabric *fabric, const struct rx_meeting *m);
/* What differs from what was made at the ends that are here, of a fault that has none of it yet. */
void rx_remote_blame(const struct rx_meeting *m, struct rx_fault *fault);

/* prove.c, serve.c */

struct rx_prove {
	const struct rx_strings *remotes; /* addresses of responders */
	double wait;                      /* seconds: for a responder to listen */
};
/* Look at the endpoints of all hosts that answer and prove every pair of a local and a remote one;
 * results go to v->results, by the numbers of v->view, which is the whole lab (rx_remote_whole).
 * Returns 0; -ETIME or -EINTR as rx_verify_run; or the error of the first host that was not
 * reached to the end, with what the others gave in v->results. v->cut says what is missing. */
int rx_remote_prove(struct rx_verify *v, const struct rx_view *own, const struct rx_prove *prove,
		    struct rx_err *err);
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
