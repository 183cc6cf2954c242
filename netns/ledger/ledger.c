/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/ledger-priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/boundary.h"
#include "netns/base/cleanup.h"

const char *rx_state_dir = "/run/rxelab";

const char *rx_ledger_path(const char *name, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s%s%s", rx_state_dir, name, *file ? "/" : "", file);
	return buf;
}

/* One write(2), so that a kill leaves lines whole or without their newline. A full disk may take a
 * part: that goes again, else the next line would run into it. */
static int append_text(struct rx_ledger *ledger, const char *text, struct rx_err *err)
{
	size_t length = strlen(text);
	ssize_t written = write(ledger->fd, text, length);
	int code = written < 0 ? errno : ENOSPC;
	struct stat status;

	if (written == (ssize_t)length)
		return 0;
	if (written > 0 && !fstat(ledger->fd, &status) &&
	    ftruncate(ledger->fd, status.st_size - written))
		rx_trace("ledger of lab %s: half a line stays: %s", ledger->header.lab,
			 strerror(errno));
	return rx_fail(err, code,
		       "ledger of lab %s: cannot write: %s; nothing is made that is not recorded, "
		       "so this stops here",
		       ledger->header.lab, strerror(code));
}

static int no_memory(const struct rx_ledger *ledger, struct rx_err *err)
{
	return rx_fail(err, ENOMEM, "ledger of lab %s: out of memory", ledger->header.lab);
}

/* The text of a value as JSON, taking it; NULL when out of memory. The caller frees it. */
static char *text_of(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(json);
	return text;
}

int rx_ledger_append(struct rx_ledger *ledger, json_t *json, struct rx_err *err)
{
	rx_autofree char *text = text_of(json), *line = NULL;

	if (!text || asprintf(&line, "%s\n", text) < 0)
		return no_memory(ledger, err);
	return append_text(ledger, line, err);
}

json_t *rx_ledger_header_to_json(const struct rx_ledger_header *header)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s}", "rxelab", RX_LEDGER_VERSION, "lab", header->lab,
			 "plane", rx_plane_name(header->plane), "plane_reason",
			 header->plane_reason, "rdma_netns", rx_rdma_mode_name(header->rdma_mode));
}

static int write_file(int dir, const char *name, const char *text, struct rx_err *err)
{
	rx_autoclose int fd = openat(dir, name,
				     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t length = strlen(text);
	ssize_t written = fd < 0 ? -1 : write(fd, text, length);
	int code = written < 0 ? errno : ENOSPC;

	if (written != (ssize_t)length)
		return rx_fail(err, code, "%s in %s: cannot write: %s", name, rx_state_dir,
			       strerror(code));
	return 0;
}

int rx_remove_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), code;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		code = errno;
		if (fd >= 0)
			close(fd);
		return -code;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(path) ? -errno : 0;
}

