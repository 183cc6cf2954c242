#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The template unit: installed with the right paths, and systemd finds nothing wrong with it.
cd "$(dirname "$0")/../.." || exit 1
place=$(mktemp -d "${TMPDIR:-/tmp}/rxelab test.XXXXXX")
trap 'rm -rf "$place"' EXIT
ok() { echo "ok $*"; }
not_ok() { echo "not ok $1"; shift; printf '# %s\n' "$@"; }
mkdir -p "$place/etc/rxelab" "$place/bin" "$place/units"
sed "s|@bindir@|$place/bin|" tools/systemd/rxelab@.service.in >"$place/units/rxelab@.service"
cp "${RXELAB:-build/rxelab}" "$place/bin/"
for line in 'ExecStart=".*/bin/rxelab" up /etc/rxelab/%i.yaml' 'ExecStop=".*/bin/rxelab" down %i' 'After=network-online.target' \
	'WantedBy=multi-user.target'; do
	if grep -qE "^$line" "$place/units/rxelab@.service"; then ok "unit: $line"; else not_ok "unit: $line"; fi
done
# a mount namespace of its own would hide the names under /run/netns
if grep -qE '^(Protect|Private|ReadOnly|ReadWrite|Inaccessible|TemporaryFileSystem|RootDirectory|MountFlags)' "$place/units/rxelab@.service"; then
	not_ok "unit: no mount namespace of its own"
else
	ok "unit: no mount namespace of its own"
fi
if ! command -v systemd-analyze >/dev/null; then
	echo "skip systemd-analyze verify: systemd-analyze is missing"
elif said=$(systemd-analyze verify --man=no --recursive-errors=no "$place/units/rxelab@.service" 2>&1) && [ -z "$said" ]; then
	ok "systemd-analyze verify"
else
	not_ok "systemd-analyze verify" "$said"
fi
