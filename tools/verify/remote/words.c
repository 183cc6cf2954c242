/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two hosts tell each other, as JSON, and what they call things: names of endpoints and
 * networks. */
#include <string.h>

#include "netns/base/memory.h"
#include "tools/verify/remote/remote.h"

json_t *rx_far_json(const struct rx_far *far)
{
	char gid[33];
	int i;

	for (i = 0; i < 16; i++)
		snprintf(gid + 2 * i, 3, "%02x", far->gid.raw[i]);
	return json_pack("{s:I,s:i,s:s,s:I,s:I}", "qp_num", (json_int_t)far->qp_num, "mtu",
			 (int)rx_mtu_bytes(far->mtu), "gid", gid, "address",
			 (json_int_t)far->address, "rkey", (json_int_t)far->rkey);
}

static bool read_gid(const char *text, union ibv_gid *gid)
{
	unsigned byte, i;

	if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		return false;
	for (i = 0; i < 16; i++) {
		sscanf(text + 2 * i, "%2x", &byte);
		gid->raw[i] = (uint8_t)byte;
	}
	return true;
}

bool rx_far_read(const json_t *json, struct rx_far *far)
{
	json_int_t qp_num, address, rkey;
	const char *gid;
	int mtu;

	if (json_unpack((json_t *)json, "{s:I,s:i,s:s,s:I,s:I}", "qp_num", &qp_num, "mtu", &mtu,
			"gid", &gid, "address", &address, "rkey", &rkey) ||
	    !read_gid(gid, &far->gid))
		return false;
	for (far->mtu = IBV_MTU_256;
	     far->mtu < IBV_MTU_4096 && rx_mtu_bytes(far->mtu) != (unsigned)mtu; far->mtu++)
		;
	far->qp_num = (uint32_t)qp_num;
	far->address = (uint64_t)address;
	far->rkey = (uint32_t)rkey;
	/* a QP number has 24 bits (IBTA vol. 1, 9.2.5) */
	return rx_mtu_bytes(far->mtu) == (unsigned)mtu && qp_num >= 0 && qp_num < 1 << 24 &&
	       rkey >= 0 && rkey <= UINT32_MAX;
}

json_t *rx_fault_json(const struct rx_fault *fault)
{
	if (!fault->kind)
		return json_null();
	return json_pack("{s:i,s:i,s:s}", "kind", (int)fault->kind, "code", fault->code, "text",
			 fault->text);
}

bool rx_fault_read(const json_t *json, struct rx_fault *fault)
{
	const char *text;
	int kind, code;

	memset(fault, 0, sizeof(*fault));
	if (json_is_null(json))
		return true;
	if (json_unpack((json_t *)json, "{s:i,s:i,s:s}", "kind", &kind, "code", &code, "text",
			&text) ||
	    kind <= RX_FAULT_NONE || kind > RX_FAULT_SKIP)
		return false;
	rx_fault(fault, (enum rx_fault_kind)kind, code, "%s", text);
	return true;
}

json_t *rx_moved_json(const struct rx_moved *moved)
{
	return json_pack("{s:b,s:I,s:I,s:I,s:I}", "good", moved->good, "tx", (json_int_t)moved->tx,
			 "rx", (json_int_t)moved->rx, "sent", (json_int_t)moved->sent, "rcvd",
			 (json_int_t)moved->received);
}

bool rx_moved_read(const json_t *json, struct rx_moved *moved)
{
	json_int_t tx, rx, sent, rcvd;
	int good;

	if (json_unpack((json_t *)json, "{s:b,s:I,s:I,s:I,s:I}", "good", &good, "tx", &tx, "rx",
			&rx, "sent", &sent, "rcvd", &rcvd))
		return false;
	*moved = (struct rx_moved){.good = good,
				   .tx = (uint64_t)tx,
				   .rx = (uint64_t)rx,
				   .sent = (uint64_t)sent,
				   .received = (uint64_t)rcvd};
	return true;
}

struct rx_port *rx_remote_port(const struct rx_fabric *fabric, const char *name,
			       const char *network)
{
	for (size_t i = 0; i < fabric->n_ports; i++)
		if (!strcmp(fabric->ports[i].node->want->name, name) &&
		    !strcmp(fabric->ports[i].iface->network, network))
			return &fabric->ports[i];
	return NULL;
}

const struct rx_iface *rx_remote_iface(const struct rx_lab *lab, const char *name,
				       const char *network, unsigned *number)
{
	for (size_t i = 0; i < lab->n_remote; i++)
		for (size_t k = 0;
		     k < lab->remote[i].n_ifaces && !strcmp(lab->remote[i].name, name); k++)
			if (!strcmp(lab->networks[lab->remote[i].ifaces[k].network].name,
				    network)) {
				*number = (unsigned)lab->remote[i].number;
				return &lab->remote[i].ifaces[k];
			}
	return NULL;
}

void rx_remote_whole(const struct rx_view *own, struct rx_view *whole)
{
	const struct rx_lab *lab = &own->lab;

	*whole = *own;
	whole->n_nodes = whole->n_endpoints = own->n_endpoints + lab->n_remote;
	whole->nodes = rx_alloc(whole->n_nodes, sizeof(*whole->nodes));
	for (size_t i = 0; i < own->n_endpoints; i++)
		whole->nodes[own->nodes[i].want->number - 1] = own->nodes[i];
	for (size_t i = 0; i < lab->n_remote; i++)
		whole->nodes[lab->remote[i].number - 1].want = &lab->remote[i];
}
