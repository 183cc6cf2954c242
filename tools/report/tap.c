/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/tap.h"

#include <stdarg.h>

static void indent(const struct rx_tap *tap)
{
	fprintf(tap->out, "%*s", 2 * (int)(tap->level - 1), "");
}

void rx_tap_note(struct rx_tap *tap, const char *fmt, ...)
{
	va_list ap;

	indent(tap);
	fputs("# ", tap->out);
	va_start(ap, fmt);
	vfprintf(tap->out, fmt, ap);
	va_end(ap);
	fputc('\n', tap->out);
}

void rx_tap_bail(struct rx_tap *tap, const char *why)
{
	fprintf(tap->out, "Bail out! %s\n", why);
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

/* A "#" in a name would begin a directive. */
static void write_name(const char *name, FILE *out)
{
	for (; *name; name++)
		fputc(*name == '#' ? '.' : *name, out);
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
	write_name(name, tap->out);
	if (directives[outcome])
		fprintf(tap->out, " # %s %s", directives[outcome], why ? why : "");
	fputc('\n', tap->out);
}
