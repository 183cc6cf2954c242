/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest writes to its channel of results (tools/suites/run): lines of
 * fields separated by tabs. The guest is what is under test, so nothing in them
 * is believed beyond its form, and a verdict counts only as the last line. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/kernels/run.h"

#define MAX_SECONDS 1e9 /* of a case */
#define MAX_FIELDS 4

static void split(char *line, char *field[MAX_FIELDS])
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
}

static void set(char **slot, const char *text)
{
	free(*slot);
	*slot = rx_strdup(text);
}

/* Each takes a line with this word; false: it means nothing here. */
typedef bool take_fn(struct rx_lines *lines, char *field[MAX_FIELDS]);

static bool take_up(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	(void)field;
	return lines->kernel->came_up = true;
}

static bool take_kernel(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	set(&lines->kernel->release, field[1]);
	set(&lines->kernel->version, field[2]);
	return *field[1];
}

static bool take_capability(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	if (!*field[1] ||
	    (strcmp(field[2], "yes") && strcmp(field[2], "no") && strcmp(field[2], "unknown")))
		return false;
	rx_kernel_add_capability(lines->kernel, field[1], field[2], field[3]);
	return true;
}

static bool take_begin(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	if (lines->current || !strchr(field[1], '/'))
		return false;
	rx_kernel_case(lines->kernel, field[1])->begun++;
	set(&lines->current, field[1]);
	return true;
}

static struct rx_check *add_check(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	enum rx_outcome outcome;

	if (!lines->current || !rx_outcome_from_word(field[1], &outcome) || outcome == RX_XFAIL ||
	    outcome == RX_XPASS)
		return NULL;
	lines->failed |= outcome == RX_FAIL;
	return rx_case_add(rx_kernel_case(lines->kernel, lines->current), outcome, field[2],
			   field[3]);
}

static bool take_check(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	return add_check(lines, field);
}

static bool take_judge(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	struct rx_check *check = add_check(lines, field);

	if (check)
		check->runners = true;
	return check;
}

static bool take_end(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	struct rx_case *test;
	double seconds;

	if (!lines->current || strcmp(lines->current, field[1]))
		return false;
	test = rx_kernel_case(lines->kernel, field[1]);
	test->ended++;
	seconds = strtod(field[2], NULL);
	/* JSON has no number for what is not finite, nor for such a sum */
	if (isfinite(seconds) && seconds > 0)
		test->seconds += fmin(seconds, MAX_SECONDS);
	lines->ended++;
	free(lines->current);
	lines->current = NULL;
	return true;
}

static bool take_verdict(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	lines->good = !strcmp(field[1], "good");
	lines->told = strtoul(field[2], NULL, 10);
	lines->verdict = !lines->current && (lines->good || !strcmp(field[1], "bad"));
	return lines->verdict;
}

static bool take_note(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	rx_kernel_note(lines->kernel, field[1]);
	return true;
}

static bool take_stop(struct rx_lines *lines, char *field[MAX_FIELDS])
{
	set(&lines->stopped, field[1]);
	return true;
}

void rx_lines_take(struct rx_lines *lines, const char *line)
{
	static const struct {
		const char *word;
		take_fn *take;
	} words[] = {
		{"up", take_up},       {"kernel", take_kernel},   {"capability", take_capability},
		{"begin", take_begin}, {"check", take_check},     {"judge", take_judge},
		{"end", take_end},     {"verdict", take_verdict}, {"note", take_note},
		{"stop", take_stop}};
	char *copy = rx_strdup(line), *field[MAX_FIELDS];
	size_t i;

	/* it is printed on terminals, too */
	for (char *c = copy; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			*c = ' ';
	/* whatever comes after a verdict takes it back: it was not the last word */
	lines->verdict = false;
	split(copy, field);
	for (i = 0; i < RX_ARRAY_SIZE(words) && strcmp(field[0], words[i].word); i++)
		;
	if (i == RX_ARRAY_SIZE(words) || !words[i].take(lines, field))
		lines->bad_lines++;
	free(copy);
}

void rx_lines_free(struct rx_lines *lines)
{
	free(lines->current);
	free(lines->stopped);
	memset(lines, 0, sizeof(*lines));
}
