/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel sources in kmod-helpers/wrappers/, carried inside the program: it needs no data
 * folder. */
#ifndef RXELAB_KMOD_HELPERS_BUILD_FILES_H
#define RXELAB_KMOD_HELPERS_BUILD_FILES_H

#include "netns/base/error.h"

/* The text of one; NULL: there is none of this name. */
const char *rx_build_wrapper(const char *name);

/* Write folder/name, mode 0644: aside, then renamed. */
int rx_build_write(const char *folder, const char *name, const char *text, struct rx_err *err);
int rx_build_write_wrapper(const char *folder, const char *name, struct rx_err *err);

/* The whole of a file as a string (caller frees), or NULL with err filled; 8 MiB at most. */
char *rx_build_read(const char *path, struct rx_err *err);
/* Copy one file: aside, then renamed. */
int rx_build_copy(const char *from, const char *to, struct rx_err *err);
/* mkdir -p, mode 0755. */
int rx_build_mkdirs(const char *path, struct rx_err *err);
/* Remove a folder and all that is in it; never follows a symbolic link. Errors are ignored but
 * traced. */
void rx_build_remove_tree(const char *path);

#endif
