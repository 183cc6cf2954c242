/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: busybox, /init, the modules that reach the host's root, and /conf with a file for
 * each thing that the guest must know. Words with spaces or newlines so need no quoting, and a
 * kernel command line has no room for them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "kmod-helpers/modules/kmod.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/process.h"
#include "tools/vm/vm.h"

#define MOST (256u << 20) /* bytes of a file */

/* What must be there before the host's root is; anything else is loaded from there. */
static const char *const early_modules[] = {"virtio_pci", "9p", "9pnet_virtio", "overlay"};

struct image {
	FILE *out;
	unsigned entries;
	char *order; /* module file names, a line each, in the order of loading */
	const struct rx_vm_boot *boot;
	struct rx_err *err;
};

static void pad(struct image *image)
{
	while (ftell(image->out) % 4)
		putc(0, image->out);
}

/* One entry of a "newc" archive (Documentation/driver-api/early-userspace/buffer-format.rst):
 * thirteen fields of eight hexadecimal digits after the magic number, then name and data, each
 * padded to four bytes. */
static int add(struct image *image, const char *name, mode_t mode, const void *data, size_t size)
{
	unsigned links = S_ISDIR(mode) ? 2 : 1;

	fprintf(image->out, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		++image->entries, mode, 0, 0, links, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
	fwrite(name, 1, strlen(name) + 1, image->out);
	pad(image);
	if (size)
		fwrite(data, 1, size, image->out);
	pad(image);
	return ferror(image->out) ? rx_fail(image->err, EIO, "%s: it cannot be written: %s",
					    image->boot->initramfs, strerror(errno))
				  : 0;
}

static int add_text(struct image *image, const char *name, const char *text)
{
	return add(image, name, S_IFREG | 0644, text, strlen(text));
}

/* What prints a file decompressed; modules are compressed since Debian 13. NULL: it is not
 * compressed. */
static const char *decompressor(const char *path)
{
	static const struct {
		const char *suffix, *program;
	} known[] = {{".ko.xz", "xz"}, {".ko.zst", "zstd"}, {".ko.gz", "gzip"}};

	for (size_t i = 0; i < RX_ARRAY_SIZE(known); i++)
		if (strlen(path) > strlen(known[i].suffix) &&
		    !strcmp(path + strlen(path) - strlen(known[i].suffix), known[i].suffix))
			return known[i].program;
	return NULL;
}

/* The bytes of path, decompressed if it is compressed. Caller frees. */
static int read_file(const char *path, char **data, size_t *size, struct rx_err *err)
{
	const char *program = decompressor(path), *const argv[] = {program, "-dc", path, NULL};
	struct rx_process process = {
		.argv = argv, .seconds = 60, .err = RX_OUTPUT_OURS, .most = MOST};
	int rc;

	if (!program) {
		*data = rx_file_text(path, MOST, size);
		return *data ? 0
			     : rx_fail_as(err, "file-read", errno, "%s: %s", path, strerror(errno));
	}
	rc = rx_process_run(&process, err);
	*data = process.output;
	*size = process.length;
	if (!rc && process.cut)
		rc = rx_fail_as(err, "file-read", EFBIG, "it is too large");
	return rc ? rx_wrap(err, "%s: it cannot be decompressed", path) : 0;
}

static int add_file(struct image *image, const char *name, mode_t mode, const char *path)
{
	rx_autofree char *data = NULL;
	size_t size = 0;
	int rc = read_file(path, &data, &size, image->err);

	return rc ? rc : add(image, name, S_IFREG | mode, data, size);
}

static int add_guest_file(struct image *image, const char *name, const char *file)
{
	rx_autofree char *path = NULL;

	if (asprintf(&path, "%s/guest/%s", image->boot->data, file) < 0)
		return rx_fail(image->err, ENOMEM, "out of memory");
	return add_file(image, name, 0755, path);
}

static int add_busybox(struct image *image)
{
	static const char *const places[] = {"/bin/busybox", "/usr/bin/busybox",
					     "/sbin/busybox.static"};

	for (size_t i = 0; i < RX_ARRAY_SIZE(places); i++)
		if (!access(places[i], R_OK))
			return add_file(image, "bin/busybox", 0755, places[i]);
	return rx_cannot(image->err, ENOENT,
			 "busybox is missing; install the package busybox-static");
}

/* One module file, unless it is in the image already. */
static int add_module_file(struct image *image, const char *path)
{
	rx_autofree char *name = NULL, *line = NULL, *inside = NULL, *old = image->order;
	const char *slash = strrchr(path, '/'), *end = strstr(slash, ".ko");

	if (asprintf(&line, "%.*s\n", (int)(end ? end + 3 - slash - 1 : (int)strlen(slash + 1)),
		     slash + 1) < 0)
		return rx_fail(image->err, ENOMEM, "out of memory");
	if (strstr(image->order, line)) {
		old = NULL;
		return 0;
	}
	if (asprintf(&inside, "modules/%.*s", (int)strcspn(line, "\n"), line) < 0 ||
	    asprintf(&image->order, "%s%s", old, line) < 0) {
		image->order = strdup("");
		return rx_fail(image->err, ENOMEM, "out of memory");
	}
	return add_file(image, inside, 0644, path);
}

/* A module after those it depends on (modules.dep); nothing to do for what is built in. */
static int add_module(struct image *image, struct kmod_ctx *kmod, const char *name)
{
	struct kmod_module *module = NULL;
	struct kmod_list *deps, *item;
	int rc = kmod_module_new_from_name(kmod, name, &module);

	if (rc < 0)
		return rx_fail(image->err, -rc, "module %s: %s", name, strerror(-rc));
	deps = kmod_module_get_dependencies(module);
	rc = 0;
	kmod_list_foreach(item, deps) {
		struct kmod_module *dep = kmod_module_get_module(item);

		if (!rc && kmod_module_get_path(dep))
			rc = add_module_file(image, kmod_module_get_path(dep));
		kmod_module_unref(dep);
	}
	kmod_module_unref_list(deps);
	if (!rc && kmod_module_get_path(module))
		rc = add_module_file(image, kmod_module_get_path(module));
	else if (!rc && kmod_module_get_initstate(module) != KMOD_MODULE_BUILTIN)
		rc = rx_fail(image->err, ENOENT,
			     "kernel %s has no module %s, which the guest needs to reach this "
			     "machine's root; enable it in the kernel's configuration",
			     image->boot->kernel.release, name);
	kmod_module_unref(module);
	return rc;
}

static int add_modules(struct image *image)
{
	const char *no_config = NULL;
	rx_autofree char *dir = NULL;
	rx_autoctx struct kmod_ctx *kmod = NULL;
	int rc = 0;

	if (asprintf(&dir, "%s/%s", image->boot->kernel.modules, image->boot->kernel.release) < 0)
		return rx_fail(image->err, ENOMEM, "out of memory");
	kmod = rx_kmod_new(dir, &no_config);
	if (!kmod)
		return rx_fail(image->err, errno, "%s: libkmod cannot read it: %s", dir,
			       strerror(errno));
	for (size_t i = 0; !rc && i < RX_ARRAY_SIZE(early_modules); i++)
		rc = add_module(image, kmod, early_modules[i]);
	return rc ? rc : add_text(image, "conf/order", image->order);
}

static int add_command(struct image *image)
{
	char **command = image->boot->options->command;
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);
	int rc;

	if (!out)
		return rx_fail(image->err, ENOMEM, "out of memory");
	if (command)
		for (; *command; command++)
			fwrite(*command, 1, strlen(*command) + 1, out);
	fclose(out);
	rc = add(image, "conf/argv", S_IFREG | 0644, words, size);
	free(words);
	return rc;
}

