/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/load.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "kmod-helpers/modules/insert.h"
#include "kmod-helpers/modules/kmod.h"
#include "kmod-helpers/modules/why.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/rxe/trust.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"

static int explain_insert(const char *path, int rc, struct rx_err *err)
{
	const char *why = "";

	/* what <linux/kprobes.h> answers, and what the linker does, where there are none */
	if (rc == -EOPNOTSUPP || rc == -ENOSYS ||
	    (rc == -ENOENT && !rx_kernel_has_symbol("register_kprobe")))
		why = "; this kernel was built without CONFIG_KPROBES, which " RX_HELPER_MODULE
		      " needs";
	else if (rc == -ENOEXEC)
		why = "; it was built for another kernel: build it again";
	else if (rc == -EKEYREJECTED || rc == -EPERM)
		why = "; Secure Boot or lockdown refuses a module that is not signed by a key the "
		      "kernel trusts: rxelab module status says what to do";
	else if (rc == -EINVAL)
		why = "; the kernel's log says more (dmesg)";
	return rx_fail(err, "module-refused", -rc, "loading %s: %s%s", path, strerror(-rc), why);
}

/* Said before the kernel says no. */
static int check_signature(const char *path, struct rx_err *err)
{
	struct rx_module_trust trust = {0};
	char signer[128];

	rx_module_trust_read(&trust);
	if (!rx_module_wants_signature(&trust) ||
	    rx_modinfo(path, "signer", signer, sizeof(signer)))
		return 0;
	return rx_cannot(err, "module-unsigned", EKEYREJECTED,
			 "%s is not signed, and this kernel (%s%s) loads only signed modules; "
			 "rxelab module install signs it with DKMS's key, which mokutil --import "
			 "/var/lib/dkms/mok.pub enrols",
			 path, trust.secure_boot ? "Secure Boot, " : "",
			 trust.sig_enforce ? "sig_enforce" : "lockdown");
}

static int insert(const char *path, const char *options, struct rx_err *err)
{
	rx_autoctx struct kmod_ctx *ctx = rx_kmod_new(NULL, NULL);
	rx_automodule struct kmod_module *module = NULL;
	struct rx_insertion done = {.rc = ctx ? 0 : -errno};

	if (check_signature(path, err))
		return -err->code;
	if (!done.rc)
		done.rc = kmod_module_new_from_path(ctx, path, &module);
	if (!done.rc)
		rx_module_insert(module, options, &done);
	rx_trace("insert %s %s: %s", path, options ? options : "",
		 done.rc ? strerror(-done.rc) : "done");
	return done.rc && done.rc != -EEXIST ? explain_insert(path, done.rc, err) : 0;
}

/* What depmod would have said, had the module been installed. */
static int load_dependencies(const char *path, struct rx_module_list *loaded_now,
			     struct rx_err *err)
{
	char names[512] = "", *rest = names, *name;

	rx_modinfo(path, "depends", names, sizeof(names));
	while ((name = strsep(&rest, ",")))
		if (*name && rx_module_load(name, NULL, loaded_now, err))
			return -err->code;
	return 0;
}

/* A helper of 0.1 makes no table short, and wants a number that this program does not look for. */
static int check_loaded(struct rx_err *err)
{
	return rx_helper_gids()
		       ? 0
		       : rx_fail(err, "helper-differs", EINVAL,
				 "the loaded " RX_HELPER_MODULE
				 " is that of another version of rxelab; unload it "
				 "(rmmod " RX_HELPER_MODULE "), or boot again if it is in use");
}

int rx_helper_load(struct rx_module_list *loaded_now, struct rx_err *err)
{
	char path[RX_BUILD_PATH];

	if (rx_helper_loaded())
		return check_loaded(err);
	if (!rx_helper_available(path, sizeof(path)))
		return rx_cannot(err, "module-missing", ENOENT,
				 "there is no " RX_HELPER_MODULE
				 " for kernel %s yet; build it: rxelab module build",
				 rx_kernel_release());
	if (load_dependencies(path, loaded_now, err) || insert(path, NULL, err))
		return -err->code;
	if (loaded_now)
		rx_module_list_add(loaded_now, RX_HELPER_MODULE);
	return 0;
}

int rx_helper_unload(struct rx_err *err)
{
	int rc = rx_helper_loaded() ? rx_module_unload(RX_HELPER_MODULE, err) : 0;

	if (rc == -EBUSY)
		return rx_fail(err, "module-busy", EBUSY,
			       RX_HELPER_MODULE
			       " stays loaded: RXE devices that it changed exist (rdma link)");
	return rc;
}

/* An RXE device has no parent device, and its uverbs node shows whatever namespace it is in:
 * /sys/dev/char is not namespaced. siw looks alike; unloading beside a siw device is refused too,
 * which is safe. */
static bool find_device(char *name, size_t size)
{
	DIR *dir = opendir("/sys/dev/char");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char path[300], target[300];
		ssize_t n;

		snprintf(path, sizeof(path), "/sys/dev/char/%.255s", entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (!strstr(target, "/virtual/infiniband_verbs/"))
			continue;
		found = true;
		snprintf(path, sizeof(path), "/sys/dev/char/%.255s/ibdev", entry->d_name);
		if (rx_file_read(path, name, size))
			snprintf(name, size, "%s", strrchr(target, '/') + 1);
	}
	if (dir)
		closedir(dir);
	return found;
}

int rx_rxe_unload(struct rx_err *err)
{
	char device[64];

	if (rx_module_state("rdma_rxe") != RX_MODULE_LOADED)
		return 0;
	if (find_device(device, sizeof(device)))
		return rx_fail(err, "module-busy", EBUSY,
			       "rdma_rxe cannot be unloaded: RXE device %s exists; take the labs "
			       "down (rxelab down --all) and delete other links (rdma link delete "
			       "%s)",
			       device, device);
	return rx_module_unload("rdma_rxe", err);
}

int rx_module_try(const char *name, const char *path, struct rx_err *err)
{
	rx_autoctx struct kmod_ctx *ctx = rx_kmod_new(NULL, NULL);
	rx_automodule struct kmod_module *module = NULL;
	int rc = ctx ? kmod_module_new_from_path(ctx, path, &module) : -errno;

	if (rx_module_state(name) != RX_MODULE_LOADED)
		return 0;
	if (!rc)
		rc = kmod_module_insert_module(module, 0, NULL);
	rx_trace("try %s: %s", path, strerror(-rc));
	return rc && rc != -EEXIST ? explain_insert(path, rc, err) : 0;
}

int rx_rxe_replace(const char *path, struct rx_err *err)
{
	bool was_loaded = rx_module_state("rdma_rxe") == RX_MODULE_LOADED;
	struct rx_err first;

	if (check_signature(path, err) || rx_module_try("rdma_rxe", path, err) ||
	    rx_rxe_unload(err))
		return -err->code;
	if (!load_dependencies(path, NULL, err) && !insert(path, NULL, err))
		return 0;
	first = *err;
	if (was_loaded && rx_module_load("rdma_rxe", NULL, NULL, err)) {
		*err = first;
		return rx_wrap(err, "the rdma_rxe of before does not load again either "
				    "(modprobe rdma_rxe)");
	}
	*err = first;
	return -err->code;
}
