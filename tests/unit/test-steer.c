/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a frame at an endpoint of the hosted plane: the programs that tc would be given,
 * run here. bpf_prog_load is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "netns/kernel/steer.h"
#include "tests/unit/bpf-machine.h"
#include "tests/unit/netlink-peer.h"

#define MARK (RX_STEER_MARK + 3)
#define FILTER_TYPES 4

/* In the order of being loaded. */
static struct {
	const char *name;
	struct bpf_insn insns[256];
	size_t n;
} programs[FILTER_TYPES];
static size_t n_programs;

/* libbpf's header is left out: its versions differ in whether the options are const. */
int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insns, size_t n, const void *options);
int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insns, size_t n, const void *options)
{
	(void)license;
	(void)options;
	assert_int_equal(type, BPF_PROG_TYPE_SCHED_CLS);
	assert_true(n_programs < FILTER_TYPES && n <= 256);
	programs[n_programs].name = name;
	programs[n_programs].n = n;
	memcpy(programs[n_programs++].insns, insns, n * sizeof(*insns));
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int bpf_map_create(enum bpf_map_type type, const char *name, uint32_t key, uint32_t value,
		   uint32_t entries, const void *options);
int bpf_map_create(enum bpf_map_type type, const char *name, uint32_t key, uint32_t value,
		   uint32_t entries, const void *options)
{
	(void)name;
	(void)options;
	assert_int_equal(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	assert_int_equal(key, 4);
	assert_int_equal(value, sizeof(struct rx_steer_count));
	assert_int_equal(entries, RX_STEER_WAYS);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Numbers that are negative ones, if somebody takes them for signed. */
static const struct rx_link_info wire = {.ifindex = 11,
					 .name = "rxl0001-1w",
					 .mac = {0xfa, 0x81, 0x82, 0x83, 0x84, 0x85}};
static const struct rx_link_info rxe = {.ifindex = 12,
					.name = "rxl0001-1x",
					.mac = {0xfe, 0x81, 0x82, 0x83, 0x84, 0x85}};

static ssize_t acknowledge(int fd, const void *bytes, size_t length)
{
	peer.n = peer.at = 0;
	put_ack(0, NULL);
	return fake_send(fd, bytes, length);
}

static int load_programs(void **state)
{
	static const struct rx_nl_transport transport = {.send = acknowledge,
							 .receive = fake_receive};
	struct rx_err err = {0};

	start(state);
	rx_nl_transport = &transport;
	n_programs = 0;
	return rx_steer(&nl, RX_STEER_EBPF, &wire, &rxe, MARK, &err);
}

static struct outcome run(const char *name, const uint8_t *frame, size_t size)
{
	struct outcome outcome = {.size = size};
	struct machine m = {.outcome = &outcome, .packet = {.len = (uint32_t)size}};

	memcpy(outcome.frame, frame, size);
	for (size_t i = 0; i < n_programs; i++) {
		if (strcmp(programs[i].name, name))
			continue;
		outcome.result = run_insns(&m, programs[i].insns, programs[i].n, &m.packet);
		outcome.mark = m.packet.mark;
		return outcome;
	}
	fail_msg("there is no program %s", name);
	return outcome;
}

/* ---- frames ---- */

struct frame {
	uint8_t bytes[128];
};

static struct frame frame_to(const uint8_t mac[6], unsigned type)
{
	struct frame frame = {.bytes = {[12] = (uint8_t)(type >> 8), [13] = (uint8_t)type}};

	memcpy(frame.bytes, mac, 6);
	return frame;
}

static void put_port(uint8_t *udp, unsigned port)
{
	udp[2] = (uint8_t)(port >> 8);
	udp[3] = (uint8_t)port;
}

/* words: of the IPv4 header, five without options */
static struct frame ipv4(const uint8_t mac[6], unsigned words, unsigned protocol, unsigned port)
{
	struct frame frame = frame_to(mac, 0x0800);

	frame.bytes[14] = (uint8_t)(0x40 | words);
	frame.bytes[23] = (uint8_t)protocol;
	put_port(frame.bytes + 14 + (size_t)(4 * words), port);
	return frame;
}

static struct frame ipv6(const uint8_t mac[6], unsigned next, unsigned port)
{
	struct frame frame = frame_to(mac, 0x86dd);

	frame.bytes[14] = 0x60;
	frame.bytes[20] = (uint8_t)next;
	put_port(frame.bytes + 54, port);
	return frame;
}

static struct frame icmp6(const uint8_t mac[6], unsigned type)
{
	struct frame frame = ipv6(mac, 58, 0);

	frame.bytes[54] = (uint8_t)type;
	return frame;
}

static struct frame arp(const uint8_t mac[6], unsigned operation)
{
	struct frame frame = frame_to(mac, 0x0806);

	frame.bytes[21] = (uint8_t)operation;
	return frame;
}

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* ---- where they go ---- */

static void goes_to_rxe(struct frame frame)
{
	struct outcome is = run("rxelab_in", frame.bytes, sizeof(frame.bytes));

	assert_int_equal(is.redirected, rxe.ifindex);
	assert_true(is.inward);
	assert_int_equal(is.mark, MARK);
	assert_memory_equal(is.frame, rxe.mac, 6);
	assert_memory_equal(is.frame + 6, frame.bytes + 6, sizeof(frame.bytes) - 6);
	assert_int_equal(is.cloned, 0);
}

/* By RXE's netdev too, whose macvlan the endpoint's own netdev is. */
static void goes_to_the_endpoint(struct frame frame)
{
	struct outcome is = run("rxelab_in", frame.bytes, sizeof(frame.bytes));

	assert_int_equal(is.redirected, rxe.ifindex);
	assert_true(is.inward);
	assert_int_equal(is.mark, 0);
	assert_memory_equal(is.frame, frame.bytes, sizeof(frame.bytes));
	assert_int_equal(is.cloned, 0);
}

static void goes_to_both(struct frame frame)
{
	struct outcome is = run("rxelab_in", frame.bytes, sizeof(frame.bytes));

	assert_int_equal(is.cloned, rxe.ifindex);
	assert_int_equal(is.redirected, 0);
	assert_int_equal(is.result, 0); /* TC_ACT_OK: the wire's netdev has it, too */
	assert_int_equal(is.mark, MARK);
	assert_memory_equal(is.frame, frame.bytes, sizeof(frame.bytes));
}

static void roce_goes_to_rxe(void **state)
{
	(void)state;
	goes_to_rxe(ipv4(wire.mac, 5, 17, 4791));
	goes_to_rxe(ipv4(wire.mac, 8, 17, 4791)); /* with options */
	goes_to_rxe(ipv6(wire.mac, 17, 4791));
}

/* A bridge floods what is for others as long as it does not know where they are. */
static void roce_for_others_stays_away_from_rxe(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		uint8_t other[6];

		memcpy(other, wire.mac, 6);
		other[i] ^= 0x10;
		goes_to_the_endpoint(ipv4(other, 5, 17, 4791));
		goes_to_the_endpoint(ipv6(other, 17, 4791));
	}
}

static void what_only_looks_like_roce_is_the_endpoints(void **state)
{
	struct frame fragment = ipv4(wire.mac, 5, 17, 4791);

	(void)state;
	goes_to_the_endpoint(ipv4(wire.mac, 5, 17, 4790));
	goes_to_the_endpoint(ipv4(wire.mac, 5, 6, 4791));
	goes_to_the_endpoint(ipv6(wire.mac, 17, 53));
	goes_to_the_endpoint(ipv6(wire.mac, 6, 4791));
	goes_to_the_endpoint(frame_to(wire.mac, 0x8847));
	fragment.bytes[21] = 185; /* its payload only has the port's bytes where a port would be */
	goes_to_the_endpoint(fragment);
	fragment.bytes[20] = 0x10; /* far behind the first */
	fragment.bytes[21] = 0;
	goes_to_the_endpoint(fragment);
	fragment.bytes[20] = 0x40; /* must not be fragmented: that is none */
	goes_to_rxe(fragment);
}

static void answers_about_neighbours_go_to_both(void **state)
{
	(void)state;
	goes_to_both(arp(wire.mac, 2));
	goes_to_both(arp(everybody, 2));
	goes_to_both(icmp6(wire.mac, 136));
	goes_to_the_endpoint(arp(everybody, 1));
	goes_to_the_endpoint(icmp6(wire.mac, 128));
}

/* RXE's netdev has the address too, and must not answer for it. */
static void questions_about_ipv6_neighbours_are_the_endpoints(void **state)
{
	static const uint8_t group[6] = {0x33, 0x33, 0xff, 0, 0, 1};
	struct frame frame = icmp6(group, 135);
	struct outcome is = run("rxelab_in", frame.bytes, sizeof(frame.bytes));

	(void)state;
	assert_int_equal(is.redirected, rxe.ifindex);
	assert_true(is.inward);
	assert_int_equal(is.mark, 0);
	assert_memory_equal(is.frame, wire.mac, 6);
}

static void what_is_cut_short_is_left_alone(void **state)
{
	struct frame frame = ipv4(wire.mac, 5, 17, 4791);
	struct outcome is = run("rxelab_in", frame.bytes, 36);

	(void)state;
	assert_int_equal(is.redirected, 0);
	assert_int_equal(is.result, 0);
}

static void all_goes_out_by_the_wire(void **state)
{
	const struct frame frames[] = {ipv4(wire.mac, 5, 17, 4791), arp(everybody, 1)};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct outcome is = run("rxelab_out", frames[i].bytes, sizeof(frames[i].bytes));

		assert_int_equal(is.redirected, wire.ifindex);
		assert_false(is.inward);
		assert_memory_equal(is.frame, frames[i].bytes, sizeof(frames[i].bytes));
	}
}

static void count_is(const char *name, struct frame frame, unsigned in, unsigned out)
{
	struct outcome is = run(name, frame.bytes, sizeof(frame.bytes));

	assert_int_equal(is.counted[RX_STEER_IN][0], in);
	assert_int_equal(is.counted[RX_STEER_IN][1], in * sizeof(frame.bytes));
	assert_int_equal(is.counted[RX_STEER_OUT][0], out);
	assert_int_equal(is.counted[RX_STEER_OUT][1], out * sizeof(frame.bytes));
}

static void roce_alone_is_counted(void **state)
{
	(void)state;
	count_is("rxelab_in", ipv4(wire.mac, 5, 17, 4791), 1, 0);
	count_is("rxelab_in", ipv6(wire.mac, 17, 4791), 1, 0);
	count_is("rxelab_in", ipv4(everybody, 5, 17, 4791), 0, 0);
	count_is("rxelab_in", arp(everybody, 2), 0, 0);
	count_is("rxelab_in", icmp6(wire.mac, 135), 0, 0);
	count_is("rxelab_count", ipv4(everybody, 5, 17, 4791), 0, 1);
	count_is("rxelab_count", ipv6(everybody, 17, 4791), 0, 1);
	count_is("rxelab_count", arp(everybody, 1), 0, 0);
	count_is("rxelab_count", ipv4(everybody, 5, 6, 4791), 0, 0);
}

/* Other filters have their turn, and then it leaves. */
static void counting_changes_nothing(void **state)
{
	struct frame frame = ipv4(everybody, 5, 17, 4791);
	struct outcome is = run("rxelab_count", frame.bytes, sizeof(frame.bytes));

	(void)state;
	assert_int_equal((int)is.result, -1); /* TC_ACT_UNSPEC */
	assert_int_equal(is.redirected, 0);
	assert_int_equal(is.mark, 0);
	assert_memory_equal(is.frame, frame.bytes, sizeof(frame.bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(roce_goes_to_rxe, load_programs),
		cmocka_unit_test_setup(roce_for_others_stays_away_from_rxe, load_programs),
		cmocka_unit_test_setup(what_only_looks_like_roce_is_the_endpoints, load_programs),
		cmocka_unit_test_setup(answers_about_neighbours_go_to_both, load_programs),
		cmocka_unit_test_setup(questions_about_ipv6_neighbours_are_the_endpoints,
				       load_programs),
		cmocka_unit_test_setup(what_is_cut_short_is_left_alone, load_programs),
		cmocka_unit_test_setup(all_goes_out_by_the_wire, load_programs),
		cmocka_unit_test_setup(roce_alone_is_counted, load_programs),
		cmocka_unit_test_setup(counting_changes_nothing, load_programs),
	};

	return cmocka_run_group_tests_name("steer", tests, NULL, NULL);
}
