/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hosts say to each other: lines of JSON over TCP, and what is not well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/clock.h"
#include "tools/cli/output.h"
#include "tools/verify/remote/remote.h"

static void addresses(void **state)
{
	static const char *const good[] = {"host",           "host:1",
					   "10.0.0.2:65535", "[fd77::1]:18791",
					   "[fd77::1]",      "fd77::1"};
	static const char *const bad[] = {"",       "host:",    "host:0",     "host:65536",
					  "host:x", "[fd77::1", "[fd77::1]x", "host:99999999999"};
	struct rx_err err = {.text = ""};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(rx_wire_judge("remote", good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(rx_wire_judge("remote", bad[i], &err), -EINVAL);
		assert_int_equal(err.status, RX_USAGE);
		assert_string_equal(err.id, "remote-address");
		assert_non_null(strstr(err.text, "--remote"));
	}
}

/* A listener on a port of the kernel's choice; *address: how to reach it. */
static int listen_somewhere(char *address, size_t size)
{
	struct rx_err err = {.text = ""};
	int fd = -1;

	for (unsigned port = 20000 + (unsigned)getpid() % 20000; fd < 0 && port < 60000; port++) {
		snprintf(address, size, "127.0.0.1:%u", port);
		fd = rx_wire_listen(address, address, size, &err);
	}
	assert_true(fd >= 0);
	return fd;
}

/* A child that sends these bytes to whoever listens at address, and then ends. */
static pid_t speak(const char *address, const char *bytes, size_t length)
{
	struct rx_wire wire = {.fd = -1};
	struct rx_err err;
	pid_t child = fork();

	if (child)
		return child;
	if (rx_wire_connect(&wire, address, rx_now() + 5, &err))
		_exit(1);
	while (length) {
		ssize_t sent = send(wire.fd, bytes, length, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			_exit(2);
		bytes += sent > 0 ? sent : 0;
		length -= sent > 0 ? (size_t)sent : 0;
	}
	_exit(0);
}

static struct rx_wire hear(const char *bytes, size_t length, pid_t *child)
{
	char address[96];
	int listener = listen_somewhere(address, sizeof(address));
	struct rx_wire wire = {.fd = -1};
	struct rx_err err = {.text = ""};

	*child = speak(address, bytes, length);
	if (rx_wire_accept(listener, &wire, rx_now() + 5, NULL, &err))
		fail_msg("%s", err.text);
	close(listener);
	return wire;
}

static void lines_are_objects(void **state)
{
	static const char two[] = "{\"a\":1}\n{\"b\":[2]}\n";
	struct rx_err err = {.text = ""};
	struct rx_wire wire = {.fd = -1};
	json_t *message;
	pid_t child;

	(void)state;
	wire = hear(two, sizeof(two) - 1, &child);
	assert_int_equal(rx_wire_receive(&wire, &message, rx_now() + 5, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(message, "a")), 1);
	json_decref(message);
	assert_int_equal(rx_wire_receive(&wire, &message, rx_now() + 5, &err), 0);
	assert_true(json_is_array(json_object_get(message, "b")));
	json_decref(message);
	assert_int_equal(rx_wire_receive(&wire, &message, rx_now() + 5, &err), -EPIPE);
	assert_string_equal(err.id, "remote-gone");
	rx_wire_close(&wire);
	waitpid(child, NULL, 0);
}

static void refuse(const char *bytes, size_t length)
{
	struct rx_err err = {.text = ""};
	struct rx_wire wire = {.fd = -1};
	json_t *message;
	pid_t child;

	wire = hear(bytes, length, &child);
	assert_int_equal(rx_wire_receive(&wire, &message, rx_now() + 10, &err), -EBADMSG);
	assert_null(message);
	rx_wire_close(&wire);
	waitpid(child, NULL, 0);
}

static void nonsense_is_refused(void **state)
{
	char *endless = malloc(RX_WIRE_ROOM + 1);

	(void)state;
	memset(endless, ' ', RX_WIRE_ROOM + 1);
	refuse("GET / HTTP/1.1\r\n\r\n", 18);
	refuse("[1]\n", 4);
	refuse("{\"a\":1,\"a\":2}\n", 14);
	refuse("\n", 1);
	refuse(endless, RX_WIRE_ROOM + 1);
	free(endless);
}

static void silence_has_a_deadline(void **state)
{
	struct rx_err err = {.text = ""};
	struct rx_wire wire = {.fd = -1};
	char address[96];
	int listener = listen_somewhere(address, sizeof(address));
	double began = rx_now();
	json_t *message;

	(void)state;
	/* the kernel has taken the connection, nobody answers */
	assert_int_equal(rx_wire_connect(&wire, address, rx_now() + 5, &err), 0);
	assert_int_equal(rx_wire_receive(&wire, &message, rx_now() + 0.3, &err), -ETIMEDOUT);
	rx_wire_close(&wire);
	close(listener);
	assert_int_not_equal(rx_wire_connect(&wire, address, rx_now() + 0.3, &err), 0);
	assert_string_equal(err.id, "remote-connect");
	assert_true(rx_now() - began < 5);
}

static void a_signal_ends_the_wait(void **state)
{
	static volatile sig_atomic_t stop = 1;
	struct rx_err err = {.text = ""};
	struct rx_wire wire = {.fd = -1};
	char address[96];
	int listener = listen_somewhere(address, sizeof(address));

	(void)state;
	assert_int_equal(rx_wire_accept(listener, &wire, 0, &stop, &err), -EINTR);
	close(listener);
}

static void an_end_comes_back(void **state)
{
	struct rx_far far = {.qp_num = 0xfffffe,
			     .mtu = IBV_MTU_1024,
			     .address = 0x7fff12345678,
			     .rkey = 0xfedcba98,
			     .psn = 0xabcdef},
		      back;
	json_t *json;

	(void)state;
	for (int i = 0; i < 16; i++)
		far.gid.raw[i] = (uint8_t)(i * 17);
	json = rx_far_json(&far);
	assert_true(rx_far_read(json, &back));
	assert_int_equal(back.qp_num, far.qp_num);
	assert_int_equal(back.mtu, far.mtu);
	assert_int_equal(back.psn, far.psn);
	assert_true(back.address == far.address && back.rkey == far.rkey);
	assert_memory_equal(back.gid.raw, far.gid.raw, 16);
	json_object_set_new(json, "mtu", json_integer(1000));
	assert_false(rx_far_read(json, &back));
	json_object_set_new(json, "mtu", json_integer(1024));
	json_object_set_new(json, "qp_num", json_integer(1 << 24));
	assert_false(rx_far_read(json, &back));
	json_object_set_new(json, "qp_num", json_integer(17));
	json_object_set_new(json, "gid", json_string("00"));
	assert_false(rx_far_read(json, &back));
	json_decref(json);
	assert_false(rx_far_read(NULL, &back));
}

static void a_fault_comes_back(void **state)
{
	struct rx_fault fault = {0}, back;
	json_t *json = rx_fault_json(&fault);

	(void)state;
	assert_true(json_is_null(json));
	assert_true(rx_fault_read(json, &back));
	assert_int_equal(back.kind, RX_FAULT_NONE);
	json_decref(json);
	rx_fault(&fault, RX_FAULT_STATUS, 12, "%s", "status 12");
	json = rx_fault_json(&fault);
	assert_true(rx_fault_read(json, &back));
	assert_int_equal(back.kind, RX_FAULT_STATUS);
	assert_int_equal(back.code, 12);
	assert_string_equal(back.text, "status 12");
	json_object_set_new(json, "kind", json_integer(99));
	assert_false(rx_fault_read(json, &back));
	json_object_set_new(json, "kind", json_integer(RX_FAULT_SKIP));
	assert_true(rx_fault_read(json, &back));
	assert_int_equal(back.kind, RX_FAULT_SKIP);
	json_decref(json);
	assert_false(rx_fault_read(NULL, &back));
	/* cut inside a character */
	memset(&fault, 0, sizeof(fault));
	rx_fault(&fault, RX_FAULT_STATUS, 12, "status \xc3");
	json = rx_fault_json(&fault);
	assert_true(rx_fault_read(json, &back));
	assert_int_equal(back.kind, RX_FAULT_STATUS);
	json_decref(json);
}

/* Each host says what its own halves came to, and believes the other of the other's. */
static void halves_come_back(void **state)
{
	struct rx_port port = {0};
	struct rx_meeting m[2] = {{.end = {&port, NULL}}, {.end = {NULL, &port}}};
	struct rx_drive drive[2] = {{.m = &m[0]}, {.m = &m[1]}};
	json_t *message = json_object();

	(void)state;
	for (unsigned direction = 0; direction < 2; direction++)
		for (unsigned role = 0; role < RX_ROLES; role++) {
			drive[0].word[direction][role].key = 10 + 2 * direction + role;
			rx_fault(&drive[0].fault[direction][role], RX_FAULT_STATUS, 12, "theirs");
			rx_fault(&drive[1].fault[direction][role], RX_FAULT_PAYLOAD, 0, "own");
		}
	rx_halves_json(&drive[0], message);
	assert_true(rx_halves_read(message, &drive[1]));
	assert_string_equal(drive[1].fault[0][RX_SENDER].text, "theirs");
	assert_string_equal(drive[1].fault[1][RX_RECEIVER].text, "theirs");
	assert_string_equal(drive[1].fault[0][RX_RECEIVER].text, "own");
	assert_string_equal(drive[1].fault[1][RX_SENDER].text, "own");
	assert_int_equal(drive[1].word[0][RX_SENDER].key, 10 + RX_SENDER);
	assert_int_equal(drive[1].word[0][RX_RECEIVER].key, 0);
	json_array_clear(json_object_get(message, "faults"));
	assert_false(rx_halves_read(message, &drive[1]));
	json_decref(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(lines_are_objects),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(silence_has_a_deadline),
		cmocka_unit_test(a_signal_ends_the_wait),
		cmocka_unit_test(an_end_comes_back),
		cmocka_unit_test(a_fault_comes_back),
		cmocka_unit_test(halves_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
