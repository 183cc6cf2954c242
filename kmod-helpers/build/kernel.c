/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel headers: where they are, for which kernel, and whether their compiler is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "kmod-helpers/modules/modules.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

/* Read FILE below the headers; the path is that inside root. */
static char *read_below(const struct rx_headers *headers, const char *file, struct rx_err *err)
{
	rx_autofree char *path = rx_format("%s%s/%s", headers->root, headers->path, file);

	return rx_build_read(path, err);
}

/* The text between the quotes of the first line that holds key. */
static bool quoted(const char *text, const char *key, char *buf, size_t size)
{
	const char *at = strstr(text, key), *line_end;

	if (!at)
		return false;
	line_end = at + strcspn(at, "\n");
	at = strchr(at, '"');
	if (!at || at > line_end)
		return false;
	at++;
	at += strspn(at, " ");
	snprintf(buf, size, "%.*s", (int)strcspn(at, "\"\n"), at);
	return true;
}

static bool is_headers(const char *root, const char *path)
{
	rx_autofree char *file = rx_format("%s%s/include/generated/utsrelease.h", root, path);

	return !access(file, R_OK);
}

/* /lib/modules/RELEASE/build is mostly an absolute link, which must not lead out of root. */
static bool follow_build_link(const char *root, const char *release, char *path, size_t size)
{
	rx_autofree char *link = rx_format("%s/lib/modules/%s/build", root, release);
	ssize_t n = readlink(link, path, size - 1);

	path[n < 0 ? 0 : n] = '\0';
	if (*path == '/' && is_headers(root, path))
		return true;
	snprintf(path, size, "/lib/modules/%s/build", release);
	return is_headers(root, path);
}

static int search(const char *release, struct rx_headers *headers, struct rx_err *err)
{
	if (!release)
		release = rx_kernel_release();
	if (follow_build_link(headers->root, release, headers->path, sizeof(headers->path)))
		return 0;
	snprintf(headers->path, sizeof(headers->path), "/usr/src/linux-headers-%s", release);
	if (is_headers(headers->root, headers->path))
		return 0;
	return rx_cannot(err, "headers-missing", ENOENT,
			 "the headers of kernel %s are not installed%s%s; install the package "
			 "linux-headers-%s (pve-headers or proxmox-headers on Proxmox, "
			 "kernel-devel on Fedora and RHEL), or name their folder with --headers",
			 release, *headers->root ? " in " : "", headers->root, release);
}

/* --headers may name the folder itself, or (without a root) a folder into which the packages were
 * unpacked. */
static int take_given(const char *path, struct rx_headers *headers, struct rx_err *err)
{
	size_t length = strlen(headers->root);
	char whole[RX_BUILD_PATH];

	if (!realpath(path, whole))
		return rx_cannot(err, "headers-missing", errno, "--headers %s: %s", path,
				 strerror(errno));
	if (length && !strncmp(whole, headers->root, length) && whole[length] == '/')
		memmove(whole, whole + length, strlen(whole) - length + 1);
	else if (length && !is_headers(headers->root, path))
		return rx_cannot(err, "option-combination", EINVAL,
				 "--headers %s: with --toolchain %s the headers must lie inside "
				 "that folder",
				 path, headers->root);
	snprintf(headers->path, sizeof(headers->path), "%s", whole);
	if (is_headers(headers->root, headers->path))
		return 0;
	return rx_cannot(err, "headers-unusable", ENOENT,
			 "--headers %s: there is no include/generated/utsrelease.h in it, so these "
			 "are no kernel headers that modules can be built with",
			 path);
}

static int read_release(struct rx_headers *headers, struct rx_err *err)
{
	rx_autofree char *text = read_below(headers, "include/generated/utsrelease.h", err),
			 *version = NULL;
	unsigned code = 0;
	const char *at;

	if (!text)
		return -err->code;
	if (!quoted(text, "UTS_RELEASE", headers->release, sizeof(headers->release)))
		return rx_fail(err, "headers-unusable", EPROTO,
			       "%s: no UTS_RELEASE in include/generated/utsrelease.h",
			       headers->path);
	version = read_below(headers, "include/generated/uapi/linux/version.h", err);
	if (!version)
		return -err->code;
	at = strstr(version, "LINUX_VERSION_CODE");
	if (!at || sscanf(at, "LINUX_VERSION_CODE %u", &code) != 1)
		return rx_fail(err, "headers-unusable", EPROTO,
			       "%s: no LINUX_VERSION_CODE in version.h", headers->path);
	headers->version[0] = code >> 16;
	headers->version[1] = code >> 8 & 255;
	headers->version[2] = code & 255;
	return 0;
}

/* What the kernel was built with decides which compiler understands its flags. */
static void read_compiler(struct rx_headers *headers)
{
	struct rx_err ignored;
	rx_autofree char *config = read_below(headers, ".config", &ignored), *package = NULL;
	char text[128];

	if (!config)
		config = read_below(headers, "include/config/auto.conf", &ignored);
	/* "x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0": the package is named without the
	 * triplet */
	if (config && quoted(config, "CONFIG_CC_VERSION_TEXT=", text, sizeof(text))) {
		const char *name = strstr(text, "gcc-") ? strstr(text, "gcc-") : text;

		snprintf(headers->compiler, sizeof(headers->compiler), "%.*s",
			 (int)strcspn(name, " "), name);
	}
	package = read_below(headers, "include/generated/package.h", &ignored);
	if (package)
		quoted(package, "LINUX_PACKAGE_ID", headers->package, sizeof(headers->package));
}

int rx_headers_find(const char *path, const char *release, const char *root,
		    struct rx_headers *headers, struct rx_err *err)
{
	int rc;

	memset(headers, 0, sizeof(*headers));
	if (root && !realpath(root, headers->root))
		return rx_cannot(err, "toolchain-missing", errno, "--toolchain %s: %s", root,
				 strerror(errno));
	rc = path ? take_given(path, headers, err) : search(release, headers, err);
	if (!rc)
		rc = read_release(headers, err);
	if (rc)
		return rc;
	read_compiler(headers);
	if (release && strcmp(release, headers->release))
		return rx_cannot(err, "headers-unusable", EINVAL,
				 "the headers in %s are for kernel %s, not %s", headers->path,
				 headers->release, release);
	return 0;
}
