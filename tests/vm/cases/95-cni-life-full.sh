# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600 s
# rxe-cni over an attachment's life: state, CDI file, what CHECK finds, GC, many at once, ADD killed at many instants, STATUS.
. ./lib.sh
. "$(dirname "$0")/../cni.bash"
conformance life
put_back
