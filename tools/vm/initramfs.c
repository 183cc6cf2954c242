/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: busybox, /init, the modules that reach the host's root, and /conf with a file for
 * each thing that the guest must know. Words with spaces or newlines so need no quoting, and a
 * kernel command line has no room for them. */
#include <elf.h>
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
#include "netns/base/memory.h"
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
	int rc; /* the first failure; nothing is added after it */
};

static void pad(struct image *image)
{
	while (ftell(image->out) % 4)
		putc(0, image->out);
}

/* One entry of a "newc" archive (Documentation/driver-api/early-userspace/buffer-format.rst):
 * thirteen fields of eight hexadecimal digits after the magic number, then name and data, each
 * padded to four bytes. */
static void add(struct image *image, const char *name, mode_t mode, const void *data, size_t size)
{
	unsigned links = S_ISDIR(mode) ? 2 : 1;

	if (image->rc)
		return;
	fprintf(image->out, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		++image->entries, mode, 0, 0, links, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
	fwrite(name, 1, strlen(name) + 1, image->out);
	pad(image);
	if (size)
		fwrite(data, 1, size, image->out);
	pad(image);
	if (ferror(image->out))
		image->rc = rx_fail(image->err, "file-write", EIO, "%s: it cannot be written: %s",
				    image->boot->initramfs, strerror(errno));
}

static void add_text(struct image *image, const char *name, const char *text)
{
	add(image, name, S_IFREG | 0644, text, strlen(text));
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
			     : rx_fail(err, "file-read", errno, "%s: %s", path, strerror(errno));
	}
	rc = rx_process_run(&process, err);
	*data = process.output;
	*size = process.length;
	if (!rc && process.cut)
		rc = rx_fail(err, "file-read", EFBIG, "it is too large");
	return rc ? rx_wrap(err, "%s: it cannot be decompressed", path) : 0;
}

static void add_file(struct image *image, const char *name, mode_t mode, const char *path)
{
	rx_autofree char *data = NULL;
	size_t size = 0;

	if (!image->rc)
		image->rc = read_file(path, &data, &size, image->err);
	add(image, name, S_IFREG | mode, data, size);
}

static void add_guest_file(struct image *image, const char *name, const char *file)
{
	rx_autofree char *path = rx_format("%s/guest/%s", image->boot->data, file);

	add_file(image, name, 0755, path);
}

bool rx_vm_is_static(const char *path)
{
	rx_autofile FILE *file = fopen(path, "re");
	Elf64_Phdr segment;
	Elf64_Ehdr head;

	if (!file || fread(&head, sizeof(head), 1, file) != 1 ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(segment))
		return false;
	for (unsigned i = 0; i < head.e_phnum; i++) {
		long at = (long)(head.e_phoff + i * sizeof(segment));

		if (fseek(file, at, SEEK_SET) || fread(&segment, sizeof(segment), 1, file) != 1 ||
		    segment.p_type == PT_INTERP)
			return false;
	}
	return true;
}

/* The guest has no library when busybox runs. */
static void add_busybox(struct image *image)
{
	static const char *const places[] = {"/bin/busybox", "/usr/bin/busybox",
					     "/sbin/busybox.static", "/bin/busybox.static"};
	const char *found = NULL;

	for (size_t i = 0; i < RX_ARRAY_SIZE(places); i++) {
		if (rx_vm_is_static(places[i])) {
			add_file(image, "bin/busybox", 0755, places[i]);
			return;
		}
		if (!found && !access(places[i], F_OK))
			found = places[i];
	}
	if (!image->rc)
		image->rc = rx_cannot(image->err, "program-missing", ENOENT,
				      "%s%s; install the package busybox-static",
				      found ? found : "busybox",
				      found ? " needs libraries, which a guest has not when it "
					      "begins"
					    : " is missing");
}

/* One module file, unless it is in the image already. path: "/lib/.../9p.ko.xz" */
static void add_module_file(struct image *image, const char *path)
{
	const char *base = strrchr(path, '/') + 1, *end = strstr(base, ".ko");
	int length = end ? (int)(end + 3 - base) : (int)strlen(base);
	rx_autofree char *line = rx_format("%.*s\n", length, base),
			 *inside = rx_format("modules/%.*s", length, base), *before = NULL;

	if (strstr(image->order, line))
		return;
	before = image->order;
	image->order = rx_format("%s%s", before, line);
	add_file(image, inside, 0644, path);
}

