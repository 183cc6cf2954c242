/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values: impairments with their units, addresses, MACs, names of netdevs. */
#include <arpa/inet.h>

#include "netns/base/cleanup.h"
#include "netns/lab/lab-priv.h"
#include "tests/unit/lab-test.h"

static struct rx_impair impair(const char *key, const char *value)
{
	struct rx_impair result = {0};
	struct rx_err err = {.text = ""};

	if (rx_impair_parse(key, value, &result, &err))
		fail_msg("%s", err.text);
	return result;
}

static void impair_units(void **state)
{
	(void)state;
	assert_int_equal(impair("delay", "100us").delay_us, 100);
	assert_int_equal(impair("delay", "2ms").delay_us, 2000);
	assert_int_equal(impair("delay", "1.5ms").delay_us, 1500);
	assert_int_equal(impair("delay", "1s").delay_us, 1000000);
	assert_int_equal(impair("delay", "0").delay_us, 0);
	assert_int_equal(impair("jitter", "60s").jitter_us, 60000000);
	assert_true(impair("loss", "1%").loss == 1);
	assert_true(impair("loss", "1").loss == 1);
	assert_true(impair("corrupt", "0.25%").corrupt == 0.25);
	assert_true(impair("duplicate", "100%").duplicate == 100);
	assert_int_equal(impair("rate", "9600").rate_bps, 9600);
	assert_int_equal(impair("rate", "10Mbit").rate_bps, 10000000);
	assert_int_equal(impair("rate", "1.5gbit").rate_bps, 1500000000);
	assert_int_equal(impair("rate", "1kibit").rate_bps, 1024);
	assert_int_equal(impair("rate", "1mbps").rate_bps, 8000000);
}

static void bad_impair(const char *key, const char *value, const char *expected)
{
	struct rx_impair result = {0};
	struct rx_err err = {.text = ""};

	assert_int_equal(rx_impair_parse(key, value, &result, &err), -EINVAL);
	assert_mistakes(&err, expected);
	assert_false(rx_impair_any(&result));
}

static void impair_mistakes(void **state)
{
	static const char *const never[] = {"",       "ms",  "-1ms", "+1ms", "1e3ms", "0x10ms",
					    "inf",    "nan", " 1ms", "1 ms", "1.ms",  ".5ms",
					    "1..5ms", "1m",  "1msx", "1%%"};
	struct rx_impair result;
	struct rx_err err;

	(void)state;
	bad_impair("delay", "2", "impair-value delay 2");
	bad_impair("delay", "61s", "impair-value delay 61s");
	bad_impair("delay", "0.5us", "impair-value delay 0.5us");
	bad_impair("loss", "100.1%", "impair-value loss 100.1%");
	bad_impair("rate", "1bit", "impair-value rate 1bit");
	bad_impair("speed", "1", "impair-key speed");
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		assert_int_equal(rx_impair_parse("delay", never[i], &result, &err), -EINVAL);
		assert_int_equal(rx_impair_parse("loss", never[i], &result, &err), -EINVAL);
		assert_int_equal(rx_impair_parse("rate", never[i], &result, &err), -EINVAL);
	}
}

static void impair_texts(void **state)
{
	struct rx_impair all = {2000, 150, 1, 0.1, 25, 33.333, 1500000, {0, 0}}, none = {.loss = 0};
	char text[256], tiny[8];

	(void)state;
	assert_string_equal(rx_impair_text(&all, text, sizeof(text)),
			    "delay 2ms jitter 150us loss 1% duplicate 0.1% reorder 25% corrupt "
			    "33.333% rate 1500kbit");
	assert_string_equal(rx_impair_text(&none, text, sizeof(text)), "");
	assert_false(rx_impair_any(&none));
	assert_true(rx_impair_any(&all));
	/* too small a buffer is cut, not overrun */
	assert_true(strlen(rx_impair_text(&all, tiny, sizeof(tiny))) < sizeof(tiny));
}

