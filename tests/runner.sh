# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests/run-tests: run programs and guests, count what they found, remember how long
# each took, and close with "N passed, N failed, N skipped". RXELAB_DEADLINE is the second of the
# epoch after which nothing begins any more: what is left then fails by name. RECORD=1: what a
# part found is kept in docs/dev/results (tests/results).
. tests/vm/host.sh
# guests side by side: each has two processors, but seldom keeps more than one busy
VM_JOBS=${VM_JOBS:-2}
passed=0 failed=0 skipped=0
place='' # a folder that a tier made elsewhere
work=$(mktemp -d)
log=$work/log
# how a guest, or the first of two, says which kernel it is
kernel_line='^# (node1: # )?kernel ([^ ,]+).*'
declare -A guest=() guest_began=()
touch "$work"/{failures,times,told,kernels,figures}
give_up() {
	local pid
	for pid in "${!guest[@]}"; do kill -- "-$pid" 2>/dev/null; done
	rm -rf "$work" ${place:+"$place"}
}
trap give_up EXIT
trap 'exit 130' INT TERM

# judged NAME: the skips of a program on this machine, judged as those of guests are
judged() {
	local program=${1% (*}
	grep -qiE '^(skip |ok .*# *skip)' "$log" || return 0
	python3 tests/vm/judge.py --program "$program" <"$log" >"$work/judged"
	mv "$work/judged" "$log"
}

# count NAME STATUS SECONDS [shown]: read the results of one program from $log
count() {
	local p f s
	s=$(grep -ciE '^(skip |ok .*# *skip)' "$log")
	p=$(($(grep -cE '^ok ' "$log") - $(grep -ciE '^ok .*# *skip' "$log")))
	f=$(grep -cE '^not ok ' "$log")
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
		echo "not ok $1 (exit status $2)" >>"$log"
		[ -n "${4:-}" ] || tail -n 30 "$log"
	elif [ "$f" -gt 0 ]; then
		[ -n "${4:-}" ] || cat "$log"
	elif [ $((p + s)) -eq 0 ]; then
		p=1
	fi
	grep -E '^not ok ' "$log" | sed "s|^|$1: |" >>"$work/failures"
	grep -E '^# told: ' "$log" >>"$work/told"
	sed -nE "s|$kernel_line|$1: \2|p" "$log" >>"$work/kernels"
	echo "$3 $1" >>"$work/times"
	sed -nE "s|^# ([^ ]+): ([0-9]+) s$|\2 $1: \1|p" "$log" >>"$work/times"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	# the figures of a part: its sums, what it prints as a table, and churn's summary
	{
		printf '%-44s %4d passed %3d failed %3d skipped %5d s\n' "$1" "$p" "$f" "$s" "$3"
		sed -nE 's/^# (seed .*|[|].*)/    \1/p; s/^[|]/    |/p' "$log"
	} >>"$work/figures"
	printf '%-34s %4d passed %3d failed %3d skipped\n' "$1" "$p" "$f" "$s"
}

# skip NAME WHY
skip() {
	echo "skip $1: $2" >"$log"
	judged "$1"
	cat "$log"
	count "$1" 0 0 shown
}

# run NAME LIMIT COMMAND...
run() {
	local name=$1 limit began=$SECONDS status
	limit=$(limit_of "$2")
	if [ "$limit" -le 0 ]; then
		echo "not ok not reached" >"$log"
		count "$name" 1 0
		return
	fi
	[ "$limit" = "$2" ] || name+=" (cut off after $limit s)"
	shift 2
	timeout -k 5 "$limit" "$@" >"$log" 2>&1 </dev/null
	status=$?
	[ $status -eq 124 ] || name=${name% (cut*}
	judged "$name"
	count "$name" $status $((SECONDS - began))
}

# shown NAME COMMAND...: one without a limit, whose output is seen as it comes
shown() {
	local name=$1 began=$SECONDS status
	shift
	"$@" 2>&1 </dev/null | tee "$log"
	status=${PIPESTATUS[0]}
	judged "$name"
	count "$name" "$status" $((SECONDS - began)) shown
}

# one_guest KIND SUITE: boot it; quick and full are tiers of tests/vm/cases, hosts are two guests
# on one cable
one_guest() {
	case $1 in
	quick) RXELAB_TEST_FULL='' tests/run-vm "$2" ;;
	full) RXELAB_TEST_FULL=1 tests/run-vm "$2" ;;
	churn) RXELAB_TEST_FULL=1 tests/run-vm "$2" 90-churn ;;
	hosts) tests/run-two-hosts "$2" ;;
	esac
}