int rx_ledger_open_journal(struct rx_ledger *ledger, const char *path, int flags,
			   struct rx_err *err)
{
	ledger->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (ledger->fd < 0)
		return rx_fail(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int create_aside(const char *aside, const struct rx_ledger_header *header,
			const char *lab_yaml, struct rx_ledger *ledger, struct rx_err *err)
{
	rx_autoclose int dir = -1;
	char path[300];

	rx_remove_folder(aside);
	if (mkdir(aside, 0700))
		return rx_fail(err, errno, "%s: cannot make it: %s", aside, strerror(errno));
	dir = open(aside, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return rx_fail(err, errno, "%s: %s", aside, strerror(errno));
	rx_boundary("state folder made aside");
	if (write_file(dir, "lab.yaml", lab_yaml, err))
		return -err->code;
	snprintf(path, sizeof(path), "%s/ledger", aside);
	if (rx_ledger_open_journal(ledger, path, O_CREAT | O_EXCL, err))
		return -err->code;
	rx_boundary("journal made aside");
	return rx_ledger_append(ledger, rx_ledger_header_to_json(header), err);
}

int rx_ledger_create(const char *name, const struct rx_ledger_header *header, const char *lab_yaml,
		     struct rx_ledger *ledger, struct rx_err *err)
{
	char aside[200], path[200];

	memset(ledger, 0, sizeof(*ledger));
	ledger->fd = -1;
	ledger->header = *header;
	pthread_mutex_init(&ledger->mutex, NULL);
	rx_ledger_path(name, "", path, sizeof(path));
	/* the name begins with a dot, so it is never taken for a lab; the lab's lock makes it
	 * ours */
	snprintf(aside, sizeof(aside), "%s/.new-%s", rx_state_dir, name);
	rx_boundary("before the state folder");
	if (rx_own_directory(rx_state_dir, err))
		return -err->code;
	if (!access(path, F_OK))
		return rx_fail(err, EEXIST, "lab %s exists already", name);
	if (create_aside(aside, header, lab_yaml, ledger, err) ||
	    (rename(aside, path) &&
	     rx_fail(err, errno, "%s: cannot rename: %s", aside, strerror(errno)))) {
		rx_remove_folder(aside);
		rmdir(rx_state_dir); /* when there is no other lab */
		rx_ledger_close(ledger);
		return -err->code;
	}
	rx_boundary("state folder in its place");
	return 0;
}

static int read_header(struct rx_ledger *ledger, const json_t *json, struct rx_err *err)
{
	struct rx_ledger_header *header = &ledger->header;
	const char *lab, *plane, *reason, *mode;
	int version = 0;

	if (json_unpack((json_t *)json, "{s:i}", "rxelab", &version) ||
	    version != RX_LEDGER_VERSION)
		return rx_cannot(err, EPROTO,
				 "the ledger was written by another version of rxelab (format %d, "
				 "this program reads %d); take the lab down with the version that "
				 "made it",
				 version, RX_LEDGER_VERSION);
	if (json_unpack((json_t *)json, "{s:s,s:s,s:s,s:s}", "lab", &lab, "plane", &plane,
			"plane_reason", &reason, "rdma_netns", &mode))
		return rx_fail(err, EBADMSG, "the ledger's header is damaged");
	snprintf(header->lab, sizeof(header->lab), "%s", lab);
	snprintf(header->plane_reason, sizeof(header->plane_reason), "%s", reason);
	header->plane = !strcmp(plane, "hosted") ? RX_PLANE_HOSTED : RX_PLANE_NETNS;
	header->rdma_mode = !strcmp(mode, "exclusive") ? RX_RDMA_EXCLUSIVE : RX_RDMA_SHARED;
	return 0;
}

static struct rx_entry *add_entry(struct rx_ledger *ledger)
{
	if (ledger->n == ledger->room) {
		size_t room = ledger->room ? 2 * ledger->room : 64;
		struct rx_entry *grown = realloc(ledger->entries, room * sizeof(*grown));

		if (!grown)
			return NULL;
		ledger->entries = grown;
		ledger->room = room;
	}
	memset(&ledger->entries[ledger->n], 0, sizeof(ledger->entries[0]));
	ledger->entries[ledger->n].id = ledger->n;
	return &ledger->entries[ledger->n++];
}

static int read_entry(struct rx_ledger *ledger, const json_t *json, struct rx_err *err)
{
	const json_t *intent = json_object_get(json, "intent"),
		     *done = json_object_get(json, "done");
	json_int_t id = json_integer_value(json_object_get(json, "id"));
	struct rx_entry *entry;

	if (json_object_get(json, "attach"))
		return rx_ledger_read_attachment(ledger, json, err);
	if (json_object_get(json, "up")) {
		ledger->complete = json_is_true(json_object_get(json, "up"));
		return 0;
	}
	if (!json_is_integer(json_object_get(json, "id")) || id < 0 || (size_t)id > ledger->n ||
	    (intent && (size_t)id != ledger->n) || (!intent && (size_t)id == ledger->n))
		return rx_fail(err, EBADMSG,
			       "the ledger is damaged: operation %lld is out of order",
			       (long long)id);
	if (intent) {
		entry = add_entry(ledger);
		return entry ? rx_op_from_json(intent, &entry->op, err)
			     : rx_fail(err, ENOMEM, "out of memory");
	}
	entry = &ledger->entries[id];
	entry->state = done ? RX_ENTRY_DONE : RX_ENTRY_UNDONE;
	if (!done)
		return 0;
	/* an earlier build wrote the whole operation again */
	return json_object_get(done, "op") ? rx_op_from_json(done, &entry->op, err)
					   : rx_op_changes_from_json(done, &entry->op, err);
}

static int read_line(struct rx_ledger *ledger, const char *line, size_t number, struct rx_err *err)
{
	json_error_t problem;
	json_t *json = json_loads(line, 0, &problem);
	int rc;

	if (!json)
		return rx_fail(err, EBADMSG, "line %zu of the ledger is damaged: %s", number,
			       problem.text);
	rc = number == 1 ? read_header(ledger, json, err) : read_entry(ledger, json, err);
	json_decref(json);
	return rc;
}

static int read_journal(struct rx_ledger *ledger, bool writable, struct rx_err *err)
{
	rx_autofile FILE *file = fdopen(dup(ledger->fd), "re");
	rx_autofree char *line = NULL;
	size_t room = 0, number = 0;
	off_t whole = 0;
	ssize_t length;

	if (!file || fseek(file, 0, SEEK_SET))
		return rx_fail(err, errno, "the ledger cannot be read: %s", strerror(errno));
	while ((length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] != '\n')
			break;
		if (read_line(ledger, line, ++number, err))
			return -err->code;
		whole += length;
	}
	if (!number)
		return rx_fail(err, EBADMSG, "the ledger is empty");
	/* what a kill cut off must not run into the next line */
	if (length > 0 && writable && ftruncate(ledger->fd, whole))
		return rx_fail(err, errno, "the ledger cannot be mended: %s", strerror(errno));
	return 0;
}

int rx_ledger_open(const char *name, bool writable, struct rx_ledger *ledger, struct rx_err *err)
{
	char path[300];

	memset(ledger, 0, sizeof(*ledger));
	ledger->fd = -1;
	pthread_mutex_init(&ledger->mutex, NULL);
	rx_ledger_path(name, "ledger", path, sizeof(path));
	if (access(path, F_OK) && errno == ENOENT)
		return rx_fail(err, ENOENT,
			       "there is no lab \"%s\" here; \"rxelab list\" shows what there is",
			       name);
	if (rx_ledger_open_journal(ledger, path, 0, err) || read_journal(ledger, writable, err)) {
		rx_wrap(err, "lab %s", name);
		rx_ledger_close(ledger);
		return -err->code;
	}
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
	free(ledger->attachments);
	ledger->fd = -1;
	ledger->entries = NULL;
	ledger->attachments = NULL;
	ledger->n_attachments = 0;
	ledger->n = ledger->room = 0;
}

int rx_ledger_remove(const char *name, struct rx_err *err)
{
	char path[200], aside[200];

	rx_ledger_path(name, "", path, sizeof(path));
	snprintf(aside, sizeof(aside), "%s/.old-%s", rx_state_dir, name);
	rx_remove_folder(aside);
	rx_boundary("before the state folder is put aside");
	if (rename(path, aside))
		return rx_fail(err, errno, "%s: cannot remove it: %s", path, strerror(errno));
	rx_boundary("state folder put aside");
	rx_remove_folder(aside);
	rx_boundary("state folder gone");
	rmdir(rx_state_dir); /* when it was the last */
	return 0;
}

/* Under the lock: the number of an entry is its place among the lines. intent: the operation as
 * text. */
static int append_step(struct rx_ledger *ledger, const struct rx_done *done, const char *intent,
		       size_t id, struct rx_err *err)
{
	rx_autofree char *changes = NULL, *lines = NULL;
	int length;

	if (done->op) {
		struct rx_entry *entry = &ledger->entries[done->id];

		changes = text_of(rx_op_changes_to_json(&entry->op, done->op));
		entry->op = *done->op;
		entry->state = RX_ENTRY_DONE;
		if (!changes)
			return no_memory(ledger, err);
	}
	if (changes && intent)
		length = asprintf(&lines, "{\"id\":%zu,\"done\":%s}\n{\"id\":%zu,\"intent\":%s}\n",
				  done->id, changes, id, intent);
	else if (changes)
		length = asprintf(&lines, "{\"id\":%zu,\"done\":%s}\n", done->id, changes);
	else
		length = asprintf(&lines, "{\"id\":%zu,\"intent\":%s}\n", id, intent);
	return length < 0 ? no_memory(ledger, err) : append_text(ledger, lines, err);
}

int rx_ledger_step(struct rx_ledger *ledger, const struct rx_done *done, const struct rx_op *intent,
		   size_t *id, struct rx_err *err)
{
	static const struct rx_done nothing;
	rx_autofree char *text = intent ? text_of(rx_op_to_json(intent)) : NULL;
	struct rx_entry *entry = NULL;
	int rc;

	if (intent && !text)
		return no_memory(ledger, err);
	pthread_mutex_lock(&ledger->mutex);
	if (intent)
		entry = add_entry(ledger);
	if (entry) {
		entry->op = *intent;
		*id = entry->id;
	}
	rc = intent && !entry
		     ? no_memory(ledger, err)
		     : append_step(ledger, done ? done : &nothing, text, entry ? *id : 0, err);
	if (rc && entry)
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
	rc = rx_ledger_append(ledger, json_pack("{s:I,s:b}", "id", (json_int_t)id, "undone", true),
			      err);
	pthread_mutex_unlock(&ledger->mutex);
	return rc;
}

int rx_ledger_complete(struct rx_ledger *ledger, bool complete, struct rx_err *err)
{
	rx_boundary(complete ? "before the lab is noted as whole"
			     : "before the lab is noted as no more whole");
	ledger->complete = complete;
	return rx_ledger_append(ledger, json_pack("{s:b}", "up", complete), err);
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
