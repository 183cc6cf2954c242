#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rxelab vm without a VM: an emulator of a few lines speaks the guest's side of the channels, so that every way a guest
# can end is seen in a second; and what is judged before any guest.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 2 option-value "vm: too little memory" vm --memory 10 -- true
refused 2 operand-missing "vm: no command after --" vm --
refused 2 kernel-name "vm: a name that is no kernel" vm --kernel 'bad name' -- true
refused 2 operand-missing "kernels fetch: nothing to fetch" kernels fetch
refused 2 operand-missing "kernels fetch: both suites and --all" kernels fetch --all trixie
refused 2 kernel-name "kernels fetch: a version is no suite" kernels fetch 6.12
refused 2 option-value "vm: more nodes than a segment has ends" vm --nodes 3 -- true
refused 2 operand-missing "vm: several nodes without a command" vm --nodes 2

export XDG_CACHE_HOME=$work/cache
cache=$XDG_CACHE_HOME/rxelab/kernels
run kernels list --json
is "an empty cache is an empty list" test "$status:$(tr -d ' \n' <<<"$out")" = '0:{"kernels":[]}'
refused 1 kernel-unknown "vm: a version that is not in the cache" vm --kernel 6.1 -- true

# kernel RELEASE: one in the cache whose modules are all built in
kernel() {
	local dir=$cache/$1 m
	mkdir -p "$dir/lib/modules/$1" "$cache/suites"
	echo fake >"$dir/vmlinuz"
	for m in drivers/virtio/virtio_pci fs/9p/9p net/9p/9pnet_virtio fs/overlayfs/overlay; do
		echo "kernel/$m.ko"
	done >"$dir/lib/modules/$1/modules.builtin"
	: >"$dir/lib/modules/$1/modules.order"
	depmod -b "$dir" "$1" 2>/dev/null
	touch "$dir/.complete"
}
kernel 6.1.0-9-fake
kernel 6.12.3-fake
kernel 6.12.10-fake
echo 6.12.10-fake >"$cache/suites/trixie"
mkdir -p "$cache/7.0-partial"
run kernels list
is "list: the complete ones, in the order of their versions" \
	test "$(awk 'NR > 1 { print $1 "=" $2 }' <<<"$out" | xargs)" = "6.1.0-9-fake=- 6.12.3-fake=- 6.12.10-fake=trixie"

