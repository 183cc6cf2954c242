/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "kmod-helpers/build/btf.h"
#include "kmod-helpers/build/build.h"
#include "kmod-helpers/build/files.h"
#include "kmod-helpers/modules/kmod.h"
#include "kmod-helpers/rxe/owner.h"
#include "kmod-helpers/rxe/trust.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"

static int explain_insert(const char *path, int rc, struct rx_err *err)
{
	const char *why = "";

	if (rc == -ENOEXEC)
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
	int rc = ctx ? kmod_module_new_from_path(ctx, path, &module) : -errno;

	if (check_signature(path, err))
		return -err->code;
	if (!rc)
		rc = kmod_module_insert_module(module, 0, options);
	rx_trace("insert %s %s: %s", path, options ? options : "", rc ? strerror(-rc) : "done");
	return rc && rc != -EEXIST ? explain_insert(path, rc, err) : 0;
}

/* A helper with the offset of another rdma_rxe would write somewhere else. */
static int check_loaded_offset(unsigned offset, struct rx_err *err)
{
	char text[32];

	if (rx_file_read("/sys/module/" RX_HELPER_MODULE "/parameters/gsi_offset", text,
			 sizeof(text)) ||
	    strtoul(text, NULL, 10) == offset)
		return 0;
	return rx_fail(err, "helper-differs", EINVAL,
		       "the loaded " RX_HELPER_MODULE " has gsi_offset=%s, but the loaded rdma_rxe "
		       "wants %u; unload it (rmmod " RX_HELPER_MODULE
		       "), or boot again if it is in use",
		       text, offset);
}

static int load_beside(const struct rx_btf_rxe *rxe, struct rx_module_list *loaded_now, bool *early,
		       struct rx_err *err)
{
	bool uverbs = rx_module_state("ib_uverbs") == RX_MODULE_LOADED;
	char path[RX_BUILD_PATH], options[40];

	if (rx_helper_loaded())
		return check_loaded_offset(rxe->gsi_offset, err);
	if (!rxe->sockets_per_netns)
		return rx_cannot(err, "helper-not-enough", EOPNOTSUPP,
				 "the helper is not enough here: this kernel's rdma_rxe has its "
				 "sockets in the host's namespace only; rebuild it: rxelab module "
				 "build --road rebuild");
	if (!rx_helper_available(path, sizeof(path)))
		return rx_cannot(err, "module-missing", ENOENT,
				 "there is no " RX_HELPER_MODULE
				 " for kernel %s yet; build it: rxelab module build",
				 rx_kernel_release());
	snprintf(options, sizeof(options), "gsi_offset=%u", rxe->gsi_offset);
	*early = rxe->disassociates || !uverbs;
	if (insert(path, options, err))
		return -err->code;
	if (loaded_now)
		rx_module_list_add(loaded_now, RX_HELPER_MODULE);
	return 0;
}

int rx_helper_load(struct rx_module_list *loaded_now, bool *early, struct rx_err *err)
{
	struct rx_btf_rxe rxe;
	int rc;

	*early = true;
	rc = rx_module_load("rdma_rxe", NULL, loaded_now, err);
	if (rc || rx_rxe_owner() == RX_RXE_OURS)
		return rc;
	rc = rx_btf_read_rxe(RX_BTF_DIR, &rxe, err);
	return rc ? rc : load_beside(&rxe, loaded_now, early, err);
}

int rx_kernel_log_end(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* The next device that has no parent device, as RXE's have none, in whatever namespace it is: its
 * uverbs node is there, since /sys/dev/char is not namespaced. siw looks alike; what is not done
 * beside a siw device is safe. */
static bool next_device(DIR *dir, char *name, size_t size)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[300], target[300];
		ssize_t n;

		snprintf(path, sizeof(path), "/sys/dev/char/%.255s", entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (!strstr(target, "/virtual/infiniband_verbs/"))
			continue;
		snprintf(path, sizeof(path), "/sys/dev/char/%.255s/ibdev", entry->d_name);
		if (rx_file_read(path, name, size))
			snprintf(name, size, "%s", strrchr(target, '/') + 1);
		return true;
	}
	return false;
}

static bool find_device(char *name, size_t size)
{
	DIR *dir = opendir("/sys/dev/char");
	bool found = next_device(dir, name, size);

	if (dir)
		closedir(dir);
	return found;
}

/* Before ib_uverbs is loaded there are no nodes: RXE devices that this namespace sees; no other
 * driver has this file. */
static unsigned count_devices(void)
{
	DIR *dir = opendir("/sys/dev/char");
	unsigned n = 0;
	char name[64];
	glob_t found;

	while (next_device(dir, name, sizeof(name)))
		n++;
	if (dir)
		closedir(dir);
	if (n || glob("/sys/class/infiniband/*/parent", 0, NULL, &found))
		return n;
	n = (unsigned)found.gl_pathc;
	globfree(&found);
	return n;
}

int rx_helper_judge(int log, struct rx_err *err)
{
	unsigned refused = 0, devices = count_devices();
	char line[1024], said[256] = "";
	struct rx_err ignored;
	ssize_t n;

	/* EPIPE: records were lost, the next read goes on */
	while (log >= 0 &&
	       ((n = read(log, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE))) {
		line[n > 0 ? n : 0] = '\0';
		if (!strstr(line, RX_HELPER_MODULE ": ") || !strstr(line, "hands off"))
			continue;
		refused++;
		snprintf(said, sizeof(said), "%.*s",
			 (int)strcspn(strchr(line, ';') ? strchr(line, ';') + 1 : line, "\n"),
			 strchr(line, ';') ? strchr(line, ';') + 1 : line);
	}
	if (!refused || refused < devices)
		return 0;
	rx_helper_unload(&ignored);
	return rx_fail(err, "helper-refused", EBUSY,
		       "%s took none of the %u RXE devices (the kernel's log: %s); delete and make "
		       "them again (rdma link), with the helper loaded in between",
		       RX_HELPER_MODULE, refused, said);
}

int rx_helper_unload(struct rx_err *err)
{
	int rc = rx_helper_loaded() ? rx_module_unload(RX_HELPER_MODULE, err) : 0;

	if (rc == -EBUSY)
		return rx_fail(err, "module-busy", EBUSY,
			       RX_HELPER_MODULE
			       " stays loaded until the next boot: before 7.3 it changes "
			       "operations of RXE devices, and so must not go");
	return rc;
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

/* What depmod would have said, had the module been installed. */
static int load_dependencies(const char *path, struct rx_err *err)
{
	char names[512] = "", *rest = names, *name;

	rx_modinfo(path, "depends", names, sizeof(names));
	while ((name = strsep(&rest, ",")))
		if (*name && rx_module_load(name, NULL, NULL, err))
			return -err->code;
	return 0;
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
	if (!load_dependencies(path, err) && !insert(path, NULL, err))
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
