/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/host-priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/build/btf.h"
#include "kmod-helpers/build/build.h"
#include "kmod-helpers/modules/modules.h"
#include "kmod-helpers/probe.h"
#include "kmod-helpers/rxe/load.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/steering.h"
#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/kernel/rdma.h"
#include "netns/ledger/list.h"

#define UNLOAD_TIMEOUT 5.0 /* seconds; RXE's sockets and devices go asynchronously */

/* ---- modules, as operations ---- */

static int load(const char *name, const char *options, char *loaded, size_t size,
		struct rx_err *err)
{
	struct rx_module_list list = {0};
	size_t i, used = 0;
	bool early;
	int rc;

	if (!strcmp(name, RX_HELPER_MODULE))
		rc = rx_helper_load(&list, &early, err); /* it needs a number from rdma_rxe's BTF */
	else
		rc = rx_module_load(name, *options ? options : NULL, &list, err);
	loaded[0] = 0;
	for (i = 0; i < list.n && used < size; i++)
		used += (size_t)snprintf(loaded + used, size - used, "%s%s", i ? " " : "",
					 list.name[i]);
	rx_trace("module %s: load: %s", name, rc ? err->text : loaded[0] ? loaded : "it was there");
	rx_module_list_free(&list);
	return rc;
}

/* Before 7.3 the helper pins itself, and any helper keeps ib_core: waiting for either would be in
 * vain. */
static bool pinned(const char *name)
{
	if (!strcmp(name, "ib_core"))
		return rx_helper_loaded();
	return !strcmp(name, RX_HELPER_MODULE) && rx_helper_pinned();
}

/* A module that somebody else uses by now stays: that is no fault. */
static void unload_one(const char *name)
{
	double deadline = rx_deadline(UNLOAD_TIMEOUT);
	struct rx_err ignored;

	while (!pinned(name) && rx_module_unload(name, &ignored) == -EBUSY && !rx_passed(deadline))
		rx_wait_ms(50);
}

static int unload(const char *loaded, struct rx_err *err)
{
	rx_autofree char *copy = rx_strdup(loaded);
	char *last;

	(void)err;
	while ((last = strrchr(copy, ' '))) {
		unload_one(last + 1);
		*last = 0;
	}
	unload_one(copy);
	return 0;
}

void rx_host_module_hooks(struct rx_apply *apply)
{
	apply->module_load = load;
	apply->module_unload = unload;
}

/* ---- what a lab needs ---- */

struct rx_op *rx_host_plan(struct rx_plan *plan, enum rx_op_kind kind, const char *name,
			   const char *value)
{
	struct rx_op *op = rx_plan_add(plan, kind, 0, 0);

	snprintf(op->name, sizeof(op->name), "%s", name);
	snprintf(op->value, sizeof(op->value), "%s", value);
	return op;
}

static void add_module(struct rx_plan *plan, const char *module, const char *options)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!strcmp(plan->ops[i].name, module))
			return;
	rx_host_plan(plan, RX_OP_MODULE, module, options);
}

/* An operation for each module that would come in: so that each is in the ledger before it is in
 * the kernel. */
static void need(struct rx_plan *plan, const char *module, const char *options)
{
	enum rx_module_state state = rx_module_state(module);
	struct rx_module_list list = {0};
	size_t i;

	if (state == RX_MODULE_LOADED || state == RX_MODULE_BUILTIN)
		return;
	rx_module_closure(module, &list);
	for (i = 0; i < list.n; i++)
		if (strcmp(list.name[i], module))
			add_module(plan, list.name[i], "");
	add_module(plan, module, options); /* also one that is absent: loading it says why */
	rx_module_list_free(&list);
}

static void need_if_there(struct rx_plan *plan, const char *module)
{
	char path[500];

	if (!rx_module_is_loaded(module) && rx_module_file(module, path, sizeof(path)) &&
	    rx_module_state(module) == RX_MODULE_AVAILABLE)
		need(plan, module, "");
}

static bool any_node_impaired(const struct rx_lab *lab)
{
	size_t i;

	for (i = 0; i < lab->n_nodes; i++)
		if (rx_node_impaired(lab, &lab->nodes[i]))
			return true;
	return false;
}

