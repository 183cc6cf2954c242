# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400 s
# A container dies under traffic, with all its programs: the others carry on, inspect says that it has ended, reattach
# follows it when it starts again, also into a namespace where the ifindex of its netdev is another's; nothing is left.
. ./lib.sh
harmless 'retry exceeded|non-flush error|rxe_completer'
start() { # sets container: a process with namespaces of its own, whose death ends all in it
	unshare -n -m -p -f --kill-child sleep 1000 &
	starter=$!
	within 10 pgrep -P $starter
	container=$(pgrep -P $starter)
	within 10 sh -c "[ \"\$(readlink /proc/$container/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
}
index_of() { nsenter -t "$container" -n ip -j link show "$1" | json 'd[0]["ifindex"]'; }
drift() { rxelab inspect die --json | json 'str(next(e for e in d["endpoints"] if e["name"] == "ep1")["drift"])'; }
does "up" rxelab up --name die --parent eth0 --count 3
start
does "attach" rxelab attach die/ep1 --pid "$container"
verified die "it carries traffic" rc-send,cm --pairs ep1:ep2,ep2:ep1
look die
dev=${lab[ep1.rdma_dev]} gid=${lab[ep1.gid_index]}
nsenter -t "$container" -n -m -p ibv_rc_pingpong -n 1000000000 -d "$dev" -g "$gid" >"$WORK/server" 2>&1 &
within 20 nsenter -t "$container" -n sh -c 'ss -ltn | grep -q :18515'
rxelab exec die/ep2 -- sh -c 'exec ibv_rc_pingpong -n 1000000000 -d "$RXELAB_DEV" -g "$RXELAB_GID_INDEX" ep1' >"$WORK/client" 2>&1 &
client=$!
sent=$(hw_counter "$dev" sent_pkts)
moves() { [ $(($(hw_counter "$dev" sent_pkts) - sent)) -gt 500 ]; }
does "traffic runs" within 20 moves
kill -KILL "$container"
wait $starter 2>/dev/null
is "it has died" no "$([ -d "/proc/$container" ] && echo yes || echo no)"
# ibv_rc_pingpong asks for retry_cnt 7, and RXE takes that for ever (rxe_completer(), drivers/infiniband/sw/rxe/rxe_comp.c)
kill $client
ends() { ! kill -0 $client; }
does "its peer, which tries for ever, can be ended" within 30 ends
wait $client
has "inspect says that it has ended" "\b$container\b" "$(drift)"
verified die "the others carry on" rc-send,cm --pairs ep2:ep3,ep3:ep2
index=${lab[ep1.ifindex]}
start
nsenter -t "$container" -n ip link add taken index "$index" type dummy
is "its ifindex is another's in the new namespace" "$index" "$(index_of taken)"
does "attach to the one that was started again" rxelab attach die/ep1 --pid "$container"
look die
is "another ifindex is recorded" yes "$([ "${lab[ep1.ifindex]}" != "$index" ] && echo yes)"
is "it is that of the netdev" "${lab[ep1.ifindex]}" "$(index_of "${lab[ep1.netdev]}")"
if [ "$EXPECT_PLANE" = hosted ]; then
	is "and of the wire's" "${lab[ep1.ifindex]}" "$(cat "/sys/class/net/${lab[ep1.wire_netdev]}/ifindex")"
fi
is "inspect finds nothing" None "$(drift)"
verified die "it carries traffic again" rc-send,cm --pairs ep1:ep2,ep2:ep1
does "down" rxelab down die
kill -KILL "$container"
wait $starter 2>/dev/null
ok "the container is gone"
