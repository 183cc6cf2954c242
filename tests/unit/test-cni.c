/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rxe-cni without a kernel: what it takes for a request, its state files, its CDI document, its
 * error objects. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/cni/pod.h"
#include "tools/cni/state.h"

#define PREV \
	"\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"br0\"},{\"name\":" \
	"\"eth0\",\"mac\":" \
	"\"02:00:00:00:00:01\",\"sandbox\":\"/run/netns/p\"}],\"ips\":[{\"address\":\"10.1.0.2/" \
	"24\",\"interface\":1}," \
	"{\"address\":\"10.9.0.1/24\",\"interface\":0},{\"address\":\"fd00::2/64\"}],\"dns\":{}}"
#define BASE "\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"rxe-cni\""

static const struct rx_cni_environment good = {"ADD", "c1", "/run/netns/p", "eth0", "", NULL, NULL};

static int parse(const struct rx_cni_environment *env, const char *text,
		 struct rx_cni_request *request, struct rx_cni_error *error)
{
	memset(error, 0, sizeof(*error));
	return rx_cni_request_parse(env, text, strlen(text), request, error);
}

/* The code, and that code and message agree. */
static int code_of(struct rx_cni_environment env, const char *text)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	int code = parse(&env, text, &request, &error);

	if (code) {
		assert_int_equal(code, error.code);
		assert_true(*error.msg);
	}
	rx_cni_request_free(&request);
	return code;
}

static void a_good_request(void **unused)
{
	struct rx_cni_request request;
	struct rx_cni_error error;
	struct rx_cni_interface interface;
	char text[64];

	(void)unused;
	assert_int_equal(parse(&good, "{" BASE ",\"cdiDir\":\"/run/cdi\",\"timeout\":3," PREV "}",
			       &request, &error),
			 0);
	assert_int_equal(request.command, RX_CNI_ADD);
	assert_string_equal(request.version, "1.0.0");
	assert_string_equal(request.network, "net");
	assert_string_equal(request.cdi_dir, "/run/cdi");
	assert_int_equal(request.timeout, 3);
	assert_int_equal(rx_cni_interface_of(&request, &interface, &error), 0);
	assert_string_equal(interface.mac, "02:00:00:00:00:01");
	assert_int_equal(interface.n_addrs, 2);
	assert_string_equal(rx_cidr_text(&interface.addrs[0], true, text, sizeof(text)),
			    "10.1.0.2/24");
	assert_string_equal(rx_cidr_text(&interface.addrs[1], true, text, sizeof(text)),
			    "fd00::2/64");
	rx_cni_request_free(&request);
}

static void environment_is_judged(void **unused)
{
	static const char text[] = "{" BASE "," PREV "}";
	struct rx_cni_environment env;
	struct rx_cni_request request;
	struct rx_cni_error error;

	(void)unused;
	env = (struct rx_cni_environment){"ADD", "", "", "", "", NULL, NULL};
	assert_int_equal(parse(&env, text, &request, &error), RX_CNI_BAD_ENVIRONMENT);
	assert_non_null(strstr(error.msg, "CNI_CONTAINERID CNI_IFNAME CNI_NETNS"));
	rx_cni_request_free(&request);
	for (const char *const *name = (const char *const[]){"", "-a", "a/b", "a b", "\xff", NULL};
	     *name; name++) {
		env = good;
		env.container = *name;
		assert_int_equal(code_of(env, text), RX_CNI_BAD_ENVIRONMENT);
	}
	for (const char *const *name = (const char *const[]){"", ".", "..", "a/b", "a:b", "a b",
							     "sixteen-letters-", NULL};
	     *name; name++) {
		env = good;
		env.ifname = *name;
		assert_int_equal(code_of(env, text), RX_CNI_BAD_ENVIRONMENT);
	}
	env = (struct rx_cni_environment){"", "c1", "/n", "eth0", "", NULL, NULL};
	assert_int_equal(code_of(env, text), RX_CNI_BAD_ENVIRONMENT);
	env.command = "add";
	assert_int_equal(code_of(env, text), RX_CNI_BAD_ENVIRONMENT);
	env.command = "DEL";
	env.netns = "";
	assert_int_equal(code_of(env, text), 0);
}

