/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxe-cni in a pod whose kernel is ours: netlink's other end, libkmod, setns and the lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rdma/rdma_netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/ledger/lock.h"
#include "tests/unit/fake-libkmod.h"
#include "tests/unit/netlink-peer.h"
#include "tools/cni/pod.h"

#define POD "/proc/self/ns/mnt" /* a namespace that is not ours: of another kind */
#define CONFIG \
	"{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"rxe-cni\",\"prevResult\":{" \
	"\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"" POD "\"}]," \
	"\"ips\":[{\"address\":\"10.1.0.2/24\",\"interface\":0}]}}"

static struct {
	bool locked, eth0, device;
	unsigned requests[2]; /* about RDMA devices: without the lock, with it */
	struct rx_cni_state state;
} world;

int setns(int fd, int kind)
{
	(void)fd;
	(void)kind;
	return 0;
}

const volatile sig_atomic_t *rx_lock_stop;

int rx_lock(const char *name, double timeout, void (*waiting)(const char *holder),
	    struct rx_err *err)
{
	(void)name;
	(void)timeout;
	(void)waiting;
	(void)err;
	assert_false(world.locked);
	world.locked = true;
	return 7;
}

void rx_unlock(const char *name, int fd, bool last)
{
	(void)name;
	(void)fd;
	(void)last;
	world.locked = false;
}

/* ---- the kernel ---- */

static void put_eth0(void)
{
	struct nlmsghdr *reply = begin(RTM_NEWLINK, 0);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(reply, sizeof(*body));

	body->ifi_index = 5;
	mnl_attr_put_strz(reply, IFLA_IFNAME, "eth0");
	finish(reply);
}

static void put_rdma(unsigned command)
{
	struct nlmsghdr *reply = begin((uint16_t)RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command), 0);

	if (command == RDMA_NLDEV_CMD_SYS_GET) {
		mnl_attr_put_u8(reply, RDMA_NLDEV_SYS_ATTR_NETNS_MODE, 1);
	} else {
		mnl_attr_put_u32(reply, RDMA_NLDEV_ATTR_DEV_INDEX, 3);
		mnl_attr_put_strz(reply, RDMA_NLDEV_ATTR_DEV_NAME, world.state.rdma_dev);
	}
	finish(reply);
}

static ssize_t answer(int fd, const void *bytes, size_t length)
{
	unsigned type = ((const struct nlmsghdr *)bytes)->nlmsg_type;

	peer.n = peer.at = 0;
	if (type == RTM_GETLINK && world.eth0) {
		put_eth0();
	} else if (type == RTM_GETLINK) {
		put_ack(-ENODEV, NULL);
	} else if (RDMA_NL_GET_OP(type) == RDMA_NLDEV_CMD_SYS_GET) {
		put_rdma(RDMA_NLDEV_CMD_SYS_GET);
	} else if (RDMA_NL_GET_OP(type) == RDMA_NLDEV_CMD_GET) {
		world.requests[world.locked]++;
		if (world.device)
			put_rdma(RDMA_NLDEV_CMD_GET);
		put_done();
	} else {
		put_ack(-EOPNOTSUPP, NULL);
	}
	return fake_send(fd, bytes, length);
}

static const struct rx_nl_transport transport = {.send = answer,
						 .receive = fake_receive,
						 .open = fake_open};

/* ---- a pod that ADD was called for ---- */

static char folder[] = "/tmp/rxe-cni-pod-XXXXXX", state_folder[64];

static void write_state(const struct rx_cni_request *request)
{
	struct rx_cni_error error;

	assert_int_equal(rx_cni_state_write(request, &world.state, &error), 0);
}

static void start_request(const char *command, struct rx_cni_request *request)
{
	const struct rx_cni_environment env = {command, "c1", POD, "eth0", "", state_folder, NULL};
	struct rx_cni_error error;

	assert_int_equal(rx_cni_request_parse(&env, CONFIG, strlen(CONFIG), request, &error), 0);
}

static int added(void **state)
{
	struct stat pod;

	start(state);
	rx_nl_transport = &transport;
	others_loaded = true; /* ib_uverbs and so on */
	memset(&world, 0, sizeof(world));
	world.eth0 = world.device = true;
	rx_cni_state_key("net", "c1", "eth0", &world.state);
	assert_int_equal(stat(POD, &pod), 0);
	world.state.netns_dev = pod.st_dev;
	world.state.netns_ino = pod.st_ino;
	world.state.index = 3;
	world.state.made = true;
	snprintf(world.state.netns, sizeof(world.state.netns), POD);
	return 0;
}

static bool state_is_there(const struct rx_cni_request *request)
{
	struct rx_cni_state state;
	struct rx_cni_error error;
	bool found;

	assert_int_equal(rx_cni_state_read(request, &state, &found, &error), 0);
	return found;
}

static void end_request(struct rx_cni_request *request)
{
	struct rx_cni_error error;

	rx_cni_state_remove(request, &world.state, &error);
	rx_cni_request_free(request);
}

/* A pod that runs keeps its device: the second ADD is the mistake. */
static void a_second_add_is_refused(void **state)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	json_t *result = NULL;

	(void)state;
	start_request("ADD", &request);
	write_state(&request);
	assert_int_equal(rx_cni_add(&request, &result, &error), RX_CNI_EXISTS);
	assert_true(state_is_there(&request));
	end_request(&request);
}

/* Adds and deletes of RXE devices do not overlap. */
static void add_holds_the_lock(void **state)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	json_t *result = NULL;

	(void)state;
	start_request("ADD", &request);
	write_state(&request);
	rx_cni_add(&request, &result, &error);
	assert_int_equal(world.requests[false], 0);
	assert_int_not_equal(world.requests[true], 0);
	assert_false(world.locked);
	end_request(&request);
}

static void check_knows_the_namespace(void **state)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	json_t *result = NULL;

	(void)state;
	start_request("CHECK", &request);
	write_state(&request);
	world.eth0 = false;
	assert_int_equal(rx_cni_check(&request, &result, &error), RX_CNI_BAD_INTERFACE);
	world.state.netns_ino++;
	write_state(&request);
	assert_int_equal(rx_cni_check(&request, &result, &error), RX_CNI_NOT_ADDED);
	end_request(&request);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(state_folder, sizeof(state_folder), "%s/state", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_second_add_is_refused, added),
		cmocka_unit_test_setup(add_holds_the_lock, added),
		cmocka_unit_test_setup(check_knows_the_namespace, added),
	};

	return cmocka_run_group_tests_name("cni-pod", tests, make_folder, remove_folder);
}
