/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/memory.h"
#include "netns/base/process.h"

#define ANSWER_TIMEOUT 60.0 /* seconds; podman takes two under emulation, more on a busy machine */
#define LXC_TIMEOUT 20.0    /* seconds; less than a hook's reattach waits for the lab's lock */

/* Take the first line of a program's output; what it says on standard error is not ours. */
static int ask(const char *const argv[], double timeout, char *answer, size_t size, int *status,
	       struct rx_err *err)
{
	rx_autoprocess asked = {
		.argv = argv, .seconds = timeout, .err = RX_OUTPUT_DROPPED, .most = size - 1};
	int rc = rx_process_run(&asked, err);

	if (rc && rc != -EIO)
		return rc;
	snprintf(answer, size, "%.*s", (int)strcspn(asked.output, "\n"), asked.output);
	*status = asked.status;
	rx_trace("%s %s %s: \"%s\", status %d", argv[0], argv[1], argv[2], answer, *status);
	return 0;
}

static int not_running(const struct rx_container *container, struct rx_err *err)
{
	return rx_fail(err, "container-gone", ESRCH, "%s %s does not run; start it first",
		       rx_container_kind_name(container->kind), container->id);
}

static int pid_by(const struct rx_container *container, const char *const argv[], pid_t *pid,
		  struct rx_err *err)
{
	bool lxc = container->kind == RX_CONTAINER_LXC;
	char answer[128], *end;
	int status;
	long number;

	if (ask(argv, lxc ? LXC_TIMEOUT : ANSWER_TIMEOUT, answer, sizeof(answer), &status, err)) {
		if (lxc && err->code == ETIMEDOUT)
			return rx_fail(err, "container-gone", ESRCH,
				       "lxc %s is not ready: lxc-info has not answered for %.0f s, "
				       "as while a hook of the container runs",
				       container->id, LXC_TIMEOUT);
		return -err->code;
	}
	if (status)
		return rx_fail(err, "container-unknown", ENOENT,
			       "%s: it knows no container \"%s\" (or must be run as root)", argv[0],
			       container->id);
	number = strtol(answer, &end, 10);
	*pid = (pid_t)number;
	return end == answer || *end || number <= 1 ? not_running(container, err) : 0;
}

static int find_pid(const struct rx_container *container, pid_t *pid, struct rx_err *err)
{
	const char *const lxc[] = {"lxc-info", "-n", container->id, "-p", "-H", NULL};
	const char *const other[] = {rx_container_kind_name(container->kind),
				     "inspect",
				     "--type=container",
				     "--format={{.State.Pid}}",
				     container->id,
				     NULL};
	const char *hook_name = getenv("LXC_NAME"), *hook_pid = getenv("LXC_PID");

	switch (container->kind) {
	case RX_CONTAINER_LXC:
		if (hook_name && hook_pid && !strcmp(hook_name, container->id)) {
			*pid = atoi(hook_pid);
			return 0;
		}
		return pid_by(container, lxc, pid, err);
	case RX_CONTAINER_PODMAN:
	case RX_CONTAINER_DOCKER:
		return pid_by(container, other, pid, err);
	case RX_CONTAINER_PID:
		*pid = atoi(container->id);
		return 0;
	case RX_CONTAINER_NETNS:
	case RX_CONTAINER_NONE:
		break;
	}
	*pid = 0;
	return 0;
}

ino_t rx_inode_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : status.st_ino;
}

int rx_container_find(const struct rx_container *container, struct rx_container_fact *fact,
		      struct rx_err *err)
{
	char mounts[64];

	memset(fact, 0, sizeof(*fact));
	if (find_pid(container, &fact->pid, err))
		return -err->code;
	if (container->kind == RX_CONTAINER_NETNS && strlen(container->id) >= sizeof(fact->netns))
		return rx_fail(err, "container-name", ENAMETOOLONG,
			       "namespace %s: its path has %zu characters, up to %zu are allowed",
			       container->id, strlen(container->id), sizeof(fact->netns) - 1);
	if (fact->pid)
		snprintf(fact->netns, sizeof(fact->netns), "/proc/%d/ns/net", (int)fact->pid);
	else
		snprintf(fact->netns, sizeof(fact->netns), "%s", container->id);
	fact->inode = rx_inode_of(fact->netns);
	if (!fact->inode)
		return not_running(container, err);
	if (fact->inode == rx_inode_of("/proc/thread-self/ns/net")) {
		fact->inode = 0;
		return rx_fail(err, "container-shares-host", EINVAL,
			       "%s %s lives in the host's own network namespace, so there is "
			       "nothing to attach to",
			       rx_container_kind_name(container->kind), container->id);
	}
	snprintf(mounts, sizeof(mounts), "/proc/%d/ns/mnt", (int)fact->pid);
	fact->own_dev = fact->pid && rx_inode_of(mounts) != rx_inode_of("/proc/thread-self/ns/mnt");
	return 0;
}

int rx_containers_find(const struct rx_lab *lab, const char *only, struct rx_container_fact **list,
		       struct rx_err *err)
{
	struct rx_container_fact *facts = NULL;
	size_t i;

	*list = NULL;
	for (i = 0; i < lab->n_endpoints; i++) {
		if (!lab->nodes[i].container.kind || (only && strcmp(only, lab->nodes[i].name)))
			continue;
		if (!facts)
			facts = rx_alloc(lab->n_nodes + 1, sizeof(*facts));
		if (rx_container_find(&lab->nodes[i].container, &facts[i], err) &&
		    err->code != ESRCH) {
			free(facts);
			return rx_wrap(err, "endpoint \"%s\"", lab->nodes[i].name);
		}
	}
	*list = facts;
	return 0;
}
