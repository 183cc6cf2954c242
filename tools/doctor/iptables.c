/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of iptables-legacy (include/uapi/linux/netfilter_ipv4/ip_tables.h): a blob for each table,
 * entries one after the other, each with a counter. */
#include "tools/doctor/doctor.h"

#include <arpa/inet.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/doctor/filters.h"

static const char *const hooks[NF_INET_NUMHOOKS] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
						    "POSTROUTING"};

struct rules {
	struct rx_legacy_rule *list;
	size_t n;
};

static const struct xt_entry_target *target_of(const struct ipt_entry *entry)
{
	return (const void *)((const char *)entry + entry->target_offset);
}

static bool drops(const struct ipt_entry *entry)
{
	const struct xt_entry_target *target = target_of(entry);

	if (!strcmp(target->u.user.name, XT_STANDARD_TARGET))
		return ((const struct xt_standard_target *)target)->verdict == -NF_DROP - 1;
	return !strcmp(target->u.user.name, "REJECT");
}

/* The hook that begins, or whose policy is, at this offset; -1: none. */
static int hook_at(const struct ipt_getinfo *info, const unsigned table[], unsigned offset)
{
	for (int i = 0; i < NF_INET_NUMHOOKS; i++)
		if (info->valid_hooks & 1u << i && table[i] == offset)
			return i;
	return -1;
}

static void read_entries(const struct ipt_getinfo *info, const struct ipt_get_entries *blob,
			 struct rules *rules)
{
	const char *base = (const char *)blob->entrytable;
	char chain[32] = "";
	unsigned number = 0;

	for (unsigned at = 0; at + sizeof(struct ipt_entry) <= blob->size;) {
		const struct ipt_entry *entry = (const void *)(base + at);
		const struct xt_entry_target *target = target_of(entry);
		int hook = hook_at(info, info->hook_entry, at);
		bool names = !strcmp(target->u.user.name, XT_ERROR_TARGET);

		if (entry->next_offset < sizeof(*entry))
			return;
		if (hook >= 0 || names) {
			snprintf(chain, sizeof(chain), "%s",
				 names ? ((const struct xt_error_target *)target)->errorname
				       : hooks[hook]);
			number = names ? 0 : 1;
		} else {
			number++;
		}
		if (!names && drops(entry)) {
			struct rx_legacy_rule *rule = rx_array_add(&rules->list, &rules->n,
								   sizeof(*rule));

			memcpy(rule->table, blob->name, sizeof(rule->table));
			memcpy(rule->chain, chain, sizeof(rule->chain));
			rule->number = hook_at(info, info->underflow, at) >= 0 ? 0 : number;
			rule->packets = entry->counters.pcnt;
		}
		at += entry->next_offset;
	}
}

static void read_table(int fd, const char *name, struct rules *rules)
{
	struct ipt_getinfo info = {.name = ""};
	socklen_t length = sizeof(info);
	rx_autofree struct ipt_get_entries *blob = NULL;

	snprintf(info.name, sizeof(info.name), "%s", name);
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &length))
		return;
	length = (socklen_t)(sizeof(*blob) + info.size);
	blob = rx_alloc(1, length);
	snprintf(blob->name, sizeof(blob->name), "%s", name);
	blob->size = info.size;
	if (!getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, blob, &length))
		read_entries(&info, blob, rules);
}

void rx_legacy_rules(struct rx_legacy_rule **list, size_t *n)
{
	struct rules rules = {NULL, 0};
	/* asking for a table that is not there would load it */
	rx_autofree char *names = rx_file_text("/proc/net/ip_tables_names", 4096, NULL);
	rx_autoclose int fd = names ? rx_host_socket(AF_INET, SOCK_RAW, IPPROTO_RAW) : -1;
	char *save, *name = names ? strtok_r(names, "\n", &save) : NULL;

	for (; fd >= 0 && name; name = strtok_r(NULL, "\n", &save))
		read_table(fd, name, &rules);
	*list = rules.list;
	*n = rules.n;
}

void rx_legacy_moved(const struct rx_legacy_rule *before, size_t n_before,
		     const struct rx_legacy_rule *after, size_t n_after, uint64_t least, char *text,
		     size_t size)
{
	*text = '\0';
	for (size_t i = 0; i < n_after && n_after == n_before && !*text; i++) {
		const struct rx_legacy_rule *rule = &after[i];

		if (rule->packets - before[i].packets < least)
			continue;
		if (rule->number)
			snprintf(text, size, "rule %u of iptables-legacy %s %s", rule->number,
				 rule->table, rule->chain);
		else
			snprintf(text, size, "policy drop of iptables-legacy %s %s", rule->table,
				 rule->chain);
	}
}
