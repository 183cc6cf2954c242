/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lab file on several hosts: each makes its share, and everything that the others must know of
 * it follows from the file (addresses, MACs, names), so hosts need not talk to each other. */
#include <string.h>

#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

bool rx_word_host(struct rx_mistakes *m, const struct rx_word *word, struct rx_lab *lab)
{
	unsigned host, hosts;
	char rest;

	lab->host_pos = word->pos;
	if (strspn(word->text, "0123456789/") != strlen(word->text) ||
	    sscanf(word->text, "%3u/%3u%c", &host, &hosts, &rest) != 2 || !host || host > hosts ||
	    hosts > RX_MAX_HOSTS)
		return rx_bad_word(m, word, "value-form",
				   "\"%.40s\" is not I/N, such as 1/2 for the first of two hosts "
				   "(at most %d)",
				   word->text, RX_MAX_HOSTS);
	lab->host = host;
	lab->hosts = hosts;
	return true;
}

int rx_lab_set_host(const char *text, struct rx_lab *lab, struct rx_err *err)
{
	struct rx_mistakes m = {.source = ""};
	struct rx_word word = {text, "host", {0, 0}};

	rx_word_host(&m, &word, lab);
	return rx_mistakes_report(&m, err);
}

unsigned rx_lab_host_of(const struct rx_lab *lab, size_t number)
{
	return lab->hosts ? (unsigned)((number - 1) % lab->hosts) + 1 : 0;
}

static void check(struct rx_mistakes *m, const struct rx_lab *lab)
{
	bool bridged = true;

	for (size_t i = 0; i < lab->n_networks; i++)
		bridged = bridged && lab->networks[i].bridge[0];
	if (lab->n_endpoints < lab->hosts)
		rx_mistake(m, lab->host_pos, "host", "endpoints-too-few",
			   "%u/%u: %zu endpoints are too few for %u hosts", lab->host, lab->hosts,
			   lab->n_endpoints, lab->hosts);
	if (lab->n_nodes > lab->n_endpoints)
		rx_mistake(m, lab->host_pos, "host", "host-share",
			   "%u/%u: a lab with routers cannot be shared between hosts", lab->host,
			   lab->hosts);
	if (!lab->parent[0] && !bridged)
		rx_mistake(m, lab->host_pos, "host", "host-share",
			   "%u/%u: without a parent nothing leads to the other hosts", lab->host,
			   lab->hosts);
}

int rx_lab_share(struct rx_lab *lab, struct rx_err *err)
{
	struct rx_mistakes m = {.source = lab->host_pos.line ? lab->source : ""};
	size_t mine = 0;
	int rc;

	for (size_t i = 0; i < lab->n_nodes; i++)
		lab->nodes[i].number = i + 1;
	if (!lab->hosts || lab->remote)
		return 0;
	check(&m, lab);
	rc = rx_mistakes_report(&m, err);
	if (rc)
		return rc;
	lab->remote = rx_alloc(lab->n_nodes, sizeof(*lab->remote));
	for (size_t i = 0; i < lab->n_nodes; i++) {
		if (rx_lab_host_of(lab, i + 1) == lab->host)
			lab->nodes[mine++] = lab->nodes[i];
		else
			lab->remote[lab->n_remote++] = lab->nodes[i];
	}
	lab->n_nodes = lab->n_endpoints = mine;
	return 0;
}
