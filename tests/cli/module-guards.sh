#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# module build --dry-run: a source that has what our wrappers rely on is taken, and refused, with the file named, after
# each change to it. The source here is a skeleton of those constructs alone; tests/module/guards.sh does the same to
# the kernels' own sources, where they are.
# shellcheck source-path=SCRIPTDIR source=lib.bash disable=SC2016 # the dollars are sed's, or for eval
. "$(dirname "$0")/lib.bash"

for program in gcc make; do
	command -v $program >/dev/null || { skip "guards" "$program is missing"; finish; exit; }
done
mkdir -p "$work/h/include/generated/uapi/linux"
echo '#define UTS_RELEASE "6.1.0-0-none"' >"$work/h/include/generated/utsrelease.h"
echo '#define LINUX_VERSION_CODE 393648' >"$work/h/include/generated/uapi/linux/version.h"
echo 'CONFIG_CC_VERSION_TEXT="gcc (none) 0"' >"$work/h/.config"

# shellcheck source=rxe-skeleton.bash
. "$(dirname "$0")/rxe-skeleton.bash"
# plan KIND: what would be built from it
plan=(module build --dry-run --road rebuild --headers "$work/h" --source)
plan() { run "${plan[@]}" "$work/$1"; }

# doctored KIND FILE SED-EXPRESSION [NAME]: refused after the change, by the name of the file, or by NAME; taken again
# without it
doctored() {
	local file=$work/$1/$2
	cp "$file" "$work/kept"
	sed -i "$3" "$file"
	if cmp -s "$file" "$work/kept"; then
		not_ok "$1: the change applies: $2: $3" "it changes nothing"
		return
	fi
	refused 1 source-unknown "$1: refused: $2: $3" "${plan[@]}" "$work/$1"
	is "... by name" grep -qwF "${4:-$2}" <<<"$err"
	cp "$work/kept" "$file"
}

for kind in old new; do
	skeleton $kind
	plan $kind
	is "$kind: taken as it is" test "$status:$(sed -n 's/^provides *//p' <<<"$out")" = "0:netns,move,in-place,gsi"
	doctored $kind rxe_net.c 's/ib_alloc_device(rxe_dev, ib_dev)/ib_alloc_device(rxe_dev, ibdev)/'
	doctored $kind rxe_net.c 's/struct net_device \*ndev)/struct net_device *dev)/'
	doctored $kind rxe_verbs.c 's/ib_set_device_ops(dev, &rxe_dev_ops)/ib_set_device_ops(dev, \&rxe_ops)/'
	doctored $kind rxe_verbs.c '$a void other(void) { ib_set_device_ops(dev, &more); }'
	doctored $kind rxe_verbs.c 's/\.destroy_qp = rxe_destroy_qp/.destroy_qp = rxe_qp_destroy/'
	doctored $kind rxe_verbs.c 's/^static int rxe_create_qp/static int rxe_make_qp/'
	doctored $kind rxe_verbs.h 's/u32 qp_gsi_index/atomic_t qp_gsi_index/'
	doctored $kind rxe_qp.c 's/&& port->qp_gsi_index/\&\& rxe_has_qp1(port)/'
	doctored $kind rxe_qp.c '$a void bye(void) { port->qp_gsi_index = 0; }' QP1
	doctored $kind rxe_recv.c 's/port->qp_gsi_index/rxe_qp1(port)/'
	doctored $kind rxe.c '$a MODULE_VERSION("1");'
	doctored $kind Makefile 's/rxe_verbs\.o/rxe_verbs_core.o/'
done
doctored old rxe_net.c 's/ip_route_output_key(&init_net, &fl)/ip_route_output_flow(\&init_net, \&fl, NULL)/'
doctored old rxe_net.c 's/recv_sockets\.sk6->sk, &fl6/NULL, \&fl6/'
doctored old rxe_net.c '$a struct net *other(void) { return &init_net; }'
doctored old rxe_net.c 's/^void rxe_net_exit/void rxe_net_leave/'
doctored old rxe_net.c 's/if (sk)/if (sk->sk)/'
doctored old rxe_net.h 's/(void)/(int)/'
doctored old rxe_mmap.c 's/vm_ops = &rxe_vm_ops/vm_ops = ops/'
doctored old rxe_mmap.c 's/vm_private_data = ip;/vm_private_data = \&ip->ref;/'
doctored old rxe_mmap.c '$a void flags(struct vm_area_struct *vma) { vma->vm_flags |= VM_DONTCOPY; }'

# white space and comments are not what a source is judged by
sed -i 's|(&init_net, &fl)|(\&init_net, /* the host */\n\t\t\&fl)|' "$work/old/rxe_net.c"
plan old
is "old: another line break and a comment: taken" test "$status" = 0
# per-namespace sockets announced and not used: neither road
echo 'int init(void) { return register_pernet_subsys(&rxe_net_ops); }' >"$work/old/rxe_ns.c"
refused 1 source-unknown "old: half way to per-namespace sockets" "${plan[@]}" "$work/old"
is "... by name" grep -qF rxe_ns.c <<<"$err"
finish
