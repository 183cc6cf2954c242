/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/page/page.h"

/* What a page holds at most; more is counted. */
#define MOST_NAMES 128 /* in the matrix */
#define MOST_READ 2048 /* names of a file; RXE has 1,024 devices */
#define MOST_SETS 100
#define MOST_DETAILS 6
#define MOST_EXAMPLES 4
#define MOST_FAILURES 100

struct detail {
	const char *text;
	json_t *examples;
	size_t n;
};

/* One test of a set. */
struct entry {
	const char *test, *network, *status;
	char *attempts; /* "fail, pass" */
	struct detail detail[MOST_DETAILS];
	size_t n, n_details, more; /* more: results whose detail is none of these */
};

struct set {
	char *signature; /* NULL: whatever did not fit */
	const char *status;
	bool is_pair;
	json_t *examples;
	size_t n; /* pairs */
	struct entry *entry;
	size_t n_entries;
};

/* The results of a pair, or (from is to) of one endpoint. */
struct cell {
	const json_t **result;
	size_t n;
	size_t set; /* from 1 */
};

struct matrix {
	const char **name;
	size_t n;
	struct cell *cell; /* n * n */
	struct set *set;
	size_t n_sets;
};

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static size_t number_of(struct matrix *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->name[i], name))
			return i;
	if (m->n == MOST_READ)
		return m->n - 1;
	*(const char **)rx_array_add(&m->name, &m->n, sizeof(*m->name)) = name;
	return m->n - 1;
}

static void read_names(struct matrix *m, const json_t *results)
{
	static const char *const ends[] = {"from", "to"};
	json_t *result;
	size_t i;

	for (size_t end = 0; end < 2; end++)
		json_array_foreach(results, i, result)
			if (*text(result, ends[end]))
				number_of(m, text(result, ends[end]));
}

static void read_cells(struct matrix *m, const json_t *results)
{
	json_t *result;
	size_t i;

	m->cell = rx_alloc(m->n * m->n + 1, sizeof(*m->cell));
	json_array_foreach(results, i, result) {
		const char *from = text(result, "from"), *to = text(result, "to");
		struct cell *cell;

		if (!*from)
			continue;
		cell = &m->cell[number_of(m, from) * m->n + number_of(m, *to ? to : from)];
		*(const json_t **)rx_array_add(&cell->result, &cell->n,
					       sizeof(*cell->result)) = result;
	}
}

static char *attempts_of(const json_t *result)
{
	char *made = NULL;
	FILE *out = rx_text_stream(&made);
	json_t *attempt;
	size_t i;

	json_array_foreach(json_object_get(result, "attempts"), i, attempt)
		fprintf(out, "%s%s", i ? ", " : "", text(attempt, "status"));
	fclose(out);
	return made;
}

/* What two pairs must have in common to be shown as one. */
static char *signature_of(const struct cell *cell, bool is_pair)
{
	char *made = NULL;
	FILE *out = rx_text_stream(&made);

	fputs(is_pair ? "pair" : "endpoint", out);
	for (size_t i = 0; i < cell->n; i++) {
		rx_autofree char *attempts = attempts_of(cell->result[i]);

		fprintf(out, "\n%s\t%s\t%s\t%s", text(cell->result[i], "test"),
			text(cell->result[i], "network"), text(cell->result[i], "status"),
			attempts);
	}
	fclose(out);
	return made;
}

/* fail before pass before skip: a pair that was skipped in part has passed */
static const char *worse(const char *a, const char *b)
{
	static const char *const order[] = {"fail", "pass", "skip"};

	for (size_t i = 0; i < 3; i++)
		if (!strcmp(a, order[i]) || !strcmp(b, order[i]))
			return order[i];
	return a;
}

static struct entry *find_entry(struct set *set, const json_t *result)
{
	rx_autofree char *attempts = attempts_of(result);
	struct entry *made;

	for (size_t i = 0; i < set->n_entries; i++) {
		const struct entry *e = &set->entry[i];

		if (!strcmp(e->test, text(result, "test")) &&
		    !strcmp(e->network, text(result, "network")) &&
		    !strcmp(e->status, text(result, "status")) && !strcmp(e->attempts, attempts))
			return &set->entry[i];
	}
	made = rx_array_add(&set->entry, &set->n_entries, sizeof(*made));
	made->test = text(result, "test");
	made->network = text(result, "network");
	made->status = text(result, "status");
	made->attempts = attempts;
	attempts = NULL;
	return made;
}

static void add_example(json_t **list, const char *subject)
{
	if (!*list)
		*list = json_array();
	if (json_array_size(*list) < MOST_EXAMPLES)
		json_array_append_new(*list, json_string(subject));
}

static void add_detail(struct entry *entry, const char *said, const char *subject)
{
	size_t i = 0;

	if (!*said)
		return;
	while (i < entry->n_details && strcmp(entry->detail[i].text, said))
		i++;
	if (i == MOST_DETAILS) {
		entry->more++;
		return;
	}
	entry->n_details += i == entry->n_details;
	entry->detail[i].text = said;
	entry->detail[i].n++;
	add_example(&entry->detail[i].examples, subject);
}

static size_t find_set(struct matrix *m, char *signature, bool is_pair)
{
	struct set *made;

	for (size_t i = 0; i < m->n_sets; i++)
		if (!m->set[i].signature || !strcmp(m->set[i].signature, signature)) {
			free(signature);
			return i;
		}
	made = rx_array_add(&m->set, &m->n_sets, sizeof(*made));
	made->is_pair = is_pair;
	made->signature = signature;
	made->status = "skip";
	if (m->n_sets == MOST_SETS) {
		free(signature);
		made->signature = NULL;
	}
	return m->n_sets - 1;
}

