# shellcheck shell=bash disable=SC1073,SC1072,SC1105
# SPDX-License-Identifier: GPL-2.0-or-later
# A case whose shell drops a command in the middle.
. ./lib.sh
nothing=
ok "before"
ok "never said $((nothing > $nothing))"
ok "after"
