/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/rxe/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod-helpers/modules/kmod.h"
#include "netns/base/cleanup.h"
#include "netns/base/file.h"

/* Vendor GUID of the global EFI variables (UEFI specification, 3.3). Four bytes of attributes, then
 * the value. */
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

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

void rx_module_trust_read(struct rx_module_trust *trust)
{
	size_t length;
	rx_autofree char *variable = rx_file_text(SECURE_BOOT, 16, &length);
	char text[128], *at;

	trust->secure_boot = variable && length >= 5 && variable[4] == 1;
	/* "none [integrity] confidentiality" */
	if (!rx_file_read("/sys/kernel/security/lockdown", text, sizeof(text)) &&
	    (at = strchr(text, '[')))
		snprintf(trust->lockdown, sizeof(trust->lockdown), "%.*s",
			 (int)strcspn(at + 1, "]"), at + 1);
	if (!rx_file_read("/sys/module/module/parameters/sig_enforce", text, sizeof(text)))
		trust->sig_enforce = *text == 'Y' || *text == '1';
	if (!rx_file_read("/proc/sys/kernel/tainted", text, sizeof(text)))
		trust->kernel_taint = strtoul(text, NULL, 10);
}

bool rx_module_wants_signature(const struct rx_module_trust *trust)
{
	return trust->sig_enforce || !strcmp(trust->lockdown, "integrity") ||
	       !strcmp(trust->lockdown, "confidentiality");
}
