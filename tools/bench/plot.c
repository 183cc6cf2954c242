/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures by gnuplot, which reads commands and data from its standard input: bandwidth and latency
 * over size, or a map. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "netns/base/process.h"
#include "tools/bench/plot.h"
#include "tools/bench/summary.h"

/* Lines of one picture differ in test, transport and tool (and link or pair, if there are
 * several). */
static bool same_line(const struct rx_bench_record *a, const struct rx_bench_record *b)
{
	return a->test == b->test && a->transport == b->transport && a->tool == b->tool &&
	       a->from == b->from && a->to == b->to && a->link == b->link;
}

static bool starts_line(const struct rx_summary *list, size_t i, enum rx_figure figure)
{
	size_t j;

	if (list[i].first->test->figure != figure)
		return false;
	for (j = 0; j < i; j++)
		if (same_line(list[j].first, list[i].first))
			return false;
	return true;
}

static double value_of(const struct rx_summary *s)
{
	return rx_figure_of(s)->median;
}

static const char *unit_of(enum rx_figure figure)
{
	return figure == RX_LATENCY ? "median latency, microseconds (logarithmic)"
				    : "MB/s (10^6 bytes)";
}

static void open_picture(const char *file, size_t width, size_t height, FILE *out)
{
	fprintf(out,
		"set terminal svg size %zu,%zu font 'sans,14' background '#ffffff'\n"
		"set output '%s'\n",
		width, height, file);
}

/* Lines stand a little beside each other: an error bar must not hide another's. */
static double beside(size_t line, size_t lines)
{
	return exp2(0.08 * ((double)line - (double)(lines - 1) / 2));
}

/* One named block of data for each line: size, median, lowest, highest. Returns how many. */
static size_t blocks(const struct rx_summary *list, size_t n, enum rx_figure figure, FILE *out)
{
	size_t lines = 0, line = 0;

	for (size_t i = 0; i < n; i++)
		lines += starts_line(list, i, figure);
	for (size_t i = 0; i < n; i++) {
		if (!starts_line(list, i, figure))
			continue;
		fprintf(out, "$line%zu << EOD\n", line);
		for (size_t j = 0; j < n; j++) {
			const struct rx_spread *of = rx_figure_of(&list[j]);

			if (same_line(list[j].first, list[i].first) && !isnan(of->median))
				fprintf(out, "%g %g %g %g\n",
					list[j].first->size * beside(line, lines), of->median,
					of->low, of->high);
		}
		fputs("EOD\n", out);
		line++;
	}
	return lines;
}

/* The plot command that draws all blocks, with error bars if there are repeats. */
static void curves(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
		   enum rx_figure figure, FILE *out)
{
	size_t line = 0;
	char title[160];

	if (!blocks(list, n, figure, out))
		return;
	fprintf(out, "set title '%s of lab %s, plane %s, kernel %s' noenhanced\n",
		figure == RX_LATENCY ? "Latency" : "Bandwidth", bench->view->lab.name,
		rx_plane_name(bench->view->plane), bench->view->kernel);
	fprintf(out, "set ylabel '%s'\nplot ", unit_of(figure));
	for (size_t i = 0; i < n; i++) {
		if (!starts_line(list, i, figure))
			continue;
		rx_plot_title(bench, list[i].first, title, sizeof(title));
		fputs(line ? ", " : "", out);
		if (bench->p.repeats > 1)
			fprintf(out, "$line%zu with yerrorbars lw 1.5 pt 0 lc %zu notitle, ", line,
				line + 1);
		fprintf(out,
			"$line%zu using 1:2 with linespoints lw 2 pt %zu lc %zu title '%s' "
			"noenhanced",
			line, line + 4, line + 1, title);
		line++;
	}
	fputc('\n', out);
}

/* A logarithmic axis with 1, 2 and 5 of each decade: figures often stay within one. */
static void log_axis(FILE *out)
{
	fputs("set logscale y 10\nset yrange [*:*]\nset ytics (0.1", out);
	for (double decade = 0.1; decade < 1e8; decade *= 10)
		fprintf(out, ", %g, %g, %g", decade * 2, decade * 5, decade * 10);
	fputs(")\n", out);
}

static bool has(const struct rx_summary *list, size_t n, enum rx_figure figure)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i].first->test->figure == figure && !isnan(value_of(&list[i])))
			return true;
	return false;
}

static void draw_curves(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
			const char *file, FILE *out)
{
	unsigned rows = has(list, n, RX_BANDWIDTH) + has(list, n, RX_LATENCY);

	open_picture(file, 960, rows > 1 ? 1040 : 560, out);
	fputs("set logscale x 2\nset format x '%.0b%B'\nset grid\nset key outside right\n"
	      "set yrange [0:*]\nset xlabel 'message size, bytes (logarithmic)",
	      out);
	if (bench->p.repeats > 1)
		fprintf(out, "; medians, bars from lowest to highest of %u", bench->p.repeats);
	fputs("'\n", out);
	if (rows > 1)
		fputs("set multiplot layout 2,1\n", out);
	if (has(list, n, RX_BANDWIDTH))
		curves(bench, list, n, RX_BANDWIDTH, out);
	if (has(list, n, RX_LATENCY)) {
		log_axis(out);
		curves(bench, list, n, RX_LATENCY, out);
	}
	if (rows > 1)
		fputs("unset multiplot\n", out);
}

