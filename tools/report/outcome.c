/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/outcome.h"

#include <string.h>

static const char *const words[RX_OUTCOMES] = {"skip", "pass", "xfail", "xpass", "fail"};

const char *rx_outcome_word(enum rx_outcome outcome)
{
	return words[outcome];
}

bool rx_outcome_from_word(const char *word, enum rx_outcome *outcome)
{
	for (int i = 0; i < RX_OUTCOMES; i++)
		if (!strcmp(word, words[i])) {
			*outcome = (enum rx_outcome)i;
			return true;
		}
	return false;
}
