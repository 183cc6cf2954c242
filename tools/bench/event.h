/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --at: a fault at a second of each measurement, taken back after it. */
#ifndef RXELAB_TOOLS_BENCH_EVENT_H
#define RXELAB_TOOLS_BENCH_EVENT_H

#include <stdbool.h>

#include "netns/view/view.h"

struct rx_event {
	double at;      /* seconds after counting begins; 0: there is none */
	char text[160]; /* "impair ep2 loss=5%", as it was asked for */
	char target[64];
	char words[8][32]; /* "loss", "5%" by turns */
	unsigned n_words;
};

/* "impair WHERE KEY=VALUE ...", whose keys and values are those of rxelab impair; RX_USAGE. */
int rx_event_read(double at, const char *text, struct rx_event *event, struct rx_err *err);
/* Nothing is called so, or it would not be taken back to an impairment that is there already:
 * RX_FAILED. */
int rx_event_judge(const struct rx_event *event, const struct rx_view *view, struct rx_err *err);
enum rx_event_step {
	/* Before the flows: a netem that changes nothing to speak of. One that is put in while RXE
	 * sends drops what is sent meanwhile, and RXE ends an RC QP for that (qdisc_deactivate(),
	 * rxe_send()). */
	RX_EVENT_PREPARE,
	RX_EVENT_DO,
	RX_EVENT_UNDO,
};
/* By this program's own impair; 0, or -errno with err filled. */
int rx_event_do(const struct rx_event *event, const char *lab, enum rx_event_step step,
		struct rx_err *err);

#endif
