# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the reliability scripts share, beside tools/suites/lib.sh. They run in the guest and print rows of a table.
cd ../../tools/suites || exit 1
# shellcheck source=tools/suites/lib.sh
. ./lib.sh
export CASE=reliability WORK=/tmp/rxelab-reliability
mkdir -p "$WORK"
: >"$WORK/harmless"
export -n RXELAB
dmesg --clear

# programs and their libraries from memory: the guest's root is read over a slow file system
to_memory() {
	local place=/dev/shm/rxelab-test file
	if mkdir $place 2>/dev/null; then
		for file in "$rx" "$census" $(ldd "$rx" | awk '/=> \// { print $3 }'); do cp -L "$file" $place/; done
	fi
	rx=$place/rxelab census=$place/census
	PATH=$place:$PATH
	export LD_LIBRARY_PATH=$place
}

# like_before FILE SECONDS [quick]: the census equals FILE within the time
like_before() { "$census" ${3:+-q} "$1" "$2"; }

# warm_up: load what labs load, for good, so that it is no part of what follows; RCU made fast, which changes no order
# of events
warm_up() {
	local modules
	[ ! -e "$WORK/warm" ] || return 0 # by an earlier script of this boot
	touch "$WORK/warm"
	rxelab up --name warm --parent none --count 2 --plane hosted >/dev/null 2>&1
	modules=$(awk '{ print $1 }' /proc/modules)
	rxelab down warm >/dev/null 2>&1
	modprobe dummy numdummies=0
	# shellcheck disable=SC2086
	modprobe -a $modules 8021q macvlan sch_netem 2>/dev/null
	echo 1 >/sys/kernel/rcu_expedited
}

# boundaries COMMAND...: how many it has when nothing stops it
boundaries() { RXELAB_DEBUG_COUNT=$WORK/count "$@" >/dev/null 2>&1 && cat "$WORK/count"; }

# row CELL...
row() { printf '| %s ' "$@" && echo '|'; }

# bugs: what the kernel said that has the look of a bug; the rest of its words on things that are killed are many
bugs() {
	local said
	said=$(dmesg --notime --read-clear | grep -E -A 12 \
		'WARNING|BUG|Oops|refcount|hung task|blocked for more than|unregister_netdevice: waiting|Call Trace|KASAN|general protection|scheduling while')
	[ -n "$said" ] || return 0
	echo "$said" | head -n 60 | sed 's/^/# kernel: /'
	# shellcheck disable=SC2034 # the script that called looks at it
	failed=1
}

# checks: each counts; table_row NAME prints how many were right
tried=0 right=0
check() { # NAME COMMAND...
	local name=$1
	shift
	tried=$((tried + 1))
	if "$@" >"$WORK/check" 2>&1; then
		right=$((right + 1))
	else
		echo "# not so: $name: $*"
		head -n 20 "$WORK/check" | sed 's/^/#   /'
		failed=1
	fi
}
table_row() {
	row "$1" $tried $right
	tried=0 right=0
}
# as_before: nothing differs from the last census
as_before() { "$census" "$WORK/start" "${1:-15}"; }
begin() { "$census" >"$WORK/start"; }
# says PATTERN COMMAND...: standard output or error has it
says() {
	local pattern=$1 said
	shift
	said=$("$@" 2>&1)
	grep -qE -e "$pattern" <<<"$said" || { echo "$said"; return 1; }
}
# fails STATUS COMMAND...: with that status and one line on standard error that names something
fails() {
	local wanted=$1 said status
	shift
	said=$("$@" 2>&1 >/dev/null)
	status=$?
	[ $status -eq "$wanted" ] && [ -n "$said" ] && ! grep -qE '^(strace: )?(Segmentation|Aborted)' <<<"$said" && return
	echo "status $status instead of $wanted: $said"
	return 1
}

# every script begins so; its exit status is whether failed stayed empty
# shellcheck disable=SC2034
failed=
to_memory
warm_up
