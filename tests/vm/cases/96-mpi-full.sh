# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Open MPI takes eight endpoints for eight hosts, started by `rxelab exec --rsh`; an all-to-all with checked payload runs over
# UCX on their RXE devices, as the devices' own counters say. Eight ranks that poll on two emulated processors are slow.
# limit: 600 s
. ./lib.sh
if ! command -v mpirun >/dev/null || ! command -v mpicc >/dev/null; then
	skip "MPI: openmpi-bin or libopenmpi-dev is missing (make deps-full)"
	exit 0
fi
ranks=8 rounds=3 bytes=65536
does "the program is compiled" mpicc -O1 -o "$WORK/alltoall" "$(dirname "$0")/../alltoall.c"
does "up" rxelab up --name m --parent eth0 --count $ranks --rdma-netns shared
rxelab env m --format hostfile >"$WORK/hosts"
is "the host file has every endpoint" $ranks "$(grep -c '^ep[1-8] slots=1$' "$WORK/hosts")"

# packets NAME: a counter of every device, in order; in shared RDMA mode only the host's sysfs has it
packets() { for ((i = 1; i <= ranks; i++)); do cat "/sys/class/infiniband/rxl.m.ep$i/ports/1/hw_counters/$1"; done; }
mapfile -t sent < <(packets sent_pkts)
mapfile -t received < <(packets rcvd_pkts)
# every endpoint believes that it has the whole machine: bound, as mpirun does it, all ranks would share the first
# processor. btl self: nothing but UCX can carry a byte to another rank
timeout 480 "$rx" exec m/ep1 -- mpirun --allow-run-as-root --hostfile "$WORK/hosts" \
	--mca plm_rsh_agent "rxelab exec --rsh" --mca pml ucx --mca osc ucx --mca btl self --mca mpi_yield_when_idle 1 --bind-to none \
	"$WORK/alltoall" $rounds $bytes >"$WORK/mpi" 2>&1
status=$?
is "mpirun: its status" 0 $status
[ $status -eq 0 ] || sed 's/^/# /' "$WORK/mpi" | tail -n 30
has "every rank had the right bytes" "^alltoall: $ranks ranks, $rounds rounds, $bytes bytes, 0 errors" "$(cat "$WORK/mpi")"
is "each rank was a host of its own" $ranks "$(grep -oE 'on ep[1-8]$' "$WORK/mpi" | sort -u | wc -l)"
# what each rank sends to the seven others, in packets of the RDMA MTU (1024 under an MTU of 1500)
least=$((rounds * (ranks - 1) * bytes / 1024))
mapfile -t sent_after < <(packets sent_pkts)
mapfile -t received_after < <(packets rcvd_pkts)
few=
for ((i = 0; i < ranks; i++)); do
	s=$((sent_after[i] - sent[i])) r=$((received_after[i] - received[i]))
	echo "# ep$((i + 1)): $s packets sent, $r received by its RXE device; the payload alone takes $least"
	[ $s -ge $least ] && [ $r -ge $least ] || few="$few ep$((i + 1))"
done
is "RDMA carried it: no device sent or received fewer packets than the payload takes" "" "$few"
does "down" rxelab down m
