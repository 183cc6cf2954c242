/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/churn/churn.h"
#include "tools/cli/output.h"
#include "tools/report/table.h"

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void report_actions(const struct rx_churn *churn, FILE *out)
{
	struct rx_table *table = rx_table_new(
		4, (const char *const[]){"action", "done", "not made again", "seconds each"});
	char done[16], failed[16], seconds[16];
	int kind;

	for (kind = 0; kind < RX_CHURN_KINDS; kind++) {
		snprintf(done, sizeof(done), "%u", churn->count[kind]);
		snprintf(failed, sizeof(failed), "%u", churn->failed[kind]);
		snprintf(seconds, sizeof(seconds), "%.2f",
			 churn->count[kind] ? churn->seconds[kind] / churn->count[kind] : 0);
		rx_table_row(table, (const char *[]){rx_churn_kind_name((enum rx_churn_kind)kind),
						     done, failed, seconds});
	}
	rx_table_print(table, out);
}

static void report_kernel(const struct rx_churn *churn, FILE *out)
{
	const char *key;
	json_t *message;

	json_object_foreach((json_t *)churn->messages, key, message) {
		const char *why = json_string_value(json_object_get(message, "why"));

		fprintf(out, "kernel: %lld x %.150s (%s)\n",
			(long long)json_integer_value(json_object_get(message, "count")), key,
			why ? why : "NOT EXPLAINED");
	}
}

void rx_churn_report(const struct rx_churn *churn, FILE *out)
{
	const struct rx_churn_shared *shared = churn->traffic.shared;
	size_t i;

	fprintf(out, "lab %s: %u of %u cycles in %.1f s, %u workers, seed %llu\n",
		churn->view.lab.name, churn->done, churn->cycles, churn->elapsed, churn->workers,
		(unsigned long long)churn->seed);
	report_actions(churn, out);
	if (shared)
		fprintf(out,
			"traffic: %llu transfers (%.1f MB) checked, %llu cut off, %llu devices not "
			"opened, %u with wrong bytes\n",
			(unsigned long long)shared->transfers, (double)shared->bytes / 1e6,
			(unsigned long long)shared->cut, (unsigned long long)shared->unopened,
			shared->wrong);
	report_kernel(churn, out);
	if (churn->slab)
		fprintf(out,
			"slab: %.1f MiB before, %.1f MiB after, growth %.0f bytes in each cycle; "
			"network namespaces %llu, %llu\n",
			mib(churn->slab[0].bytes), mib(churn->slab[churn->done].bytes),
			rx_churn_growth(churn->slab, churn->done),
			(unsigned long long)churn->slab[0].namespaces,
			(unsigned long long)churn->slab[churn->done].namespaces);
	for (i = 0; i < churn->problems.n; i++)
		fprintf(out, "problem: cycle %u: %s %s: %s\n", churn->problems.list[i].cycle,
			churn->problems.list[i].what, churn->problems.list[i].endpoint,
			churn->problems.list[i].detail);
	fprintf(out, "%s: %zu problems\n", churn->problems.n ? "FAIL" : "PASS", churn->problems.n);
}

static json_t *actions_json(const struct rx_churn *churn)
{
	json_t *actions = json_object();
	int kind;

	for (kind = 0; kind < RX_CHURN_KINDS; kind++)
		json_object_set_new(actions, rx_churn_kind_name((enum rx_churn_kind)kind),
				    json_pack("{s:i,s:i,s:f}", "done", (int)churn->count[kind],
					      "not_made_again", (int)churn->failed[kind], "seconds",
					      churn->seconds[kind]));
	return actions;
}

static json_t *messages_json(const struct rx_churn *churn)
{
	json_t *list = json_array(), *message;
	const char *key;

	json_object_foreach(churn->messages, key, message)
		json_array_append(list, message);
	return list;
}

static json_t *problems_json(const struct rx_churn *churn)
{
	json_t *list = json_array();
	const struct rx_churn_problem *p = churn->problems.list, *end = p + churn->problems.n;

	for (; p < end; p++)
		json_array_append_new(list,
				      json_pack("{s:i,s:s,s:o,s:s}", "cycle", (int)p->cycle, "what",
						p->what, "endpoint", rx_json_string(p->endpoint),
						"detail", p->detail));
	return list;
}

json_t *rx_churn_json(const struct rx_churn *churn)
{
	const struct rx_churn_shared *s = churn->traffic.shared;
	const struct rx_churn_slab *first = &churn->slab[0], *last = &churn->slab[churn->done];

	return json_pack("{s:s,s:I,s:i,s:i,s:i,s:f,s:b,s:o,s:{s:I,s:I,s:I,s:I,s:i},s:o,s:{s:I,s:I,"
			 "s:f,s:I,s:I},s:o}",
			 "lab", churn->view.lab.name, "seed", (json_int_t)churn->seed, "workers",
			 (int)churn->workers, "cycles", (int)churn->cycles, "done",
			 (int)churn->done, "seconds", churn->elapsed, "as_before",
			 !churn->beyond_repair, "actions", actions_json(churn), "traffic",
			 "transfers", (json_int_t)s->transfers, "bytes", (json_int_t)s->bytes,
			 "cut_off", (json_int_t)s->cut, "not_opened", (json_int_t)s->unopened,
			 "wrong", (int)s->wrong, "kernel", messages_json(churn), "slab",
			 "before_bytes", (json_int_t)first->bytes, "after_bytes",
			 (json_int_t)last->bytes, "growth_bytes_per_cycle",
			 rx_churn_growth(churn->slab, churn->done), "namespaces_before",
			 (json_int_t)first->namespaces, "namespaces_after",
			 (json_int_t)last->namespaces, "problems", problems_json(churn));
}
