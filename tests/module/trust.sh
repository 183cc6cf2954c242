# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# On a kernel that takes only signed modules (module.sig_enforce=1, or lockdown): said beforehand, nothing is unloaded.
. "$(dirname "$0")/lib.sh"
modprobe rdma_rxe
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
"$RXELAB" module status
check "status knows that a signature is needed" bash -c '"$1" module status --json | grep -q "\"signature_needed\": true"' - "$RXELAB"
"$RXELAB" module load >/tmp/rxl/out 2>&1
check "load refuses with 4" test $? = 4
cat /tmp/rxl/out
check "and says how to sign" grep -q 'mokutil --import' /tmp/rxl/out
check "the distribution's is still loaded" test -e /sys/module/rdma_rxe
finish
