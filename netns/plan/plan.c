/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations as text and as JSON, from tables, so that a new member is one line. */
#include "netns/plan/plan.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"

static const char *const kind_names[RX_OP_KINDS] = {
	[RX_OP_MODULE] = "module",
	[RX_OP_RDMA_MODE] = "rdma-mode",
	[RX_OP_NETNS_DIR] = "netns-dir",
	[RX_OP_EXPEDITE] = "expedite",
	[RX_OP_MTU] = "mtu",
	[RX_OP_MASTER] = "master",
	[RX_OP_NETNS] = "netns",
	[RX_OP_LINK] = "link",
	[RX_OP_SYSCTL] = "sysctl",
	[RX_OP_ADDR] = "address",
	[RX_OP_UP] = "up",
	[RX_OP_RXE] = "rxe",
	[RX_OP_MOVE] = "move",
	[RX_OP_READY] = "ready",
	[RX_OP_NEIGHBOURS] = "neighbours",
	[RX_OP_ROUTE] = "route",
	[RX_OP_QDISC] = "qdisc",
	[RX_OP_DEV_DIR] = "dev-dir",
	[RX_OP_DEVICE] = "device",
};

const char *rx_op_kind_name(enum rx_op_kind kind)
{
	return (unsigned)kind < RX_OP_KINDS ? kind_names[kind] : "?";
}

void rx_plan_free(struct rx_plan *plan)
{
	free(plan->ops);
	plan->ops = NULL;
	plan->n = plan->room = 0;
}

struct rx_op *rx_plan_add(struct rx_plan *plan, enum rx_op_kind kind, unsigned phase,
			  unsigned chain)
{
	struct rx_op *op;

	if (plan->n == plan->room) {
		size_t room = plan->room ? 2 * plan->room : 64;

		op = realloc(plan->ops, room * sizeof(*op));
		if (!op)
			return NULL;
		plan->ops = op;
		plan->room = room;
	}
	op = &plan->ops[plan->n++];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->phase = phase;
	op->chain = chain;
	return op;
}

uint64_t rx_op_container(const struct rx_op *op)
{
	bool about = op->kind == RX_OP_DEV_DIR || op->kind == RX_OP_DEVICE ||
		     (op->kind == RX_OP_NETNS && op->value[0]);

	return about ? op->inode : 0;
}

void rx_plan_keep(struct rx_plan *plan, bool (*keep)(const struct rx_op *op, const void *arg),
		  const void *arg)
{
	size_t i, n = 0;

	for (i = 0; i < plan->n; i++)
		if (keep(&plan->ops[i], arg))
			plan->ops[n++] = plan->ops[i];
	plan->n = n;
}

static void link_text(const struct rx_op *op, char *buf, size_t size)
{
	static const uint8_t no_mac[6];
	char mac[18], vlan[16], mtu[24];

	snprintf(vlan, sizeof(vlan), " id %u", op->vlan);
	snprintf(mtu, sizeof(mtu), " mtu %u", op->mtu);
	snprintf(buf, size, "netdev %s: %s%s%s%s%s%s%s%s%s%s%s%s%s", op->name, op->link_kind,
		 op->vlan ? vlan : "", op->lower[0] ? " on " : "", op->lower,
		 op->peer[0] ? " with peer " : "", op->peer, op->master[0] ? " in bridge " : "",
		 op->master, memcmp(op->mac, no_mac, 6) ? " mac " : "",
		 memcmp(op->mac, no_mac, 6) ? rx_mac_text(op->mac, mac) : "", op->mtu ? mtu : "",
		 op->netns[0] ? ", in " : "", op->netns);
}

