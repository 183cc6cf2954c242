/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and choices as text. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"

const char *rx_cdi_version(const char *device)
{
	return isalpha((unsigned char)*device) ? "0.3.0" : "0.5.0";
}

const char *rx_plane_name(enum rx_plane plane)
{
	switch (plane) {
	case RX_PLANE_AUTO:
		return "auto";
	case RX_PLANE_NETNS:
		return "netns";
	case RX_PLANE_HOSTED:
		return "hosted";
	}
	return "";
}

const char *rx_container_kind_name(enum rx_container_kind kind)
{
	static const char *const names[] = {"", "lxc", "podman", "docker", "pid", "netns"};

	return names[kind];
}

const char *rx_link_kind_name(enum rx_link_kind kind)
{
	switch (kind) {
	case RX_LINK_MACVLAN:
		return "macvlan";
	case RX_LINK_VETH:
		return "veth";
	}
	return "";
}

/* Words that some YAML reader would take for something else, or that need quotes, get them. */
static bool is_plain(const char *text)
{
	static const char *const special[] = {"null", "true", "false", "yes", "no",
					      "on",   "off",  "y",     "n"};

	if (!isalpha((unsigned char)*text) && *text != '/')
		return false;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._/-+@%", *at))
			return false;
	for (size_t i = 0; i < RX_ARRAY_SIZE(special); i++)
		if (!strcasecmp(text, special[i]))
			return false;
	return true;
}

const char *rx_quoted(const char *text, char *buf, size_t size)
{
	char *to = buf, *end = buf + size - 3;

	if (is_plain(text)) {
		snprintf(buf, size, "%s", text);
		return buf;
	}
	*to++ = '"';
	for (; *text && to < end; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '"';
	*to = '\0';
	return buf;
}
