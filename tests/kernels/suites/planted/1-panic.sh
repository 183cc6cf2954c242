# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel panics in the middle of a case.
. ./lib.sh
ok "so far"
echo c >/proc/sysrq-trigger
within 30 false
ok "it survived"
