/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cni/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"

#define STATE_VERSION 1
#define MAX_FILE 65536

const char *rx_cni_state_dir = "/run/rxelab-cni";

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

static void path_of(const struct rx_cni_state *state, char *path, size_t size)
{
	snprintf(path, size, "%s/%s/%s:%s", rx_cni_state_dir, state->network, state->container,
		 state->ifname);
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
	size_t length = text ? strlen(text) : 0;

	json_decref(value);
	if (!text)
		return rx_cni_fail(error, RX_CNI_IO, "out of memory", "writing %.150s failed",
				   path);
	aside_of(path, aside, sizeof(aside));
	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return io(error, "making", aside);
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

static int read_whole(const char *path, char *buf, size_t size, size_t *length)
{
	rx_autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, size);

	*length = got > 0 ? (size_t)got : 0;
	return got < 0 ? -errno : 0;
}

/* ---- states ---- */

int rx_cni_state_write(const struct rx_cni_state *state, struct rx_cni_error *error)
{
	char path[PATH_MAX];
	int code = judge_folder(rx_cni_state_dir, error);
	json_t *value;

	snprintf(path, sizeof(path), "%s/%s", rx_cni_state_dir, state->network);
	if (code || (code = judge_folder(path, error)))
		return code;
	value = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:b, s:s}", "rxe-cni",
			  STATE_VERSION, "network", state->network, "container", state->container,
			  "ifname", state->ifname, "netns", state->netns, "netns_dev",
			  (json_int_t)state->netns_dev, "netns_ino", (json_int_t)state->netns_ino,
			  "rdma_dev", state->rdma_dev, "index", (json_int_t)state->index, "made",
			  state->made, "cdi", state->cdi);
	if (!value) /* the path of a namespace may be any bytes */
		return rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT, "it is not UTF-8",
				   "invalid environment variable: CNI_NETNS");
	path_of(state, path, sizeof(path));
	return rx_cni_write_file(path, 0600, value, error);
}

static void copy(char *to, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text ? text : "");
}

bool rx_cni_state_parse(const char *text, size_t length, struct rx_cni_state *state)
{
	json_t *value = json_loadb(text, length, 0, NULL);
	bool good = json_integer_value(json_object_get(value, "rxe-cni")) == STATE_VERSION;

	if (good) {
		copy(state->netns, sizeof(state->netns), value, "netns");
		copy(state->rdma_dev, sizeof(state->rdma_dev), value, "rdma_dev");
		copy(state->cdi, sizeof(state->cdi), value, "cdi");
		state->netns_dev = (uint64_t)json_integer_value(
			json_object_get(value, "netns_dev"));
		state->netns_ino = (uint64_t)json_integer_value(
			json_object_get(value, "netns_ino"));
		state->index = (uint32_t)json_integer_value(json_object_get(value, "index"));
		state->made = json_is_true(json_object_get(value, "made"));
	}
	json_decref(value);
	return good;
}

int rx_cni_state_read(const char *network, const char *container, const char *ifname,
		      struct rx_cni_state *state, bool *found, struct rx_cni_error *error)
{
	rx_autofree char *text = malloc(MAX_FILE);
	char path[PATH_MAX];
	size_t length;
	int rc;

	rx_cni_state_key(network, container, ifname, state);
	path_of(state, path, sizeof(path));
	rc = text ? read_whole(path, text, MAX_FILE, &length) : -ENOMEM;
	*found = !rc;
	if (rc && rc != -ENOENT)
		return rx_cni_fail(error, RX_CNI_IO, strerror(-rc), "reading %.150s failed", path);
	if (!rc && !rx_cni_state_parse(text, length, state))
		rx_cni_note("%s is not understood; its name alone is used", path);
	return 0;
}

int rx_cni_state_remove(const struct rx_cni_state *state, struct rx_cni_error *error)
{
	char path[PATH_MAX], aside[PATH_MAX];

	path_of(state, path, sizeof(path));
	aside_of(path, aside, sizeof(aside));
	unlink(aside);
	if (unlink(path) && errno != ENOENT)
		return io(error, "removing", path);
	snprintf(path, sizeof(path), "%s/%s", rx_cni_state_dir, state->network);
	rmdir(path); /* both stay while they hold anything */
	rmdir(rx_cni_state_dir);
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

int rx_cni_state_list(const char *network, struct rx_cni_state **list, size_t *n,
		      struct rx_cni_error *error)
{
	char path[PATH_MAX], *ifname;
	struct dirent *entry;
	bool found;
	int code = 0;
	DIR *dir;

	*list = NULL;
	*n = 0;
	snprintf(path, sizeof(path), "%s/%s", rx_cni_state_dir, network);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : io(error, "reading folder", path);
	while (!code && (entry = readdir(dir))) {
		struct rx_cni_state *grown;

		if (!split_name(entry->d_name, &ifname))
			continue;
		grown = realloc(*list, (*n + 1) * sizeof(*grown));
		if (!grown) {
			code = rx_cni_fail(error, RX_CNI_IO, "out of memory",
					   "reading folder %.150s failed", path);
			break;
		}
		*list = grown;
		code = rx_cni_state_read(network, entry->d_name, ifname, &grown[*n], &found, error);
		*n += !code && found;
	}
	closedir(dir);
	return code;
}
