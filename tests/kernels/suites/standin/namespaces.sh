# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For the bisection of tests/kernels/run: good where RXE has its data path in a namespace.
. ./lib.sh
can namespace-data-path
is "RXE has its data path in a namespace" 0 $?
