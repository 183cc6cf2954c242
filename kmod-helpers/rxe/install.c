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
#include "kmod-helpers/rxe/load.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/rxe/trust.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

#define UDEV_RULES "/etc/udev/rules.d"
#define UDEV_RULE "60-rxelab-helper.rules"
#define HELPER_RULE UDEV_RULES "/" UDEV_RULE

#define MARK "# made by rxelab module install"
#define DKMS_LOG "/var/log/rxelab-dkms.log"
/* depmod and the initramfs of each kernel; 120 were too few under emulation */
#define DKMS_REMOVE_SECONDS 600

/* dkms.conf is a shell script: a path with a quote or a dollar is refused. */
static int check_path(const char *option, const char *value, struct rx_err *err)
{
	if (!value)
		return 0;
	if (strpbrk(value, "'\"$`\\\n"))
		return rx_usage(err, "option-value",
				"--%s %s: DKMS's configuration cannot hold this path; use one "
				"without quotes",
				option, value);
	if (*value != '/')
		return rx_usage(err, "option-value", "--%s %s: DKMS needs a path from the root",
				option, value);
	return 0;
}

/* " --OPTION 'PATH'" for the MAKE line. */
static char *option_words(const char *option, const char *value)
{
	return value ? rx_format(" --%s '%s'", option, value) : rx_strdup("");
}

/* DKMS calls us for each new kernel: the guards look again, and the source is that kernel's. */
static int write_dkms_conf(const struct rx_build_request *request, const char *program,
			   enum rx_road road, const char *folder, struct rx_err *err)
{
	rx_autofree char *source = option_words("source", request->source),
			 *toolchain = option_words("toolchain", request->toolchain), *text = NULL;

	if (check_path("source", request->source, err) ||
	    check_path("toolchain", request->toolchain, err))
		return -err->code;
	text = rx_format(MARK "\nPACKAGE_NAME=\"rxelab\"\nPACKAGE_VERSION=\"%s\"\n"
			      "BUILT_MODULE_NAME[0]=\"%s\"\n"
			      "DEST_MODULE_LOCATION[0]=\"/updates/dkms\"\nAUTOINSTALL=\"yes\"\n"
			      "CLEAN=\"true\"\n"
			      "MAKE[0]=\"'%s' module build --road %s --kernel ${kernelver} "
			      "--output .%s%s\"\n",
			 request->version, rx_road_module(road), program, rx_road_name(road),
			 source, toolchain);
	return rx_build_write(folder, "dkms.conf", text, err);
}

static int dkms(const char *const argv[], unsigned timeout, struct rx_err *err)
{
	const struct rx_build_run run = {.log = DKMS_LOG, .timeout = timeout, .argv = argv};

	unlink(DKMS_LOG);
	if (!rx_build_run(&run, err))
		return 0;
	if (err->status == RX_CANNOT)
		return rx_cannot(err, "program-missing", ENOENT,
				 "dkms is not installed, which builds the module again for each "
				 "new kernel; install the package dkms, or do without: rxelab "
				 "module build, rxelab module load");
	return rx_wrap(err, "dkms %s (" DKMS_LOG ")", argv[1]);
}

static int remove_version(const char *version, struct rx_err *err)
{
	rx_autofree char *folder = rx_format(RX_DKMS_SOURCE "%s", version);
	int rc = dkms((const char *const[]){"dkms", "remove", "-m", "rxelab", "-v", version,
					    "--all", NULL},
		      DKMS_REMOVE_SECONDS, err);

	/* a tree that was never added is only files */
	if (rc && err->status != RX_CANNOT && strstr(err->text, "not located"))
		rc = 0;
	if (rc)
		return rc;
	rx_build_remove_tree(folder);
	return access(folder, F_OK)
		       ? 0
		       : rx_fail(err, "file-write", EIO, "%s: it cannot be removed", folder);
}

static bool is_ours(const char *folder)
{
	rx_autofree char *path = rx_format("%s/dkms.conf", folder);
	char line[sizeof(MARK) + 1];

	return !rx_file_read(path, line, sizeof(line)) && !strcmp(line, MARK);
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

static int remove_trees(unsigned *n, struct rx_err *err)
{
	char version[256];

	for (*n = 0; rx_module_installed(version, sizeof(version)); ++*n)
		if (remove_version(version, err))
			return -err->code;
	return 0;
}

/* rdma_rxe may be loaded by anyone (rdma link add does); the helper needs the offset, so no soft
 * dependency will do. */
static int write_udev_rule(const char *program, struct rx_err *err)
{
	rx_autofree char *text =
		rx_format(MARK "\n"
			       "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"rdma_rxe\", "
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

int rx_module_install(const struct rx_build_request *request, const char *program,
		      struct rx_build_result *result, struct rx_err *err)
{
	const char *const argv[] = {"dkms",    "install",
				    "-m",      "rxelab",
				    "-v",      request->version,
				    "-k",      result->headers.release,
				    "--force", NULL};
	rx_autofree char *folder = rx_format(RX_DKMS_SOURCE "%s", request->version);
	struct rx_err ignored;
	unsigned removed;

	if (rx_module_plan(request, result, err))
		return -err->code;
	/* DKMS refuses a tree with nothing but its own file; and whoever looks there finds what is
	 * compiled */
	if (remove_trees(&removed, err) || rx_build_mkdirs(folder, err) ||
	    write_dkms_conf(request, program, result->road, folder, err) ||
	    rx_module_write_sources(result->road, folder, err) ||
	    dkms(argv, request->timeout, err)) {
		/* nothing half installed stays; the first error is the one to tell */
		remove_trees(&removed, &ignored);
		return -err->code;
	}
	unlink(HELPER_RULE);
	if (result->road == RX_ROAD_HELPER && write_udev_rule(program, err))
		return -err->code;
	return find_installed(result, err);
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
	rc = remove_trees(&removed->versions, err);
	if (rc)
		return rc;
	unlink(HELPER_RULE);
	return go_back(removed, err);
}
