/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel is meant: a folder, a version in the cache, or a suite that may have to be
 * fetched. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/cli/output.h"
#include "tools/vm/vm.h"

char *rx_vm_cache_dir(struct rx_err *err)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;

	if (cache && *cache == '/') {
		if (asprintf(&dir, "%s/rxelab/kernels", cache) < 0)
			dir = NULL;
	} else if (home && *home == '/') {
		if (asprintf(&dir, "%s/.cache/rxelab/kernels", home) < 0)
			dir = NULL;
	}
	if (!dir)
		rx_cannot(err, ENOENT,
			  "there is no folder for kernels: set HOME or XDG_CACHE_HOME");
	return dir;
}

char *rx_vm_data_dir(struct rx_err *err)
{
	static const char *const places[] = {"../tools/vm", "../libexec/rxelab"};
	char exe[PATH_MAX], *slash, *dir = NULL;
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[length < 0 ? 0 : length] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; slash && i < RX_ARRAY_SIZE(places); i++) {
		rx_autofree char *probe = NULL;

		if (asprintf(&dir, "%s/%s", exe, places[i]) < 0 ||
		    asprintf(&probe, "%s/guest/init", dir) < 0)
			break;
		if (!access(probe, R_OK))
			return dir;
		free(dir);
		dir = NULL;
	}
	rx_cannot(err, ENOENT,
		  "the guest's scripts are neither in %s/../tools/vm nor in %s/../libexec/rxelab; "
		  "install rxelab with make install",
		  exe, exe);
	return NULL;
}

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
		return rx_usage(err,
				"\"%s\" is no kernel: give a suite (bookworm, trixie, "
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
		return rx_fail(err, errno, "kernel %s: it has no folder lib/modules", dir);
	while (!rc && (entry = readdir(modules))) {
		rx_autofree char *dep = NULL;

		if (entry->d_name[0] == '.' ||
		    asprintf(&dep, "%s/%s/modules.dep", kernel->modules, entry->d_name) < 0 ||
		    access(dep, R_OK))
			continue;
		if (kernel->release)
			rc = rx_fail(err, ENOTUNIQ,
				     "kernel %s: lib/modules holds both %s and %s; give a folder "
				     "with one kernel",
				     dir, kernel->release, entry->d_name);
		else
			kernel->release = strdup(entry->d_name);
	}
	closedir(modules);
	if (!rc && !kernel->release)
		rc = rx_fail(err, ENOENT,
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
	int rc;

	if (!full)
		return rx_fail(err, errno, "kernel %s: %s", dir, strerror(errno));
	if (asprintf(&kernel->modules, "%s/lib/modules", full) < 0)
		return rx_fail(err, ENOMEM, "out of memory");
	rc = find_release(kernel, dir, err);
	for (size_t i = 0; !rc && i < RX_ARRAY_SIZE(images); i++) {
		if (asprintf(&kernel->image, images[i], full, kernel->release) < 0)
			return rx_fail(err, ENOMEM, "out of memory");
		if (!access(kernel->image, R_OK))
			return 0;
		free(kernel->image);
		kernel->image = NULL;
	}
	return rc ? rc
		  : rx_fail(err, ENOENT, "kernel %s: there is no vmlinuz that this user may read",
			    dir);
}

/* The first line of dir/name, without its newline; NULL if there is none. */
static char *read_line(const char *dir, const char *name)
{
	rx_autofree char *path = NULL;
	rx_autofile FILE *file = NULL;
	char *line = NULL;
	size_t room = 0;

	if (asprintf(&path, "%s/%s", dir, name) < 0 || !(file = fopen(path, "re")) ||
	    getline(&line, &room, file) <= 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static bool is_complete(const char *cache, const char *release)
{
	rx_autofree char *path = NULL;

	return *release && !strchr(release, '/') &&
	       asprintf(&path, "%s/%s/.complete", cache, release) >= 0 && !access(path, F_OK);
}

/* The release that the cache has for suite; NULL: none. */
static char *release_of_suite(const char *cache, const char *suite)
{
	rx_autofree char *dir = NULL;
	char *release;

	if (asprintf(&dir, "%s/suites", cache) < 0)
		return NULL;
	release = read_line(dir, suite);
	if (release && is_complete(cache, release))
		return release;
	free(release);
	return NULL;
}

static void add_suites(const char *cache, struct rx_vm_cached *cached)
{
	rx_autofree char *path = NULL;
	struct dirent **suites;
	int n;

	if (asprintf(&path, "%s/suites", cache) < 0 ||
	    (n = scandir(path, &suites, NULL, alphasort)) < 0)
		return;
	for (int i = 0; i < n; i++) {
		rx_autofree char *release = suites[i]->d_name[0] == '.'
						    ? NULL
						    : read_line(path, suites[i]->d_name);
		char *joined;

		if (release && !strcmp(release, cached->release) && cached->suites &&
		    asprintf(&joined, "%s%s%s", cached->suites, *cached->suites ? " " : "",
			     suites[i]->d_name) >= 0) {
			free(cached->suites);
			cached->suites = joined;
		}
		free(suites[i]);
	}
	free(suites);
}

int rx_vm_cache_list(struct rx_vm_cached **list, size_t *n, struct rx_err *err)
{
	rx_autofree char *cache = rx_vm_cache_dir(err);
	struct dirent **entries;
	int found;

	*list = NULL;
	*n = 0;
	if (!cache)
		return -err->code;
	found = scandir(cache, &entries, NULL, versionsort);
	if (found < 0)
		return errno == ENOENT ? 0 : rx_fail(err, errno, "%s: %s", cache, strerror(errno));
	*list = calloc((size_t)found + 1, sizeof(**list));
	for (int i = 0; i < found; i++) {
		struct rx_vm_cached *cached = *list ? *list + *n : NULL;

		if (cached && is_complete(cache, entries[i]->d_name)) {
			cached->release = strdup(entries[i]->d_name);
			cached->suites = strdup("");
			if (asprintf(&cached->dir, "%s/%s", cache, cached->release) < 0)
				cached->dir = NULL;
			add_suites(cache, cached);
			(*n)++;
		}
		free(entries[i]);
	}
	free(entries);
	return *list ? 0 : rx_fail(err, ENOMEM, "out of memory");
}

void rx_vm_cache_free(struct rx_vm_cached *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].release);
		free(list[i].dir);
		free(list[i].suites);
	}
	free(list);
}

