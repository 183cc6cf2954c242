# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that does not come to an end.
. ./lib.sh
ok "so far"
exec sleep 1000
