/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's command: the suites' runner, what it must know, and the cases. */
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/kernels/test.h"

/* The kernel's source whose own tests can be run: the one that was given, else the build tree under
 * test. */
static char *selftests_of(const struct rx_kernels_options *o, const char *kernel)
{
	const char *tree = o->selftests;
	char *path;

	if (!tree && rx_vm_is_tree(kernel))
		tree = kernel;
	path = tree ? realpath(tree, NULL) : NULL;
	return path ? path : rx_strdup("");
}

/* What $XDG_CACHE_HOME is here, if only by default. */
static char *host_cache(void)
{
	static const char ours[] = "/rxelab/kernels";
	struct rx_err ignored;
	char *dir = rx_vm_cache_dir(&ignored), *end = dir ? strstr(dir, ours) : NULL;

	if (!end)
		return rx_strdup("/nosuch");
	*end = '\0';
	return dir;
}

char **rx_runner_words(const struct rx_kernels_options *o, const char *suites, const char *kernel,
		       const size_t *left, size_t n_left)
{
	rx_autofree char *selftests = selftests_of(o, kernel), *cache = host_cache();
	char *const begin[] = {
		rx_strdup("env"),
		rx_format("CASE_LIMIT=%.0f", o->case_limit),
		rx_format("SHELL_ON_FAILURE=%s", o->shell_on_failure ? "1" : ""),
		rx_format("SELFTESTS=%s", selftests),
		/* a helper module that somebody has built on this machine would be used: it is the
		 * kernel as it is that is tested, but for the suite "module", which is told where
		 * modules are */
		rx_strdup("XDG_CACHE_HOME=/run/no-cache"),
		rx_format("HOST_CACHE=%s", cache),
		rx_strdup("bash"),
		rx_format("%s/run", suites),
		rx_strdup("--repeat"),
		rx_format("%u", o->repeat),
	};
	char **words = rx_alloc(RX_ARRAY_SIZE(begin) + n_left + 1, sizeof(*words));

	memcpy(words, begin, sizeof(begin));
	for (size_t i = 0; i < n_left; i++)
		words[RX_ARRAY_SIZE(begin) + i] = rx_strdup(o->cases->offer[left[i]].path);
	return words;
}
