/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/drive.h"

#include <stdlib.h>
#include <string.h>

#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "tools/verbs/prime.h"
#include "tools/verbs/wc-status.h"

static bool plays(const struct rx_drive *drive, unsigned direction)
{
	return drive->directions & RX_DIRECTION(direction);
}

/* Do the step at each half that is here, by role. */
static int each_half(struct rx_drive *drive, rx_half_step *step, enum rx_role first)
{
	int rc = 0;

	for (unsigned i = 0; step && i < RX_ROLES; i++)
		for (unsigned direction = 0; direction < 2; direction++) {
			enum rx_role role = i ? 1 - first : first;
			unsigned end = role == RX_SENDER ? direction : 1 - direction;
			struct rx_half half = {
				.drive = drive,
				.direction = direction,
				.role = role,
				.port = drive->m->end[end],
				.far = drive->conn ? &drive->conn->far[1 - end] : NULL,
				.heard = &drive->word[direction][1 - role],
				.word = &drive->word[direction][role],
				.fault = &drive->fault[direction][role],
			};

			if (plays(drive, direction) && half.port && step(&half))
				rc = -1;
		}
	return rc;
}

void rx_drive_fault(struct rx_drive *drive, const struct rx_fault *fault)
{
	for (unsigned direction = 0; direction < 2; direction++)
		for (unsigned role = 0; role < RX_ROLES && plays(drive, direction); role++)
			if (drive->m->end[role == RX_SENDER ? direction : 1 - direction] &&
			    !drive->fault[direction][role].kind)
				drive->fault[direction][role] = *fault;
}

void rx_drive_begin(struct rx_drive *drive, struct rx_meeting *m, const struct rx_play *play,
		    unsigned directions)
{
	memset(drive, 0, sizeof(*drive));
	drive->m = m;
	drive->play = play;
	drive->directions = directions;
	if (play->state)
		drive->state = rx_alloc(1, play->state);
}

/* A QP that is used again would begin at another number, or wait for another time. */
static void choose(struct rx_drive *drive)
{
	struct rx_conn *conn = &drive->m->conn[drive->play->kind];

	if (conn->psn != drive->play->psn || conn->late != drive->play->late)
		rx_conn_down(conn, false);
	conn->psn = drive->play->psn;
	conn->late = drive->play->late;
}

int rx_drive_offer(struct rx_drive *drive)
{
	struct rx_fault fault = {0};

	if (drive->play->no_qp) {
		for (unsigned end = 0; end < 2; end++)
			if (drive->m->end[end] && drive->m->end[end]->problem[0])
				rx_fault(&fault, RX_FAULT_SETUP, 0, "%s",
					 drive->m->end[end]->problem);
	} else {
		choose(drive);
		drive->conn = rx_meeting_offer(drive->m, drive->play->kind, drive->play->family,
					       &fault);
	}
	rx_drive_fault(drive, &fault);
	return fault.kind ? -1 : 0;
}

/* `up` primes the lab's own addresses; link-local ones it does not know, and a cold neighbour costs
 * a second. */
static void prime(const struct rx_drive *drive)
{
	const struct rx_meeting *m = drive->m;

	for (unsigned end = 0; end < 2; end++)
		if (m->end[end] && drive->play->family != RX_MAIN && !m->routed)
			rx_prime_gid(m->end[end], &drive->conn->far[1 - end].gid,
				     m->want[1 - end]->mac);
}

/* What an earlier attempt left there must not pass for what this one brings. */
static void poison(const struct rx_drive *drive)
{
	for (unsigned end = 0; end < 2; end++)
		if (drive->m->end[end] && drive->m->end[end]->rx)
			memset(drive->m->end[end]->rx, RX_POISON, RX_AREA);
}

int rx_drive_prepare(struct rx_drive *drive)
{
	struct rx_fault fault = {0};

	if (drive->conn && !drive->conn->joined) {
		prime(drive);
		if (rx_conn_accept(drive->conn, &fault)) {
			rx_drive_fault(drive, &fault);
			return -1;
		}
	}
	poison(drive);
	drive->prepared = true;
	/* a sender could be too early for a receiver */
	return each_half(drive, drive->play->prepare, RX_RECEIVER);
}

/* The completion that must come: its text is told, anything else is a fault. */
static void judge_status(struct rx_drive *drive, unsigned direction)
{
	struct rx_fault *fault = &drive->fault[direction][RX_SENDER];
	const int wanted = drive->play->status;
	const struct rx_fault got = *fault;
	char text[400];

	memset(fault, 0, sizeof(*fault));
	if (got.kind == RX_FAULT_STATUS && got.code == wanted)
		rx_fault_add(fault, "%s", rx_wc_text(wanted, text, sizeof(text)));
	else if (!got.kind && drive->play->obeyed)
		drive->word[direction][RX_SENDER].value = RX_OBEYED;
	else if (!got.kind)
		rx_fault(fault, RX_FAULT_PAYLOAD, 0, "it passed, where status %d (%s) must come",
			 wanted, rx_wc_status(wanted)->name);
	else
		rx_fault(fault, got.kind == RX_FAULT_CUT ? RX_FAULT_CUT : RX_FAULT_REFUSED, 0,
			 "where status %d (%s) must come: %s", wanted, rx_wc_status(wanted)->name,
			 got.text);
}

static int await(struct rx_drive *drive)
{
	double wait = drive->play->wait > 0 ? drive->play->wait : RX_WAIT;
	struct rx_fault fault[2] = {{0}};
	int rc = rx_conn_wait(drive->conn, &drive->expect, rx_now() + wait, fault);

	for (unsigned direction = 0; direction < 2; direction++) {
		bool sends = drive->m->end[direction] && plays(drive, direction);
		struct rx_fault *own = &drive->fault[direction][sends ? RX_SENDER : RX_RECEIVER];

		if (!own->kind)
			*own = fault[direction];
		if (sends && drive->play->status) {
			judge_status(drive, direction);
			rc = own->kind ? -1 : 0;
		}
	}
	return rc;
}

