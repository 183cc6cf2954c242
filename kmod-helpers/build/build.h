/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lean RXE devices, and full per-namespace RXE where the stock kernel has less: build, load,
 * install, look at and remove our kernel modules.
 *
 * Two roads. HELPER: rxelab_helper.ko beside the distribution's own rdma_rxe, built from headers
 * alone, for every kernel. REBUILD: an rdma_rxe built from the distribution's untouched source with
 * wrapper units in place of single objects. */
#ifndef RXELAB_KMOD_HELPERS_BUILD_BUILD_H
#define RXELAB_KMOD_HELPERS_BUILD_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/base/error.h"

#define RX_HELPER_MODULE "rxelab_helper"
#define RX_BUILD_PATH 512

enum rx_road { RX_ROAD_AUTO, RX_ROAD_HELPER, RX_ROAD_REBUILD };

/* What a module of ours gives; decided from the source, never from its version. */
enum rx_provides {
	RX_PROVIDES_NETNS = 1, /* traffic inside network namespaces */
	RX_PROVIDES_MOVE = 2,  /* rdma dev set DEV netns NS */
	/* exclusive mode: the device is made in its netdev's namespace, or (helper) in that of the
	 * task that asks for it */
	RX_PROVIDES_INPLACE = 4,
	RX_PROVIDES_GSI = 8,   /* rdma_cm in exclusive mode */
	RX_PROVIDES_LEAN = 16, /* short GID tables */
	RX_PROVIDES_HELPER = RX_PROVIDES_INPLACE | RX_PROVIDES_GSI | RX_PROVIDES_LEAN,
	RX_PROVIDES_REBUILT = RX_PROVIDES_NETNS | RX_PROVIDES_MOVE | RX_PROVIDES_INPLACE |
			      RX_PROVIDES_GSI,
};

const char *rx_road_name(enum rx_road road); /* "auto", "helper", "rebuild" */
enum rx_road rx_road_of(const char *name);   /* RX_ROAD_AUTO for NULL */
/* "netns,move,in-place,gsi,lean"; "none". Returns buf. */
const char *rx_provides_text(unsigned provides, char *buf, size_t size);

/* The headers of one kernel, all the builds know of it. */
struct rx_headers {
	char root[RX_BUILD_PATH]; /* root folder to build in, "": this system */
	char path[RX_BUILD_PATH]; /* as seen from inside root */
	char release[80];         /* UTS_RELEASE */
	char compiler[32];        /* "gcc-14", from CONFIG_CC_VERSION_TEXT */
	char package[96];         /* LINUX_PACKAGE_ID: "Debian 6.1.176-1"; "" */
	unsigned version[3];      /* from LINUX_VERSION_CODE; the third stops at 255 */
};

/* Find and read the headers. path: NULL for those of release (NULL: the running kernel's). root:
 * NULL or a root folder. Errors say which package is missing (RX_CANNOT). */
int rx_headers_find(const char *path, const char *release, const char *root,
		    struct rx_headers *headers, struct rx_err *err);

/* The rxe source, copied into a scratch folder, and what it holds. */
struct rx_source {
	char from[RX_BUILD_PATH]; /* what it was taken from */
	char version[32];         /* of the tree's Makefile; "" if only the rxe folder was given */
	bool sockets_per_netns;   /* since 7.1 */
	bool disassociates;       /* since 7.3 */
	bool forgets_qp1;         /* not yet upstream */
};

/* Copy rxe's *.c, *.h and Makefile from source (a kernel tree, its rxe folder, or a tarball; NULL:
 * the distribution's linux-source package for these headers) to folder. */
int rx_source_take(const char *source, const struct rx_headers *headers, const char *folder,
		   unsigned timeout, struct rx_source *taken, struct rx_err *err);
/* Check that every construct the wrappers rely on is there as expected. -EPROTO with the file and
 * the reason. */
int rx_source_guard(const char *folder, struct rx_source *source, struct rx_err *err);

struct rx_build_request {
	const char *headers, *release, *toolchain, *source; /* NULL: found */
	const char *output; /* folder for the module; NULL: the cache */
	enum rx_road road;
	const char *version; /* ours, for modinfo */
	unsigned timeout;    /* seconds for each program run */
};

struct rx_build_result {
	enum rx_road road;
	char module[RX_BUILD_PATH]; /* the .ko */
	char reason[256];           /* why this road */
	struct rx_headers headers;
	struct rx_source source; /* rebuild only */
	unsigned provides;
};

/* Build in a scratch folder (removed again, kept and named on failure). */
int rx_module_build(const struct rx_build_request *request, struct rx_build_result *result,
		    struct rx_err *err);
/* Everything but the compilation: which road, from what, with what result. */
int rx_module_plan(const struct rx_build_request *request, struct rx_build_result *result,
		   struct rx_err *err);

/* Write the sources of ours that this road needs into folder. */
int rx_module_write_sources(enum rx_road road, const char *folder, struct rx_err *err);

/* The module that this road makes: "rxelab_helper", "rdma_rxe". */
const char *rx_road_module(enum rx_road road);

/* ${XDG_CACHE_HOME:-~/.cache}/rxelab/FOLDER, which the caller frees. NULL: neither variable names a
 * folder. */
char *rx_cache_folder(const char *folder);
/* Where the module of this road lies that was built for a kernel release; the caller frees. NULL:
 * as above. */
char *rx_module_built(enum rx_road road, const char *release);

#endif
