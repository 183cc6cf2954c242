# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Counters of bytes move by at least what was sent.
# Kernel: byte counters in RXE's hw_counters, where it has them.
. ./lib.sh
needs byte-counters
does "up" rxelab up --name by --parent none --count 2
name=$(rxelab exec by/ep1 -- sh -c 'ls /sys/class/infiniband/$RXELAB_DEV/ports/1/hw_counters' | grep bytes | grep -E 'sent|xmit|tx' | head -n 1)
count() { rxelab exec by/ep1 -- sh -c "cat /sys/class/infiniband/\$RXELAB_DEV/ports/1/hw_counters/$name"; }
before=$(count)
verified by "8 MiB in one SEND" rc-large --pairs ep1:ep2
has "$name moved by 8 MiB" '^1$' "$(($(count) - before >= 8388608))"
does "down" rxelab down by