/* --compare-links: a bar for each link, the mean over its pairs, at the largest size. */
static void bars_of(const struct rx_summary *list, size_t n, const struct rx_bench_record *kind,
		    FILE *out)
{
	size_t i, j, bars = 0;

	fputs("$bars << EOD\n", out);
	for (i = 0; i < n; i++) {
		double sum = 0;
		size_t count = 0;
		bool seen = false;

		for (j = 0; j < n; j++) {
			const struct rx_bench_record *r = list[j].first;

			if (r->test != kind->test || r->size != kind->size ||
			    r->link != list[i].first->link || isnan(value_of(&list[j])))
				continue;
			seen |= j < i;
			sum += value_of(&list[j]);
			count++;
		}
		if (count && !seen && list[i].first->test == kind->test &&
		    list[i].first->size == kind->size)
			fprintf(out, "%zu %g \"%s\"\n", bars++, sum / (double)count,
				list[i].first->link);
	}
	fprintf(out,
		"EOD\nset xrange [-0.6:%zu.6]\nset title '%s, %u bytes' noenhanced\n"
		"set ylabel '%s'\n",
		bars ? bars - 1 : 0, kind->test->name, kind->size,
		kind->test->figure == RX_LATENCY ? "median latency, microseconds"
						 : "MB/s of one pair (10^6 bytes)");
	fputs("plot $bars using 1:2:(0.7):xtic(3) with boxes fs solid 0.6 lc rgb '#41b6c4' "
	      "notitle, $bars using 1:2:(gprintf($2 < 100 ? '%.3g' : '%.0f', $2)) with labels "
	      "offset 0,0.6 notitle\n",
	      out);
}

static void draw_bars(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
		      const char *file, FILE *out)
{
	uint32_t size = bench->p.sizes[bench->p.n_sizes - 1];
	size_t i, j, rows = 0;

	for (j = 0; j < rx_n_bench_tests; j++)
		rows += bench->p.selected[j];
	open_picture(file, 1100, rows * 440 + 40, out);
	fprintf(out,
		"set multiplot layout %zu,1 title 'Links compared, lab %s, kernel %s' noenhanced\n",
		rows, bench->view->lab.name, bench->view->kernel);
	fputs("set yrange [0:*]\nset offsets 0,0,graph 0.1,0\nset grid y\n"
	      "set xtics rotate by 25 right noenhanced\n",
	      out);
	for (i = 0; i < n; i++) {
		if (list[i].first->size == size && rx_first_of_kind(list, i))
			bars_of(list, n, list[i].first, out);
	}
	fputs("unset multiplot\n", out);
}

/* The first kind of measurement over all pairs. */
static void draw_map(const struct rx_bench *bench, const struct rx_summary *list, size_t n,
		     const char *file, FILE *out)
{
	const struct rx_bench_record *kind = list[0].first;
	size_t endpoints = bench->view->n_endpoints, i;
	char size[16];

	open_picture(file, endpoints * 48 + 300, endpoints * 48 + 200, out);
	fprintf(out, "set title '%s %s, %s bytes, lab %s, kernel %s' noenhanced\n",
		kind->test->name, rx_transport_name(kind->transport),
		rx_size_text(kind->size, size), bench->view->lab.name, bench->view->kernel);
	fprintf(out,
		"set xlabel 'to'\nset ylabel 'from'\nset cblabel '%s'\n"
		"set xtics rotate by 45 right noenhanced\n"
		"set ytics noenhanced\n"
		"set palette defined (0 '#ffffd9', 1 '#7fcdbb', 2 '#41b6c4')\n",
		unit_of(kind->test->figure));
	for (i = 0; i < endpoints; i++)
		fprintf(out, "set xtics %s ('%s' %zu)\nset ytics %s ('%s' %zu)\n", i ? "add" : "",
			bench->view->nodes[i].want->name, i, i ? "add" : "",
			bench->view->nodes[i].want->name, i);
	fprintf(out, "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n$map << EOD\n",
		endpoints - 1, endpoints - 1);
	for (i = 0; i < n; i++)
		if (rx_same_kind(list[i].first, kind) && !isnan(value_of(&list[i])))
			fprintf(out, "%u %u %g\n", list[i].first->to, list[i].first->from,
				value_of(&list[i]));
	fputs("EOD\n"
	      "plot $map using 1:2:(0.48):(0.48):3 with boxxyerror fs solid lc palette notitle, "
	      "$map using 1:2:(gprintf($3 < 100 ? '%.3g' : '%.0f', $3)) with labels notitle\n",
	      out);
}

int rx_bench_plot(const struct rx_bench *bench, const char *file, struct rx_err *err)
{
	const char *const argv[] = {"gnuplot", "-", NULL};
	rx_autoprocess gnuplot = {
		.argv = argv, .seconds = 300, .out = RX_OUTPUT_OURS, .err = RX_OUTPUT_OURS};
	rx_autofree struct rx_summary *list = NULL;
	rx_autofree char *commands = NULL;
	size_t n;
	FILE *out;
	int rc;

	if (strchr(file, '\''))
		return rx_usage(err, "file-name", "--plot: %s: a quote in the name of the file",
				file);
	out = rx_text_stream(&commands);
	list = rx_summarise(bench, &n);
	if (rx_plot_wants_series(bench)) {
		open_picture(file, 1100, 560, out);
		rx_plot_series(bench, out);
	} else if (n && bench->p.compare_links)
		draw_bars(bench, list, n, file, out);
	else if (n && rx_pairs_count(&bench->pairs) > 2)
		draw_map(bench, list, n, file, out);
	else if (n)
		draw_curves(bench, list, n, file, out);
	fclose(out);
	gnuplot.input = commands;
	rc = rx_process_run(&gnuplot, err);
	if (rc && err->status == RX_CANNOT)
		return rx_cannot(err, "program-missing", ENOENT,
				 "--plot: gnuplot is not installed; install it with: apt install "
				 "gnuplot-nox");
	return rc ? rx_wrap(err, "--plot: %s", file) : 0;
}
