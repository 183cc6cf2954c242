# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600 s
# rxe-cni chained behind Debian's macvlan, bridge and ptp: traffic between pods, and every refusal; on a kernel whose RXE
# carries nothing in namespaces behind macvlan alone.
. ./lib.sh
. "$(dirname "$0")/../cni.bash"
if [ "$EXPECT_PLANE" = hosted ]; then conformance hosted; else conformance traffic; fi
put_back
