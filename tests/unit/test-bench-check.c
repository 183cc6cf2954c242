/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench --check and --histograms, without a device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/check.h"

/* HdrHistogram's percentile output: its plotters take the numbers of each line. */
static void test_a_histogram_for_plotters(void **state)
{
	struct rx_histogram *h = calloc(1, sizeof(*h));
	double value, share, last = 0;
	unsigned long long seen = 0;
	unsigned lines = 0;
	char *text = NULL, *at;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (uint64_t v = 1; v <= 1000; v++)
		rx_histogram_add(h, v * 1000);
	rx_histogram_print(h, out);
	fclose(out);
	assert_non_null(strstr(text, "Percentile TotalCount 1/(1-Percentile)\n"));
	for (at = strchr(text, '\n') + 1; *at && *at != '#'; at = strchr(at, '\n') + 1) {
		if (*at == '\n')
			continue;
		assert_int_equal(sscanf(at, "%lf %lf %llu", &value, &share, &seen), 3);
		assert_true(value >= last && fabs(share - (double)seen / 1000) < 1e-9);
		/* the share below a value of 1 to 1,000 us is a thousandth of it */
		assert_true(fabs(value - share * 1000) <= value / 64 + 1);
		last = value;
		lines++;
	}
	assert_true(lines > 100 && seen == 1000 && fabs(value - 1000) < 1e-6);
	assert_non_null(strstr(at, "Total count    =         1000]"));
	free(text);
	free(h);
}

/* Two endpoints and a lane of four places, without a device. */
struct checked {
	struct rx_node want[2];
	struct rx_node_view node[2];
	struct rx_port port[2];
	struct rx_bench_test test;
	struct rx_flow flow;
	struct rx_lane lane;
	uint8_t memory[2][8 * 64], pattern[64 + RX_CHECK_PLACES];
};

static struct checked *checked(enum rx_verb verb, enum rx_transport transport)
{
	struct checked *c = calloc(1, sizeof(*c));

	c->test = (struct rx_bench_test){"of-test", verb, RX_BANDWIDTH};
	c->flow.test = &c->test;
	c->flow.transport = transport;
	c->flow.size = 8;
	c->lane.room = 64;
	c->lane.tx_places = c->lane.rx_places = 4;
	c->lane.pattern = c->pattern;
	for (size_t i = 0; i < sizeof(c->pattern); i++)
		c->pattern[i] = (uint8_t)(i * i >> 3 ^ i);
	for (unsigned i = 0; i < 2; i++) {
		c->lane.memory[i] = c->memory[i];
		c->node[i].want = &c->want[i];
		c->port[i].node = &c->node[i];
		c->flow.port[i] = &c->port[i];
	}
	return c;
}

/* Each verb's bytes where they arrive; nothing where they were before. */
static void test_check_sees_what_was_not_moved(void **state)
{
	static const struct {
		enum rx_verb verb;
		enum rx_transport transport;
	} all[] = {{RX_VERB_SEND, RX_RC},  {RX_VERB_SEND, RX_UD}, {RX_VERB_WRITE, RX_RC},
		   {RX_VERB_WRITE, RX_UC}, {RX_VERB_READ, RX_RC}, {RX_VERB_ATOMIC, RX_RC}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct checked *c = checked(all[i].verb, all[i].transport);
		unsigned side = all[i].verb == RX_VERB_SEND || all[i].transport == RX_UC;
		unsigned grh = all[i].transport == RX_UD ? RX_GRH : 0;
		unsigned long n = 4 * 70000 + 2; /* its place is the third */
		struct ibv_wc wc = {.wr_id = 1 + 2,
				    .imm_data = htobe32((uint32_t)n),
				    .wc_flags = IBV_WC_WITH_IMM,
				    .byte_len = 8 + grh};
		uint64_t number = n;
		struct rx_fault fault = {0};
		uint8_t *to = rx_lane_rx(&c->lane, 1, n) + grh;
		const void *bytes = rx_lane_tx(&c->lane, 0, n);

		if (all[i].verb == RX_VERB_READ || all[i].verb == RX_VERB_ATOMIC) {
			bytes = to;
			to = rx_lane_tx(&c->lane, 0, n);
		}
		rx_check_fill(&c->lane, &c->flow, n);
		assert_int_equal(rx_check_done(&c->lane, &c->flow, side, n, &wc, &fault), -1);
		assert_int_equal(fault.kind, RX_FAULT_PAYLOAD);
		assert_int_equal(c->flow.checked, 0);
		if (all[i].verb == RX_VERB_ATOMIC)
			bytes = &number;
		memcpy(to, bytes, 8);
		assert_int_equal(rx_check_done(&c->lane, &c->flow, side, n, &wc, &fault), 0);
		assert_int_equal(c->flow.checked, 1);
		/* the last byte counts, and so does the number */
		to[7] ^= 1;
		assert_int_equal(rx_check_done(&c->lane, &c->flow, side, n, &wc, &fault), -1);
		to[7] ^= 1;
		wc.imm_data = htobe32((uint32_t)n + 4);
		assert_int_equal(rx_check_done(&c->lane, &c->flow, side, n + 4, &wc, &fault), -1);
		free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_histogram_for_plotters),
		cmocka_unit_test(test_check_sees_what_was_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