static void configuration_is_judged(void **unused)
{
	static const struct {
		const char *text;
		int code;
	} bad[] = {
		{"", RX_CNI_BAD_JSON},
		{"{", RX_CNI_BAD_JSON},
		{"[]", RX_CNI_BAD_JSON},
		{"{\"a\":1,\"a\":2}", RX_CNI_BAD_JSON},
		{"{\"name\":\"net\"," PREV "}", RX_CNI_BAD_VERSION},
		{"{\"cniVersion\":\"0.3.1\",\"name\":\"net\"," PREV "}", RX_CNI_BAD_VERSION},
		{"{\"cniVersion\":\"1.2.0\",\"name\":\"net\"," PREV "}", RX_CNI_BAD_VERSION},
		{"{\"cniVersion\":1,\"name\":\"net\"," PREV "}", RX_CNI_BAD_JSON},
		{"{\"cniVersion\":\"1.0.0\"," PREV "}", RX_CNI_BAD_CONFIG},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"../x\"," PREV "}", RX_CNI_BAD_CONFIG},
		{"{" BASE "}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"prevResult\":null}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"prevResult\":[]}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"prevResult\":{\"cniVersion\":\"0.4.0\"}}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"cdidir\":\"/run/cdi\"," PREV "}", RX_CNI_BAD_FIELD},
		{"{" BASE ",\"ipam\":{}," PREV "}", RX_CNI_BAD_FIELD},
		{"{" BASE ",\"cdiDir\":\"run/cdi\"," PREV "}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"cdiDir\":7," PREV "}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"timeout\":0," PREV "}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"timeout\":\"5\"," PREV "}", RX_CNI_BAD_CONFIG},
		{"{" BASE ",\"timeout\":1e99," PREV "}", RX_CNI_BAD_CONFIG},
	};
	struct rx_cni_environment env = good;

	(void)unused;
	for (size_t i = 0; i < RX_ARRAY_SIZE(bad); i++) {
		env.command = "ADD";
		assert_int_equal(code_of(env, bad[i].text), bad[i].code);
		env.command = "CHECK";
		if (!strstr(bad[i].text, "0.4.0"))
			assert_int_equal(code_of(env, bad[i].text), bad[i].code);
	}
	env.command = "ADD";
	assert_int_equal(code_of(env, "{" BASE ",\"cni.dev/"
				      "x\":1,\"args\":{},\"runtimeConfig\":{},"
				      "\"deviceID\":\"x\"," PREV "}"),
			 0);
}

static void undoing_forgives(void **unused)
{
	struct rx_cni_environment env = good;

	(void)unused;
	env.command = "DEL";
	assert_int_equal(code_of(env, "{" BASE "}"), 0);
	assert_int_equal(code_of(env, "{" BASE ",\"cdidir\":1,\"timeout\":-1,\"prevResult\":[]}"),
			 0);
	assert_int_equal(code_of(env, "{\"cniVersion\":\"1.0.0\"}"), RX_CNI_BAD_CONFIG);
}

static void gc_and_status_came_with_1_1(void **unused)
{
	struct rx_cni_environment env = {"GC", "", "", "", "", NULL, NULL};

	(void)unused;
#define NEW "\"cniVersion\":\"1.1.0\",\"name\":\"net\""
#define VALID ",\"cni.dev/valid-attachments\":"
	assert_int_equal(code_of(env, "{" BASE VALID "[]}"), RX_CNI_BAD_VERSION);
	assert_int_equal(code_of(env, "{" NEW "}"), RX_CNI_BAD_CONFIG);
	assert_int_equal(code_of(env, "{" NEW VALID "{}}"), RX_CNI_BAD_CONFIG);
	assert_int_equal(code_of(env, "{" NEW VALID "[{\"containerID\":\"a\"}]}"),
			 RX_CNI_BAD_CONFIG);
	assert_int_equal(code_of(env, "{" NEW VALID "[{\"containerID\":\"a\",\"ifname\":7}]}"),
			 RX_CNI_BAD_CONFIG);
	assert_int_equal(code_of(env, "{" NEW VALID "[7]}"), RX_CNI_BAD_CONFIG);
	assert_int_equal(code_of(env, "{" NEW VALID "null}"), 0);
	assert_int_equal(code_of(env, "{" NEW VALID "[{\"containerID\":\"a\",\"ifname\":\"e\"}]}"),
			 0);
	env.command = "STATUS";
	assert_int_equal(code_of(env, "{" BASE "}"), RX_CNI_BAD_VERSION);
	assert_int_equal(code_of(env, "{" NEW "}"), 0);
}

