# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case that skips itself.
. ./lib.sh
skip_case "there is nothing to see"
