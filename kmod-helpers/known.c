/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/known.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod-helpers/modules/modules.h"
#include "kmod-helpers/rxe/owner.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"

#define BUILD_ID "/sys/module/rdma_rxe/notes/.note.gnu.build-id"

enum { NETNS_PLANE = 1, CAN_MOVE = 2, MOVE_TRIED = 4, LOSES_GSI = 8, BORN = 16, WITH_TASK = 32 };

/* The last bytes of the note are the build's own; none where RXE is part of the kernel. */
static void build_of_rxe(char *text, size_t size)
{
	rx_autoclose int fd = open(BUILD_ID, O_RDONLY | O_CLOEXEC);
	unsigned char note[64];
	ssize_t got = fd < 0 ? 0 : read(fd, note, sizeof(note));

	snprintf(text, size, "-");
	for (ssize_t i = 0; i < got && (size_t)(2 * i + 3) <= size; i++)
		snprintf(text + 2 * i, 3, "%02x", note[i]);
}

void rx_known_key(const struct rx_facts *facts, char *key, size_t size)
{
	char boot[64] = "", build[140];

	rx_file_read("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	build_of_rxe(build, sizeof(build));
	snprintf(key, size, "%s %s %s helper-%u %s", boot, rx_kernel_release(), build,
		 rx_helper_gids() ? 1 : 0, rx_rdma_mode_name(facts->rdma_mode));
}

bool rx_known_read(const char *path, const char *key, struct rx_facts *facts)
{
	size_t length = strlen(key);
	unsigned found;
	char line[500];

	if (rx_file_read(path, line, sizeof(line)) || strncmp(line, key, length) ||
	    sscanf(line + length, " = %u", &found) != 1)
		return false;
	facts->netns_plane = found & NETNS_PLANE;
	facts->can_move = found & CAN_MOVE;
	facts->move_tried = found & MOVE_TRIED;
	facts->move_loses_gsi = found & LOSES_GSI;
	facts->born_in_netns = found & BORN;
	facts->born_with_task = found & WITH_TASK;
	return true;
}

void rx_known_write(const char *path, const char *key, const struct rx_facts *facts)
{
	rx_autofree char *aside = rx_format("%s.new", path);
	unsigned found = (facts->netns_plane ? NETNS_PLANE : 0) | (facts->can_move ? CAN_MOVE : 0) |
			 (facts->move_tried ? MOVE_TRIED : 0) |
			 (facts->move_loses_gsi ? LOSES_GSI : 0) |
			 (facts->born_in_netns ? BORN : 0) |
			 (facts->born_with_task ? WITH_TASK : 0);
	int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool written = fd >= 0 && dprintf(fd, "%s = %u\n", key, found) > 0;

	if (fd >= 0)
		close(fd);
	if (!written || rename(aside, path))
		unlink(aside);
}
