/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/steer.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/steer-priv.h"
#include "netns/kernel/tc.h"

/* 1: it is new; 0: it was there; or -errno. */
static int add_clsact(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4))), what[RX_STEER_WHAT];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
						 netdev->ifindex, TC_H_CLSACT);

	((struct tcmsg *)mnl_nlmsg_get_payload(request))->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	snprintf(what, sizeof(what), "netdev %s: add clsact", netdev->name);
	if (!rx_nl_request(nl, request, what, err))
		return 1;
	return err->code == EEXIST ? 0 : -err->code;
}

int rx_steer_end(struct rx_nl *nl, const struct rx_link_info *netdev, struct rx_err *err)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4))), what[RX_STEER_WHAT];
	struct nlmsghdr *request = rx_tc_request(buffer, RTM_DELQDISC, 0, netdev->ifindex,
						 TC_H_CLSACT);

	((struct tcmsg *)mnl_nlmsg_get_payload(request))->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	snprintf(what, sizeof(what), "netdev %s: delete clsact", netdev->name);
	return rx_nl_request(nl, request, what, err);
}

/* ---- eBPF ---- */

static const struct place {
	bool wire; /* at the wire's netdev, else at RXE's */
	unsigned hook;
	const char *name;
} places[RX_STEER_PROGRAMS] = {
	[RX_STEER_FROM_WIRE] = {true, TC_H_MIN_INGRESS, "rxelab_in"},
	[RX_STEER_FROM_RXE] = {false, TC_H_MIN_EGRESS, "rxelab_out"},
	[RX_STEER_TO_WIRE] = {true, TC_H_MIN_EGRESS, "rxelab_count"},
};

static struct rx_tc_place tc_place(const struct place *place)
{
	return (struct rx_tc_place){place->hook, RX_STEER_PRIORITY, ETH_P_ALL, "bpf"};
}

static int set_program(struct rx_nl *nl, const struct rx_link_info *netdev,
		       const struct place *place, int program, struct rx_err *err)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4))), what[RX_STEER_WHAT];
	struct rx_tc_place at = tc_place(place);
	struct nlmsghdr *request = rx_tc_filter(buffer, RTM_NEWTFILTER, NLM_F_CREATE,
						netdev->ifindex, &at);
	struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);

	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(request, TCA_BPF_NAME, place->name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, options);
	snprintf(what, sizeof(what), "netdev %s: set eBPF filter %s", netdev->name, place->name);
	return rx_nl_request(nl, request, what, err);
}

static int set_programs(struct rx_nl *nl, const struct rx_link_info *wire,
			const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err)
{
	int program[RX_STEER_PROGRAMS] = {-1, -1, -1};
	int rc = rx_steer_programs(wire, rxe, mark, program, err);

	for (int i = 0; !rc && i < RX_STEER_PROGRAMS; i++)
		rc = set_program(nl, places[i].wire ? wire : rxe, &places[i], program[i], err);
	for (int i = 0; i < RX_STEER_PROGRAMS; i++)
		rx_cleanup_fd(&program[i]);
	return rc;
}

static void drop_programs(struct rx_nl *nl, const struct rx_link_info *wire,
			  const struct rx_link_info *rxe)
{
	char buffer[RX_TC_SMALL] __attribute__((aligned(4)));
	struct rx_err not_there;

	for (int i = 0; i < RX_STEER_PROGRAMS; i++) {
		struct rx_tc_place at = tc_place(&places[i]);

		rx_nl_request(nl,
			      rx_tc_filter(buffer, RTM_DELTFILTER, 0,
					   places[i].wire ? wire->ifindex : rxe->ifindex, &at),
			      "eBPF filter: delete", &not_there);
	}
}

struct sought {
	const char *name;
	bool found;
	uint32_t program_id;
};

