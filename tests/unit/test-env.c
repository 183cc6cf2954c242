/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an endpoint is told: quoting that a real shell undoes, variables, names, and the forecast
 * from a lab file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/endpoint/env.h"

static const char two_segments[] = "name: two\n"
				   "parent: eth0\n"
				   "plane: netns\n"
				   "networks:\n"
				   "  red: {vlan: 10, subnet: 10.1.0.0/24}\n"
				   "  blue: {vlan: 20, subnet: 10.2.0.0/24}\n"
				   "routers:\n"
				   "  - {name: r1, networks: [red, blue]}\n"
				   "endpoints:\n"
				   "  - {name: a, network: red, ipv4: 10.1.0.10}\n"
				   "  - {name: m, networks: [red, blue]}\n";

static const char hosted[] = "name: old\n"
			     "parent: eth0\n"
			     "plane: hosted\n"
			     "endpoints: {count: 2}\n";

static void forecast(const char *text, struct rx_view *view)
{
	struct rx_lab lab;
	struct rx_err err = {0};

	if (rx_lab_parse(text, strlen(text), "test", &lab, &err) || rx_lab_complete(&lab, &err))
		fail_msg("%s", err.text);
	rx_view_forecast(&lab, view);
}

static const char *value(const struct rx_env *env, const char *name)
{
	for (size_t i = 0; i < env->n; i++)
		if (!strcmp(env->item[i].name, name))
			return env->item[i].value;
	return "(no such variable)";
}

/* printf %s WORD in /bin/sh gives the word back? */
static void assert_shell_reads(const char *quoted, const char *expected)
{
	char script[512], got[512] = "";
	size_t used = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	snprintf(script, sizeof(script), "printf %%s %s", quoted);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	while (used < sizeof(got) - 1 && (n = read(fds[0], got + used, sizeof(got) - 1 - used)) > 0)
		used += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(got, expected);
}

static void quoting_survives_the_shell(void **state)
{
	static const char *const words[] = {
		"plain", "", "two words", "  spaces  ", "it's", "'", "''",
		"\"double\"", "$HOME", "`id`", "$(id)", "a;b",
		"a&b", "a|b", "*", "~", "#x", "a\\b", "\\",
		"new\nline", "tab\tbed", "!x", "{a,b}", "=rxl.q.a:1", "-n",
		"\xc3\xa4\xff", "a=b c", "rc,self",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *quoted = rx_shell_quote(words[i]);

		assert_non_null(quoted);
		assert_shell_reads(quoted, words[i]);
		free(quoted);
	}
}

static void one_interface(void **state)
{
	struct rx_view view;
	struct rx_env env;

	(void)state;
	forecast(two_segments, &view);
	view.nodes[0].ifaces[0].gid_index = 1;
	rx_env_of(&view, &view.nodes[0], &env);
	assert_string_equal(value(&env, "RXELAB_LAB"), "two");
	assert_string_equal(value(&env, "RXELAB_ENDPOINT"), "a");
	assert_string_equal(value(&env, "RXELAB_IPV4"), "10.1.0.10");
	assert_string_equal(value(&env, "RXELAB_IPV6"), "");
	assert_string_equal(value(&env, "RXELAB_CONTROL_IPV4"), "");
	assert_string_equal(value(&env, "RXELAB_GID"), "0000:0000:0000:0000:0000:ffff:0a01:000a");
	assert_string_equal(value(&env, "RXELAB_GID_INDEX"), "1");
	assert_string_equal(value(&env, "UCX_NET_DEVICES"), "rxl.two.a:1");
	assert_string_equal(value(&env, "UCX_IB_GID_INDEX"), "1");
	assert_string_equal(value(&env, "UCX_UD_VERBS_ETH_DGID_CHECK"), "n");
	/* "=": NCCL takes any device that begins so otherwise */
	assert_string_equal(value(&env, "NCCL_IB_HCA"), "=rxl.two.a:1");
	assert_string_equal(value(&env, "NCCL_IB_GID_INDEX"), "1");
	rx_env_free(&env);
	rx_view_forecast_free(&view);
}

