/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KTAP, version 1 (Documentation/dev-tools/ktap.rst of the kernel). */
#ifndef RXELAB_TOOLS_REPORT_TAP_H
#define RXELAB_TOOLS_REPORT_TAP_H

#include <stddef.h>
#include <stdio.h>

#include "tools/report/outcome.h"

#define RX_TAP_LEVELS 4

/* Begins as {.out = ...}. */
struct rx_tap {
	FILE *out;
	unsigned level;               /* tests that are open, the one around all included */
	size_t number[RX_TAP_LEVELS]; /* results so far, by level */
};

/* A test of n results begins; subtest NULL: the one around all. Its own result follows after
 * rx_tap_close. */
void rx_tap_open(struct rx_tap *tap, const char *subtest, size_t n);
void rx_tap_close(struct rx_tap *tap);
/* why: of a failure it is a line before, else it stands behind the directive; NULL: not known. */
void rx_tap_result(struct rx_tap *tap, enum rx_outcome outcome, const char *name, const char *why);
/* "Bail out!": what is above is not all. */
void rx_tap_bail(struct rx_tap *tap, const char *why);
/* A line for people. */
void rx_tap_note(struct rx_tap *tap, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
