/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch's parts that need no lab: rates, faults, order, filter, figures in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tools/watch/watch.h"

static void test_figures(void **state)
{
	static const struct {
		double value;
		const char *text;
	} known[] = {{0, "0"}, {0.4, "0"}, {999, "999"}, {999.6, "1.00k"},
		     {1234, "1.23k"}, {12345, "12.3k"}, {123456, "123k"}, {999949, "1.00M"},
		     {9.999e6, "10.0M"}, {99.96e6, "100M"}, {1e9, "1.00G"}, {7.89e20, "789E"}};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_string_equal(rx_watch_figure(known[i].value, text), known[i].text);
		assert_true(strlen(text) <= 5);
	}
}

static struct rx_watch_row read_twice(double seconds)
{
	struct rx_watch_row row = {
		.last = {.at = 100,
			 .netdev = true,
			 .rxe = true,
			 .net = {.tx_bytes = 1000, .rx_bytes = 50, .tx_dropped = 2}},
		.now = {.at = 100 + seconds,
			.netdev = true,
			.rxe = true,
			.net = {.tx_bytes = 5000,
				.rx_bytes = 250,
				.tx_dropped = 3,
				.rx_dropped = 4}},
	};

	row.last.counters[RX_SENT_PKTS] = 10;
	row.now.counters[RX_SENT_PKTS] = 30;
	row.now.counters[RX_RETRIES] = 5;
	row.now.counters[RX_RETRY_EXCEEDED] = 1;
	row.now.netem_dropped = 7;
	return row;
}

static void test_rates(void **state)
{
	struct rx_watch_row row = read_twice(2);

	(void)state;
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 2000 && row.rates.rx_bytes == 100 &&
		    row.rates.sent == 10);
	assert_int_equal(row.faults.drops, 1 + 4 + 7);
	assert_int_equal(row.faults.retries, 5);
	assert_int_equal(row.faults.errors, 1);
	row.last = row.now;
	row.now.at += 2;
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 0 && row.rates.sent == 0);
	assert_int_equal(row.faults.drops, 12);
}

static void test_roce_alone_where_it_is_counted(void **state)
{
	struct rx_watch_row row = read_twice(2);

	(void)state;
	row.last.counted = row.now.counted = true;
	row.now.roce[RX_STEER_OUT] = (struct rx_steer_count){2, 2000};
	row.now.roce[RX_STEER_IN] = (struct rx_steer_count){1, 100};
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 1000 && row.rates.rx_bytes == 50);
	assert_true(row.rates.tx_packets == 1 && row.rates.rx_packets == 0.5);
	assert_int_equal(row.faults.drops, 1 + 4 + 7);
}

static void test_first_reading_is_no_rate(void **state)
{
	struct rx_watch_row row = read_twice(1);

	(void)state;
	row.last.at = 0;
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 0 && row.faults.drops == 0 && row.faults.retries == 0);
}

static void test_counter_that_fell_back_begins_anew(void **state)
{
	struct rx_watch_row row = read_twice(1);

	(void)state;
	row.now.net.tx_bytes = 300;
	row.last.netem_dropped = 9; /* netem was set anew */
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 300);
	assert_int_equal(row.faults.drops, 1 + 4 + 7);
}

static void test_unreadable_counts_nothing(void **state)
{
	struct rx_watch_row row = read_twice(1);

	(void)state;
	row.now.netdev = row.now.rxe = false;
	rx_watch_account(&row);
	assert_true(row.rates.tx_bytes == 0 && row.rates.sent == 0 && !row.faults.drops &&
		    !row.faults.errors);
}

#define ROWS 5

static void make_watch(struct rx_watch *watch, struct rx_watch_row rows[ROWS],
		       struct rx_node_view *node, struct rx_iface_view iface[ROWS])
{
	static const struct rx_node endpoint;
	static const double tx[ROWS] = {10, 30, 20, 30, 0};

	memset(rows, 0, ROWS * sizeof(*rows));
	memset(iface, 0, ROWS * sizeof(*iface));
	node->want = &endpoint;
	for (unsigned i = 0; i < ROWS; i++) {
		snprintf(rows[i].name, sizeof(rows[i].name), "ep%u", i + 1);
		snprintf(rows[i].state, sizeof(rows[i].state), "ACTIVE");
		snprintf(iface[i].ipv4, sizeof(iface[i].ipv4), "10.77.0.%u/24", i + 1);
		iface[i].network = i == 2 ? "blue" : "red";
		rows[i].node = node;
		rows[i].iface = &iface[i];
		rows[i].now.netdev = true;
		rows[i].rates.tx_bytes = rows[i].rates.tx_packets = tx[i];
	}
	*watch = (struct rx_watch){.rows = rows, .n = ROWS};
}

static const char *order_text(const struct rx_watch *watch, char text[64])
{
	const struct rx_watch_row *list[ROWS];
	size_t n = rx_watch_sort(watch, list);

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		strncat(text, list[i]->name + 2, 60 - strlen(text));
	return text;
}

static void test_order(void **state)
{
	struct rx_watch watch;
	struct rx_watch_row rows[ROWS];
	struct rx_node_view node = {0};
	struct rx_iface_view iface[ROWS];
	char text[64];

	(void)state;
	make_watch(&watch, rows, &node, iface);
	assert_string_equal(order_text(&watch, text), "12345");
	watch.order.reverse = true;
	assert_string_equal(order_text(&watch, text), "54321");
	watch.order.key = RX_BY_TX;
	assert_string_equal(order_text(&watch, text), "51324");
	watch.order.reverse = false;
	assert_string_equal(order_text(&watch, text), "24315");
}

static void test_filter(void **state)
{
	struct rx_watch watch;
	struct rx_watch_row rows[ROWS];
	struct rx_node_view node = {0};
	struct rx_iface_view iface[ROWS];
	char text[64];

	(void)state;
	make_watch(&watch, rows, &node, iface);
	snprintf(watch.order.filter, sizeof(watch.order.filter), "blue");
	assert_string_equal(order_text(&watch, text), "3");
	snprintf(watch.order.filter, sizeof(watch.order.filter), "0.4/");
	assert_string_equal(order_text(&watch, text), "4");
	watch.order.filter[0] = '\0';
	watch.order.show = RX_SHOW_BUSY;
	assert_string_equal(order_text(&watch, text), "1234");
	watch.order.show = RX_SHOW_FAULTY;
	assert_string_equal(order_text(&watch, text), "");
	rows[1].faults.errors = 1;
	snprintf(rows[3].state, sizeof(rows[3].state), "DOWN");
	rows[4].now.netdev = false;
	assert_string_equal(order_text(&watch, text), "245");
	watch.order.show = RX_SHOW_IMPAIRED;
	assert_string_equal(order_text(&watch, text), "");
	snprintf(rows[0].impair, sizeof(rows[0].impair), "loss 1%%");
	assert_string_equal(order_text(&watch, text), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_roce_alone_where_it_is_counted),
		cmocka_unit_test(test_first_reading_is_no_rate),
		cmocka_unit_test(test_counter_that_fell_back_begins_anew),
		cmocka_unit_test(test_unreadable_counts_nothing),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
