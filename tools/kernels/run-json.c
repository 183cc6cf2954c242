/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as JSON (docs/reference/json.md), and back: what --baseline and `kernels show` read. */
#include <errno.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/kernels/run.h"

/* No text of a guest is believed to be UTF-8: each goes in as rx_json_text makes it. */
static json_t *check_json(const struct rx_check *check)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:i, s:i, s:o}", "id", rx_json_text(check->id),
			 "name", rx_json_text(check->name), "by",
			 check->runners ? "runner" : "case", "status",
			 rx_outcome_word(check->outcome), "detail", rx_json_string(check->detail),
			 "runs", (int)check->runs, "failures", (int)check->failures, "issue",
			 rx_json_string(check->issue));
}

static json_t *case_json(const struct rx_case *test)
{
	rx_autofree char *suite = rx_format("%.*s", (int)rx_case_suite_length(test->name),
					    test->name);
	json_t *checks = json_array();

	for (size_t i = 0; i < test->n; i++)
		json_array_append_new(checks, check_json(&test->check[i]));
	return json_pack("{s:o, s:o, s:b, s:s, s:f, s:i, s:o}", "case", rx_json_text(test->name),
			 "suite", rx_json_text(suite), "asked", !rx_case_is_runners(test->name),
			 "status", rx_outcome_word(rx_case_outcome(test)), "seconds", test->seconds,
			 "repeats", (int)test->begun, "checks", checks);
}

static json_t *capabilities_json(const struct rx_kernel_run *kernel)
{
	json_t *array = json_array();

	for (size_t i = 0; i < kernel->n_capabilities; i++) {
		const struct rx_capability *c = &kernel->capability[i];

		json_array_append_new(array, json_pack("{s:o, s:s, s:o}", "name",
						       rx_json_text(c->name), "answer", c->answer,
						       "detail", rx_json_string(c->detail)));
	}
	return array;
}

static json_t *kernel_json(const struct rx_kernel_run *kernel)
{
	json_t *cases = json_array(), *notes = json_array();

	for (size_t i = 0; i < kernel->n_notes; i++)
		json_array_append_new(notes, rx_json_text(kernel->note[i]));
	for (size_t i = 0; i < kernel->n; i++)
		json_array_append_new(cases, case_json(&kernel->test[i]));
	return json_pack("{s:o, s:o, s:o, s:s, s:b, s:b, s:b, s:i, s:o, s:i, s:f, s:o, s:o, s:o}",
			 "kernel", rx_json_text(kernel->label), "release",
			 rx_json_string(kernel->release), "version",
			 rx_json_string(kernel->version), "status",
			 rx_outcome_word(rx_kernel_outcome(kernel)), "came_up", kernel->came_up,
			 "verdict", kernel->verdict, "lost", kernel->lost, "left",
			 (int)kernel->left, "complaint", rx_json_string(kernel->complaint), "boots",
			 (int)kernel->boots, "seconds", kernel->seconds, "notes", notes,
			 "capabilities", capabilities_json(kernel), "cases", cases);
}

static json_t *changes_json(const struct rx_run *run)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < run->n_changes; i++) {
		const struct rx_change *c = &run->change[i];

		json_array_append_new(
			changes,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "change", c->kind,
				  "kernel", rx_json_text(c->kernel), "case", rx_json_text(c->test),
				  "check", rx_json_text(c->check), "id", rx_json_string(c->id),
				  "before", rx_json_string(c->before), "after",
				  rx_json_string(c->after), "detail", rx_json_string(c->detail)));
	}
	return changes;
}

static json_t *stale_json(const struct rx_run *run)
{
	json_t *stale = json_array();

	for (size_t i = 0; i < run->n_stale; i++)
		json_array_append_new(stale, json_pack("{s:o, s:o, s:o}", "kernel",
						       rx_json_text(run->stale[i].kernel), "case",
						       rx_json_text(run->stale[i].test), "check",
						       rx_json_text(run->stale[i].check)));
	return stale;
}

