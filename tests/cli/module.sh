#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# module: words, what is missing is named, exit statuses; nothing here touches a kernel.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

run module
is "without a word: 2" test "$status" -eq 2
run module fly
is "an unknown word: 2, and the words are listed" test "$status:${err##*one of }" = "2:build, load, install, status, remove; see rxelab module -h"
run module build --road fastest
is "an unknown road: 2" test "$status" -eq 2
run module build --kernel 0.0.0-none
is "no headers: 4, the package is named" test "$status:$(grep -o 'linux-headers-0.0.0-none' <<<"$err" | head -n 1)" = 4:linux-headers-0.0.0-none
run module build --headers "$work/nothing"
is "no such headers: 4" test "$status" -eq 4
mkdir "$work/root"
run module build --kernel 0.0.0-none --toolchain "$work/root"
is "an empty root folder: 4, and it is named" test "$status:$(grep -o "$work/root" <<<"$err" | head -n 1)" = "4:$work/root"

# headers whose compiler is nowhere
mkdir -p "$work/h/include/generated/uapi/linux"
echo '#define UTS_RELEASE "0.0.0-none"' >"$work/h/include/generated/utsrelease.h"
echo '#define LINUX_VERSION_CODE 393648' >"$work/h/include/generated/uapi/linux/version.h"
echo 'CONFIG_CC_VERSION_TEXT="gcc-99 (Debian 99)"' >"$work/h/.config"
run module build --headers "$work/h" --road helper
is "no compiler: 4, what it is and how to get it" test "$status:$(grep -oE 'package gcc-99|--toolchain' <<<"$err" | sort -u | tr '\n' ' ')" = "4:--toolchain package gcc-99 "
is "nothing on standard output" test -z "$out"

# headers that refuse what kbuild refuses: a folder of modules with a space in its path
echo 'CONFIG_CC_VERSION_TEXT="gcc (none) 0"' >"$work/h/.config"
printf 'modules:\n\t@[ $(words $(M)) = 1 ] && touch $(M)/rxelab_helper.ko\n' >"$work/h/Makefile"
mkdir "$work/tmp dir"
TMPDIR="$work/tmp dir" run module build --headers "$work/h" --road helper --output "$work/built here"
is "a TMPDIR with a space is no place to build in" test "$status" -eq 0 -a -e "$work/built here/rxelab_helper.ko"

run module status --json
is "status: 0" test "$status" -eq 0
got=$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(*d)' <<<"$out")
is "status: valid JSON with its keys" test "$got" = "kernel rdma_rxe helper installed btf trust advice"
finish
