/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe found, kept for this boot: believed for the same kernel, rdma_rxe, helper and RDMA
 * mode, and for no other. */
#ifndef RXELAB_KMOD_HELPERS_KNOWN_H
#define RXELAB_KMOD_HELPERS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/plan/facts.h"

#define RX_KNOWN_FILE "/run/rxelab.probe"

/* Room for a key. */
#define RX_KNOWN_KEY 600

/* What the answer depends on, in one line: boot, kernel, facts->rdma_mode, and the builds of the
 * modules that give it, below folder (/sys/module). false: one of them cannot be told, so nothing
 * is to be kept. */
bool rx_known_key(const char *folder, const struct rx_facts *facts, char *key, size_t size);
/* Fill what rx_probe() fills from path, if it is about key. */
bool rx_known_read(const char *path, const char *key, struct rx_facts *facts);
/* A file that cannot be written is only not there. */
void rx_known_write(const char *path, const char *key, const struct rx_facts *facts);

#endif