static void sort_cell(struct matrix *m, size_t from, size_t to)
{
	struct cell *cell = &m->cell[from * m->n + to];
	bool is_pair = from != to;
	rx_autofree char *subject = is_pair ? rx_format("%s \xe2\x86\x92 %s", m->name[from],
							m->name[to])
					    : rx_strdup(m->name[from]);
	struct set *set;

	if (!cell->n)
		return;
	cell->set = find_set(m, signature_of(cell, is_pair), is_pair) + 1;
	set = &m->set[cell->set - 1];
	set->n++;
	add_example(&set->examples, subject);
	for (size_t i = 0; i < cell->n; i++) {
		struct entry *entry = find_entry(set, cell->result[i]);

		entry->n++;
		set->status = worse(set->status, entry->status);
		add_detail(entry, text(cell->result[i], "detail"), subject);
	}
}

static json_t *entry_json(const struct entry *entry)
{
	json_t *details = json_array();

	for (size_t i = 0; i < entry->n_details; i++)
		json_array_append_new(details,
				      json_pack("{s:s, s:I, s:O}", "text", entry->detail[i].text,
						"n", (json_int_t)entry->detail[i].n, "example",
						entry->detail[i].examples));
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "name", entry->test, "network",
			 entry->network, "status", entry->status, "attempts", entry->attempts, "n",
			 (json_int_t)entry->n, "more", (json_int_t)entry->more, "detail", details);
}

static json_t *sets_json(const struct matrix *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n_sets; i++) {
		const struct set *set = &m->set[i];
		json_t *entries = json_array();

		for (size_t k = 0; k < set->n_entries; k++)
			json_array_append_new(entries, entry_json(&set->entry[k]));
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:b, s:I, s:O, s:o}", "id",
						      (json_int_t)i + 1, "kind",
						      set->is_pair ? "pair" : "endpoint", "status",
						      set->status, "mixed", !set->signature, "n",
						      (json_int_t)set->n, "example", set->examples,
						      "test", entries));
	}
	return list;
}

static json_t *rows_json(const struct matrix *m)
{
	json_t *rows = json_array();

	for (size_t from = 0; from < m->n && m->n <= MOST_NAMES; from++) {
		json_t *cells = json_array();

		for (size_t to = 0; to < m->n; to++) {
			const struct cell *cell = &m->cell[from * m->n + to];
			json_t *made = json_object();

			if (cell->set) {
				json_object_set_new(made, "set",
						    json_integer((json_int_t)cell->set));
				json_object_set_new(made, "status",
						    json_string(m->set[cell->set - 1].status));
			}
			json_array_append_new(cells, made);
		}
		json_array_append_new(rows, json_pack("{s:s, s:o}", "name", m->name[from], "cell",
						      cells));
	}
	return rows;
}

/* Results that a reader must see, and those that belong to the whole lab. */
static void add_lists(json_t *made, const json_t *results)
{
	static const char *const shown[] = {"test", "from", "to", "network", "status", "detail"};
	json_t *failures = json_array(), *of_lab = json_array(), *result;
	size_t more = 0, i;

	json_array_foreach(results, i, result) {
		bool failed = !strcmp(text(result, "status"), "fail");
		json_t *row;

		if (!failed && *text(result, "from"))
			continue;
		if (failed && json_array_size(failures) == MOST_FAILURES) {
			more++;
			continue;
		}
		row = json_object();
		for (size_t k = 0; k < sizeof(shown) / sizeof(*shown); k++)
			json_object_set_new(row, shown[k], json_string(text(result, shown[k])));
		json_array_append(failed ? failures : of_lab, row);
		json_decref(row);
	}
	json_object_set_new(made, "failure", failures);
	json_object_set_new(made, "more_failures", json_integer((json_int_t)more));
	json_object_set_new(made, "of_lab", of_lab);
}

static void matrix_free(struct matrix *m)
{
	for (size_t i = 0; i < m->n * m->n; i++)
		free(m->cell[i].result);
	for (size_t i = 0; i < m->n_sets; i++) {
		struct set *set = &m->set[i];

		for (size_t k = 0; k < set->n_entries; k++) {
			for (size_t d = 0; d < set->entry[k].n_details; d++)
				json_decref(set->entry[k].detail[d].examples);
			free(set->entry[k].attempts);
		}
		json_decref(set->examples);
		free(set->signature);
		free(set->entry);
	}
	free(m->name);
	free(m->cell);
	free(m->set);
}

json_t *rx_page_matrix(const json_t *verify)
{
	static const char *const kept[] = {"complete", "incomplete", "passed", "failed", "skipped"};
	const json_t *results = json_object_get(verify, "results");
	struct matrix m = {NULL};
	json_t *made = json_object();

	read_names(&m, results);
	read_cells(&m, results);
	for (size_t from = 0; from < m.n; from++)
		for (size_t to = 0; to < m.n; to++)
			sort_cell(&m, from, to);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		json_object_set(made, kept[i], json_object_get(verify, kept[i]));
	json_object_set_new(made, "names", json_integer((json_int_t)m.n));
	json_object_set_new(made, "row", rows_json(&m));
	json_object_set_new(made, "set", sets_json(&m));
	add_lists(made, results);
	matrix_free(&m);
	return made;
}
