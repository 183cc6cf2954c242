/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope exit for descriptors and memory. Kernel objects are never undone this way: that is the
 * ledger's work. */
#ifndef RXELAB_NETNS_BASE_CLEANUP_H
#define RXELAB_NETNS_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void rx_cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void rx_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void rx_cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define rx_autoclose __attribute__((cleanup(rx_cleanup_fd)))
#define rx_autofree __attribute__((cleanup(rx_cleanup_free)))
#define rx_autofile __attribute__((cleanup(rx_cleanup_file)))

#define RX_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
