/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

static int write_file(int dir, const char *name, const char *text, struct rx_err *err)
{
	rx_autoclose int fd = openat(dir, name,
				     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t length = strlen(text);
	ssize_t written = fd < 0 ? -1 : write(fd, text, length);
	int code = written < 0 ? errno : ENOSPC;

	if (written != (ssize_t)length)
		return rx_fail(err, "state-write", code, "%s in %s: cannot write: %s", name,
			       rx_state_dir, strerror(code));
	return 0;
}

static int note_state(struct rx_ledger *ledger, bool complete, bool kept, struct rx_err *err)
{
	json_t *json = json_pack("{s:b}", "up", complete);

	ledger->complete = complete;
	ledger->kept = kept;
	if (kept)
		json_object_set_new(json, "kept", json_true());
	return rx_journal_append(ledger->fd, ledger->header.lab, json, err);
}

static int create_aside(const char *aside, const char *lab_yaml, bool kept,
			struct rx_ledger *ledger, struct rx_err *err)
{
	rx_autoclose int dir = -1;
	char path[300];

	rx_remove_folder(aside);
	if (mkdir(aside, 0700))
		return rx_fail(err, "state-write", errno, "%s: cannot make it: %s", aside,
			       strerror(errno));
	dir = open(aside, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return rx_fail(err, "state-read", errno, "%s: %s", aside, strerror(errno));
	rx_boundary("state folder made aside");
	if (write_file(dir, "lab.yaml", lab_yaml, err))
		return -err->code;
	snprintf(path, sizeof(path), "%s/ledger", aside);
	ledger->fd = rx_journal_open(path, O_CREAT | O_EXCL, err);
	if (ledger->fd < 0)
		return -err->code;
	rx_boundary("journal made aside");
	if (rx_journal_append(ledger->fd, ledger->header.lab,
			      rx_ledger_header_to_json(&ledger->header), err))
		return -err->code;
	return kept ? note_state(ledger, false, true, err) : 0;
}

bool rx_ledger_is_record(const char *name)
{
	struct rx_ledger ledger;
	struct rx_err ignored;
	bool mere = !rx_ledger_open(name, false, &ledger, &ignored) && ledger.kept &&
		    !rx_ledger_live(&ledger);

	rx_ledger_close(&ledger);
	return mere;
}

int rx_ledger_rewrite(const char *name, const char *lab_yaml, struct rx_err *err)
{
	char path[300];
	int rc = rx_file_replace(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), lab_yaml,
				 strlen(lab_yaml), 0600);

	return rc ? rx_fail(err, "state-write", -rc, "%s: cannot write: %s", path, strerror(-rc))
		  : 0;
}

/* A record is replaced in one step, so that a kill leaves it or the new one. */
static int put_in_place(const char *aside, const char *path, bool record, struct rx_err *err)
{
	if (record ? renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE)
		   : rename(aside, path))
		return rx_fail(err, "state-write", errno, "%s: cannot rename: %s", aside,
			       strerror(errno));
	if (record)
		rx_remove_folder(aside);
	return 0;
}

int rx_ledger_create(const char *name, const struct rx_ledger_header *header, const char *lab_yaml,
		     struct rx_ledger *ledger, struct rx_err *err)
{
	char aside[200], path[200];
	bool record;

	memset(ledger, 0, sizeof(*ledger));
	ledger->fd = -1;
	ledger->header = *header;
	rx_nonce_make(ledger->header.nonce);
	pthread_mutex_init(&ledger->mutex, NULL);
	rx_ledger_path(name, "", path, sizeof(path));
	/* the name begins with a dot, so it is never taken for a lab; the lab's lock makes it
	 * ours */
	snprintf(aside, sizeof(aside), "%s/.new-%s", rx_state_dir, name);
	rx_boundary("before the state folder");
	if (rx_own_directory(rx_state_dir, err))
		return -err->code;
	record = rx_ledger_is_record(name);
	if (!access(path, F_OK) && !record)
		return rx_fail(err, "lab-exists", EEXIST, "lab %s exists already", name);
	if (create_aside(aside, lab_yaml, record, ledger, err) ||
	    put_in_place(aside, path, record, err)) {
		rx_remove_folder(aside);
		rmdir(rx_state_dir); /* when there is no other lab */
		rx_ledger_close(ledger);
		return -err->code;
	}
	rx_boundary("state folder in its place");
	return 0;
}

#define MAX_SALVAGED 1000000 /* operations; a damaged number must not take all memory */

static struct rx_entry *add_entry(struct rx_ledger *ledger)
{
	struct rx_entry *entry = rx_array_add(&ledger->entries, &ledger->n, sizeof(*entry));

	entry->id = ledger->n - 1;
	return entry;
}

