/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom doctor blames for RoCE that is dropped: by what nf_tables tells of a datagram's way, and by
 * counters of iptables-legacy. What its findings come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/doctor/doctor.h"
#include "tools/doctor/filters.h"

static struct rx_nft_trace trace;
static int kernel; /* the other end of its socket */

static int begin_trace(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	trace = (struct rx_nft_trace){.nl = {.fd = ends[0]}, .table = "ours"};
	kernel = ends[1];
	return 0;
}

static int end_trace(void **state)
{
	(void)state;
	close(kernel);
	return 0;
}

/* A step in a chain of "inet filter": a rule with a verdict (a handle), or a policy (0). */
static void put_step(const char *chain, uint64_t handle, uint32_t verdict)
{
	char bytes[512] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
	struct nfgenmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	body->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(message, NFTA_TRACE_TABLE, "filter");
	mnl_attr_put_strz(message, NFTA_TRACE_CHAIN, chain);
	if (handle) {
		struct nlattr *nest;

		mnl_attr_put_u64(message, NFTA_TRACE_RULE_HANDLE, htobe64(handle));
		nest = mnl_attr_nest_start(message, NFTA_TRACE_VERDICT);
		mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(verdict));
		mnl_attr_nest_end(message, nest);
	} else {
		mnl_attr_put_u32(message, NFTA_TRACE_POLICY, htonl(verdict));
	}
	assert_true(send(kernel, bytes, message->nlmsg_len, 0) > 0);
}

