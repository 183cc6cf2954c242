#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# module: words, what is missing is named, exit statuses; nothing here touches a kernel.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

refused 2 operand-missing "without a word" module
refused 2 operand-unknown "an unknown word" module fly
is "... the words are listed" test "$(grep -owE 'build|load|install|status|remove' <<<"$err" | sort -u | wc -l)" -eq 5
refused 2 option-value "an unknown road" module build --road fastest
refused 4 headers-missing "no headers" module build --kernel 0.0.0-none
is "... the package is named" grep -qF linux-headers-0.0.0-none <<<"$err"
refused 4 headers-missing "no such headers" module build --headers "$work/nothing"
mkdir "$work/root"
refused 4 headers-missing "an empty root folder" module build --kernel 0.0.0-none --toolchain "$work/root"
is "... it is named" grep -qF "$work/root" <<<"$err"

# headers whose compiler is nowhere
mkdir -p "$work/h/include/generated/uapi/linux"
echo '#define UTS_RELEASE "0.0.0-none"' >"$work/h/include/generated/utsrelease.h"
echo '#define LINUX_VERSION_CODE 393648' >"$work/h/include/generated/uapi/linux/version.h"
echo 'CONFIG_CC_VERSION_TEXT="gcc-99 (Debian 99)"' >"$work/h/.config"
refused 4 program-missing "no compiler" module build --headers "$work/h" --road helper
is "... what it is and how to get it" test "$(grep -oE 'gcc-99|--toolchain' <<<"$err" | sort -u | xargs)" = "--toolchain gcc-99"

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
