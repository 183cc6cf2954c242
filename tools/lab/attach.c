/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/attach.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns/ledger/list.h"
#include "netns/ledger/lock.h"
#include "tools/cli/output.h"
#include "tools/cli/stop.h"
#include "tools/lab/container.h"
#include "tools/lab/reconcile.h"

/* A lab that is up, opened to be changed under its lock. */
struct opened {
	struct rx_lab lab;
	struct rx_ledger ledger;
	int lock;
};

static void close_lab(struct opened *opened)
{
	char path[200];
	bool gone;

	gone = access(rx_ledger_path(opened->lab.name, "", path, sizeof(path)), F_OK);
	rx_ledger_close(&opened->ledger);
	if (opened->lab.expedite)
		rx_step_unexpedite();
	rx_unlock(opened->lab.name, opened->lock, gone);
	rx_lab_free(&opened->lab);
}

static int open_lab(const char *name, struct opened *opened, struct rx_err *err)
{
	memset(opened, 0, sizeof(*opened));
	if (rx_ledger_check_name(name, err))
		return -err->code;
	rx_lab_catch_signals();
	opened->lock = rx_lab_lock(name, 0, err);
	if (opened->lock < 0)
		return opened->lock;
	if (!rx_lab_stored(name, &opened->lab, err) &&
	    !rx_ledger_open(name, true, &opened->ledger, err)) {
		if (opened->ledger.complete)
			return 0;
		rx_fail(err, "lab-half-made", EAGAIN,
			"lab %s is half made: an up or down of it was killed; take it down or up "
			"first",
			name);
		rx_ledger_close(&opened->ledger);
	}
	rx_unlock(name, opened->lock, err->code == ENOENT);
	rx_lab_free(&opened->lab);
	return -err->code;
}

static struct rx_node *find_endpoint(struct rx_lab *lab, const char *name, struct rx_err *err)
{
	size_t i;

	for (i = 0; i < lab->n_endpoints; i++)
		if (!strcmp(lab->nodes[i].name, name))
			return &lab->nodes[i];
	rx_fail(err, "endpoint-unknown", ENOENT,
		"lab %s has no endpoint \"%s\"; \"rxelab inspect %s\" shows them", lab->name, name,
		lab->name);
	return NULL;
}

/* A second endpoint in one container would want the first one's netdev and device nodes. */
static int judge_container(const struct rx_lab *lab, const struct rx_node *node,
			   const struct rx_container *container, struct rx_err *err)
{
	struct rx_container_fact fact;
	size_t i;

	for (i = 0; i < lab->n_endpoints; i++)
		if (&lab->nodes[i] != node && container->kind &&
		    lab->nodes[i].container.kind == container->kind &&
		    !strcmp(lab->nodes[i].container.id, container->id))
			return rx_fail(err, "container-taken", EEXIST,
				       "%s %s is already that of endpoint \"%s\"",
				       rx_container_kind_name(container->kind), container->id,
				       lab->nodes[i].name);
	if (*container->netdev && node->n_ifaces > 1)
		return rx_fail(err, "netdev-choice", EINVAL,
			       "--netdev names one netdev, and endpoint \"%s\" has %zu; leave it "
			       "out",
			       node->name, node->n_ifaces);
	return container->kind ? rx_container_find(container, &fact, err) : 0;
}

/* Undo the endpoint where it is and make it where it is to be. The ledger says so first, so that
 * after a kill the next up, reattach or attach goes on. */
static int move_endpoint(struct opened *opened, struct rx_node *node,
			 const struct rx_container *container, struct rx_err *err)
{
	struct rx_up_request request = {.lab = &opened->lab, .only = node->name};
	int rc = rx_ledger_attach(&opened->ledger, node->name, container, err);

	if (rc)
		return rc;
	rx_lab_set_container(node, container);
	return rx_lab_settle(&request, &opened->ledger, 0, NULL, err);
}

/* The way back after a failure. A signal that stopped the way there must not stop this one, too;
 * another one may. */