/* The guest's terminal is as large as ours was when it started. */
static int add_terminal(struct image *image)
{
	const char *term = getenv("TERM");
	struct winsize size;
	char text[64];
	int rc;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	snprintf(text, sizeof(text), "rows %u cols %u", size.ws_row, size.ws_col);
	rc = add_text(image, "conf/size", text);
	if (!rc)
		rc = add_text(image, "conf/term", term ? term : "dumb");
	return rc ? rc : add_text(image, "conf/bashrc", "PS1='rxelab-vm \\w \\$ '\n");
}

/* Which of how many guests it is. */
static int add_node(struct image *image)
{
	char text[16];

	snprintf(text, sizeof(text), "%u %u", image->boot->options->node,
		 image->boot->options->nodes);
	return add_text(image, "conf/node", text);
}

static int add_conf(struct image *image)
{
	char exe[PATH_MAX], cwd[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int rc;

	exe[length < 0 ? 0 : length] = '\0';
	if (strrchr(exe, '/'))
		*strrchr(exe, '/') = '\0';
	rc = add_text(image, "conf/bindir", exe);
	if (!rc && image->boot->options->results)
		rc = add_text(image, "conf/results", "");
	if (!rc && image->boot->interactive)
		rc = add_text(image, "conf/terminal", "");
	if (!rc)
		rc = add_text(image, "conf/cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "/");
	if (!rc)
		rc = add_text(image, "conf/modules", image->boot->kernel.modules);
	if (!rc)
		rc = add_text(image, "conf/token", image->boot->token);
	if (!rc && image->boot->options->node)
		rc = add_node(image);
	if (!rc)
		rc = add_terminal(image);
	if (!rc)
		rc = add_command(image);
	return rc ? rc : add_guest_file(image, "conf/guest-init", "guest-init");
}

static int add_all(struct image *image)
{
	static const char *const folders[] = {"bin",     "conf",  "proc",  "sys",    "dev",
					      "modules", "lower", "upper", "newroot"};
	int rc = 0;

	for (size_t i = 0; !rc && i < RX_ARRAY_SIZE(folders); i++)
		rc = add(image, folders[i], S_IFDIR | 0755, NULL, 0);
	if (!rc)
		rc = add_busybox(image);
	if (!rc)
		rc = add_guest_file(image, "init", "init");
	if (!rc)
		rc = add_modules(image);
	return rc ? rc : add_conf(image);
}

int rx_vm_initramfs_write(const struct rx_vm_boot *boot, struct rx_err *err)
{
	struct image image = {
		.out = fopen(boot->initramfs, "we"), .order = strdup(""), .boot = boot, .err = err};
	int rc;

	if (!image.out || !image.order)
		rc = rx_fail(err, errno, "%s: %s", boot->initramfs, strerror(errno));
	else
		rc = add_all(&image);
	if (!rc)
		rc = add(&image, "TRAILER!!!", 0, NULL, 0);
	if (image.out && fclose(image.out) && !rc)
		rc = rx_fail(err, errno, "%s: %s", boot->initramfs, strerror(errno));
	free(image.order);
	return rc;
}
