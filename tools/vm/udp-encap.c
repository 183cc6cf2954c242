/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In an emulated guest: keep the kernel from switching its code for encapsulated UDP on and off.
 *
 * The first RXE's sockets switch it on, and the last one's off (udp_tunnel_encap_enable,
 * net/ipv4/udp.c), which patches code in place: an int3 first, and at last the instruction's first
 * byte. QEMU drops its translation of a place just before it writes there, so another processor may
 * translate the old byte again and keep that int3 for ever: "Oops: int3" some time later, where
 * nothing is wrong. Measured on 6.12.117 and 7.3.4: in make test 9 in 10 such switches are
 * these. */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/cli/output.h"
#include "tools/vm/vm.h"

int rx_vm_hold_udp_encap(void)
{
	const int family[2] = {AF_INET, AF_INET6}, encapsulation = UDP_ENCAP_L2TPINUDP;

	/* whoever ends all rxelab processes by name does not mean this one */
	prctl(PR_SET_NAME, "udp-encap");
	for (int i = 0; i < 2; i++) {
		int fd = socket(family[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd < 0 ||
		    setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encapsulation, sizeof(encapsulation))) {
			rx_warn("vm: the kernel's code for encapsulated UDP is not kept on, the "
				"emulator may trip over it: %s",
				strerror(errno));
			return RX_FAILED;
		}
	}
	for (;;)
		pause();
}
