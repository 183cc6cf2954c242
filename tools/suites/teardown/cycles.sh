# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab up and down ten times: memory and slab do not grow with it.
# Kernel: references of RXE on its netdev, of GIDs on netdevs, of sockets on namespaces.
. ./lib.sh
rxelab up --name cyc --parent none --count 2 >/dev/null && rxelab down cyc >/dev/null
bad=0
for ((i = 0; i < 10; i++)); do
	rxelab up --name cyc --parent none --count 2 >/dev/null 2>"$WORK/said" && rxelab down cyc >/dev/null 2>"$WORK/said" || bad=$((bad + 1))
done
is "ten cycles" 0 $bad
[ $bad -eq 0 ] || cat "$WORK/said" >&2
