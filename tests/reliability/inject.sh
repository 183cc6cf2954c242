#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# inject.sh [CALL:ERROR,...]...: in the guest: strace makes system calls of the real program fail, the first, some in the
# middle and the last, each with several errors. up either bears it or ends with a sentence and undoes everything by itself.
# EVERY: one in so many calls (default: three of each kind).
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/reliability/lib.sh
. ./lib.sh
modprobe -a netlink_diag unix_diag 2>/dev/null # strace asks whose sockets it sees, and the kernel loads what answers
begin
two=(rxelab up --name hurt --parent eth0 --count 2)
traced() { strace -f --seccomp-bpf -qq -o "$WORK/strace" -e "trace=$1" ${2:+-e "inject=$1:$2"} "${two[@]}"; }

# one CALL ERROR K
one() {
	local said status sentence
	said=$(traced "$1" "error=$2:when=$3" 2>&1 >/dev/null)
	status=$?
	sentence=$(grep -c '^rxelab: ' <<<"$said")
	# the lab was made, and its table could not be printed
	if [ $status -eq 0 ] || { [[ $said == *"standard output"* ]] && rxelab inspect hurt >/dev/null 2>&1; }; then
		borne=$((borne + 1))
		rxelab down hurt >/dev/null 2>&1
	elif [ $status -lt 126 ] && [ "$sentence" -ge 1 ]; then
		undone=$((undone + 1))
	elif [ $status -eq 134 ]; then # no way home to our own namespace: nothing more may be done by this process
		cured=$((cured + 1))
		rxelab gc >/dev/null 2>&1
		[ ! -d /run/rxelab/hurt ] || rxelab down hurt >/dev/null 2>&1
	else
		echo "status $status: $said"
		return 1
	fi
	"$census" -q "$WORK/start" 15 || { echo "$said"; rxelab gc; return 1; }
}

row "system call" calls injected borne undone "cured by gc" wrong
row --- --- --- --- --- --- ---
kinds=(sendto:EPERM,ENOMEM,ENOBUFS,EINTR recvfrom:ENOBUFS,ENOMEM,EINTR mount:EPERM,EBUSY,ENOMEM,ENODEV
	openat:EMFILE,ENOMEM,ENFILE,EPERM,EINTR write:ENOSPC,EIO,EPERM,EINTR unshare:ENOSPC,ENOMEM setns:EPERM,ENOMEM
	socket:ENFILE,EPERM mkdir:ENOSPC,EEXIST rename:EACCES,EBUSY flock:ENOLCK,EINTR)
[ $# -eq 0 ] || kinds=("$@")
for kind in "${kinds[@]}"; do
	call=${kind%%:*} borne=0 undone=0 cured=0 tried=0 right=0
	traced "$call" >/dev/null 2>&1
	n=$(grep -c "$call(" "$WORK/strace")
	rxelab down hurt >/dev/null 2>&1
	step=${EVERY:-$(((n + 2) / 3))}
	for error in $(tr , ' ' <<<"${kind#*:}"); do
		for ((k = 1; k <= n; k += step)); do check "$call $k of $n: $error" one "$call" "$error" "$k"; done
	done
	row "$call" "$n" $tried $borne $undone $cured $((tried - right))
done
bugs
[ -z "$failed" ]
