/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/files.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

#define MOST (8u << 20) /* bytes of a text file */
#define MOST_COPIED (256u << 20)

#define WRAPPERS(X) \
	X(rxelab_helper) \
	X(rxelab_info) X(rxelab_mmap) X(rxelab_net_inplace) X(rxelab_net_sockets) X(rxelab_verbs)

/* The assembler reads the file at build time; the path is that from the top of the tree, where make
 * runs. */
#define EMBED(file) \
	__asm__(".section .rodata\n" \
		".global rx_wrapper_" #file "\nrx_wrapper_" #file ":\n" \
		".incbin \"kmod-helpers/wrappers/" #file ".c\"\n.byte 0\n.previous\n"); \
	extern const char rx_wrapper_##file[];
WRAPPERS(EMBED)

const char *rx_build_wrapper(const char *name)
{
#define ROW(file) {#file ".c", rx_wrapper_##file},
	static const struct {
		const char *name, *text;
	} files[] = {WRAPPERS(ROW)};

	for (size_t i = 0; i < RX_ARRAY_SIZE(files); i++)
		if (!strcmp(files[i].name, name))
			return files[i].text;
	return NULL;
}

int rx_build_write(const char *folder, const char *name, const char *text, struct rx_err *err)
{
	rx_autofree char *path = rx_format("%s/%s", folder, name);
	int rc = rx_file_replace(path, text, strlen(text), 0644);

	return rc ? rx_fail(err, "file-write", -rc, "writing %s: %s", path, strerror(-rc)) : 0;
}

int rx_build_write_wrapper(const char *folder, const char *name, struct rx_err *err)
{
	return rx_build_write(folder, name, rx_build_wrapper(name), err);
}

char *rx_build_read(const char *path, struct rx_err *err)
{
	char *text = rx_file_text(path, MOST, NULL);

	if (!text)
		rx_fail(err, "file-read", errno, "reading %s: %s", path,
			errno == EFBIG ? "it is not a text file of less than 8 MiB"
				       : strerror(errno));
	return text;
}

int rx_build_copy(const char *from, const char *to, struct rx_err *err)
{
	size_t size;
	rx_autofree char *data = rx_file_text(from, MOST_COPIED, &size);
	int rc = data ? rx_file_replace(to, data, size, 0644) : -errno;

	return rc ? rx_fail(err, "file-write", -rc, "copying %s to %s: %s", from, to, strerror(-rc))
		  : 0;
}

int rx_build_mkdirs(const char *path, struct rx_err *err)
{
	rx_autofree char *part = rx_strdup(path);

	for (char *at = part + (*part == '/');; at++) {
		char kept = *at;

		if (kept && kept != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return rx_fail(err, "file-write", errno, "making the folder %s: %s", part,
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
