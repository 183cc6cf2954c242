/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ledgers that earlier versions wrote (tests/samples): today's reader finds in them what their
 * lines say, and undo is told of every object that they made. No root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/apply/apply.h"
#include "netns/base/cleanup.h"

/* The kinds of 0.1.0 whose objects do not go with another one. */
static const char *const made[] = {"module", "rdma-mode", "netns-dir", "expedite", "mtu", "master",
	"netns", "link", "rxe", "dev-dir", "device"};

static char place[] = "/tmp/rxelab-samples-XXXXXX";

/* A ledger as its lines say, read without the code that is tested. */
struct sample {
	char name[40];
	json_t *ops;             /* by id: intent and what done changed */
	json_t *undone;          /* ids, as keys */
	json_t *attached;        /* endpoints, as keys */
	bool complete;
};

static void read_line(struct sample *sample, const char *line)
{
	json_t *json = json_loads(line, 0, NULL), *op, *value;
	size_t id;
	char key[24];

	assert_non_null(json);
	id = (size_t)json_integer_value(json_object_get(json, "id"));
	snprintf(key, sizeof(key), "%zu", id);
	op = json_array_get(sample->ops, id);
	if ((value = json_object_get(json, "intent")))
		json_array_append(sample->ops, value);
	else if ((value = json_object_get(json, "done")))
		json_object_update(op, value);
	else if (json_object_get(json, "undone"))
		json_object_set_new(sample->undone, key, json_true());
	else if ((value = json_object_get(json, "attach")))
		json_object_set_new(sample->attached, json_string_value(value), json_true());
	else if ((value = json_object_get(json, "up")))
		sample->complete = json_is_true(value);
	json_decref(json);
}

/* Read the ledger at path, and put it where rx_ledger_open looks. */
static struct sample read_sample(const char *path)
{
	struct sample sample = {.ops = json_array(), .undone = json_object(),
		.attached = json_object()};
	char copy[PATH_MAX], *line = NULL;
	FILE *in = fopen(path, "re"), *out;
	size_t room = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(sample.name, sizeof(sample.name), "%s", basename(dirname(copy)));
	snprintf(copy, sizeof(copy), "%s/%s", place, sample.name);
	assert_int_equal(mkdir(copy, 0700), 0);
	rx_ledger_path(sample.name, "ledger", copy, sizeof(copy));
	out = fopen(copy, "we");
	assert_true(in && out);
	while (getline(&line, &room, in) > 0) {
		fputs(line, out);
		read_line(&sample, line);
	}
	free(line);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	return sample;
}

static void free_sample(struct sample *sample)
{
	char path[PATH_MAX];

	assert_int_equal(rx_remove_folder(rx_ledger_path(sample->name, "", path, sizeof(path))), 0);
	json_decref(sample->ops);
	json_decref(sample->undone);
	json_decref(sample->attached);
}

static bool is_undone(const struct sample *sample, size_t id)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu", id);
	return json_object_get(sample->undone, key);
}

/* Every member that the sample has is in the operation that was read from it. */
static void same_op(const char *path, size_t id, json_t *wanted, const struct rx_op *op)
{
	json_t *got = rx_op_to_json(op), *value;
	const char *key;

	json_object_foreach(wanted, key, value) {
		if (!json_equal(value, json_object_get(got, key)))
			fail_msg("%s: operation %zu: %s was lost", path, id, key);
	}
	json_decref(got);
}

static json_t *seen;

static int note_undo(struct rx_worker *worker, const struct rx_op *op, bool certain,
		     struct rx_err *err)
{
	(void)worker;
	(void)certain;
	(void)err;
	json_array_append_new(seen, rx_op_to_json(op));
	return 0;
}

static size_t times_seen(json_t *op)
{
	static const char *const names[] = {"op", "owner", "netns", "name", "ifindex", "inode"};
	size_t n = 0, i, k;

	for (i = 0; i < json_array_size(seen); i++) {
		json_t *one = json_array_get(seen, i);

		for (k = 0; k < RX_ARRAY_SIZE(names); k++) {
			json_t *a = json_object_get(op, names[k]);
			json_t *b = json_object_get(one, names[k]);

			if (a && !json_equal(a, b))
				break;
		}
		n += k == RX_ARRAY_SIZE(names);
	}
	return n;
}

static bool leaves_something(json_t *op)
{
	const char *kind = json_string_value(json_object_get(op, "op"));

	for (size_t i = 0; i < RX_ARRAY_SIZE(made); i++)
		if (!strcmp(made[i], kind))
			return true;
	return false;
}

/* What was made and not undone is undone, each object as often as it was made (up may find it
 * missing and make it again), and nothing else. */
