/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cni/lock.h"

#include <unistd.h>

#include "netns/ledger/lock.h"
#include "tools/cni/state.h"

#define LOCK_NAME ".cni"        /* no lab's name begins with a dot */
/* seconds; an RXE takes about 0.05 s, so hundreds of pods at once still get through */
#define LOCK_TIMEOUT 60.0

int rx_cni_lock(int *lock, struct rx_cni_error *error)
{
	struct rx_err err;

	*lock = rx_lock(LOCK_NAME, LOCK_TIMEOUT, NULL, &err);
	return *lock >= 0 ? 0
			  : rx_cni_fail(error, RX_CNI_TRY_AGAIN, err.text,
					"another rxe-cni is at work");
}

/* Nothing of ours stays when the last attachment has gone. */
void rx_cni_unlock(int lock)
{
	rx_unlock(LOCK_NAME, lock, access(rx_cni_state_dir, F_OK));
}
