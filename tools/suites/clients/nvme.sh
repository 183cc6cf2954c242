# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# NVMe over RDMA between two hosted endpoints: the kernel's own target and host, no program at all; what is written
# through the one arrives in the other's file.
# Kernel: nvmet-rdma, nvme-rdma (drivers/nvme), which know init_net alone; rdma_cm of the kernel, a bound source.
. ./lib.sh
modprobe -a nvmet-rdma nvme-rdma 2>/dev/null || skip_case "the kernel has no nvmet-rdma or nvme-rdma"
harmless 'nvme|NVMe|loop: module loaded|rxe_completer|non-flush error'
c=/sys/kernel/config
mountpoint -q $c || { mount -t configfs none $c && mounted=yes; }
does "up" rxelab up --name nv --parent none --count 2 --plane hosted --rdma-netns shared
address() { ip -4 -o address show | awk -v dev="$1" '$2 == dev { sub("/.*", "", $4); print $4; exit }'; }
look nv
target=$(address "${lab[ep1.netdev]}") host=$(address "${lab[ep2.netdev]}")
disk=/dev/shm/t-disk # a file of the overlay would give a disk with blocks of 0 bytes
truncate -s 8M $disk
head -c 1M /dev/urandom >"$WORK/data"
s=$c/nvmet/subsystems/t-disk p=$c/nvmet/ports/1
offer() {
	mkdir $s $s/namespaces/1 $p && echo 1 >$s/attr_allow_any_host && echo $disk >$s/namespaces/1/device_path &&
		echo 1 >$s/namespaces/1/enable && echo rdma >$p/addr_trtype && echo ipv4 >$p/addr_adrfam &&
		echo "$target" >$p/addr_traddr && echo 4420 >$p/addr_trsvcid && ln -s $s $p/subsystems/t-disk
}
does "the target offers a file" offer
a=$(hw_counter rxl.nv.ep1 rcvd_pkts) b=$(hw_counter rxl.nv.ep2 sent_pkts)
does "the host connects" timeout 60 sh -c "echo 'transport=rdma,traddr=$target,trsvcid=4420,nqn=t-disk,host_traddr=$host' >/dev/nvme-fabrics"
does "its disk is there" within 20 test -b /dev/nvme0n1
does "a MiB is written" timeout 60 dd "if=$WORK/data" of=/dev/nvme0n1 bs=64k oflag=direct conv=nocreat
does "it is what the target's file begins with" cmp -n 1048576 "$WORK/data" $disk
is "the host's device has sent, the target's received, a thousand packets each" "1 1" \
	"$(($(hw_counter rxl.nv.ep2 sent_pkts) > b + 1000)) $(($(hw_counter rxl.nv.ep1 rcvd_pkts) > a + 1000))"
does "disconnected" timeout 60 sh -c 'echo 1 >/sys/class/nvme/nvme0/delete_controller'
rm -f $p/subsystems/t-disk
echo 0 >$s/namespaces/1/enable
rmdir $p $s/namespaces/1 $s
rm $disk
does "down" rxelab down nv
[ -z "${mounted:-}" ] || umount $c
