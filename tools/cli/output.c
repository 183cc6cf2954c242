/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

void rx_json_failure(const char *lab, const struct rx_err *err)
{
	json_t *value = json_pack("{s:o,s:s,s:s,s:o}", "lab", rx_json_string(lab), "status", "fail",
				  "id", err->id, "error", rx_json_text(err->text));

	if (!document_printed && !json_dumpf(value, stdout, JSON_PRESERVE_ORDER))
		fputc('\n', stdout);
	json_decref(value);
}

/* The length of the character that UTF-8 has at text (RFC 3629); 0: these bytes are none. */
static size_t utf8_length(const char *text)
{
	static const struct {
		unsigned char first, last, low, high; /* low, high: of the second byte */
		size_t length;
	} forms[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		     {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		     {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		     {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		     {0xf4, 0xf4, 0x80, 0x8f, 4}};
	const unsigned char *byte = (const unsigned char *)text;
	size_t form = 0, n = 1;

	while (form < RX_ARRAY_SIZE(forms) &&
	       (*byte < forms[form].first || *byte > forms[form].last))
		form++;
	if (form == RX_ARRAY_SIZE(forms))
		return 0;
	if (forms[form].length > 1 && (byte[1] < forms[form].low || byte[1] > forms[form].high))
		return 0;
	while (n < forms[form].length && (n < 2 || (byte[n] & 0xc0) == 0x80))
		n++;
	return n == forms[form].length ? n : 0;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void write_utf8(const char *text, FILE *out)
{
	for (size_t n; *text; text += n ? n : 1) {
		n = utf8_length(text);
		fwrite(n ? text : REPLACEMENT, 1, n ? n : strlen(REPLACEMENT), out);
	}
}

char *rx_utf8(const char *text)
{
	char *clean = NULL;
	size_t size;
	FILE *out = open_memstream(&clean, &size);

	if (!out)
		return rx_strdup("?");
	write_utf8(text, out);
	fclose(out);
	return clean;
}

json_t *rx_json_text(const char *text)
{
	rx_autofree char *clean = rx_utf8(text);

	return json_string(clean);
}

json_t *rx_json_string(const char *text)
{
	return text && *text ? rx_json_text(text) : json_null();
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

#define COLUMNS_MAX 100

/* The terminal's width, as far as lines are easy to read. */
static int columns(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col < 40)
		return 80;
	return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

void rx_print_folded(FILE *out, const char *text, const char *end, int indent)
{
	int at = indent, length;

	for (; text < end; text += length) {
		length = (int)strspn(text, " \n");
		if (length && !strncmp(text, "\n\n", 2))
			at = fprintf(out, "\n\n%*s", indent, "") - 2;
		if (length)
			continue;
		length = (int)strcspn(text, " \n");
		if (at > indent && at + length >= columns(out))
			at = fprintf(out, "\n%*s", indent, "") - 1;
		at += fprintf(out, "%s%.*s", at > indent ? " " : "", length, text);
	}
	fputc('\n', out);
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

	for (size_t n; *text; text += n ? n : 1) {
		unsigned char c = (unsigned char)*text;

		n = utf8_length(text);
		if (n == 1 && entities[c])
			fputs(entities[c], out);
		else if (n == 1) /* other control characters have no place in XML 1.0 */
			fputc(c < ' ' && c != '\n' ? ' ' : c, out);
		else if (!n || !strncmp(text, "\xef\xbf\xbe", 3) ||
			 !strncmp(text, "\xef\xbf\xbf", 3))
			fputs(REPLACEMENT, out); /* U+FFFE and U+FFFF have none either */
		else
			fwrite(text, 1, n, out);
	}
}
