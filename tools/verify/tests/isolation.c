/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can an endpoint reach its neighbour's device? */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/process.h"
#include "netns/kernel/ns.h"
#include "tools/cli/output.h"
#include "tools/verify/verify.h"

#define EXEC_WAIT 20.0 /* seconds */

/* In exclusive mode ib_uverbs_open() answers EPERM from another namespace (rdma_dev_access_netns,
 * uverbs_main.c). */
static void try_neighbour(const struct rx_port *own, const struct rx_port *neighbour, char *trouble,
			  size_t size)
{
	char path[64];
	struct rx_err err;
	int home = -1, fd;

	snprintf(path, sizeof(path), "/dev/infiniband/%.32s", neighbour->iface->uverbs);
	if (rx_ns_enter(own->node->netns, &home, &err)) {
		snprintf(trouble, size, "%.300s", err.text);
		return;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		snprintf(trouble, size, "from its namespace %s (%s of endpoint %s) can be opened",
			 path, neighbour->iface->want->rdma_dev, neighbour->node->want->name);
	else if (errno != EPERM && errno != EACCES)
		snprintf(trouble, size,
			 "%s of endpoint %s: %s, where the kernel should refuse it (EPERM)", path,
			 neighbour->node->want->name, strerror(errno));
	rx_cleanup_fd(&fd);
	rx_ns_leave(&home);
}

/* `exec` gives a private /dev/infiniband: only its own uverbs nodes and rdma_cm may be there. */
static bool is_own(const struct rx_node_view *node, const char *name)
{
	size_t i;

	for (i = 0; i < node->n_ifaces; i++)
		if (!strcmp(node->ifaces[i].uverbs, name))
			return true;
	return !strcmp(name, "rdma_cm");
}

static void try_exec(const struct rx_verify *v, const struct rx_node_view *node, char *trouble,
		     size_t size)
{
	char operand[64], *word, *rest;
	const char *const argv[] = {"/proc/self/exe",  "exec", operand, "--", "ls",
				    "/dev/infiniband", NULL};
	rx_autoprocess exec = {.argv = argv, .seconds = EXEC_WAIT};
	struct rx_err err;
	size_t seen = 0;

	snprintf(operand, sizeof(operand), "%s/%s", v->view->lab.name, node->want->name);
	if (rx_process_run(&exec, &err)) {
		snprintf(trouble, size, "rxelab exec %s did not work: %.200s", operand,
			 exec.output && *exec.output ? exec.output : err.text);
		return;
	}
	rest = exec.output;
	while ((word = strsep(&rest, " \n"))) {
		seen += *word && strcmp(word, "rdma_cm");
		if (*word && !is_own(node, word)) {
			snprintf(trouble, size,
				 "exec shows it /dev/infiniband/%.64s, which is not its own", word);
			return;
		}
	}
	if (!seen)
		snprintf(trouble, size, "exec shows it no uverbs device at all");
}

void rx_test_isolation(struct rx_verify *v, unsigned test)
{
	const struct rx_fabric *fabric = &v->fabric;
	size_t i, n = v->view->n_endpoints;

	for (i = 0; i < n; i++) {
		const struct rx_port *own = &fabric->ports[fabric->first[i]];
		const struct rx_port *neighbour = &fabric->ports[fabric->first[(i + 1) % n]];
		bool exclusive = v->view->rdma_mode == RX_RDMA_EXCLUSIVE && n > 1 &&
				 own->node->netns[0] && own->node->rdma_netns[0];
		char trouble[512] = "";
		double started = rx_now();

		if (exclusive)
			try_neighbour(own, neighbour, trouble, sizeof(trouble));
		if (!trouble[0])
			try_exec(v, own->node, trouble, sizeof(trouble));
		/* it may have stopped exec, too */
		if (rx_is_over(&v->until))
			return;
		rx_results_add(&v->results, &(struct rx_subject){test, (int)i, RX_NOBODY, NULL},
			       trouble[0] ? RX_FAIL : RX_PASS, rx_now() - started,
			       trouble[0] || !exclusive ? "%s" : NULL,
			       trouble[0] ? trouble
					  : "the RDMA mode is shared, so only exec was looked at");
	}
}
