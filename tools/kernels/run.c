/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of a run: growing it, finding things in it, freeing it. */
#include <stdlib.h>
#include <string.h>

#include "tools/kernels/run.h"

static const char *const words[RX_CHECK_OUTCOMES] = {"pass", "skip", "xfail", "xpass", "fail"};

const char *rx_check_word(enum rx_outcome_of_check outcome)
{
	return words[outcome];
}

bool rx_check_from_word(const char *word, enum rx_outcome_of_check *outcome)
{
	for (int i = 0; i < RX_CHECK_OUTCOMES; i++)
		if (!strcmp(word, words[i])) {
			*outcome = (enum rx_outcome_of_check)i;
			return true;
		}
	return false;
}

/* Room for one more element of a list of n, zeroed. */
static void *grow(void *list, size_t n, size_t size)
{
	char *grown = realloc(list, (n + 1) * size);

	if (!grown)
		abort();
	memset(grown + n * size, 0, size);
	return grown;
}

static char *copy(const char *text)
{
	char *copied = text && *text ? strdup(text) : NULL;

	if (text && *text && !copied)
		abort();
	return copied;
}

struct rx_kernel_run *rx_run_add_kernel(struct rx_run *run, const char *label)
{
	run->kernel = grow(run->kernel, run->n, sizeof(*run->kernel));
	run->kernel[run->n].label = copy(label);
	return &run->kernel[run->n++];
}

const struct rx_case *rx_kernel_find_case(const struct rx_kernel_run *kernel, const char *name)
{
	for (size_t i = 0; i < kernel->n; i++)
		if (!strcmp(kernel->test[i].name, name))
			return &kernel->test[i];
	return NULL;
}

struct rx_case *rx_kernel_case(struct rx_kernel_run *kernel, const char *name)
{
	struct rx_case *found = (struct rx_case *)rx_kernel_find_case(kernel, name);

	if (found)
		return found;
	kernel->test = grow(kernel->test, kernel->n, sizeof(*kernel->test));
	kernel->test[kernel->n].name = copy(name);
	return &kernel->test[kernel->n++];
}

const struct rx_check *rx_case_find_check(const struct rx_case *test, const char *name)
{
	for (size_t i = 0; i < test->n; i++)
		if (!strcmp(test->check[i].name, name))
			return &test->check[i];
	return NULL;
}

void rx_case_add(struct rx_case *test, enum rx_outcome_of_check outcome, const char *name,
		 const char *detail)
{
	struct rx_check *check = (struct rx_check *)rx_case_find_check(test, *name ? name : "?");

	if (!check) {
		test->check = grow(test->check, test->n, sizeof(*test->check));
		check = &test->check[test->n++];
		check->name = copy(*name ? name : "?");
		check->outcome = outcome;
		check->detail = copy(detail);
	} else if (outcome > check->outcome ||
		   (check->outcome == RX_CHECK_SKIP && outcome == RX_CHECK_PASS)) {
		/* a skip in one repetition does not hide that another passed */
		check->outcome = outcome;
		free(check->detail);
		check->detail = copy(detail);
	}
	check->runs++;
	check->failures += outcome == RX_CHECK_FAIL;
}

void rx_kernel_add_capability(struct rx_kernel_run *kernel, const char *name, const char *answer,
			      const char *detail)
{
	struct rx_capability *capability;

	/* a guest that had to be booted again was asked again */
	for (size_t i = 0; i < kernel->n_capabilities; i++)
		if (!strcmp(kernel->capability[i].name, name))
			return;
	kernel->capability = grow(kernel->capability, kernel->n_capabilities,
				  sizeof(*kernel->capability));
	capability = &kernel->capability[kernel->n_capabilities++];
	capability->name = copy(name);
	capability->answer = copy(answer);
	capability->detail = copy(detail);
}

void rx_kernel_note(struct rx_kernel_run *kernel, const char *text)
{
	for (size_t i = 0; i < kernel->n_notes; i++)
		if (!strcmp(kernel->note[i], text))
			return;
	kernel->note = grow(kernel->note, kernel->n_notes, sizeof(*kernel->note));
	kernel->note[kernel->n_notes++] = copy(*text ? text : "?");
}

enum rx_outcome_of_check rx_case_outcome(const struct rx_case *test)
{
	enum rx_outcome_of_check worst = RX_CHECK_SKIP;
	bool passed = false;