/* RXE itself. Up to 6.12 it asks the crypto API for crc32 (rxe_icrc_init), and the kernel then
 * loads what gives it behind our back: loaded here, it is in the ledger. */
static void plan_rxe(const struct rx_lab *lab, struct rx_plan *plan)
{
	if (lab->rdma_mode == RX_RDMA_EXCLUSIVE)
		need(plan, "ib_core", "netns_mode=0");
	need_if_there(plan, "crc32_generic");
	need_if_there(plan, "crc32_pclmul");
	need(plan, "rdma_rxe", "");
}

/* dummy without numdummies=0 would leave a dummy0 behind. udp_diag answers whether UDP 4791 is
 * open. */
static void plan_modules(const struct rx_lab *lab, struct rx_plan *plan)
{
	bool macvlan = false, vlan = false;

	for (size_t i = 0; i < lab->n_networks; i++) {
		macvlan |= lab->networks[i].link == RX_LINK_MACVLAN;
		vlan |= lab->networks[i].vlan != 0;
	}
	need(plan, "ib_uverbs", "");
	need(plan, "rdma_ucm", "");
	need_if_there(plan, "udp_diag");
	need(plan, "veth", "");
	if (macvlan)
		need(plan, "macvlan", "");
	if (!lab->parent[0])
		need(plan, "dummy", "numdummies=0");
	if (rx_lab_has_bridge(lab))
		need(plan, "bridge", "");
	if (vlan)
		need(plan, "8021q", "");
	if (any_node_impaired(lab))
		need(plan, "sch_netem", "");
}

/* An endpoint that is whole without a data path in namespaces: RXE's netdev, its own above that,
 * and tc between. The kernel would load what tc needs by itself. */
static void plan_hosted(struct rx_facts *facts, struct rx_plan *plan)
{
	const char *const *module;

	rx_steering_choose(facts);
	need(plan, "macvlan", "");
	need(plan, "dummy", "numdummies=0");
	for (module = rx_steering_modules(facts->steer); *module; module++)
		need(plan, *module, "");
}

int rx_host_apply(struct rx_plan *plan, struct rx_ledger *ledger, const struct rx_host_hooks *hooks,
		  struct rx_err *err)
{
	struct rx_apply apply = {.ledger = ledger,
				 .types = rx_op_types,
				 .workers = 1,
				 .warn = hooks->warn,
				 .stop = hooks->stop,
				 .deadline = hooks->deadline};
	int rc;

	rx_host_module_hooks(&apply);
	rc = rx_apply_plan(&apply, plan, NULL, err);
	rx_plan_free(plan);
	return rc;
}

/* ---- RDMA mode ---- */

static int set_mode(enum rx_rdma_mode mode, struct rx_ledger *ledger,
		    const struct rx_host_hooks *hooks, struct rx_facts *facts, struct rx_err *err)
{
	struct rx_plan plan = {0};

	rx_host_plan(&plan, RX_OP_RDMA_MODE, "netns", rx_rdma_mode_name(mode));
	if (rx_host_apply(&plan, ledger, hooks, err))
		return -err->code;
	facts->rdma_mode = mode;
	return 0;
}

/* Shared mode costs devices x namespaces: is that more than a quarter of what is free? */
static bool shared_is_dear(const struct rx_lab *lab, const struct rx_facts *facts)
{
	const struct rx_load load = {.devices = lab->n_endpoints,
				     .own_namespaces = lab->n_nodes,
				     .namespaces = facts->namespaces,
				     .mode = RX_RDMA_SHARED};

	return rx_predict_memory(&load) > facts->mem_available / 4;
}

/* Try exclusive mode where it would help, and go back where the kernel cannot make use of it. */
static int settle_mode(const struct rx_lab *lab, struct rx_ledger *ledger,
		       const struct rx_host_hooks *hooks, struct rx_facts *facts,
		       struct rx_err *err)
{
	bool asked = lab->rdma_mode != RX_RDMA_AUTO && lab->rdma_mode != facts->rdma_mode;
	bool wished = lab->rdma_mode == RX_RDMA_AUTO && lab->plane != RX_PLANE_HOSTED &&
		      !facts->rdma_mode_fixed && facts->rdma_mode == RX_RDMA_SHARED &&
		      shared_is_dear(lab, facts);
	bool useless;