static void version_echoes(void **unused)
{
	static const char *const inputs[][2] = {
		{"", "1.1.0"},
		{"{\"cniVersion\":\"0.3.1\"}", "0.3.1"},
		{"junk", "1.1.0"},
		{"{\"cniVersion\":\"much-too-long-and-no-version\"}", "1.1.0"}};
	struct rx_cni_environment env = {"VERSION", "", "", "", "", NULL, NULL};
	struct rx_cni_request request;
	struct rx_cni_error error;
	json_t *result;

	(void)unused;
	for (size_t i = 0; i < RX_ARRAY_SIZE(inputs); i++) {
		assert_int_equal(parse(&env, inputs[i][0], &request, &error), 0);
		assert_int_equal(rx_cni_version(&request, &result, &error), 0);
		assert_string_equal(json_string_value(json_object_get(result, "cniVersion")),
				    inputs[i][1]);
		assert_int_equal(json_array_size(json_object_get(result, "supportedVersions")), 3);
		json_decref(result);
		rx_cni_request_free(&request);
	}
}

static void errors_are_json_whatever_they_quote(void **unused)
{
	struct rx_cni_request request = {.version = "1.0.0"};
	struct rx_cni_error error;
	json_t *object;

	(void)unused;
	rx_cni_fail(&error, RX_CNI_BAD_CONFIG, "two\nlines \x01", "cut: %.3s", "ab\xc3\xa9");
	object = rx_cni_error_json(&request, &error);
	assert_string_equal(json_string_value(json_object_get(object, "msg")), "cut: ab?");
	assert_string_equal(json_string_value(json_object_get(object, "details")), "two\nlines ?");
	assert_int_equal(json_integer_value(json_object_get(object, "code")), RX_CNI_BAD_CONFIG);
	assert_string_equal(json_string_value(json_object_get(object, "id")), "cni-config");
	json_decref(object);
}

static void interfaces_of_the_result(void **unused)
{
	static const char *const bad[] = {
		"{}",
		"{\"interfaces\":[{\"name\":\"eth0\"}]}",
		"{\"interfaces\":[{\"name\":\"eth1\",\"sandbox\":\"/n\"}]}",
		"{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/"
		"n\"}],\"ips\":[{\"address\":\"10.0.0.1\"}]}",
		"{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/n\"}],\"ips\":[{}]}",
		"{\"interfaces\":7}",
	};
	struct rx_cni_interface interface;
	struct rx_cni_error error;

	(void)unused;
	for (size_t i = 0; i < RX_ARRAY_SIZE(bad); i++) {
		json_t *prev = json_loads(bad[i], 0, NULL);
		struct rx_cni_request request = {.env = good, .prev = prev};

		assert_int_equal(rx_cni_interface_of(&request, &interface, &error),
				 RX_CNI_BAD_CONFIG);
		json_decref(prev);
	}
}

static void cidrs(void **unused)
{
	struct rx_cidr cidr;

	(void)unused;
	assert_true(rx_cidr_parse("0.0.0.0/0", AF_UNSPEC, &cidr));
	assert_true(rx_cidr_parse("::/128", AF_UNSPEC, &cidr) && cidr.prefix == 128);
	for (const char *const *text =
		     (const char *const[]){
			     "", "/", "10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1",
			     "10.0.0.1/ 8", "10.0.0.1/8x", "::1/129", "x/8",
			     "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8", NULL};
	     *text; text++)
		assert_false(rx_cidr_parse(*text, AF_UNSPEC, &cidr));
}

