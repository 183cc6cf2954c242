/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command needs of the machine, said in one sentence before anything is tried. */
#include "tools/cli/requirements.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/cli/guess.h"

static int has_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return 0;
	return (data[0].effective & (1u << CAP_NET_ADMIN)) &&
	       (data[0].effective & (1u << CAP_SYS_ADMIN));
}

/* RXE can be had when InfiniBand's core is there, or a modules folder for the running kernel that
 * holds it. */
static int has_rxe(void)
{
	struct utsname kernel;
	char path[300];

	if (!access("/sys/class/infiniband", F_OK))
		return 1;
	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%.64s/modules.dep", kernel.release);
	return !access(path, F_OK);
}

#define BIT(capability) (1ull << (capability))

/* NET_ADMIN and SYS_ADMIN for the work, SYS_MODULE to load what is missing; the rest to look: at
 * the namespaces of other processes (SYS_PTRACE), at what the kernel said when a module would not
 * load (SYSLOG), at files of any mode; and for the device nodes of containers: to enter their mount
 * namespaces (SYS_CHROOT, mntns_install() in fs/namespace.c), to make nodes (MKNOD), to make a
 * folder as the owner of their /dev (SETUID, SETGID). */
#define KEPT \
	(BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_MODULE) | BIT(CAP_SYS_PTRACE) | \
	 BIT(CAP_SYSLOG) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | \
	 BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) | BIT(CAP_SETUID) | BIT(CAP_SETGID))

/* A program that is run by root gets its capabilities again (capabilities(7)), so container tools
 * are not hindered. */
static void drop_the_rest(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (__u32)(KEPT >> (32 * i));
		data[i].effective &= (__u32)(KEPT >> (32 * i));
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data))
		rx_trace("giving up capabilities: %s", strerror(errno));
}

int rx_prepare_lab(struct rx_invocation *inv, struct rx_err *err)
{
	return rx_guess_lab(inv->command, inv->operands[0], err);
}

int rx_require(unsigned needs, const char *command, struct rx_err *err)
{
	struct utsname kernel;

	if ((needs & RX_NEEDS_ROOT) && !has_capabilities())
		return rx_cannot(err, "not-root", EPERM,
				 "%s needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN); run it with "
				 "sudo, or try it in a VM without root: rxelab vm -- rxelab %s ...",
				 command, command);
	if ((needs & RX_NEEDS_RXE) && !has_rxe()) {
		uname(&kernel);
		return rx_cannot(err, "no-rxe", EOPNOTSUPP,
				 "%s: this kernel (%s) has no InfiniBand support and no modules "
				 "folder, so no RXE device can be made here; boot a kernel that "
				 "has rdma_rxe, or use one in a VM: rxelab vm -- rxelab %s ...",
				 command, kernel.release, command);
	}
	if (needs & RX_DROPS_REST)
		drop_the_rest();
	return 0;
}
