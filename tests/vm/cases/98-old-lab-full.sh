# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Labs that an earlier rxelab made are taken down by today's, and gc finds what an earlier one left
# when it was killed. RXELAB_OLD names its program: tests/samples/old builds one from a tag.
# limit: 600 s
. ./lib.sh
[ -x "${RXELAB_OLD:-}" ] || skip_case "RXELAB_OLD names no earlier rxelab"
old=$RXELAB_OLD
unshare -n -m sleep 1234 &
process=$!
within 10 sh -c "[ \"\$(readlink /proc/$process/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"

does "$("$old" --version): up" "$old" up --name quad --parent eth0 --count 3 --subnet6 fd77::/64
does "a private lab of it" "$old" up --name hold --parent none --count 2 --subnet 10.78.0.0/24
does "an endpoint of it in a process" "$old" attach hold/ep1 --pid $process
labs="hold quad"
if [ "$EXPECT_PLANE" = netns ]; then
	does "a router of it" "$old" up ../../tests/samples/labs/guest-routers.yaml
	labs+=" routed"
else
	does "bare endpoints of it" \
		"$old" up --name bare --parent none --count 2 --subnet 10.79.0.0/24 --control none
	labs="bare $labs"
fi
is "list names its labs" "$labs" "$(rxelab list --names | sort | xargs)"
does "inspect reads them" rxelab inspect quad
for k in 12 40; do
	RXELAB_DEBUG_KILL=$k \
		"$old" up --name half --parent none --count 2 --subnet 10.80.0.0/24 >/dev/null 2>&1
	does "gc after its up was killed at boundary $k" rxelab gc
	is "nothing of it is left" "" "$(ip netns list | grep 'rxl\.half')"
done
RXELAB_DEBUG_KILL=45 "$old" down quad >/dev/null 2>&1
for lab in $labs; do does "down of its $lab" rxelab down "$lab"; done
kill $process
wait $process 2>/dev/null
is "no lab is left" "" "$(rxelab list --names)"
