#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# env -f LAB.yaml: what can be known of an endpoint before the lab is up, in forms that their readers take.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"
cat >"$work/lab.yaml" <<'LAB'
name: quad
parent: eth0
subnet: 10.9.0.0/24
endpoints:
  - {name: a, ipv4: 10.9.0.10}
  - {name: b}
LAB
chmod 644 "$work/lab.yaml"
show() { run env "$1" --format "$2" -f "$work/lab.yaml"; }

show quad/a shell
is "shell: exit 0, nothing on standard error" test "$status:$err" = 0:
got=$(unset RXELAB_DEV && eval "$out" && echo "$RXELAB_LAB $RXELAB_ENDPOINT $RXELAB_DEV $RXELAB_IPV4 $UCX_NET_DEVICES $NCCL_IB_HCA")
is "shell: eval sets the variables" test "$got" = "quad a rxl.quad.a 10.9.0.10 rxl.quad.a:1 =rxl.quad.a:1"
is "shell: every line is an export" test -z "$(grep -vE '^export [A-Z_0-9]+=' <<<"$out")"
is "shell: addresses have no prefix length" test -z "$(grep -E 'IPV[46]=.*/' <<<"$out")"
for dash in dash busybox; do
	command -v "$dash" >/dev/null || continue
	words=("$dash")
	[ "$dash" = dash ] || words+=(sh)
	# shellcheck disable=SC2016 # that shell is to expand it
	got=$("${words[@]}" -euc 'eval "$1"; echo "$RXELAB_ENDPOINT$RXELAB_GID_INDEX"' - "$out")
	is "shell: $dash reads it too, with set -u" test "$got" = a
done
run env quad/a -f "$work/lab.yaml"
is "shell is the default" test "${out:0:7}" = "export "

show quad/a json
is "json: exit 0" test "$status" -eq 0
got=$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["RXELAB_DEV"], d["RXELAB_GID_INDEX"])' <<<"$out")
is "json: valid, null for what is not known" test "$got" = "rxl.quad.a None"
run env quad/a --json -f "$work/lab.yaml"
is "--json is short for --format json" test "${out:0:1}" = "{"

show quad/a cdi
got=$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["cdiVersion"], d["kind"], d["devices"][0]["name"])' <<<"$out")
is "cdi: valid, kind and name" test "$got" = "0.3.0 rxelab/endpoint quad.a"
show quad/a lxc
is "lxc: lines of key = value" test -z "$(grep -vE '^(#.*|lxc\.[a-z0-9.]+ = .+)$' <<<"$out")"
is "lxc: memlock" grep -qx 'lxc.prlimit.memlock = unlimited' <<<"$out"
show quad/a podman
is "podman: one line of options" test "$(wc -l <<<"$out"):${out:0:2}" = 1:--
show quad/a udev
is "udev: a rule for the netdev and one for the device node" \
	test "$(grep -c '^ACTION!="remove", SUBSYSTEM==' <<<"$out")" -eq 2
show quad hostfile
is "hostfile: one line for each endpoint" test "$out" = $'a slots=1\nb slots=1'

refused 2 endpoint-unknown "an endpoint that the file does not have" env quad/c -f "$work/lab.yaml"
refused 2 lab-differs "another lab's name" env other/a -f "$work/lab.yaml"
if nobody_works; then
	NOBODY=1 run env quad/a -f "$work/lab.yaml"
	is "no privilege is needed" test "$status" -eq 0
else
	skip "no privilege is needed" "privilege cannot be given away here"
fi
finish
