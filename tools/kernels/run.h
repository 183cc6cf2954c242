/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `rxelab kernels test` found out, as plain data:
 *
 *   guest's lines (lines.c) -+
 *       +- known issues (issues.c), baseline (baseline.c) mark it
 *   an earlier run's JSON (run-json.c)
 *       -+-> struct rx_run (run.c) -> table and Markdown (run-table.c), KTAP and JUnit
 *            (run-formats.c), JSON (run-json.c), exit status (judge.c) */
#ifndef RXELAB_TOOLS_KERNELS_RUN_H
#define RXELAB_TOOLS_KERNELS_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "netns/base/error.h"
#include "tools/report/outcome.h"

/* One thing that a case looked at. Repetitions of a case add up in it: the worst outcome stays. */
struct rx_check {
	char *id;            /* its own within the case, and for ever: what runs are compared by */
	char *name, *detail; /* detail: why it came to this; NULL if there is nothing to say */
	bool runners; /* the runner looked (traces, the kernel's log), not the case's script */
	enum rx_outcome outcome;
	unsigned runs, failures;
	char *issue; /* the evidence of the known issue that explains it; NULL: none */
};

struct rx_case {
	char *name;            /* "SUITE/CASE" */
	double seconds;        /* of all repetitions */
	unsigned begun, ended; /* repetitions */
	struct rx_check *check;
	size_t n;
};

/* How a kernel behaves, in one word: never a failure in itself. */
struct rx_capability {
	char *name, *answer, *detail; /* answer: "yes", "no", "unknown" */
};

struct rx_kernel_run {
	char *label;             /* as it was asked for: "trixie", "~/linux" */
	char *release, *version; /* of uname; NULL: it never came up */
	bool came_up, verdict;   /* verdict: the guest said its verdict, and said it last */
	bool lost;               /* its emulator was ended from outside: the kernel told nothing */
	size_t left;             /* cases that were asked for and have not begun */
	char *complaint;         /* why there is no verdict; NULL: there is one */
	unsigned boots;
	double seconds;
	struct rx_case *test;
	size_t n;
	struct rx_capability *capability;
	size_t n_capabilities;
	char **note;
	size_t n_notes;
};

/* One difference between a baseline and this run. */
struct rx_change {
	const char *kind; /* "regression", "fix", "new", "gone", "still failing" */
	char *kernel, *test, *check, *id, *before, *after;
	char *detail; /* why it is what it is now; NULL: nothing to say */
};

/* A known issue of a kernel whose case ran, and which no check of it has any more. */
struct rx_stale {
	char *kernel, *test, *check;
};

struct rx_run {
	struct rx_kernel_run *kernel;
	size_t n;
	struct rx_change *change; /* against the baseline */
	size_t n_changes;
	bool compared; /* there was a baseline */
	bool cut;      /* it was stopped, or is not over: what is here is not all */
	struct rx_stale *stale;
	size_t n_stale;
	size_t count[RX_OUTCOMES]; /* of checks, over all kernels */
	size_t unexplained; /* failures that neither a known issue nor the baseline explains */
};

/* run.c */
/* The release; of one that never came up what it was asked for by. */
const char *rx_kernel_name(const struct rx_kernel_run *kernel);
struct rx_kernel_run *rx_run_add_kernel(struct rx_run *run, const char *label);
struct rx_case *rx_kernel_case(struct rx_kernel_run *kernel, const char *name); /* found, or made */
const struct rx_case *rx_kernel_find_case(const struct rx_kernel_run *kernel, const char *name);
const struct rx_check *rx_case_find_check(const struct rx_case *test, const char *id);
/* "[ID] TEXT" is a check's name with its id; without one the id is made of the text: its letters
 * and digits, the rest as "-". Caller frees. */
char *rx_check_id(const char *name);
/* Found by its id, or made: what a repetition adds to it. */
struct rx_check *rx_case_add(struct rx_case *test, enum rx_outcome outcome, const char *name,
			     const char *detail);
const struct rx_capability *rx_kernel_find_capability(const struct rx_kernel_run *kernel,
						      const char *name);
void rx_kernel_add_capability(struct rx_kernel_run *kernel, const char *name, const char *answer,
			      const char *detail);
void rx_kernel_note(struct rx_kernel_run *kernel, const char *text);
/* Runs of the same release become one, as repetitions do: of a case that several have the worst
 * outcome stays. */
void rx_run_merge(struct rx_run *run);
void rx_run_forget_stale(struct rx_run *run);
void rx_run_forget_changes(struct rx_run *run);
void rx_run_free(struct rx_run *run);

/* The worst of its checks; a case in which everything was skipped, and one without a check, is
 * skipped. */
enum rx_outcome rx_case_outcome(const struct rx_case *test);
enum rx_outcome rx_kernel_outcome(const struct rx_kernel_run *kernel);
/* The runner's own, as "guest/boot": nobody asked for it, and it is no test of RXE. */
bool rx_case_is_runners(const char *name);
/* "SUITE" of "SUITE/CASE": its length. */
size_t rx_case_suite_length(const char *name);

/* lines.c: one line of a guest's results, without its newline. */
struct rx_lines {
	struct rx_kernel_run *kernel;
	char *current;          /* the case that has begun and not ended; NULL: none */
	char *stopped;          /* why the guest gave up before its last case */
	bool verdict, good;     /* the last line was a verdict */
	bool failed;            /* a check failed in this boot */
	size_t told, bad_lines; /* cases that the verdict counted; lines that mean nothing */
	size_t ended;           /* cases that ended in this boot */
};

void rx_lines_take(struct rx_lines *lines, const char *line);
void rx_lines_free(struct rx_lines *lines);

/* issues.c: a YAML file of expected failures. */
struct rx_issue {
	/* patterns of fnmatch(3); check: of its id or its text; kernels: several, separated by
	 * spaces */
	char *test, *check, *kernels, *evidence, *link;
};

struct rx_issues {
	struct rx_issue *issue;
	size_t n;
};

int rx_issues_read(const char *path, struct rx_issues *issues, struct rx_err *err);
void rx_issues_free(struct rx_issues *issues);
/* Failures that an issue explains become xfail; an issue whose case ran and had no such failure,
 * xpass; one whose case ran and has no such check goes into run->stale. */
void rx_issues_apply(const struct rx_issues *issues, struct rx_run *run);
/* What a saved run knew is taken back, so that it is judged by today's list. */
void rx_issues_forget(struct rx_run *run);

/* baseline.c: fill run->change, and run->compared. */
void rx_baseline_compare(const struct rx_run *before, struct rx_run *run);

/* judge.c: count, and the exit status: 0, 1, 4 (nothing but skips). */
int rx_run_judge(struct rx_run *run);
#define RX_BISECT_SKIP 125
#define RX_BISECT_ABORT 128 /* above 127 git bisect run gives up */
/* For git bisect run: 0 good, 1 bad, 125 this kernel tells nothing. A known issue is a failure.
 * chosen: cases were asked for by name, and they alone decide. */
int rx_run_judge_bisect(const struct rx_run *run, bool chosen);

/* run-json.c */
json_t *rx_run_json(const struct rx_run *run);
int rx_run_read_json(const char *path, struct rx_run *run, struct rx_err *err);

/* run-table.c */
void rx_run_table(const struct rx_run *run, FILE *out);
void rx_run_markdown(const struct rx_run *run, FILE *out);

/* run-formats.c; format: "table", "markdown", "json", "tap", "junit", "html". 0 or -EIO. */
int rx_run_report(const struct rx_run *run, const char *format, FILE *out);

#endif