static void percent_survives_writing(void **state)
{
	static const double values[] = {1, 0.1, 1.0 / 3, 100, 99.999999, 0.00001, 1e-7, 12.5};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct rx_impair one = {.loss = values[i]}, back;

		rx_impair_text(&one, text, sizeof(text));
		back = impair("loss", text + strlen("loss "));
		assert_true(back.loss == values[i]);
	}
}

static void texts(void **state)
{
	const uint8_t mac[6] = {2, 0, 0x5e, 0xff, 0, 1};
	struct rx_cidr cidr = {.family = AF_INET, .addr = {10, 77, 0, 1}, .prefix = 24},
		       none = {.family = 0};
	char text[64];

	(void)state;
	assert_string_equal(rx_cidr_text(&cidr, true, text, sizeof(text)), "10.77.0.1/24");
	assert_string_equal(rx_cidr_text(&cidr, false, text, sizeof(text)), "10.77.0.1");
	assert_string_equal(rx_cidr_text(&none, true, text, sizeof(text)), "");
	assert_string_equal(rx_mac_text(mac, text), "02:00:5e:ff:00:01");
	assert_string_equal(rx_plane_name(RX_PLANE_HOSTED), "hosted");
	assert_string_equal(rx_rdma_mode_name(RX_RDMA_EXCLUSIVE), "exclusive");
	assert_string_equal(rx_link_kind_name(RX_LINK_VETH), "veth");
}

static void netdev_names(void **state)
{
	static const char *const good[] = {"e", "eth0", "enp0s31f6.4094", "a@b", "-", "..."};
	static const char *const bad[] = {
		"", ".", "..", "a/b", "a:b", "a b", "a\n", "a\x7f", "sixteen-letters-", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < RX_ARRAY_SIZE(good); i++)
		assert_true(rx_netdev_name_valid(good[i]));
	for (size_t i = 0; i < RX_ARRAY_SIZE(bad); i++)
		assert_false(rx_netdev_name_valid(bad[i]));
}

static struct rx_cidr cidr_of(int family, const char *address, unsigned prefix)
{
	struct rx_cidr cidr;

	assert_true(rx_address_parse(address, family, &cidr));
	cidr.prefix = prefix;
	return cidr;
}

static void arithmetic(void **state)
{
	struct rx_cidr net = cidr_of(AF_INET, "10.77.0.0", 23),
		       net6 = cidr_of(AF_INET6, "fd77::", 64);
	struct rx_cidr host = rx_cidr_host(&net, 300), top = rx_cidr_host_from_top(&net, 1);
	struct rx_cidr part = rx_cidr_part(&net, 26, 5),
		       far = cidr_of(AF_INET6, "fd77:0:0:1::1", 16);

	(void)state;
	assert_cidr(&host, "10.77.1.44/23");
	assert_cidr(&top, "10.77.1.254/23");
	assert_cidr(&part, "10.77.1.64/26");
	assert_true(rx_cidr_number(&net, &host) == 300);
	assert_true(rx_cidr_number_from_top(&net, &top) == 1);
	assert_true(rx_cidr_room(&net) == 510);
	assert_true(rx_cidr_room(&net6) == UINT64_MAX);
	assert_int_equal(rx_prefix_for(AF_INET, 254), 24);
	assert_int_equal(rx_prefix_for(AF_INET, 255), 23);
	assert_int_equal(rx_prefix_for(AF_INET, 1), 30);
	host = rx_cidr_host(&net6, 255);
	assert_cidr(&host, "fd77::ff/64");
	/* further than 64 bits tell: the largest number stands for all of them */
	assert_true(rx_cidr_number(&far, &far) == UINT64_MAX);
	part = cidr_of(AF_INET, "10.77.1.0", 24);
	assert_true(rx_cidr_overlap(&net, &part));
	part = cidr_of(AF_INET, "10.77.2.0", 24);
	assert_false(rx_cidr_overlap(&net, &part));
	assert_false(rx_cidr_overlap(&net, &net6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impair_units), cmocka_unit_test(impair_mistakes),
		cmocka_unit_test(impair_texts), cmocka_unit_test(percent_survives_writing),
		cmocka_unit_test(texts),        cmocka_unit_test(arithmetic),
		cmocka_unit_test(netdev_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
