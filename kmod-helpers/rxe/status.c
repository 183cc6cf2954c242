/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/status.h"

#include <string.h>
#include <sys/utsname.h>

#include "kmod-helpers/build/btf.h"
#include "kmod-helpers/modules/kmod.h"
#include "netns/base/cleanup.h"

/* Vendor GUID of the global EFI variables (UEFI specification, 3.3). Four bytes of attributes, then
 * the value. */
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static bool read_word(const char *path, char *buf, size_t size)
{
	rx_autofile FILE *file = fopen(path, "re");

	*buf = '\0';
	if (!file || !fgets(buf, (int)size, file))
		return false;
	buf[strcspn(buf, " \n")] = '\0';
	return true;
}

bool rx_modinfo(const char *path, const char *key, char *buf, size_t size)
{
	rx_autoctx struct kmod_ctx *ctx = rx_kmod_new(NULL, NULL);
	rx_automodule struct kmod_module *module = NULL;
	struct kmod_list *info = NULL, *at;
	bool found = false;

	if (ctx && !kmod_module_new_from_path(ctx, path, &module) &&
	    kmod_module_get_info(module, &info) >= 0)
		kmod_list_foreach(at, info)
			if (!found && !strcmp(kmod_module_info_get_key(at), key)) {
				snprintf(buf, size, "%s", kmod_module_info_get_value(at));
				found = true;
			}
	if (info)
		kmod_module_info_free_list(info);
	return found;
}

static void read_file_of_rxe(struct rx_module_status *status)
{
	char provides[64];

	if (!rx_module_file("rdma_rxe", status->file, sizeof(status->file)))
		return;
	status->file_is_ours = rx_modinfo(status->file, "rxelab", provides, sizeof(provides));
	rx_modinfo(status->file, "signer", status->signer, sizeof(status->signer));
	if (status->file_is_ours && status->owner == RX_RXE_OURS)
		snprintf(status->provides, sizeof(status->provides), "%s", provides);
}

/* A rebuilt rdma_rxe that was loaded from the cache: what it promises stands in its file there. */
static void read_provides_from_cache(struct rx_module_status *status)
{
	char folder[RX_BUILD_PATH - 16], path[RX_BUILD_PATH];
	struct rx_err ignored;

	if (rx_module_folder(status->kernel, folder, sizeof(folder), &ignored))
		return;
	snprintf(path, sizeof(path), "%s/rdma_rxe.ko", folder);
	rx_modinfo(path, "rxelab", status->provides, sizeof(status->provides));
}

static void read_loaded_rxe(struct rx_module_status *status)
{
	struct rx_btf_rxe rxe;
	struct rx_err ignored;

	status->owner = rx_rxe_owner();
	if (status->owner == RX_RXE_OURS)
		read_word("/sys/module/rdma_rxe/version", status->version, sizeof(status->version));
	read_word("/sys/module/rdma_rxe/taint", status->taint, sizeof(status->taint));
	status->btf = !rx_btf_read_rxe(RX_BTF_DIR, &rxe, &ignored);
	if (!status->btf)
		return;
	status->sockets_per_netns = rxe.sockets_per_netns;
	status->disassociates = rxe.disassociates;
	status->gsi_offset = rxe.gsi_offset;
}

void rx_module_trust_read(struct rx_module_status *status)
{
	rx_autofile FILE *variable = fopen(SECURE_BOOT, "re"),
			 *lockdown = fopen("/sys/kernel/security/lockdown", "re");
	unsigned char value[5] = {0};
	char text[128], *at;

	if (variable && fread(value, 1, sizeof(value), variable) == sizeof(value))
		status->secure_boot = value[4] == 1;
	/* "none [integrity] confidentiality" */
	if (lockdown && fgets(text, sizeof(text), lockdown) && (at = strchr(text, '[')))
		snprintf(status->lockdown, sizeof(status->lockdown), "%.*s",
			 (int)strcspn(at + 1, "]"), at + 1);
	if (read_word("/sys/module/module/parameters/sig_enforce", text, sizeof(text)))
		status->sig_enforce = *text == 'Y' || *text == '1';
	if (read_word("/proc/sys/kernel/tainted", text, sizeof(text)))
		status->kernel_taint = strtoul(text, NULL, 10);
}

void rx_module_status_read(struct rx_module_status *status)
{
	struct utsname kernel;

	memset(status, 0, sizeof(*status));
	uname(&kernel);
	snprintf(status->kernel, sizeof(status->kernel), "%.64s", kernel.release);
	read_loaded_rxe(status);
	read_file_of_rxe(status);
	if (status->owner == RX_RXE_OURS && !*status->provides)
		read_provides_from_cache(status);
	status->helper_loaded = rx_helper_loaded();
	status->helper_available = rx_helper_available(status->helper_file,
						       sizeof(status->helper_file));
	if (!status->helper_available)
		*status->helper_file = '\0';
	rx_module_trust_read(status);
}

bool rx_module_wants_signature(const struct rx_module_status *status)
{
	return status->sig_enforce || !strcmp(status->lockdown, "integrity") ||
	       !strcmp(status->lockdown, "confidentiality");
}

const char *rx_rxe_owner_name(enum rx_rxe_owner owner)
{
	static const char *const names[] = {"none", "distribution", "rxelab", "built-in"};

	return names[owner];
}

const char *rx_module_advice(const struct rx_module_status *status, char *buf, size_t size)
{
	const char *text = "";

	if (status->owner == RX_RXE_BUILTIN)
		text = "rdma_rxe is part of this kernel's image: it cannot be replaced, and the "
		       "helper finds no BTF for it";
	else if (status->owner == RX_RXE_OURS)
		text = "";
	else if (status->owner == RX_RXE_NOT_LOADED && !*status->file)
		text = "this kernel has no rdma_rxe that could be loaded; rxelab doctor says which "
		       "package holds it, or boot another kernel: rxelab vm";
	else if (rx_module_wants_signature(status))
		text = "this kernel loads only modules signed by a key it trusts: make one (rxelab "
		       "module install does, by DKMS), enrol it with mokutil --import "
		       "/var/lib/dkms/mok.pub, boot and confirm it in the boot menu";
	else if (status->owner == RX_RXE_NOT_LOADED)
		text = "load rdma_rxe (modprobe rdma_rxe) to see what it can do";
	else if (!status->btf)
		text = "this kernel has no BTF, so the helper cannot be used; rebuild: rxelab "
		       "module build --road rebuild";
	else if (!status->sockets_per_netns)
		text = "traffic inside network namespaces needs a rebuilt rdma_rxe: rxelab module "
		       "build, then rxelab module load";
	else if (!status->helper_loaded)
		text = status->helper_available
			       ? "rdma_cm in exclusive mode needs the helper: rxelab module load"
			       : "rdma_cm in exclusive mode needs the helper: rxelab module build, "
				 "then load";
	snprintf(buf, size, "%s", text);
	return buf;
}
