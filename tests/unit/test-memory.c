/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prediction of memory against what was measured in guests
 * (docs/dev/measurements.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netns/plan/facts.h"

static const struct {
	const char *what;
	struct rx_load load;
	unsigned kib;
} measured[] = {
	{"7.3.4, 8 shared", {8, 8, 1, RX_RDMA_SHARED, false}, 55064},
	{"7.3.4, 16 shared", {16, 16, 1, RX_RDMA_SHARED, false}, 196728},
	{"7.3.4, 32 shared", {32, 32, 1, RX_RDMA_SHARED, false}, 741936},
	{"6.12.117, 8 in control namespaces", {8, 8, 1, RX_RDMA_SHARED, false}, 55600},
	{"6.12.117, 16 in control namespaces", {16, 16, 1, RX_RDMA_SHARED, false}, 197696},
	{"6.12.117, 32 in control namespaces", {32, 32, 1, RX_RDMA_SHARED, false}, 744708},
	{"6.12.117, 64 without control namespaces", {64, 0, 1, RX_RDMA_SHARED, false}, 84684},
	{"7.3.4, 8 exclusive", {8, 8, 1, RX_RDMA_EXCLUSIVE, true}, 7364},
	{"7.3.4, 64 exclusive", {64, 64, 1, RX_RDMA_EXCLUSIVE, true}, 63348},
	{"7.3.4, 250 exclusive", {250, 250, 1, RX_RDMA_EXCLUSIVE, true}, 239360},
};

static void prediction_is_within_15_percent(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		double ratio = (double)(rx_predict_memory(&measured[i].load) >> 10) /
			       measured[i].kib;

		if (ratio < 0.85 || ratio > 1.15)
			fail_msg("%s: predicted %.2f of what was measured", measured[i].what,
				 ratio);
	}
}

/* Somebody else's namespaces count in shared mode, and only there; without namespaces of its own a
 * lab is linear. */
static void namespaces_count_in_shared_mode(void **state)
{
	struct rx_load alone = {16, 16, 1, RX_RDMA_SHARED, false},
		       busy = {16, 16, 33, RX_RDMA_SHARED, false};
	struct rx_load none = {64, 0, 1, RX_RDMA_SHARED, false},
		       twice = {128, 0, 1, RX_RDMA_SHARED, false};

	(void)state;
	assert_true(rx_predict_memory(&busy) > 2 * rx_predict_memory(&alone));
	alone.mode = busy.mode = RX_RDMA_EXCLUSIVE;
	assert_true(rx_predict_memory(&busy) == rx_predict_memory(&alone));
	assert_true(rx_predict_memory(&twice) == 2 * rx_predict_memory(&none));
	busy.without_gsi = true;
	assert_true(rx_predict_memory(&busy) < rx_predict_memory(&alone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prediction_is_within_15_percent),
		cmocka_unit_test(namespaces_count_in_shared_mode),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
