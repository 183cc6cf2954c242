#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lock of a lab: gc finds one that nobody holds, and leaves alone one that somebody does. Needs root, for /run/lock.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
locks=/run/lock/rxelab name=a-test-of-locks
if [ "$(id -u)" -ne 0 ] || [ ! -w /run/lock ]; then
	skip "locks" "not root"
	finish
	exit
fi
made=
[ -d "$locks" ] || { mkdir -m 700 "$locks" && made=1; }
trap 'rm -rf "$work" "$locks/$name.lock"; [ -z "$made" ] || rmdir "$locks" 2>/dev/null' EXIT

exec 9>"$locks/$name.lock"
flock 9
run gc --dry-run
is "a lock that is held is no leftover" [ -z "$(grep "$name" <<<"$out$err")" ]
exec 9>&-
run gc --dry-run
is "a lock that nobody holds is one" grep -q "$name" <<<"$out$err"
is "and stays in a dry run" test -e "$locks/$name.lock"
finish
