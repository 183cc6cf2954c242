/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and folders as they are found: empty or not, longer than allowed, of several lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/file.h"

static char place[] = "/tmp/rxelab-files-XXXXXX", file[100];

static void put(const char *text, size_t length)
{
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

static void a_folder_is_empty_or_not(void **state)
{
	(void)state;
	assert_int_equal(rx_directory_empty(place), 1);
	put("x", 1);
	assert_int_equal(rx_directory_empty(place), 0);
	assert_int_equal(rx_directory_empty(file), -ENOTDIR);
}

/* What is longer is refused, not cut. */
static void a_text_has_its_limit(void **state)
{
	static char text[10000];
	size_t length = 0;
	char *read;

	(void)state;
	memset(text, 'x', sizeof(text));
	put(text, sizeof(text));
	read = rx_file_text(file, sizeof(text), &length);
	assert_non_null(read);
	assert_int_equal(length, sizeof(text));
	assert_int_equal(strlen(read), sizeof(text));
	free(read);
	assert_null(rx_file_text(file, sizeof(text) - 1, &length));
	assert_int_equal(errno, EFBIG);
}

static void lines_are_cut_from_a_text(void **state)
{
	char text[] = "one\n\ntwo", *cursor = text;

	(void)state;
	assert_string_equal(rx_next_line(&cursor), "one");
	assert_string_equal(rx_next_line(&cursor), "");
	assert_string_equal(rx_next_line(&cursor), "two");
	assert_null(rx_next_line(&cursor));
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(place))
		return -1;
	snprintf(file, sizeof(file), "%s/file", place);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_empty_or_not),
		cmocka_unit_test(a_text_has_its_limit),
		cmocka_unit_test(lines_are_cut_from_a_text),
	};

	return cmocka_run_group_tests_name("files", tests, set_up, tear_down);
}
