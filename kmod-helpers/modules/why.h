/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a module is not there or would not load, in one sentence with its cure. For modules.c,
 * and for load.c of rxe/. */
#ifndef RXELAB_KMOD_HELPERS_MODULES_WHY_H
#define RXELAB_KMOD_HELPERS_MODULES_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

/* Equal but for '-' and '_', which the kernel treats alike. */
bool rx_module_same(const char *a, const char *b);

/* Does a `blacklist NAME` or `install NAME COMMAND` line, or the kernel command line, forbid it?
 * where: "FILE:LINE" or "the kernel command line". */
bool rx_module_forbidden(const char *name, char *where, size_t size);

/* Is a symbol of that name in the kernel's image? */
bool rx_kernel_has_symbol(const char *name);
/* Is a part of the kernel image that no modules.builtin speaks of there all the same? */
bool rx_module_in_kallsyms(const char *name);

/* Each fills err as RX_CANNOT and returns a negative errno. */
int rx_module_why_absent(const char *name, struct rx_err *err);
int rx_module_why_forbidden(const char *name, const char *where, struct rx_err *err);
/* part: the module that failed (a dependency, or name itself); kernel_says: its own line from the
 * log, or "". */
int rx_module_why_failed(const char *name, const char *part, int code, const char *kernel_says,
			 struct rx_err *err);

#endif
