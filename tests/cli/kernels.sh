#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rxelab kernels test without a VM: an emulator of a few lines writes what a guest would, so that every way to lie about
# a kernel, and every way to die, is seen in a second.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 2 operand-missing "no verb" kernels
refused 2 subcommand-unknown "unknown verb" kernels frob
refused 2 operand-extra "an operand too many" kernels test trixie
refused 2 suite-unknown "unknown suite" kernels test --suite nosuch
refused 2 option-value "empty list of suites" kernels test --suite=
refused 2 suite-unknown "unknown case" kernels test --case links/nosuch
refused 2 suite-unknown "a suite is no case" kernels test --case links
refused 2 option-value "unknown format" kernels test --format xml
refused 2 kernel-name "a name that is no kernel" kernels test --kernel 'bad name'
refused 2 results-unreadable "a baseline that is not there" kernels test --baseline /nosuch
echo '{"kernels": 3}' >"$work/odd.json"
refused 2 results-unreadable "a baseline that is none" kernels test --baseline "$work/odd.json"
printf -- '- {case: a, check: b, kernels: c}\n' >"$work/odd.yaml"
refused 2 key-missing "known issues without evidence" kernels test --known-issues "$work/odd.yaml"
refused 2 suites-unreadable "a folder of suites that is not there" kernels test --suites-dir /nosuch
refused 2 option-value "too little memory" kernels test --memory 100
refused 2 terminal-unusable "--shell-on-failure without a terminal" kernels test --shell-on-failure
refused 2 option-value "--selftests without any" kernels test --selftests /nosuch
refused 128 suite-unknown "--bisect: a mistake of ours ends git bisect" kernels test --bisect --case nosuch
refused 128 option-combination "--bisect of two kernels" kernels test --bisect --kernel a --kernel b
refused 2 operand-missing "show: nothing to show" kernels show
refused 2 results-unreadable "show: not a result" kernels show "$work/odd.json"
run kernels suites --json
is "suites: JSON" python3 -I -c 'import json, sys
d = json.loads(sys.argv[1])["cases"]
assert len(d) > 2 and all(c["case"].startswith(c["suite"] + "/") and c["about"] for c in d) and any(c["quick"] for c in d)' "$out"
is "suites: each case names the behaviour of the kernel that it checks" test \
	"$(grep -c '"about"' <<<"$out")" = "$(grep -c '"about": .*Kernel: ' <<<"$out")"

export XDG_CACHE_HOME=$work/cache
cache=$XDG_CACHE_HOME/rxelab/kernels/6.12.3-fake
mkdir -p "$cache/lib/modules/6.12.3-fake" "$XDG_CACHE_HOME/rxelab/kernels/suites"
echo fake >"$cache/vmlinuz"
for m in drivers/virtio/virtio_pci fs/9p/9p net/9p/9pnet_virtio fs/overlayfs/overlay; do
	echo "kernel/$m.ko"
done >"$cache/lib/modules/6.12.3-fake/modules.builtin"
: >"$cache/lib/modules/6.12.3-fake/modules.order"
depmod -b "$cache" 6.12.3-fake 2>/dev/null
touch "$cache/.complete"
mkdir -p "$work/suites/s"
for c in one two three; do
	printf '# SPDX-License-Identifier: GPL-2.0-or-later\n# About %s. Kernel: none.\n' $c >"$work/suites/s/$c.sh"
done

