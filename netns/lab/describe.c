/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/lab/describe.h"

#include <ctype.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

static const struct map {
	const char *name;
	const struct rx_key *keys;
} maps[] = {
	{"lab", rx_draft_keys}, {"network", rx_network_keys},
	{"count", rx_count_keys},
	{"endpoint", rx_endpoint_keys}, {"port", rx_port_keys},
	{"router", rx_router_keys},
	{"container", rx_container_keys}, {"impair", rx_impair_keys},
};

static void describe(const struct rx_key *key, char *buf, size_t size)
{
	char range[40] = "";

	if (key->max)
		snprintf(range, sizeof(range), " %u to %u.", key->min, key->max);
	snprintf(buf, size, "%s.%s%s%s", key->help, range, key->more ? " " : "",
		 key->more ? key->more : "");
	buf[0] = (char)toupper((unsigned char)buf[0]);
}

bool rx_lab_key(const char *map, size_t i, struct rx_key_text *text)
{
	for (size_t j = 0; j < RX_ARRAY_SIZE(maps); j++) {
		if (strcmp(maps[j].name, map))
			continue;
		for (const struct rx_key *key = maps[j].keys; key->name; key++) {
			if (key->option_only || i--)
				continue;
			text->name = key->name;
			text->value = key->value;
			describe(key, text->meaning, sizeof(text->meaning));
			return true;
		}
	}
	return false;
}

static json_t *property(const struct rx_key *key)
{
	char text[sizeof(((struct rx_key_text *)0)->meaning)];
	json_t *choices;

	describe(key, text, sizeof(text));
	if (key->max)
		return json_pack("{s:s,s:s,s:i,s:i}", "description", text, "type", "integer",
				 "minimum", (int)key->min, "maximum", (int)key->max);
	if (key->type == RX_MEMBER_BOOL)
		return json_pack("{s:s,s:s}", "description", text, "type", "boolean");
	if (!key->names)
		return json_pack("{s:s,s:o}", "description", text, "$ref",
				 json_sprintf("#/definitions/%s",
					      key->form ? key->form : key->name));
	choices = json_array();
	for (size_t i = 0; key->names[i]; i++)
		json_array_append_new(choices, json_string(key->names[i]));
	return json_pack("{s:s,s:o}", "description", text, "enum", choices);
}

json_t *rx_lab_schema(void)
{
	json_t *all = json_object(), *properties;

	for (size_t i = 0; i < RX_ARRAY_SIZE(maps); i++) {
		properties = json_object();
		for (const struct rx_key *key = maps[i].keys; key->name; key++)
			if (!key->option_only)
				json_object_set_new(properties, key->name, property(key));
		json_object_set_new(all, maps[i].name, properties);
	}
	return all;
}
