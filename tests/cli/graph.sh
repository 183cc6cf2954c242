#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# graph.sh: graph in every format, save, and where the mistakes of a lab file go. TAP; needs no root.
cd "$(dirname "$0")/../.." || exit 1
rxelab=${RXELAB:-$PWD/build/rxelab}
dir=$(mktemp -d "${TMPDIR:-/tmp}/rxelab test.XXXXXX")
trap 'rm -rf "$dir"' EXIT
bad=0
# a machine that cannot have labs says that first
absent=1
[ -e /sys/class/infiniband ] || [ -e "/lib/modules/$(uname -r)/modules.dep" ] || absent=4
[ "$(id -u)" -eq 0 ] || absent=4

# verdict NAME STATUS: 0 is good
verdict() {
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		bad=1
	fi
}

# expect NAME STATUS COMMAND...: run it, keep what it says in $dir/out and $dir/err
expect() {
	local name=$1 status=$2
	shift 2
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	local got=$?
	[ "$got" -eq "$status" ] || sed 's/^/# /' "$dir/err"
	verdict "$name: exit status $status" $((got != status))
}

for lab in docs/reference/examples/*.yaml; do
	name=$(basename "$lab" .yaml)
	expect "graph json $name" 0 "$rxelab" graph -f "$lab" --format json
	cp "$dir/out" "$dir/json"
	for format in dot mermaid; do
		expect "graph $format $name" 0 "$rxelab" graph -f "$lab" --format $format
		# every node of the JSON is in the drawing
		python3 - "$dir/json" "$dir/out" <<-'END'
			import json, sys
			lab, text = json.load(open(sys.argv[1])), open(sys.argv[2]).read()
			missing = [n["name"] for n in lab["nodes"] if n["name"] not in text]
			missing += [i["ipv4"] for n in lab["nodes"] if n["kind"] == "endpoint" for i in n["interfaces"]
				    if i["ipv4"] and i["ipv4"].split("/")[0] not in text]
			sys.exit(f"missing: {missing}" if missing else 0)
		END
		verdict "graph $format $name shows every endpoint" $?
	done
	if command -v dot >/dev/null; then
		expect "graph svg $name" 0 "$rxelab" graph -f "$lab" --format svg
		[ ! -s "$dir/err" ] && grep -q '</svg>' "$dir/out" &&
			python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$dir/out"
		verdict "graph svg $name is a picture" $?
	else
		echo "skip graph-svg-$name dot is missing (Debian package graphviz)"
	fi
done

# the lines of two spines cross as little as those of stacked spines must, however dot bends them
if command -v dot >/dev/null; then
	"$rxelab" graph -f docs/reference/examples/leaf-spine.yaml --format svg >"$dir/out"
	python3 - "$dir/out" <<-'END'
		import itertools, re, sys
		import xml.etree.ElementTree as tree

		def points(path):
		    numbers = [complex(*map(float, pair.split(","))) for pair in re.findall(r"[-.\d]+,[-.\d]+", path)]
		    for i in range(0, len(numbers) - 1, 3):
		        a, b, c, d = numbers[i:i + 4]
		        for t in (step / 20 for step in range(21)):
		            yield (1-t)**3*a + 3*t*(1-t)**2*b + 3*t*t*(1-t)*c + t**3*d

		def left(a, b, c):
		    return ((b - a).conjugate() * (c - a)).imag > 0

		def cross(one, other):
		    return any(left(a, b, c) != left(a, b, d) and left(c, d, a) != left(c, d, b)
		               for a, b in itertools.pairwise(one) for c, d in itertools.pairwise(other))

		lines = [list(points(p.get("d"))) for p in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}path")
		         if p.get("stroke") == "#3b7dd8"]
		crossings = sum(cross(a, b) for a, b in itertools.combinations(lines, 2))
		sys.exit(f"{len(lines)} lines, {crossings} crossings" if len(lines) != 16 or crossings != 2 else 0)
	END
	verdict "graph svg of two spines has two crossings" $?
else
	echo "skip graph-crossings dot is missing (Debian package graphviz)"
fi

expect "graph without dot" 4 env PATH="$dir" "$rxelab" graph -f docs/reference/examples/quad.yaml --format svg
grep -q graphviz "$dir/err"
verdict "graph without dot names the package" $?

# the file's name is data, also in a drawing
printf 'name: q\nparent: "a<b&c\\"d"\nendpoints: [a]\n' >"$dir/odd.yaml"
expect "graph of odd names" 0 "$rxelab" graph -f "$dir/odd.yaml"
grep -q 'a&lt;b&amp;c&quot;d' "$dir/out"
verdict "graph escapes them" $?

expect "graph of nothing" 2 "$rxelab" graph
expect "graph of a file by name" 0 "$rxelab" graph quad -f docs/reference/examples/quad.yaml
expect "graph of a file by another name" 2 "$rxelab" graph five -f docs/reference/examples/quad.yaml
expect "graph of a lab that is not there" "$absent" "$rxelab" graph no-such-lab
expect "graph of a bad file" 2 "$rxelab" graph -f tests/bad-labs/vlan-range.yaml
[ "$(wc -l <"$dir/err")" = 1 ] && grep -q '^rxelab: tests/bad-labs/vlan-range.yaml:3:7: .*5000' "$dir/err" && [ ! -s "$dir/out" ]
verdict "the message of a bad file is all there is" $?
expect "graph of several mistakes" 2 "$rxelab" graph -f tests/bad-labs/choices.yaml
[ "$(grep -c '^rxelab: tests/bad-labs/choices.yaml:[0-9]*:[0-9]*: ' "$dir/err")" = 5 ]
verdict "each mistake has its line" $?
expect "graph of several mistakes, with ids" 2 "$rxelab" -v graph -f tests/bad-labs/choices.yaml
[ "$(grep -c '\[value-choice\]$' "$dir/err")" = "$(grep -o '\[[a-z-]*\]' "$dir/err" | wc -l)" ]
verdict "each mistake has its id, once" $?
"$rxelab" graph -f - --json <docs/reference/examples/ring.yaml | python3 -c 'import json, sys; assert len(json.load(sys.stdin)["nodes"]) == 6'
verdict "graph of standard input" $?
expect "save of a lab that is not there" "$absent" "$rxelab" save no-such-lab
expect "save of no name" 2 "$rxelab" save a/b
exit $bad
