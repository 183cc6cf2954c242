/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print with: JSON for programs, notes and progress on a terminal. */
#ifndef RXELAB_TOOLS_CLI_OUTPUT_H
#define RXELAB_TOOLS_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Print and free a JSON value: indented, keys in the order they were set, a newline at the end. */
int rx_json_print(json_t *value, FILE *out);
/* A string, or null for NULL and "". */
json_t *rx_json_string(const char *text);

/* One line on standard error that overwrites itself; nothing at all unless standard error is a
 * terminal. */
void rx_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool rx_progress_shows(void); /* whether it would print anything */
void rx_progress_clear(void);

/* "rxelab: warning: ..." on standard error. */
void rx_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "rxelab: ..." on standard error. */
void rx_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Colours: "" unless out is a terminal and NO_COLOR is unset. */
const char *rx_colour(FILE *out, const char *name); /* "red", "green", "yellow", "bold", "reset" */

#endif