static void two_interfaces(void **state)
{
	struct rx_view view;
	struct rx_env env;
	char expected[256];

	(void)state;
	forecast(two_segments, &view);
	snprintf(expected, sizeof(expected), "%s:1,%s:1", view.nodes[1].ifaces[0].rdma_dev,
		 view.nodes[1].ifaces[1].rdma_dev);
	view.nodes[1].ifaces[0].gid_index = 1;
	view.nodes[1].ifaces[1].gid_index = 3;
	rx_env_of(&view, &view.nodes[1], &env);
	assert_string_equal(value(&env, "UCX_NET_DEVICES"), expected);
	/* one variable cannot say two indexes: it is not said at all */
	assert_string_equal(value(&env, "UCX_IB_GID_INDEX"), "(no such variable)");
	assert_string_equal(value(&env, "NCCL_IB_GID_INDEX"), "(no such variable)");
	assert_string_equal(value(&env, "RXELAB_GID_INDEX"), "1");
	rx_env_free(&env);
	rx_view_forecast_free(&view);
}

static void names_in_the_netns_plane(void **state)
{
	struct rx_view view;
	char *text, expected[128], address[64];

	(void)state;
	forecast(two_segments, &view);
	text = rx_hosts_text(&view, "127.0.0.1 localhost\n");
	assert_non_null(strstr(text, "10.1.0.10\ta\n"));
	snprintf(expected, sizeof(expected), "%s\tm\n",
		 rx_name_address(&view.nodes[1], address, sizeof(address)));
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, "\tm.red\n"));
	assert_non_null(strstr(text, "\tm.blue\n"));
	assert_non_null(strstr(text, "\tr1.red\n"));
	assert_null(strstr(text, "\ta.red\n"));
	/* the host's own lines stay, behind ours */
	assert_string_equal(text + strlen(text) - strlen("127.0.0.1 localhost\n"),
			    "127.0.0.1 localhost\n");
	free(text);
	rx_view_forecast_free(&view);
}

static void names_in_the_hosted_plane(void **state)
{
	struct rx_view view;
	struct rx_env env;
	char address[64], expected[128], *text;

	(void)state;
	forecast(hosted, &view);
	rx_name_address(&view.nodes[0], address, sizeof(address));
	assert_string_equal(address, "10.77.0.1");
	snprintf(expected, sizeof(expected), "%s\tep1\n", address);
	text = rx_hosts_text(&view, "");
	assert_non_null(strstr(text, expected));
	free(text);
	rx_env_of(&view, &view.nodes[0], &env);
	assert_string_equal(value(&env, "RXELAB_IPV4"), address);
	assert_int_equal(strncmp(value(&env, "RXELAB_IPV4"), "10.77.0.", 8), 0);
	rx_env_free(&env);
	rx_view_forecast_free(&view);
}

/* exec inside exec must not pile the blocks up, and a last line without an end must not swallow
 * what follows. */
static void hosts_of_an_outer_exec_are_replaced(void **state)
{
	struct rx_view view;
	char *once, *twice, *ragged;

	(void)state;
	forecast(hosted, &view);
	once = rx_hosts_text(&view, "127.0.0.1 localhost\n::1 ip6\n");
	twice = rx_hosts_text(&view, once);
	assert_string_equal(once, twice);
	ragged = rx_hosts_text(&view, "127.0.0.1 localhost");
	assert_non_null(strstr(ragged, "\n127.0.0.1 localhost\n"));
	free(once);
	free(twice);
	free(ragged);
	rx_view_forecast_free(&view);
}

static void every_interface_once(void **state)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;
	char seen[200] = "";
	struct rx_view view, first;

	(void)state;
	forecast(two_segments, &view);
	view.nodes[0].n_ifaces = 0; /* a node without any is passed over */
	while (rx_view_next(&view, &node, &iface))
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s:%s ",
			 node->want->name, iface->network);
	assert_string_equal(seen, "m:red m:blue r1:red r1:blue ");
	first = view;
	first.n_nodes = 1;
	node = NULL;
	iface = NULL;
	assert_false(rx_view_next(&first, &node, &iface));
	rx_view_forecast_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoting_survives_the_shell),
		cmocka_unit_test(one_interface),
		cmocka_unit_test(two_interfaces),
		cmocka_unit_test(names_in_the_netns_plane),
		cmocka_unit_test(names_in_the_hosted_plane),
		cmocka_unit_test(hosts_of_an_outer_exec_are_replaced),
		cmocka_unit_test(every_interface_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
