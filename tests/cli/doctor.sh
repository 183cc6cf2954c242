#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor on any machine: valid output, an exit status that fits its findings, nothing left, the script form.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 2 option-combination "doctor --inside --parent" doctor --inside --parent lo
refused 2 option-combination "doctor --script without --inside" doctor --script
refused 2 operand-extra "doctor with an operand" doctor eth0

# verdicts of $out as JSON, then the status they stand for
judge='import json, sys
d = json.load(sys.stdin)
v = [f["verdict"] for f in d["findings"]]
assert v and all(f["tried"] and "check" in f for f in d["findings"])
print(4 if "blocks" in v else 1 if "problem" in v else 0)'
before=$(cat /proc/net/dev | cut -d: -f1)
for who in "" 1; do
	[ -z "$who" ] || nobody_works || continue
	for args in "doctor" "doctor --inside"; do
		# shellcheck disable=SC2086 # several words
		NOBODY=$who run $args --json
		is "$args${who:+ without privilege}: JSON, status as its findings" test "$status" = "$(python3 -c "$judge" <<<"$out")"
		# shellcheck disable=SC2086
		NOBODY=$who run $args
		is "$args${who:+ without privilege}: a line begins with its verdict, or goes on below it" test -z \
			"$(grep -vE '^(fine|limit|problem|blocks|untried) +[a-z0-9-]+ |^ {26}[^ ]|^summary {19}[^ ]' <<<"$out")"
		is "$args${who:+ without privilege}: 80 columns, but for words that are longer" test -z \
			"$(grep -E '.{81}' <<<"$out" | grep -E '^.{26}[^ ]+ ')"
	done
done
# what it comes to is said last, and no more is known than was found
run doctor
is "doctor: one summary, after all findings" test "$(grep -nE '^[a-z]' <<<"$out" | grep -n summary | cut -d: -f1)" = \
	"$(grep -cE '^[a-z]' <<<"$out")"
run doctor --json
is "... in JSON: what the findings say" python3 -c 'import json, sys
d = json.load(sys.stdin)
found = {f["check"]: f["verdict"] for f in d["findings"]}
told = {None: None, "fine": True, "problem": False, "untried": None}
s = d["summary"]
assert s["rdma_cm"] == told[found.get("rdma-cm")] and s["routers"] == told[found.get("lab")], s
assert (s["plane"] is None) == (found.get("data-path") not in ("fine", "limit")), s
assert (s["endpoints"] is None) == ("capacity" not in found), s' <"$work/out"
run doctor --inside --json
is "--inside: the summary says what the findings do" python3 -c 'import json, sys
d = json.load(sys.stdin)
good = not any(f["verdict"] in ("blocks", "problem") for f in d["findings"])
assert d["summary"]["usable"] == good and d["summary"]["rdma_cm"] <= good, d["summary"]' <"$work/out"
is "no netdev is left" test "$before" = "$(cat /proc/net/dev | cut -d: -f1)"

run doctor --report "$work/report"
is "--report holds the findings" grep -q '^=== doctor ===' "$work/report"
is "--report is for its owner alone" test "$(stat -c %a "$work/report")" = 600
run doctor --report "$work/no/such/folder"
is "--report that cannot be written: exit 1" test "$status" -eq 1

run doctor --inside --script
is "--script: exit 0" test "$status" -eq 0
cp "$work/out" "$work/script"
run doctor --inside
wanted=$status
for shell in dash bash "busybox sh"; do
	command -v "${shell%% *}" >/dev/null || continue
	$shell "$work/script" >"$work/said" 2>"$work/err"
	status=$?
	is "--script in $shell: status as doctor --inside" test "$((status == 4))" = "$((wanted == 4))"
	is "--script in $shell: nothing on standard error" test ! -s "$work/err"
	is "--script in $shell: lines begin with a verdict" test -z \
		"$(grep -vE '^(fine|limit|problem|blocks|untried) +[a-z0-9-]+ ' "$work/said")"
done
finish
