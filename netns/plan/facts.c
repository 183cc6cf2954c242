/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/plan/facts.h"

#include <stdio.h>
#include <sys/socket.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/all-netns.h"
#include "netns/kernel/rdma.h"

/* Fitted to what docs/explanation/memory-and-time.md lists, 7.3.4 and 6.12. An entry of a device's
 * GID table is three sysfs files; in shared mode ib_core makes the whole folder once more in every
 * namespace (compat devices, drivers/infiniband/core/device.c). */
#define RXE_GIDS 1024 /* RXE_PORT_GID_TBL_LEN, drivers/infiniband/sw/rxe/rxe_param.h */
#define GID_BYTES 680ull
#define DEVICE_BYTES (150ull << 10)
/* 512 receive buffers (IB_MAD_QP_RECV_SIZE, drivers/infiniband/core/mad_priv.h) and the queues of
 * RXE for them */
#define GSI_BYTES (500ull << 10)
#define NAMESPACE_BYTES (170ull << 10)

uint64_t rx_predict_memory(const struct rx_load *load)
{
	uint64_t views = load->mode == RX_RDMA_EXCLUSIVE ? 1
							 : load->namespaces + load->own_namespaces;

	uint64_t table = (load->gids ? load->gids : RXE_GIDS) * GID_BYTES;
	uint64_t device = views * table + DEVICE_BYTES + (load->without_gsi ? 0 : GSI_BYTES);

	return load->devices * device + load->own_namespaces * NAMESPACE_BYTES;
}

static void process_name(const char *pid, char *buf, size_t size)
{
	char path[300], name[32] = "";
	rx_autofile FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = 0;
	snprintf(buf, size, "process %.20s (%s)", pid, name);
}

/* The first one that is not our own holds the RDMA mode. */
static bool note_namespace(const char *path, void *arg)
{
	struct rx_facts *facts = arg;
	char pid[24];

	facts->namespaces++;
	if (!*path || facts->rdma_mode_holder[0])
		return false;
	if (sscanf(path, "/proc/%23[0-9]/", pid) == 1)
		process_name(pid, facts->rdma_mode_holder, sizeof(facts->rdma_mode_holder));
	else
		snprintf(facts->rdma_mode_holder, sizeof(facts->rdma_mode_holder), "namespace %s",
			 path);
	return false;
}

static void count_namespaces(struct rx_facts *facts)
{
	facts->namespaces = 0;
	rx_netns_each(note_namespace, facts);
	facts->rdma_mode_fixed = facts->namespaces > 1;
}

bool rx_facts_namespace_holder(char *holder, size_t size)
{
	struct rx_facts facts = {0};

	count_namespaces(&facts);
	snprintf(holder, size, "%s",
		 facts.rdma_mode_holder[0]
			 ? facts.rdma_mode_holder
			 : "nobody that can be seen (one that was deleted a moment ago?)");
	return facts.rdma_mode_holder[0];
}

uint64_t rx_meminfo(const char *name)
{
	rx_autofile FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	size_t length = strlen(name);
	char line[200];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && sscanf(line + length, ": %llu kB", &kib) == 1)
			break;
	return kib << 10;
}

/* In exclusive mode the devices of other namespaces are not listed here; their nodes are all in one
 * devtmpfs. */
static unsigned count_uverbs(void)
{
	rx_autodir DIR *nodes = opendir("/dev/infiniband");
	const char *name;
	unsigned n = 0;

	while ((name = rx_next_name(nodes)))
		n += !strncmp(name, "uverbs", 6);
	return n;
}

/* Whatever has another name than rxelab gives. */
static void note_foreign(const struct rx_rdma_dev *devs, size_t n, struct rx_facts *facts)
{
	for (size_t i = 0; i < n && !facts->rdma_foreign[0]; i++)
		if (strncmp(devs[i].name, "rxl", 3) && strncmp(devs[i].name, "rxc.", 4))
			snprintf(facts->rdma_foreign, sizeof(facts->rdma_foreign), "%s",
				 devs[i].name);
}

int rx_facts_gather(struct rx_nl *route, struct rx_nl *rdma, struct rx_facts *facts,
		    struct rx_err *err)
{
	rx_autofree struct rx_rdma_dev *devs = NULL;
	struct utsname name;
	struct rx_err no_rules;
	char text[8] = "";
	size_t n = 0;

	uname(&name);
	snprintf(facts->kernel, sizeof(facts->kernel), "%.64s", name.release);
	facts->mem_available = rx_meminfo("MemAvailable");
	count_namespaces(facts);
	facts->rdma_mode = RX_RDMA_SHARED;
	if (rdma &&
	    (rx_rdma_mode_get(rdma, &facts->rdma_mode, err) || rx_rdma_list(rdma, &devs, &n, err)))
		return -err->code;
	facts->uverbs_used = count_uverbs();
	if (facts->uverbs_used < n)
		facts->uverbs_used = (unsigned)n;
	note_foreign(devs, n, facts);
	if (rx_link_list(route, &facts->links, &facts->n_links, err))
		return -err->code;
	if (rx_rule_list(route, &facts->rules, &facts->n_rules, &no_rules))
		facts->n_rules = 0; /* a kernel without them has none */
	facts->no_ipv6 = access("/proc/sys/net/ipv6", F_OK);
	facts->rp_filter = rx_file_read("/proc/sys/net/ipv4/conf/all/rp_filter", text,
					sizeof(text)) == 0 &&
			   text[0] != '0';
	return rx_addr_list(route, &facts->addrs, &facts->n_addrs, err);
}

void rx_facts_free(struct rx_facts *facts)
{
	free(facts->links);
	free(facts->addrs);
	free(facts->rules);
	free(facts->wants);
	free(facts->containers);
	facts->containers = NULL;
	facts->links = NULL;
	facts->addrs = NULL;
}

const struct rx_link_info *rx_facts_link(const struct rx_facts *facts, const char *name)
{
	size_t i;

	for (i = 0; i < facts->n_links; i++)
		if (!strcmp(facts->links[i].name, name))
			return &facts->links[i];
	return NULL;
}

const struct rx_link_info *rx_facts_link_index(const struct rx_facts *facts, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < facts->n_links; i++)
		if (facts->links[i].ifindex == ifindex)
			return &facts->links[i];
	return NULL;
}

const struct rx_link_info *rx_facts_vlan(const struct rx_facts *facts, unsigned lower,
					 unsigned vlan)
{
	size_t i;

	for (i = 0; i < facts->n_links; i++)
		if (!strcmp(facts->links[i].kind, "vlan") && facts->links[i].lower == lower &&
		    facts->links[i].vlan == vlan && !facts->links[i].lower_elsewhere)
			return &facts->links[i];
	return NULL;
}

const struct rx_addr_info *rx_facts_address(const struct rx_facts *facts, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < facts->n_addrs; i++) {
		const struct rx_addr_info *info = &facts->addrs[i];
		bool link_local = info->addr.family == AF_INET6 && info->addr.addr[0] == 0xfe &&
				  (info->addr.addr[1] & 0xc0) == 0x80;

		if (info->ifindex == ifindex && !link_local)
			return info;
	}
	return NULL;
}
