/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a lab file, from the tables by which it is read, for its man page and its schema. */
#ifndef RXELAB_NETNS_LAB_DESCRIBE_H
#define RXELAB_NETNS_LAB_DESCRIBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct rx_key_text {
	const char *name, *value;
	char meaning[500]; /* sentences */
};

/* Key number i of a map: "lab", "network", "endpoint"...; false behind the last one, and where no
 * map is called so. */
bool rx_lab_key(const char *map, size_t i, struct rx_key_text *key);
/* For each map its properties as JSON schema has them. They refer to definitions that
 * docs/reference/lab.schema.json has by hand. */
json_t *rx_lab_schema(void);

#endif
