# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is not ours is never touched, also when it has our names or sits where we work.
. ./lib.sh
ip netns add rxl.mine.ep9
ip link add link eth0 name rxlforeign-0 type macvlan mode bridge
ip link add link eth0 name somebodys type macvlan mode bridge
does "up beside them" rxelab up --name theirs --parent eth0 --count 2
verify_all theirs 2
does "gc" rxelab gc
does "down --all" rxelab down --all
has "a namespace with a name like ours is kept" 'rxl\.mine\.ep9' "$(ip netns list)"
has "a netdev with a name like ours is kept" rxlforeign-0 "$(ip -o link)"
has "somebody's macvlan is kept" somebodys "$(ip -o link)"
has "gc reports what it leaves alone" 'rxl\.mine\.ep9|rxlforeign' "$(rxelab gc 2>&1)"
ip link del somebodys
ip link del rxlforeign-0
ip netns del rxl.mine.ep9

ip netns add rxl.taken.ep1
refuses_as "a namespace whose name is taken" 1 name-taken rxl.taken.ep1 rxelab up --name taken --parent eth0 --count 2
has "it is kept" 'rxl\.taken\.ep1' "$(ip netns list)"
ip netns del rxl.taken.ep1

# unloading a module deletes all that was made with it, and nobody is counted: what a lab brought in stays for others
does "up, which brings modules in" rxelab up --name mods --parent eth0 --count 2 --plane hosted
ip link add theirs0 type dummy
ip link add link eth0 name theirs1 type macvlan mode bridge
ip link set theirs1 up
rdma link add theirs type rxe netdev theirs1
does "down" rxelab down mods
has "somebody's dummy netdev is kept" theirs0 "$(ip -o link)"
has "somebody's macvlan is kept that was made with our module" theirs1 "$(ip -o link)"
has "somebody's RXE device is kept" 'theirs/1' "$(rdma link)"
rdma link delete theirs
ip link del theirs1
ip link del theirs0
modprobe -r -a rdma_rxe macvlan dummy 2>/dev/null
:
