/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel is meant: a folder, a version in the cache, or a suite that may have to be
 * fetched. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/vm/vm.h"

void rx_vm_kernel_free(struct rx_vm_kernel *kernel)
{
	free(kernel->image);
	free(kernel->modules);
	free(kernel->release);
	memset(kernel, 0, sizeof(*kernel));
}

/* "." is what a kernel's developer writes in a build tree. */
static bool is_path(const char *name)
{
	return strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..");
}

int rx_vm_kernel_check_name(const char *name, struct rx_err *err)
{
	const char *c;

	if (is_path(name))
		return 0;
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-+.~_", *c))
			break;
	if (!*name || *c || !isalnum((unsigned char)*name))
		return rx_usage(err, "kernel-name",
				"\"%s\" is not a kernel: give a suite (bookworm, trixie, "
				"trixie-backports, sid), the beginning of a version in the cache "
				"(6.12), or a folder, a build tree or a bzImage (with a \"/\")",
				name);
	return 0;
}

/* The only entry of modules that holds a modules.dep; several: a mistake. */
static int find_release(struct rx_vm_kernel *kernel, const char *dir, struct rx_err *err)
{
	DIR *modules = opendir(kernel->modules);
	struct dirent *entry;
	int rc = 0;

	if (!modules)
		return rx_fail(err, "kernel-unusable", errno,
			       "kernel %s: it has no folder lib/modules", dir);
	while (!rc && (entry = readdir(modules))) {
		rx_autofree char *dep = rx_format("%s/%s/modules.dep", kernel->modules,
						  entry->d_name);

		if (entry->d_name[0] == '.' || access(dep, R_OK))
			continue;
		if (kernel->release)
			rc = rx_fail(err, "kernel-unusable", ENOTUNIQ,
				     "kernel %s: lib/modules holds both %s and %s; give a folder "
				     "with one kernel",
				     dir, kernel->release, entry->d_name);
		else
			kernel->release = rx_strdup(entry->d_name);
	}
	closedir(modules);
	if (!rc && !kernel->release)
		rc = rx_fail(err, "kernel-unusable", ENOENT,
			     "kernel %s: lib/modules holds no modules.dep; run depmod -b %s "
			     "VERSION",
			     dir, dir);
	return rc;
}

static int open_folder(const char *dir, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	static const char *const images[] = {"%s/vmlinuz", "%s/boot/vmlinuz-%s",
					     "%s/lib/modules/%s/vmlinuz",
					     "%s/arch/x86/boot/bzImage"};
	rx_autofree char *full = realpath(dir, NULL);

	if (!full)
		return rx_fail(err, "kernel-unusable", errno, "kernel %s: %s", dir,
			       strerror(errno));
	kernel->modules = rx_format("%s/lib/modules", full);
	if (find_release(kernel, dir, err))
		return -err->code;
	for (size_t i = 0; i < RX_ARRAY_SIZE(images); i++) {
		free(kernel->image);
		kernel->image = rx_format(images[i], full, kernel->release);
		if (!access(kernel->image, R_OK))
			return 0;
	}
	return rx_fail(err, "kernel-unusable", ENOENT,
		       "kernel %s: there is no vmlinuz that this user may read", dir);
}

int rx_vm_kernel_fetch(const char *suite, char **release, struct rx_err *err)
{
	rx_autofree char *cache = rx_vm_cache_dir(err), *data = rx_vm_data_dir(err),
			 *program = rx_format("%s/fetch-kernel", data ? data : "");

	*release = NULL;
	if (!cache || !data)
		return -err->code;
	if (!rx_vm_script((const char *const[]){program, suite, cache, NULL}, release, err) &&
	    rx_vm_cache_has(cache, *release))
		return 0;
	free(*release);
	*release = NULL;
	return rx_fail(err, "kernel-unknown", ENOENT,
		       "no kernel of suite \"%s\" could be fetched (the reason stands above)",
		       suite);
}

/* The newest kernel of the cache whose version begins with these whole numbers. */
static char *release_of_version(const char *version, struct rx_err *err)
{
	struct rx_vm_cached *list;
	size_t n, length = strlen(version);
	char *found = NULL, have[512] = "";

	if (rx_vm_cache_list(&list, &n, err))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *release = list[i].release;
		size_t used = strlen(have);

		if (!strncmp(release, version, length) &&
		    !isdigit((unsigned char)release[length])) {
			free(found);
			found = rx_strdup(release);
		}
		snprintf(have + used, sizeof(have) - used, "%s%s", used ? ", " : "", release);
	}
	rx_vm_cache_free(list, n);
	if (!found)
		rx_fail(err, "kernel-unknown", ENOENT,
			"no kernel %s in the cache (it has: %s); fetch one by its suite: rxelab "
			"kernels fetch SUITE",
			version, *have ? have : "none");
	return found;
}

static int open_path(const char *path, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	struct stat st;

	if (!stat(path, &st) && S_ISREG(st.st_mode))
		return rx_vm_image_open(path, kernel, err);
	return rx_vm_is_tree(path) ? rx_vm_tree_open(path, kernel, err)
				   : open_folder(path, kernel, err);
}

bool rx_vm_hides(const char *path)
{
	/* guest/init and guest/guest-init mount there */
	static const char *const places[] = {"/dev", "/proc", "/run", "/sys"};
	rx_autofree char *real = realpath(path, NULL);

	for (size_t i = 0; real && i < RX_ARRAY_SIZE(places); i++) {
		size_t length = strlen(places[i]);

		if (!strncmp(real, places[i], length) && (real[length] == '/' || !real[length]))
			return true;
	}
	return false;
}

static int find(const char *name, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *cache = NULL, *release = NULL, *dir = NULL;

	name = name ? name : RX_VM_DEFAULT_KERNEL;
	if (is_path(name))
		return open_path(name, kernel, err);
	cache = rx_vm_cache_dir(err);
	if (!cache)
		return -err->code;
	if (isdigit((unsigned char)*name))
		release = release_of_version(name, err);
	else if (!(release = rx_vm_cache_release(cache, name)))
		rx_vm_kernel_fetch(name, &release, err);
	if (!release)
		return -err->code;
	dir = rx_format("%s/%s", cache, release);
	return open_folder(dir, kernel, err);
}

int rx_vm_kernel_find(const char *name, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	int rc = find(name, kernel, err);

	/* links to a build tree are followed in the guest */
	if (rc || (!rx_vm_hides(kernel->modules) && !(name && is_path(name) && rx_vm_hides(name))))
		return rc;
	rx_vm_kernel_free(kernel);
	return rx_cannot(err, "path-hidden", ENOENT,
			 "kernel %s: a guest does not see its modules, since it has folders of its "
			 "own in place of /dev, /proc, /run and /sys; put them elsewhere",
			 name ? name : RX_VM_DEFAULT_KERNEL);
}
