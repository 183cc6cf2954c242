/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says meanwhile: each line is either explained here or a problem. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/embed.h"
#include "tools/churn/churn.h"

/* the list by which the suites' runner judges, too */
RX_EMBED(rx_churn_kernel_lines, "tools/suites/kernel-lines")

struct rule {
	char kind[8], pattern[300], why[120];
};

/* The rule that begins at *cursor or after it; *cursor goes behind it. A comment is no rule: it has
 * no tabs. */
static bool next_rule(const char **cursor, struct rule *rule)
{
	while (**cursor) {
		const char *line = *cursor;

		*cursor += strcspn(line, "\n");
		*cursor += **cursor == '\n';
		if (*line != '#' && sscanf(line, "%7[^\t\n]\t%299[^\t\n]\t%119[^\n]", rule->kind,
					   rule->pattern, rule->why) == 3)
			return true;
	}
	return false;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return found;
}

/* What explains the line, into why; false: nothing does. Here objects are taken away on purpose, so
 * "torn" counts. */
static bool explain(const char *text, char *why, size_t size)
{
	const char *cursor = rx_churn_kernel_lines;
	bool explained = false;
	struct rule rule;

	while (next_rule(&cursor, &rule)) {
		if (!matches(rule.pattern, text))
			continue;
		if (!strcmp(rule.kind, "bug"))
			return false;
		if (!explained)
			snprintf(why, size, "%s", rule.why);
		explained = true;
	}
	return explained;
}

/* Lines that differ in numbers alone are one kind of line. */
static void generalise(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 2 < size; text++) {
		if (!isdigit((unsigned char)*text))
			out[n++] = *text;
		else if (!n || out[n - 1] != '#')
			out[n++] = '#';
	}
	out[n] = 0;
}

static void note(json_t *messages, const char *text, struct rx_churn_problems *problems)
{
	char key[400], why[120];
	bool explained;
	json_t *seen;

	generalise(text, key, sizeof(key));
	seen = json_object_get(messages, key);
	if (seen) {
		json_object_set_new(
			seen, "count",
			json_integer(json_integer_value(json_object_get(seen, "count")) + 1));
		return;
	}
	explained = explain(text, why, sizeof(why));
	json_object_set_new(messages, key,
			    json_pack("{s:s,s:s?,s:i,s:i}", "text", text, "why",
				      explained ? why : NULL, "count", 1, "first_cycle",
				      (int)problems->cycle - 1));
	if (!explained)
		rx_churn_problem(problems, "kernel", "", "%.590s", text);
}

int rx_churn_kmsg_open(struct rx_err *err)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return rx_fail(err, "file-read", errno,
			       "/dev/kmsg: %s; what the kernel says could not be judged",
			       strerror(errno));
	lseek(fd, 0, SEEK_END); /* after the last record (Documentation/ABI/testing/dev-kmsg) */
	return fd;
}

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT", then lines that begin with a space. EPIPE: records
 * were overwritten before they were read; the next read goes on behind them. */
void rx_churn_kmsg(int kmsg, json_t *messages, struct rx_churn_problems *problems)
{
	char record[8192], *text;
	ssize_t got;

	for (;;) {
		got = read(kmsg, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE) {
			rx_churn_problem(problems, "kernel", "",
					 "it said more than its buffer holds; lines were lost");
			continue;
		}
		if (got <= 0)
			return;
		record[got] = 0;
		record[strcspn(record, "\n")] = 0;
		text = strchr(record, ';');
		/* facility 0 is the kernel itself: the others were written by programs */
		if (text && strtol(record, NULL, 10) < 8 && text[1])
			note(messages, text + 1, problems);
	}
}
