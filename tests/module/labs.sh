# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Labs on the module under test: exclusive mode (the helper: by auto itself), verify with rdma_cm, COUNT endpoints come and go.
. "$(dirname "$0")/lib.sh"
COUNT=${COUNT:-100}
# the helper is up's own business; a rebuilt module has to be there
[ "$VARIANT" != rebuilt ] || "$RXELAB" module load --road rebuild >/dev/null || exit 1
ip link add p0 type dummy && ip link set p0 up
dmesg -C
modules() { cut -d' ' -f1 /proc/modules | sort; }
modules >/tmp/rxl/modules
modules_back() {
	modules | diff /tmp/rxl/modules - | grep '^>' | sed 's/^/# /' >/tmp/rxl/more
	[ ! -s /tmp/rxl/more ] || { cat /tmp/rxl/more; return 1; }
}
mode=(--rdma-netns exclusive)
[ "$VARIANT" != helper ] || mode=()
up() { "$RXELAB" up --name "$@" --parent p0 "${mode[@]}" >/tmp/rxl/up 2>&1 || { cat /tmp/rxl/up; return 1; }; }
in_ep() { local e=$1; shift; "$RXELAB" exec "quad/$e" -- "$@"; }
listening() { ip netns exec "rxl.quad.$1" rdma resource show cm_id | grep -q LISTEN; }
# cm CLIENT-WORDS -- SERVER-WORDS: programs of rdma_cm's users between two endpoints, the server in ep1
cm() {
	local client=() server status
	while [ "$1" != -- ]; do client+=("$1"); shift; done
	shift
	# not by in_ep: what is killed must be the program, not a shell that waits for it
	"$RXELAB" exec quad/ep1 -- timeout 60 "$@" >/tmp/rxl/cm.s 2>&1 &
	server=$!
	until_ 30 listening ep1 && in_ep ep2 timeout 50 "${client[@]}" >/tmp/rxl/cm.c 2>&1
	status=$?
	[ $status = 0 ] || { kill $server 2>/dev/null; tail -qn 8 /tmp/rxl/cm.[cs] | sed 's/^/# /'; }
	wait $server || status=1
	return $status
}
# perftest -R connects twice, for its parameters and for the test, and listens anew for the second. A client of 4.5 that comes
# before (REJECTED, error 8: nobody listens) wants to try again (rdma_cm_client_connection(), perftest_communication.c) and crashes.
cm_again() {
	local try
	for try in 1 2 3; do
		! cm "$@" || return 0
		grep -q 'REJECTED; error: 8' /tmp/rxl/cm.c || return 1
		echo "# try $try: the client came before the server's second listen"
	done
	return 1
}
check "up" up quad --count 4
"$RXELAB" inspect quad --json >/tmp/rxl/quad
[ "$VARIANT" != helper ] || check "up loaded the helper" test -e /sys/module/rxelab_helper
[ "$VARIANT" = helper ] || check "plane auto is netns" grep -q '"plane": "netns"' /tmp/rxl/quad
check "exclusive" grep -q '"rdma_netns": "exclusive"' /tmp/rxl/quad
alone() { [ "$(ip netns exec rxl.quad.ep2 rdma dev show | cut -d' ' -f2)" = rxl.quad.ep2: ] && [ -z "$(rdma dev show)" ]; }
check "each namespace sees its own device alone, init_net none" alone
"$RXELAB" verify quad --tests all --format tap >/tmp/rxl/verify 2>&1
check "verify" test $? = 0
check "verify's cm passed for each of 12 ordered pairs" test "$(grep -v SKIP /tmp/rxl/verify | grep -cE '^ok [0-9]+ cm ')" = 12
grep -c '^ok' /tmp/rxl/verify | sed 's/^/# passed: /'
grep -B 1 '^not ok' /tmp/rxl/verify | sed 's/^/# /'
check "rping between namespaces" cm rping -c -a 10.77.0.1 -I 10.77.0.2 -C 10 -v -- rping -s -a 10.77.0.1 -C 10
check "ib_send_bw -R between namespaces" cm_again ib_send_bw -R -d rxl.quad.ep2 -n 200 -s 4096 10.77.0.1 -- ib_send_bw -R -d rxl.quad.ep1 -n 200 -s 4096
check "ib_write_lat -R between namespaces" cm_again ib_write_lat -R -d rxl.quad.ep2 -n 200 -s 64 10.77.0.1 -- ib_write_lat -R -d rxl.quad.ep1 -n 200 -s 64
# a namespace that dies leaves its endpoint's device to init_net, or takes it along: up makes it again
again() { "$RXELAB" up --name quad --parent p0 --count 4 "${mode[@]}" >/tmp/rxl/up 2>&1 || { cat /tmp/rxl/up; return 1; }; }
ip netns del rxl.quad.ep3
check "up again after the namespace of an endpoint died" again
"$RXELAB" inspect quad --json >/tmp/rxl/quad
check "nothing differs" bash -c '! grep -q "\"drift\": \"[^\"]" /tmp/rxl/quad'
check "it has its device, and rdma_cm" "$RXELAB" verify quad --pairs ep3:ep1,ep1:ep3 --tests rc-send,cm
if [ "$VARIANT" = helper ]; then
	own=$("$RXELAB" inspect quad --json | python3 -c 'import json, sys; e = json.load(sys.stdin)["endpoints"][0]; print(e["netdev"], e["ipv4"])')
	read -r netdev address <<<"$own"
	for i in $(seq 40); do echo "addr add 10.99.0.$i/32 dev $netdev"; done | ip -n rxl.quad.ep1 -batch -
	ip -n rxl.quad.ep1 addr del "$address" dev "$netdev"
	ip -n rxl.quad.ep1 addr add "$address" dev "$netdev"
	full() { "$RXELAB" inspect quad --json | grep -qE 'its GID table of (16|32) entries is full'; }
	check "a full GID table is named" until_ 10 full
