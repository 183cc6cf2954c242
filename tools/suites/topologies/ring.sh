# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A ring of endpoints, each on two segments: two netdevs, two RXE, two GIDs in one namespace.
# Kernel: several RXE devices in a namespace, routes by metric and netdev.
. ./lib.sh
does "up" rxelab up --name ring --parent none --topology ring --count 4
verified ring "neighbours talk" gid-distinct,port-active,path,rc-send
does "down" rxelab down ring
