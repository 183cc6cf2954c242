/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building modules, as far as it goes without a kernel: headers, sources of the wrong version,
 * programs that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "kmod-helpers/build/run.h"
#include "netns/base/cleanup.h"

static char scratch[64];

static int make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/rxelab-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
	(void)state;
	rx_build_remove_tree(scratch);
	return access(scratch, F_OK) ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	char folder[256];
	struct rx_err err;

	snprintf(folder, sizeof(folder), "%s/%s", scratch, path);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(rx_build_mkdirs(folder, &err), 0);
	assert_int_equal(rx_build_write(scratch, path, text, &err), 0);
}

/* Headers of a kernel 6.1.176, as Debian has them. */
static void put_headers(void)
{
	put("h/include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1.0-50-amd64\"\n");
	put("h/include/generated/uapi/linux/version.h", "#define LINUX_VERSION_CODE 393648\n");
	put("h/include/generated/package.h", "#define LINUX_PACKAGE_ID \" Debian 6.1.176-1\"\n");
	put("h/.config",
	    "CONFIG_CC_VERSION_TEXT=\"x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14) 12.2.0\"\n");
}

static void take_headers(struct rx_headers *headers)
{
	char path[128];
	struct rx_err err;

	put_headers();
	snprintf(path, sizeof(path), "%s/h", scratch);
	assert_int_equal(rx_headers_find(path, NULL, NULL, headers, &err), 0);
}

static void reads_headers(void **state)
{
	struct rx_headers headers;

	(void)state;
	take_headers(&headers);
	assert_string_equal(headers.release, "6.1.0-50-amd64");
	assert_string_equal(headers.compiler, "gcc-12");
	assert_string_equal(headers.package, "Debian 6.1.176-1");
	assert_int_equal(headers.version[0], 6);
	assert_int_equal(headers.version[1], 1);
	assert_int_equal(headers.version[2], 176);
}

static void names_the_missing_package(void **state)
{
	struct rx_headers headers;
	struct rx_err err;

	(void)state;
	assert_true(rx_headers_find(NULL, "9.9.9-none", NULL, &headers, &err) < 0);
	assert_int_equal(err.status, RX_CANNOT);
	assert_string_equal(err.id, "headers-missing");
	assert_non_null(strstr(err.text, "linux-headers-9.9.9-none"));
	assert_true(rx_headers_find(scratch, NULL, NULL, &headers, &err) < 0);
	assert_string_equal(err.id, "headers-unusable");
	assert_non_null(strstr(err.text, "utsrelease.h"));
}

static void refuses_headers_of_another_kernel(void **state)
{
	struct rx_headers headers;
	char path[128];
	struct rx_err err;

	(void)state;
	put_headers();
	snprintf(path, sizeof(path), "%s/h", scratch);
	assert_true(rx_headers_find(path, "6.1.0-49-amd64", NULL, &headers, &err) < 0);
	assert_string_equal(err.id, "headers-unusable");
	assert_non_null(strstr(err.text, "6.1.0-50-amd64"));
	assert_non_null(strstr(err.text, "6.1.0-49-amd64"));
}

/* A root folder's build link is absolute and must be followed inside it. */
static void follows_links_inside_the_root(void **state)
{
	struct rx_headers headers;
	char link[128];
	struct rx_err err;

	(void)state;
	put("usr/src/k/include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1.0-50-amd64\"\n");
	put("usr/src/k/include/generated/uapi/linux/version.h",
	    "#define LINUX_VERSION_CODE 393648\n");
	put("lib/modules/6.1.0-50-amd64/x", "");
	snprintf(link, sizeof(link), "%s/lib/modules/6.1.0-50-amd64/build", scratch);
	assert_int_equal(symlink("/usr/src/k", link), 0);
	assert_int_equal(rx_headers_find(NULL, "6.1.0-50-amd64", scratch, &headers, &err), 0);
	assert_string_equal(headers.path, "/usr/src/k");
	assert_string_equal(headers.root, scratch);
}

static int take(const char *path, struct rx_source *source, struct rx_err *err)
{
	struct rx_headers headers;
	char from[128], to[128];

	take_headers(&headers);
	put("to/x", "");
	snprintf(from, sizeof(from), "%s/%s", scratch, path);
	snprintf(to, sizeof(to), "%s/to", scratch);
	return rx_source_take(from, &headers, to, 20, source, err);
}

