/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/lazy.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

int rx_lazy_open(struct rx_lazy *library, struct rx_err *err)
{
	/* two threads at once get the same handle */
	if (!library->handle)
		library->handle = dlopen(library->soname, RTLD_LAZY | RTLD_LOCAL);
	if (!library->handle)
		return rx_cannot(err, "library-missing", ELIBACC, "a library is missing: %s",
				 dlerror());
	return 0;
}

void *rx_lazy_symbol(const struct rx_lazy *library, const char *name)
{
	void *symbol = dlsym(library->handle, name);

	if (!symbol)
		abort();
	return symbol;
}
