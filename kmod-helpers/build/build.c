/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/build/build.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kmod-helpers/build/files.h"
#include "kmod-helpers/build/run.h"
#include "kmod-helpers/modules/modules.h"
#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"

static const char *const road_names[] = {"auto", "helper", "rebuild"};

const char *rx_road_name(enum rx_road road)
{
	return road_names[road];
}

enum rx_road rx_road_of(const char *name)
{
	enum rx_road road = RX_ROAD_REBUILD;

	while (road != RX_ROAD_AUTO && (!name || strcmp(name, road_names[road])))
		road--;
	return road;
}

const char *rx_road_module(enum rx_road road)
{
	return road == RX_ROAD_HELPER ? RX_HELPER_MODULE : "rdma_rxe";
}

const char *rx_provides_text(unsigned provides, char *buf, size_t size)
{
	static const char *const names[] = {"netns", "move", "in-place", "gsi", "lean"};
	size_t used = 0;

	snprintf(buf, size, "none");
	for (unsigned i = 0; i < RX_ARRAY_SIZE(names); i++)
		if (provides & 1u << i)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "," : "",
						 names[i]);
	return buf;
}

char *rx_cache_folder(const char *folder)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache == '/')
		return rx_format("%s/rxelab/%s", cache, folder);
	return home && *home == '/' ? rx_format("%s/.cache/rxelab/%s", home, folder) : NULL;
}

char *rx_module_built(enum rx_road road, const char *release)
{
	rx_autofree char *folder = rx_cache_folder("modules");

	return folder ? rx_format("%s/%s/%s.ko", folder, release, rx_road_module(road)) : NULL;
}

static int check_toolchain(const struct rx_headers *headers, struct rx_err *err)
{
	const char *where = *headers->root ? headers->root : "this system";

	/* without ld the message of the kernel's build is the misleading "Compiler does not support
	 * fentry" */
	for (const char *const *tool = (const char *const[]){"make", "ld", NULL}; *tool; tool++)
		if (!rx_have_program(headers->root, *tool))
			return rx_cannot(err, "program-missing", ENOENT,
					 "%s has no %s; install the packages make and binutils "
					 "there",
					 where, *tool);
	if (*headers->compiler && !rx_have_program(headers->root, headers->compiler))
		return rx_cannot(err, "program-missing", ENOENT,
				 "kernel %s was built with %s, which %s has not; install the "
				 "package %s, or make a root folder of the kernel's own suite "
				 "(tools/module/fetch toolchain SUITE %s) and name it with "
				 "--toolchain; docs/reference/module.md shows how",
				 headers->release, headers->compiler, where, headers->compiler,
				 headers->release);
	return 0;
}

/* The helper serves every kernel; only the rebuild wants a source. */
static int decide_road(const struct rx_build_request *request, const char *scratch,
		       struct rx_build_result *result, struct rx_err *err)
{
	result->road = request->road;
	snprintf(result->reason, sizeof(result->reason), "asked for");
	if (request->road == RX_ROAD_AUTO) {
		result->road = request->source ? RX_ROAD_REBUILD : RX_ROAD_HELPER;
		snprintf(result->reason, sizeof(result->reason), "%s",
			 request->source ? "a source was given"
					 : "the helper needs no source and replaces nothing");
	}
	if (result->road == RX_ROAD_HELPER)
		return 0;
	return rx_source_take(request->source, &result->headers, scratch, request->timeout,
			      &result->source, err) ||
			       rx_source_guard(scratch, &result->source, err)
		       ? -err->code
		       : 0;
}

static int plan(const struct rx_build_request *request, const char *scratch,
		struct rx_build_result *result, struct rx_err *err)
{
	memset(result, 0, sizeof(*result));
	if (rx_headers_find(request->headers, request->release, request->toolchain,
			    &result->headers, err) ||
	    check_toolchain(&result->headers, err) || decide_road(request, scratch, result, err))
		return -err->code;
	result->provides = result->road == RX_ROAD_HELPER ? RX_PROVIDES_HELPER
							  : RX_PROVIDES_REBUILT;
	return 0;
}

/* -g0: debug sections would make a module of 10 MB; no BTF, which would want pahole. */
static int write_kbuild(const struct rx_build_request *request,
			const struct rx_build_result *result, const char *folder,
			struct rx_err *err)
{
	const struct rx_source *source = &result->source;
	rx_autofree char *objects = NULL, *text = NULL;
	char provides[64];

