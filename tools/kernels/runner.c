/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's command: the suites' runner, what it must know, and the cases. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "tools/kernels/test.h"

static char *word(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	return text;
}

/* The kernel's source whose own tests can be run: the one that was given, else the build tree under
 * test. */
static char *selftests_of(const struct rx_test_options *o, const char *kernel)
{
	const char *tree = o->selftests;
	char *path;

	if (!tree && rx_vm_is_tree(kernel))
		tree = kernel;
	path = tree ? realpath(tree, NULL) : NULL;
	return path ? path : word("");
}

/* What $XDG_CACHE_HOME is here, if only by default. */
static char *host_cache(void)
{
	static const char ours[] = "/rxelab/kernels";
	struct rx_err ignored;
	char *dir = rx_vm_cache_dir(&ignored), *end = dir ? strstr(dir, ours) : NULL;

	if (!end)
		return word("/nosuch");
	*end = '\0';
	return dir;
}

char **rx_runner_words(const struct rx_test_options *o, const char *suites, const char *kernel,
		       const size_t *left, size_t n_left)
{
	char **words = calloc(n_left + 12, sizeof(*words));
	rx_autofree char *selftests = selftests_of(o, kernel), *cache = host_cache();
	size_t n = 0;

	if (!words)
		abort();
	words[n++] = word("env");
	words[n++] = word("CASE_LIMIT=%.0f", o->case_limit);
	words[n++] = word("SHELL_ON_FAILURE=%s", o->shell_on_failure ? "1" : "");
	words[n++] = word("SELFTESTS=%s", selftests);
	/* a helper module that somebody has built on this machine would be used: it is the kernel
	 * as it is that is tested, but for the suite "module", which is told where modules are */
	words[n++] = word("XDG_CACHE_HOME=/run/no-cache");
	words[n++] = word("HOST_CACHE=%s", cache);
	words[n++] = word("bash");
	words[n++] = word("%s/run", suites);
	words[n++] = word("--repeat");
	words[n++] = word("%u", o->repeat);
	for (size_t i = 0; i < n_left; i++)
		words[n++] = word("%s", o->cases->offer[left[i]].path);
	return words;
}
