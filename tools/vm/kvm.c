/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /dev/kvm can exist, make VMs and vcpus, and still not run a kernel: where the processor's
 * virtualisation is itself emulated, KVM interprets the guest's instructions and stops at the first
 * that its interpreter does not know (arch/x86/kvm/emulate.c). So run one that it does not know:
 * x87 arithmetic. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "tools/vm/vm.h"

#define PROBE_MS 1000
#define PROBE_PORT 0x10
#define PROBE_ADDRESS 0x1000

/* Real mode: fld1; fistp [0x1100]; mov ax, [0x1100]; out PROBE_PORT, ax; hlt */
static const uint8_t probe_code[] = {
	0xd9, 0xe8, 0xdf, 0x1e, 0x00, 0x11, 0xa1, 0x00, 0x11, 0xe7, PROBE_PORT, 0xf4,
};

static int start_at_probe(int vcpu)
{
	struct kvm_regs regs = {.rip = PROBE_ADDRESS, .rflags = 2};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs.base = sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}

/* In a child: 0 when the guest's OUT arrived with its 1, else an errno. Descriptors end with the
 * child. */
static int run_probe(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu, size, rc;
	struct kvm_userspace_memory_region region = {.guest_phys_addr = PROBE_ADDRESS,
						     .memory_size = 4096};
	struct kvm_run *run;
	uint8_t *page;

	if (kvm < 0 || (vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0 ||
	    (vcpu = ioctl(vm, KVM_CREATE_VCPU, 0)) < 0)
		return errno;
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (size < (int)sizeof(*run) || page == MAP_FAILED)
		return ENOMEM;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return errno;
	memcpy(page, probe_code, sizeof(probe_code));
	region.userspace_addr = (uintptr_t)page;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		return errno;
	rc = start_at_probe(vcpu);
	if (rc)
		return -rc;
	if (ioctl(vcpu, KVM_RUN, 0))
		return errno;
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != PROBE_PORT ||
	    *((uint8_t *)run + run->io.data_offset) != 1)
		return EPROTO;
	return 0;
}

bool rx_vm_kvm_works(const char **why)
{
	struct pollfd ended = {.events = POLLIN};
	int status, code = ETIMEDOUT;
	pid_t child;

	if (access("/dev/kvm", R_OK | W_OK)) {
		*why = errno == ENOENT ? "there is no /dev/kvm" : "this user may not open /dev/kvm";
		return false;
	}
	child = fork();
	if (!child)
		_exit(run_probe());
	*why = "the probe could not be started";
	if (child < 0)
		return false;
	ended.fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (ended.fd >= 0 && poll(&ended, 1, PROBE_MS) == 1)
		code = 0;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	if (!code)
		code = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	rx_cleanup_fd(&ended.fd);
	*why = code == ETIMEDOUT ? "/dev/kvm is there, but ran no instruction within a second"
	       : code == EPROTO  ? "/dev/kvm is there, but only interprets the guest's instructions"
				 : strerror(code);
	return !code;
}
