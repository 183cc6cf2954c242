# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest falls silent: its runner is stopped and never says anything again.
. ./lib.sh
kill -STOP "$(ps -o ppid= -p $PPID | xargs)"
ok "the case itself passes"
