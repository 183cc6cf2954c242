/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two hosts tell each other, as JSON, and what they call things: names of endpoints and
 * networks. */
#include <string.h>

#include "netns/base/memory.h"
#include "netns/kernel/rtnl.h"
#include "tools/cli/output.h"
#include "tools/verbs/prime.h"
#include "tools/verify/remote/remote.h"

json_t *rx_far_json(const struct rx_far *far)
{
	char gid[33];
	int i;

	for (i = 0; i < 16; i++)
		snprintf(gid + 2 * i, 3, "%02x", far->gid.raw[i]);
	return json_pack("{s:I,s:i,s:s,s:I,s:I,s:I}", "qp_num", (json_int_t)far->qp_num, "mtu",
			 (int)rx_mtu_bytes(far->mtu), "gid", gid, "address",
			 (json_int_t)far->address, "rkey", (json_int_t)far->rkey, "psn",
			 (json_int_t)far->psn);
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
	json_int_t qp_num, address, rkey, psn;
	const char *gid;
	int mtu;

	if (json_unpack((json_t *)json, "{s:I,s:i,s:s,s:I,s:I,s:I}", "qp_num", &qp_num, "mtu", &mtu,
			"gid", &gid, "address", &address, "rkey", &rkey, "psn", &psn) ||
	    !read_gid(gid, &far->gid))
		return false;
	for (far->mtu = IBV_MTU_256;
	     far->mtu < IBV_MTU_4096 && rx_mtu_bytes(far->mtu) != (unsigned)mtu; far->mtu++)
		;
	far->qp_num = (uint32_t)qp_num;
	far->address = (uint64_t)address;
	far->rkey = (uint32_t)rkey;
	far->psn = (uint32_t)psn;
	/* a QP number and a PSN have 24 bits (IBTA vol. 1, 9.2.5) */
	return rx_mtu_bytes(far->mtu) == (unsigned)mtu && qp_num >= 0 && qp_num < 1 << 24 &&
	       psn >= 0 && psn < 1 << 24 && rkey >= 0 && rkey <= UINT32_MAX;
}

json_t *rx_fault_json(const struct rx_fault *fault)
{
	if (!fault->kind && !fault->text[0])
		return json_null();
	/* a text that was cut inside a character is none; the fault is one all the same */
	return json_pack("{s:i,s:i,s:o}", "kind", (int)fault->kind, "code", fault->code, "text",
			 rx_json_string(fault->text));
}

bool rx_fault_read(const json_t *json, struct rx_fault *fault)
{
	const char *text = json_string_value(json_object_get(json, "text"));
	int kind, code;

	memset(fault, 0, sizeof(*fault));
	if (json_is_null(json))
		return true;
	if (json_unpack((json_t *)json, "{s:i,s:i}", "kind", &kind, "code", &code) ||
	    kind < RX_FAULT_NONE || kind >= RX_FAULT_KINDS)
		return false;
	rx_fault(fault, (enum rx_fault_kind)kind, code, "%s", text ? text : "?");
	return true;
}

/* Whose half this is: the end of the sender is that of the direction's number. */
static bool is_here(const struct rx_drive *drive, unsigned direction, unsigned role)
{
	return drive->m->end[role == RX_SENDER ? direction : 1 - direction];
}

void rx_halves_json(const struct rx_drive *drive, json_t *message)
{
	json_t *words = json_array(), *faults = json_array();

	for (unsigned i = 0; i < 2 * RX_ROLES; i++) {
		const struct rx_word *word = &drive->word[i / RX_ROLES][i % RX_ROLES];

		json_array_append_new(words, json_pack("[I,I]", (json_int_t)word->value,
						       (json_int_t)word->key));
		json_array_append_new(faults,
				      rx_fault_json(&drive->fault[i / RX_ROLES][i % RX_ROLES]));
	}
	json_object_set_new(message, "words", words);
	json_object_set_new(message, "faults", faults);
}

bool rx_halves_read(const json_t *message, struct rx_drive *drive)
{
	const json_t *words = json_object_get(message, "words"),
		     *faults = json_object_get(message, "faults");

	for (unsigned i = 0; i < 2 * RX_ROLES; i++) {
		unsigned direction = i / RX_ROLES, role = i % RX_ROLES;
		json_int_t value, key;

		if (json_unpack(json_array_get(words, i), "[I,I]", &value, &key) ||
		    !json_array_get(faults, i))
			return false;
		if (is_here(drive, direction, role))
			continue;
		drive->word[direction][role] = (struct rx_word){(uint64_t)value, (uint32_t)key};
		if (!rx_fault_read(json_array_get(faults, i), &drive->fault[direction][role]))
			return false;
	}
	return true;
}

static struct rx_port *local_port(const struct rx_fabric *fabric, const char *name,
				  const char *network)
{
	for (size_t i = 0; i < fabric->n_ports; i++)
		if (!strcmp(fabric->ports[i].node->want->name, name) &&
		    !strcmp(fabric->ports[i].iface->network, network))
			return &fabric->ports[i];
	return NULL;
}

/* Another host's. */
static const struct rx_node *remote_node(const struct rx_lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n_remote; i++)
		if (!strcmp(lab->remote[i].name, name))
			return &lab->remote[i];
	return NULL;
}

bool rx_remote_ends(const struct rx_fabric *fabric, const char *const names[2], const char *network,
		    struct rx_meeting *m)
{
	const struct rx_lab *lab = &fabric->view->lab;

	for (unsigned end = 0; end < 2; end++) {
		struct rx_port *port = local_port(fabric, names[end], network);
		const struct rx_node *node = port ? port->node->want : remote_node(lab, names[end]);

		if (!node)
			return false;
		m->end[end] = port;
		m->name[end] = node->name;
		m->number[end] = (unsigned)node->number - 1;
		m->want[end] = port ? port->iface->want : NULL;
		for (size_t k = 0; !port && k < node->n_ifaces; k++)
			if (!strcmp(lab->networks[node->ifaces[k].network].name, network))
				m->want[end] = &node->ifaces[k];
		if (!m->want[end])
			return false;
		m->network = lab->networks[m->want[end]->network].name;
	}
	return !m->end[0] != !m->end[1];
}

void rx_remote_prime(const struct rx_fabric *fabric, const struct rx_meeting *m)
{
	const struct rx_view *view = fabric->view;
	struct rx_neigh_spec list[2];
	struct rx_err ignored;

	for (unsigned end = 0; end < 2; end++)
		if (m->end[end] && view->n_endpoints + view->lab.n_remote > RX_PRIMED &&
		    rx_port_meter(m->end[end]))
			rx_neigh_replace(&m->end[end]->meter.route, list,
					 rx_neighbours(m->end[end], m->want[1 - end], list),
					 &ignored);
}

void rx_remote_blame(const struct rx_meeting *m, struct rx_fault *fault)
{
	char trouble[300];

	for (unsigned end = 0; end < 2; end++)
		if (m->end[end] && rx_fault_failed(fault) &&
		    rx_endpoint_trouble(m->end[end]->node, trouble, sizeof(trouble))[0] &&
		    !strstr(fault->text, trouble))
			rx_fault_add(fault, "; endpoint %s: %s", m->name[end], trouble);
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
