/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest writes to its channel of results (tools/suites/run): lines of fields separated by
 * tabs. The guest is what is under test, so nothing in them is believed beyond its form, and a
 * verdict counts only as the last line. */
#include <stdlib.h>
#include <string.h>

#include "netns/base/memory.h"
#include "tools/kernels/run.h"

#define MAX_FIELDS 4

static size_t split(char *line, char *field[MAX_FIELDS])
{
	size_t n = 0;

	while (n < MAX_FIELDS && line) {
		char *tab = n + 1 < MAX_FIELDS ? strchr(line, '\t') : NULL;

		field[n++] = line;
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
	for (size_t i = n; i < MAX_FIELDS; i++)
		field[i] = (char *)"";
	return n;
}

static void set(char **slot, const char *text)
{
	free(*slot);
	*slot = rx_strdup(text);
}

static bool take_check(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	enum rx_outcome outcome;

	if (!lines->current || !rx_outcome_from_word(field[1], &outcome) || outcome == RX_XFAIL ||
	    outcome == RX_XPASS)
		return false;
	rx_case_add(rx_kernel_case(lines->kernel, lines->current), outcome, field[2], field[3]);
	return true;
}

static bool take_begin(struct rx_lines *lines, const char *name)
{
	if (lines->current || !strchr(name, '/'))
		return false;
	rx_kernel_case(lines->kernel, name)->begun++;
	set(&lines->current, name);
	return true;
}

static bool take_end(struct rx_lines *lines, const char *name, const char *seconds)
{
	struct rx_case *test;

	if (!lines->current || strcmp(lines->current, name))
		return false;
	test = rx_kernel_case(lines->kernel, name);
	test->ended++;
	test->seconds += atof(seconds);
	lines->ended++;
	free(lines->current);
	lines->current = NULL;
	return true;
}

static bool take_kernel(struct rx_kernel_run *kernel, const char *release, const char *version)
{
	set(&kernel->release, release);
	set(&kernel->version, version);
	return *release;
}

static bool take_capability(struct rx_kernel_run *kernel, char *field[MAX_FIELDS])
{
	if (!*field[1] ||
	    (strcmp(field[2], "yes") && strcmp(field[2], "no") && strcmp(field[2], "unknown")))
		return false;
	rx_kernel_add_capability(kernel, field[1], field[2], field[3]);
	return true;
}

static bool take_verdict(struct rx_lines *lines, const char *word, const char *count)
{
	lines->good = !strcmp(word, "good");
	lines->told = strtoul(count, NULL, 10);
	lines->verdict = !lines->current && (lines->good || !strcmp(word, "bad"));
	return lines->verdict;
}

static bool take(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	const char *word = field[0];

	if (!strcmp(word, "up"))
		return lines->kernel->came_up = true;
	if (!strcmp(word, "kernel"))
		return take_kernel(lines->kernel, field[1], field[2]);
	if (!strcmp(word, "capability"))
		return take_capability(lines->kernel, field);
	if (!strcmp(word, "begin"))
		return take_begin(lines, field[1]);
	if (!strcmp(word, "check"))
		return take_check(lines, field);
	if (!strcmp(word, "end"))
		return take_end(lines, field[1], field[2]);
	if (!strcmp(word, "verdict"))
		return take_verdict(lines, field[1], field[2]);
	if (!strcmp(word, "note"))
		rx_kernel_note(lines->kernel, field[1]);
	else if (!strcmp(word, "stop"))
		set(&lines->stopped, field[1]);
	else
		return false;
	return true;
}

void rx_lines_take(struct rx_lines *lines, const char *line)
{
	char *copy = rx_strdup(line), *field[MAX_FIELDS];

	/* whatever comes after a verdict takes it back: it was not the last word */
	lines->verdict = false;
	split(copy, field);
	if (!take(lines, field))
		lines->bad_lines++;
	free(copy);
}

void rx_lines_free(struct rx_lines *lines)
{
	free(lines->current);
	free(lines->stopped);
	memset(lines, 0, sizeof(*lines));
}
