#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# report from saved documents, which needs neither root nor RXE, and what it refuses; kernels show as a page.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
cd "$(dirname "$0")/../.." || exit 1
tests/report-fixtures 4 "$work/4"
tests/report-fixtures 64 "$work/64"
four=$work/4 page=$work/page.html
all() { printf -- '--from %s ' inspect.json verify.json bench.json doctor.json module.json impair.json lab.yaml; }
# saved FOLDER ARG...: a page of all that the folder has, from within it
saved() {
	local folder=$1
	shift
	# shellcheck disable=SC2046 # words
	(cd "$folder" && "$RXELAB" report quad $(all) -o "$page" "$@") >"$work/out" 2>"$work/err" </dev/null
	status=$? out=$(cat "$work/out") err=$(cat "$work/err")
}
lacks() { ! grep -qiE "$1" "$2"; }
links_have_targets() {
	! comm -23 <(grep -oE 'href="#[^"]*"' "$1" | cut -d'"' -f2 | tr -d '#' | sort -u) \
		<(grep -oE ' id="[^"]*"' "$1" | cut -d'"' -f2 | sort -u) | grep .
}

saved "$four"
is "a page of saved documents: exit status 0" test "$status" -eq 0
is "... and nothing is said" test -z "$out$err"
is "... no reference leads out of it" lacks '(src|srcset|action|data)=|@import|url\(|href="[^#]|https?://' "$page"
is "... no script, no frame" lacks '<(script|iframe|object|embed|link|img|form)' "$page"
is "... every link has its target" links_have_targets "$page"
for part in drawing endpoints verify bench impairments machine doctor lab-file made; do
	is "... it has the part $part" grep -q "id=\"$part\"" "$page"
done
for word in ep4 7.3.4+deb13-amd64 02:b5:15:6f:00:04 'the MTU is 1400' rc-send multicast write-bw 'udp dport 4791 drop' 'delay 2ms loss 1%' \
	'Debian Secure Boot CA' 'count: 4' 'rxelab graph -f lab.yaml'; do
	is "... it says $word" grep -qF -- "$word" "$page"
done
is "... a drawing by graphviz, or why there is none" grep -qE '<svg role="img"|program dot' "$page"
is "a cell of the matrix leads to a set that failed" grep -qE '<td class="fail"><a href="#set-2">' "$page"
saved "$work/64"
is "64 endpoints, all pairs: below a megabyte" test "$(stat -c %s "$page")" -lt 1000000
is "... with 4,096 cells" test "$(grep -o '<a href="#set-' "$page" | wc -l)" -eq 4096
is "... every link has its target" links_have_targets "$page"

run report quad --from "$four/inspect.json"
is "an inspect alone: exit status 0, on standard output" test "$status" -eq 0 -a "${out:0:15}" = "<!DOCTYPE html>"
is "... what is missing is said" grep -q 'Not part of this report' "$work/out"

sed 's/"lab": "quad"/"lab": "other"/' "$four/verify.json" >"$work/other.json"
echo '{"parent": 1}' >"$work/nothing.json"
echo '{"lab": ' >"$work/broken.json"
printf 'name: quad\nparent: eth0\nendpoints: {count: 0}\n' >"$work/bad.yaml"
python3 -c 'print("{\"lab\": \"quad\", \"plane\": 0, \"endpoints\":" + "{\"a\":" * 300 + "0" + "}" * 301)' >"$work/deep.json"
mkdir "$work/folder"
refused 2 lab-differs "a document of another lab" report quad --from "$work/other.json"
is "... names the file and the lab" grep -q "other.json.*lab other" <<<"$err"
refused 2 results-unreadable "a document that is nothing of a lab" report quad --from "$work/nothing.json"
refused 2 results-unreadable "a document that is cut" report quad --from "$work/broken.json"
refused 2 file-read "a file that is not there" report quad --from "$work/none.json"
refused 2 value-range "a lab file with a mistake" report quad --from "$work/bad.yaml"
refused 2 option-combination "two documents of a kind" report quad --from "$four/verify.json" --from "$four/verify.json"
refused 2 option-combination "--quick where nothing is run" report quad --quick --from "$four/inspect.json"
run -v report quad --from "$work/deep.json"
is "data nested too deeply: exit 1, its id" test "$status:${err##* }" = "1:[page-failed]" -a -z "$out"
refused 1 output-write "a folder as the output" report quad --from "$four/inspect.json" -o "$work/folder"
refused 1 output-write "an output in no folder" report quad --from "$four/inspect.json" -o "$work/none/page.html"
echo before >"$page"
run report quad --from "$work/deep.json" -o "$page"
beside=("$page"*)
is "... leaves what was there, and nothing beside it" test "$(head -c 100 "$page") ${#beside[@]}" = "before 1"
# without graphviz the drawing is what is missing, and all else is there
mkdir "$work/empty"
PATH=$work/empty "$RXELAB" report quad --from "$four/inspect.json" --from "$four/lab.yaml" >"$work/out" 2>"$work/err"
is "a part that fails: exit status 1" test $? -eq 1
is "... is named on standard error" grep -q 'report quad: drawing is not in the page: .*graphviz' "$work/err"
is "... and in the page" grep -q 'class="fail".*graphviz' "$work/out"
is "... which is whole" grep -q '</html>' "$work/out"
"$RXELAB" report quad --from "$four/inspect.json" >/dev/full 2>"$work/err"
is "a full disk: exit status 1" test $? -eq 1

run kernels show "$four/kernels.json" --known-issues "$four/issues.yaml" --baseline "$four/before.json" --format html
is "kernels show as a page: its own exit status" test "$status" -eq 1
is "... no script, and no reference but links to the web" \
	test "$(grep -oiE '<script|src=|href="[^#][^"]*' "$work/out" | sort -u)" = 'href="https://example.org/ipvlan'
is "... every link has its target" links_have_targets "$work/out"
is "... a link of javascript is text" grep -q 'javascript:alert(1)' "$work/out"
is "... the regression stands first" test "$(grep -oE 'modes/move|planes/quad' "$work/out" | head -n 1)" = modes/move
is "... and its evidence behind the cell" grep -qE '<details>.*no GID after 5 s' "$work/out"
run kernels show "$four/kernels.json" --known-issues none --format html -o "$page"
is "... into a file" grep -q '</html>' "$page"
finish
