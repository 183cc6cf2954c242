/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that run until they are stopped, or that must not be stopped in the middle of
 * something. */
#ifndef RXELAB_TOOLS_CLI_STOP_H
#define RXELAB_TOOLS_CLI_STOP_H

#include <signal.h>

/* The number of the last SIGINT, SIGTERM or SIGHUP since rx_stop_catch; 0: none. */
extern volatile sig_atomic_t rx_stopped;

/* From now on these signals are taken note of and acted on where rx_stopped is looked at. What
 * waits in the kernel is interrupted (no SA_RESTART). */
void rx_stop_catch(void);

#endif
