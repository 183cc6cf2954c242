# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules of `rxelab env --format udev` under udevd: names, permissions and links of what a lab has on the host.
. ./lib.sh
harmless 'systemd-udevd|IPv6: ADDRCONF|link becomes ready'
if [ ! -x /lib/systemd/systemd-udevd ]; then
	skip "udev is not installed (make deps-full)"
	exit 0
fi
cat >"$WORK/lab.yaml" <<-'END'
	name: u
	parent: eth0
	plane: hosted
	endpoints: {count: 2}
	END
rules=/etc/udev/rules.d
mkdir -p /run/udev $rules
# a host that would have both otherwise: nodes for root alone, and RDMA devices named after their GUIDs
echo 'SUBSYSTEM=="infiniband_verbs", MODE="0600"' >$rules/50-site.rules
guid=$rules/60-rdma-persistent-naming.rules
echo 'ACTION=="add", SUBSYSTEM=="infiniband", PROGRAM="rdma_rename %k NAME_GUID"' >$guid
/lib/systemd/systemd-udevd --daemon
does "udevd runs" within 20 udevadm control --ping
settled_udev() { udevadm settle --timeout=30; }
link() { stat -c '%a' -L "/dev/rxelab/u/$1" 2>&1; readlink -f "/dev/rxelab/u/$1"; }

# without the rules, so that the rest proves something
modprobe -a rdma_rxe macvlan
ip link add m0 link eth0 type macvlan mode bridge
rdma link add mine type rxe netdev m0
does "udev has settled" settled_udev
has "this host renames an RXE device" '^link rocex' "$(rdma link | grep 'netdev m0')"
node=$(ls /sys/class/infiniband_verbs | grep uverbs)
is "and keeps its node for root" 600 "$(stat -c %a "/dev/infiniband/$node")"
ip link del m0
within 10 sh -c '! rdma link | grep -q rocex'

# with them, written before the lab is up
for ep in ep1 ep2; do does "rules of $ep" sh -c "rxelab env u/$ep --format udev -f '$WORK/lab.yaml' >$rules/70-rxelab-u-$ep.rules"; done
rxelab env u/ep1 --format udev -f "$WORK/lab.yaml" | sed 's/^/# /'
rxelab env u/ep1 --format udev -f "$WORK/lab.yaml" | sed -nE 's/^# (ACTION.*)/\1/p' >$guid
grep -q 'KERNEL!="rxl' $guid || not_ok "the line for rdma-core's file"
udevadm control --reload
does "up" rxelab up "$WORK/lab.yaml"
does "udev has settled" settled_udev
look u
is "the RDMA devices have their names" "rxl.u.ep1 rxl.u.ep2" "$(ls /sys/class/infiniband | xargs)"
is "its netdev of this host too" "${lab[ep1.wire_netdev]}" "$(ls /sys/class/net | grep -x "${lab[ep1.wire_netdev]}")"
for ep in ep1 ep2; do
	is "$ep: a link to its node, which all may open" "666 /dev/infiniband/${lab[$ep.uverbs]}" "$(link $ep | xargs)"
done
does "a user without privilege opens it" setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'exec 3<>/dev/rxelab/u/ep1'
verify_all u 2
does "recreate" rxelab recreate u
does "udev has settled" settled_udev
look u
is "the link follows the node" "666 /dev/infiniband/${lab[ep2.uverbs]}" "$(link ep2 | xargs)"
does "down" rxelab down u
settled_udev
is "the links go with the lab" '' "$(find /dev/rxelab -type l 2>/dev/null)"

# an RXE that was made in a namespace: its node is the host's
if [ "$EXPECT_PLANE" = netns ]; then
	sed -i '/plane/d' "$WORK/lab.yaml"
	does "up in the netns plane" rxelab up "$WORK/lab.yaml"
	does "udev has settled" settled_udev
	look u
	is "ep1: its name and its link" "rxl.u.ep1 666 /dev/infiniband/${lab[ep1.uverbs]}" "${lab[ep1.rdma_dev]} $(link ep1 | xargs)"
	verify_all u 2
	does "down" rxelab down u
	settled_udev
fi
udevadm control --exit
within 10 sh -c '! pgrep -x systemd-udevd'
rm -rf $rules/50-site.rules $guid $rules/70-rxelab-u-*.rules /run/udev /dev/rxelab
true
