# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Labs on the module under test: plane auto is netns, exclusive mode works, verify with rdma_cm, COUNT endpoints come and go.
. "$(dirname "$0")/lib.sh"
COUNT=${COUNT:-100}
case $VARIANT in
stock) ;;
helper) "$RXELAB" module load --road helper >/dev/null || exit 1 ;;
rebuilt) "$RXELAB" module load --road rebuild >/dev/null || exit 1 ;;
esac
ip link add p0 type dummy && ip link set p0 up
check "up" "$RXELAB" up --name quad --parent p0 --count 4 --rdma-netns exclusive
"$RXELAB" inspect quad --json >/tmp/rxl/quad
check "plane auto is netns" grep -q '"plane": "netns"' /tmp/rxl/quad
check "exclusive" grep -q '"rdma_netns": "exclusive"' /tmp/rxl/quad
if "$RXELAB" verify -h >/dev/null 2>&1; then
	"$RXELAB" verify quad --tests all --format tap >/tmp/rxl/verify 2>&1
	check "verify" test $? = 0
	grep -c '^ok' /tmp/rxl/verify | sed 's/^/# passed: /'
	grep '^not ok\|SKIP' /tmp/rxl/verify | sed 's/^/# /'
else
	echo "skip verify not built yet"
fi
check "down" "$RXELAB" down quad
dmesg -C
echo "# $(memory)"
start=$SECONDS
check "up $COUNT" "$RXELAB" up --name many --parent p0 --count "$COUNT" --rdma-netns exclusive --timeout 400
echo "# $((SECONDS - start)) s, $(memory)"
start=$SECONDS
check "down $COUNT" "$RXELAB" down many --timeout 200
echo "# $((SECONDS - start)) s, $(memory)"
check "nothing is left" until_ 20 gone
kernel_quiet "labs" "ib_query_port failed"
finish
