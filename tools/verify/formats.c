/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For programs: JSON as docs/reference/json.md has it, KTAP (Documentation/dev-tools/ktap.rst of
 * the kernel), JUnit's XML. */
#include <errno.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/lab/view-output.h"
#include "tools/verify/verify.h"

static const char *name_of(const struct rx_verify *v, int number)
{
	return number == RX_NOBODY ? NULL : v->view->nodes[number].want->name;
}

static json_t *result_json(const struct rx_verify *v, const struct rx_result *r)
{
	json_t *record = json_object();

	json_object_set_new(record, "test", json_string(rx_tests[r->test].name));
	json_object_set_new(record, "from", rx_json_string(name_of(v, r->from)));
	json_object_set_new(record, "to", rx_json_string(name_of(v, r->to)));
	json_object_set_new(record, "status", json_string(rx_outcome_name(r->outcome)));
	json_object_set_new(record, "seconds", json_real((double)(long)(r->seconds * 1e6) / 1e6));
	json_object_set_new(record, "detail", rx_json_string(r->detail));
	return record;
}

int rx_report_json(const struct rx_verify *v, FILE *out)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	json_object_set_new(root, "lab", json_string(v->view->lab.name));
	json_object_set_new(root, "passed", json_integer((json_int_t)v->results.count[RX_PASS]));
	json_object_set_new(root, "failed", json_integer((json_int_t)v->results.count[RX_FAIL]));
	json_object_set_new(root, "skipped", json_integer((json_int_t)v->results.count[RX_SKIP]));
	json_object_set_new(root, "impairments", rx_view_impairments_json(v->view));
	for (i = 0; i < v->results.n; i++)
		json_array_append_new(list, result_json(v, &v->results.result[i]));
	json_object_set_new(root, "results", list);
	return rx_json_print(root, out);
}

/* "test ep1 -> ep2": neither "#" nor a line break can be in it, names being what they are. */
static void write_subject(const struct rx_verify *v, const struct rx_result *r, FILE *out)
{
	fprintf(out, "%s", rx_tests[r->test].name);
	if (r->from != RX_NOBODY)
		fprintf(out, " %s", name_of(v, r->from));
	if (r->to != RX_NOBODY)
		fprintf(out, " -> %s", name_of(v, r->to));
}

int rx_report_tap(const struct rx_verify *v, FILE *out)
{
	size_t i;

	fprintf(out, "KTAP version 1\n1..%zu\n", v->results.n);
	for (i = 0; i < v->results.n; i++) {
		const struct rx_result *r = &v->results.result[i];

		if (r->outcome == RX_FAIL && r->detail)
			fprintf(out, "# %s\n", r->detail);
		fprintf(out, "%s %zu ", r->outcome == RX_FAIL ? "not ok" : "ok", i + 1);
		write_subject(v, r, out);
		if (r->outcome == RX_SKIP)
			fprintf(out, " # SKIP %s", r->detail ? r->detail : "");
		fputc('\n', out);
	}
	fprintf(out, "# passed %zu failed %zu skipped %zu\n", v->results.count[RX_PASS],
		v->results.count[RX_FAIL], v->results.count[RX_SKIP]);
	return ferror(out) ? -EIO : 0;
}

static void write_case(const struct rx_verify *v, const struct rx_result *r, FILE *out)
{
	fprintf(out, "    <testcase classname=\"%s.%s\" name=\"", v->view->lab.name,
		rx_tests[r->test].name);
	if (r->from == RX_NOBODY)
		fputs(rx_tests[r->test].name, out);
	else
		fputs(name_of(v, r->from), out);
	if (r->to != RX_NOBODY)
		fprintf(out, " to %s", name_of(v, r->to));
	fprintf(out, "\" time=\"%.6f\"", r->seconds);
	if (r->outcome == RX_PASS) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, "><%s message=\"", r->outcome == RX_FAIL ? "failure" : "skipped");
	rx_xml_write(r->detail ? r->detail : "", out);
	fputs("\"/></testcase>\n", out);
}

int rx_report_junit(const struct rx_verify *v, FILE *out)
{
	double seconds = 0;
	size_t i;

	for (i = 0; i < v->results.n; i++)
		seconds += v->results.result[i].seconds;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	fprintf(out,
		"  <testsuite name=\"rxelab verify %s\" tests=\"%zu\" failures=\"%zu\" "
		"skipped=\"%zu\" errors=\"0\" time=\"%.6f\">\n",
		v->view->lab.name, v->results.n, v->results.count[RX_FAIL],
		v->results.count[RX_SKIP], seconds);
	for (i = 0; i < v->results.n; i++)
		write_case(v, &v->results.result[i], out);
	fputs("  </testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
