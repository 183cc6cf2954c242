/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cni/pod.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/gid.h"
#include "netns/kernel/ns.h"

/* CDI's SPEC.md: a device's name is of letters, digits and "_", "-", ".", ":", and begins and ends
 * with one of the first two. What a runtime calls a pod may hold more. */
static void make_cdi_name(char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-.", *name))
			*name = '-';
}

const char *rx_cni_cdi_name(const struct rx_cni_request *request, char *buf, size_t size)
{
	char pod[128], namespace[128];
	const struct rx_cni_environment *env = &request->env;
	bool has_pod = rx_cni_arg(env->args, "K8S_POD_NAME", pod, sizeof(pod));

	if (has_pod && rx_cni_arg(env->args, "K8S_POD_NAMESPACE", namespace, sizeof(namespace)))
		snprintf(buf, size, "%s.%s.%s", namespace, pod, env->ifname);
	else
		snprintf(buf, size, "%s.%s", has_pod ? pod : env->container, env->ifname);
	make_cdi_name(buf);
	return buf;
}

void rx_cni_cdi_path(const struct rx_cni_request *request, struct rx_cni_state *state)
{
	if (request->cdi_dir)
		snprintf(state->cdi, sizeof(state->cdi), "%s/rxe-cni-%s.json", request->cdi_dir,
			 state->rdma_dev + 4);
}

static void add_env(json_t *list, const char *name, const char *value)
{
	if (*value)
		json_array_append_new(list, json_sprintf("%s=%s", name, value));
}

/* The names and values that `rxelab env` gives: see docs/reference/exec-env.md. */
static json_t *environment(const char *rdma_dev, int gid_index,
			   const struct rx_cni_interface *interface)
{
	char device[RX_DEV_NAME_SIZE + 4], index[16] = "", ipv4[64] = "", ipv6[64] = "";
	json_t *list = json_array();

	for (size_t i = interface->n_addrs; i-- > 0;)
		rx_cidr_text(&interface->addrs[i], false,
			     interface->addrs[i].family == AF_INET ? ipv4 : ipv6, sizeof(ipv4));
	if (gid_index >= 0)
		snprintf(index, sizeof(index), "%d", gid_index);
	add_env(list, "RXELAB_DEV", rdma_dev);
	add_env(list, "RXELAB_GID_INDEX", index);
	add_env(list, "RXELAB_IPV4", ipv4);
	add_env(list, "RXELAB_IPV6", ipv6);
	snprintf(device, sizeof(device), "%s:1", rdma_dev);
	add_env(list, "UCX_NET_DEVICES", device);
	add_env(list, "UCX_IB_GID_INDEX", index);
	add_env(list, "UCX_TLS", "rc,self");
	add_env(list, "UCX_UD_VERBS_ETH_DGID_CHECK", "n");
	snprintf(device, sizeof(device), "=%s:1", rdma_dev);
	add_env(list, "NCCL_IB_HCA", device);
	add_env(list, "NCCL_IB_GID_INDEX", index);
	return list;
}

static json_t *device_node(const char *name, dev_t devt)
{
	return json_pack("{s:o, s:s, s:i, s:i, s:s}", "path",
			 json_sprintf("/dev/infiniband/%s", name), "type", "c", "major",
			 (int)major(devt), "minor", (int)minor(devt), "permissions", "rw");
}

/* A limit on locked memory cannot be said in any version. */
json_t *rx_cni_cdi_json(const char *name, const char *rdma_dev, const char *uverbs,
			dev_t uverbs_devt, dev_t cm_devt, int gid_index,
			const struct rx_cni_interface *interface)
{
	json_t *nodes = json_array();

	json_array_append_new(nodes, device_node(uverbs, uverbs_devt));
	if (cm_devt)
		json_array_append_new(nodes, device_node("rdma_cm", cm_devt));
	return json_pack("{s:s, s:s, s:[{s:s, s:{s:o, s:o}}]}", "cdiVersion", rx_cdi_version(name),
			 "kind", "rxelab/cni", "devices", "name", name, "containerEdits",
			 "deviceNodes", nodes, "env", environment(rdma_dev, gid_index, interface));
}

int rx_cni_cdi_write(struct rx_pod *pod, const struct rx_cni_state *state,
		     struct rx_cni_error *error)
{
	const struct rx_cni_interface *interface = &pod->interface;
	const struct rx_cni_request *request = pod->request;
	char uverbs[32], name[512];
	rx_autoclose int sysfs = -1;
	struct rx_err err;
	int gid = -1;
	dev_t devt;

	if (rx_rdma_uverbs(state->lab[0] ? &pod->host_rdma : &pod->rdma, state->index, uverbs,
			   sizeof(uverbs), &devt, &err))
		return rx_cni_fail(error, RX_CNI_KERNEL, err.text,
				   "the RXE device %s has no uverbs device", state->rdma_dev);
	sysfs = rx_ns_sysfs(state->lab[0] ? "" : pod->path, &err);
	if (sysfs >= 0 && interface->n_addrs)
		gid = rx_gid_find(sysfs, state->rdma_dev, &interface->addrs[0]);
	if (mkdir(request->cdi_dir, 0755) && errno != EEXIST)
		return rx_cni_fail(error, RX_CNI_IO, strerror(errno),
				   "cannot make the folder %.150s", request->cdi_dir);
	return rx_cni_write_file(state->cdi, 0644,
				 rx_cni_cdi_json(rx_cni_cdi_name(request, name, sizeof(name)),
						 state->rdma_dev, uverbs, devt, rx_rdma_cm_devt(),
						 gid, interface),
				 error);
}

void rx_cni_cdi_remove(const struct rx_cni_request *request, const char *path)
{
	if (*path && unlink(path) && errno != ENOENT)
		rx_cni_note(request, "removing %s failed: %s", path, strerror(errno));
}
