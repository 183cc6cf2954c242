/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels that somebody has just built: a build tree, or a bzImage. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/vm/vm.h"

#define BZIMAGE "arch/x86/boot/bzImage"

bool rx_vm_is_tree(const char *dir)
{
	rx_autofree char *kbuild = rx_format("%s/Kbuild", dir),
			 *makefile = rx_format("%s/scripts/Makefile.build", dir);

	return !access(kbuild, F_OK) && !access(makefile, F_OK);
}

/* A folder of ours for the links to a tree's modules: named after where the tree lies. Caller
 * frees. */
static char *stage_folder(const char *tree, struct rx_err *err)
{
	rx_autofree char *cache = rx_vm_cache_dir(err);
	unsigned long hash = 5381;

	for (const char *c = tree; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return cache ? rx_format("%s/trees/%016lx", cache, hash) : NULL;
}

int rx_vm_tree_open(const char *dir, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *tree = realpath(dir, NULL), *data = rx_vm_data_dir(err), *program = NULL,
			 *folder = NULL;
	int rc;

	if (!tree)
		return rx_fail(err, "kernel-unusable", errno, "kernel tree %s: %s", dir,
			       strerror(errno));
	folder = stage_folder(tree, err);
	if (!data || !folder)
		return -err->code;
	kernel->image = rx_format("%s/" BZIMAGE, tree);
	kernel->modules = rx_format("%s/lib/modules", folder);
	program = rx_format("%s/stage-tree", data);
	if (access(kernel->image, R_OK))
		return rx_fail(err, "kernel-unusable", errno,
			       "kernel tree %s: it has no " BZIMAGE "; build it with make", dir);
	rc = rx_vm_script((const char *const[]){program, tree, folder, NULL}, &kernel->release,
			  err);
	return rc ? rx_wrap(err, "kernel tree %s: its modules", dir) : 0;
}

/* "6.12.1-mine" of an image: setup header, Documentation/arch/x86/boot.rst, offset 0x20e, counted
 * from 0x200. */
static char *image_release(const char *path, struct rx_err *err)
{
	rx_autofile FILE *file = fopen(path, "re");
	unsigned char header[0x210];
	char version[128] = "";

	if (!file || fread(header, sizeof(header), 1, file) != 1 ||
	    memcmp(header + 0x202, "HdrS", 4)) {
		rx_fail(err, "kernel-unusable", file ? ENOEXEC : errno,
			"kernel %s: it is not a bzImage", path);
		return NULL;
	}
	if (fseek(file, 0x200L + header[0x20e] + 256L * header[0x20f], SEEK_SET) ||
	    !fread(version, 1, sizeof(version) - 1, file) || !version[strcspn(version, " ")]) {
		rx_fail(err, "kernel-unusable", ENOEXEC, "kernel %s: it does not tell its version",
			path);
		return NULL;
	}
	version[strcspn(version, " ")] = '\0';
	return rx_strdup(version);
}

/* BASE/lib/modules if it has the release. */
static bool find_modules(struct rx_vm_kernel *kernel, const char *base)
{
	rx_autofree char *dep = rx_format("%s/lib/modules/%s/modules.dep", base, kernel->release);

	if (access(dep, R_OK))
		return false;
	kernel->modules = rx_format("%s/lib/modules", base);
	return true;
}

int rx_vm_image_open(const char *path, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *full = realpath(path, NULL), *base = NULL;
	char *end;

	if (!full)
		return rx_fail(err, "kernel-unusable", errno, "kernel %s: %s", path,
			       strerror(errno));
	end = strstr(full, "/" BZIMAGE);
	if (end && !strcmp(end, "/" BZIMAGE)) {
		base = rx_strndup(full, (size_t)(end - full));
		if (rx_vm_is_tree(base))
			return rx_vm_tree_open(base, kernel, err);
	}
	free(base);
	base = rx_strndup(full, (size_t)(strrchr(full, '/') - full));
	kernel->release = image_release(full, err);
	if (!kernel->release)
		return -err->code;
	kernel->image = rx_strdup(full);
	/* beside the image; beside its folder ("boot"); where this machine keeps its own */
	if (find_modules(kernel, base))
		return 0;
	if (strrchr(base, '/'))
		*strrchr(base, '/') = '\0';
	if (find_modules(kernel, base) || find_modules(kernel, ""))
		return 0;
	return rx_fail(err, "kernel-unusable", ENOENT,
		       "kernel %s: the modules of %s are neither beside it (lib/modules) nor in "
		       "/lib/modules",
		       path, kernel->release);
}
