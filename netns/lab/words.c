/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One word of a lab file, or the value of an option, into one member: the same checks and sentences
 * for both. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/nearest.h"
#include "netns/lab/lab-priv.h"

/* Decimal digits only: no spaces, no "+", no "0x"; a sign is out of range. */
bool rx_word_uint(struct rx_mistakes *m, const struct rx_word *word, unsigned min, unsigned max,
		  unsigned *to)
{
	const char *number = word->text + (word->text[0] == '-');
	unsigned long value = strtoul(number, NULL, 10);

	if (!*number || number[strspn(number, "0123456789")])
		return rx_bad_word(m, word, "value-form",
				   "\"%.40s\" is not a whole number in %u..%u", word->text, min,
				   max);
	if (number != word->text || strlen(number) > 9 || value < min || value > max)
		return rx_bad_word(m, word, "value-range", "%.40s is not in %u..%u", word->text,
				   min, max);
	*to = (unsigned)value;
	return true;
}

bool rx_word_bool(struct rx_mistakes *m, const struct rx_word *word, bool *to)
{
	*to = !strcmp(word->text, "true");
	if (*to || !strcmp(word->text, "false"))
		return true;
	return rx_bad_word(m, word, "value-choice", "\"%.40s\" is not true or false", word->text);
}

/* "a, b or c" */
static void list_words(const char *const names[], char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; names[i] && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 !i             ? ""
					 : names[i + 1] ? ", "
							: " or ",
					 names[i]);
}

bool rx_word_choice(struct rx_mistakes *m, const struct rx_word *word, const char *const names[],
		    int *to)
{
	char allowed[120], near[64];

	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], word->text)) {
			*to = i;
			return true;
		}
	}
	list_words(names, allowed, sizeof(allowed));
	return rx_bad_word(m, word, "value-choice", "\"%.40s\" is not %s%s", word->text, allowed,
			   rx_did_you_mean(word->text, names, near, sizeof(near)));
}

