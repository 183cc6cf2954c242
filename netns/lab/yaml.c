/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A YAML text as a small tree in which each token keeps its place. libfyaml does the parsing; its
 * events are used and not its documents, since in 0.7 a document's maps and lists do not tell where
 * they stand, and it ends at the first doubled key. */
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

/* The grammar needs 6. */
#define MAX_DEPTH 16
#define MAX_ANCHORS 256

struct anchor {
	char *name;
	const struct rx_yaml *node;
};

struct builder {
	struct rx_mistakes *m;
	struct fy_parser *parser;
	struct rx_yaml *all;
	struct anchor anchors[MAX_ANCHORS];
	size_t n_anchors;
	unsigned depth;
	bool failed;
};

static struct rx_yaml *complain(struct builder *b, struct rx_pos pos, const char *sentence)
{
	b->failed = true;
	rx_mistake(b->m, pos, NULL, "yaml-syntax", "%s", sentence);
	return NULL;
}

static struct rx_yaml *make(struct builder *b, enum rx_yaml_type type, struct rx_pos pos)
{
	struct rx_yaml *node = rx_alloc(1, sizeof(*node));

	node->type = type;
	node->pos = pos;
	node->made = b->all;
	b->all = node;
	return node;
}

void rx_yaml_free(struct rx_yaml *all)
{
	while (all) {
		struct rx_yaml *next = all->made;

		free(all->text);
		free(all);
		all = next;
	}
}

/* NULL when the text holds a NUL (written "\\0"): no C string can. */
static char *token_text(struct fy_token *token)
{
	size_t length;
	const char *text = token ? fy_token_get_text(token, &length) : NULL;

	if (!text)
		return rx_strdup("");
	return memchr(text, '\0', length) ? NULL : rx_strndup(text, length);
}

/* libfyaml counts from 0 and starts a quoted word after its quote, an alias after its star. */
static struct rx_pos place(struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	struct rx_pos pos = {1, 1};
	enum fy_scalar_style style;

	if (!mark)
		return pos;
	pos.line = (unsigned)mark->line + 1;
	pos.column = (unsigned)mark->column + 1;
	if (event->type == FYET_ALIAS && pos.column > 1)
		pos.column--;
	if (event->type == FYET_SCALAR) {
		style = fy_token_scalar_style(event->scalar.value);
		if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && pos.column > 1)
			pos.column--;
	}
	return pos;
}

static struct fy_token *anchor_of(struct fy_event *event)
{
	switch (event->type) {
	case FYET_SCALAR:
		return event->scalar.anchor;
	case FYET_MAPPING_START:
		return event->mapping_start.anchor;
	case FYET_SEQUENCE_START:
		return event->sequence_start.anchor;
	default:
		return NULL;
	}
}

static void remember(struct builder *b, char *name, const struct rx_yaml *node)
{
	if (b->n_anchors == MAX_ANCHORS) {
		free(name);
		complain(b, node->pos, "too many anchors");
		return;
	}
	b->anchors[b->n_anchors++] = (struct anchor){name, node};
}

/* An alias is a node with the same contents, in its own place. The last anchor of that name
 * counts. */
static struct rx_yaml *make_alias(struct builder *b, struct fy_event *event)
{
	rx_autofree char *name = token_text(event->alias.anchor);
	struct rx_pos pos = place(event);
	struct rx_yaml *node;

	for (size_t i = b->n_anchors; name && i-- > 0;) {
		const struct rx_yaml *from = b->anchors[i].node;

		if (strcmp(b->anchors[i].name, name))
			continue;
		node = make(b, from->type, pos);
		node->child = from->child;
		node->null = from->null;
		node->text = from->text ? rx_strdup(from->text) : NULL;
		return node;
	}
	return complain(b, pos, "the alias refers to no anchor before it");
}

static struct rx_yaml *make_word(struct builder *b, struct fy_event *event)
{
	struct rx_yaml *node = make(b, RX_YAML_WORD, place(event));
	bool plain = fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;

	node->text = token_text(event->scalar.value);
	if (!node->text)
		return complain(b, node->pos, "the word cannot be kept: it holds a NUL character");
	node->null = plain &&
		     (!*node->text || !strcmp(node->text, "~") || !strcasecmp(node->text, "null"));
	return node;
}

