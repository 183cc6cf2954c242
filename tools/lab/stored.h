/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as its state folder has it. */
#ifndef RXELAB_TOOLS_LAB_STORED_H
#define RXELAB_TOOLS_LAB_STORED_H

#include "netns/lab/lab.h"

/* Read the lab as it was asked for, completed, its endpoints where attach and detach put them. */
int rx_lab_stored(const char *name, struct rx_lab *lab, struct rx_err *err);
/* A completed lab's MACs: those that it has or had in its record, else those of this machine. */
void rx_lab_settle_macs(struct rx_lab *lab);
/* "/etc/machine-id"; only a test changes it. */
extern const char *rx_machine_id_file;
/* The lab file as it was asked for; NULL: it cannot be read. The caller frees it. */
char *rx_lab_stored_text(const char *name);

#endif
