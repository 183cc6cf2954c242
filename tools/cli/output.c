/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"

static bool document_printed;

int rx_json_print(json_t *value, FILE *out)
{
	int rc = json_dumpf(value, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	json_decref(value);
	fputc('\n', out);
	document_printed = true;
	return rc ? -EIO : 0;
}

void rx_json_failure(const struct rx_err *err)
{
	json_t *value = json_pack("{s:s,s:s,s:s}", "status", "fail", "id", err->id, "error",
				  err->text);

	if (!document_printed && !json_dumpf(value, stdout, JSON_PRESERVE_ORDER))
		fputc('\n', stdout);
	json_decref(value);
}

json_t *rx_json_string(const char *text)
{
	json_t *string = text && *text ? json_string(text) : json_null();

	return string ? string : json_string("?");
}

static bool progress_shown;

/* More often than that nobody can read, and a slow terminal would hold up the work. */
#define PROGRESS_INTERVAL 0.1

bool rx_progress_shows(void)
{
	static int terminal = -1; /* asked once: some callers tell of each of thousands of pairs */

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	return terminal;
}

void rx_progress(const char *fmt, ...)
{
	static double last;
	double now = rx_now();
	va_list ap;

	if (!rx_progress_shows() || now < last + PROGRESS_INTERVAL)
		return;
	last = now;
	va_start(ap, fmt);
	fputs("\r\033[K", stderr);
	vfprintf(stderr, fmt, ap);
	fflush(stderr);
	va_end(ap);
	progress_shown = true;
}

void rx_progress_clear(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

void rx_note(const char *fmt, ...)
{
	va_list ap;

	rx_progress_clear();
	fputs("rxelab: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *rx_colour(FILE *out, const char *name)
{
	static const struct {
		const char *name, *code;
	} colours[] = {
		{"red", "\033[31m"}, {"green", "\033[32m"}, {"yellow", "\033[33m"},
		{"bold", "\033[1m"}, {"reset", "\033[0m"},
	};
	const char *off = getenv("NO_COLOR");

	if ((off && *off) || !isatty(fileno(out)))
		return "";
	for (size_t i = 0; i < RX_ARRAY_SIZE(colours); i++)
		if (!strcmp(colours[i].name, name))
			return colours[i].code;
	return "";
}

void rx_xml_write(const char *text, FILE *out)
{
	static const char *const entities[128] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < RX_ARRAY_SIZE(entities) && entities[c])
			fputs(entities[c], out);
		else /* other control characters have no place in XML 1.0 */
			fputc(c < ' ' && c != '\n' ? ' ' : c, out);
	}
}
