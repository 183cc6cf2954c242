/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verbs/provider.h"

#include <dlfcn.h>
#include <glob.h>
#include <infiniband/verbs.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Providers lie in libibverbs/ beside the library itself; the suffix is the private ABI, which
 * dlopen checks. */
void rx_provider_preload(void)
{
	char pattern[PATH_MAX];
	Dl_info library;
	glob_t found;
	char *slash;
	size_t i;

	if (!dladdr((void *)ibv_get_device_list, &library) || !library.dli_fname)
		return;
	snprintf(pattern, sizeof(pattern) - 40, "%s", library.dli_fname);
	slash = strrchr(pattern, '/');
	if (!slash)
		return;
	snprintf(slash, sizeof(pattern) - (size_t)(slash - pattern),
		 "/libibverbs/librxe-rdmav*.so");
	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		if (dlopen(found.gl_pathv[i], RTLD_NOW))
			break;
	globfree(&found);
}
