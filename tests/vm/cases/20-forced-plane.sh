# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The netns plane forced on a kernel that has no data path there: up warns and goes on, verify fails and says why.
. ./lib.sh
for_plane hosted
harmless 'rxe_completer|retry exceeded|qp#'
said=$(rxelab up --name forced --parent eth0 --count 2 --plane netns 2>&1 >/dev/null)
is "up goes on" 0 $?
has "up warns" 'warning:.*(netns|namespace)' "$said"
began=$SECONDS
timeout 90 "$rx" verify forced --json >"$WORK/v" 2>"$WORK/v.err"
is "verify fails" 1 $?
has "within a minute" '^1$' "$((SECONDS - began < 60))"
is "rc-send fails for both directions" 2 \
	"$(json 'len([r for r in d["results"] if r["test"] == "rc-send" and r["status"] == "fail"])' "$WORK/v")"
has "a failed test says why" '[a-z]{4}' \
	"$(json '" ".join(r["detail"] or "" for r in d["results"] if r["test"] == "rc-send" and r["status"] == "fail")' "$WORK/v")"
does "down" rxelab down forced
