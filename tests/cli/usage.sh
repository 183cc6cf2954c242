#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mistakes on the command line are exit 2 and one sentence; -h and --version are results.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

run --version
is "--version: exit 0, one line" test "$status:$(wc -l <"$work/out"):$err" = 0:1:
is "--version says name, number, commit and libraries" \
	grep -qE '^rxelab [0-9]+\.[0-9]+\.[0-9]+ \(commit [0-9a-z-]+; libnl-3.0 [0-9.]+, .*libpcap [0-9.]+.*\)$' "$work/out"

run -h
is "-h: exit 0, nothing on standard error" test "$status:$err" = 0:
for c in $("$RXELAB" __commands); do
	is "-h names $c" grep -qE "^  $c +[a-z0-9A-Z]" <<<"$out"
done
run
is "no command: exit 2" test "$status" -eq 2

refused 2 command-unknown "unknown command" frobnicate
is "... nothing is near it" test "$(grep -o '"[^"]*"' <<<"$err")" = '"frobnicate"'
for pair in exce:exec shel:shell envv:env kernel:kernels; do
	has_command "${pair#*:}" || continue
	refused 2 command-unknown "misspelt command ${pair%:*}" "${pair%:*}"
	is "... the nearest is named" grep -qF "\"${pair#*:}\"" <<<"$err"
done
for pair in ls:list ps:list status:inspect deploy:up destroy:down version:--version; do
	refused 2 command-unknown "${pair%:*}, a word of other tools" "${pair%:*}"
	is "... ours is named" grep -q -- "rxelab ${pair#*:} " <<<"$err"
done
refused 2 command-unknown "verison: nothing is near enough" verison
is "... so nothing is offered" test "$(grep -o '"[^"]*"' <<<"$err")" = '"verison"'
refused 2 command-unknown "a prefix is no command" ex
refused 2 command-unknown "unknown option before the command" --nosuch

# every command: -h is a result and names all options; unknown options are not looked at twice
for c in $("$RXELAB" __commands); do
	run "$c" -h
	is "$c -h: exit 0, nothing on standard error" test "$status:$err" = 0:
	is "$c -h is 80 columns wide, but its examples" \
		test -z "$(sed '/^examples:/,$d' <<<"$out" | grep -E '.{81}')"
	is "$c -h starts with its usage" test "${out:0:${#c}+14}" = "usage: rxelab $c"
	missing=
	for o in $("$RXELAB" __completion | sed -n "s/^\t$c) words=\"\(--.*\)\" ;;$/\1/p"); do
		grep -q -- "$o\b" <<<"$out" || missing+=" $o"
	done
	is "$c -h names every option$missing" test -z "$missing"
	refused 2 option-unknown "$c with an unknown option" "$c" --no-such-option
	is "... which is quoted" grep -q -- '"--no-such-option"' <<<"$err"
	run "$c" --no-such-option -h
	is "$c: -h counts anywhere" test "$status" -eq 0
	run help "$c"
	is "help $c is the same as $c -h" test "$status:${out:0:${#c}+14}" = "0:usage: rxelab $c"
done
refused 2 command-unknown "help of an unknown command" help frobnicate

# what somebody is likely to write, and what there is to write instead
refused 2 option-unknown "a misspelt option" up --cuont 3
is "... the nearest is named" grep -q '"count"' <<<"$err"
refused 2 option-combination "bench --compare-links on a network" bench x --compare-links --network n
for c in kernels module; do
	refused 2 operand-missing "$c alone" "$c"
	for verb in $("$RXELAB" "$c" -h | sed -nE "s/^(usage:)? +rxelab $c ([a-z]+).*/\\2/p"); do
		is "... $verb is named" grep -qw "$verb" <<<"$err"
	done
done
for c in inspect churn watch down save; do
	refused 2 lab-name "$c of an endpoint" "$c" quad/ep1
	is "... the lab is named" grep -q "rxelab $c quad\$" <<<"$err"
	refused 2 lab-name "$c of a lab file" "$c" some/quad.yaml
done
refused 2 lab-name "graph of a lab file" graph some/quad.yaml
is "... with its option" grep -q -- '-f some/quad.yaml' <<<"$err"
refused 2 operand-extra "exec without --" exec quad/ep1 true
is "... which is shown" grep -q -- 'exec quad/ep1 -- true' <<<"$err"

if has_command exec; then
	refused 2 operand-missing "exec without an endpoint" exec
	refused 2 endpoint-name "exec of a lab without --all" exec lab -- true
	refused 2 operand-missing "exec without a command" exec lab/a
	refused 2 operand-missing "exec with an empty command" exec lab/a --
	refused 2 operand-extra "exec --all of an endpoint" exec lab/a --all -- true
	refused 2 option-value "exec --timeout 0" exec lab/a --timeout 0 -- true
	refused 2 option-value "exec --timeout without a number" exec lab/a --timeout soon -- true
	refused 2 operand-missing "exec --rsh without a command" exec --rsh host
	refused 2 operand-extra "exec with two endpoints" exec lab/a lab/b -- true
	run exec lab/a -- true -h
	is "exec: -h behind -- belongs to the command" test "$status" -ne 0
	run exec --rsh lab/a true -h -v
	is "exec --rsh: -h behind it belongs to the command" test "$status" -ne 0
fi
if has_command shell; then
	refused 2 operand-missing "shell without an endpoint" shell
	refused 2 endpoint-name "shell of a lab" shell lab
	refused 2 operand-extra "shell takes no command" shell lab/a -- true
fi
if has_command env; then
	refused 2 endpoint-name "env of a lab" env lab
	refused 2 endpoint-name "a host file of an endpoint" env lab/a --format hostfile
	refused 2 option-value "an unknown format" env lab/a --format yaml
	refused 2 file-read "a lab file that is not there" env lab/a -f "$work/nosuch.yaml"
fi

# with --json a command that fails says so on standard output too, in one object
failure='import json, sys; d = json.load(sys.stdin); print(d["status"], d["id"], "nosuch.yaml" in d["error"], len(d), d["lab"])'
for c in "env lab/a --json -f" "graph --format json -f" "up --json"; do
	read -ra words <<<"$c"
	run "${words[@]}" "$work/nosuch.yaml"
	is "$c of no file: an object with the id" \
		test "$status:$(python3 -I -S -c "$failure" <<<"$out"):$(wc -l <"$work/err")" = "2:fail file-read True 4 $([ "${words[0]}" = env ] && echo lab || echo None):1"
done
for c in "attach lab/ep9 --json" "capture lab/ep1 -w - --json" "reattach lab/ep1 --watch --json"; do
	read -ra words <<<"$c"
	run "${words[@]}"
	is "$c: the object names the lab" \
		test "$status:$(python3 -I -S -c 'import json, sys; d = json.load(sys.stdin); print(d["lab"], d["status"])' <<<"$out")" = "2:lab fail"
done

# a result that cannot be written is no result
if [ -w /dev/full ]; then
	"$RXELAB" -h >/dev/full 2>"$work/err"
	is "-h on a full disk is not exit 0" test $? -ne 0
fi
finish
