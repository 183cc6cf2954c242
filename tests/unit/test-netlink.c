/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netlink transport and decoders on a kernel of recorded, garbled, short and missing answers.
 * No root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <rdma/rdma_netlink.h>
#include <stdlib.h>
#include <string.h>

#include "netns/kernel/netem.h"
#include "netns/kernel/rdma.h"
#include "netns/kernel/rtnl.h"
#include "tests/unit/netlink-peer.h"

/* ---- the transport ---- */

static void kernels_sentence_is_kept(void **state)
{
	struct rx_err err = {0};

	(void)state;
	put_ack(-EINVAL, "Invalid MTU, says the kernel");
	assert_int_equal(request(&err), -EINVAL);
	assert_string_equal(err.id, "kernel-refused");
	assert_non_null(strstr(err.text, "netdev x: add: Invalid MTU, says the kernel"));
	put_ack(-EBUSY, NULL);
	assert_int_equal(request(&err), -EBUSY);
	assert_string_equal(err.id, "kernel-refused");
	assert_string_equal(err.text, "netdev x: add: Device or resource busy");
	put_ack(0, NULL);
	assert_int_equal(request(&err), 0);
}

static void system_call_errors(void **state)
{
	static const int codes[] = {EPERM, ENOMEM, EBUSY, ENOBUFS, ENODEV, EINTR};
	struct rx_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		peer.send_result = -codes[i];
		assert_int_equal(request(&err), -codes[i]);
		peer.send_result = 0;
		peer.receive_result = -codes[i];
		assert_int_equal(request(&err), -codes[i]);
		peer.receive_result = 0;
	}
	assert_int_equal(request(&err), -ETIMEDOUT);
	assert_string_equal(err.id, "netlink-timeout");
}

/* Every answer cut at every length: never a crash, never taken for success. */
static void short_answers(void **state)
{
	struct rx_err err = {0};
	size_t whole, length;
	int rc;

	(void)state;
	put_ack(-EINVAL, "a sentence");
	whole = peer.length[0];
	for (length = 1; length < whole; length++) {
		peer.length[0] = length;
		peer.n = 1;
		peer.at = 0;
		rc = request(&err);
		assert_true(rc < 0);
	}
}

/* The acknowledgement's text is not terminated, its attribute is longer than the message, the
 * echoed header lies. */
static void garbled_extack(void **state)
{
	struct nlmsghdr *reply;
	struct nlattr *attr;

	(void)state;
	put_ack(-EINVAL, "abc");
	reply = (void *)peer.answer[0];
	attr = (void *)((char *)reply + reply->nlmsg_len - MNL_ALIGN(sizeof(struct nlattr) + 4));
	assert_string_equal(rx_nl_extack(reply), "abc");
	((char *)mnl_attr_get_payload(attr))[3] = 'd';
	assert_null(rx_nl_extack(reply));
	attr->nla_len = 400;
	assert_null(rx_nl_extack(reply));
	attr->nla_len = 0;
	assert_null(rx_nl_extack(reply));
	reply->nlmsg_flags = NLM_F_ACK_TLVS;
	((struct nlmsgerr *)mnl_nlmsg_get_payload(reply))->msg.nlmsg_len = 0xfffffff0;
	assert_null(rx_nl_extack(reply));
}

static void stale_answers_are_passed_over(void **state)
{
	struct rx_err err = {0};
	struct nlmsghdr *reply;

	(void)state;
	put_ack(-EPERM, NULL);
	reply = (void *)peer.answer[0];
	reply->nlmsg_seq = 77777; /* of an exchange long given up */
	put_ack(0, NULL);
	assert_int_equal(request(&err), 0);
}

static void batch_gives_each_its_answer(void **state)
{
	char bytes[3][32] __attribute__((aligned(4))) = {{0}};
	struct nlmsghdr *list[3];
	struct rx_err err = {0};
	int result[3] = {1, 1, 1};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		list[i] = mnl_nlmsg_put_header(bytes[i]);
		list[i]->nlmsg_type = RTM_NEWNEIGH;
	}
	/* of the second; of the first, done unasked, the kernel says nothing */
	put_ack(-EEXIST, NULL);
	((struct nlmsghdr *)peer.answer[0])->nlmsg_seq = 2;
	put_ack(0, NULL);
	((struct nlmsghdr *)peer.answer[1])->nlmsg_seq = 3;
	assert_int_equal(rx_nl_batch(&nl, list, 3, result, &err), 0);
	assert_int_equal(result[0], 0);
	assert_int_equal(result[1], -EEXIST);
	assert_int_equal(result[2], 0);
	assert_int_equal(peer.sent_length, 3 * sizeof(struct nlmsghdr));
	peer.at = 0;
	peer.n = 1; /* the last answer never comes */
	assert_int_equal(rx_nl_batch(&nl, list, 3, result, &err), -ETIMEDOUT);
}

