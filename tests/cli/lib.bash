# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # out and err are for the scripts
# What every script here uses: run the program, keep what it printed, say TAP. Source it first, end with `finish`.
RXELAB=${RXELAB:?the program to be tested}
# shellcheck source=../folder.bash
. "$(dirname "${BASH_SOURCE[0]}")/../folder.bash"
work=$(work_folder)
trap 'rm -rf "$work"' EXIT
tests=0 bad=0

# ok NAME / not_ok NAME WHY... / skip NAME WHY
ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}
not_ok() {
	tests=$((tests + 1)) bad=$((bad + 1))
	echo "not ok $tests - $1"
	shift
	printf '# %s\n' "$@"
}
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# is NAME CONDITION...: the condition is a command, e.g. is "empty" test -z "$out"
is() {
	local name=$1
	shift
	if "$@"; then
		ok "$name"
	else
		not_ok "$name" "condition: $*" "status: $status" "stdout: ${out:0:300}" "stderr: ${err:0:300}"
	fi
}

# run ARG...: the program, its status in $status, what it printed in $out and $err; as NOBODY=1 without privilege
run() {
	local as=() program=$RXELAB
	[ -z "${NOBODY:-}" ] || as=("${nobody[@]}") program=$reachable
	"${as[@]}" timeout 30 "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(cat "$work/out") err=$(cat "$work/err")
}

# one mistake: nothing on standard output, on standard error one line of ours that is more than an errno
clean_error() {
	[ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && [[ $err == "rxelab: "?* ]] &&
		[[ ${err#rxelab: } == *' '*' '*' '* ]]
}

# refused STATUS ID NAME ARG...: one mistake, with the id of its kind ("-": any), which -v shows; $err has the sentence alone
refused() {
	local wanted=$1 id=$2 name=$3 shown=
	shift 3
	run -v "$@"
	if [[ $err =~ ^(.*)\ \[([a-z0-9-]+)\]$ ]]; then err=${BASH_REMATCH[1]} shown=${BASH_REMATCH[2]}; fi
	[ "$id" != - ] || id=${shown:-an id}
	if [ "$status" -eq "$wanted" ] && [ "$shown" = "$id" ] && clean_error; then
		ok "$name: exit $wanted, one sentence"
	else
		not_ok "$name: exit $wanted, one sentence" "arguments: $*" "status: $status" "id: $shown, wanted $id" \
			"stdout: ${out:0:300}" "stderr: ${err:0:600}"
	fi
}

has_command() {
	"$RXELAB" __commands | grep -qx "$1"
}

# Can we give privilege away? $reachable is the program then, or a copy where the tree is in a folder of root's alone.
nobody_works() {
	[ "$(id -u)" -eq 0 ] || return 1
	for reachable in "$RXELAB" "$work/reachable"; do
		[ -e "$reachable" ] || install -m 755 "$RXELAB" "$reachable"
		! "${nobody[@]}" env -- "$reachable" --version >/dev/null 2>&1 || return 0
	done
	return 1
}

finish() {
	echo "1..$tests"
	[ "$bad" -eq 0 ]
}
