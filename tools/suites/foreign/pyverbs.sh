# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900 s
# rdma-core's own tests of verbs (pyverbs) on an endpoint's device: what they skip is skipped, what fails is named.
# Kernel: the uverbs interface as rdma-core knows it, all of what RXE says that it can do.
. ./lib.sh
tests=/usr/share/doc/rdma-core/tests
[ -e $tests/run_tests.py ] || skip_case "there is no $tests; the Debian package rdma-core has it"
/usr/bin/python3 -c 'import pyverbs' 2>/dev/null || skip_case "python3-pyverbs is not installed"
harmless '.' # what they provoke they know; what looks like a bug is a failure all the same
# documentation is packed, file by file; tests of other makers' devices would all be skipped
mkdir "$WORK/tests"
cp $tests/*.py* "$WORK/tests/"
rm -f "$WORK"/tests/test_{mlx5,efa,cuda}*
gunzip -q "$WORK"/tests/*.gz
does "up" rxelab up --name py --parent none --count 1
# shellcheck disable=SC2016 # the variables are the endpoint's
timeout 850 rxelab exec py/ep1 -- sh -c 'exec /usr/bin/python3 "$@" --dev "$RXELAB_DEV" --gid "$RXELAB_GID_INDEX"' sh \
	"$PWD/foreign/rdma-core-tests.py" "$WORK/tests"
is "the tests come to their end" 0 $?
does "down" rxelab down py
