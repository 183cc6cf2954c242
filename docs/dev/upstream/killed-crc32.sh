#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A modprobe of crc32_generic that is killed (SIGKILL) just as cryptomgr_schedule_test() starts its thread: the algorithm is
# never tested, and whoever asks for crc32, RXE among them, waits a minute for ETIMEDOUT, until the next boot.
# killed-crc32.sh [TRIES]. Exit 0: TRIES (300) kills did no harm; 1: the bug. Needs root; /proc/crypto tells.
set -u
tries=${1:-300}
trap 'ip link del crcdummy 2>/dev/null' EXIT
modprobe -qr crc32_pclmul crc32_generic
for _ in 1 2 3; do
	began=$(date +%s%N)
	modprobe crc32_generic
	took=$((($(date +%s%N) - began) / 1000))
	modprobe -r crc32_generic
done
echo "modprobe crc32_generic takes $took us; killing it at $tries instants"
for ((i = 0; i < tries; i++)); do
	# the later half: before that the file is being read
	at=$((took / 2 + took * (i % 100) / 150))
	{ timeout -s KILL "$(printf '%d.%06d' $((at / 1000000)) $((at % 1000000)))" modprobe crc32_generic; } 2>/dev/null
	if dmesg | grep -q 'WARNING:.*crypto_\(schedule\|wait_for\)_test'; then
		echo "kill $i, after $at us:"
		dmesg | grep -A 3 'WARNING:.*crypto_'
		break
	fi
	for _ in 1 2 3 4 5; do modprobe -r crc32_generic 2>/dev/null && break; done
done
[ $i -lt "$tries" ] || { echo "no harm"; exit 0; }
modprobe rdma_rxe
ip link add crcdummy type dummy
ip link set crcdummy up
began=$SECONDS
rdma link add crcrxe type rxe netdev crcdummy && echo "RXE was added after $((SECONDS - began)) s" && rdma link delete crcrxe ||
	echo "RXE was refused after $((SECONDS - began)) s"
exit 1
