# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# as_in_samples PART: what tests/samples/guest takes today is as in the samples of earlier versions.
as_in_samples() {
	local samples=../../tests/samples version
	for version in "$samples"/*/host; do
		cut -f 2- "${version%/host}/$EXPECT_PLANE/status"
	done | sort -u >"$WORK/lines"
	does "every document can be made" \
		bash "$samples/guest" "$EXPECT_PLANE" "$WORK/now" "$WORK/lines" "$1"
	python3 -B "$samples/samples.py" "$EXPECT_PLANE" "$WORK/now" ||
		not_ok "the comparison comes to its end"
}
