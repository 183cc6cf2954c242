/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/host-priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	int rc;

	if (!strcmp(name, RX_HELPER_MODULE))
		rc = rx_helper_load(&list, err); /* it may lie in the cache */
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

/* A module that somebody else uses by now stays: that is no fault. */
static void unload_one(const char *name)
{
	double deadline = rx_deadline(UNLOAD_TIMEOUT);
	struct rx_err ignored;

	while (rx_module_unload(name, &ignored) == -EBUSY && !rx_passed(deadline))
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
static void plan_rxe(struct rx_plan *plan)
{
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
				     .mode = RX_RDMA_SHARED,
				     .gids = facts->gid_table};

	return rx_predict_memory(&load) > facts->mem_available / 4;
}

/* Is exclusive mode of any use to the lab, by what was probed in it? */
static bool exclusive_serves(const struct rx_lab *lab, const struct rx_facts *facts)
{
	if (lab->plane == RX_PLANE_HOSTED || !facts->netns_plane)
		return facts->born_with_task && lab->control == RX_CONTROL_NETNS;
	return facts->can_move || facts->born_in_netns;
}

/* Would auto rather have exclusive mode? It is the host's, so never beside a foreign RDMA device.
 * With a module of ours endpoints keep rdma_cm in it. */
static bool wishes_exclusive(const struct rx_lab *lab, const struct rx_facts *facts)
{
	if (lab->rdma_mode != RX_RDMA_AUTO || lab->control == RX_CONTROL_NONE ||
	    facts->rdma_mode_fixed || facts->rdma_foreign[0] || facts->rdma_mode != RX_RDMA_SHARED)
		return false;
	return rx_helper_gids() || rx_rxe_owner() == RX_RXE_OURS ||
	       (lab->plane != RX_PLANE_HOSTED && shared_is_dear(lab, facts));
}

/* Try exclusive mode where it would help, and go back where the kernel cannot make use of it. */
static int settle_mode(const struct rx_lab *lab, struct rx_ledger *ledger,
		       const struct rx_host_hooks *hooks, struct rx_facts *facts,
		       struct rx_err *err)
{
	bool asked = lab->rdma_mode != RX_RDMA_AUTO && lab->rdma_mode != facts->rdma_mode;
	bool wished = wishes_exclusive(lab, facts);

	if (asked && set_mode(lab->rdma_mode, ledger, hooks, facts, err))
		return -err->code;
	if (wished && set_mode(RX_RDMA_EXCLUSIVE, ledger, hooks, facts, err))
		/* another namespace exists after all: shared then, and the plan judges whether it
		 * fits */
		wished = false;
	if (rx_probe_once(facts, err))
		return -err->code;
	facts->rdma_mode_chosen |= wished;
	/* also where the host is in exclusive mode for no reason of ours: no endpoint would get its
	 * device there */
	if (!exclusive_serves(lab, facts) && facts->rdma_mode == RX_RDMA_EXCLUSIVE &&
	    lab->rdma_mode == RX_RDMA_AUTO &&
	    (facts->rdma_mode_chosen || (facts->netns_plane && !facts->rdma_mode_fixed)))
		return set_mode(RX_RDMA_SHARED, ledger, hooks, facts, err);
	return 0;
}

/* ---- the helper beside the distribution's rdma_rxe ---- */

static bool had_module(const struct rx_ledger *ledger, const char *name)
{
	size_t i;

	for (i = 0; i < ledger->n; i++)
		if (ledger->entries[i].op.kind == RX_OP_MODULE &&
		    !strcmp(ledger->entries[i].op.name, name))
			return true;
	return false;
}

/* ib_core in exclusive mode, whatever namespaces there are: possible while nothing has loaded it.
 * The mode is recorded first, so that it is put back last, where somebody keeps ib_core. */
static int load_exclusive(struct rx_ledger *ledger, const struct rx_host_hooks *hooks,
			  struct rx_err *err)
{
	struct rx_op op = {.kind = RX_OP_RDMA_MODE,
			   .name = "ib_core",
			   .value = "exclusive",
			   .before = "shared"};
	struct rx_plan plan = {0};
	size_t id;