# progress NAME: a line for each case that ended, so that whoever watches sees life
progress() {
	local line n=0 bad=0 ended='^# ([^ ]+): ([0-9]+) s$'
	while IFS= read -r line; do
		case $line in
		'not ok '*': not reached') ;;
		'not ok '*)
			bad=$((bad + 1))
			echo "# $1: $line"
			;;
		esac
		[[ $line =~ $ended ]] || continue
		n=$((n + 1))
		echo "# $1: case $n, ${BASH_REMATCH[1]}, ${BASH_REMATCH[2]} s, $bad not ok so far"
	done
}

start_guest() { # KIND:SUITE
	local name=${1/:/ }
	echo "# $name: begins"
	set -m # a group of its own, to be ended as a whole
	# shellcheck disable=SC2086 # two words
	{
		one_guest $name 2>&1 </dev/null | tee "$logs/${name/ /-}.out" | progress "$name"
		exit "${PIPESTATUS[0]}"
	} &
	set +m
	guest[$!]=$name
	guest_began[$!]=$SECONDS
}

finish_guest() {
	local pid='' status name took p=$passed f=$failed s=$skipped
	wait -n -p pid "${!guest[@]}"
	status=$?
	name=${guest[$pid]}
	unset "guest[$pid]"
	cp "$logs/${name/ /-}.out" "$log"
	[ "${name%% *}" != hosts ] || judged "$name"
	echo "== $name"
	cat "$log"
	took=$((SECONDS - guest_began[$pid]))
	: >"$work/figures"
	count "vm $name" $status $took shown
	[[ $name != full* ]] || keep "vm-${name/ /-}" "${name#* }" $p $f $s $took
}

# guests KIND:SUITE...: $VM_JOBS side by side. The output of each is printed whole when it has ended
guests() {
	local spec
	for spec; do
		[ ${#guest[@]} -lt "$VM_JOBS" ] || finish_guest
		start_guest "$spec"
	done
	while [ ${#guest[@]} -gt 0 ]; do finish_guest; done
}

# keep PART KERNEL PASSED FAILED SKIPPED SECONDS: with RECORD=1, what was found since those sums
# goes to docs/dev/results
keep() {
	local release outcome
	[ -n "${RECORD:-}" ] && [ $((passed - $3 + failed - $4)) -gt 0 ] || return 0
	release=$(sed -nE "s/$kernel_line/\\2/p" "$log" | head -n 1)
	outcome="$((passed - $3)) passed, $((failed - $4)) failed, $((skipped - $5)) skipped"
	tests/results record "$1" "$2${release:+, $release}" "$outcome" "$6" <"$work/figures"
}

# part NAME KERNEL COMMAND...: the tests of COMMAND are a part of its own there
part() {
	local name=$1 kernel=$2 p=$passed f=$failed s=$skipped began=$SECONDS
	shift 2
	: >"$work/figures"
	"$@"
	keep "$name" "$kernel" $p $f $s $((SECONDS - began))
}

# section TITLE FILE
section() {
	[ ! -s "$2" ] || { echo "== $1"; cat "$2"; }
}

close_run() {
	sort -rn "$work/times" | awk '$1 > 0 && NR <= 15 { $1 = sprintf("%5d s ", $1); print }' \
		>"$work/longest"
	sort -u -o "$work/told" "$work/told"
	sort -u -o "$work/kernels" "$work/kernels"
	section "what took longest" "$work/longest"
	section "kernels" "$work/kernels"
	section "what is told" "$work/told"
	section "what failed" "$work/failures"
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
