/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast are the endpoints of a lab, by RDMA and by TCP over the same way? Lowest first:
 *
 *   histogram, rate   what one side counts; idle: when it waited
 *   parameters        words of the command line
 *   flow              one measurement: depth, pinning, warm-up, limits
 *   engine.h          how a flow is carried; engines are in tcp and rdma-*
 *   tcp               by sockets
 *   rdma              QPs and memory of a flow, for
 *   check             what arrives is what was sent
 *   rdma-bandwidth, rdma-latency, rdma-paced
 *   event             --at
 *   measure           flows at once, their counters and processor time, as records
 *   perftest          the same by the installed perftest
 *   links             --compare-links
 *   run               what is measured, in which order
 *   summary, report, formats, histograms, plot, plot-series
 *                     the records, for people and programs
 *   expect            whether they are as they are wanted */
#ifndef RXELAB_TOOLS_BENCH_BENCH_H
#define RXELAB_TOOLS_BENCH_BENCH_H

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tools/bench/event.h"
#include "tools/bench/histogram.h"
#include "tools/bench/rate.h"
#include "tools/verbs/pairs.h"
#include "tools/verify/diagnose.h"

#define RX_BENCH_MAX_SIZE (8u << 20)
#define RX_BENCH_SIZES 24
#define RX_BENCH_CPUS 64
#define RX_BENCH_CROWD 16 /* pairs at once with --compare-links */

enum rx_verb { RX_VERB_SEND, RX_VERB_WRITE, RX_VERB_READ, RX_VERB_ATOMIC, RX_VERB_TCP };
enum rx_figure { RX_BANDWIDTH, RX_LATENCY };
enum rx_transport { RX_RC, RX_UC, RX_UD, RX_TCP };

struct rx_bench_test {
	const char *name; /* "write-bw" */
	enum rx_verb verb;
	enum rx_figure figure;
};
extern const struct rx_bench_test rx_bench_tests[];
extern const unsigned rx_n_bench_tests;

/* Both sides read the very same parameters, so they cannot differ. */
struct rx_bench_parameters {
	bool selected[16]; /* by number in rx_bench_tests */
	enum rx_transport transport;
	uint32_t sizes[RX_BENCH_SIZES];
	unsigned n_sizes;
	unsigned depth;  /* requests in flight */
	double duration; /* seconds of each measurement; 0: iterations count */
	unsigned long iterations;
	unsigned repeats;
	double interval; /* seconds of each value of a series; 0: none is wanted */
	bool concurrent, perftest, compare_links;
	bool check;    /* every message's bytes, in bandwidth tests by verbs */
	unsigned rate; /* messages a second of latency tests by verbs; 0: one by one */
	bool busy;     /* --poll: never give the processor up while a completion is waited for */
	int cpus[RX_BENCH_CPUS];
	unsigned n_cpus; /* 0: wherever the scheduler puts them */
};

/* What can be measured, in the order of the columns of CSV. */
enum rx_bench_figure {
	RX_AVERAGE, /* MB/s, MB = 10^6 bytes */
	RX_PEAK,
	RX_RATE, /* a second */
	RX_MIN,  /* microseconds */
	RX_MEDIAN,
	RX_P99,
	RX_P999,
	RX_MAX,
	RX_SAMPLES, /* latencies that were measured */
	RX_CPU,     /* busy seconds of all processors, 10^9 bytes */
	RX_FIGURES
};

