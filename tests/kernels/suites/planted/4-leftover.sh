# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that passes and leaves a namespace behind.
. ./lib.sh
ip netns add t-left
ok "all is well"
