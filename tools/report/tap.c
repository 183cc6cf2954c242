/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/tap.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"

static void indent(const struct rx_tap *tap)
{
	fprintf(tap->out, "%*s", 2 * (int)(tap->level - 1), "");
}

/* In one line of text, whatever the bytes are: a line that begins anew would be a result. name: a
 * "#" in it would begin a directive. */
static void write_line(const char *text, bool name, FILE *out)
{
	rx_autofree char *clean = rx_utf8(text);

	for (const char *c = clean; *c; c++)
		fputc(iscntrl((unsigned char)*c) ? ' ' : name && *c == '#' ? '.' : *c, out);
}

void rx_tap_note(struct rx_tap *tap, const char *fmt, ...)
{
	rx_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		rx_memory_lost();
	va_end(ap);
	indent(tap);
	fputs("# ", tap->out);
	write_line(text, false, tap->out);
	fputc('\n', tap->out);
}

void rx_tap_bail(struct rx_tap *tap, const char *why)
{
	fputs("Bail out! ", tap->out);
	write_line(why, false, tap->out);
	fputc('\n', tap->out);
}

void rx_tap_open(struct rx_tap *tap, const char *subtest, size_t n)
{
	tap->number[tap->level++] = 0;
	indent(tap);
	fputs("KTAP version 1\n", tap->out);
	if (subtest)
		rx_tap_note(tap, "Subtest: %s", subtest);
	indent(tap);
	fprintf(tap->out, "1..%zu\n", n);
}

void rx_tap_close(struct rx_tap *tap)
{
	tap->level--;
}

void rx_tap_result(struct rx_tap *tap, enum rx_outcome outcome, const char *name, const char *why)
{
	/* a failure that is expected is no failure to a reader of KTAP; XFAIL is a word of its
	 * specification */
	static const char *const directives[RX_OUTCOMES] = {
		[RX_SKIP] = "SKIP", [RX_XFAIL] = "XFAIL", [RX_XPASS] = "XPASS"};

	if (outcome == RX_FAIL && why)
		rx_tap_note(tap, "%s", why);
	indent(tap);
	fprintf(tap->out, "%s %zu ", outcome == RX_FAIL ? "not ok" : "ok",
		++tap->number[tap->level - 1]);
	write_line(name, true, tap->out);
	if (directives[outcome]) {
		fprintf(tap->out, " # %s ", directives[outcome]);
		write_line(why ? why : "", false, tap->out);
	}
	fputc('\n', tap->out);
}
