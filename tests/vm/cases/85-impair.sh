# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Impairments: 5 % loss is retried and counted, total loss ends in status 12 in time, --clear gives the old qdisc back.
. ./lib.sh
harmless 'rxe_completer|retry exceeded|non-flush error status'
does "up" rxelab up --name imp --parent eth0 --count 2
look imp
wire imp ep1
before=$("${ns[@]}" tc qdisc show dev "$dev")
does "5 % loss" rxelab impair imp/ep1 --loss 5% --delay 1ms
has "tc sees netem with a long queue" 'netem .*limit 1000000 .*delay 1(\.0)?ms .*loss 5%' "$("${ns[@]}" tc qdisc show dev "$dev")"
dropped() { rxelab impair imp --show --json | json 'd["impairments"][0]["dropped"]'; }
# of the packets of one verify now and then none is lost
for ((run = 0; run < 8; run++)); do
	said=$(rxelab verify imp --tests rc-send,rc-send-imm,rc-write,rc-write-imm,rc-read,path)
	status=$?
	[ $status -eq 0 ] && [ "$(dropped)" = 0 ] || break
done
is "verify passes through 5 % loss" 0 $status
has "verify says under what it ran" " ep1,.* $dev: .*delay 1ms loss 5%" "$said"
has "the kernel counted lost packets" '^[1-9]' "$(dropped)"
does "total loss" rxelab impair imp/ep1 --loss 100%
timeout 60 "$rx" verify imp --tests rc-send --json >"$WORK/v" 2>/dev/null
is "total loss: exit 1" 1 $?
has "total loss: status 12" " 12 | $dev\\b" "$(json '[r["detail"] for r in d["results"] if r["status"] == "fail"]' "$WORK/v")"
does "clear" rxelab impair imp/ep1 --clear
is "the qdisc is as before" "$before" "$("${ns[@]}" tc qdisc show dev "$dev")"
does "verify passes again" rxelab verify imp --tests rc-send,path
refuses_as "no such endpoint" 1 endpoint-unknown nobody rxelab impair imp/nobody --loss 1%
refuses_as "loss of 200 %" 2 impair-value "loss 200%" rxelab impair imp/ep1 --loss 200%
does "down" rxelab down imp
