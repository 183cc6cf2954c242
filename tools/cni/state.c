/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cni/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/ledger/lock.h"

#define STATE_VERSION 1
#define MAX_FILE 65536

#define LOCK_NAME ".cni" /* no lab's name begins with a dot */
/* seconds; an RXE takes about 0.05 s, so hundreds of pods at once still get through */
#define LOCK_TIMEOUT 60.0

/* FNV-1a, 64 bits (draft-eastlake-fnv): two attachments of one host with the same hash are not to
 * be expected, and if they come, the kernel says that the name is taken. */
static uint64_t hash(uint64_t value, const char *text)
{
	for (; *text; text++)
		value = (value ^ (uint8_t)*text) * 0x100000001b3u;
	return (value ^ 0xff) * 0x100000001b3u; /* ends the word: "a","bc" is not "ab","c" */
}

void rx_cni_state_key(const char *network, const char *container, const char *ifname,
		      struct rx_cni_state *state)
{
	uint64_t value = hash(hash(hash(0xcbf29ce484222325u, network), container), ifname);

	memset(state, 0, sizeof(*state));
	snprintf(state->network, sizeof(state->network), "%s", network);
	snprintf(state->container, sizeof(state->container), "%s", container);
	snprintf(state->ifname, sizeof(state->ifname), "%s", ifname);
	snprintf(state->rdma_dev, sizeof(state->rdma_dev), "rxc.%016llx",
		 (unsigned long long)value);
}

static void path_of(const struct rx_cni_request *request, const struct rx_cni_state *state,
		    char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s/%s:%s", request->env.state_dir, state->network,
		 state->container, state->ifname);
}

static void folder_of(const struct rx_cni_request *request, const char *network,
		      char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", request->env.state_dir, network);
}

/* ---- files ---- */

static int io(struct rx_cni_error *error, const char *what, const char *path)
{
	return rx_cni_fail(error, RX_CNI_IO, strerror(errno), "%s %.150s failed", what, path);
}

/* Where a file is written before it is renamed: beside it, with a name that no attachment and no
 * CDI file can have. */
static void aside_of(const char *path, char *aside, size_t size)
{
	const char *name = strrchr(path, '/') + 1;

	snprintf(aside, size, "%.*s.%s.tmp", (int)(name - path), path, name);
}

int rx_cni_write_file(const char *path, unsigned mode, json_t *value, struct rx_cni_error *error)
{
	rx_autofree char *text = json_dumps(value, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	rx_autoclose int fd = -1;
	char aside[PATH_MAX];
	size_t length;

	json_decref(value);
	if (!text)
		rx_memory_lost();
	aside_of(path, aside, sizeof(aside));
	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return io(error, "making", aside);
	length = strlen(text);
	text[length] = '\n'; /* in place of the closing 0 */
	if (write(fd, text, length + 1) == (ssize_t)length + 1 && !rename(aside, path))
		return 0;
	io(error, "writing", path);
	unlink(aside);
	return error->code;
}

/* Nobody but us may have put the folder there: what lies in it is believed. */
static int judge_folder(const char *path, struct rx_cni_error *error)
{
	struct stat status;

	if (mkdir(path, 0700) && errno != EEXIST)
		return io(error, "making folder", path);
	if (lstat(path, &status))
		return io(error, "looking at folder", path);
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077))
		return rx_cni_fail(error, RX_CNI_IO, "remove what lies there",
				   "%.150s is not a folder that only its owner, who runs this, can "
				   "enter",
				   path);
	return 0;
}

/* ---- states ---- */

int rx_cni_state_write(const struct rx_cni_request *request, const struct rx_cni_state *state,
		       struct rx_cni_error *error)
{
	char path[PATH_MAX];
	int code = judge_folder(request->env.state_dir, error);
	json_t *value;

	folder_of(request, state->network, path);
	if (code || (code = judge_folder(path, error)))
		return code;
	value = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:b, s:s, s:s}", "rxe-cni",
			  STATE_VERSION, "network", state->network, "container", state->container,
			  "ifname", state->ifname, "netns", state->netns, "netns_dev",
			  (json_int_t)state->netns_dev, "netns_ino", (json_int_t)state->netns_ino,
			  "rdma_dev", state->rdma_dev, "index", (json_int_t)state->index, "made",
			  state->made, "cdi", state->cdi, "lab", state->lab);
	if (!value) /* the path of a namespace may be any bytes */
		return rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT, "it is not UTF-8",
				   "invalid environment variable: CNI_NETNS");
	path_of(request, state, path);
	return rx_cni_write_file(path, 0600, value, error);
}

