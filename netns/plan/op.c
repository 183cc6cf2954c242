/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations as text and as JSON, from tables, so that a new member is one line. */
#include "netns/plan/op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"

static const struct {
	const char *name, *text;
} kinds[RX_OP_KINDS] = {
#define ROW(kind, type, name, text) [RX_OP_##kind] = {name, text},
	RX_OP_LIST(ROW)
#undef ROW
};

const char *rx_op_kind_name(enum rx_op_kind kind)
{
	return (unsigned)kind < RX_OP_KINDS ? kinds[kind].name : "?";
}

uint64_t rx_op_container(const struct rx_op *op)
{
	bool about = op->kind == RX_OP_DEV_DIR || op->kind == RX_OP_DEVICE ||
		     (op->kind == RX_OP_NETNS && op->value[0]);

	return about ? op->inode : 0;
}

enum member_type { MEMBER_TEXT, MEMBER_UINT, MEMBER_U64, MEMBER_MAC, MEMBER_CIDR, MEMBER_DOUBLE };

static const struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
} members[] = {
#define MEMBER(type, member) \
	{ \
#member, type, offsetof(struct rx_op, member), sizeof(((struct rx_op *)0)->member) \
	}
	MEMBER(MEMBER_UINT, phase),
	MEMBER(MEMBER_UINT, chain),
	MEMBER(MEMBER_TEXT, owner),
	MEMBER(MEMBER_TEXT, netns),
	MEMBER(MEMBER_TEXT, name),
	MEMBER(MEMBER_TEXT, lower),
	MEMBER(MEMBER_TEXT, master),
	MEMBER(MEMBER_TEXT, peer),
	MEMBER(MEMBER_TEXT, link_kind),
	MEMBER(MEMBER_TEXT, twin),
	MEMBER(MEMBER_TEXT, twin_netns),
	MEMBER(MEMBER_UINT, vlan),
	MEMBER(MEMBER_UINT, mtu),
	MEMBER(MEMBER_UINT, index),
	MEMBER(MEMBER_UINT, metric),
	MEMBER(MEMBER_UINT, table),
	MEMBER(MEMBER_UINT, mark),
	MEMBER(MEMBER_UINT, mask),
	MEMBER(MEMBER_UINT, pid),
	MEMBER(MEMBER_MAC, mac),
	MEMBER(MEMBER_CIDR, addr),
	MEMBER(MEMBER_CIDR, via),
	MEMBER(MEMBER_TEXT, value),
	MEMBER(MEMBER_TEXT, before),
	MEMBER(MEMBER_UINT, ifindex),
	MEMBER(MEMBER_U64, inode),
	MEMBER(MEMBER_U64, cookie),
	MEMBER(MEMBER_U64, impair.delay_us),
	MEMBER(MEMBER_U64, impair.jitter_us),
	MEMBER(MEMBER_DOUBLE, impair.loss),
	MEMBER(MEMBER_DOUBLE, impair.duplicate),
	MEMBER(MEMBER_DOUBLE, impair.reorder),
	MEMBER(MEMBER_DOUBLE, impair.corrupt),
	MEMBER(MEMBER_U64, impair.rate_bps),
};

/* ---- text ---- */

/* The value of a member as text; "" where it is none. */
static const char *member_text(const struct member *member, const void *at, bool host, char *buf,
			       size_t size)
{
	uint64_t number = 0;

	buf[0] = '\0';
	switch (member->type) {
	case MEMBER_TEXT:
		return at;
	case MEMBER_UINT:
	case MEMBER_U64:
		number = member->type == MEMBER_UINT ? *(const unsigned *)at
						     : *(const uint64_t *)at;
		if (number)
			snprintf(buf, size, "%llu", (unsigned long long)number);
		return buf;
	case MEMBER_DOUBLE:
		break;
	case MEMBER_MAC:
		return memcmp(at, "\0\0\0\0\0", 6) ? rx_mac_text(at, buf) : buf;
	case MEMBER_CIDR:
		return rx_cidr_text(at, !host, buf, size);
	}
	return buf;
}

/* The value of "member" or "member:host" at name, of so many letters. */
static const char *value_of(const struct rx_op *op, const char *name, size_t length, char *buf,
			    size_t size)
{
	bool host = length > 5 && !strncmp(name + length - 5, ":host", 5);
	size_t i;

	length -= host ? 5 : 0;
	if (length == 6 && !strncmp(name, "impair", 6))
		return rx_impair_text(&op->impair, buf, size);
	for (i = 0; i < RX_ARRAY_SIZE(members); i++)
		if (!strncmp(members[i].name, name, length) && !members[i].name[length])
			return member_text(&members[i], (const char *)op + members[i].offset, host,
					   buf, size);
	return "";
}

static size_t put(char *buf, size_t size, size_t used, const char *text, size_t length)
{
	if (used + length >= size)
		length = size - used - 1;
	memcpy(buf + used, text, length);
	return used + length;
}

/* What the list of kinds (op.h) says about $, [, | and ]. */
const char *rx_op_text(const struct rx_op *op, char *buf, size_t size)
{
	const char *t = kinds[op->kind].text, *value;
	size_t used = 0, before = 0, length;
	bool empty = false, skip = false;
	char room[128];

	for (; *t; t += length) {
		length = 1;
		if (*t == '[') {
			before = used;
			empty = false;
		} else if (*t == '|' || *t == ']') {
			used = empty && !skip ? before : used;
			skip = *t == '|' && !empty;
			empty = false;
		} else if (*t == '$') {
			length += strspn(t + 1, "abcdefghijklmnopqrstuvwxyz_:");
			length -= t[length - 1] == ':';
			value = skip ? "" : value_of(op, t + 1, length - 1, room, sizeof(room));
			empty |= !*value;
			used = put(buf, size, used, value, strlen(value));
		} else if (!skip) {
			used = put(buf, size, used, t, 1);
		}
	}
	buf[used] = '\0';
	return buf;
}

