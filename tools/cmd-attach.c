/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach and detach: an endpoint of a lab that is up goes into a container that runs, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "netns/base/cleanup.h"
#include "netns/base/process.h"
#include "netns/lab/lab.h"
#include "netns/ledger/list.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/lab/container.h"
#include "tools/lab/attach.h"

struct options {
	const char *lxc, *podman, *docker, *container, *pid, *netns, *netdev, *format;
	struct rx_container chosen; /* of them */
};

static const struct rx_option options[] = {
	RX_STRING("lxc", 0, lxc, "NAME", "an LXC container (on Proxmox its number)"),
	RX_STRING("podman", 0, podman, "ID", "a Podman container, by name or id"),
	RX_STRING("docker", 0, docker, "ID", "a Docker container, by name or id"),
	RX_STRING("container", 0, container, "ID",
		  "the same as --podman, or --docker where podman is not installed"),
	RX_STRING("pid", 0, pid, "P", "whatever container this process lives in"),
	RX_STRING("netns", 0, netns, "PATH",
		  "a network namespace by its file; programs in it need the device nodes from "
		  "somewhere else"),
	RX_STRING("netdev", 0, netdev, "NAME",
		  "what the netdev is called in there (default rdma0)"),
	RX_OPTION_JSON(struct options, format),
	{NULL},
};

static const struct rx_option detach_options[] = {RX_OPTION_JSON(struct options, format), {NULL}};

static int choose(struct options *o, struct rx_err *err)
{
	bool docker_alone = o->container && !rx_have_program("", "podman") &&
			    rx_have_program("", "docker");
	const struct {
		enum rx_container_kind kind;
		const char *id;
	} given[] = {
		{RX_CONTAINER_LXC, o->lxc},
		{RX_CONTAINER_PODMAN, o->podman},
		{RX_CONTAINER_DOCKER, o->docker},
		{docker_alone ? RX_CONTAINER_DOCKER : RX_CONTAINER_PODMAN, o->container},
		{RX_CONTAINER_PID, o->pid},
		{RX_CONTAINER_NETNS, o->netns},
	};
	size_t n = 0;

	for (size_t i = 0; i < RX_ARRAY_SIZE(given); i++) {
		if (!given[i].id)
			continue;
		n++;
		o->chosen.kind = given[i].kind;
		if (!*given[i].id || strlen(given[i].id) >= sizeof(o->chosen.id))
			return rx_usage(err, "container-name",
					"attach: \"%.60s\" is not a valid container name",
					given[i].id);
		snprintf(o->chosen.id, sizeof(o->chosen.id), "%s", given[i].id);
	}
	if (n != 1)
		return rx_usage(err, "container-name",
				"attach: to which container? give one of --lxc, --podman, "
				"--docker, --container, --pid, --netns");
	return 0;
}

static int attach_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;
	const char *endpoint;
	char lab[64];

	if (rx_ledger_split(inv->operands[0], lab, &endpoint, err) || choose(o, err))
		return -err->code;
	if (o->pid && (strspn(o->pid, "0123456789") != strlen(o->pid) || strlen(o->pid) > 7 ||
		       atoi(o->pid) < 1))
		return rx_usage(err, "container-name",
				"attach: --pid \"%.40s\" is not a process number", o->pid);
	if (o->netns && *o->netns != '/')
		return rx_usage(err, "container-name",
				"attach: --netns \"%.60s\" is not an absolute path such as "
				"/run/netns/NAME",
				o->netns);
	if (o->netdev && !rx_netdev_name_valid(o->netdev))
		return rx_usage(err, "netdev-name",
				"attach: --netdev \"%.40s\" is not a valid network device name",
				o->netdev);
	if (o->netdev)
		snprintf(o->chosen.netdev, sizeof(o->chosen.netdev), "%s", o->netdev);
	return 0;
}

/* Root of the host's user namespace is not held by it (CAP_IPC_LOCK, ib_umem_get()), everybody else
 * is. */
static void note_memlock(const struct rx_container *container)
{
	struct rx_container_fact fact;
	struct rlimit limit;
	struct rx_err ignored;

	if (rx_container_find(container, &fact, &ignored) || !fact.pid ||
	    prlimit(fact.pid, RLIMIT_MEMLOCK, NULL, &limit) || limit.rlim_max == RLIM_INFINITY)
		return;
	rx_note("programs in %s %s may lock %llu KiB of memory; RDMA wants more unless they run as "
		"root of a privileged container: lxc.prlimit.memlock = unlimited, or --ulimit "
		"memlock=-1:-1, from its next start on",
		rx_container_kind_name(container->kind), container->id,
		(unsigned long long)limit.rlim_max / 1024);
}

/* container NULL: a namespace of its own. */
static void tell(const struct rx_invocation *inv, const char *lab, const char *endpoint,
		 const struct rx_container *container)
{
	const struct options *o = inv->options;

	if (!o->format)
		return;
	rx_json_print(json_pack("{s:s,s:s,s:s,s:o,s:o}", "lab", lab, "endpoint", endpoint, "status",
				"pass", "kind",
				rx_json_string(container ? rx_container_kind_name(container->kind)
							 : NULL),
				"container", rx_json_string(container ? container->id : NULL)),
		      stdout);
}

static int attach_run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_container *chosen = &((const struct options *)inv->options)->chosen;
	const char *endpoint;
	char lab[64];

	if (rx_ledger_split(inv->operands[0], lab, &endpoint, err) ||
	    rx_lab_attach(lab, endpoint, chosen, err))
		return -err->code;
	note_memlock(chosen);
	rx_note("endpoint %s lives in %s %s", inv->operands[0],
		rx_container_kind_name(chosen->kind), chosen->id);
	tell(inv, lab, endpoint, chosen);
	return 0;
}

static int detach_prepare(struct rx_invocation *inv, struct rx_err *err)
{
	const char *endpoint;
	char lab[64];

	return rx_ledger_split(inv->operands[0], lab, &endpoint, err);
}

static int detach_run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_container none = {0};
	const char *endpoint;
	char lab[64];

	if (rx_ledger_split(inv->operands[0], lab, &endpoint, err) ||
	    rx_lab_attach(lab, endpoint, &none, err))
		return -err->code;
	rx_note("endpoint %s lives in a namespace of its own", inv->operands[0]);
	tell(inv, lab, endpoint, NULL);
	return 0;
}

const struct rx_command rx_command_attach = {
	.name = "attach",
	.synopsis = "NAME/ENDPOINT --lxc CT | --podman ID | --docker ID | --container ID | --pid P "
		    "| --netns PATH [--netdev NAME] [--json]",
	.summary = "put an endpoint into a container that runs",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = attach_prepare,
	.run = attach_run,
};

const struct rx_command rx_command_detach = {
	.name = "detach",
	.synopsis = "NAME/ENDPOINT [--json]",
	.summary = "take an endpoint out of its container",
	.options = detach_options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = detach_prepare,
	.run = detach_run,
};
