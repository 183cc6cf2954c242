/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print with: JSON for programs, notes and progress on a terminal. */
#ifndef RXELAB_TOOLS_CLI_OUTPUT_H
#define RXELAB_TOOLS_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "netns/base/error.h"

/* Print and free a JSON value: indented, keys in the order they were set, a newline at the end. */
int rx_json_print(json_t *value, FILE *out);
/* What a command that failed prints in place of a document: {"lab", "status": "fail", "id",
 * "error"} in one line; lab NULL: it is about none. Nothing where a document was printed. */
void rx_json_failure(const char *lab, const struct rx_err *err);
/* A string, or null for NULL and "". */
json_t *rx_json_string(const char *text);
/* The same, but "" for "". Bytes that are not UTF-8 become U+FFFD in both. */
json_t *rx_json_text(const char *text);
/* A copy that is UTF-8, whatever the bytes were. Caller frees. */
char *rx_utf8(const char *text);

/* One line on standard error that overwrites itself; nothing at all unless standard error is a
 * terminal. */
void rx_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool rx_progress_shows(void); /* whether it would print anything */
void rx_progress_clear(void);

/* "rxelab: ..." on standard error. */
void rx_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "rxelab: warning: ..." */
#define rx_warn(...) rx_note("warning: " __VA_ARGS__)

/* Words from text up to end, folded at the terminal's width (80 where out is none), with so many
 * spaces before each line but the first. An empty line stays. Ends with a newline. */
void rx_print_folded(FILE *out, const char *text, const char *end, int indent);

/* Colours: "" unless out is a terminal and NO_COLOR is unset. */
const char *rx_colour(FILE *out, const char *name); /* "red", "green", "yellow", "bold", "reset" */

/* Text as XML 1.0 takes it, in an element or between double quotes. */
void rx_xml_write(const char *text, FILE *out);

#endif
