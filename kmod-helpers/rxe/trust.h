/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module file says of itself, and whether the kernel would take one that nobody signed. */
#ifndef RXELAB_KMOD_HELPERS_RXE_TRUST_H
#define RXELAB_KMOD_HELPERS_RXE_TRUST_H

#include <stdbool.h>
#include <stddef.h>

struct rx_module_trust {
	bool secure_boot;           /* EFI variable SecureBoot */
	char lockdown[32];          /* "none", "integrity", "confidentiality"; "" unknown */
	bool sig_enforce;           /* the kernel takes only signed modules */
	unsigned long kernel_taint; /* /proc/sys/kernel/tainted */
};

/* Into a zeroed trust: what cannot be read stays zero. */
void rx_module_trust_read(struct rx_module_trust *trust);
/* Would the kernel refuse an unsigned module? */
bool rx_module_wants_signature(const struct rx_module_trust *trust);

/* One value of a module file's modinfo ("rxelab", "signer", "version", "vermagic"); false: it has
 * none. */
bool rx_modinfo(const char *path, const char *key, char *buf, size_t size);

#endif
