/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of eBPF, as include/linux/filter.h names them, for the small programs that are
 * written here (cgroup.c, steer.c): nobody needs a compiler for them at run time. */
#ifndef RXELAB_NETNS_KERNEL_BPF_H
#define RXELAB_NETNS_KERNEL_BPF_H

#include <linux/bpf.h>

#define RX_BPF(operation, to, from, offset, value) \
	{ \
		.code = (operation), .dst_reg = (to), .src_reg = (from), .off = (short)(offset), \
		.imm = (int)(value) \
	}
/* to = *(u32 *)(from + offset), and back */
#define BPF_LOAD(to, from, offset) RX_BPF(BPF_LDX | BPF_MEM | BPF_W, to, from, offset, 0)
#define BPF_STORE(to, offset, from) RX_BPF(BPF_STX | BPF_MEM | BPF_W, to, from, offset, 0)
/* *(size *)(to + offset) = value */
#define BPF_PUT(size, to, offset, value) RX_BPF(BPF_ST | BPF_MEM | (size), to, 0, offset, value)
/* *(u64 *)(to + offset) += from, atomically */
#define BPF_PLUS(to, offset, from) \
	RX_BPF(BPF_STX | BPF_XADD | BPF_DW, to, from, offset, 0 /* BPF_ADD */)
/* to = the map of that descriptor; an instruction of zeros follows */
#define BPF_MAP(to, fd) RX_BPF(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd)
#define BPF_COPY(to, from) RX_BPF(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define BPF_SET(to, value) RX_BPF(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define BPF_DO(operation, to, value) RX_BPF(BPF_ALU64 | (operation) | BPF_K, to, 0, 0, value)
/* if (reg OPERATION value) go on after the next `by` instructions; 32: of its lower half */
#define BPF_IF(operation, reg, value, by) RX_BPF(BPF_JMP | (operation) | BPF_K, reg, 0, by, value)
#define BPF_GO(by) RX_BPF(BPF_JMP | BPF_JA, 0, 0, by, 0)
/* r0 = bytes of the packet in r6, as a number of the host; beyond its end the program ends with 0.
 * r1 to r5 are lost. */
#define BPF_PACKET(size, offset) RX_BPF(BPF_LD | BPF_ABS | (size), 0, 0, 0, offset)
#define BPF_PACKET_AT(size, reg, offset) RX_BPF(BPF_LD | BPF_IND | (size), 0, reg, 0, offset)
#define BPF_HELP(helper) RX_BPF(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define BPF_STOP() RX_BPF(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
