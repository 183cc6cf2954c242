/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab from the options of `rxelab up`: the keys of the lab file, one word each. */
#include <string.h>

#include "netns/lab/lab-priv.h"

int rx_lab_from_options(const char *const values[RX_LAB_KEYS], struct rx_lab *lab,
			struct rx_err *err)
{
	static const struct rx_pos none;
	struct rx_mistakes m = {.source = ""};
	struct rx_draft draft = {.lab = lab};
	int rc;

	memset(lab, 0, sizeof(*lab));
	for (size_t i = 0; i < RX_LAB_KEYS; i++)
		if (values[i] && i != RX_KEY_count)
			rx_key_set(&m, &rx_draft_keys[i], values[i], none, &draft);
	if (!values[RX_KEY_count])
		rx_mistake(&m, none, "count", "key-missing",
			   "is missing: how many endpoints, 1..%d", RX_MAX_ENDPOINTS);
	else
		rx_key_set(&m, &rx_draft_keys[RX_KEY_count], values[RX_KEY_count], none, &draft);
	rx_draft_judge(&m, &draft);
	rx_lab_check(&m, lab);
	rc = rx_mistakes_report(&m, err);
	if (rc)
		rx_lab_free(lab);
	return rc;
}
