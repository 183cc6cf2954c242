/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lab/stored.h"

#include <errno.h>
#include <unistd.h>

#include "netns/base/file.h"
#include "netns/ledger/ledger.h"
#include "netns/ledger/list.h"

const char *rx_machine_id_file = "/etc/machine-id";

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
		rx_lab_set_machine(lab, ledger.header.machine);
		rx_attachments_overlay(&ledger.attachments, lab);
		rx_ledger_close(&ledger);
	}
	if (rc)
		err->status = RX_FAILED;
	return rc;
}

/* That two machines with a lab of the same name on one wire have other MACs: machine-id(5) is an
 * installation's own, and stays. */
static void machine_of_here(char machine[RX_MACHINE_SIZE])
{
	char id[64];

	machine[0] = '\0';
	if (!rx_file_read(rx_machine_id_file, id, sizeof(id)) && id[0])
		rx_lab_machine(id, machine);
}

void rx_lab_settle_macs(struct rx_lab *lab)
{
	char machine[RX_MACHINE_SIZE];
	struct rx_ledger ledger;
	struct rx_err ignored;

	machine_of_here(machine);
	if (!rx_ledger_open(lab->name, false, &ledger, &ignored)) {
		snprintf(machine, sizeof(machine), "%s", ledger.header.machine);
		rx_ledger_close(&ledger);
	}
	rx_lab_set_machine(lab, machine);
}

char *rx_lab_stored_text(const char *name)
{
	char path[200];

	return rx_file_text(rx_ledger_path(name, "lab.yaml", path, sizeof(path)), MAX_FILE, NULL);
}
