/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of the lab file against the table of the keys that it may have. */
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/nearest.h"
#include "netns/lab/lab-priv.h"

#define MAX_KEYS 32

bool rx_bad_type(struct rx_mistakes *m, const struct rx_yaml *yaml, const char *key,
		 const char *wanted)
{
	static const char *const kinds[] = {"a word", "a list", "a map"};

	return rx_mistake(m, yaml->pos, key, "value-type", "%s, not %s", wanted,
			  yaml->null ? "nothing" : kinds[yaml->type]);
}

const struct rx_yaml *rx_yaml_find(const struct rx_yaml *map, const char *key)
{
	const struct rx_yaml *at;

	if (map->type != RX_YAML_MAP)
		return NULL;
	for (at = map->child; at && at->next; at = at->next->next)
		if (at->type == RX_YAML_WORD && !strcmp(at->text, key))
			return at->next;
	return NULL;
}

size_t rx_yaml_count(const struct rx_yaml *list)
{
	size_t n = 0;

	for (const struct rx_yaml *at = list->child; at; at = at->next)
		n++;
	return list->type == RX_YAML_MAP ? n / 2 : n;
}

static bool is_key(const struct rx_key *key, const char *name)
{
	return !key->option_only && !strcmp(key->name, name);
}

static bool unknown(struct rx_mistakes *m, const struct rx_yaml *word, const struct rx_key *keys)
{
	const char *names[MAX_KEYS + 1] = {NULL};
	char allowed[240] = "", near[64];
	size_t n = 0;

	for (; n < MAX_KEYS && keys->name; keys++) {
		size_t used = strlen(allowed);

		if (keys->option_only)
			continue;
		snprintf(allowed + used, sizeof(allowed) - used, "%s%s", n ? ", " : "", keys->name);
		names[n++] = keys->name;
	}
	for (const struct rx_key *at = m->lab_keys; at && at->name; at++)
		if (is_key(at, word->text))
			return rx_mistake(m, word->pos, NULL, "key-misplaced",
					  "key \"%s\" is one of the lab's, not of this map; "
					  "allowed here: %s",
					  word->text, allowed);
	return rx_mistake(m, word->pos, NULL, "key-unknown",
			  "unknown key \"%.40s\"%s; allowed here: %s", word->text,
			  rx_did_you_mean(word->text, names, near, sizeof(near)), allowed);
}

static void note(const struct rx_key *key, void *obj, struct rx_pos pos)
{
	if (key->given)
		*(struct rx_given *)((char *)obj + key->given) = (struct rx_given){pos, true};
}

bool rx_key_set(struct rx_mistakes *m, const struct rx_key *key, const char *text,
		struct rx_pos pos, void *obj)
{
	struct rx_word word = {text, key->name, pos, key};

	note(key, obj, pos);
	return key->word(m, &word, (char *)obj + key->offset);
}

static bool walk_one(struct rx_mistakes *m, const struct rx_yaml *value, const struct rx_key *key,
		     void *obj)
{
	if (value->type == RX_YAML_WORD && value->null)
		return rx_mistake(m, value->pos, key->name, "value-missing", "has no value");
	if (!key->word && !key->node) {
		*(const struct rx_yaml **)((char *)obj + key->offset) = value;
		return true;
	}
	if (key->node) {
		note(key, obj, value->pos);
		return key->node(m, value, key->name, (char *)obj + key->offset);
	}
	if (value->type != RX_YAML_WORD)
		return rx_bad_type(m, value, key->name, "must be one word");
	return rx_key_set(m, key, value->text, value->pos, obj);
}

bool rx_yaml_walk(struct rx_mistakes *m, const struct rx_yaml *map, const char *what,
		  const struct rx_key *keys, void *obj)
{
	unsigned first_line[MAX_KEYS] = {0};
	bool good = true;
	size_t i;

	if (map->type != RX_YAML_MAP)
		return rx_bad_type(m, map, what, "must be a map of keys and values");
	for (const struct rx_yaml *at = map->child; at && at->next; at = at->next->next) {
		if (at->type != RX_YAML_WORD) {
			good = rx_bad_type(m, at, NULL, "a key must be one word");
			continue;
		}
		for (i = 0; keys[i].name && !is_key(&keys[i], at->text);)
			i++;
		if (!keys[i].name) {
			good = unknown(m, at, keys);
		} else if (first_line[i]) {
			good = rx_mistake(m, at->pos, NULL, "given-twice",
					  "key \"%s\" is given twice, first on line %u", at->text,
					  first_line[i]);
		} else {
			first_line[i] = at->pos.line;
			good &= walk_one(m, at->next, &keys[i], obj);
		}
	}
	return good;
}
