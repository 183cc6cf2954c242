/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and folders as they are found: empty or not, longer than allowed, of several lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static void holds(const char *text)
{
	char *is = rx_file_text(file, 1 << 20, NULL);

	assert_non_null(is);
	assert_string_equal(is, text);
	free(is);
}

/* A disk that is full in the middle: the file is as it was, and nothing lies beside it. */
static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
	static char large[1 << 16];
	struct rlimit before, small;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	put("first", 5);
	assert_int_equal(rx_file_replace(file, "second", 6, 0644), 0);
	holds("second");
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 1 << 12;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(rx_file_replace(file, large, sizeof(large) - 1, 0644), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	holds("second");
	unlink(file);
	assert_int_equal(rx_directory_empty(place), 1);
	assert_int_equal(rx_file_replace("/dev/full", "x", 1, 0644), -ENOSPC);
	assert_int_equal(rx_file_replace(file, "new", 3, 0600), 0);
	holds("new");
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

static void a_link_is_followed_and_stays(void **state)
{
	char link[120], said[8];

	(void)state;
	snprintf(link, sizeof(link), "%s/link", place);
	put("x", 1);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(rx_file_replace(link, "new", 3, 0600), 0);
	assert_int_equal(rx_file_read(file, said, sizeof(said)), 0);
	assert_string_equal(said, "new");
	assert_int_equal(readlink(link, said, sizeof(said)) > 0, 1);
	/* one that leads nowhere gives way */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rx_file_replace(link, "own", 3, 0600), 0);
	assert_int_equal(readlink(link, said, sizeof(said)), -1);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(unlink(link), 0);
	put("x", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_empty_or_not),
		cmocka_unit_test(a_text_has_its_limit),
		cmocka_unit_test(lines_are_cut_from_a_text),
		cmocka_unit_test(a_file_is_replaced_whole_or_not_at_all),
		cmocka_unit_test(a_link_is_followed_and_stays),
	};

	return cmocka_run_group_tests_name("files", tests, set_up, tear_down);
}
