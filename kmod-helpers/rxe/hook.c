/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

/* run-parts(8) calls what lies there with the kernel's release; "rxelab" comes after "dkms" */
static const char *const folders[] = {"/etc/kernel/postinst.d", "/etc/kernel/header_postinst.d"};

#define MAX_HOOK (1 << 16) /* bytes; of any version's */

/* Of several trees, which are there as long as some kernel has its module from an old one, the one
 * that was installed last. */
static const char text[] =
	"#!/bin/sh\n" RX_DKMS_MARK "\n"
	"# The module for a kernel that has come. Where it cannot be built, that kernel loads its\n"
	"# own rdma_rxe, and this ends well: a package must not fail for it.\n"
	"[ -n \"$1\" ] && [ -d \"/lib/modules/$1/build/include\" ] || exit 0\n"
	"command -v dkms >/dev/null || exit 0\n"
	"for conf in $(ls -t " RX_DKMS_SOURCE "*/dkms.conf 2>/dev/null); do\n"
	"\tgrep -qx '" RX_DKMS_MARK "' \"$conf\" || continue\n"
	"\tversion=${conf#" RX_DKMS_SOURCE "}\n"
	"\tdkms install -m rxelab -v \"${version%/dkms.conf}\" -k \"$1\" "
	">" RX_DKMS_LOG " 2>&1 </dev/null ||\n"
	"\t\techo \"rxelab: no module was built for kernel $1 "
	"(" RX_DKMS_LOG "); it loads its own rdma_rxe\" >&2\n"
	"\texit 0\n"
	"done\n"
	"exit 0\n";

int rx_kernel_hook_write(struct rx_err *err)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(folders); i++) {
		rx_autofree char *path = rx_format("%s/rxelab", folders[i]);
		int rc = access(folders[i], F_OK) ? 0
						  : rx_file_replace(path, text, strlen(text), 0755);

		if (rc)
			return rx_fail(err, "file-write", -rc, "writing %s: %s", path,
				       strerror(-rc));
	}
	return 0;
}

void rx_kernel_hook_remove(void)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(folders); i++) {
		rx_autofree char *path = rx_format("%s/rxelab", folders[i]);
		rx_autofree char *is = rx_file_text(path, MAX_HOOK, NULL);

		/* one of another rxelab's begins like it; what is somebody else's stays */
		if (is && strstr(is, RX_DKMS_MARK "\n"))
			unlink(path);
	}
}

/* In a folder that anyone may write to, but not take from others (/tmp), what is root's stays. */
static bool is_roots(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || st.st_uid)
		return false;
	if (S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX)
		return true;
	return !(st.st_mode & S_IWOTH) && (!(st.st_mode & S_IWGRP) || !st.st_gid);
}

char *rx_roots_path(const char *path, struct rx_err *err)
{
	rx_autofree char *real = realpath(path, NULL), *part = NULL;

	if (!real) {
		rx_fail(err, "file-read", errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	part = rx_strdup(real);
	for (char *slash = part + strlen(part); slash; slash = strrchr(part, '/')) {
		*slash = '\0';
		if (is_roots(*part ? part : "/"))
			continue;
		rx_fail(err, "path-not-roots", EPERM,
			"%s: not root alone can write to %s, and DKMS and udev would run what is "
			"there as root; use a copy below a folder of root's (the program: make "
			"install)",
			path, *part ? part : "/");
		return NULL;
	}
	return rx_strdup(real);
}
