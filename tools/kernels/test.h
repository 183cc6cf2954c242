/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the suites: which cases there are (catalogue.c), one kernel's guests (guest.c) and their
 * command (runner.c), all kernels (test.c). */
#ifndef RXELAB_TOOLS_KERNELS_TEST_H
#define RXELAB_TOOLS_KERNELS_TEST_H

#include "tools/cli/command.h"
#include "tools/kernels/run.h"
#include "tools/vm/vm.h"

/* A case that can be run. */
struct rx_offer {
	char *name;  /* "SUITE/CASE" */
	char *path;  /* of its script */
	char *about; /* what it checks, and of which behaviour of the kernel: its leading comment */
	bool quick;  /* also in the suite "quick" */
	unsigned limit; /* seconds, where it has a limit of its own; 0: none */
};

struct rx_catalogue {
	struct rx_offer *offer; /* in the order of suite and name */
	size_t n;
};

/* The folder of the suites, beside the guest's scripts. Caller frees. */
char *rx_suites_dir(struct rx_err *err);
/* Add every DIR/SUITE/CASE.sh. */
int rx_catalogue_add(struct rx_catalogue *catalogue, const char *dir, struct rx_err *err);
void rx_catalogue_free(struct rx_catalogue *catalogue);
/* Keep what is asked for, by suites (comma between; "all", "quick") and by names of cases; a name
 * that is not there is a usage error. Both NULL or empty: quick. */
int rx_catalogue_select(struct rx_catalogue *catalogue, const char *suites,
			const struct rx_strings *names, struct rx_err *err);

/* What was asked for. From rx_test_all on every default is filled in. */
struct rx_kernels_options {
	const char *format, *output, *baseline, *known_issues, *suite, *append;
	const char *artifacts; /* folder that keeps consoles and logs; NULL: none */
	const char *selftests; /* source of a kernel whose tests of RDMA are run, too; NULL: none */
	struct rx_strings kernel, test_case, suites_dir;
	const struct rx_catalogue *cases; /* those that are chosen */
	bool all, shell_on_failure, bisect, merge;
	unsigned repeat, jobs, memory, cpus; /* memory: MiB */
	double timeout, case_limit;          /* seconds: of a kernel's guests together; of a case */
};

/* before.c: what would spoil a run. Paths that a guest does not see, and a time limit below a
 * case's own, are usage errors. */
int rx_before_paths(const struct rx_kernels_options *options, struct rx_err *err);
int rx_before_limits(const struct rx_kernels_options *options, const struct rx_catalogue *catalogue,
		     struct rx_err *err);
/* Fewer guests at a time where the memory of all does not fit; that is told. */
void rx_before_memory(struct rx_kernels_options *options);
/* Seconds that are enough for all cases of one kernel. */
double rx_before_time(const struct rx_kernels_options *options,
		      const struct rx_catalogue *catalogue);

/* runner.c: the guest's command, for the n_left cases of options->cases whose numbers are in left.
 * NULL-terminated; it is the child's that becomes the guest, and goes with it. */
char **rx_runner_words(const struct rx_kernels_options *options, const char *suites,
		       const char *kernel, const size_t *left, size_t n_left);

/* What a guest leaves in its folder. */
enum rx_guest_file {
	RX_GUEST_RESULTS,
	RX_GUEST_CONSOLE,
	RX_GUEST_LOG,
	RX_GUEST_ERRORS,
	RX_GUEST_FILES,
};
extern const char *const rx_guest_files[RX_GUEST_FILES];

/* One kernel under test, between its guests and during them. */
struct rx_guest;

/* Find the kernel run->label (fetch it, make a build tree ready) and a place for its logs, named by
 * its number. */
struct rx_guest *rx_guest_new(const struct rx_kernels_options *options, size_t number,
			      struct rx_kernel_run *run, struct rx_err *err);
/* Boot it for the cases that are left. */
int rx_guest_start(struct rx_guest *guest, struct rx_err *err);
/* A pidfd that becomes readable when the guest has ended; -1: it does not run. */
int rx_guest_fd(const struct rx_guest *guest);
/* Read what it has said since; end it if it has been silent for too long. */
void rx_guest_watch(struct rx_guest *guest);
/* It has ended: read the rest, judge. 1: it must be started again for the cases that are left; 0:
 * that was all; or an error: no guest can be run here (RX_CANNOT). */
int rx_guest_ended(struct rx_guest *guest, struct rx_err *err);
/* What it is doing, for a line of progress. */
void rx_guest_progress(const struct rx_guest *guest, char *text, size_t size);
/* End it if it runs, forget its files. */
void rx_guest_free(struct rx_guest *guest);

/* Run everything; run is filled also when a kernel fails, and by then has what was found. keep is
 * called with data each time that a case or a kernel has ended. Returns 0, 128 + a signal's number,
 * or an error of ours: the first kernel for which no guest could be run; the others had their
 * turn. */
int rx_test_all(const struct rx_kernels_options *options, struct rx_run *run,
		void (*keep)(void *data), void *data, struct rx_err *err);

#endif