static void copy(char *to, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text ? text : "");
}

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

bool rx_cni_state_parse(const char *text, size_t length, struct rx_cni_state *state)
{
	json_t *value = json_loadb(text, length, 0, NULL);
	bool good = number(value, "rxe-cni") == STATE_VERSION;

	if (good) {
		copy(state->netns, sizeof(state->netns), value, "netns");
		copy(state->rdma_dev, sizeof(state->rdma_dev), value, "rdma_dev");
		copy(state->cdi, sizeof(state->cdi), value, "cdi");
		copy(state->lab, sizeof(state->lab), value, "lab");
		state->netns_dev = number(value, "netns_dev");
		state->netns_ino = number(value, "netns_ino");
		state->index = (uint32_t)number(value, "index");
		state->made = json_is_true(json_object_get(value, "made"));
	}
	json_decref(value);
	return good;
}

/* Into state, which has its key. */
static int read_state(const struct rx_cni_request *request, struct rx_cni_state *state, bool *found,
		      struct rx_cni_error *error)
{
	rx_autoclose int fd = -1;
	rx_autofree char *text = NULL;
	char path[PATH_MAX];
	size_t length = 0;

	path_of(request, state, path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	text = fd < 0 ? NULL : rx_fd_text(fd, MAX_FILE, &length);
	*found = text || errno == EFBIG;
	if (!*found)
		return errno == ENOENT ? 0 : io(error, "reading", path);
	if (!text || !rx_cni_state_parse(text, length, state))
		rx_cni_note(request, "%s is not understood; its name alone is used", path);
	return 0;
}

int rx_cni_state_read(const struct rx_cni_request *request, struct rx_cni_state *state, bool *found,
		      struct rx_cni_error *error)
{
	rx_cni_state_key(request->network, request->env.container, request->env.ifname, state);
	return read_state(request, state, found, error);
}

int rx_cni_state_remove(const struct rx_cni_request *request, const struct rx_cni_state *state,
			struct rx_cni_error *error)
{
	char path[PATH_MAX], aside[PATH_MAX];

	path_of(request, state, path);
	aside_of(path, aside, sizeof(aside));
	unlink(aside);
	if (unlink(path) && errno != ENOENT)
		return io(error, "removing", path);
	folder_of(request, state->network, path);
	rmdir(path); /* both stay while they hold anything */
	rmdir(request->env.state_dir);
	return 0;
}

/* "CONTAINER:IFNAME"; what a write that was cut off left begins with a dot. */
static bool split_name(char *name, char **ifname)
{
	char *colon = strchr(name, ':');

	if (*name == '.' || !colon || strlen(colon + 1) >= IFNAMSIZ || strlen(name) > 250)
		return false;
	*colon = 0;
	*ifname = colon + 1;
	return true;
}

int rx_cni_state_list(const struct rx_cni_request *request, struct rx_cni_state **list, size_t *n,
		      struct rx_cni_error *error)
{
	char path[PATH_MAX], *ifname;
	struct rx_cni_state *state;
	struct dirent *entry;
	bool found;
	int code = 0;
	DIR *dir;

	*list = NULL;
	*n = 0;
	folder_of(request, request->network, path);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : io(error, "reading folder", path);
	while (!code && (entry = readdir(dir))) {
		if (!split_name(entry->d_name, &ifname))
			continue;
		state = rx_array_add(list, n, sizeof(*state));
		rx_cni_state_key(request->network, entry->d_name, ifname, state);
		code = read_state(request, state, &found, error);
		*n -= code || !found;
	}
	closedir(dir);
	return code;
}

/* ---- the lock ---- */

int rx_cni_lock(int *lock, struct rx_cni_error *error)
{
	struct rx_err err;

	*lock = rx_lock(LOCK_NAME, LOCK_TIMEOUT, NULL, &err);
	return *lock >= 0 ? 0
			  : rx_cni_fail(error, RX_CNI_TRY_AGAIN, err.text,
					"another rxe-cni is at work");
}

/* Nothing of ours stays when the last attachment has gone. */
void rx_cni_unlock(const struct rx_cni_request *request, int lock)
{
	rx_unlock(LOCK_NAME, lock, access(request->env.state_dir, F_OK));
}
