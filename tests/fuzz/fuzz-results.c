/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the results of a guest: every format of kernels test stays readable, and nothing of
 * it is lost. */
#include <stdint.h>

#include "tests/unit/written.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_run run = {NULL};

	feed_bytes(&run, data, size);
	must_be_valid(&run);
	rx_run_free(&run);
	return 0;
}
