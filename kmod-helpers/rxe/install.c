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

#define MARK "# made by rxelab module install"
#define DKMS_LOG "/var/log/rxelab-dkms.log"
/* depmod and the initramfs of each kernel; 120 were too few under emulation */
#define DKMS_REMOVE_SECONDS 600

/* "-o \"...\"" for the MAKE line of dkms.conf, which is a shell script; a path with a quote or a
 * dollar is refused. */
static int add_option(char *line, size_t size, const char *option, const char *value,
		      struct rx_err *err)
{
	size_t used = strlen(line);

	if (!value)
		return 0;
	if (strpbrk(value, "'\"$`\\\n"))
		return rx_usage(err,
				"--%s %s: DKMS's configuration cannot hold this path; use one "
				"without quotes",
				option, value);
	if (*value != '/')
		return rx_usage(err, "--%s %s: DKMS needs a path from the root", option, value);
	snprintf(line + used, size - used, " --%s '%s'", option, value);
	return 0;
}

/* DKMS calls us for each new kernel: the guards look again, and the source is that kernel's. */
static int write_dkms_conf(const struct rx_build_request *request, const char *program,
			   enum rx_road road, const char *folder, struct rx_err *err)
{
	const char *module = road == RX_ROAD_HELPER ? RX_HELPER_MODULE : "rdma_rxe";
	char text[4096], options[2048] = "";
	int n, rc;

	rc = add_option(options, sizeof(options), "source", request->source, err);
	if (!rc)
		rc = add_option(options, sizeof(options), "toolchain", request->toolchain, err);
	if (rc)
		return rc;
	n = snprintf(text, sizeof(text),
		     MARK
		     "\nPACKAGE_NAME=\"rxelab\"\nPACKAGE_VERSION=\"%s\"\n"
		     "BUILT_MODULE_NAME[0]=\"%s\"\n"
		     "DEST_MODULE_LOCATION[0]=\"/updates/dkms\"\nAUTOINSTALL=\"yes\"\n"
		     "CLEAN=\"true\"\n"
		     "MAKE[0]=\"'%s' module build --road %s --kernel ${kernelver} --output .%s\"\n",
		     request->version, module, program, rx_road_name(road), options);
	return rx_build_write(folder, "dkms.conf", text, (size_t)n, err);
}

static int dkms(const char *const words[], unsigned timeout, struct rx_err *err)
{
	char *argv[12] = {"dkms"};
	struct rx_build_run run = {.log = DKMS_LOG, .timeout = timeout, .argv = argv};
	size_t n = 1;

	for (; words[n - 1]; n++)
		argv[n] = (char *)words[n - 1];
	unlink(DKMS_LOG);
	if (!rx_build_run(&run, err))
		return 0;
	if (err->status == RX_CANNOT)
		return rx_cannot(err, ENOENT,
				 "dkms is not installed, which builds the module again for each "
				 "new kernel; install the package dkms, or do without: rxelab "
				 "module build, rxelab module load");
	return rx_wrap(err, "dkms %s (" DKMS_LOG ")", words[0]);
}

static int remove_version(const char *folder, struct rx_err *err)
{
	const char *version = folder + strlen(RX_DKMS_SOURCE);
	int rc = dkms((const char *const[]){"remove", "-m", "rxelab", "-v", version, "--all", NULL},
		      DKMS_REMOVE_SECONDS, err);

	/* a tree that was never added is only files */
	if (rc && err->status != RX_CANNOT && strstr(err->text, "not located"))
		rc = 0;
	if (!rc)
		rx_build_remove_tree(folder);
	return rc;
}

static bool is_ours(const char *folder)
{
	char path[RX_BUILD_PATH];
	struct rx_err ignored;
	rx_autofree char *text = NULL;

	snprintf(path, sizeof(path), "%s/dkms.conf", folder);
	text = rx_build_read(path, &ignored);
	return text && !strncmp(text, MARK, strlen(MARK));
}

static int remove_trees(unsigned *n, struct rx_err *err)
{
	glob_t found;
	int rc = 0;

	*n = 0;
	if (glob(RX_DKMS_SOURCE "*", 0, NULL, &found))
		return 0;
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		if (is_ours(found.gl_pathv[i])) {
			rc = remove_version(found.gl_pathv[i], err);
			*n += !rc;
		}
	globfree(&found);
	return rc;
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

/* rdma_rxe may be loaded by anyone (rdma link add does); the helper needs the offset, so no soft
 * dependency will do. */
static int write_udev_rule(const char *program, struct rx_err *err)
{
	char text[RX_BUILD_PATH + 200];
	int n = snprintf(text, sizeof(text),
			 MARK "\nACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"rdma_rxe\", "
			      "RUN+=\"'%s' module load --road helper\"\n",
			 program);
	int rc = rx_build_mkdirs("/etc/udev/rules.d", err);

	return rc ? rc
		  : rx_build_write("/etc/udev/rules.d", strrchr(RX_HELPER_UDEV_RULE, '/') + 1, text,
				   (size_t)n, err);
}

/* Where DKMS put it: modprobe's view of that kernel. */
static int find_installed(struct rx_build_result *result, struct rx_err *err)
{
	const char *name = result->road == RX_ROAD_HELPER ? RX_HELPER_MODULE : "rdma_rxe";
	char folder[RX_BUILD_PATH], text[64] = "";
	rx_autoctx struct kmod_ctx *ctx = NULL;
	rx_automodule struct kmod_module *module = NULL;

	snprintf(folder, sizeof(folder), "/lib/modules/%s", result->headers.release);
	ctx = rx_kmod_new(folder, NULL);
	if (ctx && !kmod_module_new_from_name(ctx, name, &module) && kmod_module_get_path(module))
		snprintf(result->module, sizeof(result->module), "%s",
			 kmod_module_get_path(module));
	if (*result->module && rx_modinfo(result->module, "rxelab", text, sizeof(text)))
		return 0;
	return rx_fail(err, ENOENT,
		       "dkms was content, but modprobe would load %s for %s, which is not ours",
		       *result->module ? result->module : "nothing", name);
}

int rx_module_install(const struct rx_build_request *request, const char *program,
		      struct rx_build_result *result, struct rx_err *err)
{
	char folder[RX_BUILD_PATH];
	unsigned removed;
	int rc = rx_module_plan(request, result, err);

	if (rc)
		return rc;
	rc = remove_trees(&removed, err);
	snprintf(folder, sizeof(folder), RX_DKMS_SOURCE "%s", request->version);
	if (!rc)
		rc = rx_build_mkdirs(folder, err);
	if (!rc)
		rc = write_dkms_conf(request, program, result->road, folder, err);
	/* DKMS refuses a tree with nothing but its own file; and whoever looks there finds what is
	 * compiled */
	if (!rc)
		rc = rx_module_write_sources(result->road, folder, err);
	if (!rc)
		rc = dkms((const char *const[]){"install", "-m", "rxelab", "-v", request->version,
						"-k", result->headers.release, "--force", NULL},
			  request->timeout, err);
	if (rc) {
		/* nothing half installed stays; the first error is the one to tell */
		struct rx_err ignored;

		remove_trees(&removed, &ignored);
		return rc;
	}
	unlink(RX_HELPER_UDEV_RULE);
	if (result->road == RX_ROAD_HELPER)
		rc = write_udev_rule(program, err);
	return rc ? rc : find_installed(result, err);
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
	unlink(RX_HELPER_UDEV_RULE);
	return go_back(removed, err);
}
