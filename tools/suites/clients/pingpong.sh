# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Unmodified ibv_rc_pingpong and ibv_ud_pingpong between two endpoints, on whichever plane; packets must go from device to device.
# Kernel: the uverbs interface of RXE as rdma-core uses it.
. ./lib.sh
does "up" rxelab up --name pp --parent none --count 2
for kind in rc ud; do
	between pp ibv_${kind}_pingpong "ibv_${kind}_pingpong -n 100 -d \$RXELAB_DEV -g \$RXELAB_GID_INDEX" \
		"ibv_${kind}_pingpong -n 100 -d \$RXELAB_DEV -g \$RXELAB_GID_INDEX ep1" 18515
done
does "down" rxelab down pp
