# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of librdmacm: rdma_server, rstream (its sockets over RDMA), rcopy; perftest that connects by rdma_cm.
# Kernel: rdma_ucm in a namespace (shared mode), events of the connection manager.
. ./lib.sh
needs namespace-data-path
does "up" rxelab up --name cmr --parent none --count 2 --rdma-netns shared
head -c 1000000 /dev/urandom >"$WORK/data"
between cmr rdma_server 'rdma_server -p 7471' 'rdma_client -s ep1 -p 7471' 7471
between cmr rstream 'rstream -p 7472 -S 4096 -C 20' 'rstream -s ep1 -p 7472 -S 4096 -C 20' 7472
between cmr rcopy 'forever rcopy -p 7473' "rcopy $WORK/data ep1:$WORK/copied -p 7473" 7473
does "the copy is the file" cmp "$WORK/data" "$WORK/copied"
if command -v ib_send_bw >/dev/null; then
	between cmr 'ib_send_bw -R' 'ib_send_bw -R -F -n 200 -s 4096 -p 7474' 'ib_send_bw -R -F -n 200 -s 4096 -p 7474 ep1' 7474
else
	skip "ib_send_bw -R" "perftest is not installed"
fi
does "down" rxelab down cmr