static int read_entry(void *arg, const json_t *json, struct rx_err *err)
{
	struct rx_ledger *ledger = arg;
	const json_t *intent = json_object_get(json, "intent"),
		     *done = json_object_get(json, "done");
	json_int_t id = json_integer_value(json_object_get(json, "id"));
	struct rx_entry *entry;

	if (json_object_get(json, "attach"))
		return rx_attachments_read(&ledger->attachments, json, err);
	if (json_object_get(json, "up")) {
		ledger->complete = json_is_true(json_object_get(json, "up"));
		ledger->kept = json_is_true(json_object_get(json, "kept"));
		return 0;
	}
	if (ledger->salvaged && intent && id >= 0 && id < MAX_SALVAGED)
		while (ledger->n < (size_t)id)
			add_entry(ledger)->state = RX_ENTRY_UNDONE; /* a line that was lost */
	if (!json_is_integer(json_object_get(json, "id")) || id < 0 || (size_t)id > ledger->n ||
	    (intent && (size_t)id != ledger->n) || (!intent && (size_t)id == ledger->n))
		return rx_fail(err, "ledger-damaged", EBADMSG,
			       "the ledger is damaged: operation %lld is out of order",
			       (long long)id);
	if (intent) {
		entry = add_entry(ledger);
		if (rx_op_from_json(intent, &entry->op, err)) {
			entry->state = RX_ENTRY_UNDONE;
			return -err->code;
		}
		return 0;
	}
	entry = &ledger->entries[id];
	if (ledger->salvaged && entry->state != RX_ENTRY_INTENT && done)
		return 0;
	entry->state = done ? RX_ENTRY_DONE : RX_ENTRY_UNDONE;
	if (!done)
		return 0;
	/* an earlier build wrote the whole operation again */
	return json_object_get(done, "op") ? rx_op_from_json(done, &entry->op, err)
					   : rx_op_changes_from_json(done, &entry->op, err);
}

static int open_to(const char *name, enum rx_journal_care care, struct rx_ledger *ledger,
		   struct rx_err *err)
{
	char path[300];

	memset(ledger, 0, sizeof(*ledger));
	ledger->fd = -1;
	ledger->salvaged = care == RX_JOURNAL_SALVAGE;
	pthread_mutex_init(&ledger->mutex, NULL);
	rx_ledger_path(name, "ledger", path, sizeof(path));
	if (access(path, F_OK) && errno == ENOENT)
		return rx_fail(err, "lab-unknown", ENOENT,
			       "there is no lab \"%s\" here; \"rxelab list\" shows what there is",
			       name);
	ledger->fd = rx_journal_open(path, 0, err);
	if (ledger->fd < 0 ||
	    rx_journal_read(ledger->fd, care, &ledger->header, read_entry, ledger, err)) {
		rx_wrap(err, "lab %s", name);
		rx_ledger_close(ledger);
		return -err->code;
	}
	return 0;
}

int rx_ledger_open(const char *name, bool writable, struct rx_ledger *ledger, struct rx_err *err)
{
	return open_to(name, writable ? RX_JOURNAL_MEND : RX_JOURNAL_READ, ledger, err);
}

int rx_ledger_open_to_undo(const char *name, struct rx_ledger *ledger, bool *damaged,
			   struct rx_err *err)
{
	struct rx_err second;

	*damaged = false;
	if (!rx_ledger_open(name, true, ledger, err))
		return 0;
	if (err->code != EBADMSG)
		return -err->code;
	if (open_to(name, RX_JOURNAL_SALVAGE, ledger, &second)) {
		*err = second;
		return -err->code;
	}
	*damaged = true;
	snprintf(ledger->header.lab, sizeof(ledger->header.lab), "%s", name);
	return 0;
}

int rx_ledger_open_host(struct rx_ledger *ledger, struct rx_err *err)
{
	struct rx_ledger_header header = {.lab = RX_HOST_LEDGER,
					  .plane = RX_PLANE_NETNS,
					  .rdma_mode = RX_RDMA_SHARED};

	if (!rx_ledger_open(RX_HOST_LEDGER, true, ledger, err))
		return 0;
	if (err->code != ENOENT)
		return -err->code;
	return rx_ledger_create(RX_HOST_LEDGER, &header, "", ledger, err);
}

void rx_ledger_close(struct rx_ledger *ledger)
{
	if (ledger->fd >= 0)
		close(ledger->fd);
	free(ledger->entries);
	free(ledger->attachments.list);
	ledger->fd = -1;
	ledger->entries = NULL;
	ledger->attachments = (struct rx_attachments){0};
	ledger->n = 0;
}

static int stop_reading(void *arg, const json_t *json, struct rx_err *err)
{
	(void)arg;
	(void)json;
	(void)err;
	return -ECANCELED;
}

int rx_ledger_nonce(const char *name, char nonce[RX_NONCE_SIZE])
{
	struct rx_ledger_header header = {.lab = ""};
	struct rx_err ignored;
	char path[300];
	rx_autoclose int fd = rx_journal_open(rx_ledger_path(name, "ledger", path, sizeof(path)), 0,
					      &ignored);

	if (fd >= 0)
		rx_journal_read(fd, RX_JOURNAL_READ, &header, stop_reading, NULL, &ignored);
	memcpy(nonce, header.nonce, RX_NONCE_SIZE);
	return header.lab[0] ? 0 : -EBADMSG;
}

