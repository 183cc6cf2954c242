/* SPDX-License-Identifier: GPL-2.0-or-later */
/* up --dry-run on a machine that cannot make the lab: the plan for one that can. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/lab/steps.h"

#define USUAL_MTU 1500

/* A netdev as the lab needs it; "" is none, and one that is there already is not added again. */
static void suppose(struct rx_facts *facts, const char *name, const char *kind, unsigned mtu)
{
	struct rx_link_info *link;

	if (!*name || rx_facts_link(facts, name))
		return;
	link = rx_array_add(&facts->links, &facts->n_links, sizeof(*link));
	link->ifindex = (unsigned)facts->n_links;
	link->mtu = mtu;
	link->flags = IFF_UP;
	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->kind, sizeof(link->kind), "%s", kind);
}

bool rx_lab_is_unseen(const struct rx_err *err)
{
	static const char *const ids[] = {"not-root",       "no-rxe",          "module-missing",
					  "module-refused", "module-unsigned", "module-forbidden"};

	for (size_t i = 0; i < RX_ARRAY_SIZE(ids); i++)
		if (!strcmp(err->id, ids[i]))
			return true;
	return false;
}

int rx_lab_show_unseen(const struct rx_up_request *request, struct rx_err *err)
{
	const char *why = strcmp(err->id, "not-root") ? "RXE does not work on this machine"
						      : "it needs root";
	const struct rx_lab *lab = request->lab;
	unsigned mtu = lab->mtu > USUAL_MTU ? lab->mtu : USUAL_MTU;
	struct rx_facts facts = {.netns_plane = lab->plane != RX_PLANE_HOSTED,
				 .steer = RX_STEER_EBPF,
				 .can_move = true,
				 .move_tried = true,
				 .namespaces = 1,
				 .mem_available = UINT64_MAX};
	struct rx_plan plan = {0};
	int rc;

	snprintf(facts.netns_plane_reason, sizeof(facts.netns_plane_reason),
		 "nothing was tried: %s", why);
	for (size_t i = 0; i < lab->n_networks; i++)
		suppose(&facts, lab->networks[i].bridge, "bridge", mtu);
	suppose(&facts, lab->parent, "", mtu);
	rc = rx_plan_make(lab, &facts, &plan, err);
	plan.guessed = lab->plane == RX_PLANE_AUTO;
	if (!rc) {
		rx_note("nothing was tried here (%s): the operations are those of the plane %s "
			"on netdevs with an MTU of %u",
			why, rx_plane_name(plan.plane), mtu);
		rc = request->show(lab, &plan);
	}
	rx_plan_free(&plan);
	rx_facts_free(&facts);
	return rc;
}
