/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RXELAB_TOOLS_LAB_VIEW_OUTPUT_H
#define RXELAB_TOOLS_LAB_VIEW_OUTPUT_H

#include <jansson.h>

#include "netns/view/view.h"

/* To standard output: json (docs/reference/json.md describes the object), or in any other format,
 * or NULL, two lines on the lab and a table of its endpoints: with every column, or (not wide) so
 * that a common lab fits 80 columns. */
void rx_view_print(const struct rx_view *view, const char *format, bool wide);
/* Look at a lab and print it so. */
int rx_view_show(const char *lab_name, const char *format, bool wide, struct rx_err *err);
#define RX_WIDE \
	RX_FLAG("wide", 0, wide, "every column: namespaces, MACs, and why this plane was chosen")
/* What netem does just now, for the records of whoever measures: a list of
 * {"node","network","netdev","impair"}, and a line each for people (nothing when nothing is
 * impaired). */
json_t *rx_view_impairments_json(const struct rx_view *view);
void rx_view_print_impairments(const struct rx_view *view, FILE *out);
/* Whether anything differs from what was made. */
bool rx_view_drifts(const struct rx_view *view);

#endif
