# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# rdma_cm: resolve, connect, a message each way, disconnect, each side on its own device.
# Kernel: cma_resolve and the GSI QP, in the namespace of the GID's netdev.
. ./lib.sh
does "up" rxelab up --name cmx --parent none --count 2 --rdma-netns shared
verified cmx "rdma_cm both ways" cm
does "down" rxelab down cmx
