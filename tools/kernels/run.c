/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of a run: growing it, finding things in it, freeing it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/kernels/run.h"

const char *rx_kernel_name(const struct rx_kernel_run *kernel)
{
	return kernel->release ? kernel->release : kernel->label;
}

/* NULL for what is empty. */
static char *copy(const char *text)
{
	return text && *text ? rx_strdup(text) : NULL;
}

struct rx_kernel_run *rx_run_add_kernel(struct rx_run *run, const char *label)
{
	struct rx_kernel_run *kernel = rx_array_add(&run->kernel, &run->n, sizeof(*kernel));

	kernel->label = copy(label);
	return kernel;
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
	found = rx_array_add(&kernel->test, &kernel->n, sizeof(*found));
	found->name = copy(name);
	return found;
}

const struct rx_check *rx_case_find_check(const struct rx_case *test, const char *id)
{
	for (size_t i = 0; i < test->n; i++)
		if (!strcmp(test->check[i].id, id))
			return &test->check[i];
	return NULL;
}

/* Of "[ID] TEXT": the length of ID; 0: it has none. */
static size_t id_length(const char *name)
{
	size_t n = *name == '[' ? strcspn(name + 1, "] ") : 0;

	return n && name[1 + n] == ']' ? n : 0;
}

/* What is told: without the id; "?" for nothing. */
static const char *check_text(const char *name)
{
	size_t n = id_length(name);
	const char *text = n ? name + n + 2 : name;

	text += strspn(text, " ");
	return *text ? text : n ? name : "?";
}

char *rx_check_id(const char *name)
{
	size_t given = id_length(name), n = 0;
	char *id;

	if (given)
		return rx_format("%.*s", (int)given, name + 1);
	id = rx_strdup(*name ? name : "?");
	for (const unsigned char *c = (const unsigned char *)id; *c; c++) {
		/* what is not ASCII stays: else two names in another script would be one */
		if (*c > 127 || isalnum(*c))
			id[n++] = (char)(*c < 128 ? tolower(*c) : *c);
		else if (n && id[n - 1] != '-')
			id[n++] = '-';
	}
	n -= n && id[n - 1] == '-';
	id[n ? n : strlen(id)] = '\0';
	return id;
}

struct rx_check *rx_case_add(struct rx_case *test, enum rx_outcome outcome, const char *name,
			     const char *detail)
{
	rx_autofree char *id = rx_check_id(name);
	struct rx_check *check = (struct rx_check *)rx_case_find_check(test, id);

	if (!check) {
		check = rx_array_add(&test->check, &test->n, sizeof(*check));
		check->id = rx_strdup(id);
		check->name = copy(check_text(name));
	}
	if (!check->runs || outcome > check->outcome) {
		check->outcome = outcome;
		free(check->detail);
		check->detail = copy(detail);
	}
	check->runs++;
	check->failures += outcome == RX_FAIL;
	return check;
}

const struct rx_capability *rx_kernel_find_capability(const struct rx_kernel_run *kernel,
						      const char *name)
{
	for (size_t i = 0; i < kernel->n_capabilities; i++)
		if (!strcmp(kernel->capability[i].name, name))
			return &kernel->capability[i];
	return NULL;
}

void rx_kernel_add_capability(struct rx_kernel_run *kernel, const char *name, const char *answer,
			      const char *detail)
{
	static const char *const order[] = {"no", "unknown", "yes"};
	struct rx_capability *capability = (struct rx_capability *)rx_kernel_find_capability(kernel,
											     name);

	/* a guest that had to be booted again was asked again: the worst answer stays, whichever
	 * came first */
	for (size_t i = 0; capability && i < RX_ARRAY_SIZE(order); i++) {
		if (!strcmp(capability->answer, order[i]))
			return;
		if (strcmp(answer, order[i]))
			continue;
		free(capability->answer);
		free(capability->detail);
		capability->answer = copy(answer);
		capability->detail = copy(detail);
		return;
	}
	if (capability)
		return;
	capability = rx_array_add(&kernel->capability, &kernel->n_capabilities,
				  sizeof(*capability));
	capability->name = copy(name);
	capability->answer = copy(answer);
	capability->detail = copy(detail);
}

void rx_kernel_note(struct rx_kernel_run *kernel, const char *text)
{
	char **note;

	for (size_t i = 0; i < kernel->n_notes; i++)
		if (!strcmp(kernel->note[i], text))
			return;
	note = rx_array_add(&kernel->note, &kernel->n_notes, sizeof(*note));
	*note = copy(*text ? text : "?");
}

enum rx_outcome rx_case_outcome(const struct rx_case *test)
{
	enum rx_outcome worst = RX_SKIP;

	for (size_t i = 0; i < test->n; i++)
		if (test->check[i].outcome > worst)
			worst = test->check[i].outcome;
	return worst;
}

enum rx_outcome rx_kernel_outcome(const struct rx_kernel_run *kernel)
{
	enum rx_outcome worst = kernel->verdict ? RX_SKIP : RX_FAIL;

	for (size_t i = 0; i < kernel->n; i++) {
		enum rx_outcome outcome = rx_case_outcome(&kernel->test[i]);

		/* that the guest booted and ended well is no test of RXE */
		if (outcome == RX_PASS && rx_case_is_runners(kernel->test[i].name))
			continue;
		if (outcome > worst)
			worst = outcome;
	}
	return worst;
}

bool rx_case_is_runners(const char *name)
{
	return !strncmp(name, "guest/", 6);
}

size_t rx_case_suite_length(const char *name)
{
	return strcspn(name, "/");
}

static void free_case(struct rx_case *test)
{
	for (size_t i = 0; i < test->n; i++) {
		free(test->check[i].id);
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
	rx_autofree char *name = rx_format("[%s] %s", check->id, check->name);
	struct rx_check *made = rx_case_add(into, check->outcome, name, check->detail);

	made->runners |= check->runners;
	made->runs += check->runs - 1;
	made->failures += check->failures - (check->outcome == RX_FAIL);
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
	into->lost |= from->lost;
	into->left += from->left;
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

void rx_run_forget_stale(struct rx_run *run)
{
	for (size_t i = 0; i < run->n_stale; i++) {
		free(run->stale[i].kernel);
		free(run->stale[i].test);
		free(run->stale[i].check);
	}
	free(run->stale);
	run->stale = NULL;
	run->n_stale = 0;
}

void rx_run_forget_changes(struct rx_run *run)
{
	for (size_t i = 0; i < run->n_changes; i++) {
		free(run->change[i].kernel);
		free(run->change[i].test);
		free(run->change[i].check);
		free(run->change[i].id);
		free(run->change[i].detail);
		free(run->change[i].before);
		free(run->change[i].after);
	}
	free(run->change);
	run->change = NULL;
	run->n_changes = 0;
}

void rx_run_free(struct rx_run *run)
{
	for (size_t i = 0; i < run->n; i++)
		free_kernel(&run->kernel[i]);
	rx_run_forget_changes(run);
	rx_run_forget_stale(run);
	free(run->kernel);
	memset(run, 0, sizeof(*run));
}