/* ---- decoders ---- */

static void put_device(uint32_t index, const char *name, uint16_t flags)
{
	struct nlmsghdr *reply = begin(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET), flags);

	mnl_attr_put_u32(reply, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	mnl_attr_put_strz(reply, RDMA_NLDEV_ATTR_DEV_NAME, name);
	mnl_attr_put_u64(reply, RDMA_NLDEV_ATTR_NODE_GUID, 0x0102);
	mnl_attr_put_u32(reply, RDMA_NLDEV_ATTR_MAX + 50, 1); /* newer than this program: skipped */
	finish(reply);
}

static void rdma_devices(void **state)
{
	struct rx_rdma_dev *list;
	struct rx_err err = {0};
	uint32_t index;
	size_t n;

	(void)state;
	peer.same_again = true;
	put_device(3, "rxl.a.b", NLM_F_MULTI);
	put_device(9, "other", NLM_F_MULTI);
	put_done();
	assert_int_equal(rx_rdma_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[1].index, 9);
	assert_string_equal(list[0].name, "rxl.a.b");
	free(list);
	assert_int_equal(rx_rdma_find(&nl, "other", &index, &err), 0);
	assert_int_equal(index, 9);
	assert_int_equal(rx_rdma_find(&nl, "othe", &index, &err), -ENODEV);
}

/* The kernel leaves one out when another goes in the middle of the list. */
static void a_list_that_lacks_one_is_not_believed(void **state)
{
	struct rx_rdma_dev *list;
	struct rx_err err = {0};
	uint32_t index;
	size_t n;

	(void)state;
	put_device(3, "goes", NLM_F_MULTI);
	put_device(9, "third", NLM_F_MULTI); /* "second" had number 2 and has number 1 now */
	put_done();
	for (n = 0; n < 2; n++) {
		put_device(4, "second", NLM_F_MULTI);
		put_device(9, "third", NLM_F_MULTI);
		put_done();
	}
	assert_int_equal(rx_rdma_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "second");
	free(list);
	peer.at = 0;
	assert_int_equal(rx_rdma_find(&nl, "second", &index, &err), 0);
	assert_int_equal(index, 4);
	assert_int_equal(peer.at, 6); /* it is there: no third list */
}

/* Devices that others add meanwhile interrupt the dump: it is repeated and nothing is counted
 * twice. */
static void interrupted_dump_is_repeated(void **state)
{
	struct rx_rdma_dev *list;
	struct rx_err err = {0};
	size_t n;

	(void)state;
	put_device(3, "a", NLM_F_MULTI | NLM_F_DUMP_INTR);
	put_done();
	for (n = 0; n < 2; n++) {
		put_device(3, "a", NLM_F_MULTI);
		put_device(4, "b", NLM_F_MULTI);
		put_done();
	}
	assert_int_equal(rx_rdma_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	free(list);
}

static void lying_error_numbers(void **state)
{
	static const struct {
		int code;
		const char *id;
	} cases[] = {{ENFILE, "name-taken"},
		     {EEXIST, "netdev-has-rxe"},
		     {EPERM, "vlan-has-no-rxe"},
		     {EINVAL, "module-missing"}};
	struct rx_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_ack(-cases[i].code, NULL);
		assert_int_equal(rx_rdma_link_add(&nl, "rxe9", "eth0.20", &err), -cases[i].code);
		assert_string_equal(err.id, cases[i].id);
		assert_non_null(strstr(err.text, "rxe9"));
		assert_non_null(strstr(err.text, "eth0.20"));
	}
	put_ack(-EOPNOTSUPP, NULL);
	assert_int_equal(rx_rdma_move(&nl, 4, "rxe9", 5, &err), -EOPNOTSUPP);
	assert_string_equal(err.id, "rxe-cannot-move");
}

/* Every attribute of a device message cut or stretched: an error or fewer devices, never a read
 * past the end. */
static void garbled_devices(void **state)
{
	struct rx_rdma_dev *list;
	struct rx_err err = {0};
	size_t n;

	(void)state;
	for (unsigned position = sizeof(struct nlmsghdr); position < 60; position++) {
		for (unsigned value = 0; value < 256; value += 51) {
			memset(&peer, 0, sizeof(peer));
			peer.same_again = true;
			put_device(3, "name", NLM_F_MULTI);
			peer.answer[0][position] = (char)value;
			put_done();
			if (!rx_rdma_list(&nl, &list, &n, &err)) {
				assert_true(n <= 1);
				free(list);
			}
		}
	}
}