int rx_vm_script(const char *const argv[], char **line, struct rx_err *err)
{
	/* without a limit: how long a mirror takes is its user's to judge, who may end it */
	rx_autoprocess script = {.argv = argv, .err = RX_OUTPUT_OURS};

	if (rx_process_run(&script, err))
		return rx_fail_as(err, "program-failed", err->code,
				  "%s failed (the reason stands above)", strrchr(argv[0], '/') + 1);
	script.output[strcspn(script.output, "\n")] = '\0';
	if (!*script.output)
		return rx_fail_as(err, "program-failed", EIO, "%s named no kernel",
				  strrchr(argv[0], '/') + 1);
	*line = rx_strdup(script.output);
	return 0;
}

static int fetch(const char *program, const char *suite, const char *cache, char **release,
		 struct rx_err *err)
{
	int rc = rx_vm_script((const char *const[]){program, suite, cache, NULL}, release, err);

	if (!rc && is_complete(cache, *release))
		return 0;
	free(*release);
	*release = NULL;
	return rx_fail(err, ENOENT,
		       "no kernel of suite \"%s\" could be fetched (the reason stands above)",
		       suite);
}

int rx_vm_kernel_fetch(const char *suite, char **release, struct rx_err *err)
{
	rx_autofree char *cache = rx_vm_cache_dir(err), *data = rx_vm_data_dir(err),
			 *program = NULL;

	*release = NULL;
	if (!cache || !data)
		return -err->code;
	if (asprintf(&program, "%s/fetch-kernel", data) < 0)
		return rx_fail(err, ENOMEM, "out of memory");
	return fetch(program, suite, cache, release, err);
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
			found = strdup(release);
		}
		snprintf(have + used, sizeof(have) - used, "%s%s", used ? ", " : "", release);
	}
	rx_vm_cache_free(list, n);
	if (!found)
		rx_fail(err, ENOENT,
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

int rx_vm_kernel_find(const char *name, struct rx_vm_kernel *kernel, struct rx_err *err)
{
	rx_autofree char *cache = NULL, *release = NULL, *dir = NULL;
	int rc;

	name = name ? name : RX_VM_DEFAULT_KERNEL;
	if (is_path(name))
		return open_path(name, kernel, err);
	cache = rx_vm_cache_dir(err);
	if (!cache)
		return -err->code;
	if (isdigit((unsigned char)*name)) {
		release = release_of_version(name, err);
	} else {
		release = release_of_suite(cache, name);
		rc = release ? 0 : rx_vm_kernel_fetch(name, &release, err);
		if (rc)
			return rc;
	}
	if (!release)
		return -err->code;
	if (asprintf(&dir, "%s/%s", cache, release) < 0)
		return rx_fail(err, ENOMEM, "out of memory");
	return open_folder(dir, kernel, err);
}