	for (size_t i = 0; i < test->n; i++) {
		passed |= test->check[i].outcome == RX_CHECK_PASS;
		if (test->check[i].outcome > worst)
			worst = test->check[i].outcome;
	}
	return worst == RX_CHECK_SKIP && passed ? RX_CHECK_PASS : worst;
}

enum rx_outcome_of_check rx_kernel_outcome(const struct rx_kernel_run *kernel)
{
	enum rx_outcome_of_check worst = RX_CHECK_SKIP;
	bool passed = false;

	if (!kernel->verdict)
		return RX_CHECK_FAIL;
	for (size_t i = 0; i < kernel->n; i++) {
		enum rx_outcome_of_check outcome = rx_case_outcome(&kernel->test[i]);

		/* that the guest booted and ended well is no test of RXE */
		passed |= outcome == RX_CHECK_PASS && strncmp(kernel->test[i].name, "guest/", 6);
		if (outcome > worst)
			worst = outcome;
	}
	return worst == RX_CHECK_SKIP && passed ? RX_CHECK_PASS : worst;
}

size_t rx_case_suite_length(const char *name)
{
	return strcspn(name, "/");
}

static void free_case(struct rx_case *test)
{
	for (size_t i = 0; i < test->n; i++) {
		free(test->check[i].name);
		free(test->check[i].detail);
		free(test->check[i].issue);
	}
	free(test->check);
	free(test->name);
}

static void free_kernel(struct rx_kernel_run *kernel)
{
	for (size_t i = 0; i < kernel->n; i++)
		free_case(&kernel->test[i]);
	for (size_t i = 0; i < kernel->n_capabilities; i++) {
		free(kernel->capability[i].name);
		free(kernel->capability[i].answer);
		free(kernel->capability[i].detail);
	}
	for (size_t i = 0; i < kernel->n_notes; i++)
		free(kernel->note[i]);
	free(kernel->test);
	free(kernel->capability);
	free(kernel->note);
	free(kernel->label);
	free(kernel->release);
	free(kernel->version);
	free(kernel->complaint);
}

static void add_check(struct rx_case *into, const struct rx_check *check)
{
	struct rx_check *made;

	rx_case_add(into, check->outcome, check->name, check->detail);
	made = (struct rx_check *)rx_case_find_check(into, check->name);
	made->runs += check->runs - 1;
	made->failures += check->failures - (check->outcome == RX_CHECK_FAIL);
	if (!made->issue)
		made->issue = copy(check->issue);
}

static void add_kernel(struct rx_kernel_run *into, const struct rx_kernel_run *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct rx_case *test = rx_kernel_case(into, from->test[i].name);

		test->seconds += from->test[i].seconds;
		test->begun += from->test[i].begun;
		test->ended += from->test[i].ended;
		for (size_t c = 0; c < from->test[i].n; c++)
			add_check(test, &from->test[i].check[c]);
	}
	for (size_t i = 0; i < from->n_capabilities; i++)
		rx_kernel_add_capability(into, from->capability[i].name, from->capability[i].answer,
					 from->capability[i].detail);
	for (size_t i = 0; i < from->n_notes; i++)
		rx_kernel_note(into, from->note[i]);
	into->came_up &= from->came_up;
	into->verdict &= from->verdict;
	if (!into->complaint)
		into->complaint = copy(from->complaint);
	into->boots += from->boots;
	into->seconds += from->seconds;
}

void rx_run_merge(struct rx_run *run)
{
	size_t kept = 0;

	for (size_t k = 0; k < run->n; k++) {
		struct rx_kernel_run *same = NULL;

		for (size_t i = 0; i < kept && !same; i++)
			if (run->kernel[i].release && run->kernel[k].release &&
			    !strcmp(run->kernel[i].release, run->kernel[k].release))
				same = &run->kernel[i];
		if (same) {
			add_kernel(same, &run->kernel[k]);
			free_kernel(&run->kernel[k]);
		} else {
			run->kernel[kept++] = run->kernel[k];
		}
	}
	run->n = kept;
}

void rx_run_free(struct rx_run *run)
{
	for (size_t i = 0; i < run->n; i++)
		free_kernel(&run->kernel[i]);
	for (size_t i = 0; i < run->n_changes; i++) {
		free(run->change[i].kernel);
		free(run->change[i].test);
		free(run->change[i].check);
		free(run->change[i].before);
		free(run->change[i].after);
	}
	free(run->kernel);
	free(run->change);
	memset(run, 0, sizeof(*run));
}
