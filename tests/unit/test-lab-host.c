/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lab file on several hosts: who makes what, and that all of them decide the same. */
#include "tests/unit/lab-test.h"

#define FIVE "name: q\nparent: eth0\nsubnet6: fd77::/64\nendpoints: {count: 5}\n"
#define MIXED \
	"name: q\nparent: eth0\nendpoints:\n  - {name: a, ipv4: 10.77.0.9}\n  - b\n  - {name: c, " \
	"mac: '02:00:00:00:00:07'}\n" \
	"  - {name: d, impair: {loss: 1%}}\n"

static struct rx_lab share(const char *text, const char *host)
{
	struct rx_lab lab = lab_good(text);
	struct rx_err err = {.text = ""};

	if (rx_lab_set_host(host, &lab, &err) || rx_lab_complete(&lab, &err))
		fail_msg("%s", err.text);
	return lab;
}

static const struct rx_node *find(const struct rx_lab *lab, const char *name, bool *remote)
{
	for (size_t i = 0; i < lab->n_nodes + lab->n_remote; i++) {
		*remote = i >= lab->n_nodes;
		if (!strcmp((*remote ? &lab->remote[i - lab->n_nodes] : &lab->nodes[i])->name,
			    name))
			return *remote ? &lab->remote[i - lab->n_nodes] : &lab->nodes[i];
	}
	return NULL;
}

/* Every endpoint is made by one host, and all hosts give it the address, MAC and names that it has
 * without hosts. */
static void judge(const char *text, unsigned hosts)
{
	struct rx_lab whole = lab_whole(text);

	for (unsigned host = 1; host <= hosts; host++) {
		char word[16];
		struct rx_lab lab;

		snprintf(word, sizeof(word), "%u/%u", host, hosts);
		lab = share(text, word);
		assert_int_equal(lab.n_nodes, lab.n_endpoints);
		assert_int_equal(lab.n_nodes + lab.n_remote, whole.n_nodes);
		for (size_t i = 0; i < whole.n_nodes; i++) {
			const struct rx_node *want = &whole.nodes[i], *have;
			bool remote;

			have = find(&lab, want->name, &remote);
			assert_non_null(have);
			assert_int_equal(have->number, i + 1);
			assert_int_equal(remote, i % hosts + 1 != host);
			assert_int_equal(rx_lab_host_of(&lab, have->number), i % hosts + 1);
			assert_memory_equal(have->ifaces[0].mac, want->ifaces[0].mac, 6);
			assert_memory_equal(have->ifaces[0].ipv4.addr, want->ifaces[0].ipv4.addr,
					    4);
			assert_memory_equal(have->ifaces[0].ipv6.addr, want->ifaces[0].ipv6.addr,
					    16);
			assert_string_equal(have->ifaces[0].netdev, want->ifaces[0].netdev);
			assert_string_equal(have->ifaces[0].rdma_dev, want->ifaces[0].rdma_dev);
		}
		rx_lab_free(&lab);
	}
	rx_lab_free(&whole);
}

static void every_host_decides_the_same(void **state)
{
	(void)state;
	judge(FIVE, 2);
	judge(FIVE, 5);
	judge(FIVE, 1);
	judge(MIXED, 2);
	judge(MIXED, 3);
}

/* What the ledger keeps gives the same share again. */
static void round_trip(const char *text)
{
	struct rx_lab lab = share(text, "2/2"), again;
	char *first = lab_text(&lab), *second;

	again = lab_whole(first);
	second = lab_text(&again);
	assert_string_equal(first, second);
	assert_int_equal(again.host, 2);
	assert_int_equal(again.n_nodes, lab.n_nodes);
	assert_string_equal(again.nodes[0].name, lab.nodes[0].name);
	assert_string_equal(again.remote[0].name, lab.remote[0].name);
	free(first);
	free(second);
	rx_lab_free(&lab);
	rx_lab_free(&again);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	round_trip(FIVE);
	round_trip(MIXED);
}

static void refused(const char *text, const char *host, const char *expected)
{
	struct rx_lab lab = lab_good(text);
	struct rx_err err = {.text = ""};
	int rc = rx_lab_set_host(host, &lab, &err);

	if (!rc)
		rc = rx_lab_complete(&lab, &err);
	assert_int_equal(rc, -EINVAL);
	assert_mistakes(&err, expected);
	rx_lab_free(&lab);
}

static void what_cannot_be_shared(void **state)
{
	(void)state;
	refused(FIVE, "0/2", "value-form --host 0/2");
	refused(FIVE, "1/2/3", "value-form --host 1/2/3");
	refused(FIVE, "1/ 2", "value-form --host 1/");
	refused(FIVE, "1/6", "endpoints-too-few --host 1/6");
	refused("name: q\nparent: none\nendpoints: {count: 2}\n", "1/2", "host-share --host 1/2");
	refused("name: q\nparent: eth0\ntopology: dumbbell\nendpoints: {count: 4}\n", "1/2",
		"host-share --host 1/2 routers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_decides_the_same),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_cannot_be_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
