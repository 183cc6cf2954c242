/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/steering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod-helpers/modules/modules.h"

void rx_steering_choose(struct rx_facts *facts)
{
	const char *forced = getenv("RXELAB_DEBUG_STEER");
	struct rx_err err = {0};

	facts->steer = RX_STEER_FLOWER;
	if (forced && !strcmp(forced, rx_steer_kind_name(RX_STEER_FLOWER)))
		snprintf(facts->steer_reason, sizeof(facts->steer_reason),
			 "RXELAB_DEBUG_STEER asks for it");
	else if (rx_module_check("cls_bpf", &err) || rx_steer_try(&err))
		snprintf(facts->steer_reason, sizeof(facts->steer_reason), "%s", err.text);
	else
		facts->steer = RX_STEER_EBPF;
	rx_trace("probe: steering by %s%s%s", rx_steer_kind_name(facts->steer),
		 *facts->steer_reason ? ": " : "", facts->steer_reason);
}

const char *const *rx_steering_modules(enum rx_steer_kind kind)
{
	static const char *const ebpf[] = {"sch_ingress", "cls_bpf", NULL};
	static const char *const flower[] = {"sch_ingress", "cls_flower", "act_pedit",
					     "act_skbedit", "act_mirred", "act_gact",
					     NULL};
	static const char *const none[] = {NULL};

	return kind == RX_STEER_EBPF ? ebpf : kind == RX_STEER_FLOWER ? flower : none;
}
