/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the lab share. The tests run in the top directory of the source. */
#ifndef RXELAB_TESTS_UNIT_LAB_TEST_H
#define RXELAB_TESTS_UNIT_LAB_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netns/lab/lab.h"

static inline int lab_parse_text(const char *text, struct rx_lab *lab, struct rx_err *err)
{
	return rx_lab_parse(text, strlen(text), "lab.yaml", lab, err);
}

/* A lab that must be good, as written. */
static inline struct rx_lab lab_good(const char *text)
{
	struct rx_lab lab;
	struct rx_err err = {.text = ""};

	if (lab_parse_text(text, &lab, &err))
		fail_msg("%s", err.text);
	return lab;
}

/* The same, completed. */
static inline struct rx_lab lab_whole(const char *text)
{
	struct rx_lab lab = lab_good(text);
	struct rx_err err = {.text = ""};

	if (rx_lab_complete(&lab, &err))
		fail_msg("%s", err.text);
	return lab;
}

/* The lab as a file; caller frees. */
static inline char *lab_text(const struct rx_lab *lab)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(rx_lab_write(lab, out), 0);
	fclose(out);
	return text;
}

/* One sentence that parsing text must give. */
static inline void lab_bad(const char *text, const char *expected)
{
	struct rx_lab lab;
	struct rx_err err = {.text = ""};

	assert_int_equal(lab_parse_text(text, &lab, &err), -EINVAL);
	assert_int_equal(err.status, RX_USAGE);
	assert_string_equal(err.text, expected);
}

static inline void assert_cidr(const struct rx_cidr *cidr, const char *expected)
{
	char text[64];

	assert_string_equal(rx_cidr_text(cidr, true, text, sizeof(text)), expected);
}

#endif