static int move_back(struct opened *opened, struct rx_node *node, const struct rx_container *before,
		     struct rx_err *err)
{
	sig_atomic_t stopped = rx_stopped;
	int rc;

	rx_stopped = 0;
	rc = move_endpoint(opened, node, before, err);
	if (stopped)
		rx_stopped = stopped;
	return rc;
}

int rx_lab_attach(const char *lab, const char *endpoint, const struct rx_container *container,
		  struct rx_err *err)
{
	struct rx_container before;
	struct rx_err second = {0};
	struct opened opened;
	struct rx_node *node;
	int rc = open_lab(lab, &opened, err);

	if (rc)
		return rc;
	node = find_endpoint(&opened.lab, endpoint, err);
	rc = node ? judge_container(&opened.lab, node, container, err) : -err->code;
	if (!rc) {
		before = node->container;
		rc = move_endpoint(&opened, node, container, err);
		if (rc && !move_back(&opened, node, &before, &second))
			rx_wrap(err, "endpoint \"%s\" is where it was", endpoint);
		else if (rc)
			rx_warn("endpoint \"%s\" could not be put back where it was: %s", endpoint,
				second.text);
	}
	close_lab(&opened);
	return rc;
}

/* The container's own program is asked only when the process that was attached to is gone: podman
 * takes its time. Whoever gets the number of a process that has ended is a stranger and not
 * followed. */
static bool is_astray(const struct rx_ledger *ledger, const struct rx_node *node)
{
	struct rx_lab_place now = rx_lab_present_place(ledger, node->name);
	struct rx_container_fact fact;
	struct rx_err ignored;

	if (!node->container.kind || (now.container && rx_inode_of(now.netns) == now.container))
		return false;
	if (rx_container_find(&node->container, &fact, &ignored) && ignored.code != ESRCH)
		return false;
	if (node->container.kind == RX_CONTAINER_PID)
		return now.container != 0;
	return !rx_lab_same_place(&now, fact.inode, fact.inode ? fact.netns : "");
}

static bool is_meant(const struct opened *opened, const struct rx_node *node, const char *endpoint,
		     bool only_astray)
{
	return node->container.kind && (!endpoint || !strcmp(node->name, endpoint)) &&
	       !(only_astray && !is_astray(&opened->ledger, node));
}

int rx_lab_reattach(const char *lab, const char *endpoint, bool only_astray, struct rx_err *err)
{
	struct opened opened;
	struct rx_up_request request = {.lab = &opened.lab};
	struct rx_err problem = {0};
	int rc = open_lab(lab, &opened, err);
	size_t i, found = 0;

	if (rc)
		return rc;
	for (i = 0; i < opened.lab.n_endpoints && !rx_stopped; i++) {
		const struct rx_node *node = &opened.lab.nodes[i];

		if (!is_meant(&opened, node, endpoint, only_astray))
			continue;
		found++;
		request.only = node->name;
		/* one that cannot be attached must not keep the others from it */
		if (rx_lab_settle(&request, &opened.ledger, 0, NULL, &problem) && !rc) {
			*err = problem;
			rc = -problem.code;
		}
	}
	if (!rc && !found && !only_astray)
		rc = rx_fail(err, "endpoint-unknown", ENOENT,
			     "lab %s has no endpoint %s%s%sin a container", lab,
			     endpoint ? "\"" : "", endpoint ? endpoint : "", endpoint ? "\" " : "");
	close_lab(&opened);
	return rc;
}

bool rx_lab_astray(const char *name)
{
	struct rx_lab lab = {{0}};
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool astray = false;
	size_t i;

	if (rx_lab_stored(name, &lab, &ignored) || rx_ledger_open(name, false, &ledger, &ignored)) {
		rx_lab_free(&lab);
		return false;
	}
	for (i = 0; i < lab.n_endpoints && !astray; i++)
		astray = is_astray(&ledger, &lab.nodes[i]);
	rx_ledger_close(&ledger);
	rx_lab_free(&lab);
	return astray;
}