bool rx_word_name(struct rx_mistakes *m, const struct rx_word *word, size_t max, char *to)
{
	static const char allowed[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
	const char *text = word->text;

	if (!*text)
		return rx_bad_word(m, word, "value-missing", "is empty");
	if (text[strspn(text, allowed)] || *text == '-' || *text == '_')
		return rx_bad_word(m, word, "name-form",
				   "\"%.40s\" is not letters, digits, \"-\" and \"_\" with a "
				   "letter or digit first",
				   text);
	if (strlen(text) > max)
		return rx_bad_word(m, word, "name-form",
				   "\"%.80s\" has %zu characters, at most %zu are allowed", text,
				   strlen(text), max);
	memcpy(to, text, strlen(text) + 1);
	return true;
}

bool rx_word_netdev(struct rx_mistakes *m, const struct rx_word *word, char *to)
{
	const char *text = word->text;

	if (!*text)
		return rx_bad_word(m, word, "value-missing", "is empty");
	if (strlen(text) >= IFNAMSIZ)
		return rx_bad_word(m, word, "netdev-name",
				   "\"%.40s\" has %zu characters, the kernel takes names of at "
				   "most %d",
				   text, strlen(text), IFNAMSIZ - 1);
	if (!rx_netdev_name_valid(text))
		return rx_bad_word(m, word, "netdev-name",
				   "\"%.40s\" is not a valid network device name", text);
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* What no endpoint can have as its own address; NULL: it may be one. */
static const char *not_unicast(const struct rx_cidr *cidr)
{
	const uint8_t *a = cidr->addr;
	static const uint8_t zero[15];

	if (cidr->family == AF_INET) {
		if (!a[0])
			return "in 0.0.0.0/8, which means \"this host\"";
		if (a[0] == 127)
			return "a loopback address";
		return a[0] >= 240 ? "reserved" : a[0] >= 224 ? "multicast" : NULL;
	}
	if (a[0] == 0xff)
		return "multicast";
	if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		return "link-local: every netdev has such an address by itself";
	return memcmp(a, zero, sizeof(zero)) ? NULL : "unspecified or loopback";
}

static const char *family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

bool rx_word_subnet(struct rx_mistakes *m, const struct rx_word *word, int family,
		    struct rx_cidr *to)
{
	unsigned longest = rx_family_bits(family) - 2, shortest = family == AF_INET6 ? 16 : 8;
	struct rx_cidr masked;
	const char *why;

	if (!rx_cidr_parse(word->text, family, to) || !to->prefix)
		return rx_bad_word(m, word, "value-form",
				   "\"%.60s\" is not an %s subnet such as %s", word->text,
				   family_name(family),
				   family == AF_INET6 ? "fd77::/64" : "10.77.0.0/24");
	to->pos = word->pos;
	if (to->prefix < shortest || to->prefix > longest)
		return rx_bad_word(m, word, "value-range",
				   "%.60s: the prefix length %u is not in %u..%u", word->text,
				   to->prefix, shortest, longest);
	masked = *to;
	rx_cidr_mask(&masked);
	if (memcmp(masked.addr, to->addr, sizeof(to->addr)))
		return rx_bad_word(m, word, "subnet-host-bits",
				   "%.60s is an address inside a subnet, did you mean %s?",
				   word->text, rx_subnet_text(&masked));
	why = not_unicast(to);
	if (why)
		return rx_bad_word(m, word, "address-unusable", "%.60s is %s", word->text, why);
	return true;
}

bool rx_word_address(struct rx_mistakes *m, const struct rx_word *word, int family,
		     struct rx_cidr *to)
{
	bool sized = strchr(word->text, '/');
	const char *why;

	if (sized ? !rx_cidr_parse(word->text, family, to) || !to->prefix
		  : !rx_address_parse(word->text, family, to))
		return rx_bad_word(m, word, "value-form",
				   "\"%.60s\" is not an %s address such as %s", word->text,
				   family_name(family),
				   family == AF_INET6 ? "fd77::a" : "10.77.0.10");
	to->pos = word->pos;
	why = not_unicast(to);
	if (why)
		return rx_bad_word(m, word, "address-unusable", "%.60s is %s", word->text, why);
	return true;
}

bool rx_word_mac(struct rx_mistakes *m, const struct rx_word *word, uint8_t to[6])
{
	static const uint8_t zero[6];

	if (!rx_mac_parse(word->text, to))
		return rx_bad_word(m, word, "value-form",
				   "\"%.40s\" is not a MAC address such as 02:00:00:00:00:01",
				   word->text);
	if (to[0] & 1)
		return rx_bad_word(m, word, "address-unusable",
				   "%s is a multicast address: the first byte must be even",
				   word->text);
	if (!memcmp(to, zero, sizeof(zero)))
		return rx_bad_word(m, word, "address-unusable",
				   "%s is all zeros, the kernel takes no such address", word->text);
	return true;
}

/* "leaf-spine:L,S" */
static bool leaves_and_spines(const char *text, struct rx_lab *lab)
{
	char end;

	return strspn(text, "leaf-spine:,0123456789") == strlen(text) &&
	       sscanf(text, "leaf-spine:%9u,%9u%c", &lab->leaves, &lab->spines, &end) == 2 &&
	       lab->leaves >= 2 && lab->leaves <= 128 && lab->spines && lab->spines <= 32;
}

bool rx_word_topology(struct rx_mistakes *m, const struct rx_word *word, struct rx_lab *lab)
{
	static const char *const names[] = {"flat", "ring", "dumbbell", "leaf-spine:L,S", NULL};
	static const char shape[] = "leaf-spine";
	int which;

	if (!strncmp(word->text, shape, strlen(shape)) && strchr(":", word->text[strlen(shape)])) {
		if (!leaves_and_spines(word->text, lab))
			return rx_bad_word(m, word, "value-form",
					   "\"%.40s\" is not leaf-spine:L,S with 2..128 leaves and "
					   "1..32 spines, such as leaf-spine:4,2",
					   word->text);
		lab->topology = RX_TOPOLOGY_LEAF_SPINE;
		return true;
	}
	if (!rx_word_choice(m, word, names, &which))
		return false;
	lab->topology = (enum rx_topology)which;
	return true;
}
