/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/doctor/doctor.h"

struct rx_finding *rx_finding(struct rx_doctor *doctor, const char *check, unsigned row,
			      enum rx_verdict verdict, const char *reply, const char *tried, ...)
{
	struct rx_finding *f = rx_array_add(&doctor->finding, &doctor->n, sizeof(*f));
	va_list ap;

	RX_SAY(f->check, "%s", check);
	f->row = row;
	f->verdict = verdict;
	RX_SAY(f->reply, "%s", reply ? reply : "");
	va_start(ap, tried);
	vsnprintf(f->tried, sizeof(f->tried), tried, ap);
	va_end(ap);
	return f;
}

const char *rx_outcome(int rc)
{
	return rc ? strerror(abs(rc)) : "done";
}

static const struct {
	const char *name, *colour;
} verdicts[] = {
	[RX_FINE] = {"fine", "green"},        [RX_LIMIT] = {"limit", "yellow"},
	[RX_PROBLEM] = {"problem", "red"},    [RX_BLOCKS] = {"blocks", "red"},
	[RX_UNTRIED] = {"untried", "yellow"},
};

static void say(FILE *out, const char *before, const char *text)
{
	rx_autofree char *line = *text ? rx_format("%s%s", before, text) : NULL;

	if (!line)
		return;
	fprintf(out, "%*s", RX_SAID_AT, "");
	rx_print_folded(out, line, line + strlen(line), RX_SAID_AT);
}

static void print_one(const struct rx_finding *f, FILE *out)
{
	rx_autofree char *said = rx_format("%s%s%s", f->tried, *f->reply ? ": " : "", f->reply);

	fprintf(out, "%s%-8s%s %-16s ", rx_colour(out, verdicts[f->verdict].colour),
		verdicts[f->verdict].name, rx_colour(out, "reset"), f->check);
	rx_print_folded(out, said, said + strlen(said), RX_SAID_AT);
	say(out, "", f->cause);
	say(out, "cure: ", f->cure);
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
					"verdict", verdicts[f->verdict].name, "tried", f->tried,
					"reply", rx_json_string(f->reply), "cause",
					rx_json_string(f->cause), "cure", rx_json_string(f->cure)));
	}
	return list;
}
