/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs at tc, written here instruction by instruction. */
#include "netns/kernel/steer-priv.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/kernel/bpf.h"

/* where things are in a frame */
#define ETH_TYPE 12
#define ARP_OPERATION 20
#define IP4_FIRST 14
#define IP4_FRAGMENT 20
#define IP4_PROTOCOL 23
#define IP4_PORT(header) (14 + 2 + (header))
#define IP6_NEXT 20
#define IP6_NEXT_HEADER 54

/* ---- programs ---- */

enum place { ARP, IP6, ICMP6, SOLICIT, ROCE, BOTH, MINE, PLACES };

/* A program with places that are jumped to before they are known. */
struct writer {
	struct bpf_insn insns[128];
	size_t n;
	size_t place[PLACES];
	struct {
		size_t at;
		enum place to;
	} jumps[24];
	size_t n_jumps;
};

static void put(struct writer *w, struct bpf_insn insn)
{
	w->insns[w->n++] = insn;
}

#define PUT(w, ...) put(w, (struct bpf_insn)__VA_ARGS__)

static void put_jump(struct writer *w, struct bpf_insn insn, enum place to)
{
	w->jumps[w->n_jumps].at = w->n;
	w->jumps[w->n_jumps++].to = to;
	put(w, insn);
}

/* if (r0 OPERATION value) goto to */
static void put_if(struct writer *w, unsigned operation, uint32_t value, enum place to)
{
	put_jump(w, (struct bpf_insn)BPF_IF(operation, BPF_REG_0, value, 0), to);
}

static void put_goto(struct writer *w, enum place to)
{
	put_jump(w, (struct bpf_insn)BPF_GO(0), to);
}

static void here(struct writer *w, enum place place)
{
	w->place[place] = w->n;
}

static void resolve(struct writer *w)
{
	for (size_t i = 0; i < w->n_jumps; i++)
		w->insns[w->jumps[i].at].off = (short)(w->place[w->jumps[i].to] - w->jumps[i].at -
						       1);
}

static uint32_t mac_high(const uint8_t mac[6])
{
	return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
}

/* What is not for that MAC goes where the rest goes. The high half is compared as 64 bits, which an
 * immediate operand cannot be. */
static void put_for_mac(struct writer *w, const uint8_t mac[6])
{
	PUT(w, BPF_PACKET(BPF_H, 4));
	put_if(w, BPF_JNE, (uint32_t)mac[4] << 8 | mac[5], MINE);
	PUT(w, BPF_PACKET(BPF_W, 0));
	PUT(w, RX_BPF(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, mac_high(mac)));
	put_jump(w, (struct bpf_insn)RX_BPF(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0),
		 MINE);
}

/* The destination MAC := mac. */
static void put_address_to(struct writer *w, const uint8_t mac[6])
{
	uint32_t high = htonl(mac_high(mac));
	uint16_t low = htons((uint16_t)(mac[4] << 8 | mac[5]));

	PUT(w, BPF_PUT(BPF_W, BPF_REG_10, -8, high));
	PUT(w, BPF_PUT(BPF_H, BPF_REG_10, -4, low));
	PUT(w, BPF_COPY(BPF_REG_1, BPF_REG_6));
	PUT(w, BPF_SET(BPF_REG_2, 0));
	PUT(w, BPF_COPY(BPF_REG_3, BPF_REG_10));
	PUT(w, BPF_DO(BPF_ADD, BPF_REG_3, -8));
	PUT(w, BPF_SET(BPF_REG_4, 6));
	PUT(w, BPF_SET(BPF_REG_5, 0));
	PUT(w, BPF_HELP(BPF_FUNC_skb_store_bytes));
}

static void put_mark(struct writer *w, uint32_t mark)
{
	PUT(w, BPF_SET(BPF_REG_1, mark));
	PUT(w, BPF_STORE(BPF_REG_6, offsetof(struct __sk_buff, mark), BPF_REG_1));
}

