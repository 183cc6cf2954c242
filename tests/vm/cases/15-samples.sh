# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Documents, formats and exit statuses are those of earlier versions (tests/samples), and both keep
# out of each other's way by their locks.
# limit: 600 s
. ./lib.sh
. ../../tests/samples/case.sh
as_in_samples short

mkdir -m 700 /run/lock/rxelab
for lock in quad.lock .host.lock; do
	flock -w 10 "/run/lock/rxelab/$lock" \
		timeout -k 20 2 "$rx" up --name quad --parent none --count 1 >/dev/null 2>&1
	is "up waits for an earlier rxelab that holds $lock" 124 $?
done
rm -r /run/lock/rxelab
