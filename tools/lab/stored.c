/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/stored.h"

#include <errno.h>
#include <unistd.h>

#include "netns/base/file.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"

#define MAX_FILE (64u << 20) /* a lab of 1,000 endpoints has some 100 KiB */

int rx_lab_stored(const char *name, struct rx_lab *lab, struct rx_err *err)
{
	struct rx_ledger ledger;
	char path[200];
	int rc;

	if (rx_ledger_check_name(name, err))
		return -err->code;
	if (access(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), F_OK))
		return rx_fail(err, "lab-unknown", ENOENT,
			       "there is no lab \"%s\" here; \"rxelab list\" shows what there is",
			       name);
	rc = rx_lab_parse_file(path, lab, err);
	if (!rc)
		rc = rx_lab_complete(lab, err);
	if (!rc && !rx_ledger_open(name, false, &ledger, err)) {
		rx_attachments_overlay(&ledger.attachments, lab);
		rx_ledger_close(&ledger);
	}
	if (rc)
		err->status = RX_FAILED;
	return rc;
}

char *rx_lab_stored_text(const char *name)
{
	char path[200];

	return rx_file_text(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), MAX_FILE, NULL);
}
