# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quick
# Exclusive mode: each endpoint sees its own device alone.
# Kernel: RXE devices can be moved between namespaces since 7.3 (acf9cbb06f1f); before, EOPNOTSUPP.
. ./lib.sh
needs namespace-data-path exclusive-mode device-move
does "up" rxelab up --name ex --parent none --count 3 --rdma-netns exclusive
has "the mode is exclusive" 'netns exclusive' "$(rdma system show)"
is "the host sees none of them" 0 "$(rdma link | grep -c rxl)"
is "an endpoint sees its own alone" 1 "$(ip netns exec rxl.ex.ep2 rdma link | grep -c 'rxl\.')"
verified ex "RC between all pairs" gid-distinct,port-active,rc-send,path
does "down" rxelab down ex
has "the mode is put back" 'netns shared' "$(rdma system show)"