static void blamed_is(const char *expected)
{
	char text[200] = "?";

	rx_nft_trace_end(&trace, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void the_rule_that_drops_is_blamed(void **state)
{
	(void)state;
	put_step("guard", 3, NF_ACCEPT);
	put_step("guard", 4, (uint32_t)NFT_JUMP);
	put_step("open", 0, NF_ACCEPT);
	put_step("deep", 7, NF_DROP);
	put_step("later", 8, NF_DROP);
	blamed_is("rule handle 7 of inet filter deep");
}

static void the_policy_that_drops_is_blamed(void **state)
{
	(void)state;
	put_step("open", 0, NF_ACCEPT);
	put_step("in", 0, NF_DROP);
	blamed_is("policy drop of inet filter in");
}

static void nobody_is_blamed_for_what_passes(void **state)
{
	(void)state;
	put_step("guard", 3, NF_ACCEPT);
	put_step("open", 0, NF_ACCEPT);
	blamed_is("");
}

static void the_counter_that_moved_tells(void **state)
{
	struct rx_legacy_rule before[] = {{"filter", "INPUT", 2, 10}, {"filter", "OUTPUT", 0, 0}};
	struct rx_legacy_rule after[] = {{"filter", "INPUT", 2, 14}, {"filter", "OUTPUT", 0, 5}};
	char text[100];

	(void)state;
	rx_legacy_moved(before, 2, after, 2, 5, text, sizeof(text));
	assert_string_equal(text, "policy drop of iptables-legacy filter OUTPUT");
	after[0].packets = 15;
	rx_legacy_moved(before, 2, after, 2, 5, text, sizeof(text));
	assert_string_equal(text, "rule 2 of iptables-legacy filter INPUT");
	/* somebody changed the rules meanwhile */
	rx_legacy_moved(before, 1, after, 2, 5, text, sizeof(text));
	assert_string_equal(text, "");
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

/* ---- the summary ---- */

static void sum_up(const struct rx_doctor *doctor, const char *wanted, json_t *wanted_json)
{
	json_t *summary = rx_summary_json(doctor);
	char *text = rx_summary_text(doctor);

	assert_string_equal(text, wanted);
	assert_non_null(wanted_json);
	assert_true(json_equal(summary, wanted_json));
	free(text);
	json_decref(summary);
	json_decref(wanted_json);
}

static void what_was_found_is_summed_up(void **state)
{
	struct rx_doctor doctor = {0};

	(void)state;
	sum_up(&doctor,
	       "plane unknown; rdma_cm: unknown; routers: unknown; endpoints that fit: unknown",
	       json_pack("{s:n, s:n, s:n, s:n}", "plane", "rdma_cm", "routers", "endpoints"));
	doctor.plane = "hosted";
	doctor.counted = true;
	doctor.fit_shared = 64;
	doctor.fit_exclusive = 800;
	rx_finding(&doctor, "rdma-cm", 0, RX_PROBLEM, NULL, "connect");
	rx_finding(&doctor, "lab", 7, RX_FINE, NULL, "up");
	sum_up(&doctor,
	       "plane hosted; rdma_cm: no; routers: yes; 64 endpoints fit in shared mode, 800 in "
	       "exclusive mode",
	       json_pack("{s:s, s:b, s:b, s:{s:i, s:i}}", "plane", "hosted", "rdma_cm", 0,
			 "routers", 1, "endpoints", "shared", 64, "exclusive", 800));
	doctor.finding[0].verdict = RX_UNTRIED;
	sum_up(&doctor,
	       "plane hosted; rdma_cm: unknown; routers: yes; 64 endpoints fit in shared mode, 800 "
	       "in exclusive mode",
	       json_pack("{s:s, s:n, s:b, s:{s:i, s:i}}", "plane", "hosted", "rdma_cm", "routers",
			 1, "endpoints", "shared", 64, "exclusive", 800));
	free(doctor.finding);
}

static void what_blocks_comes_first(void **state)
{
	struct rx_doctor doctor = {.plane = "netns"};
	char *text;

	(void)state;
	rx_finding(&doctor, "rxe", 0, RX_BLOCKS, NULL, "add");
	text = rx_summary_text(&doctor);
	assert_non_null(strstr(text, "no lab can be made"));
	assert_null(strstr(text, "netns"));
	free(text);
	free(doctor.finding);
}

static void inside(const struct rx_doctor *doctor, const char *text, bool usable, bool cm)
{
	rx_autofree char *is = rx_inside_summary_text(doctor);
	json_t *json = rx_inside_summary_json(doctor);
	json_t *wanted = json_pack("{s:b, s:b}", "usable", usable, "rdma_cm", cm);

	assert_non_null(strstr(is, text));
	assert_true(json_equal(json, wanted));
	json_decref(json);
	json_decref(wanted);
}

static void a_container_is_told_what_is_right_for_it(void **state)
{
	struct rx_doctor doctor = {.own_gid = true};

	(void)state;
	rx_finding(&doctor, "device-node", 0, RX_FINE, NULL, "open");
	inside(&doctor, "rdma_cm: yes", true, true);
	doctor.own_gid = false;
	inside(&doctor, "rdma_cm: no", true, false);
	doctor.own_gid = true;
	rx_finding(&doctor, "device-nodes", 0, RX_LIMIT, NULL, "list");
	inside(&doctor, "rdma_cm: no", true, false);
	rx_finding(&doctor, "memlock", 0, RX_PROBLEM, NULL, "lock");
	inside(&doctor, "cure it on the host", false, false);
	rx_finding(&doctor, "rdma-device", 0, RX_BLOCKS, NULL, "list");
	inside(&doctor, "rxelab attach NAME/ENDPOINT", false, false);
	free(doctor.finding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_known_by_source_and_port),
		cmocka_unit_test_setup_teardown(the_rule_that_drops_is_blamed, begin_trace,
						end_trace),
		cmocka_unit_test_setup_teardown(the_policy_that_drops_is_blamed, begin_trace,
						end_trace),
		cmocka_unit_test_setup_teardown(nobody_is_blamed_for_what_passes, begin_trace,
						end_trace),
		cmocka_unit_test(the_counter_that_moved_tells),
		cmocka_unit_test(what_was_found_is_summed_up),
		cmocka_unit_test(what_blocks_comes_first),
		cmocka_unit_test(a_container_is_told_what_is_right_for_it),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
