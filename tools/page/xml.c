/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/page/page.h"

/* Of ASCII alone; a ':' would be the end of a namespace's prefix. */
static bool is_name(const char *key)
{
	if (!isascii((unsigned char)*key) || !(isalpha((unsigned char)*key) || *key == '_'))
		return false;
	for (; *key; key++)
		if (!isascii((unsigned char)*key) ||
		    !(isalnum((unsigned char)*key) || strchr("_-.", *key)))
			return false;
	return true;
}

static void begin(const char *key, FILE *out)
{
	if (is_name(key)) {
		fprintf(out, "<%s>", key);
		return;
	}
	fputs("<entry key=\"", out);
	rx_xml_write(key, out);
	fputs("\">", out);
}

static void end(const char *key, FILE *out)
{
	fprintf(out, "</%s>\n", is_name(key) ? key : "entry");
}

static void write_inside(const json_t *value, FILE *out)
{
	const char *key;
	json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		json_object_foreach((json_t *)value, key, member)
			rx_xml_json(member, key, out);
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, member)
			rx_xml_json(member, "item", out);
		break;
	case JSON_STRING:
		rx_xml_write(json_string_value(value), out);
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%.9g", json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		fputs(json_is_true(value) ? "true" : "false", out);
		break;
	case JSON_NULL:
		break;
	}
}

static void write_one(const json_t *value, const char *name, FILE *out)
{
	begin(name, out);
	write_inside(value, out);
	end(name, out);
}

void rx_xml_json(const json_t *value, const char *name, FILE *out)
{
	json_t *one;
	size_t i;

	if (json_is_null(value))
		return;
	if (!json_is_array(value)) {
		write_one(value, name, out);
		return;
	}
	json_array_foreach(value, i, one)
		write_one(one, name, out);
}
