/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and choices as text. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "netns/lab/lab-priv.h"

const char *rx_cidr_text(const struct rx_cidr *cidr, bool with_prefix, char *buf, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	buf[0] = '\0';
	if (!cidr->family || !inet_ntop(cidr->family, cidr->addr, address, sizeof(address)))
		return buf;
	if (with_prefix)
		snprintf(buf, size, "%s/%u", address, cidr->prefix);
	else
		snprintf(buf, size, "%s", address);
	return buf;
}

const char *rx_mac_text(const uint8_t mac[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

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

const char *rx_rdma_mode_name(enum rx_rdma_mode mode)
{
	switch (mode) {
	case RX_RDMA_AUTO:
		return "auto";
	case RX_RDMA_SHARED:
		return "shared";
	case RX_RDMA_EXCLUSIVE:
		return "exclusive";
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