const char *rx_op_text(const struct rx_op *op, char *buf, size_t size)
{
	char a[64], b[64], impair[128];
	const char *in = op->netns[0] ? ", in " : "";

	rx_cidr_text(&op->addr, true, a, sizeof(a));
	rx_cidr_text(&op->via, false, b, sizeof(b));
	switch (op->kind) {
	case RX_OP_MODULE:
		snprintf(buf, size, "module %s: load%s%s", op->name, op->value[0] ? " with " : "",
			 op->value);
		break;
	case RX_OP_RDMA_MODE:
		snprintf(buf, size, "RDMA namespace mode: %s", op->value);
		break;
	case RX_OP_NETNS_DIR:
		snprintf(buf, size, "directory %s: make it a shared mount, as ip netns does",
			 op->name);
		break;
	case RX_OP_EXPEDITE:
		snprintf(buf, size, "%s: 1 for the time of this command", op->name);
		break;
	case RX_OP_MTU:
		snprintf(buf, size, "netdev %s: MTU %u", op->name, op->mtu);
		break;
	case RX_OP_MASTER:
		snprintf(buf, size, "netdev %s: port of bridge %s", op->name, op->master);
		break;
	case RX_OP_NETNS:
		snprintf(buf, size, "namespace %s: %s%s", op->name,
			 op->value[0] ? "that of " : "add", op->value);
		break;
	case RX_OP_LINK:
		link_text(op, buf, size);
		break;
	case RX_OP_SYSCTL:
		snprintf(buf, size, "sysctl %s: %s%s%s", op->name, op->value, in, op->netns);
		break;
	case RX_OP_ADDR:
		snprintf(buf, size, "netdev %s: address %s%s%s", op->name, a, in, op->netns);
		break;
	case RX_OP_UP:
		snprintf(buf, size, "netdev %s: up%s%s", op->name, in, op->netns);
		break;
	case RX_OP_RXE:
		snprintf(buf, size, "RXE device %s: on netdev %s%s%s", op->name, op->lower, in,
			 op->netns);
		break;
	case RX_OP_MOVE:
		snprintf(buf, size, "RXE device %s: move into %s", op->name, op->netns);
		break;
	case RX_OP_READY:
		snprintf(buf, size, "RXE device %s: wait for an ACTIVE port and the GID of %s",
			 op->name, rx_cidr_text(&op->addr, false, a, sizeof(a)));
		break;
	case RX_OP_NEIGHBOURS:
		snprintf(buf, size, "node %s: permanent neighbours for its peers%s%s", op->owner,
			 in, op->netns);
		break;
	case RX_OP_ROUTE:
		snprintf(buf, size, "route to %s by %s on %s%s%s", a, b, op->name, in, op->netns);
		break;
	case RX_OP_QDISC:
		snprintf(buf, size, "netdev %s: netem %s%s%s", op->name,
			 rx_impair_text(&op->impair, impair, sizeof(impair)), in, op->netns);
		break;
	case RX_OP_DEV_DIR:
		snprintf(buf, size, "%s in the container of process %u: a private one", op->name,
			 op->pid);
		break;
	case RX_OP_DEVICE:
		snprintf(buf, size,
			 "device node of %s: into the container of process %u, with leave to use "
			 "it",
			 op->name, op->pid);
		break;
	case RX_OP_KINDS:
		break;
	}
	return buf;
}

const char *rx_op_key(const struct rx_op *op, char *buf, size_t size)
{
	char addr[64];

	snprintf(buf, size, "%s %s %s %s", rx_op_kind_name(op->kind), op->netns, op->name,
		 op->kind == RX_OP_ADDR || op->kind == RX_OP_ROUTE
			 ? rx_cidr_text(&op->addr, true, addr, sizeof(addr))
			 : "");
	return buf;
}

enum member_type { MEMBER_TEXT, MEMBER_UINT, MEMBER_U64, MEMBER_MAC, MEMBER_CIDR, MEMBER_DOUBLE };

static const struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
} members[] = {
#define MEMBER(type, member) \
	{ \
#member, type, offsetof(struct rx_op, member), sizeof(((struct rx_op *)0)->member) \
	}
	MEMBER(MEMBER_UINT, phase),
	MEMBER(MEMBER_UINT, chain),
	MEMBER(MEMBER_TEXT, owner),
	MEMBER(MEMBER_TEXT, netns),
	MEMBER(MEMBER_TEXT, name),
	MEMBER(MEMBER_TEXT, lower),
	MEMBER(MEMBER_TEXT, master),
	MEMBER(MEMBER_TEXT, peer),
	MEMBER(MEMBER_TEXT, link_kind),
	MEMBER(MEMBER_UINT, vlan),
	MEMBER(MEMBER_UINT, mtu),
	MEMBER(MEMBER_UINT, metric),
	MEMBER(MEMBER_UINT, pid),
	MEMBER(MEMBER_MAC, mac),
	MEMBER(MEMBER_CIDR, addr),
	MEMBER(MEMBER_CIDR, via),
	MEMBER(MEMBER_TEXT, value),
	MEMBER(MEMBER_TEXT, before),
	MEMBER(MEMBER_UINT, ifindex),
	MEMBER(MEMBER_U64, inode),
	MEMBER(MEMBER_U64, cookie),
	MEMBER(MEMBER_U64, impair.delay_us),
	MEMBER(MEMBER_U64, impair.jitter_us),
	MEMBER(MEMBER_DOUBLE, impair.loss),
	MEMBER(MEMBER_DOUBLE, impair.duplicate),
	MEMBER(MEMBER_DOUBLE, impair.reorder),
	MEMBER(MEMBER_DOUBLE, impair.corrupt),
	MEMBER(MEMBER_U64, impair.rate_bps),
};

