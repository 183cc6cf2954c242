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
	return (const char *const[]){"auto", "netns", "hosted"}[plane];
}

const char *rx_topology_name(enum rx_topology topology)
{
	return (const char *const[]){"flat", "ring", "dumbbell", "leaf-spine"}[topology];
}

const char *rx_container_kind_name(enum rx_container_kind kind)
{
	return (const char *const[]){"", "lxc", "podman", "docker", "pid", "netns"}[kind];
}

const char *rx_link_kind_name(enum rx_link_kind kind)
{
	return (const char *const[]){"macvlan", "veth"}[kind];
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
