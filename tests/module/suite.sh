# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One boot: the scripts that TESTS names, one after the other. rdma_rxe is unloaded between them.
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")
status=0
# what the scripts start most; not for install.sh, whose compiler is that of another root folder
case " $TESTS " in
*" install "*) ;;
*)
	to_memory bash ip rdma ss timeout grep awk cat rping mckey ibv_rc_pingpong ibv_uc_pingpong ibv_ud_pingpong ib_send_bw ib_write_lat "$RXELAB"
	export RXELAB=/dev/shm/rxl/rxelab
	;;
esac
for test in $TESTS; do
	echo "# --- $test"
	(exec bash "$here/$test.sh") || status=1
	for n in $(ip netns list 2>/dev/null | awk '{ print $1 }'); do umount "/run/netns/$n" 2>/dev/null; ip netns del "$n" 2>/dev/null; done
	ip link del p0 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmmod rdma_rxe 2>/dev/null; [ -e /sys/module/rdma_rxe ] || break; read -rt 0.3 <&7; done
	for _ in 1 2 3 4 5 6 7 8 9 10; do rdma system set netns shared 2>/dev/null && break; read -rt 0.3 <&7; done
done
exit $status