static void netdevs(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct rx_link_info *list;
	struct rx_err err = {0};
	struct nlmsghdr *reply = begin(RTM_NEWLINK, NLM_F_MULTI);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));
	struct nlattr *info;
	size_t n;

	(void)state;
	body->ifi_index = 12;
	body->ifi_flags = IFF_UP;
	body->ifi_type = ARPHRD_ETHER;
	mnl_attr_put_strz(reply, IFLA_IFNAME, "rxl0001-1");
	mnl_attr_put_u32(reply, IFLA_MTU, 1500);
	mnl_attr_put_u32(reply, IFLA_LINK, 2);
	mnl_attr_put(reply, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_strz(reply, IFLA_IFALIAS, "rxelab:t");
	info = mnl_attr_nest_start(reply, IFLA_LINKINFO);
	mnl_attr_put_strz(reply, IFLA_INFO_KIND, "macvlan");
	mnl_attr_nest_end(reply, info);
	finish(reply);
	put_done();
	assert_int_equal(rx_link_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].ifindex, 12);
	assert_int_equal(list[0].mtu, 1500);
	assert_int_equal(list[0].lower, 2);
	assert_string_equal(list[0].kind, "macvlan");
	assert_string_equal(list[0].alias, "rxelab:t");
	assert_memory_equal(list[0].mac, mac, 6);
	free(list);
}

static void new_netdev_is_encoded(void **state)
{
	static const uint8_t mac[6] = {2, 9, 8, 7, 6, 5};
	struct rx_link_spec spec = {.kind = "macvlan",
				    .name = "rxl0001-2",
				    .lower = 2,
				    .mtu = 1400,
				    .mac = mac,
				    .netns = 33};
	const struct nlmsghdr *sent = (const void *)peer.sent;
	const struct nlattr *attr;
	struct rx_err err = {0};
	unsigned seen = 0;

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_link_add(&nl, &spec, &err), 0);
	assert_int_equal(sent->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(sent->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL),
			 NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_for_each(attr, sent, sizeof(struct ifinfomsg)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			assert_string_equal(mnl_attr_get_str(attr), "rxl0001-2");
			seen |= 1;
			break;
		case IFLA_LINK:
			assert_int_equal(mnl_attr_get_u32(attr), 2);
			seen |= 2;
			break;
		case IFLA_ADDRESS:
			assert_memory_equal(mnl_attr_get_payload(attr), mac, 6);
			seen |= 4;
			break;
		case IFLA_NET_NS_FD:
			assert_int_equal(mnl_attr_get_u32(attr), 33);
			seen |= 8;
			break;
		case IFLA_MTU:
			assert_int_equal(mnl_attr_get_u32(attr), 1400);
			seen |= 16;
			break;
		}
	}
	assert_int_equal(seen, 31);
}

/* What is encoded comes back from the decoder, as the kernel echoes it. */
static void netem_goes_round(void **state)
{
	struct rx_impair want = {.delay_us = 2000,
				 .jitter_us = 100,
				 .loss = 1,
				 .duplicate = 0.5,
				 .reorder = 25,
				 .corrupt = 0.1,
				 .rate_bps = 100000000};
	struct rx_netem_info *list;
	struct rx_err err = {0};
	struct nlmsghdr *reply;
	size_t n;

	(void)state;
	put_ack(0, NULL);
	assert_int_equal(rx_netem_set(&nl, 7, "x", &want, &err), 0);
	peer.n = peer.at = 0;
	memcpy(peer.answer[0], peer.sent, peer.sent_length);
	reply = (void *)peer.answer[0];
	reply->nlmsg_type = RTM_NEWQDISC;
	reply->nlmsg_flags = NLM_F_MULTI;
	reply->nlmsg_seq = 0;
	finish(reply);
	put_done();
	assert_int_equal(rx_netem_list(&nl, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].ifindex, 7);
	assert_int_equal(list[0].impair.delay_us, 2000);
	assert_int_equal(list[0].impair.jitter_us, 100);
	assert_int_equal(list[0].impair.rate_bps, 100000000);
	assert_true(list[0].impair.loss == 1 && list[0].impair.reorder == 25 &&
		    list[0].impair.corrupt == 0.1);
	assert_int_equal(list[0].limit, RX_NETEM_LIMIT);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kernels_sentence_is_kept, start),
		cmocka_unit_test_setup(system_call_errors, start),
		cmocka_unit_test_setup(short_answers, start),
		cmocka_unit_test_setup(garbled_extack, start),
		cmocka_unit_test_setup(stale_answers_are_passed_over, start),
		cmocka_unit_test_setup(batch_gives_each_its_answer, start),
		cmocka_unit_test_setup(rdma_devices, start),
		cmocka_unit_test_setup(a_list_that_lacks_one_is_not_believed, start),
		cmocka_unit_test_setup(interrupted_dump_is_repeated, start),
		cmocka_unit_test_setup(lying_error_numbers, start),
		cmocka_unit_test_setup(garbled_devices, start),
		cmocka_unit_test_setup(netdevs, start),
		cmocka_unit_test_setup(new_netdev_is_encoded, start),
		cmocka_unit_test_setup(netem_goes_round, start),
	};

	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
