# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Counters of bytes move by at least what was sent.
# Kernel: byte counters in RXE's hw_counters, where it has them.
. ./lib.sh
needs byte-counters
does "up" rxelab up --name by --parent none --count 2 --rdma-netns shared
name=$(cd /sys/class/infiniband/rxl.by.ep1/ports/1/hw_counters && echo *sent*bytes* *xmit*bytes* *tx*bytes* | grep -oE '[a-z_]+' | head -n 1)
count() { hw_counter rxl.by.ep1 "$name"; }
before=$(count)
verified by "8 MiB in one SEND" rc-large --pairs ep1:ep2
has "$name moved by 8 MiB" '^1$' "$(($(count) - before >= 8388608))"
does "down" rxelab down by
