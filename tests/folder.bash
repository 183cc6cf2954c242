# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the runner and the command-line tests: who has no privilege, and a folder that he too can reach.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# A new folder, with a space in its name. Where root asks, nobody reaches it: TMPDIR may lie in a folder of root's alone.
work_folder() {
	local place folder
	for place in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm; do
		folder=$(mktemp -d "$place/rxelab test.XXXXXX") || continue
		chmod 755 "$folder"
		# by a program of his own: setpriv itself still has root's capabilities
		if [ "$(id -u)" -ne 0 ] || "${nobody[@]}" sh -c 'cd "$1"' - "$folder"; then
			echo "$folder"
			return
		fi
		rmdir "$folder"
	done 2>/dev/null
	mktemp -d
}
