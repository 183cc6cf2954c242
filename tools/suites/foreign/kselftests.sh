# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600 s
# The kernel's own tests of RXE, tools/testing/selftests/rdma, of the build tree or of --selftests TREE.
# Kernel: namespaces, names, sockets, counters of RXE, as its developers test them, since e01027cab38a "RDMA/rxe: Add testcase for
# net namespace rxe" (7.1).
. ./lib.sh
needs namespace-data-path
[ -n "${SELFTESTS:-}" ] || skip_case "no kernel's source was given (--kernel BUILD_TREE, --selftests TREE)"
[ -d "$SELFTESTS/tools/testing/selftests/rdma" ] || skip_case "$SELFTESTS has no tools/testing/selftests/rdma"
harmless '.' # what they provoke they know; what looks like a bug is a failure all the same
mkdir "$WORK/selftests"
cp -r "$SELFTESTS"/tools/testing/selftests/{rdma,kselftest} "$WORK/selftests/"
cd "$WORK/selftests/rdma" || exit 1
for test in *.sh; do
	timeout 250 bash "./$test" >"$WORK/said" 2>&1
	case $? in
	0) ok "$test" ;;
	4) skip "$test" "$(tail -n 1 "$WORK/said")" ;; # KSFT_SKIP (kselftest/ktap_helpers.sh)
	124) not_ok "$test" "it took more than 250 s" "$(tail -n 20 "$WORK/said")" ;;
	*) not_ok "$test" "$(tail -n 20 "$WORK/said")" ;;
	esac
done
