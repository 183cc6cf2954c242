/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/output.h"
#include "tools/doctor/doctor.h"

struct rx_finding *rx_finding(struct rx_doctor *doctor, const char *check, unsigned row,
			      enum rx_verdict verdict)
{
	struct rx_finding *grown = realloc(doctor->finding, (doctor->n + 1) * sizeof(*grown)),
			  *finding;

	if (!grown)
		abort();
	doctor->finding = grown;
	finding = &grown[doctor->n++];
	memset(finding, 0, sizeof(*finding));
	RX_SAY(finding->check, "%s", check);
	finding->row = row;
	finding->verdict = verdict;
	return finding;
}

const char *rx_verdict_name(enum rx_verdict verdict)
{
	static const char *const names[] = {"fine", "limit", "problem", "blocks", "untried"};

	return names[verdict];
}

static const char *colour_of(enum rx_verdict verdict)
{
	static const char *const colours[] = {"green", "yellow", "red", "red", "yellow"};

	return colours[verdict];
}

static void print_one(const struct rx_finding *f, FILE *out)
{
	fprintf(out, "%s%-8s%s %-16s %s", rx_colour(out, colour_of(f->verdict)),
		rx_verdict_name(f->verdict), rx_colour(out, "reset"), f->check, f->tried);
	if (*f->reply)
		fprintf(out, ": %s", f->reply);
	if (*f->cause)
		fprintf(out, "; %s", f->cause);
	if (*f->cure)
		fprintf(out, "; cure: %s", f->cure);
	fputc('\n', out);
}

void rx_findings_print(const struct rx_doctor *doctor, FILE *out)
{
	for (size_t i = 0; i < doctor->n; i++)
		print_one(&doctor->finding[i], out);
}

json_t *rx_findings_json(const struct rx_doctor *doctor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < doctor->n; i++) {
		const struct rx_finding *f = &doctor->finding[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "check", f->check,
					"row", f->row ? json_integer(f->row) : json_null(),
					"verdict", rx_verdict_name(f->verdict), "tried", f->tried,
					"reply", rx_json_string(f->reply), "cause",
					rx_json_string(f->cause), "cure", rx_json_string(f->cure)));
	}
	return list;
}