static void look_for_program(const char *kind, unsigned priority, const struct nlattr *options,
			     void *arg)
{
	const struct nlattr *name = rx_tc_attr(options, TCA_BPF_NAME),
			    *id = rx_tc_attr(options, TCA_BPF_ID);
	struct sought *sought = arg;

	(void)priority;
	if (strcmp(kind, "bpf") || !name ||
	    mnl_attr_get_payload_len(name) != strlen(sought->name) + 1 ||
	    memcmp(mnl_attr_get_payload(name), sought->name, strlen(sought->name) + 1))
		return;
	sought->found = true;
	if (id && mnl_attr_get_payload_len(id) >= sizeof(uint32_t))
		sought->program_id = mnl_attr_get_u32(id);
}

static int find_program(struct rx_nl *nl, unsigned ifindex, const struct place *place,
			struct sought *sought, struct rx_err *err)
{
	*sought = (struct sought){.name = place->name};
	return rx_tc_filters(nl, ifindex, place->hook, look_for_program, sought, err);
}

static int all_programs(struct rx_nl *nl, const struct rx_link_info *wire,
			const struct rx_link_info *rxe, struct rx_err *err)
{
	struct sought sought = {.found = true};
	int rc = 0;

	for (int i = 0; !rc && sought.found && i < RX_STEER_PROGRAMS; i++)
		rc = find_program(nl, places[i].wire ? wire->ifindex : rxe->ifindex, &places[i],
				  &sought, err);
	return rc ? rc : sought.found;
}

/* ---- either ---- */

const char *rx_steer_kind_name(enum rx_steer_kind kind)
{
	static const char *const names[] = {
		[RX_STEER_NONE] = "", [RX_STEER_EBPF] = "ebpf", [RX_STEER_FLOWER] = "flower"};

	return names[kind];
}

int rx_steer(struct rx_nl *nl, enum rx_steer_kind kind, const struct rx_link_info *wire,
	     const struct rx_link_info *rxe, uint32_t mark, struct rx_err *err)
{
	bool flower = kind == RX_STEER_FLOWER;
	int on_wire = add_clsact(nl, wire, err),
	    on_rxe = on_wire < 0 ? 0 : add_clsact(nl, rxe, err);

	if (on_wire < 0 || on_rxe < 0 ||
	    (flower ? rx_steer_flower : set_programs)(nl, wire, rxe, mark, err))
		return -err->code;
	if (!on_wire || !on_rxe) /* a repair: the other kind may have been there */
		(flower ? drop_programs : rx_steer_flower_drop)(nl, wire, rxe);
	return 0;
}

int rx_steer_is_there(struct rx_nl *nl, const struct rx_link_info *wire,
		      const struct rx_link_info *rxe, struct rx_err *err)
{
	int rc = all_programs(nl, wire, rxe, err);

	if (rc)
		return rc < 0 ? rc : RX_STEER_EBPF;
	rc = rx_steer_flower_is_there(nl, wire, rxe, err);
	return rc > 0 ? RX_STEER_FLOWER : rc;
}

int rx_steer_counts(struct rx_nl *nl, unsigned wire, struct rx_steer_count count[RX_STEER_WAYS],
		    struct rx_err *err)
{
	struct sought sought;
	int rc = find_program(nl, wire, &places[RX_STEER_FROM_WIRE], &sought, err);

	if (!rc && sought.found)
		rc = rx_steer_read(sought.program_id, count, err);
	else if (!rc)
		return rx_steer_flower_counts(nl, wire, count, err);
	return rc ? rc : 1;
}

int rx_steer_try(struct rx_err *err)
{
	const struct rx_link_info nobody = {.ifindex = 1};
	int program[RX_STEER_PROGRAMS] = {-1, -1, -1};
	int rc = rx_steer_programs(&nobody, &nobody, 0, program, err);

	for (int i = 0; i < RX_STEER_PROGRAMS; i++)
		rx_cleanup_fd(&program[i]);
	return rc;
}
