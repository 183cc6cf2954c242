/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory, and the one rule for when it runs out: the program ends there, as SIGKILL would end
 * it. What was made is in the ledger before it is made, so the next down, up or gc goes on from
 * there; a way back that needs memory itself would be none. What outside data sizes is bounded
 * by its reader before it is asked for. */
#ifndef RXELAB_NETNS_BASE_MEMORY_H
#define RXELAB_NETNS_BASE_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* Aborts: nothing is said, since netns/ does not print. */
void rx_memory_lost(void) __attribute__((noreturn));

/* n elements of size bytes, zeroed; never NULL. The caller frees. */
void *rx_alloc(size_t n, size_t size) __attribute__((alloc_size(1, 2), malloc, returns_nonnull));
char *rx_strdup(const char *text) __attribute__((malloc, returns_nonnull));
/* The first length bytes of text as a string. */
char *rx_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
/* As asprintf(3). */
char *rx_format(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* A stream that writes a string, which is whole in *text after fclose(3) by the same thread. The
 * caller frees it. */
FILE *rx_text_stream(char **text) __attribute__((returns_nonnull));

/* One more element, zeroed, at the end of the array whose pointer is at array and whose length is
 * *n:
 *     struct thing *list = NULL; size_t n = 0;
 *     struct thing *last = rx_array_add(&list, &n, sizeof(*list));
 * Room doubles when n is a power of two, so nobody keeps count of it; an array that came from
 * elsewhere must not be grown so. The caller frees the array. */
void *rx_array_add(void *array, size_t *n, size_t size) __attribute__((returns_nonnull));

#endif
