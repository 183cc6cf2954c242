/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host made ready for a lab: modules, RDMA namespace mode, /run/netns. All of it is recorded in
 * the host's own ledger and undone when the last lab goes. Call these with the host's lock
 * (rx_lock(RX_HOST_LEDGER)) held. */
#ifndef RXELAB_KMOD_HELPERS_HOST_H
#define RXELAB_KMOD_HELPERS_HOST_H

#include "netns/apply/apply.h"
#include "netns/plan/facts.h"

struct rx_host_hooks {
	void (*warn)(const char *text);
	const volatile sig_atomic_t *stop;
	double deadline; /* CLOCK_MONOTONIC; 0: none */
};

/* Load what the lab needs, find out what the kernel can do, set the RDMA mode where the lab asks
 * for it or needs it. facts is filled, also for the plan. What was done stays recorded;
 * rx_host_release undoes it when no lab is left. */
int rx_host_prepare(const struct rx_lab *lab, const struct rx_host_hooks *hooks,
		    struct rx_facts *facts, struct rx_err *err);

/* Load one more module for a lab that is up, recorded like the others. */
int rx_host_need_module(const char *name, const struct rx_host_hooks *hooks, struct rx_err *err);

/* Make RCU's grace periods short for the whole host until rx_host_unexpedite, recorded: most of the
 * time that an RXE takes to be made is waiting for them (docs/explanation/memory-and-time.md).
 * Where another command does it already, that one puts it back. */
int rx_host_expedite(const struct rx_host_hooks *hooks, struct rx_err *err);
int rx_host_unexpedite(const struct rx_host_hooks *hooks, struct rx_err *err);

/* Undo what the host's ledger says, if no lab is left. */
int rx_host_release(const struct rx_host_hooks *hooks, struct rx_err *err);

/* The module operations of struct rx_apply. */
void rx_host_module_hooks(struct rx_apply *apply);

#endif
