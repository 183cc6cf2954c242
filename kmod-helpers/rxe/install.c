/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/install.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/utsname.h>

#include "kmod-helpers/build/files.h"
#include "kmod-helpers/build/run.h"
#include "kmod-helpers/modules/kmod.h"
#include "kmod-helpers/modules/modules.h"
#include "kmod-helpers/rxe/hook.h"
#include "kmod-helpers/rxe/load.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/rxe/trust.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"

#define UDEV_RULES "/etc/udev/rules.d"
#define UDEV_RULE "60-rxelab-helper.rules"
#define HELPER_RULE UDEV_RULES "/" UDEV_RULE

/* depmod and the initramfs of each kernel; 120 were too few under emulation */
#define DKMS_REMOVE_SECONDS 600

#define UNQUOTABLE "'\"$`\\\n"

/* dkms.conf is a shell script: a path with a quote or a dollar is refused. What stands there is
 * what was looked at, and not a link to it. *real: the caller frees. */
static int check_path(const char *option, const char *value, char **real, struct rx_err *err)
{
	if (!value)
		return 0;
	if (*value != '/')
		return rx_usage(err, "option-value", "--%s %s: DKMS needs a path from the root",
				option, value);
	*real = rx_roots_path(value, err);
	if (!*real)
		return -err->code;
	if (strpbrk(*real, UNQUOTABLE))
		return rx_usage(err, "option-value",
				"--%s %s: DKMS's configuration cannot hold this path; use one "
				"without quotes",
				option, *real);
	return 0;
}

/* " --OPTION 'PATH'" for the MAKE line. */
static char *option_words(const char *option, const char *value)
{
	return value ? rx_format(" --%s '%s'", option, value) : rx_strdup("");
}

/* A source whose version cannot be checked is for this kernel alone. Caller frees. */
static char *exclusive(const struct rx_build_result *result)
{
	rx_autofree char *release = NULL;
	char *text = rx_strdup("");

	if (result->road == RX_ROAD_HELPER || *result->source.version)
		return text;
	for (const char *c = result->headers.release; *c; c++) {
		char *before = text;

		text = rx_format("%s%s%c", before, strchr(".+", *c) ? "\\" : "", *c);
		free(before);
	}
	release = text;
	text = rx_format("BUILD_EXCLUSIVE_KERNEL=\"^%s$\"\n", release);
	return text;
}

/* DKMS calls us for each new kernel: the guards look again, and the source is that kernel's. No
 * AUTOINSTALL: a build that is refused would end `dkms autoinstall` with an error, and apt with it;
 * a hook of ours asks instead (hook.c). */
static int write_dkms_conf(const struct rx_build_request *request, const char *program,
			   const struct rx_build_result *result, const char *version,
			   const char *folder, struct rx_err *err)
{
	rx_autofree char *source = option_words("source", request->source),
			 *toolchain = option_words("toolchain", request->toolchain),
			 *only = exclusive(result), *text = NULL;

	text = rx_format(RX_DKMS_MARK "\nPACKAGE_NAME=\"rxelab\"\nPACKAGE_VERSION=\"%s\"\n"
				      "BUILT_MODULE_NAME[0]=\"%s\"\n"
				      "DEST_MODULE_LOCATION[0]=\"/updates/dkms\"\n%s"
				      "CLEAN=\"true\"\n"
				      "MAKE[0]=\"'%s' module build --road %s --kernel ${kernelver} "
				      "--output .%s%s\"\n",
			 version, rx_road_module(result->road), only, program,
			 rx_road_name(result->road), source, toolchain);
	return rx_build_write(folder, "dkms.conf", text, err);
}

static int check_dkms(struct rx_err *err)
{
	if (rx_have_program("", "dkms"))
		return 0;
	return rx_cannot(err, "program-missing", ENOENT,
			 "dkms is not installed, which builds the module again for each new "
			 "kernel; install the package dkms, or do without: rxelab module build, "
			 "rxelab module load");
}

static int dkms(const char *const argv[], unsigned timeout, struct rx_err *err)
{
	const struct rx_build_run run = {.log = RX_DKMS_LOG, .timeout = timeout, .argv = argv};

	if (check_dkms(err))
		return -err->code;
	unlink(RX_DKMS_LOG);
	return rx_build_run(&run, err) ? rx_wrap(err, "dkms %s (" RX_DKMS_LOG ")", argv[1]) : 0;
}

/* A tree that was never added is only files. */
static bool is_only_files(const char *version, const struct rx_err *err)
{
	rx_autofree char *added = rx_format("/var/lib/dkms/rxelab/%s", version);

	return err->status == RX_CANNOT ? access(added, F_OK) : !!strstr(err->text, "not located");
}

