# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the probe found is kept for this boot, and believed for nothing else: /run/rxelab.probe.
. ./lib.sh
kept=/run/rxelab.probe
# up says with -v whether it tried, and the lab must have the same plane either way
traced() { rxelab up -v --name kept --parent none --count 1 2>"$WORK/trace"; }
lab_says() { # NAME OF TEST: sets how
	does "$1: up" traced
	look kept
	is "$1: the plane is the one this kernel is known for" "$EXPECT_PLANE" "${lab[plane]}"
	how=tried
	has "$1: it says how" 'probe: ' "$(cat "$WORK/trace")"
	! grep -q 'probe: known since' "$WORK/trace" || how=known
	does "$1: down" rxelab down kept
}
rm -f $kept
lab_says "nothing is kept"
is "it is tried" tried $how
is "the answer is root's alone" "600 0:0" "$(stat -c '%a %u:%g' $kept)"
lab_says "the same again"
is "it is known" known $how
good=$(cat $kept)
# of another boot (the first word); test-known has the rest
echo "x$good" >$kept
lab_says "another boot"
is "another boot: it is tried" tried $how
is "... and kept again" "$good" "$(cat $kept)"
rm -f $kept
