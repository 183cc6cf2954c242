/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that most commands do without: libkmod (which brings libcrypto) and libpcap
 * (D-Bus, systemd, gcrypt). They are opened when their first function is wanted. Linked like the
 * others they were nine tenths of the instructions of a start of rxelab, and a start is what a
 * short command under emulation, or in a script's loop, consists of. */
#ifndef RXELAB_NETNS_BASE_LAZY_H
#define RXELAB_NETNS_BASE_LAZY_H

#include "netns/base/error.h"

struct rx_lazy {
	const char *soname; /* of the library whose headers this was built with */
	void *handle;       /* NULL until opened; never closed */
};

/* Open it, once. Returns 0, or -ELIBACC with the dynamic linker's words. */
int rx_lazy_open(struct rx_lazy *library, struct rx_err *err);

/* A function of an open library, as in ((typeof(&f))rx_lazy_symbol(&library, "f"))(argument). Ends
 * the program if the library has no such function: then it is not the one that this was built
 * with. */
void *rx_lazy_symbol(const struct rx_lazy *library, const char *name);

#endif