mkdir "$work/bin" "$work/tmp"
cat >"$work/bin/qemu-system-x86_64" <<'QEMU'
#!/bin/bash
args="$*"
. "$CHANNELS"
echo boot >>"$FAKE/boots"
boot=$(wc -l <"$FAKE/boots")
while [ $# -gt 0 ]; do [ "$1" = -initrd ] && initrd=$2; shift; done
token=$(LC_ALL=C grep -aoP 'conf/token\x00+\K[0-9a-f]{32}' "$initrd")
cases=$(LC_ALL=C grep -aoP 'suites/s/\K[a-z]+(?=\.sh)' "$initrd" | xargs)
console=$(sed -nE 's/^-chardev file,id=console,path=(.*)/\1/p' <<<"${args// -/$'\n'-}")
results=$(sed -nE 's/^-chardev file,id=results,path=(.*)/\1/p' <<<"${args// -/$'\n'-}")
echo "Kernel panic - not syncing: planted" >"$console"
say() { local IFS=$'\t'; echo "$*" >>"$results"; }
# begin NAME..., run NAME OUTCOME...: cases
one() { say begin "s/$1"; say check "$2" "it works" "$3"; say end "s/$1" 0.5; }
up() { : >"$results"; say up; echo up >&6; say kernel 6.12.3-fake '#1'; }
finish() { printf '%s' "$token" >&4; printf '%s' "$token" >&5; echo "exit $1" >&6; exec sleep 100; }
. "$FAKE/behaviour"
QEMU
chmod +x "$work/bin/qemu-system-x86_64"
CHANNELS=$(realpath "$(dirname "$0")/channels.bash")
export PATH=$work/bin:$PATH FAKE=$work TMPDIR=$work/tmp CHANNELS
# guest BEHAVIOUR ARG...: run the three cases with an emulator that does so
guest() {
	echo "$1" >"$FAKE/behaviour"
	shift
	rm -f "$FAKE/boots"
	run kernels test --kernel 6.12 --suites-dir "$work/suites" --suite s "$@"
}
boots() { wc -l <"$FAKE/boots"; }
value() { python3 -I -S -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$out" "$1"; }

value_of() { python3 -I -S -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }

all_good='up; one one pass; one three pass; one two pass; say verdict good 3; finish 0'
guest "$all_good" --json
is "a good guest: 0" test "$status" -eq 0
is "... what it said is in the JSON" test "$(value '(d["pass"], d["kernels"][0]["release"], d["kernels"][0]["verdict"], len(d["kernels"][0]["cases"]))')" \
	= "(3, '6.12.3-fake', True, 3)"
cp "$work/out" "$work/good.json"
guest "$all_good" --bisect
is "--bisect: good" test "$status" -eq 0
one_bad='up; one one pass; one three fail "it | broke"; one two pass; say verdict bad 3; finish 1'
guest "$one_bad"
is "a failure: 1, and it is told" test "$status:$(grep -c '^FAILED: 6.12.3-fake: s/three: it works' <<<"$out")" = 1:1
guest "$one_bad" --bisect
is "--bisect: bad" test "$status" -eq 1
guest "$one_bad" --json --baseline "$work/good.json"
is "--baseline: a regression: 1" test "$status:$(value '[c["case"] for c in d["changes"] if c["change"] == "regression"]')" = "1:['s/three']"
cp "$work/out" "$work/bad.json"
guest "$one_bad" --baseline "$work/bad.json"
is "--baseline: the same failure: 0" test "$status" -eq 0
guest "$all_good" --baseline "$work/bad.json"
is "--baseline: a fix: 0, and it is told" test "$status:$(grep -c '^fix: 6.12: s/three' <<<"$out")" = 0:1
echo "- {case: s/three, check: it works, kernels: 6.12*, evidence: seen before}" >"$work/issues.yaml"
guest "$one_bad" --known-issues "$work/issues.yaml"
is "--known-issues: an expected failure: 0" test "$status:$(grep -c '^failed as known' <<<"$out")" = 0:1
guest "$all_good" --known-issues "$work/issues.yaml"
is "--known-issues: an unexpected success is told: 0" test "$status:$(grep -c '^PASSED UNEXPECTEDLY' <<<"$out")" = 0:1
guest "$one_bad" --bisect --known-issues "$work/issues.yaml"
is "--bisect: a known issue does not make a commit good" test "$status" -eq 1
echo "- {case: s/three, check: it worked, kernels: 6.12*, evidence: seen before}" >"$work/stale.yaml"
guest "$all_good" --known-issues "$work/stale.yaml" --json
is "--known-issues: one that matches no check any more is told: 0" test "$status:$(value '[(i["case"], i["check"]) for i in d["stale_issues"]]')" = \
	"0:[('s/three', 'it worked')]"
is "a check has an id, a text, a reason and its maker" test "$(value 'd["kernels"][0]["cases"][0]["checks"][0]')" = \
	"{'id': 'it-works', 'name': 'it works', 'by': 'case', 'status': 'pass', 'detail': None, 'runs': 1, 'failures': 0, 'issue': None}"
skips='up; one one pass; one two pass; say begin s/three; say check skip "[it-works] it would work" "no device"; say end s/three 1; say verdict good 3; finish 0'
guest "$skips" --baseline "$work/good.json" --json
is "--baseline: a pass that is a skip now is a regression: 1, with its reason" test \
	"$status:$(value '[(c["change"], c["id"], c["before"], c["after"], c["detail"]) for c in d["changes"]]')" = \
	"1:[('regression', 'it-works', 'pass', 'skip', 'no device')]"
guest 'up; one one skip; one three skip; one two skip; say verdict good 3; finish 0'
is "all skipped is not a pass: 4" test "$status" -eq 4

# what would spoil a run is told before a boot
mkdir -p "$work/limits/s"
printf '# limit: 600 s\n# Long. Kernel: none.\n' >"$work/limits/s/long.sh"
rm -f "$FAKE/boots"
refused 2 option-value "--timeout below a case's own limit" kernels test --kernel 6.12 --suites-dir "$work/limits" --case s/long --timeout 599
is "... the case and its limit are named" test "$(grep -c 's/long.*600' <<<"$err")" -eq 1
hidden=$(mktemp -d /dev/shm/rxelab-kernels.XXXXXX)
mkdir -p "$hidden"/{s,lib/modules}
cp "$work/suites/s/one.sh" "$hidden/s/"
cp -r "$cache/lib/modules/6.12.3-fake" "$hidden/lib/modules/"
cp "$cache/vmlinuz" "$hidden/"
refused 2 path-hidden "suites that a guest does not see" kernels test --kernel 6.12 --suites-dir "$hidden" --case s/one
refused 4 path-hidden "a kernel that a guest does not see" kernels test --kernel "$hidden" --suites-dir "$work/suites" --suite s
rm -r "$hidden"
is "... nothing was booted" test ! -e "$FAKE/boots"
guest "$all_good" --kernel 6.12.3 --jobs 2 --memory 40000000
is "two guests for whose memory there is no room: one at a time, and that is told" test "$status:$(grep -c '40000000 MiB.*1 at a time' <<<"$err")" = 0:1
guest "$all_good" --kernel 6.12.3 --jobs 3 --memory 40000000
is "... also where more were allowed than there are kernels" test "$status:$(grep -c '40000000 MiB.*1 at a time' <<<"$err")" = 0:1

# lies
guest 'up; one one pass; one three pass; one two pass; finish 0' --json
is "no verdict: 1" test "$status:$(value 'd["kernels"][0]["verdict"]')" = 1:False
guest 'up; one one pass; one three fail; one two pass; say verdict good 3; finish 0'
is "a good verdict over a failure: 1" test "$status" -eq 1
guest 'up; one one pass; one three pass; one two pass; say verdict bad 3; finish 1'
is "a bad verdict without a failure: 1" test "$status" -eq 1
guest 'up; one one pass; say verdict good 3; finish 0'
is "a verdict that counts more than there was: 1" test "$status" -eq 1
guest 'up; one one pass; say verdict good 1; finish 0'
is "a verdict before every case was run: 1" test "$status" -eq 1
guest 'up; one one pass; one three pass; one two pass; say verdict good 3; finish 1'
is "a verdict that its exit status belies: 1" test "$status" -eq 1
guest 'up; one one pass; one three pass; one two pass; say verdict good 3; one four fail; finish 0'
is "a verdict that is not the last word: 1" test "$status" -eq 1

# deaths
guest 'if [ $boot = 1 ]; then up; one one pass; say begin s/three; exit 0; fi; up; one two pass; say verdict good 1; finish 0' --json
is "a panic in a case: 1, the case has failed" test "$status:$(value '[c["case"] for c in d["kernels"][0]["cases"] if c["status"] == "fail"]')" = "1:['s/three']"
is "... with the end of the console" grep -q 'Kernel panic - not syncing: planted' <<<"$out"
is "... and the cases that were left had a guest of their own" test "$(boots):$(value '[c["case"] for c in d["kernels"][0]["cases"] if c["status"] == "pass"]')" = "2:['s/one', 's/two']"
guest 'if [ $boot = 1 ]; then up; one one pass; say begin s/three; exit 0; fi; up; one two pass; say verdict good 1; finish 0' --bisect
is "--bisect: a panic after boot is bad" test "$status" -eq 1
guest 'exit 0' --json
is "a guest that never comes up: 1, three boots, each told" \
	test "$status:$(boots):$(value 'len(d["kernels"][0]["notes"])'):$(value 'd["kernels"][0]["came_up"]')" = 1:3:3:False
guest 'exit 0' --bisect
is "--bisect: a kernel that never boots tells nothing" test "$status" -eq 125
guest 'echo "no such machine" >&2; exit 1' -v
is "an emulator that fails: 4, with its words" test "$status:$(grep -c '\[guest-unavailable\]$' <<<"$err")" = 4:1
guest 'echo "no such machine" >&2; exit 1' --bisect
is "--bisect: an emulator that fails ends git bisect" test "$status" -eq 128
guest 'up; one one pass; say begin s/three; kill -9 $$' --json
is "an emulator that was killed: 1, no case has failed" test "$status:$(value '(d["fail"], d["kernels"][0]["lost"], d["kernels"][0]["verdict"])')" = "1:(0, True, False)"
is "... and where it was is told" grep -q 's/three' <<<"$(value 'd["kernels"][0]["complaint"]')"
guest 'up; one one pass; say begin s/three; kill -9 $$' --bisect
is "--bisect: an emulator that was killed tells nothing" test "$status" -eq 125
guest 'kill -9 $$' --json
is "an emulator that was killed before its guest was up: 1, it is lost" test \
	"$status:$(value '(d["kernels"][0]["came_up"], d["kernels"][0]["lost"], d["kernels"][0]["verdict"])')" = "1:(False, True, False)"
guest 'kill -9 $$' --bisect
is "--bisect: ... tells nothing" test "$status" -eq 125
boot_bad='up; say begin guest/boot; say judge fail "[kernel-log] nothing to complain of" WARNING; say end guest/boot 1; one one pass; say verdict bad 2; finish 1'
guest "$boot_bad" --bisect --suite nosuite --case s/one
is "an unknown suite beside --case: a mistake" test "$status" -eq 128
echo "$boot_bad" >"$FAKE/behaviour"
run kernels test --kernel 6.12 --suites-dir "$work/suites" --case s/one --bisect
is "--bisect --case: what was found at boot does not decide, and is told" test "$status:$(grep -c '^FAILED: .*guest/boot' <<<"$out")" = 0:1
run kernels test --kernel 6.12 --suites-dir "$work/suites" --case s/one
is "... without --bisect it does" test "$status" -eq 1
guest 'up; one one pass; say begin s/three; exec sleep 100' --timeout 2 --json
is "a guest that hangs: 1 at the time limit, the case has failed" test "$status:$(value '[c["case"] for c in d["kernels"][0]["cases"] if c["status"] == "fail"]')" = "1:['s/three']"
is "... it was not booted again" test "$(boots)" -eq 1
guest 'up; if [ $boot = 1 ]; then one one fail; say stop "one left what cannot be cleaned up"; finish 1; fi
one three pass; one two pass; say verdict good 2; finish 0' --json
is "a guest that gives up is replaced for the rest, and that is told" test "$status:$(boots):$(value '(d["pass"], d["fail"], d["kernels"][0]["notes"])')" = \
	"1:2:(2, 1, ['one left what cannot be cleaned up'])"

# formats
guest "$one_bad" --format junit
is "JUnit is XML" python3 -I -c 'import sys, xml.etree.ElementTree as t
assert t.fromstring(sys.argv[1]).find("testsuite").get("failures") == "1"' "$out"
guest "$one_bad" --format tap -o "$work/tap"
is "-o: the file has it, standard output nothing" test "$(head -n 1 "$work/tap"):$out" = 'KTAP version 1:'
guest "$all_good" --artifacts "$work/art"
is "--artifacts: every format and the logs" test "$(cd "$work/art" && echo * 1-6.12.3-fake/*)" = \
	"1-6.12.3-fake results.json results.tap results.txt results.xml 1-6.12.3-fake/console 1-6.12.3-fake/errors 1-6.12.3-fake/log 1-6.12.3-fake/results"
echo 'say verdict good 3' >"$work/art/1-6.12.3-fake/results"
guest 'up; exit 0' --artifacts "$work/art"
is "what an earlier run left is not taken for this one's word" test "$status" -eq 1
run kernels show "$work/good.json" "$work/bad.json" --format markdown
is "show: two runs beside each other" grep -q '^| s/three | pass | fail |$' <<<"$out"
run kernels show "$work/good.json" "$work/bad.json" --merge --format markdown
is "show --merge: one column, the worst stays" grep -q '^| s/three | fail |$' <<<"$out"
mkdir -p "$work/art/7-6.1"
touch "$work/art/7-6.1/console" "$work/art/notes"
cp "$work/good.json" "$work/old.json"
guest 'echo "no such machine" >&2; exit 1' --artifacts "$work/art" --json -o "$work/old.json"
is "old results are removed before anything runs, and nothing else" test \
	"$(cd "$work/art" && echo * 1-6.12.3-fake/*):$(grep -c '"it works"' "$work/old.json")" = \
	"1-6.12.3-fake notes results.json results.tap results.txt results.xml 1-6.12.3-fake/console 1-6.12.3-fake/errors 1-6.12.3-fake/log:0"
guest "$all_good" --json --baseline "$work/good.json" -o "$work/good.json"
is "... but not the baseline, which may be the same file" test "$status:$(grep -c '"changes": \[\]' "$work/good.json")" = 0:1

# what was found stays: a kernel that cannot start, a signal, a full disk, in every format
found() { python3 -I -S -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["complete"], [k["verdict"] for k in d["kernels"]], d["fail"])' "$1"; }
guest 'if [ $boot = 2 ]; then echo "no memory" >&2; exit 1; fi; '"$one_bad" --kernel 6.12.3 --kernel 6.12 --jobs 1 --json -o "$work/r.json" --artifacts "$work/art"
is "a kernel that cannot start: 1, the others have their results" test "$status:$(found "$work/r.json"):$(boots)" = "1:True [True, False, True] 2:3"
is "... in every format" test "$(grep -l 's/three' "$work"/art/results.* | wc -l)" -eq 4
echo 'if [ $boot = 1 ]; then '"$one_bad"'; fi; up; one one fail late; exec sleep 100' >"$FAKE/behaviour"
rm -f "$FAKE/boots" "$work/r.json"
"$RXELAB" kernels test --kernel 6.12 --kernel 6.12.3 --jobs 1 --suites-dir "$work/suites" --suite s --json -o "$work/r.json" --artifacts "$work/art" 2>/dev/null &
program=$!
for _ in {1..300}; do [ "$(grep -c '"detail": "late"' "$work/r.json" 2>/dev/null)" = 1 ] && break; sleep 0.1; done
is "what a case found is in the file as soon as it has ended" test "$(found "$work/r.json")" = "False [True, False] 2"
kill -TERM $program
wait $program
status=$?
is "a signal: its status, and what was found" test "$status:$(found "$work/r.json")" = "143:False [True, False] 2"
is "... in every format" test "$(grep -l 'late' "$work"/art/results.* | wc -l)" -eq 4
is "... and KTAP says that it is not all" grep -q '^Bail out!' "$work/art/results.tap"
guest "$one_bad" --json -o /dev/full --artifacts "$work/art"
is "a disk that is full: 1, and the other files are there" test "$status:$(grep -l 's/three' "$work"/art/results.* | wc -l)" = 1:4
is "... it is told, with the file" test "$(grep -c '/dev/full' <<<"$err")" -ge 1

# whatever bytes a console or a check prints, JSON is JSON and JUnit is XML
guest $'up; one one pass; one two fail $\'it broke \\377\\xed\\xa0\\x80 \\x1b[31m ]]> <&\'; printf \'Oops: \\377\\376 somewhere\\n\' >"$console"; say begin s/three; exit 0' --json --artifacts "$work/art"
is "bytes that are no text: both failures are in the JSON" test "$status:$(value '(d["fail"], len(d["kernels"]))')" = "1:(2, 1)"
is "... and in the XML" python3 -I -c 'import sys, xml.etree.ElementTree as t
assert t.parse(sys.argv[1]).find("testsuite").get("failures") == "2"' "$work/art/results.xml"
is "... no escape of a terminal is printed" test "$(grep -c $'\033' "$work/art/results.txt")" -eq 0
refused 1 output-write "-o where nothing can be written is told before anything boots" kernels test --kernel 6.12 --suites-dir "$work/suites" --suite s -o /nosuch/file
# calls that fail: the first fork, or poll from the moment that a file is there
cat >"$work/calls.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
static const char *no_fork, *no_poll;
static pid_t first;
/* of this program alone: what it starts is as ever */
static void __attribute__((constructor)) begin(void)
{
	no_fork = getenv("FORK_FAILS");
	no_poll = getenv("POLL_FAILS");
	first = getpid();
	unsetenv("LD_PRELOAD");
}
pid_t fork(void)
{
	static int n;
	return no_fork && !n++ ? (errno = EAGAIN, -1) : ((pid_t(*)(void))dlsym(RTLD_NEXT, "fork"))();
}
int poll(struct pollfd *set, nfds_t n, int limit)
{
	return no_poll && first == getpid() && !access(no_poll, F_OK) ? (errno = ENOMEM, -1)
		: ((int(*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll"))(set, n, limit);
}
C
if ! ldd "$RXELAB" | grep -q libasan && gcc -shared -fPIC -o "$work/calls.so" "$work/calls.c" -ldl 2>/dev/null; then
	program=$RXELAB RXELAB=$work/rxelab-calls
	# a space in the name of a folder would end it
	printf '#!/bin/sh\ncd "%s" && LD_PRELOAD=./calls.so exec "%s" "$@"\n' "$work" "$program" >"$RXELAB"
	chmod +x "$RXELAB"
	FORK_FAILS=1 guest "$one_bad" --kernel 6.12.3 --jobs 1 --json
	is "a first kernel that cannot start: 1, the other has its results" test \
		"$status:$(boots):$(value '([k["boots"] for k in d["kernels"]], d["fail"])')" = "1:1:([0, 1], 1)"
	POLL_FAILS=$work/now guest 'up; one one fail; sleep 1; touch "$FAKE/now"; exec sleep 100' --format tap
	is "waiting that fails in a kernel: 1, and KTAP says that it is not all" test "$status:$(grep -c '^Bail out!' <<<"$out")" = 1:1
	RXELAB=$program
else
	skip "calls that fail" "no gcc, or a sanitizer"
fi
is "no folder is left behind" test -z "$(ls "$TMPDIR")"

# a build tree, a bzImage, a configuration
run kernels config
is "config: the fragment" grep -qx 'CONFIG_RDMA_RXE=m' <<<"$out"
tree=$work/tree
mkdir -p "$tree"/{scripts,include/config,arch/x86/boot,drivers/infiniband/sw/rxe}
touch "$tree/Kbuild" "$tree/scripts/Makefile.build"
refused 1 file-read "config: a tree without a configuration" kernels config "$tree"
"$RXELAB" kernels config >"$tree/.config"
run kernels config "$tree" --json
is "config: nothing is missing" test "$status:$(value 'd["missing"]')" = '0:[]'
sed -i 's/^CONFIG_VETH=m/# CONFIG_VETH is not set/; s/^CONFIG_IPV6=y/CONFIG_IPV6=m/; s/^CONFIG_MACVLAN=m/CONFIG_MACVLAN=y/; /CONFIG_KASAN/d' "$tree/.config"
run kernels config "$tree" --json
refused 125 kernel-config "--bisect: a tree that lacks options, which are named" kernels test --bisect --kernel "$tree"
is "... by name" test "$(grep -o 'CONFIG_[A-Z0-9_]*' <<<"$err" | xargs)" = "CONFIG_IPV6 CONFIG_VETH"
run kernels config "$tree" --json
is "config: what is missing is named" test "$status:$(value '[(m["option"][7:], m["is"], m["optional"]) for m in d["missing"]]')" = \
	"1:[('IPV6', 'm', False), ('VETH', 'n', False), ('KASAN', 'n', True)]"
printf 'olddefconfig:\n\tgrep -qx CONFIG_VETH=m .config\n' >"$tree/Makefile"
run kernels config "$tree" --merge --json
is "config --merge: what is needed is there, what only finds mistakes is not" \
	test "$status:$(value '[m["option"] for m in d["missing"]]')" = "0:['CONFIG_KASAN']"
refused 2 operand-missing "config --merge without a tree" kernels config --merge
refused 1 kernel-unusable "a tree that is not built" kernels test --kernel "$tree" --suites-dir "$work/suites" --suite s
refused 125 kernel-unusable "--bisect: a tree that is not built" kernels test --bisect --kernel "$tree" --suites-dir "$work/suites" --suite s
{ head -c 526 /dev/zero; printf '\x00\x01'; head -c 240 /dev/zero; printf '6.66.0-mine (me) #1'; } >"$tree/arch/x86/boot/bzImage"
printf HdrS | dd of="$tree/arch/x86/boot/bzImage" bs=1 seek=514 conv=notrunc status=none
echo 6.66.0-mine >"$tree/include/config/kernel.release"
echo drivers/infiniband/sw/rxe/rdma_rxe.o >"$tree/modules.order"
cp "$cache/lib/modules/6.12.3-fake/modules.builtin" "$tree/"
echo fake >"$tree/drivers/infiniband/sw/rxe/rdma_rxe.ko"
one_good='up; one one pass; one three pass; one two pass; say verdict good 3; finish 0'
echo "$one_good" >"$FAKE/behaviour"
run kernels test --kernel "$tree" --suites-dir "$work/suites" --suite s
is "a build tree boots" test "$status" -eq 0
is "... its modules are links, the tree is as it was" test "$(readlink -f "$(find "$XDG_CACHE_HOME/rxelab/kernels/trees" -name rdma_rxe.ko)")" \
	= "$(readlink -f "$tree/drivers/infiniband/sw/rxe/rdma_rxe.ko")" -a ! -e "$tree/lib"
cd "$tree" && run kernels test --kernel . --suites-dir "$work/suites" --suite s
is "... also as \".\"" test "$status" -eq 0
run kernels test --kernel "$tree/arch/x86/boot/bzImage" --suites-dir "$work/suites" --suite s
is "... and as its bzImage" test "$status" -eq 0
mkdir -p "$work/loose"
cp "$tree/arch/x86/boot/bzImage" "$work/loose/"
refused 1 kernel-unusable "a bzImage without its modules" kernels test --kernel "$work/loose/bzImage" --suites-dir "$work/suites" --suite s
mkdir -p "$work/loose/lib/modules"
cp -r "$cache/lib/modules/6.12.3-fake" "$work/loose/lib/modules/6.66.0-mine"
run kernels test --kernel "$work/loose/bzImage" --suites-dir "$work/suites" --suite s
is "a bzImage with its modules beside it" test "$status" -eq 0
finish
