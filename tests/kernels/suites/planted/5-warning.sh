# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that passes while the kernel warns.
. ./lib.sh
echo '<4>WARNING: planted by a test' >/dev/kmsg
ok "all is well"
