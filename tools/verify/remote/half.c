/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of a play that is on another host, as the driver sees it. */
#include <stddef.h>

#include "tools/verify/remote/session.h"

static const char *const steps[] = {[RX_STEP_OPEN] = "open",
				    [RX_STEP_POST] = "post",
				    [RX_STEP_CHECK] = "check",
				    [RX_STEP_PART] = "part"};

static struct rx_prover *prover_of(struct rx_away *away)
{
	return (struct rx_prover *)((char *)away - offsetof(struct rx_prover, away));
}

static unsigned own_end(const struct rx_drive *drive)
{
	return drive->m->end[0] ? 0 : 1;
}

/* What befell the other half, where that was not said. */
static int blame(struct rx_drive *drive, enum rx_fault_kind kind, const char *text)
{
	unsigned own = own_end(drive);

	rx_fault(&drive->fault[own][RX_RECEIVER], kind, 0, "%s", text);
	return rx_fault(&drive->fault[1 - own][RX_SENDER], kind, 0, "%s", text);
}

static int ask(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	struct rx_prover *p = prover_of(away);
	const struct rx_meeting *m = drive->m;
	json_t *request = json_pack("{s:s}", "do", steps[step]);

	rx_halves_json(drive, request);
	if (step == RX_STEP_OPEN) {
		json_object_update_new(request,
				       json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:i}", "a", m->name[0],
						 "b", m->name[1], "network", m->network, "test",
						 rx_tests[m->test].name, "attempt", (int)m->attempt,
						 "round", (int)m->round, "directions",
						 (int)drive->directions));
		if (drive->conn)
			json_object_set_new(request, "far",
					    rx_far_json(&drive->conn->far[own_end(drive)]));
	}
	return rx_remote_say(p, request) ? blame(drive, RX_FAULT_CUT, p->gone.text) : 0;
}

/* The other end has said why it cannot. */
static bool refused(const struct rx_drive *drive)
{
	unsigned own = own_end(drive);

	return drive->fault[own][RX_RECEIVER].kind || drive->fault[1 - own][RX_SENDER].kind;
}

static int hear(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	struct rx_prover *p = prover_of(away);
	unsigned own = own_end(drive);
	struct rx_err err = {0};
	json_t *answer;
	const json_t *far;
	bool good;

	if (rx_remote_hear(p, &answer, RX_REMOTE_ANSWER + drive->play->wait, &err))
		return blame(drive, p->gone.code ? RX_FAULT_CUT : RX_FAULT_REFUSED, err.text);
	good = rx_halves_read(answer, drive);
	/* it has a QP unless it says why not */
	far = json_object_get(answer, "far");
	if (good && step == RX_STEP_OPEN && drive->conn)
		good = far ? rx_far_read(far, &drive->conn->far[1 - own]) : refused(drive);
	json_decref(answer);
	return good ? 0
		    : blame(drive, RX_FAULT_REFUSED, "unexpected reply: is this rxelab verify?");
}

void rx_remote_half(struct rx_prover *p)
{
	p->away = (struct rx_away){ask, hear};
}
