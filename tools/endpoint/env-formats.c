/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/endpoint/env-formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"
#include "tools/cli/output.h"
#include "tools/endpoint/enter.h"
#include "tools/endpoint/env.h"

/* A device node that the endpoint needs, as it is called on the host. */
struct node_device {
	char path[64];
	dev_t devt;
};

/* Its uverbs nodes, then rdma_cm; only what is there now. devices: room for n_ifaces + 1. */
static size_t list_devices(const struct rx_node_view *node, struct node_device *devices)
{
	dev_t cm = rx_rdma_cm_devt();
	size_t n = 0;

	for (size_t i = 0; i < node->n_ifaces; i++) {
		if (!*node->ifaces[i].uverbs)
			continue;
		snprintf(devices[n].path, sizeof(devices[n].path), "/dev/infiniband/%s",
			 node->ifaces[i].uverbs);
		devices[n++].devt = node->ifaces[i].uverbs_devt;
	}
	if (cm) {
		snprintf(devices[n].path, sizeof(devices[n].path), "/dev/infiniband/rdma_cm");
		devices[n++].devt = cm;
	}
	return n;
}

/* rxelab itself puts the device nodes into the running container. */
static bool is_attached(const struct rx_node_view *node)
{
	return node->want->container.kind && node->want->container.kind != RX_CONTAINER_NETNS;
}

typedef int with_parts(const struct rx_view *view, const struct rx_node_view *node,
		       const struct rx_env *env, const struct node_device *devices, size_t n,
		       FILE *out);

static int with(with_parts *print, const struct rx_view *view, const struct rx_node_view *node,
		FILE *out, struct rx_err *err)
{
	rx_autofree struct node_device *devices = rx_alloc(node->n_ifaces + 1, sizeof(*devices));
	struct rx_env env;
	int rc;

	rx_env_of(view, node, &env);
	rc = print(view, node, &env, devices, list_devices(node, devices), out);
	rx_env_free(&env);
	return rc ? rx_fail_as(err, "output-write", -rc, "env of %s/%s: %s", view->lab.name,
			       node->want->name, strerror(-rc))
		  : 0;
}

/* The namespace that a container may share; "" when the endpoint lives in a container's own. */
static const char *shared_netns(const struct rx_node_view *node)
{
	return node->want->container.kind == RX_CONTAINER_NONE ? node->netns : "";
}

static int print_shell(const struct rx_view *view, const struct rx_node_view *node,
		       const struct rx_env *env, const struct node_device *devices, size_t n,
		       FILE *out)
{
	(void)view, (void)node, (void)devices, (void)n;
	for (size_t i = 0; i < env->n; i++) {
		rx_autofree char *quoted = rx_shell_quote(env->item[i].value ? env->item[i].value
									     : "");

		fprintf(out, "export %s=%s\n", env->item[i].name, quoted);
	}
	return 0;
}

int rx_env_shell(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
		 struct rx_err *err)
{
	return with(print_shell, view, node, out, err);
}

static int print_json(const struct rx_view *view, const struct rx_node_view *node,
		      const struct rx_env *env, const struct node_device *devices, size_t n,
		      FILE *out)
{
	json_t *object = json_object();

	(void)view, (void)node, (void)devices, (void)n;
	for (size_t i = 0; i < env->n; i++)
		json_object_set_new(object, env->item[i].name, rx_json_string(env->item[i].value));
	return rx_json_print(object, out);
}

int rx_env_json(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
		struct rx_err *err)
{
	return with(print_json, view, node, out, err);
}

/* LXC_PID tells a hook the container's first process, before it has begun and after it has
 * ended. */
static void print_lxc_hooks(const struct rx_view *view, const struct rx_node_view *node, FILE *out)
{
	static const char *const hooks[] = {"start-host", "post-stop"};
	rx_autofree char *quoted = NULL;
	char self[512];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length <= 0)
		return;
	self[length] = '\0';
	/* LXC hands a hook to sh */
	quoted = rx_shell_quote(self);
	if (!quoted)
		return;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		fprintf(out, "lxc.hook.%s = %s reattach %s/%s --hook\n", hooks[i], quoted,
			view->lab.name, node->want->name);
}

/* lxc.container.conf(5); Proxmox takes the same lines in /etc/pve/lxc/CTID.conf. The nodes are open
 * to all (0666), so an unprivileged container needs nothing more. */
static int print_lxc(const struct rx_view *view, const struct rx_node_view *node,
		     const struct rx_env *env, const struct node_device *devices, size_t n,
		     FILE *out)
{
	fprintf(out, "# endpoint %s/%s\n", view->lab.name, node->want->name);
	for (size_t i = 0; i < n && !is_attached(node); i++)
		fprintf(out,
			"lxc.cgroup2.devices.allow = c %u:%u rw\n"
			"lxc.mount.entry = %s %s none bind,optional,create=file 0 0\n",
			major(devices[i].devt), minor(devices[i].devt), devices[i].path,
			devices[i].path + 1);
	if (is_attached(node))
		print_lxc_hooks(view, node, out);
	fprintf(out, "lxc.prlimit.memlock = unlimited\n");
	if (*shared_netns(node))
		fprintf(out,
			"# in place of lxc.net.*, to run in the endpoint's own namespace:\n"
			"# lxc.namespace.share.net = %s\n",
			shared_netns(node));
	for (size_t i = 0; i < env->n; i++)
		if (env->item[i].value && *env->item[i].value)
			fprintf(out, "lxc.environment = %s=%s\n", env->item[i].name,
				env->item[i].value);
	return 0;
}

