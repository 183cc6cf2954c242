/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/modules/kmod.h"

#include <errno.h>
#include <stddef.h>

#include "netns/base/error.h"

struct rx_lazy rx_libkmod = {.soname = RX_LIBKMOD}; /* the Makefile knows */

struct kmod_ctx *rx_kmod_new(const char *folder, const char *const *config)
{
	struct rx_err err;

	if (!rx_lazy_open(&rx_libkmod, &err))
		return RX_KMOD(kmod_new)(folder, config);
	rx_trace("libkmod: %s", err.text);
	errno = ELIBACC;
	return NULL;
}

void rx_kmod_ctx_cleanup(struct kmod_ctx **ctx)
{
	if (*ctx)
		RX_KMOD(kmod_unref)(*ctx);
}

void rx_kmod_module_cleanup(struct kmod_module **module)
{
	if (*module)
		kmod_module_unref(*module);
}
