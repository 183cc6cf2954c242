/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/stop.h"

#include "netns/base/cleanup.h"

volatile sig_atomic_t rx_stopped;

static void note(int number)
{
	rx_stopped = number;
}

void rx_stop_catch(void)
{
	struct sigaction action = {.sa_handler = note};
	const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < RX_ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}
