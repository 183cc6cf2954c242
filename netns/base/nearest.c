/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "netns/base/cleanup.h"

/* Distance of Levenshtein, cut off at the size of the row. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[40], above, left;
	size_t n = strlen(b);

	if (n >= RX_ARRAY_SIZE(row) || strlen(a) >= RX_ARRAY_SIZE(row))
		return RX_ARRAY_SIZE(row);
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		left = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			above = row[j];
			row[j] = left + (tolower((unsigned char)a[i - 1]) !=
					 tolower((unsigned char)b[j - 1]));
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			left = above;
		}
	}
	return row[n];
}

const char *rx_did_you_mean(const char *word, const char *const names[], char *buf, size_t size)
{
	/* a slip or two; farther than that it is another word: "ls" is not "up" */
	unsigned best = strlen(word) < 3 ? 1 : 2;
	const char *nearest = NULL;

	for (; *names; names++) {
		unsigned found = distance(word, *names);

		if (**names && found <= best && found < strlen(word) &&
		    (!nearest || found < best)) {
			best = found;
			nearest = *names;
		}
	}
	snprintf(buf, size, nearest ? " (did you mean \"%s\"?)" : "%s", nearest ? nearest : "");
	return buf;
}