	if (result->road == RX_ROAD_HELPER)
		objects = rx_strdup("obj-m := " RX_HELPER_MODULE ".o\n");
	else
		objects = rx_format(
			"# the distribution's own object list, with single units swapped\n"
			"CONFIG_RDMA_RXE := m\ninclude $(src)/Makefile\n"
			"rdma_rxe-y := $(patsubst rxe_net.o,%s.o,$(rdma_rxe-y)) rxelab_info.o\n"
			"rdma_rxe-y := $(patsubst rxe_verbs.o,rxelab_verbs.o,$(rdma_rxe-y))\n"
			"%s%s",
			source->sockets_per_netns ? "rxelab_net_inplace" : "rxelab_net_sockets",
			source->disassociates ? ""
					      : "rdma_rxe-y := $(patsubst "
						"rxe_mmap.o,rxelab_mmap.o,$(rdma_rxe-y))\n",
			source->disassociates ? "" : "ccflags-y += -DRXELAB_DISASSOCIATE\n");
	text = rx_format("# SPDX-License-Identifier: GPL-2.0-or-later\n%s"
			 "ccflags-y += -g0 -DRXELAB_VERSION='\"%s\"' -DRXELAB_PROVIDES='\"%s\"' "
			 "-DRXELAB_SOURCE='\"%s\"'\n",
			 objects, request->version,
			 rx_provides_text(result->provides, provides, sizeof(provides)),
			 source->version);
	return rx_build_write(folder, "Kbuild", text, err);
}

int rx_module_write_sources(enum rx_road road, const char *folder, struct rx_err *err)
{
	static const char *const rebuild[] = {"rxelab_net_sockets.c", "rxelab_net_inplace.c",
					      "rxelab_verbs.c", "rxelab_mmap.c", "rxelab_info.c"};
	int rc = 0;

	if (road == RX_ROAD_HELPER)
		return rx_build_write_wrapper(folder, RX_HELPER_MODULE ".c", err);
	for (size_t i = 0; !rc && i < RX_ARRAY_SIZE(rebuild); i++)
		rc = rx_build_write_wrapper(folder, rebuild[i], err);
	return rc;
}

static int compile(const struct rx_build_request *request, const struct rx_headers *headers,
		   const char *folder, struct rx_err *err)
{
	const char *root = *headers->root ? headers->root : NULL;
	rx_autofree char *log = rx_format("%s/build.log", folder),
			 *modules = rx_format("M=%s", root ? RX_BUILD_IN_ROOT : folder);
	const char *const argv[] = {"make",        "-j2",   "-C",
				    headers->path, modules, "CONFIG_DEBUG_INFO_BTF_MODULES=",
				    "modules",     NULL};
	const struct rx_build_run run = {.root = root,
					 .work = folder,
					 .log = log,
					 .timeout = request->timeout,
					 .argv = argv};

	if (rx_build_run(&run, err))
		return rx_wrap(err, "building for kernel %s in %s (kept, with build.log)",
			       headers->release, folder);
	return 0;
}

static int keep_module(const struct rx_build_request *request, const char *folder,
		       struct rx_build_result *result, struct rx_err *err)
{
	const char *name = rx_road_module(result->road);
	rx_autofree char *from = rx_format("%s/%s.ko", folder, name),
			 *to = request->output
				       ? rx_format("%s/%s.ko", request->output, name)
				       : rx_module_built(result->road, result->headers.release);

	if (!to)
		return rx_fail(err, "no-home", ENOENT,
			       "neither XDG_CACHE_HOME nor HOME names a folder for what is built; "
			       "use --output");
	snprintf(result->module, sizeof(result->module), "%s", to);
	*strrchr(to, '/') = '\0';
	return rx_build_mkdirs(to, err) ? -err->code : rx_build_copy(from, result->module, err);
}

/* Below TMPDIR, unless kbuild refuses such a path: make would take it for several words. */
static int make_scratch(char *folder, size_t size, struct rx_err *err)
{
	const char *base = getenv("TMPDIR");

	if (!base || *base != '/' || base[strcspn(base, " \t\n:")])
		base = "/tmp";
	snprintf(folder, size, "%s/rxelab-module-XXXXXX", base);
	if (!mkdtemp(folder))
		return rx_fail(err, "file-write", errno, "making the scratch folder %s: %s", folder,
			       strerror(errno));
	return 0;
}

int rx_module_plan(const struct rx_build_request *request, struct rx_build_result *result,
		   struct rx_err *err)
{
	char scratch[RX_BUILD_PATH];
	int rc = make_scratch(scratch, sizeof(scratch), err);

	if (rc)
		return rc;
	rc = plan(request, scratch, result, err);
	rx_build_remove_tree(scratch);
	return rc;
}

int rx_module_build(const struct rx_build_request *request, struct rx_build_result *result,
		    struct rx_err *err)
{
	char scratch[RX_BUILD_PATH];
	int rc = make_scratch(scratch, sizeof(scratch), err);

	if (rc)
		return rc;
	if (plan(request, scratch, result, err) ||
	    rx_module_write_sources(result->road, scratch, err) ||
	    write_kbuild(request, result, scratch, err))
		rc = -err->code;
	else if (compile(request, &result->headers, scratch, err))
		return -err->code;
	else
		rc = keep_module(request, scratch, result, err);
	rx_build_remove_tree(scratch);
	return rc;
}
