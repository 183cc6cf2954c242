/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privilege, modules, Secure Boot, locked memory. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "tools/doctor/doctor.h"

static void *try_namespace(void *rc)
{
	*(int *)rc = unshare(CLONE_NEWNET) ? errno : 0;
	return NULL;
}

void rx_check_privilege(struct rx_doctor *doctor)
{
	struct rx_finding *f;
	pthread_t thread;
	int rc = EAGAIN;

	if (!pthread_create(&thread, NULL, try_namespace, &rc))
		pthread_join(thread, NULL);
	f = rx_finding(doctor, "privilege", 0, rc ? RX_BLOCKS : RX_FINE, rx_outcome(rc),
		       "making a network namespace");
	if (!rc)
		return;
	RX_SAY(f->cause, "%s",
	       rc == EPERM ? "rxelab needs CAP_NET_ADMIN and CAP_SYS_ADMIN"
			   : "the kernel has no network namespaces to give");
	RX_SAY(f->cure, "sudo rxelab doctor; without root: rxelab vm -- rxelab doctor");
}

struct wanted {
	const char *name, *options, *what_for;
	bool needed;
};

static const struct wanted modules[] = {
	{"ib_uverbs", NULL, "how programs reach RDMA devices", true},
	{"rdma_rxe", NULL, "Soft-RoCE itself", true},
	{"rdma_ucm", NULL, "rdma_cm for programs", false},
	{"veth", NULL, "for the probe and link: veth", true},
	{"macvlan", NULL, "for link: macvlan and the hosted plane", true},
	{"bridge", NULL, "for parent: none and link: veth", false},
	{"8021q", NULL, "for vlan: ID", false},
	{"dummy", "numdummies=0", "for the hosted plane", false},
	{"udp_diag", NULL, "how UDP 4791 is seen", false},
	{"sch_netem", NULL, "for impair", false},
};

/* Modules that are missing for one and the same reason share a line. */
static void missing_module(struct rx_doctor *doctor, const struct wanted *module,
			   const struct rx_err *err)
{
	const char *reason = strstr(err->text, ": ") ? strstr(err->text, ": ") + 2 : err->text;
	struct rx_finding *f = doctor->n ? &doctor->finding[doctor->n - 1] : NULL;

	if (f && !strcmp(f->check, "module") && !strcmp(f->reply, reason)) {
		size_t used = strlen(f->tried);

		snprintf(f->tried + used, sizeof(f->tried) - used, ", %s", module->name);
		f->verdict = module->needed ? RX_BLOCKS : f->verdict;
		f->cause[0] = '\0';
		return;
	}
	f = rx_finding(doctor, "module", 10, module->needed ? RX_BLOCKS : RX_PROBLEM, reason,
		       "loading %s", module->name);
	RX_SAY(f->cause, "it is %s", module->what_for);
}

/* Up to 6.12 RXE has the kernel load these behind our back (rxe_icrc_init); loaded here they are
 * unloaded too. */
static void load_crc32(struct rx_doctor *doctor)
{
	static const char *const names[] = {"crc32_generic", "crc32_pclmul"};
	struct rx_err ignored;

	for (size_t i = 0; doctor->privileged && i < RX_ARRAY_SIZE(names); i++)
		if (rx_module_state(names[i]) == RX_MODULE_AVAILABLE)
			rx_module_load(names[i], NULL, &doctor->loaded, &ignored);
}

void rx_check_modules(struct rx_doctor *doctor)
{
	char there[200] = "";

	load_crc32(doctor);
	for (size_t i = 0; i < RX_ARRAY_SIZE(modules); i++) {
		struct rx_err err = {0};
		size_t used = strlen(there);

		if (doctor->privileged ? rx_module_load(modules[i].name, modules[i].options,
							&doctor->loaded, &err)
				       : rx_module_check(modules[i].name, &err)) {
			missing_module(doctor, &modules[i], &err);
			continue;
		}
		snprintf(there + used, sizeof(there) - used, "%s%s", used ? ", " : "",
			 modules[i].name);
		if (!strcmp(modules[i].name, "rdma_rxe"))
			doctor->have_rxe = doctor->privileged;
	}
	if (*there)
		rx_finding(doctor, "modules", 10, RX_FINE,
			   doctor->loaded.n ? "done; what had to be loaded is unloaded in the end"
					    : "done",
			   "%s %s", doctor->privileged ? "loading" : "looking for", there);
}

/* RXE's devices and sockets go asynchronously, so what was just used is busy for a moment. */
void rx_unload_modules(struct rx_doctor *doctor)
{
	double deadline = rx_now() + 5;

	for (size_t i = doctor->loaded.n; i-- > 0;) {
		struct rx_err ignored;

		while (rx_module_unload(doctor->loaded.name[i], &ignored) == -EBUSY &&
		       rx_now() < deadline)
			rx_wait_ms(50);
	}
	rx_module_list_free(&doctor->loaded);
}

/* The variable's last byte: 1 on, 0 off (UEFI specification, section 3.3). -1: no such variable. */
static int secure_boot(void)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	size_t length = 0;
	rx_autofree char *bytes = rx_file_text(path, 4096, &length);

	return length == 5 ? bytes[4] : -1;
}

void rx_check_secure_boot(struct rx_doctor *doctor)
{
	char lockdown[80] = "not there", enforce[8] = "N";
	int state = secure_boot();
	struct rx_finding *f = rx_finding(doctor, "secure-boot", 0, RX_FINE, NULL,
					  "reading Secure Boot and kernel lockdown");
	bool locked;

	rx_file_read("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	rx_file_read("/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	locked = strstr(lockdown, "[integrity]") || strstr(lockdown, "[confidentiality]") ||
		 enforce[0] == 'Y';
	RX_SAY(f->reply, "Secure Boot %s, lockdown %s, sig_enforce %s",
	       state < 0 ? "not there"
	       : state   ? "on"
			 : "off",
	       lockdown, enforce);
	if (!locked)
		return;
	f->verdict = RX_LIMIT;
	RX_SAY(f->cause, "the kernel takes signed modules only: the distribution's rdma_rxe loads, "
			 "one built here does not");
	RX_SAY(f->cure, "for rxelab module: sign it with a key of your own and enrol that with "
			"mokutil --import");
}

void rx_check_memlock(struct rx_doctor *doctor)
{
	struct rx_finding *f = rx_finding(doctor, "memlock", 10, RX_UNTRIED, "not root",
					  "a user without privileges locks %u MiB of memory",
					  RX_PINNED >> 20);
	struct rlimit limit = {0};
	int rc;

	if (!doctor->privileged)
		return;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	rc = rx_as_nobody(rx_try_lock, NULL);
	f->verdict = rc ? RX_LIMIT : RX_FINE;
	RX_SAY(f->reply, "%s", rx_outcome(rc));
	if (!rc)
		return;
	RX_SAY(f->cause, "the limit here is %llu KiB, and memory registered for RDMA counts",
	       (unsigned long long)limit.rlim_cur / 1024);
	RX_SAY(f->cure, "rxelab exec lifts it; elsewhere \"* - memlock unlimited\" in "
			"/etc/security/limits.conf, LimitMEMLOCK=infinity in a service, "
			"lxc.prlimit.memlock = unlimited in a container");
}