static int remove_version(const char *version, struct rx_err *err)
{
	rx_autofree char *folder = rx_format(RX_DKMS_SOURCE "%s", version);
	int rc = dkms((const char *const[]){"dkms", "remove", "-m", "rxelab", "-v", version,
					    "--all", NULL},
		      DKMS_REMOVE_SECONDS, err);

	if (rc && !is_only_files(version, err))
		return rc;
	rx_build_remove_tree(folder);
	return access(folder, F_OK)
		       ? 0
		       : rx_fail(err, "file-write", EIO, "%s: it cannot be removed", folder);
}

static bool is_ours(const char *folder)
{
	rx_autofree char *path = rx_format("%s/dkms.conf", folder);
	char line[sizeof(RX_DKMS_MARK) + 1];

	return !rx_file_read(path, line, sizeof(line)) && !strcmp(line, RX_DKMS_MARK);
}

bool rx_module_installed(char *version, size_t size)
{
	bool ours = false;
	glob_t found;

	if (glob(RX_DKMS_SOURCE "*", 0, NULL, &found))
		return false;
	for (size_t i = 0; !ours && i < found.gl_pathc; i++) {
		ours = is_ours(found.gl_pathv[i]);
		if (ours)
			snprintf(version, size, "%s", found.gl_pathv[i] + strlen(RX_DKMS_SOURCE));
	}
	globfree(&found);
	return ours;
}

/* Take every tree of ours away but the one of the version to keep (NULL: none is kept). */
static int remove_trees(const char *keep, unsigned *n, struct rx_err *err)
{
	glob_t found;
	int rc = 0;

	*n = 0;
	if (glob(RX_DKMS_SOURCE "*", 0, NULL, &found))
		return 0;
	for (size_t i = 0; !rc && i < found.gl_pathc; i++) {
		const char *version = found.gl_pathv[i] + strlen(RX_DKMS_SOURCE);

		if (!is_ours(found.gl_pathv[i]) || (keep && !strcmp(version, keep)))
			continue;
		rc = remove_version(version, err);
		*n += !rc;
	}
	globfree(&found);
	return rc;
}

/* rdma_rxe may be loaded by anyone (rdma link add does); the helper needs the offset, so no soft
 * dependency will do. */
static int write_udev_rule(const char *program, struct rx_err *err)
{
	rx_autofree char *text = rx_format(RX_DKMS_MARK "\n"
							"ACTION==\"add\", SUBSYSTEM==\"module\", "
							"KERNEL==\"rdma_rxe\", "
							"RUN+=\"'%s' module load --road helper\"\n",
					   program);

	return rx_build_mkdirs(UDEV_RULES, err) || rx_build_write(UDEV_RULES, UDEV_RULE, text, err)
		       ? -err->code
		       : 0;
}

/* Where DKMS put it: modprobe's view of that kernel. */
static int find_installed(struct rx_build_result *result, struct rx_err *err)
{
	const char *name = rx_road_module(result->road);
	rx_autofree char *folder = rx_format("/lib/modules/%s", result->headers.release);
	rx_autoctx struct kmod_ctx *ctx = rx_kmod_new(folder, NULL);
	rx_automodule struct kmod_module *module = NULL;
	char text[64];

	if (ctx && !kmod_module_new_from_name(ctx, name, &module) && kmod_module_get_path(module))
		snprintf(result->module, sizeof(result->module), "%s",
			 kmod_module_get_path(module));
	if (*result->module && rx_modinfo(result->module, "rxelab", text, sizeof(text)))
		return 0;
	return rx_fail(err, "program-failed", ENOENT,
		       "dkms was content, but modprobe would load %s for %s, which is not ours",
		       *result->module ? result->module : "nothing", name);
}

/* A version that no tree of ours has: what is installed stays until the new one is there. */
static void new_version(const char *base, char *version, size_t size)
{
	snprintf(version, size, "%s", base);
	for (unsigned n = 2;; n++) {
		rx_autofree char *folder = rx_format(RX_DKMS_SOURCE "%s", version);

		if (access(folder, F_OK))
			return;
		snprintf(version, size, "%s-%u", base, n);
	}
}

static int dkms_install(const char *version, const char *release, unsigned timeout,
			struct rx_err *err)
{
	return dkms((const char *const[]){"dkms", "install", "-m", "rxelab", "-v", version, "-k",
					  release, "--force", NULL},
		    timeout, err);
}

