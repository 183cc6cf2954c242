/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/known.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/modules/modules.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/rdma.h"

enum { NETNS_PLANE = 1, CAN_MOVE = 2, MOVE_TRIED = 4, LOSES_GSI = 8, BORN = 16, WITH_TASK = 32 };

/* Whose code answers the probe. */
static const char *const modules[] = {"ib_core", "rdma_rxe", RX_HELPER_MODULE};

/* The bytes of the note that the linker makes of the build. "-": the module is not loaded, or part
 * of the kernel, which only a boot changes. false: a module that does not tell its build. */
static bool build_of(const char *folder, const char *module, char *text, size_t size)
{
	rx_autofree char *state = rx_format("%s/%s/initstate", folder, module);
	rx_autofree char *file = rx_format("%s/%s/notes/.note.gnu.build-id", folder, module);
	rx_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC);
	unsigned char note[64];
	ssize_t got = fd < 0 ? -1 : read(fd, note, sizeof(note));

	snprintf(text, size, "-");
	if (got <= 0)
		return access(state, F_OK) != 0;
	for (ssize_t i = 0; i < got && (size_t)(2 * i + 3) <= size; i++)
		snprintf(text + 2 * i, 3, "%02x", note[i]);
	return true;
}

bool rx_known_key(const char *folder, const struct rx_facts *facts, char *key, size_t size)
{
	char boot[64] = "", build[140];
	size_t used;

	if (rx_file_read("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) || !boot[0])
		return false;
	used = (size_t)snprintf(key, size, "%s %s %s", boot, rx_kernel_release(),
				rx_rdma_mode_name(facts->rdma_mode));
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]) && used < size; i++) {
		if (!build_of(folder, modules[i], build, sizeof(build)))
			return false;
		used += (size_t)snprintf(key + used, size - used, " %s", build);
	}
	return used < size;
}

bool rx_known_read(const char *path, const char *key, struct rx_facts *facts)
{
	size_t length = strlen(key);
	unsigned found;
	char line[RX_KNOWN_KEY + 20];
	int end = 0;

	if (rx_file_read(path, line, sizeof(line)) || strncmp(line, key, length) ||
	    sscanf(line + length, " = %u%n", &found, &end) != 1 || line[length + (size_t)end])
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
