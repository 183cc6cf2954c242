/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cli/version.h"

#include <stdio.h>

void rx_version_print(void)
{
	printf("rxelab %s (commit %s; %s)\n", RX_VERSION, RX_COMMIT, RX_LIBRARIES);
}