/* A module after those it depends on (modules.dep); nothing to do for what is built in. */
static void add_module(struct image *image, struct kmod_ctx *kmod, const char *name)
{
	rx_automodule struct kmod_module *module = NULL;
	struct kmod_list *deps, *item;
	int rc = image->rc ? image->rc : kmod_module_new_from_name(kmod, name, &module);

	if (rc < 0 && !image->rc)
		image->rc = rx_fail(image->err, "module-missing", -rc, "module %s: %s", name,
				    strerror(-rc));
	if (rc < 0)
		return;
	deps = kmod_module_get_dependencies(module);
	kmod_list_foreach(item, deps) {
		struct kmod_module *dep = kmod_module_get_module(item);

		if (kmod_module_get_path(dep))
			add_module_file(image, kmod_module_get_path(dep));
		kmod_module_unref(dep);
	}
	kmod_module_unref_list(deps);
	if (kmod_module_get_path(module))
		add_module_file(image, kmod_module_get_path(module));
	else if (!image->rc && kmod_module_get_initstate(module) != KMOD_MODULE_BUILTIN)
		image->rc = rx_fail(image->err, "module-missing", ENOENT,
				    "kernel %s has no module %s, which the guest needs to reach "
				    "this machine's root; enable it in the kernel's configuration",
				    image->boot->kernel.release, name);
}

static void add_modules(struct image *image)
{
	const struct rx_vm_kernel *kernel = &image->boot->kernel;
	rx_autofree char *dir = rx_format("%s/%s", kernel->modules, kernel->release);
	const char *no_config = NULL;
	rx_autoctx struct kmod_ctx *kmod = rx_kmod_new(dir, &no_config);

	if (!kmod && !image->rc)
		image->rc = rx_fail(image->err, "library-missing", errno,
				    "%s: libkmod cannot read it: %s", dir, strerror(errno));
	for (size_t i = 0; !image->rc && i < RX_ARRAY_SIZE(early_modules); i++)
		add_module(image, kmod, early_modules[i]);
	add_text(image, "conf/order", image->order);
}

/* Each word with its end. */
static void add_command(struct image *image)
{
	rx_autofree char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		rx_memory_lost();
	for (char **word = image->boot->options->command; word && *word; word++)
		fwrite(*word, 1, strlen(*word) + 1, out);
	fclose(out);
	add(image, "conf/argv", S_IFREG | 0644, words, size);
}

/* The guest's terminal is as large as ours was when it started. */
static void add_terminal(struct image *image)
{
	const char *term = getenv("TERM");
	struct winsize size;
	char text[64];

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	snprintf(text, sizeof(text), "rows %u cols %u", size.ws_row, size.ws_col);
	add_text(image, "conf/size", text);
	add_text(image, "conf/term", term ? term : "dumb");
	add_text(image, "conf/bashrc", "PS1='rxelab-vm \\w \\$ '\n");
}

static void add_conf(struct image *image)
{
	const struct rx_vm_boot *boot = image->boot;
	rx_autofree char *program_dir = rx_vm_program_dir();
	char cwd[PATH_MAX], node[32];

	add_text(image, "conf/bindir", program_dir);
	if (boot->options->results)
		add_text(image, "conf/results", "");
	if (boot->interactive)
		add_text(image, "conf/terminal", "");
	add_text(image, "conf/cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "/");
	add_text(image, "conf/modules", boot->kernel.modules);
	add_text(image, "conf/token", boot->token);
	/* which of how many guests it is */
	snprintf(node, sizeof(node), "%u %u", boot->options->node, boot->options->nodes);
	if (boot->options->node)
		add_text(image, "conf/node", node);
	add_terminal(image);
	add_command(image);
	add_guest_file(image, "conf/guest-init", "guest-init");
}

static void add_all(struct image *image)
{
	static const char *const folders[] = {"bin",     "conf",  "proc",  "sys",    "dev",
					      "modules", "lower", "upper", "newroot"};

	for (size_t i = 0; i < RX_ARRAY_SIZE(folders); i++)
		add(image, folders[i], S_IFDIR | 0755, NULL, 0);
	add_busybox(image);
	add_guest_file(image, "init", "init");
	add_modules(image);
	add_conf(image);
	add(image, "TRAILER!!!", 0, NULL, 0);
}

int rx_vm_initramfs_write(const struct rx_vm_boot *boot, struct rx_err *err)
{
	struct image image = {.out = fopen(boot->initramfs, "we"),
			      .order = rx_strdup(""),
			      .boot = boot,
			      .err = err};

	if (image.out)
		add_all(&image);
	if ((!image.out || fclose(image.out)) && !image.rc)
		image.rc = rx_fail(err, "file-write", errno, "%s: %s", boot->initramfs,
				   strerror(errno));
	free(image.order);
	return image.rc;
}