int rx_ledger_remove(const char *name, struct rx_err *err)
{
	char path[200], aside[200];

	rx_ledger_path(name, "", path, sizeof(path));
	snprintf(aside, sizeof(aside), "%s/.old-%s", rx_state_dir, name);
	rx_remove_folder(aside);
	rx_boundary("before the state folder is put aside");
	if (rename(path, aside))
		return rx_fail(err, "state-write", errno, "%s: cannot remove it: %s", path,
			       strerror(errno));
	rx_boundary("state folder put aside");
	rx_remove_folder(aside);
	rx_boundary("state folder gone");
	rmdir(rx_state_dir); /* when it was the last */
	return 0;
}

/* Under the lock: that an operation was done, in memory too. */
static char *done_line(struct rx_ledger *ledger, const struct rx_done *done)
{
	struct rx_entry *entry = &ledger->entries[done->id];
	rx_autofree char *changes = rx_journal_text(rx_op_changes_to_json(&entry->op, done->op));

	entry->op = *done->op;
	entry->state = RX_ENTRY_DONE;
	return rx_format("{\"id\":%zu,\"done\":%s}\n", done->id, changes);
}

/* The number of an entry is its place among the lines. */
int rx_ledger_step(struct rx_ledger *ledger, const struct rx_done *done, const struct rx_op *intent,
		   size_t *id, struct rx_err *err)
{
	rx_autofree char *text = intent ? rx_journal_text(rx_op_to_json(intent)) : NULL;
	rx_autofree char *first = NULL, *lines = NULL;
	int rc;

	pthread_mutex_lock(&ledger->mutex);
	if (done && done->op)
		first = done_line(ledger, done);
	if (intent) {
		struct rx_entry *entry = add_entry(ledger);

		entry->op = *intent;
		*id = entry->id;
		lines = rx_format("%s{\"id\":%zu,\"intent\":%s}\n", first ? first : "", *id, text);
	}
	rc = rx_journal_write(ledger->fd, ledger->header.lab,
			      lines   ? lines
			      : first ? first
				      : "",
			      err);
	if (rc && intent)
		ledger->n--;
	pthread_mutex_unlock(&ledger->mutex);
	return rc;
}

int rx_ledger_intent(struct rx_ledger *ledger, const struct rx_op *op, size_t *id,
		     struct rx_err *err)
{
	return rx_ledger_step(ledger, NULL, op, id, err);
}

int rx_ledger_done(struct rx_ledger *ledger, size_t id, const struct rx_op *op, struct rx_err *err)
{
	const struct rx_done done = {.id = id, .op = op};

	return rx_ledger_step(ledger, &done, NULL, NULL, err);
}

int rx_ledger_undone(struct rx_ledger *ledger, size_t id, struct rx_err *err)
{
	int rc;

	pthread_mutex_lock(&ledger->mutex);
	ledger->entries[id].state = RX_ENTRY_UNDONE;
	rc = rx_journal_append(ledger->fd, ledger->header.lab,
			       json_pack("{s:I,s:b}", "id", (json_int_t)id, "undone", true), err);
	pthread_mutex_unlock(&ledger->mutex);
	return rc;
}

int rx_ledger_complete(struct rx_ledger *ledger, struct rx_err *err)
{
	rx_boundary("before the lab is noted as whole");
	return note_state(ledger, true, false, err);
}

int rx_ledger_ending(struct rx_ledger *ledger, bool kept, struct rx_err *err)
{
	rx_boundary("before the lab is noted as no more whole");
	return note_state(ledger, false, kept, err);
}

int rx_ledger_attach(struct rx_ledger *ledger, const char *node,
		     const struct rx_container *container, struct rx_err *err)
{
	int rc = rx_journal_append(ledger->fd, ledger->header.lab,
				   rx_attachment_to_json(node, container), err);

	if (!rc)
		rx_attachments_keep(&ledger->attachments, node, container);
	return rc;
}

size_t rx_ledger_live(const struct rx_ledger *ledger)
{
	size_t i, live = 0;

	for (i = 0; i < ledger->n; i++)
		live += ledger->entries[i].state != RX_ENTRY_UNDONE;
	return live;
}

/* As rx_op_key tells objects apart, without the text: this is asked for every operation of a
 * plan. */
static bool same_object(const struct rx_op *a, const struct rx_op *b)
{
	char left[400], right[400];

	return a->kind == b->kind && !strcmp(a->name, b->name) && !strcmp(a->netns, b->netns) &&
	       !strcmp(rx_op_key(a, left, sizeof(left)), rx_op_key(b, right, sizeof(right)));
}

bool rx_ledger_has(struct rx_ledger *ledger, const struct rx_op *op)
{
	bool found = false;
	size_t i;

	pthread_mutex_lock(&ledger->mutex);
	for (i = ledger->n; i-- > 0 && !found;)
		found = ledger->entries[i].state != RX_ENTRY_UNDONE &&
			same_object(&ledger->entries[i].op, op);
	pthread_mutex_unlock(&ledger->mutex);
	return found;
}
