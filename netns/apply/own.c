/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/apply/own.h"

#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/kernel/all-netns.h"

const char *rx_own_tag(const struct rx_worker *worker, char buf[RX_TAG_SIZE])
{
	const struct rx_ledger_header *header = &worker->apply->ledger->header;

	return rx_tag_text(header->lab, header->nonce, buf);
}

struct search {
	const struct rx_op *op;
	struct rx_own_link *own;
	char tag[RX_TAG_SIZE];
	bool certain;
	bool tells;     /* the tag is that of one lab alone */
	bool elsewhere; /* not in the namespace where it was made */
};

/* A new namespace gives the same indices again, so the index alone proves nothing; and of a lab
 * that was made before there were nonces the tag alone does not. In another namespace the netdev
 * of another endpoint of the lab has that index, and that tag. */
static bool is_it(const struct search *search, const struct rx_link_info *info)
{
	static const uint8_t no_mac[6];
	const struct rx_op *op = search->op;
	bool tagged = !strcmp(info->alias, search->tag);
	bool same_index = op->ifindex && info->ifindex == op->ifindex;
	bool same_name = !strcmp(info->name, op->name);
	bool has_mac = memcmp(op->mac, no_mac, 6);

	if (strcmp(info->kind, op->link_kind) || (info->alias[0] && !tagged))
		return false;
	if (search->certain && op->ifindex && !search->elsewhere && (same_index || !search->tells))
		return same_index && tagged;
	if (has_mac && memcmp(op->mac, info->mac, 6))
		return false;
	if (tagged)
		return same_name || (has_mac && search->tells);
	return !search->certain && same_name;
}

static bool find_among(struct search *search, struct rx_nl *route, struct rx_err *err)
{
	rx_autofree struct rx_link_info *list = NULL;
	size_t n = 0, i;

	if (rx_link_list(route, &list, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		if (!is_it(search, &list[i])) {
			search->own->stranger |= !strcmp(list[i].name, search->op->name);
			continue;
		}
		search->own->info = list[i];
		search->own->route = route;
		return true;
	}
	return false;
}

/* Somebody moved it, or its namespace lost its name and lives on with a process in it. */
static bool look_there(const char *path, void *arg)
{
	struct search *search = arg;
	struct rx_nl *other = &search->own->other;
	struct rx_err ignored;

	if (rx_nl_open(other, NETLINK_ROUTE, path, &ignored))
		return false;
	search->elsewhere = true;
	if (find_among(search, other, &ignored))
		return true;
	rx_nl_close(other);
	return false;
}

int rx_own_link(struct rx_worker *worker, const struct rx_op *op, bool certain,
		struct rx_own_link *own, struct rx_err *err)
{
	struct search search = {.op = op, .own = own, .certain = certain};
	struct rx_nl *route = rx_worker_route(worker, op->netns, err);
	bool by_index = certain && op->ifindex, stranger;

	*own = (struct rx_own_link){.other = RX_NL_CLOSED, .route = route};
	rx_own_tag(worker, search.tag);
	search.tells = worker->apply->ledger->header.nonce[0];
	if (!route && !rx_op_is_gone(err))
		return -err->code;
	if (route) {
		int rc = by_index ? rx_link_get_index(route, op->ifindex, op->name, &own->info, err)
				  : rx_link_get(route, op->name, &own->info, err);

		if (!rc && is_it(&search, &own->info))
			return 1;
		if (rc && !rx_op_is_gone(err))
			return -err->code;
		*err = (struct rx_err){0};
		if (find_among(&search, route, err))
			return 1;
		if (err->code)
			return -err->code;
	}
	stranger = own->stranger;
	if (search.tells && rx_netns_each(look_there, &search))
		return 1;
	own->stranger = stranger;
	return 0;
}

void rx_own_link_close(struct rx_own_link *own)
{
	rx_nl_close(&own->other);
}
