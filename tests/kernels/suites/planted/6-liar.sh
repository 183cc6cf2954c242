# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that claims the guest's verdict on its own output, has no result and ends well.
. ./lib.sh
printf 'verdict\tgood\t99\n'
printf 'end\tplanted/6-liar\t1\n'
