/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where results go: -o FILE or standard output. */
#ifndef RXELAB_TOOLS_REPORT_REPORT_FILE_H
#define RXELAB_TOOLS_REPORT_REPORT_FILE_H

#include <stdio.h>

#include "netns/base/error.h"

/* path NULL: standard output. NULL with err filled; the line of progress is cleared. */
FILE *rx_report_open(const char *path, struct rx_err *err);
/* Close it; 0, or -errno when any of it could not be written. */
int rx_report_close(FILE *out, const char *path, struct rx_err *err);

#endif
