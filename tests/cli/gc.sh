#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What gc takes for a leftover, by ledgers that are planted: a lab that is whole is none. A dry run alone; needs root.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
state=/run/rxelab locks=/run/lock/rxelab
if [ "$(id -u)" -ne 0 ] || [ ! -w /run ]; then
	skip "gc" "not root"
	finish
	exit
fi
made=
[ -d "$state" ] || { mkdir -m 700 "$state" && made=$state; }
[ -d "$locks" ] || made+=" $locks"
# shellcheck disable=SC2086 # folders without a space, or none
trap 'rm -rf "$work" "$state"/a-test-{whole,half} "$locks"/a-test-{whole,half}.lock
	[ -z "$made" ] || rmdir $made 2>/dev/null' EXIT
header='{"rxelab":1,"lab":"%s","plane":"netns","plane_reason":"","rdma_netns":"shared"}\n'
for name in a-test-whole a-test-half; do
	mkdir -m 700 "$state/$name"
	# shellcheck disable=SC2059 # the format is ours
	printf "$header" "$name" >"$state/$name/ledger"
done
echo '{"up":true}' >>"$state/a-test-whole/ledger"

run gc --dry-run
is "a lab that was made half-way is a leftover" grep -q '^lab a-test-half: ' <<<"$out"
is "a lab that is whole is none" [ -z "$(grep a-test-whole <<<"$out$err")" ]
is "nothing is removed in a dry run" test -e "$state/a-test-half/ledger"
finish
