#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A bad lab file is exit 2 on any machine and for anybody, with file, line and column; standard output stays empty.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

cat >"$work/good.yaml" <<'LAB'
name: quad
parent: eth0
endpoints: {count: 4}
LAB
cat >"$work/unknown.yaml" <<'LAB'
name: quad
parent: eth0
colour: red
endpoints: {count: 4}
LAB
cat >"$work/vlan.yaml" <<'LAB'
name: quad
parent: eth0
vlan: 5000
endpoints: {count: 4}
LAB
cat >"$work/two.yaml" <<'LAB'
name: quad
parent: eth0
mtu: large
colour: red
endpoints: {count: 4}
LAB
printf 'name: [quad\nparent: eth0\n' >"$work/syntax.yaml"
printf '' >"$work/empty.yaml"
head -c 3000 /bin/sh >"$work/binary.yaml"
chmod 644 "$work"/*.yaml

# every way in that takes a lab file
ways=()
has_command env && ways+=("env quad/ep1 -f")
has_command up && ways+=("up" "up --dry-run")
has_command graph && grep -q -- '-f,' <("$RXELAB" graph -h) && ways+=("graph quad -f")

all_ways() {
	local way
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086 # a way is several words
		for case in unknown:3:1 vlan:3:7 two:3:6 syntax:: empty:: binary::; do
			file=$work/${case%%:*}.yaml where=${case#*:}
			run $way "$file"
			is "$way ${case%%:*}.yaml${NOBODY:+ without privilege}: exit 2" test "$status" -eq 2
			is "... nothing on standard output" test ! -s "$work/out"
			is "... every line is ours and names the file" test -n "$err" -a -z \
				"$(grep -v "^rxelab: $file" "$work/err")"
			[ "$where" = : ] || is "... at line and column $where" grep -qF "$file:$where: " "$work/err"
		done
		run $way "$work/two.yaml"
		is "$way: two mistakes, two lines" test "$(wc -l <"$work/err")" -eq 2
		run $way "$work/good.yaml"
		is "$way: a good file is not exit 2" test "$status" -ne 2
	done
}

# the ready shapes can be had as lab files, to be edited, on any machine; such a file says the same as the options did
for shape in flat ring dumbbell leaf-spine:2,2; do
	run up --name shape --parent eth0 --count 4 --topology $shape --subnet6 fd77::/56 --dry-run --format yaml
	is "$shape as a lab file: exit 0" test "$status" -eq 0
	cp "$work/out" "$work/shape.yaml"
	run up "$work/shape.yaml" --dry-run --format yaml
	is "... which is whole" test "$status" -eq 0 -a -s "$work/shape.yaml"
	is "... and comes back as it was" cmp -s "$work/out" "$work/shape.yaml"
done

all_ways
if nobody_works; then
	NOBODY=1 all_ways
else
	skip "lab files without privilege" "privilege cannot be given away here"
fi
finish
