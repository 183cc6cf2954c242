/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab from the options of `rxelab up`: the keys of the lab file, one word each. */
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

static void set(struct rx_mistakes *m, struct rx_draft *draft, const char *key, const char *value)
{
	struct rx_word word = {value, key, {0, 0}};
	const struct rx_key *at = rx_draft_keys;

	if (!value)
		return;
	while (strcmp(at->name, key))
		at++;
	at->word(m, &word, (char *)draft + at->offset);
}

int rx_lab_from_spec(const struct rx_lab_spec *spec, struct rx_lab *lab, struct rx_err *err)
{
	struct rx_mistakes m = {.source = ""};
	struct rx_draft draft = {.lab = lab};
	struct rx_word count = {spec->count, "count", {0, 0}};
	const struct {
		const char *key, *value;
	} words[] = {
		{"name", spec->name},
		{"parent", spec->parent},
		{"link", spec->link},
		{"bridge", spec->bridge},
		{"vlan", spec->vlan},
		{"subnet", spec->subnet},
		{"subnet6", spec->subnet6},
		{"mtu", spec->mtu},
		{"topology", spec->topology},
		{"plane", spec->plane},
		{"control", spec->control},
		{"rdma_netns", spec->rdma_netns},
		{"raise_parent_mtu", spec->raise_parent_mtu ? "true" : NULL},
		{"expedite", spec->expedite ? "true" : NULL},
	};
	int rc;

	memset(lab, 0, sizeof(*lab));
	for (size_t i = 0; i < RX_ARRAY_SIZE(words); i++)
		set(&m, &draft, words[i].key, words[i].value);
	if (!spec->count)
		rx_mistake(&m, count.pos, "count", "is missing: how many endpoints, 1..%d",
			   RX_MAX_ENDPOINTS);
	else
		rx_draft_count(&m, &count, &draft);
	rx_draft_judge(&m, &draft);
	rx_lab_check(&m, lab);
	rc = rx_mistakes_report(&m, err);
	if (rc)
		rx_lab_free(lab);
	return rc;
}
