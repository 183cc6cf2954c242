/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger as a file: samples of every version that was ever written are read back or refused
 * with words; what is damaged, linked elsewhere or not ours is refused; a line that a kill cut off
 * does not count. No root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"

static char place[] = "/tmp/rxelab-ledger-XXXXXX", folder[100], file[120];

static void put(const char *text, size_t length)
{
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

static char *sample(const char *path, size_t *length)
{
	static char text[100000];
	FILE *in = fopen(path, "re");

	if (!in)
		fail_msg("%s: run this from the source's folder", path);
	*length = fread(text, 1, sizeof(text) - 1, in);
	text[*length] = 0;
	fclose(in);
	return text;
}

static void refused(const char *text, const char *id, const char *names)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};

	put(text, strlen(text));
	assert_true(rx_ledger_open("t", true, &ledger, &err) < 0);
	assert_string_equal(err.id, id);
	if (!strstr(err.text, names) || !strstr(err.text, "lab t"))
		fail_msg("\"%s\" does not name \"%s\"", err.text, names);
}

/* Format 1, as written by rxelab up to the present one. */
static void version_1_is_read(void **state)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};
	size_t length, i, kinds[RX_OP_KINDS] = {0};
	char *text = sample("tests/samples/ledger-1", &length), again[400];

	(void)state;
	put(text, length);
	if (rx_ledger_open("t", false, &ledger, &err))
		fail_msg("%s", err.text);
	assert_string_equal(ledger.header.lab, "t");
	assert_int_equal(ledger.header.rdma_mode, RX_RDMA_EXCLUSIVE);
	assert_true(ledger.complete);
	assert_int_equal(ledger.n, 45);
	assert_int_equal(rx_ledger_live(&ledger), 22);
	for (i = 0; i < ledger.n; i++) {
		kinds[ledger.entries[i].op.kind]++;
		assert_int_equal(ledger.entries[i].op.ifindex, i);
		snprintf(again, sizeof(again), "%zu", i);
		assert_string_equal(ledger.entries[i].op.before, again);
	}
	assert_int_equal(kinds[RX_OP_NETNS], 3);
	assert_int_equal(kinds[RX_OP_RXE], 2);
	assert_int_equal(kinds[RX_OP_MOVE], 2);
	assert_string_equal(rx_op_text(&ledger.entries[2].op, again, sizeof(again)),
			    "netdev rxlc28e-v10: vlan id 10 on eth0 in bridge rxlc28e-b0");
	rx_ledger_close(&ledger);
}

static void other_versions_are_refused_with_words(void **state)
{
	(void)state;
	refused("{\"rxelab\":2,\"lab\":\"t\"}\n", "ledger-version", " 2");
	refused("{\"rxelab\":0}\n", "ledger-version", " 0");
	refused("{\"version\":\"x\"}\n", "ledger-damaged", "header");
	refused("{\"rxelab\":1}\n", "ledger-damaged", "");
}

#define HEADER \
	"{\"rxelab\":1,\"lab\":\"t\",\"plane\":\"netns\",\"plane_reason\":\"\",\"rdma_netns\":" \
	"\"shared\"}\n"

static void damaged(const char *text, const char *names)
{
	refused(text, "ledger-damaged", names);
}

/* Only an undo takes what can be read; a ledger of another version is for another program. */
static void damage_does_not_keep_from_undoing(void **state)
{
	struct rx_ledger ledger;
	struct rx_err err = {0};
	const char *text = HEADER "no json\n{\"id\":0,\"intent\":{\"op\":\"up\"}}\n";
	static const char *const odd_ids[] = {"-1", "-9223372036854775808", "9223372036854775807"};
	char line[300];
	bool damaged;

	(void)state;
	put(text, strlen(text));
	assert_int_equal(rx_ledger_open_to_undo("t", &ledger, &damaged, &err), 0);
	assert_true(damaged);
	assert_string_equal(err.id, "ledger-damaged");
	assert_int_equal(ledger.n, 1);
	rx_ledger_close(&ledger);
	for (size_t i = 0; i < RX_ARRAY_SIZE(odd_ids); i++) {
		snprintf(line, sizeof(line), HEADER "{\"id\":%s,\"intent\":{\"op\":\"up\"}}\n",
			 odd_ids[i]);
		put(line, strlen(line));
		assert_int_equal(rx_ledger_open_to_undo("t", &ledger, &damaged, &err), 0);
		assert_int_equal(ledger.n, 0);
		rx_ledger_close(&ledger);
	}
	put(HEADER, strlen(HEADER));
	assert_int_equal(rx_ledger_open_to_undo("t", &ledger, &damaged, &err), 0);
	assert_false(damaged);
	rx_ledger_close(&ledger);
	put("{\"rxelab\":2}\n", 13);
	assert_int_equal(rx_ledger_open_to_undo("t", &ledger, &damaged, &err), -EPROTO);
}