json_t *rx_run_json(const struct rx_run *run)
{
	static const enum rx_outcome order[] = {RX_PASS, RX_SKIP, RX_XFAIL, RX_XPASS, RX_FAIL};
	json_t *kernels = json_array(), *root = json_object();

	for (size_t i = 0; i < run->n; i++)
		json_array_append_new(kernels, kernel_json(&run->kernel[i]));
	for (size_t i = 0; i < RX_ARRAY_SIZE(order); i++)
		json_object_set_new(root, rx_outcome_word(order[i]),
				    json_integer((json_int_t)run->count[order[i]]));
	json_object_set_new(root, "complete", json_boolean(!run->cut));
	json_object_set_new(root, "unexplained", json_integer((json_int_t)run->unexplained));
	json_object_set_new(root, "kernels", kernels);
	json_object_set_new(root, "changes", run->compared ? changes_json(run) : json_null());
	json_object_set_new(root, "stale_issues", stale_json(run));
	return root;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

/* A copy; NULL for what is empty. */
static char *keep(const json_t *object, const char *key)
{
	return *text(object, key) ? rx_strdup(text(object, key)) : NULL;
}

static bool read_case(json_t *value, struct rx_kernel_run *kernel)
{
	struct rx_case *test;
	enum rx_outcome outcome;
	json_t *check;
	size_t i;

	if (!strchr(text(value, "case"), '/') || !json_is_array(json_object_get(value, "checks")))
		return false;
	test = rx_kernel_case(kernel, text(value, "case"));
	test->seconds = json_real_value(json_object_get(value, "seconds"));
	test->begun = test->ended = (unsigned)json_integer_value(json_object_get(value, "repeats"));
	json_array_foreach(json_object_get(value, "checks"), i, check) {
		rx_autofree char *name = *text(check, "id")
						 ? rx_format("[%s] %s", text(check, "id"),
							     text(check, "name"))
						 : rx_strdup(text(check, "name"));
		struct rx_check *made;

		if (!rx_outcome_from_word(text(check, "status"), &outcome))
			return false;
		made = rx_case_add(test, outcome, name, text(check, "detail"));
		made->runners = !strcmp(text(check, "by"), "runner");
		made->runs = (unsigned)json_integer_value(json_object_get(check, "runs"));
		made->failures = (unsigned)json_integer_value(json_object_get(check, "failures"));
		made->issue = keep(check, "issue");
	}
	return true;
}

static bool read_kernel(json_t *value, struct rx_run *run)
{
	struct rx_kernel_run *kernel;
	json_t *item;
	size_t i;

	if (!*text(value, "kernel") || !json_is_array(json_object_get(value, "cases")))
		return false;
	kernel = rx_run_add_kernel(run, text(value, "kernel"));
	kernel->release = keep(value, "release");
	kernel->version = keep(value, "version");
	kernel->complaint = keep(value, "complaint");
	kernel->came_up = json_is_true(json_object_get(value, "came_up"));
	kernel->verdict = json_is_true(json_object_get(value, "verdict"));
	kernel->lost = json_is_true(json_object_get(value, "lost"));
	kernel->left = (size_t)json_integer_value(json_object_get(value, "left"));
	kernel->boots = (unsigned)json_integer_value(json_object_get(value, "boots"));
	kernel->seconds = json_real_value(json_object_get(value, "seconds"));
	json_array_foreach(json_object_get(value, "notes"), i, item)
		if (json_is_string(item))
			rx_kernel_note(kernel, json_string_value(item));
	json_array_foreach(json_object_get(value, "capabilities"), i, item)
		if (*text(item, "name") && *text(item, "answer"))
			rx_kernel_add_capability(kernel, text(item, "name"), text(item, "answer"),
						 text(item, "detail"));
	json_array_foreach(json_object_get(value, "cases"), i, item)
		if (!read_case(item, kernel))
			return false;
	return true;
}

int rx_run_read_json(const char *path, struct rx_run *run, struct rx_err *err)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error), *kernel;
	int rc = 0;
	size_t i;

	if (!root)
		return rx_usage(err, "results-unreadable", "%s:%d:%d: %s", path, error.line,
				error.column, error.text);
	if (!json_is_array(json_object_get(root, "kernels")))
		rc = rx_usage(err, "results-unreadable",
			      "%s: it is not a result of rxelab kernels test: it has no list "
			      "\"kernels\"",
			      path);
	run->cut |= json_is_false(json_object_get(root, "complete"));
	json_array_foreach(json_object_get(root, "kernels"), i, kernel)
		if (!rc && !read_kernel(kernel, run))
			rc = rx_usage(err, "results-unreadable",
				      "%s: kernel %zu of its list is not a result of rxelab "
				      "kernels "
				      "test",
				      path, i + 1);
	json_decref(root);
	return rc;
}
