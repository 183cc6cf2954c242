/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who might drop RoCE: chains and rules of nf_tables, read over netlink
 * (include/uapi/linux/netfilter/nf_tables.h). */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/sockdiag.h"
#include "tools/doctor/doctor.h"

struct suspects {
	char *text;
	size_t size;
};

static const char *const families[] = {[NFPROTO_INET] = "inet",
				       [NFPROTO_IPV4] = "ip",
				       [NFPROTO_IPV6] = "ip6",
				       [NFPROTO_BRIDGE] = "bridge"};

static void add(struct suspects *suspects, const char *fmt, unsigned family, const char *table,
		const char *chain)
{
	char one[200];
	size_t used = strlen(suspects->text);
	const char *name = family < RX_ARRAY_SIZE(families) ? families[family] : NULL;

	snprintf(one, sizeof(one), fmt, name ? name : "family", table, chain);
	if (!strstr(suspects->text, one))
		snprintf(suspects->text + used, suspects->size - used, "%s%s", used ? ", " : "",
			 one);
}

static int collect(const struct nlattr *attr, void *arg)
{
	const struct nlattr **table = arg;

	if (mnl_attr_get_type(attr) < 16)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static unsigned family_of(const struct nlmsghdr *reply)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(reply))->nfgen_family;
}

static int on_chain(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *chain[16] = {NULL}, *hook[16] = {NULL};
	unsigned number;

	mnl_attr_parse(reply, sizeof(struct nfgenmsg), collect, chain);
	if (!chain[NFTA_CHAIN_HOOK] || !chain[NFTA_CHAIN_POLICY] || !chain[NFTA_CHAIN_TABLE] ||
	    !chain[NFTA_CHAIN_NAME])
		return 0;
	mnl_attr_parse_nested(chain[NFTA_CHAIN_HOOK], collect, hook);
	number = hook[NFTA_HOOK_HOOKNUM] ? ntohl(mnl_attr_get_u32(hook[NFTA_HOOK_HOOKNUM])) : 99;
	if (ntohl(mnl_attr_get_u32(chain[NFTA_CHAIN_POLICY])) == NF_DROP &&
	    (number == NF_INET_LOCAL_IN || number == NF_INET_FORWARD ||
	     number == NF_INET_LOCAL_OUT))
		add(arg, "policy drop in %s %s %s", family_of(reply),
		    mnl_attr_get_str(chain[NFTA_CHAIN_TABLE]),
		    mnl_attr_get_str(chain[NFTA_CHAIN_NAME]));
	return 0;
}

/* A comparison with the two bytes of port 4791? */
static bool compares_port(const struct nlattr *expression)
{
	const struct nlattr *expr[16] = {NULL}, *cmp[16] = {NULL}, *data[16] = {NULL};
	const uint16_t port = htons(RX_ROCE_PORT);

	mnl_attr_parse_nested(expression, collect, expr);
	if (!expr[NFTA_EXPR_NAME] || !expr[NFTA_EXPR_DATA] ||
	    strcmp(mnl_attr_get_str(expr[NFTA_EXPR_NAME]), "cmp"))
		return false;
	mnl_attr_parse_nested(expr[NFTA_EXPR_DATA], collect, cmp);
	if (!cmp[NFTA_CMP_DATA])
		return false;
	mnl_attr_parse_nested(cmp[NFTA_CMP_DATA], collect, data);
	return data[NFTA_DATA_VALUE] &&
	       mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == sizeof(port) &&
	       !memcmp(mnl_attr_get_payload(data[NFTA_DATA_VALUE]), &port, sizeof(port));
}

static int on_rule(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *rule[16] = {NULL}, *at;

	mnl_attr_parse(reply, sizeof(struct nfgenmsg), collect, rule);
	if (!rule[NFTA_RULE_EXPRESSIONS] || !rule[NFTA_RULE_TABLE] || !rule[NFTA_RULE_CHAIN])
		return 0;
	mnl_attr_for_each_nested(at, rule[NFTA_RULE_EXPRESSIONS])
		if (compares_port(at))
			add(arg, "a rule on port 4791 in %s %s %s", family_of(reply),
			    mnl_attr_get_str(rule[NFTA_RULE_TABLE]),
			    mnl_attr_get_str(rule[NFTA_RULE_CHAIN]));
	return 0;
}

static int dump(struct rx_nl *nl, unsigned type, rx_nl_reply_fn *fn, struct suspects *suspects)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg))];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *general;
	struct rx_err ignored;

	request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	general = mnl_nlmsg_put_extra_header(request, sizeof(*general));
	general->nfgen_family = NFPROTO_UNSPEC;
	general->version = NFNETLINK_V0;
	general->res_id = 0;
	return rx_nl_query(nl, request, fn, NULL, suspects, "nf_tables: reading the rules",
			   &ignored);
}

int rx_nft_suspects(char *text, size_t size)
{
	struct suspects suspects = {text, size};
	struct rx_nl nl = RX_NL_CLOSED;
	struct rx_err ignored;
	char legacy[64];
	int rc;

	*text = '\0';
	/* the calling thread may be in a scratch namespace; the process itself is in the host's */
	rc = rx_nl_open(&nl, NETLINK_NETFILTER, "/proc/self/ns/net", &ignored);
	if (!rc)
		rc = dump(&nl, NFT_MSG_GETCHAIN, on_chain, &suspects);
	if (!rc)
		rc = dump(&nl, NFT_MSG_GETRULE, on_rule, &suspects);
	rx_nl_close(&nl);
	if (!rx_file_read("/proc/net/ip_tables_names", legacy, sizeof(legacy)) && *legacy)
		snprintf(text + strlen(text), size - strlen(text),
			 "%stables of iptables-legacy (iptables-legacy -S shows them)",
			 *text ? ", " : "");
	return *text ? 0 : rc;
}
