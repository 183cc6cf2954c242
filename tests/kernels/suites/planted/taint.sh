# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that passes while the kernel becomes tainted as by a warning, and says nothing of it.
. ./lib.sh
echo 512 >/proc/sys/kernel/tainted
ok "all is well"
