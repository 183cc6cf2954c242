# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The documents that take longest to make: doctor, churn, recreate, verify's negative tests.
# limit: 600 s
. ./lib.sh
. ../../tests/samples/case.sh
harmless 'status = (2|10|11|12)$|retry exceeded|rxe_newlink: (already configured|rxe creation allowed)|Port: 1 Link (ACTIVE|DOWN)'
as_in_samples long
