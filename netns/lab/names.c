/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices as text. */
#include <ctype.h>

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
