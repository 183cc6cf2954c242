# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For an emulator of a few lines, which sources it with its arguments: the channels that they name, brought to
# 3 stdin, 4 stdout, 5 stderr, 6 status, 7 terminal; 8 is the segment.
to=100
for name in stdin stdout stderr status tty net1; do
	[[ $* =~ ,id=$name,fd=([0-9]+) ]] && eval "exec $to<&${BASH_REMATCH[1]}"
	to=$((to + 1))
done
for to in 3 4 5 6 7 8; do eval "exec $to<&$((to + 97)) $((to + 97))<&-" 2>/dev/null; done
