/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the tree as text in the program. The assembler reads it at build time; the path is that
 * from the top of the tree, where make runs (its line in the Makefile: make cannot see it). */
#ifndef RXELAB_NETNS_BASE_EMBED_H
#define RXELAB_NETNS_BASE_EMBED_H

/* extern const char symbol[], ending with a NUL */
#define RX_EMBED(symbol, path) \
	__asm__(".section .rodata\n" \
		".global " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.previous\n"); \
	extern const char symbol[];

#endif