static void damage_is_refused(void **state)
{
	(void)state;
	damaged("", "");
	damaged("{\"rxelab\":1", "");
	damaged("no json\n", " 1 ");
	damaged(HEADER "[]\n", " 0 ");
	damaged(HEADER "{\"id\":1,\"intent\":{\"op\":\"up\"}}\n", " 1 ");
	damaged(HEADER "{\"id\":0,\"done\":{\"op\":\"up\"}}\n", " 0 ");
	damaged(HEADER
		"{\"id\":0,\"intent\":{\"op\":\"up\"}}\n{\"id\":0,\"intent\":{\"op\":\"up\"}}\n",
		" 0 ");
	damaged(HEADER "{\"id\":0,\"intent\":{\"op\":\"conquer\"}}\n", "\"conquer\"");
	damaged(HEADER "{\"id\":0,\"intent\":{\"op\":\"up\",\"mac\":\"x\"}}\n", "\"mac\"");
	damaged(HEADER "{\"id\":0,\"intent\":{\"op\":\"netns\",\"name\":\"../../etc/passwd\"}}\n",
		"\"name\"");
	damaged(HEADER "{\"id\":0,\"intent\":{\"op\":\"sysctl\",\"name\":\"../kernel/panic\"}}\n",
		"\"name\"");
}

/* Every cut of the sample: whole lines count, the rest does not, and the next line does not run
 * into it. */
static void cut_lines_do_not_count(void **state)
{
	static const struct rx_op op = {.kind = RX_OP_UP, .name = "x"};
	size_t length, cut, id, lines, live;
	struct rx_ledger ledger;
	struct rx_err err = {0};
	char *text = sample("tests/samples/ledger-1", &length);

	(void)state;
	for (cut = strcspn(text, "\n") + 1; cut < length && cut < 2000; cut += 7) {
		put(text, cut);
		assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
		lines = ledger.n;
		live = rx_ledger_live(&ledger);
		assert_int_equal(rx_ledger_intent(&ledger, &op, &id, &err), 0);
		rx_ledger_close(&ledger);
		if (rx_ledger_open("t", false, &ledger, &err))
			fail_msg("cut at %zu: %s", cut, err.text);
		assert_int_equal(ledger.n, lines + 1);
		assert_int_equal(rx_ledger_live(&ledger), live + 1);
		rx_ledger_close(&ledger);
	}
}

/* done of one operation and intent of the next in one write; done holds what apply changed and
 * nothing else. */
static void a_step_is_done_and_intent(void **state)
{
	struct rx_op made = {.kind = RX_OP_LINK, .name = "x", .link_kind = "dummy"},
		     next = {.kind = RX_OP_UP, .name = "x"};
	struct rx_done done = {.op = &made};
	struct rx_ledger ledger;
	struct rx_err err = {0};
	size_t length, id;

	(void)state;
	put(HEADER, strlen(HEADER));
	assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
	assert_int_equal(rx_ledger_step(&ledger, NULL, &made, &done.id, &err), 0);
	made.ifindex = 7;
	assert_int_equal(rx_ledger_step(&ledger, &done, &next, &id, &err), 0);
	rx_ledger_close(&ledger);
	assert_non_null(strstr(sample(file, &length), "\n{\"id\":0,\"done\":{\"ifindex\":7}}\n"
						      "{\"id\":1,\"intent\":{"));
	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), 0);
	assert_int_equal(ledger.n, 2);
	assert_int_equal(ledger.entries[0].state, RX_ENTRY_DONE);
	assert_int_equal(ledger.entries[0].op.ifindex, 7);
	assert_int_equal(ledger.entries[1].state, RX_ENTRY_INTENT);
	rx_ledger_close(&ledger);
}

