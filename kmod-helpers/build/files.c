/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sendfile.h>

#include "netns/base/cleanup.h"

#define WRAPPERS(X) \
	X(rxelab_helper) \
	X(rxelab_info) X(rxelab_mmap) X(rxelab_net_inplace) X(rxelab_net_sockets) X(rxelab_verbs)

/* The assembler reads the file at build time; the path is that from the top of the tree, where make
 * runs. */
#define EMBED(file) \
	__asm__(".section .rodata\n" \
		".global rx_wrapper_" #file "\nrx_wrapper_" #file ":\n" \
		".incbin \"kmod-helpers/wrappers/" #file ".c\"\n" \
		".global rx_wrapper_" #file "_end\nrx_wrapper_" #file \
		"_end:\n.byte 0\n.previous\n"); \
	extern const char rx_wrapper_##file[], rx_wrapper_##file##_end[];
WRAPPERS(EMBED)

#define MATCH(file) \
	if (!strcmp(name, #file ".c")) \
		entry = (struct rx_build_file){#file ".c", rx_wrapper_##file, \
			(uintptr_t)rx_wrapper_##file##_end - (uintptr_t)rx_wrapper_##file};

const struct rx_build_file *rx_build_file(const char *name)
{
	static struct rx_build_file entry;

	entry.name = NULL;
	WRAPPERS(MATCH)
	return entry.name ? &entry : NULL;
}

int rx_build_write(const char *folder, const char *name, const char *text, size_t size,
		   struct rx_err *err)
{
	rx_autofile FILE *file = NULL;
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	if (!file || fwrite(text, 1, size, file) != size || fflush(file))
		return rx_fail(err, errno, "writing %s: %s", path, strerror(errno));
	return 0;
}

int rx_build_write_wrapper(const char *folder, const char *name, struct rx_err *err)
{
	const struct rx_build_file *file = rx_build_file(name);

	if (!file)
		return rx_fail(err, ENOENT, "rxelab carries no source named %s", name);
	return rx_build_write(folder, file->name, file->text, file->size, err);
}

char *rx_build_read(const char *path, struct rx_err *err)
{
	rx_autofile FILE *file = fopen(path, "re");
	size_t limit = 8 << 20, size;
	char *text = file ? malloc(limit + 1) : NULL, *fitted;

	if (!text) {
		rx_fail(err, errno, "reading %s: %s", path, strerror(errno));
		return NULL;
	}
	size = fread(text, 1, limit, file);
	if (ferror(file) || (size == limit && fgetc(file) != EOF)) {
		rx_fail(err, EFBIG, "reading %s: it is no text file of less than 8 MiB", path);
		free(text);
		return NULL;
	}
	text[size] = '\0';
	fitted = realloc(text, size + 1);
	return fitted ? fitted : text;
}

int rx_build_copy(const char *from, const char *to, struct rx_err *err)
{
	rx_autoclose int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat st;
	ssize_t n = -1;
	off_t left;

	if (in >= 0 && !fstat(in, &st))
		out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return rx_fail(err, errno, "copying %s to %s: %s", from, to, strerror(errno));
	for (left = st.st_size; left > 0; left -= n) {
		n = sendfile(out, in, NULL, (size_t)left);
		if (n <= 0)
			return rx_fail(err, n ? errno : EIO, "copying %s to %s: %s", from, to,
				       strerror(n ? errno : EIO));
	}
	return 0;
}

int rx_build_mkdirs(const char *path, struct rx_err *err)
{
	char part[1024];

	snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1;; at++) {
		char kept = *at;

		if (kept && kept != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return rx_fail(err, errno, "making the folder %s: %s", part,
				       strerror(errno));
		if (!kept)
			return 0;
		*at = kept;
	}
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	if (remove(path))
		rx_trace("removing %s: %s", path, strerror(errno));
	return 0;
}

void rx_build_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
