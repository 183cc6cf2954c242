/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_VM_SESSION_H
#define RXELAB_TOOLS_VM_SESSION_H

#include "tools/vm/vm.h"

/* How one boot ended. */
struct rx_vm_end {
	bool up;             /* the guest reached its command */
	bool qemu_failed;    /* the emulator itself failed: its log says why */
	bool timed_out;      /* the deadline passed */
	int signal;          /* that ended us; 0: none */
	int exit_status;     /* the command's; -1: never said */
};

/* Boot once and carry the streams to the end. deadline: CLOCK_MONOTONIC seconds. signal_fd:
 * signalfd(2) of the signals that end the guest. Returns 0 with *end filled, or an error if there
 * was no boot. */
int rx_vm_session(const struct rx_vm_boot *boot, double deadline, int signal_fd,
		  struct rx_vm_end *end, struct rx_err *err);

#endif
