/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_CLI_DEBUG_KILL_H
#define RXELAB_TOOLS_CLI_DEBUG_KILL_H

/* For the tests that kill us everywhere: RXELAB_DEBUG_KILL=K sends SIGKILL (RXELAB_DEBUG_SIGNAL:
 * another number) to this process at the K-th boundary of an operation, counted from 1;
 * RXELAB_DEBUG_COUNT=FILE writes how many there were. Without these variables nothing is
 * installed. */
void rx_debug_kill_install(void);

#endif
