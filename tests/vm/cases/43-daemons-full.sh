# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host with udevd and NetworkManager: doctor tells what they do to what we make, and labs of both planes live with them.
. ./lib.sh
harmless 'systemd-udevd|NetworkManager|IPv6: ADDRCONF|link becomes ready|already configured on|real device only|non-flush error status|rxld|[Bb]ridge'
if [ ! -x /lib/systemd/systemd-udevd ] || ! command -v NetworkManager >/dev/null || ! command -v dbus-daemon >/dev/null; then
	skip "daemons: udev, network-manager and dbus are not installed (make deps-full)"
	exit 0
fi
# what the daemons themselves change on the host is not ours: eth0 is theirs, and they end with the case
mkdir -p /run/dbus /run/udev /etc/NetworkManager/conf.d
printf '[main]\nno-auto-default=*\n[device]\nwifi.scan-rand-mac-address=no\n' >/etc/NetworkManager/conf.d/case.conf
/lib/systemd/systemd-udevd --daemon
does "udevd runs" within 20 udevadm control --ping
dbus-daemon --system --fork --print-pid >"$WORK/dbus.pid"
NetworkManager --no-daemon >"$WORK/nm.log" 2>&1 &
nm=$!
does "NetworkManager runs" within 60 nmcli -t -f RUNNING general
rxelab doctor --parent eth0 --json >"$WORK/d" 2>/dev/null
said=$(json '"\n".join(f["verdict"] + " | " + (f["reply"] or "") + " | " + (f["cause"] or "") + " | " + (f["cure"] or "")
	for f in d["findings"] if f["check"] == "naming")' "$WORK/d")
echo "naming: $said"
has "doctor has tried what they do" 'udev runs, NetworkManager runs|renamed|took the netdev over' "$said"
planes=hosted
[ "$EXPECT_PLANE" = hosted ] || planes="netns hosted"
for plane in $planes; do
	does "$plane: up" rxelab up --name "d$plane" --parent eth0 --count 3 --plane "$plane"
	does "$plane: udev has settled" udevadm settle --timeout=30
	does "$plane: nothing differs and every pair talks" rxelab verify "d$plane" --tests ledger,gid-distinct,gid-owner,port-active,rc-send,path
	nmcli -t -f DEVICE,STATE device | sed 's/^/NetworkManager: /'
	does "$plane: down" rxelab down "d$plane"
done
kill $nm "$(cat "$WORK/dbus.pid")"
wait $nm
udevadm control --exit
within 10 sh -c '! pgrep -x systemd-udevd'
rm -f /etc/NetworkManager/conf.d/case.conf
rm -rf /run/udev /run/NetworkManager /run/dbus
ip address flush dev eth0 scope global 2>/dev/null
true
