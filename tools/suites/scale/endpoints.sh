# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 32 endpoints (16 where memory grows with the square), each with its GID; a ring of RC between them; down in one go.
# Kernel: compat devices in every namespace (shared mode), at most 1024 uverbs devices, GID tables of 1024 entries.
. ./lib.sh
count=16
if can device-move && can namespace-data-path; then count=32; fi
does "up" rxelab up --name big --parent none --count $count --rdma-netns auto
verified big "GIDs distinct, ports active" gid-distinct,port-active
verified big "a ring of RC" rc-send --pairs ring
does "down" rxelab down big
