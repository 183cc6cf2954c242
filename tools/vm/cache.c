/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where kernels are kept, where our own scripts lie, and the one way to run one of them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "kmod-helpers/build/build.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/vm/vm.h"

char *rx_vm_cache_dir(struct rx_err *err)
{
	char *folder = rx_cache_folder("kernels");

	if (!folder)
		rx_cannot(err, "no-home", ENOENT,
			  "there is no folder for kernels: set HOME or XDG_CACHE_HOME");
	return folder;
}

char *rx_vm_program_dir(void)
{
	char path[PATH_MAX] = "", *slash;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = '\0';
	slash = strrchr(path, '/');
	return rx_strndup(path, slash ? (size_t)(slash - path) : 0);
}

char *rx_vm_data_dir(struct rx_err *err)
{
	static const char *const places[] = {"../tools/vm", "../libexec/rxelab"};
	rx_autofree char *dir = rx_vm_program_dir();

	for (size_t i = 0; i < RX_ARRAY_SIZE(places); i++) {
		rx_autofree char *probe = rx_format("%s/%s/guest/init", dir, places[i]);

		if (!access(probe, R_OK))
			return rx_format("%s/%s", dir, places[i]);
	}
	rx_cannot(err, "installation-incomplete", ENOENT,
		  "the guest's scripts are neither in %s/../tools/vm nor in %s/../libexec/rxelab; "
		  "install rxelab with make install",
		  dir, dir);
	return NULL;
}

int rx_vm_script(const char *const argv[], char **line, struct rx_err *err)
{
	/* without a limit: how long a mirror takes is its user's to judge, who may end it */
	rx_autoprocess script = {.argv = argv, .err = RX_OUTPUT_OURS};

	if (rx_process_run(&script, err))
		return rx_fail(err, "program-failed", err->code,
			       "%s failed (the reason stands above)", strrchr(argv[0], '/') + 1);
	script.output[strcspn(script.output, "\n")] = '\0';
	if (!*script.output)
		return rx_fail(err, "program-failed", EIO, "%s named no kernel",
			       strrchr(argv[0], '/') + 1);
	*line = rx_strdup(script.output);
	return 0;
}

/* The first line of dir/name, without its newline; NULL if there is none. */
static char *read_line(const char *dir, const char *name)
{
	rx_autofree char *path = rx_format("%s/%s", dir, name);
	char line[256];

	return rx_file_read(path, line, sizeof(line)) || !*line ? NULL : rx_strdup(line);
}

bool rx_vm_cache_has(const char *cache, const char *release)
{
	rx_autofree char *path = rx_format("%s/%s/.complete", cache, release);

	return *release && !strchr(release, '/') && !access(path, F_OK);
}

/* The release that the cache has for suite; NULL: none. */
char *rx_vm_cache_release(const char *cache, const char *suite)
{
	rx_autofree char *dir = rx_format("%s/suites", cache);
	char *release = read_line(dir, suite);

	if (release && rx_vm_cache_has(cache, release))
		return release;
	free(release);
	return NULL;
}

static void add_suites(const char *cache, struct rx_vm_cached *cached)
{
	rx_autofree char *path = rx_format("%s/suites", cache);
	struct dirent **suites;
	int n = scandir(path, &suites, NULL, alphasort);

	if (n < 0)
		return;
	for (int i = 0; i < n; i++) {
		rx_autofree char *release = suites[i]->d_name[0] == '.'
						    ? NULL
						    : read_line(path, suites[i]->d_name);
		char *joined;

		if (release && !strcmp(release, cached->release)) {
			joined = rx_format("%s%s%s", cached->suites, *cached->suites ? " " : "",
					   suites[i]->d_name);
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
		return errno == ENOENT
			       ? 0
			       : rx_fail(err, "file-read", errno, "%s: %s", cache, strerror(errno));
	for (int i = 0; i < found; i++) {
		if (rx_vm_cache_has(cache, entries[i]->d_name)) {
			struct rx_vm_cached *cached = rx_array_add(list, n, sizeof(*cached));

			cached->release = rx_strdup(entries[i]->d_name);
			cached->suites = rx_strdup("");
			cached->dir = rx_format("%s/%s", cache, cached->release);
			add_suites(cache, cached);
		}
		free(entries[i]);
	}
	free(entries);
	return 0;
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
