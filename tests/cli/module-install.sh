#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# module install and remove with a dkms that does what it is told: what was installed goes when the new one is there, and
# not before; nothing of an ordinary user's gets into what root runs; no package fails for a build that is refused.
# In a mount namespace of its own, where the folders of DKMS, udev and the kernels' hooks are empty.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

folders=(/usr/src /etc /var/log /var/lib /lib/modules)
if [ -z "${INSIDE:-}" ]; then
	for need in gcc depmod unshare; do
		command -v $need >/dev/null || { skip "module install" "$need is missing"; finish; exit; }
	done
	[ "$(id -u)" -eq 0 ] || { skip "module install" "not root"; finish; exit; }
	unshare -m --propagation private true 2>/dev/null || { skip "module install" "no mount namespace here"; finish; exit; }
	# the place to mount at may be missing where no kernel is installed
	made=
	[ -d /lib/modules ] || { mkdir /lib/modules && made=1; }
	INSIDE=1 unshare -m --propagation private bash "$0"
	status=$?
	[ -z "$made" ] || rmdir /lib/modules
	exit $status
fi
for folder in "${folders[@]}"; do mount -t tmpfs -o mode=755 none "$folder" || exit 1; done
mkdir -p /etc/udev/rules.d /etc/kernel/{header_,}postinst.d /var/lib/dkms "$work"/{bin,ko}
rule=/etc/udev/rules.d/60-rxelab-helper.rules hook=/etc/kernel/postinst.d/rxelab
release=7.3.4-none

