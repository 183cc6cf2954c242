/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of libkmod: modules of which the kernel knows nothing, each needed by the one behind it.
 * Others are as others_loaded says. */
#ifndef RXELAB_TESTS_UNIT_FAKE_LIBKMOD_H
#define RXELAB_TESTS_UNIT_FAKE_LIBKMOD_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kmod-helpers/modules/kmod.h"
#include "netns/base/cleanup.h"

#define FAKE_PREFIX "rxelab_test_"

struct kmod_module {
	const char *name;
	bool loaded;
};

static struct kmod_module fake_modules[] = {{FAKE_PREFIX "low", true},
					    {FAKE_PREFIX "mid", true},
					    {FAKE_PREFIX "top", true}};
static char fake_gone[200]; /* what was unloaded, in that order, without the prefix: " top mid" */
static bool others_loaded;

static void *fake_new(const char *folder, const char *const *config)
{
	(void)folder;
	(void)config;
	return fake_modules;
}

static int fake_new_from_name(struct kmod_ctx *ctx, const char *name, struct kmod_module **module)
{
	static struct kmod_module other = {.name = "other"};

	(void)ctx;
	other.loaded = others_loaded;
	*module = &other;
	for (size_t i = 0; i < RX_ARRAY_SIZE(fake_modules); i++)
		if (!strcmp(fake_modules[i].name, name))
			*module = &fake_modules[i];
	return 0;
}

static int fake_get_initstate(const struct kmod_module *module)
{
	return module->loaded ? KMOD_MODULE_LIVE : -ENOENT;
}

static int fake_get_refcnt(const struct kmod_module *module)
{
	return module >= fake_modules && module < &fake_modules[RX_ARRAY_SIZE(fake_modules) - 1] &&
	       module[1].loaded;
}

static int fake_remove(struct kmod_module *module, unsigned flags)
{
	(void)flags;
	module->loaded = false;
	snprintf(fake_gone + strlen(fake_gone), sizeof(fake_gone) - strlen(fake_gone), " %s",
		 module->name + strlen(FAKE_PREFIX));
	return 0;
}

static void fake_nothing(void)
{
}

int rx_lazy_open(struct rx_lazy *library, struct rx_err *err)
{
	(void)library;
	(void)err;
	return 0;
}

void *rx_lazy_symbol(const struct rx_lazy *library, const char *name)
{
	static const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"kmod_new", (void *)fake_new},
		{"kmod_set_log_fn", (void *)fake_nothing},
		{"kmod_module_new_from_name", (void *)fake_new_from_name},
		{"kmod_module_unref", (void *)fake_nothing},
		{"kmod_module_get_initstate", (void *)fake_get_initstate},
		{"kmod_module_get_refcnt", (void *)fake_get_refcnt},
		{"kmod_module_remove_module", (void *)fake_remove},
	};

	(void)library;
	for (size_t i = 0; i < RX_ARRAY_SIZE(symbols); i++)
		if (!strcmp(symbols[i].name, name))
			return symbols[i].function;
	fail_msg("libkmod is asked for %s", name);
	return NULL;
}

#endif
