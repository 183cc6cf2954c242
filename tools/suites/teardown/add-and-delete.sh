# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600 s
# Two loops make and delete links of the same few names in one namespace: some adds find their name taken and fail, and in the
# end everything is gone.
# Kernel: rxe_newlink() and rxe_dellink() at the same time, and adds that fail between them; since f1327abd6abe (7.1) both count
# the namespace's UDP sockets (docs/dev/upstream/socket-reference.md).
. ./lib.sh
harmless 'failed to add|rxe_register_device failed|already configured|rxe'
modprobe dummy numdummies=0
in=()
if can namespace-data-path; then
	ip netns add t-a
	in=(ip netns exec t-a)
fi
# shellcheck disable=SC2016 # the shell in the namespace has the variables
counted=$("${in[@]}" bash -c '
	loop() {
		local made=0 taken=0
		for ((n = 0; n < 150; n++)); do
			if rdma link add t-r$((n % 2)) type rxe netdev "$1"; then made=$((made + 1)); else taken=$((taken + 1)); fi
			rdma link delete t-r$((n % 2))
		done 2>/dev/null
		echo $made $taken
	}
	ip link add t-d0 up type dummy && ip link add t-d1 up type dummy
	loop t-d0 &
	loop t-d1
	wait
	for n in 0 1; do rdma link delete t-r$n; done 2>/dev/null
	ip link del t-d0
	ip link del t-d1' | awk '{ made += $1; taken += $2 } END { print made + 0, taken + 0 }')
echo "# made, taken: $counted"
does "[made] most links were made" test "${counted% *}" -ge 100
does "no device is left" within 20 sh -c '! rdma link | grep -q "^link t-r"'
[ ${#in[@]} -eq 0 ] || does "the namespace goes" timeout 60 ip netns del t-a
does "a link can be made after it" sh -c 'ip link add t-d up type dummy && rdma link add t-r type rxe netdev t-d && rdma link delete t-r; ip link del t-d'
