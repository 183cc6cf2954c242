# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is not ours is never touched, also when it has our names or sits where we work.
. ./lib.sh
modprobe macvlan
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
refuses "a namespace whose name is taken" 1 'rxl\.taken\.ep1' rxelab up --name taken --parent eth0 --count 2
has "it is kept" 'rxl\.taken\.ep1' "$(ip netns list)"
ip netns del rxl.taken.ep1