	if (asked && set_mode(lab->rdma_mode, ledger, hooks, facts, err))
		return -err->code;
	if (wished && set_mode(RX_RDMA_EXCLUSIVE, ledger, hooks, facts, err))
		/* another namespace exists after all: shared then, and the plan judges whether it
		 * fits */
		wished = false;
	if (rx_probe_once(facts, err))
		return -err->code;
	useless = !facts->netns_plane || !(facts->can_move || facts->born_in_netns);
	/* also where the host is in exclusive mode for no reason of ours: no endpoint would get its
	 * device there */
	if (useless && facts->rdma_mode == RX_RDMA_EXCLUSIVE && lab->rdma_mode == RX_RDMA_AUTO &&
	    (wished || (facts->netns_plane && !facts->rdma_mode_fixed)))
		return set_mode(RX_RDMA_SHARED, ledger, hooks, facts, err);
	return 0;
}

/* ---- the helper beside the distribution's rdma_rxe ---- */

/* It serves exclusive mode alone: no device moves in shared mode. */
static bool wants_helper(const struct rx_lab *lab, const struct rx_facts *facts)
{
	if (lab->plane == RX_PLANE_HOSTED || lab->rdma_mode == RX_RDMA_SHARED)
		return false;
	return lab->rdma_mode == RX_RDMA_EXCLUSIVE || facts->rdma_mode == RX_RDMA_EXCLUSIVE ||
	       (!facts->rdma_mode_fixed && shared_is_dear(lab, facts));
}

static bool helper_serves(struct rx_btf_rxe *rxe)
{
	char path[RX_BUILD_PATH];
	struct rx_err ignored;

	return !rx_helper_loaded() && rx_rxe_owner() == RX_RXE_DISTRIBUTION &&
	       rx_helper_available(path, sizeof(path)) &&
	       !rx_btf_read_rxe(RX_BTF_DIR, rxe, &ignored) && rxe->sockets_per_netns;
}

static bool had_module(const struct rx_ledger *ledger, const char *name)
{
	size_t i;

	for (i = 0; i < ledger->n; i++)
		if (ledger->entries[i].op.kind == RX_OP_MODULE &&
		    !strcmp(ledger->entries[i].op.name, name))
			return true;
	return false;
}

/* A helper that pins itself keeps ib_core, and an ib_core that was loaded in exclusive mode would
 * stay in it. */
static int record_mode(struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_op op = {
		.kind = RX_OP_RDMA_MODE, .name = "netns", .value = "exclusive", .before = "shared"};
	size_t id;

	return rx_ledger_intent(ledger, &op, &id, err) || rx_ledger_done(ledger, id, &op, err)
		       ? -err->code
		       : 0;
}

/* Without it the lab does what the stock kernel can, so a kernel that refuses it is no reason to
 * stop. */
static int bring_helper(const struct rx_facts *facts, struct rx_ledger *ledger,
			const struct rx_host_hooks *hooks, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_btf_rxe rxe;

	if (!helper_serves(&rxe))
		return 0;
	add_module(&plan, RX_HELPER_MODULE, "");
	if (rx_host_apply(&plan, ledger, hooks, err)) {
		rx_wrap(err, "going on without " RX_HELPER_MODULE
			     ", so rdma_cm may fail in exclusive mode");
		if (hooks->warn)
			hooks->warn(err->text);
		return 0;
	}
	if (!rxe.disassociates && facts->rdma_mode == RX_RDMA_EXCLUSIVE &&
	    had_module(ledger, "ib_core"))
		return record_mode(ledger, err);
	return 0;
}

/* ---- all of it ---- */

static int gather(struct rx_facts *facts, struct rx_err *err)
{
	struct rx_nl route = RX_NL_CLOSED, rdma = RX_NL_CLOSED;
	int rc = rx_nl_open(&route, NETLINK_ROUTE, "", err);

	if (!rc)
		rc = rx_nl_open(&rdma, NETLINK_RDMA, "", err);
	if (!rc)
		rc = rx_facts_gather(&route, &rdma, facts, err);
	rx_nl_close(&route);
	rx_nl_close(&rdma);
	return rc;
}

static void plan_netns_dir(struct rx_plan *plan)
{
	const char *before = rx_netns_dir_state(RX_NETNS_DIR);
	struct rx_op *op;

	if (!strcmp(before, "mounted"))
		return;
	op = rx_host_plan(plan, RX_OP_NETNS_DIR, RX_NETNS_DIR, "");
	snprintf(op->before, sizeof(op->before), "%s", before);
}

/* The helper goes between RXE, whose BTF it needs, and ib_uverbs: before 7.3 a device that was
 * opened before the helper knew it keeps its old behaviour. */
static int prepare(const struct rx_lab *lab, const struct rx_host_hooks *hooks,
		   struct rx_ledger *ledger, struct rx_facts *facts, struct rx_err *err)
{
	struct rx_plan first = {0}, rest = {0}, hosted = {0};

	plan_rxe(lab, &first);
	if (rx_host_apply(&first, ledger, hooks, err) || gather(facts, err))
		return -err->code;
	if (wants_helper(lab, facts) && bring_helper(facts, ledger, hooks, err))
		return -err->code;
	plan_modules(lab, &rest);
	plan_netns_dir(&rest);
	if (rx_host_apply(&rest, ledger, hooks, err) || settle_mode(lab, ledger, hooks, facts, err))
		return -err->code;
	if (lab->control != RX_CONTROL_NETNS || lab->plane == RX_PLANE_NETNS ||
	    (lab->plane == RX_PLANE_AUTO && facts->netns_plane))
		return 0;
	plan_hosted(facts, &hosted);
	return rx_host_apply(&hosted, ledger, hooks, err);
}

int rx_host_prepare(const struct rx_lab *lab, const struct rx_host_hooks *hooks,
		    struct rx_facts *facts, struct rx_err *err)
{
	struct rx_ledger ledger;
	int rc = rx_ledger_open_host(&ledger, err);

	if (rc)
		return rc;
	rc = prepare(lab, hooks, &ledger, facts, err);
	rx_ledger_close(&ledger);
	return rc;
}

int rx_host_need_module(const char *name, const struct rx_host_hooks *hooks, struct rx_err *err)
{
	struct rx_plan plan = {0};
	struct rx_ledger ledger;
	int rc;

	need(&plan, name, "");
	if (!plan.n)
		return 0;
	if (rx_ledger_open_host(&ledger, err)) {
		rx_plan_free(&plan);
		return -err->code;
	}
	rc = rx_host_apply(&plan, &ledger, hooks, err);
	rx_ledger_close(&ledger);
	return rc;
}

/* Said once, by the release of the labs that brought it in. */
static void say_pinned(const struct rx_ledger *ledger, const struct rx_host_hooks *hooks)
{
	struct rx_err err;

	if (had_module(ledger, RX_HELPER_MODULE) && rx_helper_unload(&err) == -EBUSY && hooks->warn)
		hooks->warn(err.text);
}

int rx_host_release(const struct rx_host_hooks *hooks, struct rx_err *err)
{
	struct rx_apply apply = {.types = rx_op_types, .warn = hooks->warn};
	struct rx_ledger ledger;
	char **names;
	bool damaged;
	size_t n;
	int rc;

	if (rx_ledger_list(&names, &n, err))
		return -err->code;
	rx_names_free(names);
	if (n)
		return 0;
	if (rx_ledger_open_to_undo(RX_HOST_LEDGER, &ledger, &damaged, err))
		return err->code == ENOENT ? 0 : -err->code;
	if (damaged && hooks->warn)
		hooks->warn(err->text);
	apply.ledger = &ledger;
	rx_host_module_hooks(&apply);
	rc = rx_undo(&apply, err);
	say_pinned(&ledger, hooks);
	rx_ledger_close(&ledger);
	return rc ? rc : rx_ledger_remove(RX_HOST_LEDGER, err);
}