const char *rx_op_key(const struct rx_op *op, char *buf, size_t size)
{
	char addr[64];
	bool by_address = op->kind == RX_OP_ADDR || op->kind == RX_OP_ROUTE ||
			  op->kind == RX_OP_NOT_LOCAL || op->kind == RX_OP_RULE;

	snprintf(buf, size, "%s %s %s %s %u", rx_op_kind_name(op->kind), op->netns, op->name,
		 by_address ? rx_cidr_text(&op->addr, true, addr, sizeof(addr)) : "", op->table);
	return buf;
}

/* ---- JSON ---- */

static json_t *member_to_json(const struct member *member, const void *at)
{
	char text[64];

	switch (member->type) {
	case MEMBER_TEXT:
		return *(const char *)at ? json_string(at) : NULL;
	case MEMBER_UINT:
		return *(const unsigned *)at ? json_integer(*(const unsigned *)at) : NULL;
	case MEMBER_U64:
		return *(const uint64_t *)at ? json_integer((json_int_t) * (const uint64_t *)at)
					     : NULL;
	case MEMBER_DOUBLE:
		return *(const double *)at > 0 ? json_real(*(const double *)at) : NULL;
	case MEMBER_MAC:
		return memcmp(at, "\0\0\0\0\0", 6) ? json_string(rx_mac_text(at, text)) : NULL;
	case MEMBER_CIDR:
		return ((const struct rx_cidr *)at)->family
			       ? json_string(rx_cidr_text(at, true, text, sizeof(text)))
			       : NULL;
	}
	return NULL;
}

json_t *rx_op_to_json(const struct rx_op *op)
{
	json_t *json = json_object();
	size_t i;

	json_object_set_new(json, "op", json_string(rx_op_kind_name(op->kind)));
	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		json_t *value = member_to_json(&members[i], (const char *)op + members[i].offset);

		if (value)
			json_object_set_new(json, members[i].name, value);
	}
	return json;
}

json_t *rx_op_changes_to_json(const struct rx_op *from, const struct rx_op *to)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		const char *before = (const char *)from + members[i].offset,
			   *at = (const char *)to + members[i].offset;
		json_t *after;

		/* what lies behind the end of a text may differ: no harm */
		if (!memcmp(before, at, members[i].size))
			continue;
		after = member_to_json(&members[i], at);
		json_object_set_new(json, members[i].name, after ? after : json_null());
	}
	return json;
}

static bool member_from_json(const struct member *member, const json_t *value, void *at)
{
	switch (member->type) {
	case MEMBER_TEXT:
		if (!json_is_string(value) || json_string_length(value) >= member->size)
			return false;
		memcpy(at, json_string_value(value), json_string_length(value) + 1);
		return true;
	case MEMBER_UINT:
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > 0xffffffffLL)
			return false;
		*(unsigned *)at = (unsigned)json_integer_value(value);
		return true;
	case MEMBER_U64:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		*(uint64_t *)at = (uint64_t)json_integer_value(value);
		return true;
	case MEMBER_DOUBLE:
		*(double *)at = json_number_value(value);
		return json_is_number(value);
	case MEMBER_MAC:
		return json_is_string(value) && rx_mac_parse(json_string_value(value), at);
	case MEMBER_CIDR:
		return json_is_string(value) &&
		       rx_cidr_parse(json_string_value(value), AF_UNSPEC, at);
	}
	return false;
}

/* "r..0" is a netdev's name, ".." is not. */
static bool climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
	return false;
}

/* What becomes part of a path stays below it, whatever a ledger says. */
static bool name_escapes(const struct rx_op *op)
{
	if (op->kind == RX_OP_NETNS)
		return !op->name[0] || op->name[0] == '.' || strchr(op->name, '/');
	return op->kind == RX_OP_SYSCTL && (op->name[0] == '/' || climbs(op->name));
}

int rx_op_changes_from_json(const json_t *json, struct rx_op *op, struct rx_err *err)
{
	const char *kind = rx_op_kind_name(op->kind);
	size_t i;

	for (i = 0; i < RX_ARRAY_SIZE(members); i++) {
		const json_t *value = json_object_get(json, members[i].name);
		char *at = (char *)op + members[i].offset;

		if (json_is_null(value))
			memset(at, 0, members[i].size);
		else if (value && !member_from_json(&members[i], value, at))
			return rx_fail(err, "ledger-damaged", EBADMSG,
				       "operation %s: member \"%s\" is not what it should be", kind,
				       members[i].name);
	}
	if (name_escapes(op))
		return rx_fail(err, "ledger-damaged", EBADMSG,
			       "operation %s: member \"name\" is not what it should be: \"%s\"",
			       kind, op->name);
	return 0;
}

int rx_op_from_json(const json_t *json, struct rx_op *op, struct rx_err *err)
{
	const char *kind = json_string_value(json_object_get(json, "op"));
	size_t i;

	memset(op, 0, sizeof(*op));
	for (i = 0; i < RX_OP_KINDS && (!kind || strcmp(kind, kinds[i].name)); i++)
		;
	if (i == RX_OP_KINDS)
		return rx_fail(err, "ledger-damaged", EBADMSG,
			       "operation of an unknown kind \"%s\"", kind ? kind : "");
	op->kind = (enum rx_op_kind)i;
	return rx_op_changes_from_json(json, op, err);
}