static json_t *member_to_json(const struct member *member, const void *at)
{
	char text[64];

	switch (member->type) {
	case MEMBER_TEXT:
		return *(const char *)at ? json_string(at) : NULL;
	case MEMBER_UINT:
		return *(const unsigned *)at ? json_integer(*(const unsigned *)at) : NULL;
	case MEMBER_U64:
		return *(const uint64_t *)at ? json_integer((json_int_t) * (const uint64_t *)at)
					     : NULL;
	case MEMBER_DOUBLE:
		return *(const double *)at > 0 ? json_real(*(const double *)at) : NULL;
	case MEMBER_MAC:
		return memcmp(at, "\0\0\0\0\0", 6) ? json_string(rx_mac_text(at, text)) : NULL;
	case MEMBER_CIDR:
		return ((const struct rx_cidr *)at)->family
			       ? json_string(rx_cidr_text(at, true, text, sizeof(text)))
			       : NULL;
	}
	return NULL;
}

json_t *rx_op_to_json(const struct rx_op *op)
{
	json_t *json = json_object();
	size_t i;

	json_object_set_new(json, "op", json_string(rx_op_kind_name(op->kind)));
	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		json_t *value = member_to_json(&members[i], (const char *)op + members[i].offset);

		if (value)
			json_object_set_new(json, members[i].name, value);
	}
	return json;
}

json_t *rx_op_changes_to_json(const struct rx_op *from, const struct rx_op *to)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		const char *before = (const char *)from + members[i].offset,
			   *at = (const char *)to + members[i].offset;
		json_t *after;

		/* what lies behind the end of a text may differ: no harm */
		if (!memcmp(before, at, members[i].size))
			continue;
		after = member_to_json(&members[i], at);
		json_object_set_new(json, members[i].name, after ? after : json_null());
	}
	return json;
}

static bool member_from_json(const struct member *member, const json_t *value, void *at)
{
	switch (member->type) {
	case MEMBER_TEXT:
		if (!json_is_string(value) || json_string_length(value) >= member->size)
			return false;
		memcpy(at, json_string_value(value), json_string_length(value) + 1);
		return true;
	case MEMBER_UINT:
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > 0xffffffffLL)
			return false;
		*(unsigned *)at = (unsigned)json_integer_value(value);
		return true;
	case MEMBER_U64:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		*(uint64_t *)at = (uint64_t)json_integer_value(value);
		return true;
	case MEMBER_DOUBLE:
		*(double *)at = json_number_value(value);
		return json_is_number(value);
	case MEMBER_MAC:
		return json_is_string(value) && rx_mac_parse(json_string_value(value), at);
	case MEMBER_CIDR:
		return json_is_string(value) &&
		       rx_cidr_parse(json_string_value(value), AF_UNSPEC, at);
	}
	return false;
}

/* What becomes part of a path stays below it, whatever a ledger says. */
static bool name_escapes(const struct rx_op *op)
{
	if (op->kind == RX_OP_NETNS)
		return !op->name[0] || op->name[0] == '.' || strchr(op->name, '/');
	return op->kind == RX_OP_SYSCTL && (op->name[0] == '/' || strstr(op->name, ".."));
}

int rx_op_changes_from_json(const json_t *json, struct rx_op *op, struct rx_err *err)
{
	const char *kind = rx_op_kind_name(op->kind);
	size_t i;

	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		const json_t *value = json_object_get(json, members[i].name);
		char *at = (char *)op + members[i].offset;

		if (json_is_null(value))
			memset(at, 0, members[i].size);
		else if (value && !member_from_json(&members[i], value, at))
			return rx_fail(err, EBADMSG,
				       "operation %s: member \"%s\" is not what it should be", kind,
				       members[i].name);
	}
	if (name_escapes(op))
		return rx_fail(err, EBADMSG,
			       "operation %s: member \"name\" is not what it should be: \"%s\"",
			       kind, op->name);
	return 0;
}

int rx_op_from_json(const json_t *json, struct rx_op *op, struct rx_err *err)
{
	const char *kind = json_string_value(json_object_get(json, "op"));
	size_t i;

	memset(op, 0, sizeof(*op));
	for (i = 0; i < RX_OP_KINDS && (!kind || strcmp(kind, kind_names[i])); i++)
		;
	if (i == RX_OP_KINDS)
		return rx_fail(err, EBADMSG, "operation of an unknown kind \"%s\"",
			       kind ? kind : "");
	op->kind = (enum rx_op_kind)i;
	return rx_op_changes_from_json(json, op, err);
}
