# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# module install (DKMS), what modprobe then loads, module remove, and the distribution's rdma_rxe back.
# TOOLCHAIN: a root folder with compiler and headers of this kernel; SOURCE: a kernel tree, for the rebuilt module. DKMS itself
# runs only with FULL=1.
. "$(dirname "$0")/lib.sh"
release=$(uname -r)
mkdir -p /var/log
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd   # dkms is a bash script that wants it
modprobe rdma_rxe
field() { "$RXELAB" module status --json | python3 -c "import json,sys; v = json.load(sys.stdin)
for k in '$1'.split('.'): v = v[k]
print(v)"; }
is() { local got; got=$(field "$1"); [ "$got" = "$2" ] || { echo "# $1: $got"; return 1; }; }
# removed KEY VALUE: so module remove --json has it
removed() { [ "$(python3 -c 'import json, sys; print(json.load(open("/tmp/rxl/remove"))[sys.argv[1]])' "$1")" = "$2" ]; }
before=$(field rdma_rxe.file)
check "the distribution's is loaded" is rdma_rxe.loaded distribution
check "nothing is installed" is installed None

# what was loaded from the cache goes again too, and never beneath a device
if [ "$VARIANT" = rebuilt ]; then
	check "the cached one is loaded" "$RXELAB" module load
	check "ours" is rdma_rxe.loaded rxelab
	check "it says what it provides" is rdma_rxe.provides netns,move,in-place,gsi
	ip link add d0 type dummy; ip link set d0 up
	rdma link add rxe0 type rxe netdev d0
	"$RXELAB" module remove --json >/tmp/rxl/remove
	check "remove leaves a module in use alone, and says so" removed rdma_rxe_stays True
	check "the device is still there" rdma link show rxe0/1
	rdma link delete rxe0
	check "remove" "$RXELAB" module remove
	check "the distribution's is back" is rdma_rxe.loaded distribution
	ip link set d0 up; rdma link add rxe0 type rxe netdev d0
	check "and works" bash -c 'ibv_devinfo -d rxe0 | grep -q PORT_ACTIVE'
	rdma link delete rxe0
else
	check "the helper loads" "$RXELAB" module load --road helper
	check "it is loaded" is helper.loaded True
	"$RXELAB" module remove --json >/tmp/rxl/remove
	check "remove says what it did" removed versions 0
	check "the helper is gone, or stays and that is said" removed helper_stays "$([ -e /sys/module/rxelab_helper ] && echo True || echo False)"
	check "the distribution's is still loaded" is rdma_rxe.loaded distribution
fi
# under emulation dkms and the compiler take ten minutes
[ -n "${FULL:-}" ] || finish

# dkms wants the headers where the kernel's packages put them
[ -e "/lib/modules/$release/build" ] || ln -s "$TOOLCHAIN/usr/src/linux-headers-$release" "/lib/modules/$release/build"
start=$SECONDS
check "module install" "$RXELAB" module install --toolchain "$TOOLCHAIN" ${SOURCE:+--source "$SOURCE"} --timeout 900
echo "# $((SECONDS - start)) s"
sed 's/^/# /' /usr/src/rxelab-*/dkms.conf
check "installed" bash -c '[ "$1" != None ]' - "$(field installed)"
check "below updates" bash -c 'ls /lib/modules/*/updates/dkms/* | grep -E "rdma_rxe|rxelab_helper"'
if [ "$VARIANT" = rebuilt ]; then
	check "modprobe now finds ours" is rdma_rxe.file_is_ours True
	check "marked in modinfo" bash -c 'modinfo -F rxelab rdma_rxe | grep netns,move,in-place,gsi'
	rmmod rdma_rxe
	modprobe rdma_rxe
	check "modprobe loads ours" is rdma_rxe.loaded rxelab
	"$RXELAB" module remove
else
	check "the helper is found" is helper.available True
	check "and loads" "$RXELAB" module load --road helper
	check "a rule loads it when anybody loads rdma_rxe" grep -q 'module load --road helper' /etc/udev/rules.d/60-rxelab-helper.rules
	"$RXELAB" module remove
	check "the rule is gone" test ! -e /etc/udev/rules.d/60-rxelab-helper.rules
fi
check "removed" is installed None
check "nothing below updates" bash -c '! ls /lib/modules/*/updates/dkms/* 2>/dev/null | grep -E "rdma_rxe|rxelab_helper"'
check "the distribution's is loaded again" is rdma_rxe.loaded distribution
check "modprobe finds the distribution's" is rdma_rxe.file "$before"
check "no tree of ours in /usr/src" bash -c '! ls -d /usr/src/rxelab-* 2>/dev/null'
finish
