/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --plot with --interval: bandwidth over time, and when that of --at happened. */
#include <math.h>

#include "tools/bench/plot.h"
#include "tools/bench/summary.h"

static bool has_series(const struct rx_bench_record *r)
{
	return r->n_series > 0;
}

bool rx_plot_wants_series(const struct rx_bench *bench)
{
	for (size_t i = 0; i < bench->n; i++)
		if (has_series(&bench->record[i]))
			return true;
	return false;
}

/* A step for each value: it stands for the whole interval. */
static void lines_of(const struct rx_bench *bench, FILE *out)
{
	for (size_t i = 0; i < bench->n; i++) {
		const struct rx_bench_record *r = &bench->record[i];

		if (!has_series(r))
			continue;
		fprintf(out, "$series%zu << EOD\n", i);
		for (size_t k = 0; k <= r->n_series; k++)
			fprintf(out, "%g %g\n", (double)k * bench->p.interval,
				r->series[k < r->n_series ? k : k - 1]);
		fputs("EOD\n", out);
	}
}

static void mark_event(const struct rx_bench *bench, FILE *out)
{
	for (size_t i = 0; i < bench->n; i++) {
		const struct rx_bench_record *r = &bench->record[i];

		if (!has_series(r) || isnan(r->event))
			continue;
		fprintf(out,
			"set arrow from %g, graph 0 to %g, graph 1 nohead dt 2 lc rgb '#b03030'\n"
			"set label '%s' at %g, graph 0.97 offset 0.6,0 tc rgb '#b03030' "
			"noenhanced\n",
			r->event, r->event, bench->event.text, r->event);
		return; /* those of the other flows and repeats are as good as there */
	}
}

void rx_plot_series(const struct rx_bench *bench, FILE *out)
{
	char title[160], size[16];
	bool first = true;

	lines_of(bench, out);
	mark_event(bench, out);
	fprintf(out,
		"set title 'Bandwidth over time, lab %s, plane %s, kernel %s' noenhanced\n"
		"set xlabel 'seconds'\nset ylabel 'MB/s (10^6 bytes), mean of %g s'\n"
		"set grid\nset key outside right\nset yrange [0:*]\nset offsets 0,0,graph 0.1,0\n"
		"plot ",
		bench->view->lab.name, rx_plane_name(bench->view->plane), bench->view->kernel,
		bench->p.interval);
	for (size_t i = 0; i < bench->n; i++) {
		const struct rx_bench_record *r = &bench->record[i];

		if (!has_series(r))
			continue;
		rx_plot_title(bench, r, title, sizeof(title));
		fprintf(out, "%s$series%zu using 1:2 with steps lw 2 title '%s, %s%s' noenhanced",
			first ? "" : ", ", i, title, rx_size_text(r->size, size),
			r->repeat > 1 ? ", again" : "");
		first = false;
	}
	fputc('\n', out);
}
