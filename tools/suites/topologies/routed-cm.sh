# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rdma_cm over routers, and a loss of 1 % on the bottleneck.
# Kernel: rdma_cm resolves the route in the caller's namespace; RXE retries what is lost.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status|netem: version'
does "up" rxelab up --name bell --parent none --topology dumbbell --count 4
verified bell "rdma_cm across the routers" cm --pairs ep1:ep3,ep3:ep1
does "1 % loss on the bottleneck" rxelab impair bell/bottleneck --loss 1%
verified bell "RC under loss" rc-send,rc-large --pairs ep1:ep3
does "down" rxelab down bell
