#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install by root whose umask is 077, into a folder with a space in its name: everybody may use what is there.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ "$RXELAB" != "$top/build/rxelab" ]; then
	skip "make install" "it installs build/rxelab, another program is tested"
	finish
	exit
fi
dest="$work/dest dir"
# making NAME TARGET: with nothing of what a make above us, or the caller, has set
making() {
	(umask 077 && timeout 60 env -i PATH="$PATH" make -s -C "$top" DESTDIR="$dest" PREFIX="/opt/rx elab" "$2") \
		>"$work/out" 2>"$work/err" </dev/null
	status=$? out=$(cat "$work/out") err=$(cat "$work/err")
	is "$1: exit 0, nothing on standard error" test "$status:$err" = 0:
}

making "make install" install
is "everybody may read it" test -z "$(find "$dest" ! -perm -444)"
is "... enter its folders" test -z "$(find "$dest" -type d ! -perm -111)"
is "... and run its programs" test -z "$(find "$dest"/opt/*/bin "$dest"/opt/*/libexec/rxelab -maxdepth 1 -type f ! -perm -111)"
is "only its owner may write it" test -z "$(find "$dest" -perm /022)"
RXELAB="$dest/opt/rx elab/bin/rxelab"
if nobody_works; then
	is "it can be reached without privilege" test "$reachable" = "$RXELAB"
	NOBODY=1 run kernels suites
else
	run kernels suites
fi
is "the installed program finds its suites" test "$status" -eq 0 -a -n "$out"
if command -v apt-get >/dev/null; then
	is "the installed fetch-kernel finds private-apt, and says that the mirror has no kernel" \
		grep -q 'trixie: no kernel image of it is known' <(RXELAB_MIRROR=file:/nonexistent/ \
			timeout 60 "$dest"/opt/*/libexec/rxelab/fetch-kernel trixie "$work/kernels" 2>&1)
else
	skip "the installed fetch-kernel finds private-apt" "apt is missing"
fi
is "the licence lies with the documents" cmp -s "$top/COPYING" "$dest"/opt/*/share/doc/rxelab/COPYING
is "the unit's paths are quoted" grep -qx 'ExecStop="/opt/rx elab/bin/rxelab" down %i' "$dest"/opt/*/lib/systemd/system/*
making "make uninstall" uninstall
is "nothing but folders is left" test -z "$(find "$dest" ! -type d)"
is "... and none that only it needed" test -z "$(find "$dest" -path '*/libexec' -o -name systemd -o -name man8)"
finish
