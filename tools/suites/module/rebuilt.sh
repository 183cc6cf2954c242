# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rebuilt module gives a kernel before 7.1 its data path in a namespace.
# Kernel: drivers/infiniband/sw/rxe of a later version, built against this kernel's headers.
. ./lib.sh
[ -e "/lib/modules/$(uname -r)/build/Makefile" ] || skip_case "the headers of this kernel are not in the guest"
harmless '.'
rxelab module build >"$WORK/build" 2>&1 || { tail -n 3 "$WORK/build" >&2; skip_case "module build: $(tail -n 1 "$WORK/build")"; }
does "install" rxelab module install
does "up in the netns plane" rxelab up --name mo --parent none --count 2 --plane netns
verified mo "RC between the endpoints" gid-distinct,rc-send,path
does "down" rxelab down mo
does "remove" rxelab module remove
