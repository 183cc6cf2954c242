/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verify's tests that send nothing: whose GIDs the endpoints have, and what an exec shows them.
 * This very program is the exec that isolation starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/verify/verify.h"

#define N 3
#define SHOWN "RXELAB_TEST_SHOWN" /* what our exec finds in /dev/infiniband */

static struct {
	struct rx_node nodes[N];
	struct rx_iface ifaces[N];
	struct rx_node_view node_views[N];
	struct rx_iface_view iface_views[N];
	struct rx_port ports[N];
	size_t first[N + 1];
	struct rx_view view;
	struct rx_verify v;
} lab;

static int make_lab(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	snprintf(lab.view.lab.name, sizeof(lab.view.lab.name), "t");
	for (unsigned i = 0; i < N; i++) {
		struct rx_iface_view *iface = &lab.iface_views[i];

		snprintf(lab.nodes[i].name, sizeof(lab.nodes[i].name), "ep%u", i + 1);
		snprintf(iface->uverbs, sizeof(iface->uverbs), "uverbs%u", i);
		iface->want = &lab.ifaces[i];
		lab.node_views[i].want = &lab.nodes[i];
		lab.node_views[i].ifaces = iface;
		lab.node_views[i].n_ifaces = 1;
		lab.ports[i].node = &lab.node_views[i];
		lab.ports[i].iface = iface;
		lab.ports[i].endpoint = i;
		lab.ports[i].gid[RX_MAIN].gid.raw[0] = 0xfd;
		lab.ports[i].gid[RX_MAIN].gid.raw[15] = (uint8_t)(i + 1);
		lab.first[i] = i;
	}
	lab.first[N] = N;
	lab.view.nodes = lab.node_views;
	lab.view.n_nodes = lab.view.n_endpoints = N;
	lab.v.view = &lab.view;
	lab.v.fabric.view = &lab.view;
	lab.v.fabric.ports = lab.ports;
	lab.v.fabric.n_ports = N;
	lab.v.fabric.first = lab.first;
	rx_results_init(&lab.v.results);
	return 0;
}

static int free_results(void **state)
{
	(void)state;
	rx_results_free(&lab.v.results);
	return 0;
}

static const char *detail_of(int endpoint)
{
	for (size_t i = 0; i < lab.v.results.n; i++)
		if (lab.v.results.result[i].of.from == endpoint)
			return lab.v.results.result[i].detail;
	fail_msg("nothing is said of endpoint %d", endpoint);
	return NULL;
}

/* IPv6 GIDs of one network differ in their last bytes alone. */
static void gids_of_one_network_are_distinct(void **state)
{
	(void)state;
	rx_test_gid_distinct(&lab.v, 0);
	assert_int_equal(lab.v.results.count[RX_PASS], N);
	assert_int_equal(lab.v.results.n, N);
}

static void one_gid_on_two_endpoints_fails_both(void **state)
{
	(void)state;
	lab.ports[2].gid[RX_MAIN].gid = lab.ports[0].gid[RX_MAIN].gid;
	rx_test_gid_distinct(&lab.v, 0);
	assert_int_equal(lab.v.results.count[RX_FAIL], 2);
	assert_int_equal(lab.v.results.count[RX_PASS], 1);
	assert_non_null(strstr(detail_of(0), "ep3"));
	assert_non_null(strstr(detail_of(2), "ep1"));
	assert_null(detail_of(1));
}

static void isolated(const char *shown)
{
	setenv(SHOWN, shown, 1);
	lab.view.n_nodes = lab.view.n_endpoints = 1;
	rx_test_isolation(&lab.v, 0);
	assert_int_equal(lab.v.results.n, 1);
}

/* The device of rdma_cm is everybody's. */
static void its_own_devices_and_rdma_cm_are_right(void **state)
{
	(void)state;
	isolated("rdma_cm\nuverbs0\n");
	if (lab.v.results.count[RX_PASS] != 1)
		fail_msg("%s", detail_of(0));
}

static void a_neighbours_device_is_told(void **state)
{
	(void)state;
	isolated("rdma_cm\nuverbs0\nuverbs1\n");
	assert_int_equal(lab.v.results.count[RX_FAIL], 1);
	assert_non_null(strstr(detail_of(0), "uverbs1"));
}

static void rdma_cm_alone_is_not_enough(void **state)
{
	(void)state;
	isolated("rdma_cm\n");
	assert_int_equal(lab.v.results.count[RX_FAIL], 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gids_of_one_network_are_distinct, make_lab,
						free_results),
		cmocka_unit_test_setup_teardown(one_gid_on_two_endpoints_fails_both, make_lab,
						free_results),
		cmocka_unit_test_setup_teardown(its_own_devices_and_rdma_cm_are_right, make_lab,
						free_results),
		cmocka_unit_test_setup_teardown(a_neighbours_device_is_told, make_lab,
						free_results),
		cmocka_unit_test_setup_teardown(rdma_cm_alone_is_not_enough, make_lab,
						free_results),
	};

	if (argc == 6 && !strcmp(argv[1], "exec") && !strcmp(argv[2], "t/ep1") &&
	    !strcmp(argv[4], "ls") && !strcmp(argv[5], "/dev/infiniband"))
		return fputs(getenv(SHOWN), stdout) < 0;
	return cmocka_run_group_tests_name("isolation", tests, NULL, NULL);
}
