/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --histograms: the words of HdrHistogram's percentile output, which its plotters read
 * (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html). */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "tools/bench/bench.h"

int rx_bench_histograms_folder(const char *folder, struct rx_err *err)
{
	struct stat is;
	int rc = mkdir(folder, 0777) ? errno : 0;

	/* it may be there */
	if (rc == EEXIST && !stat(folder, &is) && S_ISDIR(is.st_mode))
		return 0;
	return rc ? rx_fail(err, "output-write", rc, "--histograms: %s: %s", folder, strerror(rc))
		  : 0;
}

/* write-lat-64-ep1-ep2-1.hgrm */
static char *file_of(const struct rx_bench *bench, const char *folder,
		     const struct rx_bench_record *r)
{
	char *path = rx_format("%s/%s-%s-%u-%s-%s%s%s-%u.hgrm", folder, r->test->name,
			       rx_transport_name(r->transport), r->size,
			       bench->view->nodes[r->from].want->name,
			       bench->view->nodes[r->to].want->name, r->link ? "-" : "",
			       r->link ? r->link : "", r->repeat);

	for (char *at = path + strlen(folder) + 1; *at; at++)
		if (*at == ' ' || *at == '/')
			*at = '-';
	return path;
}

static int write_one(const char *path, const struct rx_histogram *histogram, struct rx_err *err)
{
	rx_autofree char *text = NULL;
	FILE *out = rx_text_stream(&text);
	int rc;

	rx_histogram_print(histogram, out);
	fclose(out);
	rc = rx_file_replace(path, text, strlen(text), 0666);
	return rc ? rx_fail(err, "output-write", -rc, "%s: %s", path, strerror(-rc)) : 0;
}

int rx_bench_histograms(const struct rx_bench *bench, const char *folder, struct rx_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < bench->n; i++) {
		rx_autofree char *path = file_of(bench, folder, &bench->record[i]);

		if (bench->record[i].latency)
			rc = write_one(path, bench->record[i].latency, err);
	}
	return rc;
}
