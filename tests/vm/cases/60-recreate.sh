# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same lab made anew has the same MACs, so that peers' neighbour entries stay right.
. ./lib.sh
macs() {
	look again
	echo "${lab[ep1.mac]} ${lab[ep2.mac]} ${lab[ep3.mac]}"
}
does "up" rxelab up --name again --parent eth0 --count 3
first=$(macs)
does "recreate" rxelab recreate again
is "recreate gives the same MACs" "$first" "$(macs)"
verify_all again 3
does "down" rxelab down again
does "up once more" rxelab up --name again --parent eth0 --count 3
is "down and up give the same MACs" "$first" "$(macs)"
does "down" rxelab down again
