#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rxe-cni as a runtime runs it, as far as that needs no RDMA: VERSION, errors and their objects, DEL of what is not there.
# What is done to the kernel is tested in a VM: tests/vm/cases/95-cni-full.sh.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
plugin=${RXELAB%/*}/rxe-cni

# ask VARIABLE=VALUE... INPUT: only these variables are set
ask() {
	local input=${*: -1}
	printf '%s' "$input" | timeout 30 env -i PATH="$PATH" "${@:1:$#-1}" "$plugin" >"$work/out" 2>"$work/err"
	status=$?
	out=$(cat "$work/out") err=$(cat "$work/err")
}
# field NAME: of the answer
field() { python3 -I -S -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$out"; }
# refuses CODE NAME VARIABLE=VALUE... INPUT: status 1 and one error object of that code, with an id and all members
refuses() {
	local code=$1 name=$2 got
	shift 2
	ask "$@"
	got=$(python3 -I -S -c 'import json, sys
d = json.load(sys.stdin)
print(d["code"], sorted(d) == ["cniVersion", "code", "details", "id", "msg"] and bool(d["msg"]) and d["id"][:4] == "cni-")' <<<"$out" 2>&1)
	is "$name: code $code" test "$status:$got" = "1:$code True"
}
prev='"prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/proc/self/ns/net"}],"ips":[]}'
conf='"cniVersion":"1.0.0","name":"net","type":"rxe-cni"'
one=(CNI_CONTAINERID=c1 CNI_IFNAME=eth0 CNI_NETNS=/proc/self/ns/net)

ask CNI_COMMAND=VERSION '{"cniVersion":"0.4.0"}'
is "VERSION: exit 0" test "$status" -eq 0
is "VERSION: answers in the version it was asked in" test "$(field cniVersion)" = 0.4.0
is "VERSION: what is supported" test "$(field supportedVersions)" = "['0.4.0', '1.0.0', '1.1.0']"
ask CNI_COMMAND=VERSION ''
is "VERSION: without input" test "$status:$(field cniVersion)" = 0:1.1.0

refuses 4 "no command" X=1 "{$conf}"
refuses 4 "an unknown command" CNI_COMMAND=MAKE "{$conf}"
refuses 4 "no container" CNI_COMMAND=ADD CNI_IFNAME=eth0 CNI_NETNS=/x "{$conf,$prev}"
is "its variable is named" grep -q CNI_CONTAINERID <<<"$out"
refuses 4 "an interface name with a slash" CNI_COMMAND=DEL CNI_CONTAINERID=c1 CNI_IFNAME=a/b "{$conf}"
refuses 4 "no such namespace" CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_IFNAME=eth0 CNI_NETNS=/nowhere "{$conf,$prev}"
refuses 4 "the runtime's own namespace" CNI_COMMAND=ADD "${one[@]}" "{$conf,$prev}"
refuses 6 "no JSON" CNI_COMMAND=ADD "${one[@]}" '{'
refuses 6 "no object" CNI_COMMAND=ADD "${one[@]}" '7'
refuses 1 "an old version" CNI_COMMAND=ADD "${one[@]}" "{\"cniVersion\":\"0.3.1\",\"name\":\"net\",$prev}"
refuses 1 "STATUS in a version that has none" CNI_COMMAND=STATUS "{$conf}"
refuses 2 "an unknown field" CNI_COMMAND=ADD "${one[@]}" "{$conf,\"rdma\":true,$prev}"
is "its key and value are told" grep -q '\\"rdma\\": true' <<<"$out"
refuses 7 "no network name" CNI_COMMAND=ADD "${one[@]}" "{\"cniVersion\":\"1.0.0\",$prev}"
refuses 7 "no prevResult" CNI_COMMAND=ADD "${one[@]}" "{$conf}"
refuses 7 "a relative cdiDir" CNI_COMMAND=ADD "${one[@]}" "{$conf,\"cdiDir\":\"cdi\",$prev}"
refuses 7 "GC without a list" CNI_COMMAND=GC "{${conf/1.0.0/1.1.0}}"
is "an answer is in the version of the configuration" test "$(field cniVersion)" = 1.1.0

if [ "$(id -u)" -eq 0 ] && [ ! -e /run/rxelab-cni ]; then
	ask CNI_COMMAND=DEL "${one[@]}" "{$conf}"
	is "DEL of what is not there: exit 0, silent" test "$status:$out" = 0:
	ask CNI_COMMAND=DEL CNI_CONTAINERID=c1 CNI_IFNAME=eth0 "{$conf}"
	is "DEL without CNI_NETNS" test "$status:$out" = 0:
	ask CNI_COMMAND=GC "{${conf/1.0.0/1.1.0},\"cni.dev/valid-attachments\":[]}"
	is "GC of nothing" test "$status:$out" = 0:
	is "none of it leaves anything" test ! -e /run/rxelab-cni
	# it once crashed where it has a pod to look at
	unshare -n sleep 30 &
	pod=$!
	until [ "$(readlink /proc/$pod/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	refuses 102 "ADD of what is no netdev for RXE" CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_IFNAME=lo \
		CNI_NETNS=/proc/$pod/ns/net "{$conf,${prev//eth0/lo}}"
	kill $pod
	refuses 103 "CHECK of what was not added" CNI_COMMAND=CHECK "${one[@]}" "{$conf,$prev}"
else
	skip "DEL and GC of what is not there" "not root, or rxe-cni is in use here"
fi
timeout 10 "$plugin" --help </dev/null >"$work/out" 2>&1
is "--help: exit 0" test $? -eq 0
is "--help: names the man page" grep -q 'rxe-cni(8)' "$work/out"
is "--version" test "$("$plugin" --version)" = "rxe-cni $("$RXELAB" --version | cut -d' ' -f2)"
finish
