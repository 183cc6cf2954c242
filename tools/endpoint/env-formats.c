/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/endpoint/env-formats.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"
#include "tools/cli/output.h"
#include "tools/endpoint/env.h"

/* A device node that the endpoint needs, as it is called on the host. */
struct node_device {
	char path[64];
	dev_t devt;
};

/* What is printed of. node is NULL for the host file. */
struct about {
	const struct rx_view *view;
	const struct rx_node_view *node;
	struct rx_env env;
	struct node_device *device;
	size_t n_devices;
	size_t n_given; /* by the container's own configuration: none where attach gives them */
};

static const char *text_of(const struct rx_env_item *item)
{
	return item->value ? item->value : "";
}

static void add_device(struct about *about, const char *name, dev_t devt)
{
	struct node_device *device = rx_array_add(&about->device, &about->n_devices,
						  sizeof(*device));

	snprintf(device->path, sizeof(device->path), "/dev/infiniband/%s", name);
	device->devt = devt;
}

/* Its uverbs nodes, then rdma_cm; only what is there now. */
static void list_devices(struct about *about)
{
	dev_t cm = rx_rdma_cm_devt();

	for (size_t i = 0; i < about->node->n_ifaces; i++)
		if (*about->node->ifaces[i].uverbs)
			add_device(about, about->node->ifaces[i].uverbs,
				   about->node->ifaces[i].uverbs_devt);
	if (cm)
		add_device(about, "rdma_cm", cm);
}

/* rxelab itself puts the device nodes into the running container. */
static bool is_attached(const struct rx_node_view *node)
{
	return node->want->container.kind && node->want->container.kind != RX_CONTAINER_NETNS;
}

/* The namespace that a container may share; "" when the endpoint lives in a container's own. */
static const char *shared_netns(const struct rx_node_view *node)
{
	return node->want->container.kind == RX_CONTAINER_NONE ? node->netns : "";
}

static void print_shell(const struct about *about, FILE *out)
{
	for (size_t i = 0; i < about->env.n; i++) {
		rx_autofree char *quoted = rx_shell_quote(text_of(&about->env.item[i]));

		fprintf(out, "export %s=%s\n", about->env.item[i].name, quoted);
	}
}

static void print_json(const struct about *about, FILE *out)
{
	json_t *object = json_object();

	for (size_t i = 0; i < about->env.n; i++)
		json_object_set_new(object, about->env.item[i].name,
				    rx_json_string(about->env.item[i].value));
	rx_json_print(object, out);
}

/* LXC_PID tells a hook the container's first process, before it has begun and after it has
 * ended. */
static void print_lxc_hooks(const struct about *about, FILE *out)
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
	for (size_t i = 0; i < RX_ARRAY_SIZE(hooks); i++)
		fprintf(out, "lxc.hook.%s = %s reattach %s/%s --hook\n", hooks[i], quoted,
			about->view->lab.name, about->node->want->name);
}

/* lxc.container.conf(5); Proxmox takes the same lines in /etc/pve/lxc/CTID.conf. The nodes are open
 * to all (0666), so an unprivileged container needs nothing more. */
static void print_lxc(const struct about *about, FILE *out)
{
	fprintf(out, "# endpoint %s/%s\n", about->view->lab.name, about->node->want->name);
	for (size_t i = 0; i < about->n_given; i++)
		fprintf(out,
			"lxc.cgroup2.devices.allow = c %u:%u rw\n"
			"lxc.mount.entry = %s %s none bind,optional,create=file 0 0\n",
			major(about->device[i].devt), minor(about->device[i].devt),
			about->device[i].path, about->device[i].path + 1);
	if (is_attached(about->node))
		print_lxc_hooks(about, out);
	fprintf(out, "lxc.prlimit.memlock = unlimited\n");
	if (*shared_netns(about->node))
		fprintf(out,
			"# in place of lxc.net.*, to run in the endpoint's own namespace:\n"
			"# lxc.namespace.share.net = %s\n",
			shared_netns(about->node));
	for (size_t i = 0; i < about->env.n; i++)
		if (*text_of(&about->env.item[i]))
			fprintf(out, "lxc.environment = %s=%s\n", about->env.item[i].name,
				about->env.item[i].value);
}