static void takes_only_the_kernels_own_source(void **state)
{
	struct rx_source source;
	struct rx_err err;
	char path[128];

	(void)state;
	put("tree/drivers/infiniband/sw/rxe/rxe_net.c", "net\n");
	put("tree/drivers/infiniband/sw/rxe/Kconfig", "no\n");
	put("tree/Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\nEXTRAVERSION =\n");
	assert_int_equal(take("tree", &source, &err), 0);
	assert_string_equal(source.version, "6.1.176");
	snprintf(path, sizeof(path), "%s/to/rxe_net.c", scratch);
	assert_int_equal(access(path, R_OK), 0);
	snprintf(path, sizeof(path), "%s/to/Kconfig", scratch);
	assert_int_not_equal(access(path, R_OK), 0);
	put("tree/Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 175\n");
	assert_true(take("tree", &source, &err) < 0);
	assert_string_equal(err.id, "source-differs");
	assert_non_null(strstr(err.text, "6.1.175"));
	assert_non_null(strstr(err.text, "6.1.176"));
	assert_true(take("h", &source, &err) < 0);
	assert_string_equal(err.id, "source-missing");
	assert_true(take("nothing", &source, &err) < 0);
	assert_int_equal(err.status, RX_CANNOT);
	assert_string_equal(err.id, "source-missing");
}

static void guards_refuse_an_empty_source(void **state)
{
	struct rx_source source = {0};
	struct rx_err err;

	(void)state;
	for (const char *const *file =
		     (const char *const[]){"rxe.c", "Makefile", "rxe_verbs.c", "rxe_net.c", NULL};
	     *file; file++)
		put(*file, "/* nothing */\n");
	assert_int_equal(rx_source_guard(scratch, &source, &err), -EPROTO);
	assert_string_equal(err.id, "source-unknown");
}

static int run(const char *const argv[], unsigned timeout, struct rx_err *err)
{
	char log[128];
	struct rx_build_run what = {.log = log, .timeout = timeout, .argv = argv};

	snprintf(log, sizeof(log), "%s/log", scratch);
	unlink(log);
	return rx_build_run(&what, err);
}

static void programs_are_told_apart(void **state)
{
	struct rx_err err;

	(void)state;
	assert_int_equal(run((const char *[]){"true", NULL}, 10, &err), 0);
	assert_true(
		run((const char *[]){"sh", "-c", "echo first; echo the last word; exit 3", NULL},
		    10, &err) < 0);
	assert_string_equal(err.id, "program-failed");
	assert_non_null(strstr(err.text, " 3"));
	assert_non_null(strstr(err.text, "the last word"));
	assert_true(run((const char *[]){"rxelab-no-such-program", NULL}, 10, &err) < 0);
	assert_int_equal(err.status, RX_CANNOT);
	assert_string_equal(err.id, "program-missing");
}

/* also what the program started itself */
static void a_program_that_hangs_is_killed(void **state)
{
	struct timespec start, now;
	struct rx_err err;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(run((const char *[]){"sh", "-c", "tail -f /dev/null & tail -f /dev/null",
					      NULL},
			     1, &err),
			 -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_true(now.tv_sec - start.tv_sec < 20);
}

static void says_what_a_module_provides(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(rx_provides_text(0, text, sizeof(text)), "none");
	assert_string_equal(rx_provides_text(RX_PROVIDES_REBUILT, text, sizeof(text)),
			    "netns,move,in-place,gsi");
	assert_string_equal(rx_provides_text(RX_PROVIDES_HELPER, text, sizeof(text)),
			    "in-place,gsi,lean");
}

static void roads_have_names(void **state)
{
	(void)state;
	assert_int_equal(rx_road_of(NULL), RX_ROAD_AUTO);
	for (enum rx_road road = RX_ROAD_AUTO; road <= RX_ROAD_REBUILD; road++)
		assert_int_equal(rx_road_of(rx_road_name(road)), road);
}

static void built_modules_lie_in_the_cache(void **state)
{
	rx_autofree char *built = NULL;

	(void)state;
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_null(rx_module_built(RX_ROAD_HELPER, "6.1"));
	setenv("HOME", "/home/a", 1);
	built = rx_module_built(RX_ROAD_REBUILD, "6.1");
	assert_string_equal(built, "/home/a/.cache/rxelab/modules/6.1/rdma_rxe.ko");
	free(built);
	setenv("XDG_CACHE_HOME", "/c", 1);
	built = rx_module_built(RX_ROAD_HELPER, "6.1");
	assert_string_equal(built, "/c/rxelab/modules/6.1/rxelab_helper.ko");
}

static void carries_its_sources(void **state)
{
	const char *text = rx_build_wrapper("rxelab_helper.c");

	(void)state;
	assert_non_null(text);
	assert_memory_equal(text, "// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB\n", 52);
	assert_non_null(strstr(text, "\nMODULE_LICENSE("));
	assert_null(rx_build_wrapper("rxe_net.c"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_headers),
		TEST(names_the_missing_package),
		TEST(refuses_headers_of_another_kernel),
		TEST(follows_links_inside_the_root),
		TEST(takes_only_the_kernels_own_source),
		TEST(guards_refuse_an_empty_source),
		TEST(programs_are_told_apart),
		TEST(a_program_that_hangs_is_killed),
		TEST(says_what_a_module_provides),
		TEST(roads_have_names),
		TEST(built_modules_lie_in_the_cache),
		TEST(carries_its_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
