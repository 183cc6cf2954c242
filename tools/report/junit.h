/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JUnit's XML. */
#ifndef RXELAB_TOOLS_REPORT_JUNIT_H
#define RXELAB_TOOLS_REPORT_JUNIT_H

#include <stddef.h>
#include <stdio.h>

struct rx_junit {
	FILE *out;
	int decimals; /* of seconds */
};

struct rx_junit_suite {
	const char *name;
	size_t tests, failures, skipped, errors;
	double seconds;
};

struct rx_junit_case {
	const char *suite, *name;
	double seconds;      /* below 0: not told */
	const char *tag;     /* "failure", "skipped", "error", "system-out"; NULL: it passed */
	const char *message; /* NULL: none */
	const char *text;    /* between the tags; NULL: none */
};

void rx_junit_begin(const struct rx_junit *junit);
void rx_junit_suite(const struct rx_junit *junit, const struct rx_junit_suite *suite);
void rx_junit_case(const struct rx_junit *junit, const struct rx_junit_case *test);
void rx_junit_suite_end(const struct rx_junit *junit);
void rx_junit_end(const struct rx_junit *junit);

#endif
