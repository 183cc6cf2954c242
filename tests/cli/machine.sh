#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine whose kernel has no InfiniBand: every command says so in one sentence, with the way out, and exits 4.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
printf 'name: quad\nparent: lo\nendpoints: {count: 2}\n' >"$work/lab.yaml"
chmod 644 "$work/lab.yaml"

# a valid command line for each command that needs a machine with RXE; FILE is the lab file
declare -A sample=(
	[up]=FILE [recreate]=quad [save]=quad [inspect]=quad [verify]=quad
	[bench]=quad [exec]="quad/a -- true" [shell]=quad/a [env]=quad/a [impair]="quad/a --show" [watch]=quad
	[capture]=quad [churn]="quad --cycles 1" [attach]="quad/a --pid 1" [detach]=quad/a [reattach]=quad [graph]=quad [report]=quad
)
# commands that do something useful everywhere, and are tested elsewhere; down and gc clean up even where the
# modules have been taken away since
useful_anywhere="doctor vm kernels module down gc list"

# each ID: what every command is refused with; root may have no privilege here either, so it may be one of two
each() {
	local c words
	for c in $("$RXELAB" __commands); do
		[[ " $useful_anywhere " != *" $c "* ]] || continue
		if [ -z "${sample[$c]+x}" ]; then
			skip "$c" "no sample command line here"
			continue
		fi
		read -ra words <<<"${sample[$c]}"
		refused 4 "$1" "$c${NOBODY:+ without privilege}" "$c" "${words[@]/#FILE/$work/lab.yaml}"
		is "... with the way out" grep -q 'rxelab vm' <<<"$err"
	done
}

if [ -e /sys/class/infiniband ] || [ -e "/lib/modules/$(uname -r)/modules.dep" ]; then
	skip "a kernel without InfiniBand" "this one may have it"
else
	each -
	# there may be labs of a kernel that was, so it is no error to ask; root may have no privilege here
	run list -v
	is "list asks for no RXE" grep -qE '^(0:|4:.*\[not-root\]$)' <<<"$status:$(tail -n 1 <<<"$err")"
fi
if nobody_works; then
	NOBODY=1 refused 4 not-root "list without privilege" list
	NOBODY=1 each not-root
else
	skip "no privilege" "privilege cannot be given away here"
fi
finish