	need(&plan, "ib_core", "netns_mode=0");
	if (!plan.n)
		return 0;
	if (rx_ledger_intent(ledger, &op, &id, err) || rx_ledger_done(ledger, id, &op, err)) {
		rx_plan_free(&plan);
		return -err->code;
	}
	return rx_host_apply(&plan, ledger, hooks, err);
}

/* Without it the lab does what the stock kernel can, so a kernel that refuses it is no reason to
 * stop. */
static bool bring_helper(struct rx_ledger *ledger, const struct rx_host_hooks *hooks)
{
	struct rx_plan plan = {0};
	struct rx_err err;

	add_module(&plan, RX_HELPER_MODULE, "");
	if (!rx_host_apply(&plan, ledger, hooks, &err))
		return true;
	rx_wrap(&err, "going on without " RX_HELPER_MODULE ", so endpoints cost what they cost on "
		      "the stock kernel");
	if (hooks->warn)
		hooks->warn(err.text);
	return false;
}

/* Three addresses at most, link-local included, each as RoCE v1 and v2; in the hosted plane RXE's
 * own netdev has them as well. As many again are left for what others add. */
static unsigned gids_wanted(const struct rx_lab *lab, const struct rx_facts *facts)
{
	unsigned most = 0, table = 16;

	for (size_t i = 0; i < lab->n_endpoints; i++)
		for (size_t k = 0; k < lab->nodes[i].n_ifaces; k++) {
			const struct rx_iface *iface = &lab->nodes[i].ifaces[k];
			unsigned n = 2u * (1 + !!iface->ipv4.family + !!iface->ipv6.family);

			most = n > most ? n : most;
		}
	if (lab->plane == RX_PLANE_HOSTED || !facts->netns_plane)
		most *= 2;
	while (table < 2 * most)
		table *= 2;
	return table;
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

/* RXE and the helper. *chosen: auto had ib_core loaded in exclusive mode, which no RDMA device of
 * others' minds: none exists without ib_core. */
static int prepare_rxe(const struct rx_lab *lab, const struct rx_host_hooks *hooks,
		       struct rx_ledger *ledger, bool *chosen, struct rx_err *err)
{
	struct rx_plan plan = {0};
	char path[RX_BUILD_PATH];
	bool helper = !rx_helper_loaded() && rx_helper_available(path, sizeof(path));

	*chosen = helper && lab->rdma_mode == RX_RDMA_AUTO && lab->control == RX_CONTROL_NETNS &&
		  rx_module_state("ib_core") == RX_MODULE_AVAILABLE;
	if ((*chosen || lab->rdma_mode == RX_RDMA_EXCLUSIVE) && load_exclusive(ledger, hooks, err))
		return -err->code;
	if (helper && !bring_helper(ledger, hooks) && *chosen) {
		unload_one("ib_core");
		*chosen = false;
	}
	plan_rxe(&plan);
	return rx_host_apply(&plan, ledger, hooks, err);
}

static int prepare(const struct rx_lab *lab, const struct rx_host_hooks *hooks,
		   struct rx_ledger *ledger, struct rx_facts *facts, struct rx_err *err)
{
	struct rx_plan plan = {0}, hosted = {0};
	bool chosen;

	if (prepare_rxe(lab, hooks, ledger, &chosen, err))
		return -err->code;
	plan_modules(lab, &plan);
	plan_netns_dir(&plan);
	if (rx_host_apply(&plan, ledger, hooks, err) || gather(facts, err))
		return -err->code;
	facts->gid_table = rx_helper_gids();
	facts->rdma_mode_chosen = chosen;
	if (settle_mode(lab, ledger, hooks, facts, err) ||
	    rx_helper_want_gids(gids_wanted(lab, facts), err))
		return -err->code;
	facts->gid_table = rx_helper_gids();
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
