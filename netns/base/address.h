/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: IPv4 and IPv6 with their prefixes, and MACs; from text, to text, and as numbers. Names
 * of netdevs. */
#ifndef RXELAB_NETNS_BASE_ADDRESS_H
#define RXELAB_NETNS_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/base/position.h"

/* An address or subnet. family 0: not given. addr in network order, 4 or 16 bytes. */
struct rx_cidr {
	int family;
	uint8_t addr[16];
	unsigned prefix;
	struct rx_pos pos;
};

/* "ADDRESS/PREFIX" and "ADDRESS" (prefix 0); family AF_UNSPEC: either. */
bool rx_cidr_parse(const char *text, int family, struct rx_cidr *to);
bool rx_address_parse(const char *text, int family, struct rx_cidr *to);
/* "10.77.0.1/24" (with_prefix) or "10.77.0.1"; "" for family 0. Returns buf. */
const char *rx_cidr_text(const struct rx_cidr *cidr, bool with_prefix, char *buf, size_t size);

/* Six bytes of two hexadecimal digits, with colons between. */
bool rx_mac_parse(const char *text, uint8_t mac[6]);
const char *rx_mac_text(const uint8_t mac[6], char buf[18]);

/* A name that a netdev can have (dev_valid_name(), net/core/dev.c), and that a terminal shows. */
bool rx_netdev_name_valid(const char *name);

unsigned rx_family_bits(int family);     /* 32 or 128 */
void rx_cidr_mask(struct rx_cidr *cidr); /* clear what is beyond the prefix */
bool rx_cidr_overlap(const struct rx_cidr *a, const struct rx_cidr *b);
bool rx_cidr_contains(const struct rx_cidr *subnet, const struct rx_cidr *address);
bool rx_cidr_same_address(const struct rx_cidr *a, const struct rx_cidr *b);
/* The address number hosts up from the subnet's own, or down from its last one; prefix as the
 * subnet. */
struct rx_cidr rx_cidr_host(const struct rx_cidr *subnet, uint64_t number);
struct rx_cidr rx_cidr_host_from_top(const struct rx_cidr *subnet, uint64_t number);
/* How far an address is from its subnet's first or last address, UINT64_MAX if further than
 * that. */
uint64_t rx_cidr_number(const struct rx_cidr *subnet, const struct rx_cidr *address);
uint64_t rx_cidr_number_from_top(const struct rx_cidr *subnet, const struct rx_cidr *address);
/* Addresses for hosts: without the subnet's own and the last one (IPv4: broadcast); saturates. */
uint64_t rx_cidr_room(const struct rx_cidr *subnet);
/* The longest prefix of that family that leaves room for n hosts. */
unsigned rx_prefix_for(int family, uint64_t n);
/* Part number index of a subnet cut into parts of that prefix. */
struct rx_cidr rx_cidr_part(const struct rx_cidr *subnet, unsigned prefix, uint64_t index);
/* The link-local address that a netdev of that MAC has by itself, /64 (RFC 4291, appendix A). */
struct rx_cidr rx_cidr_link_local(const uint8_t mac[6]);
struct rx_cidr rx_cidr_ipv4(uint32_t address, unsigned prefix);

#endif