static void judge_undo(const char *path, const struct sample *sample, struct rx_ledger *ledger)
{
	static const struct rx_op_type undone = {.undo = note_undo}, kept;
	const struct rx_op_type *types[RX_OP_KINDS];
	struct rx_apply apply = {.ledger = ledger, .types = types, .workers = 1};
	struct rx_err err = {0};
	size_t id, expected = 0;
	json_t *op;

	for (size_t kind = 0; kind < RX_OP_KINDS; kind++)
		types[kind] = rx_op_types[kind]->undo ? &undone : &kept;
	seen = json_array();
	if (rx_undo(&apply, &err))
		fail_msg("%s: %s", path, err.text);
	json_array_foreach(sample->ops, id, op) {
		if (is_undone(sample, id) || !leaves_something(op))
			continue;
		expected++;
		if (!times_seen(op))
			fail_msg("%s: undo forgets operation %zu", path, id);
	}
	assert_int_equal(json_array_size(seen), expected);
	json_decref(seen);
}

static void judge(const char *path)
{
	struct sample sample = read_sample(path);
	struct rx_ledger ledger;
	struct rx_err err = {0};
	json_t *op;
	size_t id;

	if (rx_ledger_open(sample.name, true, &ledger, &err))
		fail_msg("%s: %s", path, err.text);
	assert_string_equal(ledger.header.lab, sample.name);
	assert_int_equal(ledger.complete, sample.complete);
	assert_int_equal(ledger.n, json_array_size(sample.ops));
	assert_int_equal(ledger.attachments.n, json_object_size(sample.attached));
	json_array_foreach(sample.ops, id, op) {
		same_op(path, id, op, &ledger.entries[id].op);
		assert_int_equal(ledger.entries[id].state == RX_ENTRY_UNDONE,
				 is_undone(&sample, id));
	}
	judge_undo(path, &sample, &ledger);
	rx_ledger_close(&ledger);
	free_sample(&sample);
}

/* The samples of all versions, labs and the host's own. */
static void find(const char *file, glob_t *found)
{
	static const char *const labs[] = {"*", ".host"};
	char pattern[PATH_MAX];
	size_t i;

	memset(found, 0, sizeof(*found));
	for (i = 0; i < RX_ARRAY_SIZE(labs); i++) {
		snprintf(pattern, sizeof(pattern), "tests/samples/*/*/run/*/%s/%s", labs[i], file);
		if (glob(pattern, i ? GLOB_APPEND : 0, NULL, found))
			fail_msg("%s: run this from the source's folder", pattern);
	}
}

static void every_ledger_is_read_and_undone(void **state)
{
	glob_t found;

	(void)state;
	find("ledger", &found);
	assert_true(found.gl_pathc >= 10);
	for (size_t i = 0; i < found.gl_pathc; i++)
		judge(found.gl_pathv[i]);
	globfree(&found);
}

static size_t count_links(const struct rx_ledger *ledger, const uint8_t mac[6])
{
	size_t n = 0, i;

	for (i = 0; i < ledger->n; i++)
		n += ledger->entries[i].op.kind == RX_OP_LINK &&
		     !memcmp(ledger->entries[i].op.mac, mac, 6);
	return n;
}

/* The lab file beside the ledger still describes what the ledger made: peers remember the MACs. */
static void every_lab_is_the_one_that_was_made(void **state)
{
	glob_t found;

	(void)state;
	find("lab.yaml", &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char ledger_path[PATH_MAX];
		struct rx_err err = {0};
		struct sample sample;
		struct rx_ledger ledger;
		struct rx_lab lab;

		snprintf(ledger_path, sizeof(ledger_path), "%.*s/ledger",
			 (int)(strlen(found.gl_pathv[i]) - strlen("/lab.yaml")), found.gl_pathv[i]);
		if (strstr(ledger_path, "/.host/"))
			continue;
		sample = read_sample(ledger_path);
		if (rx_ledger_open(sample.name, false, &ledger, &err) ||
		    rx_lab_parse_file(found.gl_pathv[i], &lab, &err) || rx_lab_complete(&lab, &err))
			fail_msg("%s: %s", found.gl_pathv[i], err.text);
		for (size_t k = 0; sample.complete && k < lab.n_nodes; k++)
			if (!count_links(&ledger, lab.nodes[k].ifaces[0].mac))
				fail_msg("%s: %s has another MAC", ledger_path, lab.nodes[k].name);
		rx_lab_free(&lab);
		rx_ledger_close(&ledger);
		free_sample(&sample);
	}
	globfree(&found);
}

static int set_up(void **state)
{
	(void)state;
	rx_state_dir = mkdtemp(place);
	return rx_state_dir ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ledger_is_read_and_undone),
		cmocka_unit_test(every_lab_is_the_one_that_was_made),
	};

	return cmocka_run_group_tests_name("samples", tests, set_up, tear_down);
}