fi
down() { timeout 300 "$RXELAB" down "$1" >/tmp/rxl/down 2>&1; }
check "down" down quad
sed 's/^/# /' /tmp/rxl/down
check "modules are as before" modules_back
check "the RDMA mode is as before" bash -c '[ ! -e /sys/module/ib_core ] || rdma system show | grep -q "netns shared"'
kernel_quiet "four endpoints" "ib_query_port failed"
echo "# $(memory)"
start=$SECONDS
check "up $COUNT" up many --count "$COUNT" --timeout 400
echo "# $((SECONDS - start)) s, $(memory)"
"$RXELAB" inspect many --json >/tmp/rxl/many
# each twice: an endpoint has its first interface's keys besides
check "inspect sees $COUNT ports that are ACTIVE" test "$(grep -c '"port_state": "ACTIVE"' /tmp/rxl/many)" = $((2 * COUNT))
check "inspect sees nothing that differs" bash -c '! grep -q "\"drift\": \"[^\"]" /tmp/rxl/many'
ring() { "$RXELAB" verify many "$@" --format tap >/tmp/rxl/ring 2>&1 || { grep '^not ok' /tmp/rxl/ring | head -n 8 | sed 's/^/# /'; return 1; }; }
start=$SECONDS
check "verify: GIDs, and RC around the ring" ring --pairs ring --tests gid-distinct,gid-owner,rc-send
echo "# $(grep -c '^ok' /tmp/rxl/ring) passed, $((SECONDS - start)) s"
check "verify: rdma_cm of 16 pairs" ring --pairs random:16 --tests cm
check "none of them was skipped" test "$(grep -v SKIP /tmp/rxl/ring | grep -cE '^ok [0-9]+ cm ')" = 16
start=$SECONDS
check "down $COUNT" down many
echo "# $((SECONDS - start)) s, $(memory)"
check "nothing is left" until_ 20 gone
if [ "$VARIANT" = helper ]; then
	modprobe rdma_rxe
	rdma link add foreign type rxe netdev p0
	check "up beside a foreign RDMA device" up few --count 2
	check "... is in shared mode" bash -c '"$1" inspect few --json | grep -q "\"rdma_netns\": \"shared\""' - "$RXELAB"
	check "... and the mode is as it was" bash -c 'rdma system show | grep -q "netns shared"'
	check "the foreign one has its whole table" test "$(ls /sys/class/infiniband/foreign/ports/1/gids | wc -l)" = 1024
	check "down" down few
	rdma link delete foreign
fi
kernel_quiet "labs" "ib_query_port failed"
finish