static void arguments(void **unused)
{
	char buf[8];

	(void)unused;
	assert_true(rx_cni_arg("A=1;BC=two;", "BC", buf, sizeof(buf)));
	assert_string_equal(buf, "two");
	assert_false(rx_cni_arg("A=1;BC=two", "B", buf, sizeof(buf)));
	assert_false(rx_cni_arg("A=much-too-long", "A", buf, sizeof(buf)));
	assert_false(rx_cni_arg("A=;=;;B", "A", buf, sizeof(buf)));
}

/* ---- state ---- */

static char folder[] = "/tmp/rxe-cni-test-XXXXXX", state_folder[64];
static const struct rx_cni_request mine = {
	.network = "net",
	.env = {.container = "c1", .ifname = "eth0", .state_dir = state_folder},
};

static int make_folder(void **unused)
{
	(void)unused;
	assert_non_null(mkdtemp(folder));
	snprintf(state_folder, sizeof(state_folder), "%s/state", folder);
	return 0;
}

static int remove_folder(void **unused)
{
	(void)unused;
	return rmdir(folder);
}

static void state_comes_and_goes(void **unused)
{
	struct rx_cni_state state, again, *list;
	struct rx_cni_error error;
	bool found;
	size_t n;

	(void)unused;
	rx_cni_state_key("net", "c1", "eth0", &state);
	assert_int_equal(strlen(state.rdma_dev), 20);
	snprintf(state.netns, sizeof(state.netns), "/run/netns/p");
	state.netns_ino = 4026532000u;
	state.index = 7;
	assert_int_equal(rx_cni_state_read(&mine, &again, &found, &error), 0);
	assert_false(found);
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), 0);
	state.made = true;
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), 0);
	assert_int_equal(rx_cni_state_read(&mine, &again, &found, &error), 0);
	assert_true(found);
	assert_memory_equal(&state, &again, sizeof(state));
	assert_int_equal(rx_cni_state_list(&mine, &list, &n, &error), 0);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].container, "c1");
	free(list);
	assert_int_equal(rx_cni_state_remove(&mine, &state, &error), 0);
	assert_int_equal(rx_cni_state_remove(&mine, &state, &error), 0);
	assert_int_equal(access(state_folder, F_OK), -1);
	assert_int_equal(rx_cni_state_list(&mine, &list, &n, &error), 0);
	assert_int_equal(n, 0);
}

static void state_names_are_distinct(void **unused)
{
	struct rx_cni_state one, other;

	(void)unused;
	rx_cni_state_key("net", "ab", "c", &one);
	rx_cni_state_key("net", "a", "bc", &other);
	assert_string_not_equal(one.rdma_dev, other.rdma_dev);
}

static void a_foreign_folder_is_refused(void **unused)
{
	struct rx_cni_state state;
	struct rx_cni_error error;

	(void)unused;
	rx_cni_state_key("net", "c1", "eth0", &state);
	assert_int_equal(mkdir(state_folder, 0700), 0);
	assert_int_equal(chmod(state_folder, 0755), 0);
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), RX_CNI_IO);
	assert_int_equal(chmod(state_folder, 0750), 0);
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), RX_CNI_IO);
	assert_int_equal(rmdir(state_folder), 0);
	assert_int_equal(symlink("/tmp", state_folder), 0);
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), RX_CNI_IO);
	assert_int_equal(unlink(state_folder), 0);
}

static void broken_state_gives_its_key(void **unused)
{
	struct rx_cni_state state, again;
	struct rx_cni_error error;
	char path[128];
	bool found;
	FILE *file;

	(void)unused;
	rx_cni_state_key("net", "c1", "eth0", &state);
	assert_int_equal(rx_cni_state_write(&mine, &state, &error), 0);
	snprintf(path, sizeof(path), "%s/net/c1:eth0", state_folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "{\"rxe-cni\":1,");
	fclose(file);
	assert_int_equal(rx_cni_state_read(&mine, &again, &found, &error), 0);
	assert_true(found);
	assert_string_equal(again.rdma_dev, state.rdma_dev);
	assert_int_equal(rx_cni_state_remove(&mine, &state, &error), 0);
}

