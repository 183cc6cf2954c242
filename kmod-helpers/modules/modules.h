/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules by libkmod: what state one is in, load it with what it depends on, unload it when
 * nobody uses it. Nothing here runs a command: `install` lines of modprobe.d are obeyed by
 * refusing, never by running them. */
#ifndef RXELAB_KMOD_HELPERS_MODULES_MODULES_H
#define RXELAB_KMOD_HELPERS_MODULES_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

enum rx_module_state {
	RX_MODULE_ABSENT,    /* neither in the kernel nor in its modules folder */
	RX_MODULE_AVAILABLE, /* a file that can be loaded */
	RX_MODULE_LOADED,
	RX_MODULE_BUILTIN,
	/* not loaded, and modprobe.d or the kernel command line forbids it */
	RX_MODULE_BLACKLISTED,
};

/* Names, owned; zero it before the first use. */
struct rx_module_list {
	char **name;
	size_t n;
};

void rx_module_list_add(struct rx_module_list *list, const char *name);
void rx_module_list_free(struct rx_module_list *list);

/* The running kernel's, as uname -r says it. From the main thread alone. */
const char *rx_kernel_release(void);

/* Both ways of writing a name ("ib_core", "ib-core") mean the same everywhere here. */
enum rx_module_state rx_module_state(const char *name);
bool rx_module_is_loaded(const char *name);

/* The file that loading it by name would load; false: there is none. */
bool rx_module_file(const char *name, char *path, size_t size);

/* Is the module there, or can it be loaded? 0, or the reason why not: -ENOENT (absent, with the
 * package that holds it), -EPERM (forbidden, with the file that says so); err->status is RX_CANNOT.
 * Loads nothing. */
int rx_module_check(const char *name, struct rx_err *err);

/* Load a module and what it depends on; 0 also when it is loaded or built in already (options then
 * have no effect), and when it finds no hardware to serve (its init says ENODEV) and so stays away.
 * options: "netns_mode=0", or NULL; needs `numdummies=0` for dummy, which else makes a dummy0.
 * Every module that was not there before and that this call brought in is appended to loaded_now
 * (may be NULL) in the order it was loaded, also when the call fails half-way. Takes the longest
 * init of the modules, usually milliseconds. */
int rx_module_load(const char *name, const char *options, struct rx_module_list *loaded_now,
		   struct rx_err *err);

/* The modules that loading this one would bring in: itself and what it depends on, less what is
 * loaded or built in, in the order they would be loaded; appended to list. Loads nothing. None
 * where libkmod cannot be asked. */
void rx_module_closure(const char *name, struct rx_module_list *list);

/* Unload one module. 0 also when it is not loaded or built in; -EBUSY when something uses it, which
 * is no fault; see also users.h, for what the kernel does not count. */
int rx_module_unload(const char *name, struct rx_err *err);

#endif
