# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of rdma_cm between two endpoints: rping, ucmatose, udaddy; packets must go from device to device.
# Kernel: rdma_ucm in a namespace (shared mode), RC and UD.
. ./lib.sh
does "up" rxelab up --name cmp --parent none --count 2 --rdma-netns shared
between cmp rping 'rping -s -C 3 -a 0.0.0.0' 'rping -c -C 3 -a ep1' 7174
between cmp ucmatose 'ucmatose -C 4' 'ucmatose -C 4 -s ep1' 7471
between cmp udaddy 'udaddy -C 4' 'udaddy -C 4 -s ep1' 7174
does "down" rxelab down cmp
