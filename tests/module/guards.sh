#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guards.sh [KERNEL:TOOLCHAIN:SOURCE]...: the rxe source of each kernel is taken as it is, and refused, with the file
# named, after each of the changes below. Needs no VM; without arguments it takes what lies in the cache. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
rxelab=${RXELAB:-$PWD/build/rxelab}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rxelab
failed=0 n=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# FILE SED-EXPRESSION WHICH(all|sockets|mmap): a change after which the wrappers would not do what they say
doctor() {
	cat <<-'LIST'
	rxe_net.c|s/ib_alloc_device(rxe_dev, ib_dev)/ib_alloc_device(rxe_dev, ibdev)/|all
	rxe_net.c|s/^int rxe_net_add(.*/int rxe_net_add(const char *name, struct net_device *dev)/|all
	rxe_verbs.c|s/ib_set_device_ops(dev, &rxe_dev_ops);/ib_set_device_ops(dev, \&rxe_ops);/|all
	rxe_verbs.c|s/\.destroy_qp = rxe_destroy_qp,/.destroy_qp = rxe_qp_destroy,/|all
	rxe_verbs.c|s/^static int rxe_create_qp(/static int rxe_make_qp(/|all
	rxe_verbs.h|s/qp_gsi_index;/qp1_index;/|all
	rxe_verbs.h|s/u32\([[:space:]]*\)qp_gsi_index;/atomic_t\1qp_gsi_index;/|all
	rxe_qp.c|s/port->qp_gsi_index)/rxe_has_qp1(port))/|all
	rxe_qp.c|$aint cleared(struct rxe_port *p) { p->qp_gsi_index = 0; return 0; }|all
	rxe_recv.c|s/? port->qp_gsi_index :/? rxe_qp1(port) :/|all
	rxe.c|$aMODULE_VERSION("1");|all
	Makefile|s/rxe_verbs\.o/rxe_verbs_core.o/|all
	rxe_net.c|s/ip_route_output_key(&init_net, &fl)/ip_route_output_flow(\&init_net, \&fl, NULL)/|sockets
	rxe_net.c|s/recv_sockets\.sk6->sk),/recv_sockets.sk6->sk), \/* \*\/ 0 +/|sockets
	rxe_net.c|s/struct net_device \*ndev,/struct net_device *dev,/|sockets
	rxe_net.c|$astruct net *other(void) { return \&init_net ; }|sockets
	rxe_net.c|s/^void rxe_net_exit(void)/void rxe_net_leave(void)/|sockets
	rxe_net.c|s/udp_tunnel_sock_release(sk);/if (sk->sk) udp_tunnel_sock_release(sk);/|sockets
	rxe_net.h|s/int rxe_net_init(void);/int rxe_net_init(int);/|sockets
	rxe_mmap.c|s/vma->vm_ops = &rxe_vm_ops;/vma->vm_ops = ops;/|mmap
	rxe_mmap.c|s/vma->vm_private_data = ip;/vma->vm_private_data = \&ip->ref;/|mmap
	rxe_mmap.c|s/remap_vmalloc_range(vma, ip->obj, 0)/remap_pfn(vma, ip)/|mmap
	rxe_mmap.c|$avoid flags(struct vm_area_struct *v) { struct vm_area_struct *vma = v; vma->vm_flags \|= VM_DONTCOPY; }|mmap
	LIST
}

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; failed=1; fi
}

plan() { "$rxelab" -v module build --dry-run --road rebuild --kernel "$1" --toolchain "$2" --source "$3" >"$work/out" 2>&1; }
# refused_as ID WORD: what it said is of that kind, and names WORD
refused_as() { grep -qE "^rxelab: .*\b$2\b.* \[$1\]$" "$work/out"; }

one_kernel() {
	local kernel=$1 toolchain=$2 source=$3 rxe kind file change which
	mkdir -p "$work/$kernel"
	tar -xf "$source" -C "$work/$kernel" --strip-components=1 --wildcards --no-wildcards-match-slash \
		'*/drivers/infiniband/sw/rxe/*' '*/Makefile'
	rxe=$work/$kernel/drivers/infiniband/sw/rxe
	plan "$kernel" "$toolchain" "$work/$kernel"
	result $? "$kernel: taken as it is: $(sed -n 's/^provides *//p' "$work/out")"
	kind=all
	[ -e "$rxe/rxe_ns.c" ] || kind="$kind sockets"
	grep -q '\.disassociate_ucontext' "$rxe/rxe_verbs.c" || kind="$kind mmap"
	while IFS='|' read -r file change which; do
		[[ " $kind " == *" $which "* ]] || continue
		cp "$rxe/$file" "$work/kept"
		sed -i "${change//\\|/|}" "$rxe/$file"
		if cmp -s "$rxe/$file" "$work/kept"; then
			result 1 "$kernel: the change to $file does not apply: $change"
		else
			plan "$kernel" "$toolchain" "$work/$kernel"
			[ $? = 1 ] && refused_as source-unknown "($file|QP1)"
			result $? "$kernel: refused: $file: $change"
		fi
		cp "$work/kept" "$rxe/$file"
	done < <(doctor | sed 's/\\|/\x01/g' | sed 's/\x01/\\|/g')
	# the wrong version, and half a change of the kernel's own
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 250/' "$work/$kernel/Makefile"
	plan "$kernel" "$toolchain" "$work/$kernel"
	[ $? = 1 ] && refused_as source-differs 250
	result $? "$kernel: refused: another version of the tree"
	if [[ $kind == *sockets* ]]; then
		echo 'int x = register_pernet_subsys(&ops);' >"$rxe/rxe_ns.c"
		plan "$kernel" "$toolchain" "$rxe"
		[ $? = 1 ] && refused_as source-unknown rxe_ns.c
		result $? "$kernel: refused: half way to per-namespace sockets"
	fi
}

from_cache() {
	local root release file series
	for root in "$cache"/toolchains/*/; do
		for release in "$root"lib/modules/*/; do
			release=$(basename "$release") series=$(echo "$release" | cut -d. -f1,2)
			file=$(ls "$cache"/source/*/*/usr/src/linux-source-"$series".tar.xz 2>/dev/null | tail -n 1)
			[ -z "$file" ] || echo "$release:${root%/}:$file"
		done
	done
}

[ $# -gt 0 ] || mapfile -t list < <(from_cache)
for item in "${@:-${list[@]}}"; do
	IFS=: read -r kernel toolchain source <<<"$item"
	[ -z "$kernel" ] || one_kernel "$kernel" "$toolchain" "$source"
done
if [ $n = 0 ]; then echo "skip guards no kernel headers and sources in $cache (tools/module/fetch)"; fi
echo "1..$n"
exit $failed