/* Docker takes a rule for a number whose node comes later, by attach. Where control groups of
 * version 2 answer for devices attach gives the permission too; of those of version 1 it cannot. */
static void print_podman(const struct about *about, FILE *out)
{
	bool docker = about->node->want->container.kind == RX_CONTAINER_DOCKER;

	fprintf(out, "--ulimit memlock=-1:-1");
	for (size_t i = 0; i < about->n_given; i++)
		fprintf(out, " --device %s:%s:rw", about->device[i].path, about->device[i].path);
	for (size_t i = 0; docker && i < about->n_devices; i++)
		fprintf(out, " --device-cgroup-rule 'c %u:%u rw'", major(about->device[i].devt),
			minor(about->device[i].devt));
	if (*shared_netns(about->node))
		fprintf(out, " --network ns:%s", shared_netns(about->node));
	for (size_t i = 0; i < about->env.n; i++) {
		rx_autofree char *quoted = rx_shell_quote(text_of(&about->env.item[i]));

		if (*text_of(&about->env.item[i]))
			fprintf(out, " --env %s=%s", about->env.item[i].name, quoted);
	}
	fputc('\n', out);
}

/* Container Device Interface: device nodes by path and number, and environment. A limit on locked
 * memory cannot be said in any version. */
static void print_cdi(const struct about *about, FILE *out)
{
	json_t *nodes = json_array(), *vars = json_array();
	char name[RX_LAB_NAME_MAX + RX_NODE_NAME_MAX + 2];

	for (size_t i = 0; i < about->n_given; i++)
		json_array_append_new(nodes, json_pack("{s:s, s:s, s:i, s:i, s:s}", "path",
						       about->device[i].path, "type", "c", "major",
						       (int)major(about->device[i].devt), "minor",
						       (int)minor(about->device[i].devt),
						       "permissions", "rw"));
	for (size_t i = 0; i < about->env.n; i++)
		if (*text_of(&about->env.item[i]))
			json_array_append_new(vars, json_sprintf("%s=%s", about->env.item[i].name,
								 about->env.item[i].value));
	snprintf(name, sizeof(name), "%s.%s", about->view->lab.name, about->node->want->name);
	rx_json_print(json_pack("{s:s, s:s, s:[{s:s, s:{s:o, s:o}}]}", "cdiVersion",
				rx_cdi_version(name), "kind", "rxelab/endpoint", "devices", "name",
				name, "containerEdits", "deviceNodes", nodes, "env", vars),
		      out);
}

/* As it is shipped (NAME_FALLBACK), rdma-core's 60-rdma-persistent-naming.rules names RDMA devices
 * after their PCI slots, which leaves RXE alone. Where somebody chose NAME_GUID every RXE is
 * renamed, and no other rules file can stop it. */
static void print_udev(const struct about *about, FILE *out)
{
	const struct rx_view *view = about->view;
	const struct rx_node_view *node = about->node;

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
}

static void print_hostfile(const struct about *about, FILE *out)
{
	for (size_t i = 0; i < about->view->n_endpoints; i++)
		fprintf(out, "%s slots=1\n", about->view->nodes[i].want->name);
}

const struct rx_env_format rx_env_formats[] = {
	{"shell", print_shell},
	{"json", print_json},
	{"lxc", print_lxc, .names_devices = true},
	{"podman", print_podman, .names_devices = true},
	{"cdi", print_cdi, .names_devices = true},
	{"udev", print_udev},
	{"hostfile", print_hostfile, .of_lab = true},
	{NULL},
};

void rx_env_print(const struct rx_env_format *format, const struct rx_view *view,
		  const struct rx_node_view *node, FILE *out)
{
	struct about about = {.view = view, .node = node};

	if (node) {
		rx_env_of(view, node, &about.env);
		list_devices(&about);
		about.n_given = is_attached(node) ? 0 : about.n_devices;
	}
	format->print(&about, out);
	rx_env_free(&about.env);
	free(about.device);
}
