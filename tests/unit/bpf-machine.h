/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For test-steer.c and test-cgroup.c: runs programs of netns/kernel/bpf.h. An instruction or a
 * helper that it does not know fails the test. Programs are trusted: pointers are our own. */
#ifndef RXELAB_TESTS_UNIT_BPF_MACHINE_H
#define RXELAB_TESTS_UNIT_BPF_MACHINE_H

#include <linux/bpf.h>
#include <string.h>

#define A_MAP 0x1234 /* what a program has for the only map there is */

/* What becomes of a frame. */
struct outcome {
	uint8_t frame[128];
	size_t size;
	uint32_t mark;
	unsigned redirected, cloned; /* to that ifindex; 0: not */
	bool inward;                 /* redirected to where that netdev receives */
	uint64_t counted[2][2];      /* the values of a map of two: each two numbers */
	uint64_t result;
};

struct machine {
	uint64_t reg[11];
	uint8_t stack[512] __attribute__((aligned(8)));
	struct __sk_buff packet;
	struct outcome *outcome; /* NULL: the program has no frame */
};

static size_t bytes_of(uint8_t code)
{
	return BPF_SIZE(code) == BPF_B   ? 1
	       : BPF_SIZE(code) == BPF_H ? 2
	       : BPF_SIZE(code) == BPF_W ? 4
					 : 8;
}

static void *pointer(uint64_t value)
{
	return (void *)(uintptr_t)value;
}

/* A number of the frame, in the host's order; false: it ends before. */
static bool packet_bytes(struct machine *m, size_t at, size_t n)
{
	m->reg[0] = 0;
	if (at + n > m->outcome->size)
		return false;
	for (size_t i = 0; i < n; i++)
		m->reg[0] = m->reg[0] << 8 | m->outcome->frame[at + i];
	return true;
}

static void call(struct machine *m, int helper)
{
	struct outcome *outcome = m->outcome;
	uint64_t *reg = m->reg;

	switch (helper) {
	case BPF_FUNC_redirect:
		outcome->redirected = (unsigned)reg[1];
		outcome->inward = reg[2] & BPF_F_INGRESS;
		reg[0] = 7; /* TC_ACT_REDIRECT */
		break;
	case BPF_FUNC_clone_redirect:
		assert_ptr_equal(pointer(reg[1]), &m->packet);
		assert_true(reg[3] & BPF_F_INGRESS);
		outcome->cloned = (unsigned)reg[2];
		reg[0] = 0;
		break;
	case BPF_FUNC_map_lookup_elem: {
		uint32_t key;

		memcpy(&key, pointer(reg[2]), sizeof(key));
		assert_int_equal(reg[1], A_MAP);
		reg[0] = key < 2 ? (uintptr_t)outcome->counted[key] : 0;
		break;
	}
	case BPF_FUNC_skb_store_bytes:
		assert_ptr_equal(pointer(reg[1]), &m->packet);
		assert_true(reg[2] + reg[4] <= outcome->size);
		memcpy(outcome->frame + reg[2], pointer(reg[3]), reg[4]);
		reg[0] = 0;
		break;
	default:
		fail_msg("helper %d", helper);
	}
	memset(reg + 1, 0xee, 5 * sizeof(*reg)); /* they are lost */
}

static void calculate(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t by = BPF_SRC(insn->code) == BPF_X ? m->reg[insn->src_reg]
						   : (uint64_t)(int64_t)insn->imm;
	uint64_t *to = &m->reg[insn->dst_reg];

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		*to = by;
		break;
	case BPF_ADD:
		*to += by;
		break;
	case BPF_AND:
		*to &= by;
		break;
	case BPF_LSH:
		*to <<= by;
		break;
	default:
		fail_msg("operation 0x%x", insn->code);
	}
	if (BPF_CLASS(insn->code) == BPF_ALU)
		*to = (uint32_t)*to;
}

static bool jumps(const struct machine *m, const struct bpf_insn *insn)
{
	uint64_t with = BPF_SRC(insn->code) == BPF_X ? m->reg[insn->src_reg]
						     : (uint64_t)(int64_t)insn->imm;
	uint64_t value = m->reg[insn->dst_reg];

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return value == with;
	case BPF_JNE:
		return value != with;
	case BPF_JSET:
		return value & with;
	default:
		fail_msg("jump 0x%x", insn->code);
		return false;
	}
}

/* Little-endian, as all machines that RXE is tried on. */
static void load(struct machine *m, const struct bpf_insn *insn)
{
	assert_int_equal(BPF_MODE(insn->code), BPF_MEM);
	m->reg[insn->dst_reg] = 0;
	memcpy(&m->reg[insn->dst_reg], (uint8_t *)pointer(m->reg[insn->src_reg]) + insn->off,
	       bytes_of(insn->code));
}

static void store(struct machine *m, const struct bpf_insn *insn)
{
	uint8_t *at = (uint8_t *)pointer(m->reg[insn->dst_reg]) + insn->off;
	uint64_t value = BPF_CLASS(insn->code) == BPF_STX ? m->reg[insn->src_reg]
							  : (uint64_t)(int64_t)insn->imm,
		 before = 0;

	if (BPF_MODE(insn->code) == BPF_XADD) {
		assert_int_equal(insn->imm, 0); /* BPF_ADD */
		memcpy(&before, at, bytes_of(insn->code));
		value += before;
		memcpy(at, &value, bytes_of(insn->code));
		return;
	}
	assert_int_equal(BPF_MODE(insn->code), BPF_MEM);
	memcpy(at, &value, bytes_of(insn->code));
}

/* One instruction; false: the program ends. */
static bool step(struct machine *m, const struct bpf_insn *insn, size_t *at)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_IMM) { /* of two instructions */
			assert_int_equal(insn->src_reg, BPF_PSEUDO_MAP_FD);
			m->reg[insn->dst_reg] = A_MAP;
			++*at;
			return true;
		}
		return packet_bytes(m,
				    (size_t)insn->imm + (BPF_MODE(insn->code) == BPF_IND
								 ? m->reg[insn->src_reg]
								 : 0),
				    bytes_of(insn->code));
	case BPF_LDX:
		load(m, insn);
		return true;
	case BPF_ST:
	case BPF_STX:
		store(m, insn);
		return true;
	case BPF_ALU:
	case BPF_ALU64:
		calculate(m, insn);
		return true;
	case BPF_JMP:
		break;
	default:
		fail_msg("instruction 0x%x", insn->code);
	}
	if (BPF_OP(insn->code) == BPF_CALL) {
		call(m, insn->imm);
	} else if (BPF_OP(insn->code) == BPF_EXIT) {
		return false;
	} else if (jumps(m, insn)) {
		*at += (size_t)insn->off;
	}
	return true;
}

/* What it returns. */
static uint64_t run_insns(struct machine *m, const struct bpf_insn *insns, size_t n, void *context)
{
	m->reg[1] = (uintptr_t)context;
	m->reg[10] = (uintptr_t)(m->stack + sizeof(m->stack));
	for (size_t at = 0; step(m, &insns[at], &at); at++)
		assert_true(at + 1 < n);
	return m->reg[0];
}

#endif
