/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rx_memory_lost(void)
{
	abort();
}

void *rx_alloc(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size ? size : 1);

	if (!memory)
		rx_memory_lost();
	return memory;
}

char *rx_strndup(const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (!copy)
		rx_memory_lost();
	return copy;
}

char *rx_strdup(const char *text)
{
	return rx_strndup(text, strlen(text));
}

char *rx_format(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		rx_memory_lost();
	return text;
}

FILE *rx_text_stream(char **text)
{
	static _Thread_local size_t unused; /* written, never read; strlen(3) tells it too */
	FILE *stream = open_memstream(text, &unused);

	if (!stream)
		rx_memory_lost();
	return stream;
}

void *rx_array_add(void *array, size_t *n, size_t size)
{
	char *list;

	memcpy(&list, array, sizeof(list));
	if (!(*n & (*n - 1))) {
		list = reallocarray(list, *n ? *n * 2 : 1, size);
		if (!list)
			rx_memory_lost();
		memcpy(array, &list, sizeof(list));
	}
	return memset(list + (*n)++ * size, 0, size);
}
