/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the helper took a device, from what the kernel's log says and the devices that there are
 * in all namespaces: one that it refused is not all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kmod-helpers/build/files.h"
#include "kmod-helpers/rxe/load.h"
#include "netns/base/cleanup.h"

#define CHAR "/sys/dev/char"

static char scratch[64];

/* /sys/dev/char is the scratch folder here */
DIR *opendir(const char *path)
{
	return fdopendir(
		open(strcmp(path, CHAR) ? path : scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

ssize_t readlink(const char *path, char *buf, size_t size)
{
	char there[400];

	snprintf(there, sizeof(there), "%s", path);
	if (!strncmp(path, CHAR "/", strlen(CHAR "/")))
		snprintf(there, sizeof(there), "%s%s", scratch, path + strlen(CHAR));
	return readlinkat(AT_FDCWD, there, buf, size);
}

static int make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/rxelab-unit.XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
	(void)state;
	rx_build_remove_tree(scratch);
	return access(scratch, F_OK) ? 0 : -1;
}

static void put_device(const char *number, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", scratch, number);
	assert_int_equal(symlink(target, path), 0);
}

/* What is said when the log holds so many refusals. */
static int judge(unsigned refusals, struct rx_err *err)
{
	static const char refusal[] = "3,812,99,-;infiniband rxe0: rxelab_helper: RXE devices were "
				      "opened before this module was loaded; hands off\n";
	int log[2], rc;

	memset(err, 0, sizeof(*err));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, log), 0);
	for (unsigned i = 0; i < refusals; i++)
		assert_int_equal(write(log[1], refusal, strlen(refusal)), strlen(refusal));
	rc = rx_helper_judge(log[0], err);
	close(log[0]);
	close(log[1]);
	return rc;
}

static void one_refusal_of_two_devices_is_not_all(void **state)
{
	struct rx_err err;

	(void)state;
	put_device("231:192", "../../devices/virtual/infiniband_verbs/uverbs0");
	put_device("231:193", "../../devices/virtual/infiniband_verbs/uverbs1");
	put_device("231:194", "../../devices/pci0000:00/0000:00:02.0/infiniband_verbs/uverbs2");
	put_device("1:3", "../../devices/virtual/mem/null");
	assert_int_equal(judge(0, &err), 0);
	assert_int_equal(judge(1, &err), 0);
	assert_int_equal(judge(2, &err), -EBUSY);
	assert_string_equal(err.id, "helper-refused");
	assert_non_null(strstr(err.text, "opened before"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_refusal_of_two_devices_is_not_all),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
