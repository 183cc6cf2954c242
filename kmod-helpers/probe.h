/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel's RXE can do, found by trying it in a scratch namespace that nothing
 * names. */
#ifndef RXELAB_KMOD_HELPERS_PROBE_H
#define RXELAB_KMOD_HELPERS_PROBE_H

#include "netns/plan/facts.h"

/* Needs rdma_rxe and veth loaded. Makes a namespace, a veth pair and an RXE in it, looks, and
 * deletes them; a kill in the middle leaves nothing, because the namespace dies with its thread.
 * Fills netns_plane and its reason, and in exclusive mode can_move and born_in_netns. Takes about
 * 0.2 s under emulation. */
int rx_probe(struct rx_facts *facts, struct rx_err *err);
/* The same from memory (known.h), where this boot has seen it. */
int rx_probe_once(struct rx_facts *facts, struct rx_err *err);

#endif
