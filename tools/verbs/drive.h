/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way in which anything is moved between two endpoints. A play says what each half of a
 * direction, its sender and its receiver, does to prepare, to post and to check. The driver has it
 * done at the halves that are here and asks the other host for those that are there. */
#ifndef RXELAB_TOOLS_VERBS_DRIVE_H
#define RXELAB_TOOLS_VERBS_DRIVE_H

#include "tools/verbs/meeting.h"

enum rx_role { RX_SENDER, RX_RECEIVER, RX_ROLES };

/* What a half tells the other one before anything is posted, beside the QP's own rx_far. */
struct rx_word {
	uint64_t value;
	uint32_t key;
};

#define RX_OBEYED 1

struct rx_drive {
	struct rx_meeting *m;
	const struct rx_play *play;
	unsigned directions; /* those of this act */
	struct rx_conn *conn;
	struct rx_expect expect;
	struct rx_word word[2][RX_ROLES];
	struct rx_fault fault[2][RX_ROLES];
	bool prepared, whole; /* every step was done, at both ends */
	void *state;          /* owned: play->state bytes, zero at first */
};

/* One half of one direction; its end is here. */
struct rx_half {
	struct rx_drive *drive;
	unsigned direction;
	enum rx_role role;
	struct rx_port *port;     /* its end */
	const struct rx_far *far; /* the other end; of a play without a QP: of no account */
	const struct rx_word *heard;
	struct rx_word *word;
	struct rx_fault *fault;
};

/* 0, or -1 with half->fault filled. */
typedef int rx_half_step(struct rx_half *half);

struct rx_play {
	rx_half_step *prepare, *post, *check; /* NULL: nothing to do */
	void (*finish)(struct rx_half *half); /* after every prepare, whatever became of it */
	enum rx_qp_kind kind;
	enum rx_family family;
	bool no_qp; /* it makes its own connection */
	bool turns; /* the directions one after the other */
	bool late;  /* senders post first; receivers that are not ready say so for longer */
	int status; /* the completion that must come; its QPs are gone then */
	/* with status: why a device that does it all the same is let off. Its check looks whether
	 * that is what it did: the sender's word is RX_OBEYED then */
	const char *obeyed;
	double wait;    /* seconds; 0: RX_WAIT */
	uint32_t psn;   /* of the first packet; 0: any */
	size_t state;   /* bytes */
	const void *of; /* what the steps want to know */
};

/* The steps that another host is asked for. */
enum rx_step { RX_STEP_OPEN, RX_STEP_POST, RX_STEP_CHECK, RX_STEP_PART };

/* The end that is on another host: ask for a step, do one's own, hear what became of it. 0; -1 with
 * faults in drive, or that host is gone. */
struct rx_away {
	int (*ask)(struct rx_away *away, struct rx_drive *drive, enum rx_step step);
	int (*hear)(struct rx_away *away, struct rx_drive *drive, enum rx_step step);
};

/* For a play of one message, of RX_MESSAGE bytes: the sender's half posts it, to the receiver's rx
 * area where it says where to. 0, or -1 with the half's fault filled. */
int rx_half_send(struct rx_half *half, enum ibv_wr_opcode opcode, uint32_t rkey);

/* Play it in every direction to try: m->fault is filled. 0, or -1. */
int rx_play(struct rx_meeting *m, const struct rx_play *play);

/* What rx_play is made of, for a host that does its half when asked. */
void rx_drive_begin(struct rx_drive *drive, struct rx_meeting *m, const struct rx_play *play,
		    unsigned directions);
int rx_drive_offer(struct rx_drive *drive);   /* fills conn->far of the ends here */
int rx_drive_prepare(struct rx_drive *drive); /* with conn->far of the others */
int rx_drive_post(struct rx_drive *drive);    /* and wait for all that comes of it */
int rx_drive_check(struct rx_drive *drive);
void rx_drive_end(struct rx_drive *drive);
/* A fault of everything that is here. */
void rx_drive_fault(struct rx_drive *drive, const struct rx_fault *fault);

/* An rx_transfer as a play, and its steps, for plays that add to them. */
struct rx_play rx_transfer_play(const struct rx_transfer *t);
rx_half_step rx_transfer_prepare, rx_transfer_post, rx_transfer_check;

#endif
