/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libkmod, opened when it is wanted (netns/base/lazy.h). Include this in place of libkmod.h. */
#ifndef RXELAB_KMOD_HELPERS_MODULES_KMOD_H
#define RXELAB_KMOD_HELPERS_MODULES_KMOD_H

#include <libkmod.h>

#include "netns/base/lazy.h"

extern struct rx_lazy rx_libkmod;

/* kmod_new(3). NULL with errno set; ELIBACC: there is no libkmod. Only with what this returned may
 * the rest be called. */
struct kmod_ctx *rx_kmod_new(const char *folder, const char *const *config);

/* For __attribute__((cleanup)) */
void rx_kmod_ctx_cleanup(struct kmod_ctx **ctx);
void rx_kmod_module_cleanup(struct kmod_module **module);
#define rx_autoctx __attribute__((cleanup(rx_kmod_ctx_cleanup)))
#define rx_automodule __attribute__((cleanup(rx_kmod_module_cleanup)))

#define RX_KMOD(f) ((typeof(&f))rx_lazy_symbol(&rx_libkmod, #f))
#define kmod_set_log_fn(...) RX_KMOD(kmod_set_log_fn)(__VA_ARGS__)
#define kmod_list_next(...) RX_KMOD(kmod_list_next)(__VA_ARGS__)
#define kmod_module_new_from_name(...) RX_KMOD(kmod_module_new_from_name)(__VA_ARGS__)
#define kmod_module_new_from_path(...) RX_KMOD(kmod_module_new_from_path)(__VA_ARGS__)
#define kmod_module_unref(...) RX_KMOD(kmod_module_unref)(__VA_ARGS__)
#define kmod_module_unref_list(...) RX_KMOD(kmod_module_unref_list)(__VA_ARGS__)
#define kmod_module_get_name(...) RX_KMOD(kmod_module_get_name)(__VA_ARGS__)
#define kmod_module_get_path(...) RX_KMOD(kmod_module_get_path)(__VA_ARGS__)
#define kmod_module_get_module(...) RX_KMOD(kmod_module_get_module)(__VA_ARGS__)
#define kmod_module_get_dependencies(...) RX_KMOD(kmod_module_get_dependencies)(__VA_ARGS__)
#define kmod_module_get_initstate(...) RX_KMOD(kmod_module_get_initstate)(__VA_ARGS__)
#define kmod_module_get_refcnt(...) RX_KMOD(kmod_module_get_refcnt)(__VA_ARGS__)
#define kmod_module_get_info(...) RX_KMOD(kmod_module_get_info)(__VA_ARGS__)
#define kmod_module_info_get_key(...) RX_KMOD(kmod_module_info_get_key)(__VA_ARGS__)
#define kmod_module_info_get_value(...) RX_KMOD(kmod_module_info_get_value)(__VA_ARGS__)
#define kmod_module_info_free_list(...) RX_KMOD(kmod_module_info_free_list)(__VA_ARGS__)
#define kmod_module_insert_module(...) RX_KMOD(kmod_module_insert_module)(__VA_ARGS__)
#define kmod_module_probe_insert_module(...) RX_KMOD(kmod_module_probe_insert_module)(__VA_ARGS__)
#define kmod_module_remove_module(...) RX_KMOD(kmod_module_remove_module)(__VA_ARGS__)

#endif