/* One more frame that came in or went out; r6: the packet. */
static void put_count(struct writer *w, int counters, enum rx_steer_way way)
{
	PUT(w, BPF_PUT(BPF_W, BPF_REG_10, -12, way));
	PUT(w, BPF_MAP(BPF_REG_1, counters));
	PUT(w, {0}); /* the upper half of that number */
	PUT(w, BPF_COPY(BPF_REG_2, BPF_REG_10));
	PUT(w, BPF_DO(BPF_ADD, BPF_REG_2, -12));
	PUT(w, BPF_HELP(BPF_FUNC_map_lookup_elem));
	PUT(w, BPF_IF(BPF_JEQ, BPF_REG_0, 0, 4));
	PUT(w, BPF_SET(BPF_REG_1, 1));
	PUT(w, BPF_PLUS(BPF_REG_0, offsetof(struct rx_steer_count, frames), BPF_REG_1));
	PUT(w, BPF_LOAD(BPF_REG_1, BPF_REG_6, offsetof(struct __sk_buff, len)));
	PUT(w, BPF_PLUS(BPF_REG_0, offsetof(struct rx_steer_count, bytes), BPF_REG_1));
}

static void put_redirect(struct writer *w, unsigned ifindex, unsigned flags)
{
	PUT(w, BPF_SET(BPF_REG_1, ifindex));
	PUT(w, BPF_SET(BPF_REG_2, flags));
	PUT(w, BPF_HELP(BPF_FUNC_redirect));
	PUT(w, BPF_STOP());
}

static void put_kinds(struct writer *w)
{
	PUT(w, BPF_COPY(BPF_REG_6, BPF_REG_1));
	PUT(w, BPF_PACKET(BPF_H, ETH_TYPE));
	put_if(w, BPF_JEQ, ETH_P_ARP, ARP);
	put_if(w, BPF_JEQ, ETH_P_IPV6, IP6);
	put_if(w, BPF_JNE, ETH_P_IP, MINE);
	PUT(w, BPF_PACKET(BPF_B, IP4_PROTOCOL));
	put_if(w, BPF_JNE, IPPROTO_UDP, MINE);
	PUT(w, BPF_PACKET(BPF_H, IP4_FRAGMENT));
	put_if(w, BPF_JSET, 0x1fff, MINE); /* not the first fragment */
	PUT(w, BPF_PACKET(BPF_B, IP4_FIRST));
	PUT(w, BPF_DO(BPF_AND, BPF_REG_0, 0xf));
	PUT(w, BPF_DO(BPF_LSH, BPF_REG_0, 2));
	PUT(w, BPF_COPY(BPF_REG_7, BPF_REG_0));
	PUT(w, BPF_PACKET_AT(BPF_H, BPF_REG_7, IP4_PORT(0)));
	put_if(w, BPF_JEQ, RX_STEER_PORT, ROCE);
	put_goto(w, MINE);
	here(w, IP6);
	PUT(w, BPF_PACKET(BPF_B, IP6_NEXT));
	put_if(w, BPF_JEQ, IPPROTO_ICMPV6, ICMP6);
	put_if(w, BPF_JNE, IPPROTO_UDP, MINE);
	PUT(w, BPF_PACKET(BPF_H, IP6_NEXT_HEADER + 2));
	put_if(w, BPF_JEQ, RX_STEER_PORT, ROCE);
	put_goto(w, MINE);
	here(w, ICMP6);
	PUT(w, BPF_PACKET(BPF_B, IP6_NEXT_HEADER));
	put_if(w, BPF_JEQ, ND_NEIGHBOR_ADVERT, BOTH);
	put_if(w, BPF_JEQ, ND_NEIGHBOR_SOLICIT, SOLICIT);
	put_goto(w, MINE);
	here(w, ARP);
	PUT(w, BPF_PACKET(BPF_H, ARP_OPERATION));
	put_if(w, BPF_JEQ, ARPOP_REPLY, BOTH);
	put_goto(w, MINE);
}

/* RoCE to RXE's own MAC, so that the macvlan on its netdev lets it through to init_net. Questions
 * about IPv6 neighbours are the endpoint's to answer, never RXE's netdev's, which has the address,
 * too. */