int rx_env_lxc(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
	       struct rx_err *err)
{
	return with(print_lxc, view, node, out, err);
}

/* Docker takes a rule for a number whose node comes later, by attach. Where control groups of
 * version 2 answer for devices attach gives the leave too; of those of version 1 it cannot. */
static int print_podman(const struct rx_view *view, const struct rx_node_view *node,
			const struct rx_env *env, const struct node_device *devices, size_t n,
			FILE *out)
{
	(void)view;
	fprintf(out, "--ulimit memlock=-1:-1");
	for (size_t i = 0; i < n && !is_attached(node); i++)
		fprintf(out, " --device %s:%s:rw", devices[i].path, devices[i].path);
	for (size_t i = 0; i < n && node->want->container.kind == RX_CONTAINER_DOCKER; i++)
		fprintf(out, " --device-cgroup-rule 'c %u:%u rw'", major(devices[i].devt),
			minor(devices[i].devt));
	if (*shared_netns(node))
		fprintf(out, " --network ns:%s", shared_netns(node));
	for (size_t i = 0; i < env->n; i++) {
		rx_autofree char *quoted = rx_shell_quote(env->item[i].value ? env->item[i].value
									     : "");

		if (env->item[i].value && *env->item[i].value)
			fprintf(out, " --env %s=%s", env->item[i].name, quoted);
	}
	fputc('\n', out);
	return 0;
}

int rx_env_podman(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
		  struct rx_err *err)
{
	return with(print_podman, view, node, out, err);
}

/* Container Device Interface: device nodes by path and number, and environment. A limit on locked
 * memory cannot be said in any version. */
static int print_cdi(const struct rx_view *view, const struct rx_node_view *node,
		     const struct rx_env *env, const struct node_device *devices, size_t n,
		     FILE *out)
{
	json_t *nodes = json_array(), *vars = json_array();
	char name[RX_LAB_NAME_MAX + RX_NODE_NAME_MAX + 2];

	for (size_t i = 0; i < n && !is_attached(node); i++)
		json_array_append_new(
			nodes, json_pack("{s:s, s:s, s:i, s:i, s:s}", "path", devices[i].path,
					 "type", "c", "major", (int)major(devices[i].devt), "minor",
					 (int)minor(devices[i].devt), "permissions", "rw"));
	for (size_t i = 0; i < env->n; i++)
		if (env->item[i].value && *env->item[i].value)
			json_array_append_new(vars, json_sprintf("%s=%s", env->item[i].name,
								 env->item[i].value));
	snprintf(name, sizeof(name), "%s.%s", view->lab.name, node->want->name);
	return rx_json_print(json_pack("{s:s, s:s, s:[{s:s, s:{s:o, s:o}}]}", "cdiVersion",
				       rx_cdi_version(name), "kind", "rxelab/endpoint", "devices",
				       "name", name, "containerEdits", "deviceNodes", nodes, "env",
				       vars),
			     out);
}

int rx_env_cdi(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
	       struct rx_err *err)
{
	return with(print_cdi, view, node, out, err);
}

/* As it is shipped (NAME_FALLBACK), rdma-core's 60-rdma-persistent-naming.rules names RDMA devices
 * after their PCI slots, which leaves RXE alone. Where somebody chose NAME_GUID every RXE is
 * renamed, and no other rules file can stop it. */
int rx_env_udev(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
		struct rx_err *err)
{
	(void)err;
	fprintf(out, "# endpoint %s/%s: /etc/udev/rules.d/70-rxelab-%s-%s.rules\n", view->lab.name,
		node->want->name, view->lab.name, node->want->name);
	for (size_t i = 0; i < node->n_ifaces; i++) {
		const struct rx_iface_view *iface = &node->ifaces[i];

		fprintf(out,
			"ACTION!=\"remove\", SUBSYSTEM==\"net\", KERNEL==\"%s\", NAME=\"%s\", "
			"ENV{NM_UNMANAGED}=\"1\", ENV{ID_NET_MANAGED_BY}=\"rxelab\"\n",
			iface->netdev, iface->netdev);
		fprintf(out,
			"ACTION!=\"remove\", SUBSYSTEM==\"infiniband_verbs\", ATTR{ibdev}==\"%s\", "
			"MODE=\"0666\", SYMLINK+=\"rxelab/%s/%s%s%s\"\n",
			iface->rdma_dev, view->lab.name, node->want->name,
			*iface->network ? "." : "", iface->network);
	}
	fprintf(out, "# where /etc/udev/rules.d/60-rdma-persistent-naming.rules names RDMA devices "
		     "after their GUIDs, keep it off ours:\n"
		     "# ACTION==\"add\", SUBSYSTEM==\"infiniband\", KERNEL!=\"rxl.*\", "
		     "PROGRAM=\"rdma_rename %%k NAME_GUID\"\n");
	return 0;
}

int rx_env_hostfile(const struct rx_view *view, const struct rx_node_view *node, FILE *out,
		    struct rx_err *err)
{
	(void)node, (void)err;
	for (size_t i = 0; i < view->n_endpoints; i++)
		fprintf(out, "%s slots=1\n", view->nodes[i].want->name);
	return 0;
}