int rx_drive_post(struct rx_drive *drive)
{
	if (each_half(drive, drive->play->post, drive->play->late ? RX_SENDER : RX_RECEIVER))
		return -1;
	return drive->conn ? await(drive) : 0;
}

int rx_drive_check(struct rx_drive *drive)
{
	return each_half(drive, drive->play->check, RX_RECEIVER);
}

static int finish(struct rx_half *half)
{
	half->drive->play->finish(half);
	return 0;
}

static bool any_fault(const struct rx_drive *drive)
{
	bool any = false;

	for (unsigned i = 0; i < 2 * RX_ROLES; i++)
		any |= drive->fault[i / RX_ROLES][i % RX_ROLES].kind != RX_FAULT_NONE;
	return any;
}

void rx_drive_end(struct rx_drive *drive)
{
	if (drive->prepared && drive->play->finish)
		each_half(drive, finish, RX_RECEIVER);
	/* between hosts each act has its own QPs */
	if (drive->conn &&
	    (drive->play->status || any_fault(drive) || !drive->m->end[0] || !drive->m->end[1]))
		rx_meeting_break(drive->m, drive->play->kind);
	free(drive->state);
	drive->state = NULL;
}

/* One step, here and there at once. */
static int step(struct rx_drive *drive, enum rx_step which, int (*here)(struct rx_drive *))
{
	struct rx_away *away = drive->m->away;
	int rc = away ? away->ask(away, drive, which) : 0;

	if (rc)
		return rc;
	rc = here(drive);
	if (away && away->hear(away, drive, which))
		rc = -1;
	return rc || any_fault(drive) ? -1 : 0;
}

/* The other end can prepare only when it knows this one's QP, and this one only with its answer. */
static int open(struct rx_drive *drive)
{
	struct rx_away *away = drive->m->away;

	if (rx_drive_offer(drive))
		return -1;
	if (away && (away->ask(away, drive, RX_STEP_OPEN) || away->hear(away, drive, RX_STEP_OPEN)))
		return -1;
	return any_fault(drive) ? -1 : rx_drive_prepare(drive);
}

/* Each half has its own verdict then. Returns whether every one was heard. */
static bool check(struct rx_drive *drive)
{
	struct rx_away *away = drive->m->away;

	if (away && away->ask(away, drive, RX_STEP_CHECK))
		return false;
	rx_drive_check(drive);
	return !away || !away->hear(away, drive, RX_STEP_CHECK);
}

/* The fault of a direction is that of its sender, else its receiver's; that one of them cannot be
 * explains what befell the other. */
static void conclude(struct rx_drive *drive, unsigned direction)
{
	const struct rx_fault *sender = &drive->fault[direction][RX_SENDER],
			      *receiver = &drive->fault[direction][RX_RECEIVER];
	struct rx_fault *fault = &drive->m->fault[direction];
	bool second = receiver->kind == RX_FAULT_SKIP || receiver->kind == RX_FAULT_PAYLOAD ||
		      !sender->kind || sender->kind == RX_FAULT_COLLATERAL;

	*fault = second && receiver->kind ? *receiver : *sender;
	if (!fault->kind && !fault->text[0])
		*fault = *receiver;
	/* what befell an end while the other was lost says nothing; wrong bytes are wrong */
	if (rx_fault_may_pass(fault) &&
	    (sender->kind == RX_FAULT_CUT || receiver->kind == RX_FAULT_CUT))
		*fault = sender->kind == RX_FAULT_CUT ? *sender : *receiver;
	if (fault->kind || drive->whole)
		return;
	if (any_fault(drive))
		rx_fault_collateral(fault);
	else
		rx_fault(fault, RX_FAULT_REFUSED, 0, "it was not tried to its end");
}

static void act(struct rx_meeting *m, const struct rx_play *play, unsigned directions)
{
	struct rx_away *away = m->away;
	struct rx_drive drive;

	rx_drive_begin(&drive, m, play, directions);
	drive.whole = !open(&drive) && !step(&drive, RX_STEP_POST, rx_drive_post) && check(&drive);
	for (unsigned direction = 0; direction < 2; direction++)
		if (plays(&drive, direction))
			conclude(&drive, direction);
	rx_drive_end(&drive);
	if (away && !away->ask(away, &drive, RX_STEP_PART))
		away->hear(away, &drive, RX_STEP_PART);
}

int rx_half_send(struct rx_half *half, enum ibv_wr_opcode opcode, uint32_t rkey)
{
	const struct rx_slice local = {half->port->tx, RX_MESSAGE, half->port->mr};
	struct rx_chain chain;
	struct ibv_send_wr *wr;

	if (half->role == RX_RECEIVER)
		return 0;
	wr = rx_chain(&chain, half->drive->conn, half->direction, 1, &local);
	rx_chain_rdma(&chain, 1, opcode, half->far->address + RX_AREA, rkey);
	return rx_conn_send(half->drive->conn, half->direction, wr, half->fault);
}

int rx_play(struct rx_meeting *m, const struct rx_play *play)
{
	int rc = 0;

	if (play->turns) {
		for (unsigned direction = 0; direction < 2; direction++)
			if (rx_meeting_tries(m, direction))
				act(m, play, RX_DIRECTION(direction));
	} else {
		act(m, play, m->directions);
	}
	for (unsigned direction = 0; direction < 2; direction++)
		if (rx_meeting_tries(m, direction) && m->fault[direction].kind)
			rc = -1;
	return rc;
}
