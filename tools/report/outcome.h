/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test came to, and how it is told: one writer of each format.
 *
 *   outcome   pass, skip, fail, and the two that a known issue makes of them
 *   table     columns for people; the same as Markdown
 *   tap       KTAP
 *   junit     JUnit's XML
 *   report-file  where results go: -o FILE or standard output */
#ifndef RXELAB_TOOLS_REPORT_OUTCOME_H
#define RXELAB_TOOLS_REPORT_OUTCOME_H

#include <stdbool.h>

/* Of several the highest counts: what was skipped says nothing. */
enum rx_outcome {
	RX_SKIP,
	RX_PASS,
	RX_XFAIL, /* failed as a known issue says it does */
	RX_XPASS, /* passed although a known issue says that it fails */
	RX_FAIL,
	RX_OUTCOMES,
};

/* "skip", "pass", "xfail", "xpass", "fail" */
const char *rx_outcome_word(enum rx_outcome outcome);
bool rx_outcome_from_word(const char *word, enum rx_outcome *outcome);

#endif
