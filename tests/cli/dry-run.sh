#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# up --dry-run on a machine that cannot make the lab: the operations all the same, the plane unknown.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

if ! nobody_works; then
	skip "up --dry-run without privilege" "privilege cannot be given away here"
	finish
	exit
fi
NOBODY=1
examples=("$(dirname "$0")"/../../docs/reference/examples/*.yaml)

# shown PYTHON: true of the document d and its operations by kind
shown() {
	python3 -c 'import collections, json, sys
d = json.load(open(sys.argv[1]))
kinds = collections.Counter(op["op"] for op in d["operations"])
sys.exit(not eval(sys.argv[2]))' "$work/out" "$1"
}

lab=(up --name q --parent nosuch0 --count 3)
run "${lab[@]}" --dry-run --json
is "options: exit 0" test "$status" -eq 0
is "... the plane is unknown, and why" shown 'd["plane"] is None and "root" in d["plane_reason"]'
is "... three of each" shown 'kinds["netns"] == kinds["rxe"] == 3'
is "... the addresses of the lab" shown '[op["addr"] for op in d["operations"] if op["op"] == "address"][:3] == ["10.77.0.%d/24" % i for i in (1, 2, 3)]'
is "... one line on standard error, ours" test "$(wc -l <"$work/err")" -eq 1 -a "${err:0:8}" = "rxelab: "
run "${lab[@]}" --plane hosted --dry-run --json
is "a plane that was asked for is known" shown 'd["plane"] == "hosted"'
run "${lab[@]}" --dry-run
is "as text: the plane is unknown" grep -q '^# lab q: plane unknown ' "$work/out"
run up --name q --bridge nosuch1 --count 2 --mtu 9000 --dry-run --json
is "a bridge that is not there, an MTU above the usual" shown 'kinds["rxe"] == 2'
for file in "${examples[@]}"; do
	cp "$file" "$work/lab.yaml" && chmod 644 "$work/lab.yaml"
	run up "$work/lab.yaml" --dry-run --json
	is "$(basename "$file"): exit 0, an RXE device for each endpoint at least" shown \
		'kinds["rxe"] >= len({op["owner"] for op in d["operations"] if op["op"] == "rxe"}) > 0'
done
refused 4 not-root "without --dry-run" "${lab[@]}"
refused 2 subnet-too-small "a lab that no machine can make" "${lab[@]}" --subnet 10.1.0.0/30 --dry-run
finish
