/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom doctor blames for RoCE that is dropped: chains and rules as nf_tables would tell of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>

#include "tests/unit/netlink-peer.h"
#include "tools/doctor/doctor.h"

/* No privilege is needed to ask ourselves. */
int setns(int fd, int kind)
{
	(void)fd;
	(void)kind;
	return 0;
}

static int open_nothing(int protocol)
{
	(void)protocol;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static const struct rx_nl_transport transport = {.send = fake_send,
						 .receive = fake_receive,
						 .open = open_nothing};

static int ask_ourselves(void **state)
{
	start(state);
	rx_nl_transport = &transport;
	return 0;
}

static struct nlmsghdr *begin_nft(unsigned type)
{
	struct nlmsghdr *reply = begin((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_MULTI);
	struct nfgenmsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));

	body->nfgen_family = NFPROTO_INET;
	return reply;
}

static void put_chain(const char *name, unsigned hook, unsigned policy)
{
	struct nlmsghdr *reply = begin_nft(NFT_MSG_NEWCHAIN);
	struct nlattr *nest;

	mnl_attr_put_strz(reply, NFTA_CHAIN_TABLE, "filter");
	mnl_attr_put_strz(reply, NFTA_CHAIN_NAME, name);
	nest = mnl_attr_nest_start(reply, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(reply, NFTA_HOOK_HOOKNUM, htonl(hook));
	mnl_attr_nest_end(reply, nest);
	mnl_attr_put_u32(reply, NFTA_CHAIN_POLICY, htonl(policy));
	finish(reply);
}

/* A rule that compares two bytes. */
static void put_rule(const char *chain, uint8_t high, uint8_t low)
{
	const uint8_t bytes[2] = {high, low};
	struct nlmsghdr *reply = begin_nft(NFT_MSG_NEWRULE);
	struct nlattr *all, *one, *data, *value;

	mnl_attr_put_strz(reply, NFTA_RULE_TABLE, "filter");
	mnl_attr_put_strz(reply, NFTA_RULE_CHAIN, chain);
	all = mnl_attr_nest_start(reply, NFTA_RULE_EXPRESSIONS);
	one = mnl_attr_nest_start(reply, NFTA_LIST_ELEM);
	mnl_attr_put_strz(reply, NFTA_EXPR_NAME, "cmp");
	data = mnl_attr_nest_start(reply, NFTA_EXPR_DATA);
	value = mnl_attr_nest_start(reply, NFTA_CMP_DATA);
	mnl_attr_put(reply, NFTA_DATA_VALUE, sizeof(bytes), bytes);
	mnl_attr_nest_end(reply, value);
	mnl_attr_nest_end(reply, data);
	mnl_attr_nest_end(reply, one);
	mnl_attr_nest_end(reply, all);
	finish(reply);
}

/* The host that runs this may have tables of iptables-legacy, which are told last. */
static void suspects_are(const char *expected)
{
	char text[360];

	rx_nft_suspects(text, sizeof(text));
	if (strncmp(text, expected, strlen(expected)) ||
	    strstr(text + strlen(expected), "inet filter"))
		fail_msg("\"%s\" instead of \"%s\"", text, expected);
}

static void chains_that_drop_are_suspects(void **state)
{
	(void)state;
	put_chain("in", NF_INET_LOCAL_IN, NF_DROP);
	put_chain("open", NF_INET_LOCAL_IN, NF_ACCEPT);
	put_chain("early", NF_INET_PRE_ROUTING, NF_DROP);
	put_chain("out", NF_INET_LOCAL_OUT, NF_DROP);
	put_done();
	put_done(); /* no rules */
	suspects_are("policy drop in inet filter in, policy drop in inet filter out");
}

static void rules_on_the_port_are_suspects(void **state)
{
	(void)state;
	put_done(); /* no chains */
	put_rule("ssh", 0, 22);
	put_rule("turned", 4791 & 0xff, 4791 >> 8);
	put_rule("roce", 4791 >> 8, 4791 & 0xff);
	put_done();
	suspects_are("a rule on port 4791 in inet filter roce");
}

static void a_datagram_is_known_by_source_and_port(void **state)
{
	static const struct rx_cidr source = {.family = AF_INET, .addr = {198, 18, 251, 2}};
	uint8_t packet[28] = {[12] = 198, 18, 251, 2,  198,       18,
			      251,        1,  0,   53, 4791 >> 8, 4791 & 0xff};

	(void)state;
	assert_true(rx_is_roce_from(packet, 28, &source));
	assert_false(rx_is_roce_from(packet, 27, &source));
	packet[15] = 3; /* another's */
	assert_false(rx_is_roce_from(packet, 28, &source));
	packet[15] = 2;
	packet[23] = 53; /* to another port */
	assert_false(rx_is_roce_from(packet, 28, &source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(chains_that_drop_are_suspects, ask_ourselves),
		cmocka_unit_test_setup(rules_on_the_port_are_suspects, ask_ourselves),
		cmocka_unit_test(a_datagram_is_known_by_source_and_port),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
