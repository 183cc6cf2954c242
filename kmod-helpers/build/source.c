/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rxe source that belongs to a kernel: find it, check that it is that kernel's, copy what is
 * needed. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "kmod-helpers/build/run.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"

#define RXE "drivers/infiniband/sw/rxe"

static bool holds(const char *folder, const char *file)
{
	rx_autofree char *path = rx_format("%s/%s", folder, file);

	return !access(path, R_OK);
}

/* "VERSION = 6" and its likes at the start of a line of the top Makefile. */
static unsigned makefile_number(const char *text, const char *key)
{
	size_t length = strlen(key);
	unsigned value = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, length) && sscanf(line + length, " = %u", &value) == 1)
			return value;
	}
	return 0;
}

static int check_version(const char *tree, const struct rx_headers *headers,
			 struct rx_source *taken, struct rx_err *err)
{
	static const char *const keys[] = {"VERSION", "PATCHLEVEL", "SUBLEVEL"};
	rx_autofree char *path = rx_format("%s/Makefile", tree), *text = rx_build_read(path, err);
	unsigned v[3];

	if (!text)
		return -err->code;
	for (size_t i = 0; i < RX_ARRAY_SIZE(keys); i++)
		v[i] = makefile_number(text, keys[i]);
	snprintf(taken->version, sizeof(taken->version), "%u.%u.%u", v[0], v[1], v[2]);
	if (v[0] == headers->version[0] && v[1] == headers->version[1] &&
	    (v[2] > 255 ? 255 : v[2]) == headers->version[2])
		return 0;
	return rx_fail(err, "source-differs", EPROTO,
		       "%s holds Linux %s, but kernel %s is %u.%u.%u%s%s; get the source of "
		       "exactly that version (package linux-source-%u.%u, or a tree with --source)",
		       taken->from, taken->version, headers->release, headers->version[0],
		       headers->version[1], headers->version[2], *headers->package ? ", " : "",
		       headers->package, headers->version[0], headers->version[1]);
}

static bool wanted(const char *name)
{
	size_t length = strlen(name);

	return !strcmp(name, "Makefile") || (length > 2 && (!strcmp(name + length - 2, ".c") ||
							    !strcmp(name + length - 2, ".h")));
}

static int copy_rxe(const char *from, const char *to, struct rx_err *err)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return rx_fail(err, "file-read", errno, "opening %s: %s", from, strerror(errno));
	while (!rc && (entry = readdir(dir))) {
		rx_autofree char *source = rx_format("%s/%s", from, entry->d_name),
				 *target = rx_format("%s/%s", to, entry->d_name);

		if (wanted(entry->d_name) && strncmp(entry->d_name, "rxelab_", 7))
			rc = rx_build_copy(source, target, err);
	}
	closedir(dir);
	return rc;
}

/* A tree (its version must be that of the headers) or the rxe folder alone. */
static int take_folder(const char *source, const struct rx_headers *headers, const char *folder,
		       struct rx_source *taken, struct rx_err *err)
{
	rx_autofree char *rxe = rx_format("%s/" RXE, source);
	int rc;

	if (holds(source, "rxe_net.c") && holds(source, "rxe_verbs.c"))
		return copy_rxe(source, folder, err);
	if (!holds(source, RXE "/rxe_net.c"))
		return rx_cannot(err, "source-missing", ENOENT,
				 "%s holds neither a kernel tree with " RXE " nor rxe_net.c itself",
				 source);
	rc = check_version(source, headers, taken, err);
	return rc ? rc : copy_rxe(rxe, folder, err);
}

/* Only rxe and the top Makefile are unpacked: 50 files of 80,000. */
static int take_tarball(const char *source, const struct rx_headers *headers, const char *folder,
			unsigned timeout, struct rx_source *taken, struct rx_err *err)
{
	rx_autofree char *tree = rx_format("%s/.tree", folder),
			 *log = rx_format("%s/tar.log", folder);
	const char *const argv[] = {"tar",         "-xf",
				    source,        "-C",
				    tree,          "--strip-components=1",
				    "--wildcards", "--no-wildcards-match-slash",
				    "*/" RXE "/*", "*/Makefile",
				    NULL};
	const struct rx_build_run run = {.log = log, .timeout = timeout, .argv = argv};
	int rc;

	rc = rx_build_mkdirs(tree, err);
	if (!rc && rx_build_run(&run, err))
		rc = rx_wrap(err, "unpacking " RXE " from %s", source);
	if (!rc)
		rc = take_folder(tree, headers, folder, taken, err);
	rx_build_remove_tree(tree);
	return rc;
}

/* dpkg knows the revision that neither tree nor tarball tells: 6.1.176-1 and 6.1.176-2 may differ
 * in rxe. */
static int check_package(const char *package, const struct rx_headers *headers, struct rx_err *err)
{
	const char *const argv[] = {"dpkg-query", "-W", "-f=Debian ${Version}", package, NULL};
	rx_autoprocess query = {.argv = argv, .seconds = 20, .err = RX_OUTPUT_DROPPED};
	struct rx_err ignored;

	if (strncmp(headers->package, "Debian ", 7) || rx_process_run(&query, &ignored) ||
	    !strcmp(query.output, headers->package))
		return 0;
	return rx_cannot(err, "source-differs", EPROTO,
			 "the package %s is at %s, but kernel %s is from %s; install that version "
			 "of %s, or give a tree with --source",
			 package, query.output + 7, headers->release, headers->package + 7,
			 package);
}

static int find_package(const struct rx_headers *headers, char *path, size_t size,
			struct rx_err *err)
{
	char package[64];

	snprintf(package, sizeof(package), "linux-source-%u.%u", headers->version[0],
		 headers->version[1]);
	snprintf(path, size, "/usr/src/%s.tar.xz", package);
	if (!access(path, R_OK))
		return check_package(package, headers, err);
	return rx_cannot(err, "source-missing", ENOENT,
			 "the source of kernel %s%s%s%s is not here; install the package %s of "
			 "exactly that version, or name a kernel tree or tarball with --source",
			 headers->release, *headers->package ? " (" : "", headers->package,
			 *headers->package ? ")" : "", package);
}

int rx_source_take(const char *source, const struct rx_headers *headers, const char *folder,
		   unsigned timeout, struct rx_source *taken, struct rx_err *err)
{
	char found[RX_BUILD_PATH];
	struct stat st;
	int rc = 0;

	memset(taken, 0, sizeof(*taken));
	if (!source) {
		rc = find_package(headers, found, sizeof(found), err);
		source = found;
	}
	if (rc)
		return rc;
	snprintf(taken->from, sizeof(taken->from), "%s", source);
	if (stat(source, &st))
		return rx_cannot(err, "source-missing", errno, "--source %s: %s", source,
				 strerror(errno));
	return S_ISDIR(st.st_mode) ? take_folder(source, headers, folder, taken, err)
				   : take_tarball(source, headers, folder, timeout, taken, err);
}
