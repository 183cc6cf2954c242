/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/ledger/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"

#define VERSION 1

const char *rx_state_dir = "/run/rxelab";

const char *rx_ledger_path(const char *name, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s%s%s", rx_state_dir, name, *file ? "/" : "", file);
	return buf;
}

int rx_own_directory(const char *path, struct rx_err *err)
{
	struct stat status;

	if (!mkdir(path, 0700))
		return 0;
	if (errno != EEXIST)
		return rx_fail(err, "state-write", errno, "%s: cannot make it: %s", path,
			       strerror(errno));
	if (lstat(path, &status))
		return rx_fail(err, "state-read", errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 022))
		return 0;
	return rx_fail(err, "folder-not-ours", EPERM,
		       "%s is not a folder that only root can write in (mode %o, user %u): "
		       "somebody else made it; look at it and remove it",
		       path, status.st_mode & 07777, (unsigned)status.st_uid);
}

int rx_remove_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), code;
	rx_autodir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const char *name;

	if (!dir) {
		code = errno;
		if (fd >= 0)
			close(fd);
		return -code;
	}
	while ((name = rx_next_name(dir)))
		unlinkat(dirfd(dir), name, 0);
	return rmdir(path) ? -errno : 0;
}

int rx_journal_open(const char *path, int flags, struct rx_err *err)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	return fd < 0 ? rx_fail(err, "state-read", errno, "%s: %s", path, strerror(errno)) : fd;
}

/* A kill leaves lines whole or without their newline. A full disk may take a part: that goes again,
 * else the next line would run into it. */
int rx_journal_write(int fd, const char *lab, const char *lines, struct rx_err *err)
{
	size_t length = strlen(lines);
	ssize_t written = write(fd, lines, length);
	int code = written < 0 ? errno : ENOSPC;
	struct stat status;

	if (written == (ssize_t)length)
		return 0;
	if (written > 0 && !fstat(fd, &status) && ftruncate(fd, status.st_size - written))
		rx_trace("ledger of lab %s: half a line stays: %s", lab, strerror(errno));
	return rx_fail(err, "ledger-write", code,
		       "ledger of lab %s: cannot write: %s; nothing is made that is not recorded, "
		       "so this stops here",
		       lab, strerror(code));
}

char *rx_journal_text(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(json);
	return text;
}

int rx_journal_append(int fd, const char *lab, json_t *json, struct rx_err *err)
{
	rx_autofree char *text = rx_journal_text(json), *line = NULL;

	if (!text)
		return rx_fail(err, "text-encoding", EINVAL,
			       "ledger of lab %s: a text for it is not UTF-8", lab);
	line = rx_format("%s\n", text);
	return rx_journal_write(fd, lab, line, err);
}

json_t *rx_ledger_header_to_json(const struct rx_ledger_header *header)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "rxelab", VERSION, "lab", header->lab,
			 "plane", rx_plane_name(header->plane), "plane_reason",
			 header->plane_reason, "rdma_netns", rx_rdma_mode_name(header->rdma_mode),
			 "nonce", header->nonce, "machine", header->machine);
}

static int read_header(struct rx_ledger_header *header, const json_t *json, struct rx_err *err)
{
	const char *lab, *plane, *reason, *mode, *nonce = "", *machine = "";
	int version = 0;

	if (json_unpack((json_t *)json, "{s:i}", "rxelab", &version))
		return rx_fail(err, "ledger-damaged", EBADMSG, "the ledger's header is damaged");
	if (version != VERSION)
		return rx_cannot(err, "ledger-version", EPROTO,
				 "the ledger was written by another version of rxelab (format %d, "
				 "this program reads %d); take the lab down with the version that "
				 "made it",
				 version, VERSION);
	if (json_unpack((json_t *)json, "{s:s,s:s,s:s,s:s,s?s,s?s}", "lab", &lab, "plane", &plane,
			"plane_reason", &reason, "rdma_netns", &mode, "nonce", &nonce, "machine",
			&machine))
		return rx_fail(err, "ledger-damaged", EBADMSG, "the ledger's header is damaged");
	snprintf(header->lab, sizeof(header->lab), "%s", lab);
	snprintf(header->nonce, sizeof(header->nonce), "%s", nonce);
	snprintf(header->machine, sizeof(header->machine), "%s", machine);
	snprintf(header->plane_reason, sizeof(header->plane_reason), "%s", reason);
	header->plane = !strcmp(plane, "hosted") ? RX_PLANE_HOSTED : RX_PLANE_NETNS;
	header->rdma_mode = !strcmp(mode, "exclusive") ? RX_RDMA_EXCLUSIVE : RX_RDMA_SHARED;
	return 0;
}

int rx_journal_read(int fd, enum rx_journal_care care, struct rx_ledger_header *header,
		    rx_journal_line_fn *line, void *arg, struct rx_err *err)
{
	rx_autofile FILE *file = fdopen(dup(fd), "re");
	rx_autofree char *text = NULL;
	size_t room = 0, number = 0;
	json_error_t problem;
	off_t whole = 0;
	ssize_t length;
	json_t *json;
	int rc = 0;

	if (!file || fseek(file, 0, SEEK_SET))
		return rx_fail(err, "state-read", errno, "the ledger cannot be read: %s",
			       strerror(errno));
	while ((length = getline(&text, &room, file)) > 0 && text[length - 1] == '\n') {
		json = json_loads(text, 0, &problem);
		if (!json)
			rc = rx_fail(err, "ledger-damaged", EBADMSG,
				     "line %zu of the ledger is damaged: %s", number + 1,
				     problem.text);
		else
			rc = number ? line(arg, json, err) : read_header(header, json, err);
		json_decref(json);
		number++;
		if (rc && care != RX_JOURNAL_SALVAGE)
			return rc;
		whole += length;
	}
	if (!number && care != RX_JOURNAL_SALVAGE)
		return rx_fail(err, "ledger-damaged", EBADMSG, "the ledger is empty");
	/* what a kill cut off must not run into the next line */
	if (length > 0 && care != RX_JOURNAL_READ && ftruncate(fd, whole))
		return rx_fail(err, "ledger-write", errno, "the ledger cannot be mended: %s",
			       strerror(errno));
	return 0;
}
