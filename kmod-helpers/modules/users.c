/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/modules/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/all-netns.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"

/* The modules that labs need whose netdevs do not keep them (rtnl_link_ops.kind); the others' name
 * is their kind. */
static const struct {
	const char *module, *kind;
} kinds[] = {
	{"8021q", "vlan"}, {"bridge", "bridge"}, {"dummy", "dummy"},
	{"macvlan", "macvlan"}, {"veth", "veth"},
};

struct search {
	const char *module, *kind;
	struct rx_err *err;
};

static const char *where(const char *path)
{
	return *path ? path : "init_net";
}

static bool find_netdev(const char *path, void *arg)
{
	rx_autofree struct rx_link_info *links = NULL;
	struct search *search = arg;
	struct rx_err ignored;
	struct rx_nl route;
	bool found = false;
	size_t n = 0, i;

	if (rx_nl_open(&route, NETLINK_ROUTE, path, &ignored))
		return false;
	if (!rx_link_list(&route, &links, &n, &ignored))
		for (i = 0; i < n && !found; i++)
			if (!strcmp(links[i].kind, search->kind)) {
				found = true;
				rx_fail(search->err, "module-busy", EUSERS,
					"module %s: not unloaded: netdev %s (%s) is one of its own",
					search->module, links[i].name, where(path));
			}
	rx_nl_close(&route);
	return found;
}

/* A device of an adapter has the adapter's folder; RXE's (and siw's) has none. In exclusive mode
 * those of other namespaces cannot be looked up here and count as RXE's. */
static bool is_of_an_adapter(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s/device", name);
	return !access(path, F_OK);
}

static bool find_rxe(const char *path, void *arg)
{
	rx_autofree struct rx_rdma_dev *devs = NULL;
	struct search *search = arg;
	struct rx_err ignored;
	struct rx_nl rdma;
	bool found = false;
	size_t n = 0, i;

	if (rx_nl_open(&rdma, NETLINK_RDMA, path, &ignored))
		return false;
	if (!rx_rdma_list(&rdma, &devs, &n, &ignored))
		for (i = 0; i < n && !found; i++)
			if (!is_of_an_adapter(devs[i].name)) {
				found = true;
				rx_fail(search->err, "module-busy", EBUSY,
					"module %s: not unloaded: RDMA device %s (%s) may be one "
					"of its own",
					search->module, devs[i].name, where(path));
			}
	rx_nl_close(&rdma);
	return found;
}

int rx_module_users(const char *module, struct rx_err *err)
{
	struct search search = {.module = module, .err = err};
	size_t i;

	if (!strcmp(module, "rdma_rxe"))
		return rx_netns_each(find_rxe, &search) ? -err->code : 0;
	for (i = 0; i < RX_ARRAY_SIZE(kinds) && strcmp(kinds[i].module, module); i++)
		;
	if (i == RX_ARRAY_SIZE(kinds))
		return 0;
	search.kind = kinds[i].kind;
	return rx_netns_each(find_netdev, &search) ? -err->code : 0;
}
