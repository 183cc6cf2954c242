/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fill(struct rx_err *err, enum rx_status status, const char *id, int code,
		const char *fmt, va_list ap)
{
	err->id = id;
	err->code = code ? code : EIO;
	err->status = status;
	err->unanswered = false;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	return -err->code;
}

int rx_fail(struct rx_err *err, const char *id, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, RX_FAILED, id, code, fmt, ap);
	va_end(ap);
	return -err->code;
}

int rx_usage(struct rx_err *err, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, RX_USAGE, id, EINVAL, fmt, ap);
	va_end(ap);
	return -err->code;
}

int rx_cannot(struct rx_err *err, const char *id, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, RX_CANNOT, id, code, fmt, ap);
	va_end(ap);
	return -err->code;
}

int rx_wrap(struct rx_err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	size_t used;
	va_list ap;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
	return -err->code;
}

static rx_trace_fn *trace_sink;

void rx_set_trace(rx_trace_fn *sink)
{
	trace_sink = sink;
}

bool rx_tracing(void)
{
	return trace_sink;
}

void rx_trace(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!trace_sink)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	trace_sink(line);
}