/* ---- CDI ---- */

static void cdi_names(void **unused)
{
	struct rx_cni_request request = {.env = good};
	char name[512];

	(void)unused;
	assert_string_equal(rx_cni_cdi_name(&request, name, sizeof(name)), "c1.eth0");
	request.env.args = "IgnoreUnknown=1;K8S_POD_NAME=web/1";
	assert_string_equal(rx_cni_cdi_name(&request, name, sizeof(name)), "web-1.eth0");
	request.env.args = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";
	assert_string_equal(rx_cni_cdi_name(&request, name, sizeof(name)), "default.web.eth0");
}

/* Runtimes that hold a file against its version refuse a name that it does not know yet. */
static void cdi_version_is_the_lowest(void **unused)
{
	const struct rx_cni_interface interface = {.n_addrs = 0};
	const char *const cases[][2] = {{"a.eth0", "0.3.0"},
					{"7f3a.eth0", "0.5.0"},
					{"default.web.eth0", "0.3.0"}};

	(void)unused;
	for (size_t i = 0; i < RX_ARRAY_SIZE(cases); i++) {
		json_t *document = rx_cni_cdi_json(cases[i][0], "rxc.1", "uverbs3",
						   makedev(231, 195), 0, -1, &interface);

		assert_string_equal(json_string_value(json_object_get(document, "cdiVersion")),
				    cases[i][1]);
		json_decref(document);
	}
}

static void cdi_document(void **unused)
{
	struct rx_cni_interface interface = {.n_addrs = 2};
	const char *name, *type;
	json_t *document, *nodes, *env;
	bool first = false;
	int major_number, minor_number;

	(void)unused;
	assert_true(rx_cidr_parse("10.1.0.2/24", AF_UNSPEC, &interface.addrs[0]));
	assert_true(rx_cidr_parse("10.1.0.3/24", AF_UNSPEC, &interface.addrs[1]));
	document = rx_cni_cdi_json("a.eth0", "rxc.1", "uverbs3", makedev(231, 195),
				   makedev(10, 121), 1, &interface);
	assert_int_equal(json_unpack(document, "{s:[{s:s, s:{s:o, s:o}}]}", "devices", "name",
				     &name, "containerEdits", "deviceNodes", &nodes, "env", &env),
			 0);
	assert_string_equal(name, "a.eth0");
	assert_int_equal(json_array_size(nodes), 2);
	assert_int_equal(json_unpack(json_array_get(nodes, 0), "{s:s, s:s, s:i, s:i}", "path",
				     &name, "type", &type, "major", &major_number, "minor",
				     &minor_number),
			 0);
	assert_string_equal(name, "/dev/infiniband/uverbs3");
	assert_int_equal(major_number * 1000 + minor_number, 231195);
	/* the first address, whose GID index is told */
	for (size_t i = 0; i < json_array_size(env); i++)
		first |= !strcmp(json_string_value(json_array_get(env, i)), "RXELAB_IPV4=10.1.0.2");
	assert_true(first);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_request),
		cmocka_unit_test(environment_is_judged),
		cmocka_unit_test(configuration_is_judged),
		cmocka_unit_test(undoing_forgives),
		cmocka_unit_test(gc_and_status_came_with_1_1),
		cmocka_unit_test(version_echoes),
		cmocka_unit_test(errors_are_json_whatever_they_quote),
		cmocka_unit_test(interfaces_of_the_result),
		cmocka_unit_test(cidrs),
		cmocka_unit_test(arguments),
		cmocka_unit_test(state_comes_and_goes),
		cmocka_unit_test(state_names_are_distinct),
		cmocka_unit_test(a_foreign_folder_is_refused),
		cmocka_unit_test(broken_state_gives_its_key),
		cmocka_unit_test(cdi_names),
		cmocka_unit_test(cdi_document),
		cmocka_unit_test(cdi_version_is_the_lowest),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
