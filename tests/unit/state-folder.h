/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state folder for a group of tests, as /run/rxelab is one: in memory where that can be, since
 * such tests write thousands of small files. */
#ifndef RXELAB_TESTS_UNIT_STATE_FOLDER_H
#define RXELAB_TESTS_UNIT_STATE_FOLDER_H

#include <stdlib.h>
#include <unistd.h>

#include "netns/ledger/ledger.h"

/* Returns 0, or -1 where there is no place for it. */
static int make_state_folder(void)
{
	static char memory[] = "/dev/shm/rxelab-test-XXXXXX", disk[] = "/tmp/rxelab-test-XXXXXX";

	rx_state_dir = mkdtemp(memory);
	if (!rx_state_dir)
		rx_state_dir = mkdtemp(disk);
	return rx_state_dir ? 0 : -1;
}

static void remove_state_folder(void)
{
	rmdir(rx_state_dir);
}

#endif
