/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/report/report-file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tools/cli/output.h"

FILE *rx_report_open(const char *path, struct rx_err *err)
{
	FILE *out = path ? fopen(path, "we") : stdout;

	rx_progress_clear();
	if (!out)
		rx_fail(err, "output-write", errno, "%s: cannot write the results there: %s", path,
			strerror(errno));
	return out;
}

int rx_report_close(FILE *out, const char *path, struct rx_err *err)
{
	bool bad = fflush(out) || ferror(out);

	if (out != stdout && fclose(out))
		bad = true;
	return bad ? rx_fail(err, "output-write", EIO, "%s%sthe results could not be written",
			     path ? path : "", path ? ": " : "")
		   : 0;
}