# a module that is ours, for dkms to put where modprobe finds it; "dkms-says": its exit status, "dkms-makes": what it installs
echo 'const char a[] __attribute__((section(".modinfo"), used)) = "rxelab=1"; const char b[] __attribute__((section(".modinfo"), used)) = "license=GPL";' >"$work/ours.c"
echo 'const char b[] __attribute__((section(".modinfo"), used)) = "license=GPL";' >"$work/other.c"
for m in ours other; do gcc -c -o "$work/$m.ko" "$work/$m.c" || exit 1; done
cat >"$work/bin/dkms" <<DKMS
#!/bin/sh
echo "\$*" >>"$work/calls"
[ "\$1" = install ] || exit 0
says=\$(cat "$work/dkms-says")
[ "\$says" = 0 ] || exit \$says
while [ "\$1" != -k ]; do shift; done
to=/lib/modules/\$2/updates/dkms
mkdir -p \$to
for name in rxelab_helper rdma_rxe; do cp "$work/\$(cat "$work/dkms-makes").ko" \$to/\$name.ko; done
touch /lib/modules/\$2/modules.builtin /lib/modules/\$2/modules.order && depmod \$2
DKMS
chmod +x "$work/bin/dkms"
export PATH=$work/bin:$PATH
says() { echo "$1" >"$work/dkms-says"; echo "${2:-ours}" >"$work/dkms-makes"; rm -f "$work/calls"; }
headers() { # FOLDER RELEASE CODE
	mkdir -p "$1/include/generated/uapi/linux"
	echo "#define UTS_RELEASE \"$2\"" >"$1/include/generated/utsrelease.h"
	echo "#define LINUX_VERSION_CODE $3" >"$1/include/generated/uapi/linux/version.h"
}
headers "$work/h" $release $((7 << 16 | 3 << 8 | 4))
mkdir -p "$work/tree/drivers/infiniband/sw"
# shellcheck source=rxe-skeleton.bash
. "$(dirname "$0")/rxe-skeleton.bash"
skeleton new
cp -r "$work/new" "$work/tree/drivers/infiniband/sw/rxe"
printf 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n' >"$work/tree/Makefile"
install_helper() { run module install --road helper --headers "$work/h"; }
trees() { echo /usr/src/rxelab-*; }
sums() { cat /usr/src/rxelab-*/* $rule $hook 2>/dev/null | cksum; }

says 0
install_helper
is "the first install" test "$status" -eq 0 -a -f "$(trees)/dkms.conf" -a -f $rule -a -x $hook -a -x /etc/kernel/header_postinst.d/rxelab
first=$(trees) before=$(sums)
is "DKMS is not asked to build for every kernel by itself" test "$(grep -c AUTOINSTALL "$first/dkms.conf")" -eq 0
says 10
install_helper
is "an install again that DKMS refuses: 1, with its status" test "$status:$(grep -c 'dkms.* status 10' <<<"$err")" = 1:1
is "... what was installed is as it was" test "$(trees):$(sums)" = "$first:$before"
says 0 other
install_helper
is "an install again whose module is not ours: 1, with its file" test "$status:$(grep -c "$release/updates/dkms/rxelab_helper.ko" <<<"$err")" = 1:1
is "... what was installed is as it was" test "$(trees):$(sums)" = "$first:$before"
is "... and installed again for this kernel" grep -qx "install -m rxelab -v ${first#*rxelab-} -k $release --force" "$work/calls"
mkdir -p /lib/modules/7.3.5-other/updates/dkms
cp "$work/ours.ko" /lib/modules/7.3.5-other/updates/dkms/rxelab_helper.ko
says 0
install_helper
is "an install again" test "$status" -eq 0 -a -f "$(trees)/dkms.conf" -a "$(trees)" != "$first"
is "... the old one goes after the new one is there" test "$(grep -nE '^(install|remove) ' "$work/calls" | cut -d ' ' -f 1 | xargs)" = "1:install 2:install 3:remove"
is "... and other kernels have the new one" grep -q "^install .* -v $(basename "$(trees)" | cut -d - -f 2-) -k 7.3.5-other" "$work/calls"

# the hook of the kernels' packages
mkdir -p /lib/modules/7.9.1-later/build/include
says 10
is "the hook ends well though the build is refused" $hook 7.9.1-later
is "... it asked for that kernel" grep -q "^install .* -k 7.9.1-later" "$work/calls"
# trees that stayed, an older one of ours and a package's
mkdir /usr/src/rxelab-0.1 /usr/src/rxelab-helper-99
sed 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.1"/' "$(trees | xargs -n 1 | grep -v -e -0.1 -e -helper)/dkms.conf" >/usr/src/rxelab-0.1/dkms.conf
echo 'PACKAGE_NAME="rxelab-helper"' >/usr/src/rxelab-helper-99/dkms.conf
touch -d '1 hour ago' /usr/src/rxelab-0.1/dkms.conf
says 0
$hook 7.9.1-later
is "of several trees the one that was installed last is asked, once" test \
	"$(grep -c "^install" "$work/calls"):$(grep -c -e '-v 0.1 ' -e helper-99 "$work/calls")" = 1:0
rm -r /usr/src/rxelab-0.1 /usr/src/rxelab-helper-99
says 0
is "a kernel without headers is not asked for" eval "$hook 7.9.2-bare && [ ! -e '$work/calls' ]"
run module remove --json
is "remove leaves nothing" test "$status:$(echo /usr/src/rxelab-* $rule $hook /etc/kernel/header_postinst.d/rxelab)" = \
	"0:/usr/src/rxelab-* $rule $hook /etc/kernel/header_postinst.d/rxelab" -a ! -e $rule -a ! -e $hook
echo 'somebody else' >$hook
run module remove
is "... and nothing of anybody else's" test -e $hook
{ echo '# made by rxelab module install'; head -c 4000 /dev/zero | tr '\0' '#'; } >$hook
run module remove
is "... but a longer hook of another version goes" test ! -e $hook

# a source whose version cannot be checked is for the kernel that it was given for
run module install --road rebuild --headers "$work/h" --source "$work/new"
is "an rxe folder alone" test "$status" -eq 0
is "... is for this kernel alone" grep -qxF 'BUILD_EXCLUSIVE_KERNEL="^7\.3\.4-none$"' "$(trees)/dkms.conf"
is "... and there is no rule of the helper" test ! -e $rule
run module install --road rebuild --headers "$work/h" --source "$work/tree"
is "a whole tree is for every kernel whose version it has" test "$status:$(grep -c EXCLUSIVE "$(trees)/dkms.conf")" = 0:0
run module remove

# the hook of the package rxelab-dkms
debian=$(realpath "$(dirname "$0")/../../debian")
is "the package does not have DKMS build for every kernel by itself" test "$(grep -c ^AUTOINSTALL "$debian/rxelab-dkms.dkms")" -eq 0
mkdir /usr/src/rxelab-helper-9.9
echo 'PACKAGE_NAME="rxelab-helper"' >/usr/src/rxelab-helper-9.9/dkms.conf
says 10
is "the package's hook ends well though the build is refused" "$debian/rxelab-helper" 7.9.1-later
is "... it asked for that kernel" grep -qx "install -m rxelab-helper -v 9.9 -k 7.9.1-later" "$work/calls"
rm -r /usr/src/rxelab-helper-9.9
says 0
is "without its tree it does nothing" eval '"$debian/rxelab-helper" 7.9.1-later && [ ! -e "$work/calls" ]'

# without dkms
mkdir "$work/bare"
ln -s /usr/bin/* "$work/bare/"
rm -f "$work/bare/dkms"
half() { mkdir -p /usr/src/rxelab-9.9; echo '# made by rxelab module install' >/usr/src/rxelab-9.9/dkms.conf; }
with_dkms=$PATH PATH=$work/bare
refused 4 program-missing "install without dkms" module install --road helper --headers "$work/h"
is "... leaves no tree, no rule and no hook" test "$(trees)" = '/usr/src/rxelab-*' -a ! -e $rule -a ! -e $hook
half
run module remove
is "remove without dkms: a tree that was never added goes" test "$status:$(trees)" = '0:/usr/src/rxelab-*'
half
mkdir -p /var/lib/dkms/rxelab/9.9
refused 4 program-missing "remove without dkms: what DKMS has built" module remove
is "... stays" test -f /usr/src/rxelab-9.9/dkms.conf
PATH=$with_dkms
rm -r /usr/src/rxelab-9.9 /var/lib/dkms/rxelab

# what an ordinary user owns, or may write to, is not run by root
chown 65534 "$work/tree"
refused 1 path-not-roots "a source of a user's" module install --road rebuild --headers "$work/h" --source "$work/tree"
is "... it is named" grep -qF "$work/tree" <<<"$err"
chown 0 "$work/tree"
mkdir "$work/theirs"
chmod 777 "$work/theirs"
# a link of theirs to what is root's could be turned once it has been looked at
ln -s "$work/tree" "$work/theirs/tree"
chown -h 65534 "$work/theirs/tree"
run module install --road rebuild --headers "$work/h" --source "$work/theirs/tree"
is "a user's link to a source: DKMS is told where it leads" test \
	"$status:$(grep -cF -- "--source '$(realpath "$work/tree")'" "$(trees)/dkms.conf"):$(grep -c theirs "$(trees)/dkms.conf")" = 0:1:0
run module remove
cp "$RXELAB" "$work/theirs/rxelab"
mine=$RXELAB RXELAB=$work/theirs/rxelab
refused 1 path-not-roots "a program in a folder of everybody's" module install --road helper --headers "$work/h"
is "... the folder is named" grep -qF "$work/theirs" <<<"$err"
RXELAB=$mine
is "... and nothing was installed" test "$(trees)" = '/usr/src/rxelab-*' -a ! -e $rule
finish
