/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab from its file, or from the options of `rxelab up`: read, walk, judge. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

/* 1024 endpoints with every key are a quarter of that. */
#define MAX_FILE (1U << 20)

static void parse_network(struct rx_mistakes *m, const struct rx_yaml *key, struct rx_draft *draft)
{
	const struct rx_yaml *value = key->next;
	struct rx_word word = {key->text, NULL, key->pos};
	struct rx_network_draft network = {.network.pos = key->pos};

	if (key->type != RX_YAML_WORD) {
		rx_bad_type(m, key, NULL, "the name of a network must be one word");
		return;
	}
	rx_mistake_subject(m, "network \"%.40s\"", key->text);
	if (rx_lab_network(draft->lab, key->text) < draft->lab->n_networks)
		rx_mistake(m, key->pos, NULL, "given-twice", "is given twice, first on line %u",
			   draft->lab->networks[rx_lab_network(draft->lab, key->text)].pos.line);
	else if (!rx_word_name(m, &word, RX_NETWORK_NAME_MAX, network.network.name))
		snprintf(network.network.name, sizeof(network.network.name), "%s", key->text);
	if (value->null)
		rx_mistake(m, value->pos, NULL, "value-missing",
			   "has no value: write {} for a network with nothing but defaults");
	else if (rx_yaml_walk(m, value, NULL, rx_network_keys, &network))
		rx_network_judge(m, &network, draft);
	if (!network.network.name[0])
		return;
	*(struct rx_network *)rx_array_add(&draft->lab->networks, &draft->lab->n_networks,
					   sizeof(network.network)) = network.network;
}

static void parse_networks(struct rx_mistakes *m, struct rx_draft *draft)
{
	const struct rx_yaml *networks = draft->networks;

	if (networks->type != RX_YAML_MAP)
		rx_bad_type(m, networks, "networks",
			    "must be a map of names and their keys, such as red: {vlan: 10}");
	else if (!networks->child)
		rx_mistake(m, networks->pos, "networks", "value-missing", "is empty");
	else if (rx_yaml_count(networks) > RX_MAX_NETWORKS)
		rx_mistake(m, networks->pos, "networks", "too-many-networks",
			   "holds %zu networks, at most %d are allowed", rx_yaml_count(networks),
			   RX_MAX_NETWORKS);
	else
		for (const struct rx_yaml *at = networks->child; at && at->next;
		     at = at->next->next)
			parse_network(m, at, draft);
	rx_mistake_subject(m, NULL);
}

static void parse_root(struct rx_mistakes *m, const struct rx_yaml *root, struct rx_lab *lab)
{
	struct rx_draft draft = {.lab = lab};

	if (!root || root->null) {
		rx_mistake(m, (struct rx_pos){1, 1}, NULL, "lab-empty",
			   "the lab file is empty: it needs at least name, parent and endpoints");
		return;
	}
	draft.root = root;
	draft.pos = root->pos;
	if (root->type != RX_YAML_MAP) {
		rx_bad_type(m, root, NULL,
			    "this is not a lab file: it must be a map of keys and values such as "
			    "\"name: quad\"");
		return;
	}
	rx_yaml_walk(m, root, NULL, rx_draft_keys, &draft);
	if (draft.networks)
		parse_networks(m, &draft);
	rx_draft_judge(m, &draft);
	rx_parse_endpoints(m, &draft);
	rx_parse_routers(m, &draft);
	rx_lab_check(m, lab);
}

/* How many bytes the character at text has, 0 if it is not UTF-8 (RFC 3629): libfyaml 0.7 ends
 * silently there. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80   ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, beyond U+10FFFF */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* Anything that is not text would come out of the YAML parser as a puzzle, or hurt the terminal. */
static bool is_text(struct rx_mistakes *m, const char *text, size_t length)
{
	struct rx_pos pos = {1, 1};

	for (size_t i = 0, step; i < length; i += step) {
		unsigned char c = (unsigned char)text[i];

		step = utf8_length((const unsigned char *)text + i, length - i);
		if (!step || (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return rx_mistake(m, pos, NULL, "text-encoding",
					  "this is not a text file: there is a byte 0x%02x", c);
		pos.column++;
		if (c == '\n')
			pos = (struct rx_pos){pos.line + 1, 1};
	}
	return true;
}

static int report(struct rx_mistakes *m, struct rx_lab *lab, struct rx_err *err)
{
	int rc = rx_mistakes_report(m, err);

	if (rc)
		rx_lab_free(lab);
	return rc;
}

int rx_lab_parse(const char *text, size_t length, const char *source, struct rx_lab *lab,
		 struct rx_err *err)
{
	struct rx_mistakes m = {.source = *source ? source : "lab", .lab_keys = rx_draft_keys};
	struct rx_yaml *root, *all = NULL;

	memset(lab, 0, sizeof(*lab));
	snprintf(lab->source, sizeof(lab->source), "%s", m.source);
	if (length > MAX_FILE) {
		rx_mistake(&m, (struct rx_pos){1, 1}, NULL, "file-too-large",
			   "the lab file is larger than %u bytes", MAX_FILE);
	} else if (is_text(&m, text, length)) {
		root = rx_yaml_read(&m, text, length, &all);
		if (!m.n)
			parse_root(&m, root, lab);
	}
	rx_yaml_free(all);
	return report(&m, lab, err);
}

int rx_lab_parse_file(const char *path, struct rx_lab *lab, struct rx_err *err)
{
	bool standard_input = !strcmp(path, "-");
	size_t length = MAX_FILE + 1; /* of one that is larger, for rx_lab_parse to say so */
	rx_autofree char *text = standard_input ? rx_fd_text(STDIN_FILENO, MAX_FILE, &length)
						: rx_file_text(path, MAX_FILE, &length);

	memset(lab, 0, sizeof(*lab));
	if (!text && errno != EFBIG) {
		/* the user's mistake (exit 2), but the caller learns the errno */
		int code = errno;

		rx_usage(err, "file-read", "%s: cannot read the lab file: %s", path,
			 strerror(code));
		err->code = code;
		return -code;
	}
	return rx_lab_parse(text, length, standard_input ? "standard input" : path, lab, err);
}

/* The keys of the lab file, one word each. */
int rx_lab_from_options(const char *const values[RX_LAB_KEYS], struct rx_lab *lab,
			struct rx_err *err)
{
	static const struct rx_pos none;
	struct rx_mistakes m = {.source = ""};
	struct rx_draft draft = {.lab = lab};

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
	return report(&m, lab, err);
}
