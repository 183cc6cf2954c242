/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gid.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

/* RXE's table has 1024 entries (RXE_PORT_GID_TBL_LEN, drivers/infiniband/sw/rxe/rxe_param.h); ib_core fills it from
 * the start, so a run of empty ones ends the search. */
#define TABLE_LENGTH 1024
#define EMPTY_RUN 8

int rx_rdma_sysfs_read(int sysfs, const char *rdma_dev, const char *file, char *buf, size_t size)
{
	char path[200];
	rx_autoclose int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "class/infiniband/%s/%s", rdma_dev, file);
	fd = openat(sysfs, path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, buf, size - 1);
	if (got < 0)
		return -errno;
	buf[got] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}

bool rx_rdma_sysfs_has(int sysfs, const char *rdma_dev)
{
	char path[200];

	snprintf(path, sizeof(path), "class/infiniband/%s", rdma_dev);
	return !faccessat(sysfs, path, F_OK, 0);
}

static bool parse_gid(const char *text, uint8_t raw[16])
{
	unsigned word[8];
	size_t i;

	if (sscanf(text, "%4x:%4x:%4x:%4x:%4x:%4x:%4x:%4x", &word[0], &word[1], &word[2], &word[3], &word[4], &word[5],
		   &word[6], &word[7]) != 8)
		return false;
	for (i = 0; i < 8; i++) {
		raw[2 * i] = (uint8_t)(word[i] >> 8);
		raw[2 * i + 1] = (uint8_t)word[i];
	}
	return true;
}

/* 1 filled, 0 empty, -errno. Its type and netdev are left out. */
static int read_gid(int sysfs, const char *rdma_dev, unsigned index, struct rx_gid *gid)
{
	static const uint8_t empty[16];
	char file[64];
	int rc;

	memset(gid, 0, sizeof(*gid));
	gid->index = index;
	snprintf(file, sizeof(file), "ports/1/gids/%u", index);
	rc = rx_rdma_sysfs_read(sysfs, rdma_dev, file, gid->text, sizeof(gid->text));
	if (rc)
		return rc == -EINVAL ? 0 : rc;
	return parse_gid(gid->text, gid->raw) && memcmp(gid->raw, empty, 16);
}

static void read_type(int sysfs, const char *rdma_dev, struct rx_gid *gid)
{
	char file[64];

	snprintf(file, sizeof(file), "ports/1/gid_attrs/types/%u", gid->index);
	rx_rdma_sysfs_read(sysfs, rdma_dev, file, gid->type, sizeof(gid->type));
}

static int read_entry(int sysfs, const char *rdma_dev, unsigned index, struct rx_gid *gid)
{
	char file[64];
	int rc = read_gid(sysfs, rdma_dev, index, gid);

	if (rc != 1)
		return rc;
	read_type(sysfs, rdma_dev, gid);
	snprintf(file, sizeof(file), "ports/1/gid_attrs/ndevs/%u", index);
	rx_rdma_sysfs_read(sysfs, rdma_dev, file, gid->netdev, sizeof(gid->netdev));
	return 1;
}

int rx_gid_list(int sysfs, const char *rdma_dev, struct rx_gid **list, size_t *n)
{
	struct rx_gid *found = NULL, *grown, gid;
	unsigned index, empty = 0;
	int rc = 0;

	*n = 0;
	for (index = 0; index < TABLE_LENGTH && empty < EMPTY_RUN && rc >= 0; index++) {
		rc = read_entry(sysfs, rdma_dev, index, &gid);
		empty = rc == 1 ? 0 : empty + 1;
		if (rc != 1)
			continue;
		grown = realloc(found, (*n + 1) * sizeof(*grown));
		if (!grown) {
			rc = -ENOMEM;
			break;
		}
		found = grown;
		found[(*n)++] = gid;
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

int rx_gid_find(int sysfs, const char *rdma_dev, const struct rx_cidr *addr)
{
	unsigned index, empty = 0;
	struct rx_gid gid;
	uint8_t want[16];
	int rc = 0;

	rx_gid_of(addr, want);
	for (index = 0; index < TABLE_LENGTH && empty < EMPTY_RUN && rc >= 0; index++) {
		rc = read_gid(sysfs, rdma_dev, index, &gid);
		empty = rc == 1 ? 0 : empty + 1;
		if (rc != 1 || memcmp(gid.raw, want, 16))
			continue;
		read_type(sysfs, rdma_dev, &gid);
		if (!strcmp(gid.type, "RoCE v2"))
			return (int)index;
	}
	return rc < 0 ? rc : -ENOENT;
}
