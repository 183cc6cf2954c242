/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels that somebody has just built: a build tree, or a bzImage. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "tools/vm/vm.h"

#define BZIMAGE "arch/x86/boot/bzImage"

bool rx_vm_is_tree(const char *dir)
{
	rx_autofree char *kbuild = NULL, *config = NULL;

	return asprintf(&kbuild, "%s/Kbuild", dir) >= 0 &&
	       asprintf(&config, "%s/scripts/Makefile.build", dir) >= 0 && !access(kbuild, F_OK) &&
	       !access(config, F_OK);
}

/* A folder of ours for the links to a tree's modules: named after where the tree lies. Caller
 * frees. */
static char *stage_folder(const char *tree, struct rx_err *err)
{
	rx_autofree char *cache = rx_vm_cache_dir(err);
	unsigned long hash = 5381;
	char *folder;

	if (!cache)
		return NULL;
	for (const char *c = tree; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (asprintf(&folder, "%s/trees/%016lx", cache, hash) < 0)
		abort();
	return folder;
}

int rx_vm_tree_open(const char *dir, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *tree = realpath(dir, NULL), *data = rx_vm_data_dir(err), *program = NULL,
			 *folder = NULL;
	int rc;

	if (!tree)
		return rx_fail(err, errno, "kernel tree %s: %s", dir, strerror(errno));
	folder = stage_folder(tree, err);
	if (!data || !folder)
		return -err->code;
	if (asprintf(&kernel->image, "%s/" BZIMAGE, tree) < 0 ||
	    asprintf(&program, "%s/stage-tree", data) < 0 ||
	    asprintf(&kernel->modules, "%s/lib/modules", folder) < 0)
		return rx_fail(err, ENOMEM, "out of memory");
	if (access(kernel->image, R_OK))
		return rx_fail(err, errno,
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
		rx_fail(err, file ? ENOEXEC : errno, "kernel %s: it is no bzImage", path);
		return NULL;
	}
	if (fseek(file, 0x200L + header[0x20e] + 256L * header[0x20f], SEEK_SET) ||
	    !fread(version, 1, sizeof(version) - 1, file) || !version[strcspn(version, " ")]) {
		rx_fail(err, ENOEXEC, "kernel %s: it does not tell its version", path);
		return NULL;
	}
	version[strcspn(version, " ")] = '\0';
	return strdup(version);
}

/* BASE/lib/modules if it has the release. */
static bool find_modules(struct rx_vm_kernel *kernel, const char *base)
{
	rx_autofree char *dep = NULL;

	if (asprintf(&kernel->modules, "%s/lib/modules", base) < 0 ||
	    asprintf(&dep, "%s/%s/modules.dep", kernel->modules, kernel->release) < 0)
		abort();
	if (!access(dep, R_OK))
		return true;
	free(kernel->modules);
	kernel->modules = NULL;
	return false;
}

int rx_vm_image_open(const char *path, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *full = realpath(path, NULL), *base = NULL;
	char *end;

	if (!full)
		return rx_fail(err, errno, "kernel %s: %s", path, strerror(errno));
	end = strstr(full, "/" BZIMAGE);
	if (end && !strcmp(end, "/" BZIMAGE)) {
		base = strndup(full, (size_t)(end - full));
		if (base && rx_vm_is_tree(base))
			return rx_vm_tree_open(base, kernel, err);
	}
	free(base);
	base = strndup(full, (size_t)(strrchr(full, '/') - full));
	kernel->release = image_release(full, err);
	if (!kernel->release)
		return -err->code;
	kernel->image = strdup(full);
	if (!kernel->image || !base)
		return rx_fail(err, ENOMEM, "out of memory");
	/* beside the image; beside its folder ("boot"); where this machine keeps its own */
	if (find_modules(kernel, base))
		return 0;
	if (strrchr(base, '/'))
		*strrchr(base, '/') = '\0';
	if (find_modules(kernel, base) || find_modules(kernel, ""))
		return 0;
	return rx_fail(err, ENOENT,
		       "kernel %s: the modules of %s are neither beside it (lib/modules) nor in "
		       "/lib/modules",
		       path, kernel->release);
}
