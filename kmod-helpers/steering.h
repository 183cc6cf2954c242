/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What passes frames between the netdevs of an endpoint of the hosted plane: eBPF, or flower where
 * bpf() is refused (seccomp, a kernel without it) or cls_bpf is missing. */
#ifndef RXELAB_KMOD_HELPERS_STEERING_H
#define RXELAB_KMOD_HELPERS_STEERING_H

#include "netns/plan/facts.h"

/* Sets steer and steer_reason, by trying. RXELAB_DEBUG_STEER=flower in the environment, for tests:
 * flower. */
void rx_steering_choose(struct rx_facts *facts);

/* The modules that it needs, ended by NULL. */
const char *const *rx_steering_modules(enum rx_steer_kind kind);

#endif
