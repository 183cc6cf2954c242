/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the lab share. The tests run in the top directory of the source. */
#ifndef RXELAB_TESTS_UNIT_LAB_TEST_H
#define RXELAB_TESTS_UNIT_LAB_TEST_H

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netns/base/file.h"
#include "netns/base/memory.h"
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

/* The sink of -v: with it each line of several mistakes ends with its id. */
static inline void lab_untraced(const char *line)
{
	(void)line;
}

/* One line of a message against "[LINE:COLUMN] id WORD...". id NULL: it ends the line. */
static inline void assert_mistake(char *line, const char *id, char *wanted)
{
	char place[32], *saved = NULL, *word = strtok_r(wanted, " ", &saved);

	if (!id) {
		line[strlen(line) - 1] = '\0';
		id = strrchr(line, '[') + 1;
	}
	if (isdigit((unsigned char)*word)) {
		snprintf(place, sizeof(place), ":%s: ", word);
		if (!strstr(line, place))
			fail_msg("not at %s: %s", word, line);
		word = strtok_r(NULL, " ", &saved);
	}
	assert_string_equal(id, word);
	while ((word = strtok_r(NULL, " ", &saved)))
		if (!strstr(line, word))
			fail_msg("does not name %s: %s", word, line);
}

/* The mistakes that err must tell of, "[LINE:COLUMN] id WORD..." a line: the words are the names
 * and values that the sentence has somewhere. What else it says is free. */
static inline void assert_mistakes(const struct rx_err *err, const char *expected)
{
	char *said = rx_strdup(err->text), *line_at = said, *line;
	char *mistakes = rx_strdup(expected), *at = mistakes, *mistake;
	bool several = !strcmp(err->id, RX_SEVERAL);
	unsigned long left;

	assert_int_equal(err->status, RX_USAGE);
	while ((mistake = rx_next_line(&at))) {
		line = rx_next_line(&line_at);
		if (!line)
			fail_msg("not told of: %s", mistake);
		if (several && line[strlen(line) - 1] != ']') {
			/* what did not fit is counted */
			left = strtoul(line + strcspn(line, "0123456789"), NULL, 10);
			for (; mistake; mistake = rx_next_line(&at))
				left--;
			assert_int_equal(left, 0);
			break;
		}
		assert_mistake(line, several ? NULL : err->id, mistake);
	}
	line = rx_next_line(&line_at);
	if (line)
		fail_msg("not expected: %s", line);
	free(said);
	free(mistakes);
}

/* What parsing text must find, for assert_mistakes. */
static inline void lab_bad(const char *text, const char *expected)
{
	struct rx_lab lab;
	struct rx_err err = {.text = ""};

	rx_set_trace(lab_untraced);
	assert_int_equal(lab_parse_text(text, &lab, &err), -EINVAL);
	assert_mistakes(&err, expected);
}

static inline void assert_cidr(const struct rx_cidr *cidr, const char *expected)
{
	char text[64];

	assert_string_equal(rx_cidr_text(cidr, true, text, sizeof(text)), expected);
}

#endif
