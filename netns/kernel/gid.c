/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/gid.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

#define TABLE_LENGTH 1024 /* RXE_PORT_GID_TBL_LEN, drivers/infiniband/sw/rxe/rxe_param.h */

static int read_line(int dir, const char *file, char *buf, size_t size)
{
	rx_autoclose int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (got < 0)
		return -errno;
	buf[got] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}

const char *rx_gid_short(const char *text, char *buf)
{
	struct in6_addr raw;

	if (inet_pton(AF_INET6, text, &raw) != 1 ||
	    !inet_ntop(AF_INET6, &raw, buf, INET6_ADDRSTRLEN))
		buf[0] = '\0';
	return buf;
}

int rx_rdma_sysfs_read(int sysfs, const char *rdma_dev, const char *file, char *buf, size_t size)
{
	char path[200];

	snprintf(path, sizeof(path), "class/infiniband/%s/%s", rdma_dev, file);
	return read_line(sysfs, path, buf, size);
}

/* The folder of its only port. The way there is a symbolic link and eight folders, too long for
 * each of a dozen files. */
static int open_port(int sysfs, const char *rdma_dev)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "class/infiniband/%s/ports/1", rdma_dev);
	fd = openat(sysfs, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool rx_rdma_sysfs_has(int sysfs, const char *rdma_dev)
{
	char path[200];

	snprintf(path, sizeof(path), "class/infiniband/%s", rdma_dev);
	return !faccessat(sysfs, path, F_OK, 0);
}

static bool parse_gid(const char *text, uint8_t raw[16])
{
	return inet_pton(AF_INET6, text, raw) == 1;
}

/* 1 filled, 0 empty, -errno. Its type and netdev are left out. */
static int read_gid(int port, unsigned index, struct rx_gid *gid)
{
	static const uint8_t empty[16];
	char file[64];
	int rc;

	memset(gid, 0, sizeof(*gid));
	gid->index = index;
	snprintf(file, sizeof(file), "gids/%u", index);
	rc = read_line(port, file, gid->text, sizeof(gid->text));
	if (rc)
		return rc == -EINVAL ? 0 : rc;
	return parse_gid(gid->text, gid->raw) && memcmp(gid->raw, empty, 16);
}

static int read_entry(int port, unsigned index, struct rx_gid *gid)
{
	char file[64];
	int rc = read_gid(port, index, gid);

	if (rc != 1)
		return rc;
	snprintf(file, sizeof(file), "gid_attrs/types/%u", index);
	read_line(port, file, gid->type, sizeof(gid->type));
	snprintf(file, sizeof(file), "gid_attrs/ndevs/%u", index);
	read_line(port, file, gid->netdev, sizeof(gid->netdev));
	return 1;
}

int rx_gid_list(int sysfs, const char *rdma_dev, unsigned gap, struct rx_gid **list, size_t *n)
{
	rx_autoclose int port = open_port(sysfs, rdma_dev);
	struct rx_gid *found = NULL, gid;
	unsigned index, empty = 0;
	int rc = port < 0 ? port : 0;

	*n = 0;
	for (index = 0; index < TABLE_LENGTH && empty < gap && rc >= 0; index++) {
		rc = read_entry(port, index, &gid);
		empty = rc == 1 ? 0 : empty + 1;
		if (rc == 1)
			*(struct rx_gid *)rx_array_add(&found, n, sizeof(gid)) = gid;
	}
	*list = found;
	return rc < 0 ? rc : 0;
}

void rx_gid_of(const struct rx_cidr *addr, uint8_t gid[16])
{
	memset(gid, 0, 16);
	if (addr->family == AF_INET) {
		gid[10] = gid[11] = 0xff;
		memcpy(gid + 12, addr->addr, 4);
	} else if (addr->family == AF_INET6) {
		memcpy(gid, addr->addr, 16);
	}
}

const struct rx_gid *rx_gid_among(const struct rx_gid *list, size_t n, const struct rx_cidr *addr)
{
	uint8_t want[16];
	size_t i;

	rx_gid_of(addr, want);
	for (i = 0; i < n; i++)
		if (!memcmp(list[i].raw, want, 16) && !strcmp(list[i].type, "RoCE v2"))
			return &list[i];
	return NULL;
}

int rx_gid_find(int sysfs, const char *rdma_dev, const struct rx_cidr *addr)
{
	rx_autofree struct rx_gid *list = NULL;
	size_t n;
	int rc = rx_gid_list(sysfs, rdma_dev, RX_GID_GAP, &list, &n);
	const struct rx_gid *gid = rx_gid_among(list, n, addr);

	return gid ? (int)gid->index : rc ? rc : -ENOENT;
}
