# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that passes.
. ./lib.sh
ok "all is well"