/* DKMS refuses a tree with nothing but its own file; and whoever looks there finds what is
 * compiled. */
static int make_tree(const struct rx_build_request *request, const char *program,
		     const struct rx_build_result *result, const char *version, struct rx_err *err)
{
	rx_autofree char *folder = rx_format(RX_DKMS_SOURCE "%s", version);

	return rx_build_mkdirs(folder, err) || rx_module_write_sources(result->road, folder, err) ||
			       write_dkms_conf(request, program, result, version, folder, err)
		       ? -err->code
		       : 0;
}

/* Would the running kernel take it? Asked only of what it has loaded: then it is judged and not
 * taken. */
static int check_taken(const struct rx_build_result *result, struct rx_err *err)
{
	if (strcmp(result->headers.release, rx_kernel_release()))
		return 0;
	return rx_module_try(rx_road_module(result->road), result->module, err);
}

/* Other kernels that have a module of ours get it from the new tree; false: one cannot. */
static bool move_others(const char *version, const char *but, unsigned timeout)
{
	struct rx_err ignored;
	bool all = true;
	glob_t found;

	if (glob("/lib/modules/*/updates/dkms/r[dx]*.ko*", 0, NULL, &found))
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		rx_autofree char *release = rx_strdup(found.gl_pathv[i] + strlen("/lib/modules/"));
		char text[64];

		*strchr(release, '/') = '\0';
		if (strcmp(release, but) &&
		    rx_modinfo(found.gl_pathv[i], "rxelab", text, sizeof(text)))
			all &= !dkms_install(version, release, timeout, &ignored);
	}
	globfree(&found);
	return all;
}

static int settle(const struct rx_build_request *request, const char *program, const char *version,
		  struct rx_build_result *result, struct rx_err *err)
{
	struct rx_err ignored;
	unsigned removed;

	if (make_tree(request, program, result, version, err) ||
	    dkms_install(version, result->headers.release, request->timeout, err) ||
	    find_installed(result, err) || check_taken(result, err) || rx_kernel_hook_write(err) ||
	    (result->road == RX_ROAD_HELPER && write_udev_rule(program, err)))
		return -err->code;
	/* the old one goes now that the new one is known to be there */
	if (result->road != RX_ROAD_HELPER)
		unlink(HELPER_RULE);
	if (move_others(version, result->headers.release, request->timeout))
		remove_trees(version, &removed, &ignored);
	return 0;
}

int rx_module_install(const struct rx_build_request *request, const char *program,
		      struct rx_build_result *result, struct rx_err *err)
{
	rx_autofree char *source = NULL, *toolchain = NULL, *real_program = NULL;
	struct rx_build_request resolved = *request;
	char version[128], before[128];
	struct rx_err ignored;
	bool had;

	if (check_path("source", request->source, &source, err) ||
	    check_path("toolchain", request->toolchain, &toolchain, err))
		return -err->code;
	real_program = rx_roots_path(program, err);
	resolved.source = source;
	resolved.toolchain = toolchain;
	if (!real_program || rx_module_plan(&resolved, result, err) || check_dkms(err))
		return -err->code;
	had = rx_module_installed(before, sizeof(before));
	new_version(request->version, version, sizeof(version));
	if (!settle(&resolved, real_program, version, result, err))
		return 0;
	/* nothing half installed stays, and what was there is there again; the first error is the
	 * one to tell */
	remove_version(version, &ignored);
	if (had)
		dkms_install(before, result->headers.release, request->timeout, &ignored);
	else
		rx_kernel_hook_remove();
	return -err->code;
}

/* Back to the distribution's in the running kernel, as far as nothing is in use. */
static int go_back(struct rx_module_removed *removed, struct rx_err *err)
{
	bool ours = rx_rxe_owner() == RX_RXE_OURS;
	int rc = rx_helper_unload(err);

	removed->helper_stays = rc == -EBUSY;
	if (rc && rc != -EBUSY)
		return rc;
	if (!ours)
		return 0;
	rc = rx_rxe_unload(err);
	removed->rxe_stays = rc == -EBUSY;
	if (rc)
		return rc == -EBUSY ? 0 : rc;
	rc = rx_module_load("rdma_rxe", NULL, NULL, err);
	removed->rxe_reloaded = !rc;
	return rc;
}

int rx_module_remove(struct rx_module_removed *removed, struct rx_err *err)
{
	int rc;

	memset(removed, 0, sizeof(*removed));
	rc = remove_trees(NULL, &removed->versions, err);
	if (rc)
		return rc;
	unlink(HELPER_RULE);
	rx_kernel_hook_remove();
	return go_back(removed, err);
}