static void put_ways(struct writer *w, const struct rx_link_info *wire,
		     const struct rx_link_info *rxe, uint32_t mark, int counters)
{
	here(w, ROCE);
	put_for_mac(w, wire->mac);
	put_count(w, counters, RX_STEER_IN);
	put_address_to(w, rxe->mac);
	put_mark(w, mark);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
	here(w, SOLICIT);
	put_address_to(w, wire->mac);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
	here(w, BOTH); /* also what is not for its MAC: all may learn from that */
	put_mark(w, mark);
	PUT(w, BPF_COPY(BPF_REG_1, BPF_REG_6));
	PUT(w, BPF_SET(BPF_REG_2, rxe->ifindex));
	PUT(w, BPF_SET(BPF_REG_3, BPF_F_INGRESS));
	PUT(w, BPF_HELP(BPF_FUNC_clone_redirect));
	PUT(w, BPF_SET(BPF_REG_0, TC_ACT_OK));
	PUT(w, BPF_STOP());
	here(w, MINE);
	put_redirect(w, rxe->ifindex, BPF_F_INGRESS);
}

static int load(struct writer *w, const char *name, struct rx_err *err)
{
	int fd;

	resolve(w);
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", w->insns, w->n, NULL);
	return fd >= 0 ? fd
		       : rx_fail(err, "bpf-refused", errno,
				 "eBPF program %s: the kernel refuses it: %s", name,
				 strerror(errno));
}

static int make_counters(struct rx_err *err)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "rxelab_count", sizeof(uint32_t),
				sizeof(struct rx_steer_count), RX_STEER_WAYS, NULL);

	return fd >= 0 ? fd
		       : rx_fail(err, "bpf-refused", errno,
				 "eBPF map rxelab_count: the kernel refuses it: %s",
				 strerror(errno));
}

int rx_steer_programs(const struct rx_link_info *wire, const struct rx_link_info *rxe,
		      uint32_t mark, int program[RX_STEER_PROGRAMS], struct rx_err *err)
{
	struct writer in = {.n = 0}, pass = {.n = 0}, out = {.n = 0};
	rx_autoclose int counters = make_counters(err);

	if (counters < 0)
		return -err->code;
	put_kinds(&in);
	put_ways(&in, wire, rxe, mark, counters);
	put_redirect(&pass, wire->ifindex, 0);
	put_kinds(&out);
	here(&out, ROCE);
	put_count(&out, counters, RX_STEER_OUT);
	here(&out, SOLICIT);
	here(&out, BOTH);
	here(&out, MINE);
	PUT(&out, BPF_SET(BPF_REG_0, TC_ACT_UNSPEC));
	PUT(&out, BPF_STOP());
	program[RX_STEER_FROM_WIRE] = load(&in, "rxelab_in", err);
	if (program[RX_STEER_FROM_WIRE] >= 0)
		program[RX_STEER_FROM_RXE] = load(&pass, "rxelab_out", err);
	if (program[RX_STEER_FROM_RXE] >= 0)
		program[RX_STEER_TO_WIRE] = load(&out, "rxelab_count", err);
	return program[RX_STEER_TO_WIRE] >= 0 ? 0 : -err->code;
}

/* The counters of a program: those of its only map. */
static int open_counters(uint32_t program_id)
{
	rx_autoclose int program = bpf_prog_get_fd_by_id(program_id);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info), map = 0;

	info.nr_map_ids = 1;
	info.map_ids = (uint64_t)(uintptr_t)&map;
	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &length) || !info.nr_map_ids)
		return -1;
	return bpf_map_get_fd_by_id(map);
}

int rx_steer_read(uint32_t program_id, struct rx_steer_count count[RX_STEER_WAYS],
		  struct rx_err *err)
{
	rx_autoclose int counters = open_counters(program_id);
	int cpus = libbpf_num_possible_cpus();
	rx_autofree struct rx_steer_count *each = rx_alloc(cpus > 0 ? (size_t)cpus : 1,
							   sizeof(*each));

	memset(count, 0, RX_STEER_WAYS * sizeof(*count));
	for (uint32_t way = 0; way < RX_STEER_WAYS; way++) {
		if (counters < 0 || cpus <= 0 || bpf_map_lookup_elem(counters, &way, each))
			return rx_fail(err, "bpf-refused", errno,
				       "eBPF program %u: its counters cannot be read: %s",
				       program_id, strerror(errno));
		for (int cpu = 0; cpu < cpus; cpu++) {
			count[way].frames += each[cpu].frames;
			count[way].bytes += each[cpu].bytes;
		}
	}
	return 0;
}