static struct rx_yaml *build(struct builder *b, struct fy_event *event);

/* Fill a map or list up to its end. */
static void build_children(struct builder *b, struct rx_yaml *parent)
{
	struct rx_yaml **tail = &parent->child, *last = parent;
	struct fy_event *event;

	while (!b->failed && (event = fy_parser_parse(b->parser))) {
		bool end = event->type == FYET_MAPPING_END || event->type == FYET_SEQUENCE_END;

		if (!end) {
			*tail = build(b, event);
			/* an empty value has no place of its own: it stands at its key, or at the
			 * item before it */
			if (*tail && (*tail)->null && !*(*tail)->text)
				(*tail)->pos = last->pos;
			if (*tail) {
				last = *tail;
				tail = &last->next;
			}
		}
		fy_parser_event_free(b->parser, event);
		if (end)
			return;
	}
	b->failed = true;
}

static struct rx_yaml *build(struct builder *b, struct fy_event *event)
{
	struct fy_token *anchor = anchor_of(event);
	rx_autofree char *name = anchor ? token_text(anchor) : NULL;
	struct rx_yaml *node;

	if (event->type == FYET_ALIAS)
		return make_alias(b, event);
	if (event->type == FYET_SCALAR) {
		node = make_word(b, event);
	} else {
		if (b->depth == MAX_DEPTH)
			return complain(b, place(event), "nested too deeply for a lab file");
		node = make(b, event->type == FYET_MAPPING_START ? RX_YAML_MAP : RX_YAML_LIST,
			    place(event));
		b->depth++;
		build_children(b, node);
		b->depth--;
	}
	if (node && name && !b->failed) {
		remember(b, name, node);
		name = NULL;
	}
	return node;
}

static struct rx_yaml *build_document(struct builder *b)
{
	struct rx_yaml *root = NULL;
	struct fy_event *event;

	while (!b->failed && (event = fy_parser_parse(b->parser))) {
		switch (event->type) {
		case FYET_SCALAR:
		case FYET_ALIAS:
		case FYET_MAPPING_START:
		case FYET_SEQUENCE_START:
			if (root)
				complain(b, place(event),
					 "a second document begins here: a lab file holds one");
			else
				root = build(b, event);
			break;
		default:
			break;
		}
		fy_parser_event_free(b->parser, event);
	}
	return root;
}

/* The first message of libfyaml, if it gave one. */
static void syntax_error(struct rx_mistakes *m, struct fy_diag *diag)
{
	struct rx_pos pos = {1, 1};
	struct fy_diag_error *first;
	void *at = NULL;

	first = fy_diag_errors_iterate(diag, &at);
	if (first && first->line > 0)
		pos = (struct rx_pos){(unsigned)first->line,
				      first->column > 0 ? (unsigned)first->column : 1};
	rx_mistake(m, pos, NULL, "yaml-syntax", "this is not YAML: %.160s",
		   first && first->msg ? first->msg : "cannot be read");
}

static struct fy_diag *quiet_diag(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.level = FYET_ERROR;
	diag = fy_diag_create(&cfg);
	if (!diag)
		rx_memory_lost();
	fy_diag_set_collect_errors(diag, true);
	return diag;
}

struct rx_yaml *rx_yaml_read(struct rx_mistakes *m, const char *text, size_t length,
			     struct rx_yaml **all)
{
	struct fy_parse_cfg cfg = {
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
			 FYPCF_JSON_NONE,
		.diag = quiet_diag(),
	};
	struct builder b = {.m = m, .parser = fy_parser_create(&cfg)};
	size_t before = m->n;
	struct rx_yaml *root;

	if (!b.parser || fy_parser_set_string(b.parser, text, length))
		rx_memory_lost();
	root = build_document(&b);
	if (fy_parser_get_stream_error(b.parser) && m->n == before)
		syntax_error(m, cfg.diag);
	fy_parser_destroy(b.parser);
	fy_diag_destroy(cfg.diag);
	for (size_t i = 0; i < b.n_anchors; i++)
		free(b.anchors[i].name);
	*all = b.all;
	return m->n == before ? root : NULL;
}
