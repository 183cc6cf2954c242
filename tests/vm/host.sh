# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by what boots guests: tests/run-vm, tests/run-two-hosts, tests/run-reliability.
# RXELAB_LOGS: where logs are left. RXELAB_DEADLINE: the second of the epoch at which the whole
# run ends.
# shellcheck disable=SC2034 # logs is for who sources this
logs=${RXELAB_LOGS:-$PWD/build/log}
mkdir -p "$logs"

# plane_of SUITE: the plane that its stock kernel has
plane_of() {
	case $1 in
	bookworm | trixie | bullseye | 5.* | 6.*) echo hosted ;;
	*) echo netns ;;
	esac
}

# limit_of SECONDS: so many, or what is left until the whole run ends
limit_of() {
	local left=$1
	[ -z "${RXELAB_DEADLINE:-}" ] || left=$((RXELAB_DEADLINE - $(date +%s)))
	echo $((left < $1 ? left : $1))
}
