# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of a running lab: what the kernel has is in it, and each command in it ran. What fails is named in it.
. ./lib.sh
harmless 'already configured on|rxe creation allowed' # doctor
page=$WORK/rep.html
does "up" rxelab up --name rep --parent eth0 --count 3
look rep
wanted=0
command -v dot >/dev/null || wanted=1
rxelab report rep --quick -o "$page" 2>"$WORK/said"
is "report: exit status $wanted" "$wanted" $?
[ "$wanted" = 0 ] || has "... for graphviz is missing" graphviz "$(cat "$WORK/said")"
size=$(stat -c %s "$page")
is "the page is below a megabyte" yes "$([ "$size" -lt 1000000 ] && echo yes)"
read -ra gids <<<"$(rxelab inspect rep --json | json '" ".join(e["gid"] for e in d["endpoints"])')"
is "there are three GIDs" 3 "${#gids[@]}"
for gid in "${gids[@]}"; do
	has "a GID of the lab" "$gid" "$(cat "$page")"
done
has "the kernel" "$(uname -r | sed 's/[.+]/\\&/g')" "$(cat "$page")"
has "verify had passes" '[1-9][0-9]* passed, 0 failed' "$(cat "$page")"
has "bench has bars of RDMA" 'class="rdma"' "$(cat "$page")"
has "bench has bars of TCP" 'class="tcp"' "$(cat "$page")"
for command in 'save rep' 'inspect rep --json' 'verify rep --json --pairs ring' 'impair rep --show --json' 'module status --json' 'doctor --json'; do
	has "the command: $command" "^(<pre>)?(.*>)?rxelab $command\$" "$(cat "$page")"
done
# the commands make the documents again, and a page of them needs nothing of this machine
rxelab inspect rep --json >"$WORK/inspect.json"
rxelab verify rep --json --pairs ring >"$WORK/verify.json"
does "a page of what was saved" rxelab report rep --from "$WORK/inspect.json" --from "$WORK/verify.json" -o "$WORK/saved.html"
does "total loss" rxelab impair rep/ep1 --loss 100%
rxelab report rep --quick --from "$WORK/verify.json" --timeout 60 -o "$page" 2>/dev/null
has "the impairment is in the page" 'loss 100%' "$(cat "$page")"
# a stranger's link in a folder that all may write to, as the kernel judges it (fs.protected_symlinks)
sysctl -q fs.protected_symlinks=1
mkdir -m 1777 "$WORK/all"
echo precious >"$WORK/precious"
ln -s "$WORK/precious" "$WORK/all/page.html"
chown -h 65534 "$WORK/all/page.html"
refuses_as "a stranger's link is not followed" 1 output-write page.html \
	rxelab report rep --from "$WORK/inspect.json" -o "$WORK/all/page.html"
is "... what it leads to is as it was" precious "$(cat "$WORK/precious")"
refuses_as "a pipe is no document" 2 file-read regular rxelab report rep --from <(cat "$WORK/inspect.json") -o "$page"
refuses_as "no such lab" 1 report-source nobody rxelab report nobody -o "$page"
does "down" rxelab down rep
