# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# On a kernel that takes only signed modules (module.sig_enforce=1, or lockdown): said beforehand, nothing is unloaded.
. "$(dirname "$0")/lib.sh"
modprobe rdma_rxe
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
"$RXELAB" module status
check "status knows that a signature is needed" bash -c '"$1" module status --json | grep -q "\"signature_needed\": true"' - "$RXELAB"
"$RXELAB" -v module load >/tmp/rxl/out 2>&1
check "load refuses with 4" test $? = 4
cat /tmp/rxl/out
check "and says how to sign" grep -qE 'mokutil --import.* \[module-unsigned\]$' /tmp/rxl/out
check "the distribution's is still loaded" test -e /sys/module/rdma_rxe

# What a machine with UEFI shows (four bytes of attributes, then the value), laid over this guest's /sys/firmware
variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
mount -t tmpfs none /sys/firmware
mkdir -p "${variable%/*}"
for value in 0 1; do
	printf '\6\0\0\0'"\\$value" >$variable
	"$RXELAB" module status --json >/tmp/rxl/out
	check "Secure Boot $value" grep -q "\"secure_boot\": $([ $value = 1 ] && echo true || echo false)" /tmp/rxl/out
done
"$RXELAB" module load >/tmp/rxl/out 2>&1
check "load names Secure Boot" grep -q 'Secure Boot' /tmp/rxl/out
umount /sys/firmware
finish
