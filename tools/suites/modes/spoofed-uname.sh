# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a kernel can do is found by trying: under another uname the probes give the same answers.
# Kernel: personality(2), UNAME26.
. ./lib.sh
has "uname lies" '^2\.6' "$(setarch x86_64 --uname-2.6 uname -r)"
is "the same table" "$(cut -f 1,2 "$CAPABILITIES")" "$(setarch x86_64 --uname-2.6 bash ./capabilities 2>/dev/null | cut -f 1,2)"