/* What is not a number (NAN) was not measured, and is printed as null or n/a, never as 0. */
struct rx_bench_record {
	const struct rx_bench_test *test;
	enum rx_transport transport;
	const char *tool; /* "rxelab", "perftest" */
	unsigned from, to;
	const char *network; /* that both are on, if it has a name; NULL */
	const char *link;    /* --compare-links: what joins them; NULL */
	uint32_t size;       /* bytes */
	unsigned repeat;     /* counts from 1 */
	const char *status;  /* "pass", "fail", "skip", "not run" */
	char detail[704];
	double figure[RX_FIGURES];
	struct rx_histogram *latency; /* owned, nanoseconds; NULL in bandwidth tests */
	double checked;               /* messages whose bytes were looked at; NAN: none were */
	double *series;               /* owned: MB/s of each p.interval of the window; NULL */
	size_t n_series;
	double event; /* seconds after counting began when that of --at had happened; NAN: none */
	bool counted;
	char command[2][512];                  /* perftest's, of either end; "": ours */
	uint64_t counters[2][RX_RXE_COUNTERS]; /* how far those of either end moved */
	char path[64];                         /* the netdevs that carried it; "" if unknown */
};

struct rx_bench {
	const struct rx_view *view;
	struct rx_fabric fabric;
	struct rx_pairs pairs;
	unsigned network;    /* --network: one of the lab's, from 1; RX_ANY_NETWORK */
	const char *pattern; /* --pattern; NULL */
	struct rx_bench_parameters p;
	struct rx_event event;
	struct rx_bench_record *record; /* owned */
	size_t n;
	char crowd[RX_BENCH_CROWD + 1][24];  /* --compare-links: "3 pairs at once" */
	double deadline;                     /* rx_now(); 0: none */
	const volatile sig_atomic_t *signal; /* NULL: nobody catches any */
	atomic_bool stop;
	char cut[320]; /* why not all that was asked for is there; "": it is */
};

/* --tests, --sizes ("64,4k,1M" or "2-64k"), --cpu: text to parameters; RX_USAGE. */
int rx_bench_select(const char *text, bool selected[16], struct rx_err *err);
int rx_bench_sizes(const char *text, struct rx_bench_parameters *p, struct rx_err *err);
int rx_bench_cpus(const char *text, struct rx_bench_parameters *p, struct rx_err *err);

/* Everything asked for. Returns 0, also when it was stopped (bench->cut), or -errno. */
int rx_bench_run(struct rx_bench *bench, struct rx_err *err);
struct rx_bench_record *rx_bench_add(struct rx_bench *bench); /* zeroed, figures NAN */
void rx_bench_free(struct rx_bench *bench);                   /* its records */
/* A percentile wants a sample beyond it at least: others become NAN. */
void rx_bench_keep_percentiles(double figure[RX_FIGURES]);
/* Its detail, as one line. */
void rx_bench_detail(struct rx_bench_record *record, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --compare-links: the same pair over each kind of link, interleaved; then 1 to N pairs of the lab
 * at once. */
int rx_bench_links(struct rx_bench *bench);

/* The installed perftest, same parameters; fills the record. */
struct rx_flow;
void rx_bench_perftest(struct rx_bench *bench, const struct rx_flow *flow,
		       struct rx_bench_record *record);
/* Its figures, from what its two sides printed: of UC and UD the server's. false: none. */
bool rx_perftest_read(const struct rx_flow *flow, const char *client, const char *server,
		      struct rx_bench_record *record);

int rx_bench_table(const struct rx_bench *bench, FILE *out);
int rx_bench_json(const struct rx_bench *bench, FILE *out);
int rx_bench_csv(const struct rx_bench *bench, FILE *out);
/* The folder of --histograms is there, or made. 0, or -errno with err filled. */
int rx_bench_histograms_folder(const char *folder, struct rx_err *err);
/* Each latency measurement as a file of that folder. The words are those of HdrHistogram's
 * percentile output, in microseconds. 0, or -errno with err filled. */
int rx_bench_histograms(const struct rx_bench *bench, const char *folder, struct rx_err *err);
/* Draw with gnuplot; -ENOENT where it is not installed. */
int rx_bench_plot(const struct rx_bench *bench, const char *file, struct rx_err *err);

const char *rx_transport_name(enum rx_transport transport);
const char *rx_size_text(uint32_t size, char buf[16]);

#endif