mkdir "$work/bin"
cat >"$work/bin/qemu-system-x86_64" <<'QEMU'
#!/bin/bash
args="$*"
echo "$args" >>"$FAKE/arguments"
. "$CHANNELS"
while [ $# -gt 0 ]; do [ "$1" = -initrd ] && initrd=$2; shift; done
cp "$initrd" "$FAKE/initrd.$$" && mv "$FAKE/initrd.$$" "$FAKE/initrd"
token=$(LC_ALL=C grep -aoP 'conf/token\x00+\K[0-9a-f]{32}' "$initrd")
sed -nE 's/.*file,id=console,path=(.*)/\1/p' <<<"${args// -/$'\n'-}" >"$FAKE/console"
echo "Oops: something of the kernel" >"$(<"$FAKE/console")"
end() { printf '%s' "$token" >&4; printf '%s' "$token" >&5; }
. "$FAKE/behaviour"
QEMU
chmod +x "$work/bin/qemu-system-x86_64"
mkdir "$work/tmp"
CHANNELS=$(realpath "$(dirname "$0")/channels.bash")
export PATH=$work/bin:$PATH FAKE=$work TMPDIR=$work/tmp CHANNELS
# guest BEHAVIOUR ARG...: run rxelab vm with an emulator that does so; without KVM's probe being asked for anything
guest() {
	echo "$1" >"$FAKE/behaviour"
	shift
	rm -f "$FAKE/arguments"
	run vm --kernel 6.12 "$@"
}

guest 'echo up >&6; printf out >&4; printf err >&5; end; echo "exit 37" >&6; exec sleep 100' -- true
is "output, error and status come back, and the emulator is ended" test "$status:$out" = 37:out
is "the newest of the version was booted" grep -q '6\.12\.10-fake' <<<"$err"
is "the command's error is among what standard error has" grep -q 'err$' <<<"$err"
guest 'echo up >&6; printf "%s" "${token:0:31}" >&4; sleep 0.2; printf "x%s" "${token:0:5}" >&4; sleep 0.2; end; echo "exit 0" >&6; exec sleep 100' -- true
is "what only looks like the end of a stream is output" test "$status:${#out}" = 0:37
guest 'echo up >&6; echo "exit 0" >&6; sleep 0.3; echo late >&4; end; exec sleep 100' -- true
is "what comes after the status is waited for" test "$status:$out" = 0:late
guest 'echo up >&6; for i in 1 2 3; do head -c 300000 /dev/zero | tr "\0" x >&4; done; end; echo "exit 0" >&6; exec sleep 9' -- true
is "nothing is lost of much output" test "$status:${#out}" = 0:900000
guest 'echo up >&6; cat <&3 >&4; end; echo "exit 0" >&6; exec sleep 100' -- true
is "the end of our input is the end of its input" test "$status:$out" = 0:
guest 'echo up >&6; echo partial >&4; exit 0' -- true
is "a guest that dies: 255, what it had said, the console's tail" test "$status:$out" = 255:partial
is "... and the console is shown" grep -q 'Oops: something' <<<"$err"
is "... and it was booted once" test "$(wc -l <"$FAKE/arguments")" -eq 1
guest 'exit 0' -- true
is "a guest that never comes up is booted three times: 255" test "$status:$(wc -l <"$FAKE/arguments")" = 255:3
is "... and that is said, with the kernel's complaint" test "$(grep -c '^rxelab: .*Oops' <<<"$err")" -eq 3
guest 'echo "no such machine" >&2; exit 1' -- true
is "an emulator that fails: 4, not booted again, its words shown" test "$status" -eq 4
is "... its words are shown" grep -q 'no such machine' <<<"$err"
guest 'echo up >&6; exec sleep 100' --timeout 0.5 -- true
is "the time limit: 124" test "$status" -eq 124
guest 'echo up >&6; end; echo "exit 0" >&6; exec sleep 100' -- sh -c $'a  b\nc' '' "d'e"
is "the command's words arrive as they are" test "$(LC_ALL=C grep -aczP 'a  b\nc|^sh$|^-c$|^d'\''e$' "$work/initrd")" -ge 3
wait_for_status() { "$RXELAB" vm --kernel 6.12 -- true 2>/dev/null | head -n 1; }
echo 'echo up >&6; yes >&4; exec sleep 100' >"$FAKE/behaviour"
is "a reader that goes away ends the guest" test "$(wait_for_status)" = y

echo 'echo $$ >"$FAKE/pid"; echo up >&6; exec sleep 100' >"$FAKE/behaviour"
"$RXELAB" vm --kernel 6.12 -- true >/dev/null 2>&1 & disown
# true within ten seconds
soon() { local end=$((SECONDS + 10)); until "$@" 2>/dev/null; do [ $SECONDS -lt $end ] || return; sleep 0.05; done; }
gone() { ! kill -0 "$(<"$FAKE/pid")"; }
is "rxelab vm is killed once its emulator runs" eval 'soon test -s "$FAKE/pid" && kill -KILL $!'
is "... which goes with it" soon gone
rm -rf "${TMPDIR:?}"/*

# several guests: which one it is stands in its initramfs; 8 is the segment
both() {
	local behaviour=$1
	shift
	guest "node=\$(LC_ALL=C grep -aoP 'conf/node\x00+\K[12] 2' \"\$initrd\"); node=\${node% 2}; $behaviour" --nodes 2 "$@"
}
both 'echo up >&6; read -r word <&6; echo "$word on $node" >&4; end; echo "exit $((node * 3))" >&6; exec sleep 100' -- true
is "two nodes: both begin, the larger status" test "$status:$(sort <<<"$out" | xargs)" = "6:node1: go on 1 node2: go on 2"
both 'echo up >&6; read -r _ <&6; if [ $node = 1 ]; then echo over the cable >&8; else head -n 1 <&8 >&4; fi; end; echo "exit 0" >&6; exec sleep 100' -- true
is "two nodes: the segment joins them" test "$status:$out" = "0:node2: over the cable"
both '[ $node = 1 ] || sleep 1; date +%s%N >&4; echo up >&6; read -r _ <&6; date +%s%N >&4; end; echo "exit 0" >&6; exec sleep 100' -- true
# the first, which is up at once, begins after the second has come up
is "two nodes: neither begins before both are up" test "$status:$(awk '{ t[$1, ++n[$1]] = $2 }
	END { print (t["node1:", 2] > t["node2:", 1]) }' <<<"$out")" = 0:1
both 'echo up >&6; read -r _ <&6; [ $node = 1 ] && exit 0; exec sleep 100' -- true
is "two nodes: one that dies ends the other: 255" test "$status" -eq 255
both '[ $node = 1 ] && exit 0; echo up >&6; exec sleep 100' -- true
# the other one's emulator may be ended before it has begun
is "two nodes: one that never comes up: all are booted three times: 255" \
	test "$status:$(grep -c '^node1: rxelab: .*([a-z ]*1[a-z ]*1)' <<<"$err")" = 255:3
both 'echo up >&6; read -r _ <&6; exec sleep 100' --timeout 4 -- true
is "two nodes: the time limit: 124" test "$status" -eq 124
is "two nodes: each has a MAC of its own" test "$(grep -oE 'mac=[0-9a-f:]+' "$FAKE/arguments" | sort -u | wc -l)" -eq 2
is "no folder is left behind" test -z "$(ls "$TMPDIR")"

# what this machine sets for its modules: the guest's own lines, in a mount namespace that has such folders
if [ "$(id -u)" -eq 0 ] && unshare -m --propagation private true 2>/dev/null; then
	init=$(realpath "$(dirname "$0")/../../tools/vm/guest/guest-init")
	seen=$(unshare -m --propagation private bash -e -c 'lines=$(sed -n "/^for folder in .*modprobe/,/rxelab-vm.conf/p" "$1")
for top in /etc /usr/local/lib; do
	mount -t tmpfs tmpfs $top
	mkdir $top/modprobe.d
done
[ ! -d /usr/lib/modprobe.d ] || mount -t tmpfs tmpfs /usr/lib/modprobe.d
for folder in /etc /usr/lib /usr/local/lib; do
	[ ! -d $folder/modprobe.d ] || echo "blacklist rdma_rxe" >$folder/modprobe.d/theirs.conf
done
eval "$lines"
cd /
for file in {etc,usr/lib,usr/local/lib}/modprobe.d/*; do [ ! -e "$file" ] || cat "$file"; done' - "$init" 2>&1)
	is "a guest sees nothing of the machine's modprobe.d" test "$seen" = $'options bonding max_bonds=0\noptions dummy numdummies=0'
else
	skip "a guest sees nothing of the machine's modprobe.d" "no mount namespace here"
fi
finish
