/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- text ---- */

static bool parse(const char *text, size_t length, int family, struct rx_cidr *to)
{
	char address[INET6_ADDRSTRLEN];

	memset(to, 0, sizeof(*to));
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!family)
		family = strchr(address, ':') ? AF_INET6 : AF_INET;
	to->family = family;
	return inet_pton(family, address, to->addr) == 1;
}

bool rx_address_parse(const char *text, int family, struct rx_cidr *to)
{
	return parse(text, strlen(text), family, to);
}

bool rx_cidr_parse(const char *text, int family, struct rx_cidr *to)
{
	size_t length = strcspn(text, "/"), digits;
	const char *prefix = text + length + 1;

	if (!parse(text, length, family, to) || !text[length])
		return false;
	/* decimal digits only: no sign, no spaces, no "0x" */
	digits = strspn(prefix, "0123456789");
	to->prefix = digits && digits < 10 ? (unsigned)strtoul(prefix, NULL, 10) : UINT32_MAX;
	return !prefix[digits] && to->prefix <= rx_family_bits(to->family);
}

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

bool rx_mac_parse(const char *text, uint8_t mac[6])
{
	bool good = strlen(text) == 17;

	for (unsigned i = 0; good && i < 6; i++, text += 3) {
		good = isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]) &&
		       text[2] == (i < 5 ? ':' : '\0');
		if (good)
			mac[i] = (uint8_t)strtoul(text, NULL, 16);
	}
	return good;
}

const char *rx_mac_text(const uint8_t mac[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

bool rx_netdev_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	while (isgraph((unsigned char)*name) && *name != '/' && *name != ':')
		name++;
	return !*name;
}

/* ---- arithmetic, on numbers in network order ---- */

unsigned rx_family_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

static bool bit(const struct rx_cidr *cidr, unsigned at)
{
	return cidr->addr[at / 8] >> (7 - at % 8) & 1;
}

static void set_bit(struct rx_cidr *cidr, unsigned at, bool value)
{
	uint8_t mask = (uint8_t)(1U << (7 - at % 8));

	cidr->addr[at / 8] = (uint8_t)(value ? cidr->addr[at / 8] | mask
					     : cidr->addr[at / 8] & ~mask);
}

void rx_cidr_mask(struct rx_cidr *cidr)
{
	for (unsigned i = cidr->prefix; i < rx_family_bits(cidr->family); i++)
		set_bit(cidr, i, false);
}

static bool same_prefix(const struct rx_cidr *a, const struct rx_cidr *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if (bit(a, i) != bit(b, i))
			return false;
	return true;
}

bool rx_cidr_overlap(const struct rx_cidr *a, const struct rx_cidr *b)
{
	if (!a->family || a->family != b->family)
		return false;
	return same_prefix(a, b, a->prefix < b->prefix ? a->prefix : b->prefix);
}

bool rx_cidr_contains(const struct rx_cidr *subnet, const struct rx_cidr *address)
{
	return subnet->family && subnet->family == address->family &&
	       same_prefix(subnet, address, subnet->prefix);
}

bool rx_cidr_same_address(const struct rx_cidr *a, const struct rx_cidr *b)
{
	return a->family && a->family == b->family &&
	       !memcmp(a->addr, b->addr, rx_family_bits(a->family) / 8);
}

/* Put the low bits of value below the prefix. */
static void set_host(struct rx_cidr *cidr, uint64_t value, bool inverted)
{
	unsigned bits = rx_family_bits(cidr->family);

	for (unsigned i = 0; i < bits - cidr->prefix; i++)
		set_bit(cidr, bits - 1 - i, (i < 64 && (value >> i & 1)) != inverted);
}

struct rx_cidr rx_cidr_host(const struct rx_cidr *subnet, uint64_t number)
{
	struct rx_cidr host = *subnet;

	set_host(&host, number, false);
	return host;
}

struct rx_cidr rx_cidr_host_from_top(const struct rx_cidr *subnet, uint64_t number)
{
	struct rx_cidr host = *subnet;

	set_host(&host, number, true);
	return host;
}

static uint64_t number(const struct rx_cidr *subnet, const struct rx_cidr *address, bool inverted)
{
	unsigned bits = rx_family_bits(subnet->family);
	uint64_t value = 0;

	for (unsigned i = subnet->prefix; i < bits; i++) {
		if (value >> 63)
			return UINT64_MAX;
		value = value << 1 | (bit(address, i) != inverted);
	}
	return value;
}

uint64_t rx_cidr_number(const struct rx_cidr *subnet, const struct rx_cidr *address)
{
	return number(subnet, address, false);
}

uint64_t rx_cidr_number_from_top(const struct rx_cidr *subnet, const struct rx_cidr *address)
{
	return number(subnet, address, true);
}

uint64_t rx_cidr_room(const struct rx_cidr *subnet)
{
	unsigned host_bits = rx_family_bits(subnet->family) - subnet->prefix;

	if (host_bits < 2)
		return 0;
	return host_bits > 62 ? UINT64_MAX : (UINT64_C(1) << host_bits) - 2;
}

unsigned rx_prefix_for(int family, uint64_t n)
{
	struct rx_cidr subnet = {.family = family, .prefix = rx_family_bits(family) - 2};

	while (rx_cidr_room(&subnet) < n)
		subnet.prefix--;
	return subnet.prefix;
}

struct rx_cidr rx_cidr_part(const struct rx_cidr *subnet, unsigned prefix, uint64_t index)
{
	struct rx_cidr part = *subnet;

	part.prefix = prefix;
	for (unsigned i = 0; i < prefix - subnet->prefix; i++)
		set_bit(&part, prefix - 1 - i, i < 64 && (index >> i & 1));
	return part;
}

struct rx_cidr rx_cidr_ipv4(uint32_t address, unsigned prefix)
{
	struct rx_cidr cidr = {.family = AF_INET, .prefix = prefix};

	for (unsigned i = 0; i < 4; i++)
		cidr.addr[i] = (uint8_t)(address >> (24 - 8 * i));
	rx_cidr_mask(&cidr);
	return cidr;
}

struct rx_cidr rx_cidr_link_local(const uint8_t mac[6])
{
	return (struct rx_cidr){.family = AF_INET6,
				.prefix = 64,
				.addr = {0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff,
					 0xfe, mac[3], mac[4], mac[5]}};
}
