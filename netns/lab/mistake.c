/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All mistakes of a lab are told in one go: whoever writes a lab file wants to mend it once. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "netns/lab/lab-priv.h"

/* More do not fit into err->text anyway; the rest is counted. */
#define KEPT 64

struct rx_mistake {
	const char *id;
	struct rx_pos pos;
	size_t order; /* as noted, so that the sort is stable */
	char text[360];
};

void rx_mistake_subject(struct rx_mistakes *m, const char *fmt, ...)
{
	va_list ap;

	m->subject[0] = '\0';
	if (!fmt)
		return;
	va_start(ap, fmt);
	vsnprintf(m->subject, sizeof(m->subject), fmt, ap);
	va_end(ap);
}

/* FILE:LINE:COLUMN: SUBJECT: KEY, or --KEY: (with the dashes that options have), up to the
 * sentence. */
static size_t prefix(const struct rx_mistakes *m, struct rx_pos pos, const char *key, char *buf,
		     size_t size)
{
	bool option = !*m->source && key;
	int n;

	if (option)
		n = snprintf(buf, size, "--%s: ", key);
	else if (!*m->source)
		n = snprintf(buf, size, "%s%s", m->subject, *m->subject ? ": " : "");
	else
		n = snprintf(buf, size, "%.160s:%u:%u: %s%s%s%s", m->source, pos.line, pos.column,
			     m->subject, *m->subject ? ": " : "", key ? key : "", key ? " " : "");
	for (char *at = buf; option && *at; at++)
		if (*at == '_')
			*at = '-';
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* What the user wrote is quoted in messages: a control character in it must not reach a
 * terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

bool rx_mistake(struct rx_mistakes *m, struct rx_pos pos, const char *key, const char *id,
		const char *fmt, ...)
{
	struct rx_mistake *added;
	size_t used;
	va_list ap;

	if (m->n == KEPT) {
		m->hidden++;
		return false;
	}
	added = rx_array_add(&m->list, &m->n, sizeof(*added));
	added->id = id;
	added->pos = pos;
	added->order = m->n;
	used = prefix(m, pos, key, added->text, sizeof(added->text));
	va_start(ap, fmt);
	vsnprintf(added->text + used, sizeof(added->text) - used, fmt, ap);
	va_end(ap);
	make_printable(added->text);
	return false;
}

static int by_place(const void *a, const void *b)
{
	const struct rx_mistake *x = a, *y = b;

	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	if (x->pos.column != y->pos.column)
		return x->pos.column < y->pos.column ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* As many lines as fit, and how many did not. */
static void join(const struct rx_mistakes *m, bool with_ids, char *buf, size_t size)
{
	const size_t tail = sizeof("\nand 18446744073709551615 more");
	size_t used = 0, shown = 0;

	for (; shown < m->n; shown++) {
		const struct rx_mistake *at = &m->list[shown];
		char id[48] = "";

		if (with_ids)
			snprintf(id, sizeof(id), " [%s]", at->id);
		if (used + strlen(at->text) + strlen(id) + 1 + tail > size)
			break;
		used += (size_t)snprintf(buf + used, size - used, "%s%s%s", shown ? "\n" : "",
					 at->text, id);
	}
	if (shown < m->n + m->hidden)
		snprintf(buf + used, size - used, "\nand %zu more", m->n + m->hidden - shown);
}

int rx_mistakes_report(struct rx_mistakes *m, struct rx_err *err)
{
	int rc = 0;

	if (m->n) {
		qsort(m->list, m->n, sizeof(*m->list), by_place);
		rc = rx_usage(err, m->n > 1 ? RX_SEVERAL : m->list->id, "%s", "");
		join(m, m->n > 1 && rx_tracing(), err->text, sizeof(err->text));
	}
	free(m->list);
	m->list = NULL;
	m->n = m->hidden = 0;
	return rc;
}