/* A disk that takes half a line: the half goes again, so that the next line stands by itself. */
static void half_a_line_goes_again(void **state)
{
	static const struct rx_op op = {.kind = RX_OP_UP, .name = "x"};
	struct rlimit limit, narrow;
	struct rx_ledger ledger;
	struct rx_err err = {0};
	size_t id;

	(void)state;
	put(HEADER, strlen(HEADER));
	assert_int_equal(rx_ledger_open("t", true, &ledger, &err), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	narrow = limit;
	narrow.rlim_cur = strlen(HEADER) + 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
	assert_int_equal(rx_ledger_intent(&ledger, &op, &id, &err), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(rx_ledger_live(&ledger), 0);
	assert_int_equal(rx_ledger_intent(&ledger, &op, &id, &err), 0);
	rx_ledger_close(&ledger);
	assert_int_equal(rx_ledger_open("t", false, &ledger, &err), 0);
	assert_int_equal(rx_ledger_live(&ledger), 1);
	rx_ledger_close(&ledger);
}

static void no_link_is_followed(void **state)
{
	struct rx_ledger_header header = {.lab = "u"};
	struct rx_ledger ledger;
	struct rx_err err = {0};
	char path[140], kept[140];

	(void)state;
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_true(rx_ledger_open("t", true, &ledger, &err) < 0);
	assert_int_equal(err.code, ELOOP);
	unlink(file);
	/* a link in place of the folder that is made aside: neither emptied nor written through. It
	 * points to a folder of this test: at first these were emptied */
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	fclose(fopen(kept, "we"));
	snprintf(path, sizeof(path), "%s/.new-u", place);
	assert_int_equal(symlink(folder, path), 0);
	assert_true(rx_ledger_create("u", &header, "", &ledger, &err) < 0);
	assert_int_equal(rx_remove_folder(path), -ENOTDIR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(kept), 0);
	assert_int_equal(access(file, F_OK), -1);
}

static void the_folder_must_be_ours(void **state)
{
	struct rx_err err = {0};
	char path[140];

	(void)state;
	snprintf(path, sizeof(path), "%s/own", place);
	assert_int_equal(rx_own_directory(path, &err), 0);
	assert_int_equal(rx_own_directory(path, &err), 0);
	for (unsigned i = 0; i < 3; i++) {
		static const mode_t modes[] = {0777, 0720, 0702};

		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(rx_own_directory(path, &err), -EPERM);
		assert_string_equal(err.id, "folder-not-ours");
		assert_non_null(strstr(err.text, path));
	}
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(place, path), 0);
	assert_int_equal(rx_own_directory(path, &err), -EPERM);
	assert_int_equal(unlink(path), 0);
}

static void no_name_escapes(void **state)
{
	static const char *const bad[] = {"",
					  ".",
					  "..",
					  "../x",
					  "a/b",
					  "/etc",
					  ".host",
					  "a.b",
					  "-a",
					  "_a",
					  "a\n",
					  "a b",
					  "a234567890123456789012345678901234567890"};
	struct rx_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(rx_ledger_check_name(bad[i], &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
	}
	assert_int_equal(rx_ledger_check_name("quad-1", &err), 0);
}

/* A disk without room: neither the lab's folder nor the one that holds all labs is left. */
static void what_cannot_be_made_leaves_nothing(void **state)
{
	const struct rx_ledger_header header = {.lab = "u"};
	const struct rlimit no_room = {0, RLIM_INFINITY};
	const char *kept = rx_state_dir;
	char all[120];
	struct rx_ledger ledger;
	struct rx_err err = {0};
	struct rlimit before;

	(void)state;
	snprintf(all, sizeof(all), "%s/all", place);
	rx_state_dir = all;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &no_room);
	assert_int_equal(rx_ledger_create("u", &header, "name: u\n", &ledger, &err), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(access(all, F_OK), -1);
	rx_state_dir = kept;
}

/* A lab that is undone to be made again keeps its record, which the new one replaces in one step; a
 * lab of which anything may be there is not replaced. */
static void a_record_gives_way_to_a_new_lab(void **state)
{
	const struct rx_ledger_header header = {.lab = "r"};
	static const struct rx_op op = {.kind = RX_OP_UP, .name = "x"};
	struct rx_ledger ledger, second;
	struct rx_err err = {0};
	size_t id;

	(void)state;
	assert_int_equal(rx_ledger_create("r", &header, "name: r\n", &ledger, &err), 0);
	assert_int_equal(rx_ledger_intent(&ledger, &op, &id, &err), 0);
	assert_false(rx_ledger_is_record("r"));
	assert_int_equal(rx_ledger_create("r", &header, "", &second, &err), -EEXIST);
	ledger.entries[id].state = RX_ENTRY_UNDONE; /* as undo leaves what has no undo of its own */
	assert_int_equal(rx_ledger_compact(&ledger, &err), 0);
	assert_false(rx_ledger_is_record("r")); /* of an up that was killed at its beginning */
	assert_int_equal(rx_ledger_ending(&ledger, true, &err), 0);
	assert_true(rx_ledger_is_record("r"));
	assert_int_equal(rx_ledger_compact(&ledger, &err), 0);
	rx_ledger_close(&ledger);
	assert_true(rx_ledger_is_record("r"));
	assert_int_equal(rx_ledger_create("r", &header, "name: r\n", &ledger, &err), 0);
	assert_true(rx_ledger_is_record("r")); /* until it is whole */
	assert_int_equal(rx_ledger_complete(&ledger, &err), 0);
	rx_ledger_close(&ledger);
	assert_false(rx_ledger_is_record("r"));
	assert_int_equal(rx_ledger_remove("r", &err), 0);
}

static int set_up(void **state)
{
	(void)state;
	rx_state_dir = mkdtemp(place);
	if (!rx_state_dir)
		return -1;
	snprintf(folder, sizeof(folder), "%s/t", place);
	snprintf(file, sizeof(file), "%s/ledger", folder);
	return mkdir(folder, 0700);
}

/* The host's own ledger and what is being made lie beside the labs, and are none. */
static void labs_are_listed_alone(void **state)
{
	const char *before = rx_state_dir;
	struct rx_err err = {0};
	char hidden[120], **names;
	size_t n;

	(void)state;
	rx_state_dir = place;
	snprintf(hidden, sizeof(hidden), "%s/%s", place, RX_HOST_LEDGER);
	assert_int_equal(mkdir(hidden, 0700), 0);
	assert_int_equal(rx_ledger_list(&names, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(names[0], "t");
	assert_null(names[1]);
	rx_names_free(names);
	assert_int_equal(rmdir(hidden), 0);
	rx_state_dir = before;
}

/* What an operation empties is in the ledger, too. */
static void a_change_to_nothing_is_read_back(void **state)
{
	struct rx_op intent = {.kind = RX_OP_LINK, .name = "x", .lower = "eth0", .mtu = 1500},
		     done = intent, read = intent;
	struct rx_err err = {0};
	json_t *changes;

	(void)state;
	done.lower[0] = '\0';
	done.mtu = 0;
	done.ifindex = 7;
	changes = rx_op_changes_to_json(&intent, &done);
	if (rx_op_changes_from_json(changes, &read, &err))
		fail_msg("%s", err.text);
	assert_string_equal(read.lower, "");
	assert_int_equal(read.mtu, 0);
	assert_int_equal(read.ifindex, 7);
	assert_string_equal(read.name, "x");
	json_decref(changes);
}

/* An endpoint that was made again has two entries: what is there now is the later one's. */
static void the_later_entry_is_found(void **state)
{
	struct rx_entry entries[3] = {{.state = RX_ENTRY_DONE}, {.state = RX_ENTRY_DONE}};
	const struct rx_ledger ledger = {.entries = entries, .n = 3};
	struct rx_ledger_index index;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		entries[i].op.kind = RX_OP_NETNS;
		snprintf(entries[i].op.name, sizeof(entries[i].op.name), "rxl.t.a");
	}
	rx_ledger_index_make(&ledger, &index);
	assert_ptr_equal(rx_ledger_index_find(&index, RX_OP_NETNS, NULL, "rxl.t.a"),
			 &entries[1].op);
	assert_null(rx_ledger_index_find(&index, RX_OP_LINK, NULL, "rxl.t.a"));
	rx_ledger_index_free(&index);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	rmdir(folder);
	return rmdir(place);
}

static void an_operand_is_split(void **state)
{
	static const char *const bad[] = {"", "lab", "lab/", "/ep1", "../x", "a b/ep1"};
	const char *endpoint;
	struct rx_err err = {0};
	char lab[64];

	(void)state;
	assert_int_equal(rx_ledger_split("quad/ep1", lab, &endpoint, &err), 0);
	assert_string_equal(lab, "quad");
	assert_string_equal(endpoint, "ep1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(rx_ledger_split(bad[i], lab, &endpoint, &err) < 0);
		assert_int_equal(err.status, RX_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1_is_read),
		cmocka_unit_test(other_versions_are_refused_with_words),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(damage_does_not_keep_from_undoing),
		cmocka_unit_test(cut_lines_do_not_count),
		cmocka_unit_test(a_step_is_done_and_intent),
		cmocka_unit_test(half_a_line_goes_again),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(the_folder_must_be_ours),
		cmocka_unit_test(no_name_escapes),
		cmocka_unit_test(an_operand_is_split),
		cmocka_unit_test(what_cannot_be_made_leaves_nothing),
		cmocka_unit_test(a_record_gives_way_to_a_new_lab),
		cmocka_unit_test(labs_are_listed_alone),
		cmocka_unit_test(a_change_to_nothing_is_read_back),
		cmocka_unit_test(the_later_entry_is_found),
	};

	return cmocka_run_group_tests_name("ledger", tests, set_up, tear_down);
}
