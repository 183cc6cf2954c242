/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/lab/tag.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "rxelab:"

void rx_nonce_make(char nonce[RX_NONCE_SIZE])
{
	uint32_t number = 0;

	/* early in a boot there may be no random bytes yet: no reason to wait */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		number = (uint32_t)now.tv_nsec ^ ((uint32_t)getpid() << 16);
	}
	snprintf(nonce, RX_NONCE_SIZE, "%08x", number);
}

const char *rx_tag_text(const char *lab, const char *nonce, char buf[RX_TAG_SIZE])
{
	snprintf(buf, RX_TAG_SIZE, PREFIX "%s%s%s", lab, *nonce ? ":" : "", nonce);
	return buf;
}

bool rx_tag_parse(const char *alias, struct rx_tag *tag)
{
	const char *lab = alias + strlen(PREFIX), *end;
	size_t length;

	if (strncmp(alias, PREFIX, strlen(PREFIX)))
		return false;
	end = strchrnul(lab, ':');
	length = (size_t)(end - lab);
	if (!length || length >= sizeof(tag->lab) || strlen(end) > RX_NONCE_SIZE)
		return false;
	snprintf(tag->lab, sizeof(tag->lab), "%.*s", (int)length, lab);
	snprintf(tag->nonce, sizeof(tag->nonce), "%s", *end ? end + 1 : "");
	return true;
}

bool rx_tag_names(const char *alias, const char *lab)
{
	struct rx_tag tag;

	return rx_tag_parse(alias, &tag) && !strcmp(tag.lab, lab);
}
