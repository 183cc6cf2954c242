/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a lab's ledger: it is read or refused with a sentence, and what was read can be
 * written and read again as the same. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/ledger/ledger.h"

static char place[] = "/dev/shm/rxelab-fuzz-XXXXXX", path[100];

static void leave(void)
{
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
	rmdir(place);
}

static void arrive(void)
{
	if (!mkdtemp(place))
		abort();
	rx_state_dir = place;
	snprintf(path, sizeof(path), "%s/fuzz", place);
	if (mkdir(path, 0700))
		abort();
	snprintf(path, sizeof(path), "%s/fuzz/ledger", place);
	atexit(leave);
}

static void judge_op(const struct rx_op *op)
{
	json_t *json = rx_op_to_json(op);
	char first[400], second[400];
	struct rx_op again;
	struct rx_err err;

	if (!json || rx_op_from_json(json, &again, &err))
		abort();
	if (strcmp(rx_op_text(op, first, sizeof(first)),
		   rx_op_text(&again, second, sizeof(second))) ||
	    strcmp(rx_op_key(op, first, sizeof(first)), rx_op_key(&again, second, sizeof(second))))
		abort();
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_err err = {.text = ""};
	struct rx_ledger ledger;
	int fd;

	if (!*path)
		arrive();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	if (rx_ledger_open("fuzz", size & 1, &ledger, &err)) {
		if (!err.code || !*err.text)
			abort();
		return 0;
	}
	for (size_t i = 0; i < ledger.n; i++) {
		judge_op(&ledger.entries[i].op);
		if (ledger.entries[i].state != RX_ENTRY_UNDONE &&
		    !rx_ledger_has(&ledger, &ledger.entries[i].op))
			abort();
	}
	if (rx_ledger_live(&ledger) > ledger.n)
		abort();
	rx_ledger_close(&ledger);
	return 0;
}
