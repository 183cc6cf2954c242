/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmod-helpers/modules/why.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"

bool rx_module_same(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

/* NAME in "a,b,c"? */
static bool in_list(const char *list, size_t length, const char *name)
{
	char word[64];

	for (size_t at = 0; at < length;) {
		size_t n = strcspn(list + at, ", \n\t");

		if (n > length - at)
			n = length - at;
		snprintf(word, sizeof(word), "%.*s", (int)n, list + at);
		if (rx_module_same(word, name))
			return true;
		at += n + 1;
	}
	return false;
}

static bool forbidden_by_cmdline(const char *name)
{
	static const char *const keys[] = {"module_blacklist=", "modprobe.blacklist=",
					   "rd.driver.blacklist="};
	char line[4096];

	if (rx_file_read("/proc/cmdline", line, sizeof(line)))
		return false;
	for (size_t i = 0; i < RX_ARRAY_SIZE(keys); i++)
		for (const char *at = line; (at = strstr(at, keys[i])); at++) {
			const char *list = at + strlen(keys[i]);

			if ((at == line || isspace((unsigned char)at[-1])) &&
			    in_list(list, strcspn(list, " \n\t"), name))
				return true;
		}
	return false;
}

/* Number of the line that forbids the module, 0 if none does. */
static unsigned forbidding_line(const char *path, const char *name)
{
	rx_autofile FILE *file = fopen(path, "re");
	char line[1024], verb[16], object[64];
	unsigned number = 0;

	while (file && fgets(line, sizeof(line), file)) {
		number++;
		if (sscanf(line, " %15s %63s", verb, object) == 2 && rx_module_same(object, name) &&
		    (!strcmp(verb, "blacklist") || !strcmp(verb, "install")))
			return number;
	}
	return 0;
}

static bool is_conf(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && !strcmp(name + length - 5, ".conf");
}

static bool forbidden_in(const char *folder, const char *name, char *where, size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned line = 0;

	while (dir && !line && (entry = readdir(dir))) {
		char path[512];

		if (!is_conf(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		line = forbidding_line(path, name);
		if (line)
			snprintf(where, size, "%s:%u", path, line);
	}
	if (dir)
		closedir(dir);
	return line;
}

bool rx_module_forbidden(const char *name, char *where, size_t size)
{
	/* modprobe.d(5), in the order of precedence */
	static const char *const folders[] = {
		"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d",
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(folders); i++)
		if (forbidden_in(folders[i], name, where, size))
			return true;
	if (!forbidden_by_cmdline(name))
		return false;
	snprintf(where, size, "the kernel command line");
	return true;
}

/* A function that only that part of the kernel has. */
static const char *own_symbol(const char *name)
{
	static const struct {
		const char *module, *symbol;
	} known[] = {
		{"macvlan", "macvlan_link_register"},
		{"veth", "veth_newlink"},
		{"bridge", "br_dev_setup"},
		{"8021q", "register_vlan_dev"},
		{"dummy", "dummy_setup"},
		{"ib_core", "ib_register_device"},
		{"rdma_rxe", "rxe_register_device"},
		{"ib_uverbs", "ib_uverbs_open"},
		{"rdma_cm", "rdma_bind_addr"},
		{"rdma_ucm", "ucma_open"},
		{"sch_netem", "netem_enqueue"},
		{"ib_cm", "ib_send_cm_req"},
		{"inet_diag", "inet_diag_dump_icsk"},
		{"udp_diag", "udp_diag_dump"},
	};

	for (size_t i = 0; i < RX_ARRAY_SIZE(known); i++)
		if (rx_module_same(known[i].module, name))
			return known[i].symbol;
	return NULL;
}

bool rx_kernel_has_symbol(const char *symbol)
{
	rx_autofile FILE *file = fopen("/proc/kallsyms", "re");
	char line[1024], found[512];

	while (file && fgets(line, sizeof(line), file))
		/* a symbol of a loaded module has its name behind it: "ADDRESS T symbol
		 * [module]" */
		if (sscanf(line, "%*s %*s %511s", found) == 1 && !strcmp(found, symbol) &&
		    !strchr(line, '['))
			return true;
	return false;
}

bool rx_module_in_kallsyms(const char *name)
{
	const char *symbol = own_symbol(name);

	return symbol && rx_kernel_has_symbol(symbol);
}

static void os_id(char *id, size_t size)
{
	rx_autofile FILE *file = fopen("/etc/os-release", "re");
	char line[256], value[128];

	*id = '\0';
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "ID=%127s", value) == 1 ||
		    sscanf(line, "ID_LIKE=%127[^\n]", value) == 1) {
			size_t used = strlen(id);

			snprintf(id + used, size - used, " %s", value);
		}
}

/* The package that holds what the distribution leaves out of its smallest kernel package. */
static void missing_package(const char *release, char *text, size_t size)
{
	char id[256];

	os_id(id, sizeof(id));
	if (strstr(release, "-cloud-") && strstr(id, "debian"))
		snprintf(text, size,
			 "Debian's cloud kernels leave it out: install linux-image-amd64 and boot "
			 "it");
	else if (strstr(id, "ubuntu"))
		snprintf(text, size, "install linux-modules-extra-%s", release);
	else if (strstr(id, "fedora") || strstr(id, "rhel") || strstr(id, "centos"))
		snprintf(text, size, "install kernel-modules-extra-%s", release);
	else if (strstr(id, "suse"))
		snprintf(text, size,
			 "install kernel-default in place of kernel-default-base and boot it");
	else if (strstr(id, "alpine"))
		snprintf(text, size, "install linux-lts in place of linux-virt and boot it");
	else
		snprintf(text, size, "boot a kernel that has it");
}

int rx_module_why_absent(const char *name, struct rx_err *err)
{
	struct utsname kernel;
	char folder[128], cure[256];

	uname(&kernel);
	snprintf(folder, sizeof(folder), "/lib/modules/%.64s", kernel.release);
	if (access("/proc/modules", F_OK))
		return rx_cannot(err, "module-missing", ENOENT,
				 "module %s: not in this kernel (%s), which was built without "
				 "loadable modules; boot a distribution's kernel, or use one in a "
				 "VM: rxelab vm -- rxelab ...",
				 name, kernel.release);
	if (access(folder, F_OK))
		return rx_cannot(err, "module-missing", ENOENT,
				 "module %s: there is no %s, the modules of the running kernel; "
				 "after a kernel upgrade reboot, in a container load it on the "
				 "host, else use a VM: rxelab vm -- rxelab ...",
				 name, folder);
	missing_package(kernel.release, cure, sizeof(cure));
	return rx_cannot(err, "module-missing", ENOENT,
			 "module %s: not in %s and not built into kernel %s; %s", name, folder,
			 kernel.release, cure);
}

int rx_module_why_forbidden(const char *name, const char *where, struct rx_err *err)
{
	if (*where != '/')
		return rx_cannot(err, "module-forbidden", EPERM,
				 "module %s: %s forbids loading it; boot without that word", name,
				 where);
	return rx_cannot(err, "module-forbidden", EPERM,
			 "module %s: %s forbids loading it; take that line out, or load it once by "
			 "hand (modprobe --ignore-install %s)",
			 name, where, name);
}

static bool reads_as(const char *path, const char *part)
{
	char line[256];

	return !rx_file_read(path, line, sizeof(line)) && strstr(line, part);
}

static bool may_load(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return !syscall(SYS_capget, &header, data) && (data[0].effective & (1u << CAP_SYS_MODULE));
}

static bool locked_down(void)
{
	return reads_as("/sys/kernel/security/lockdown", "[integrity]") ||
	       reads_as("/sys/kernel/security/lockdown", "[confidentiality]");
}

/* EPERM has five causes (kernel/module/main.c, kernel/module/signing.c), which only the
 * surroundings tell apart. */
static const char *why_refused(int code)
{
	if (code == EKEYREJECTED || code == ENOKEY || code == EBADMSG)
		return "its signature is not by a key this kernel trusts (Secure Boot or "
		       "module.sig_enforce); sign it and enrol the key with mokutil --import, or "
		       "use the distribution's own module";
	if (code != EPERM)
		return NULL;
	if (!may_load())
		return "this process lacks CAP_SYS_MODULE; load it on the host";
	if (reads_as("/proc/sys/kernel/modules_disabled", "1"))
		return "kernel.modules_disabled is 1, which only a reboot undoes";
	if (locked_down())
		return "the kernel is locked down (Secure Boot) and the module is not signed by a "
		       "key it trusts; sign it and enrol the key with mokutil --import";
	return "a security module or the kernel command line (module_blacklist=) forbids it";
}

int rx_module_why_failed(const char *name, const char *part, int code, const char *kernel_says,
			 struct rx_err *err)
{
	const char *why = why_refused(code);
	char of[96] = "";

	if (!rx_module_same(name, part))
		snprintf(of, sizeof(of), " (needed by %s)", name);
	if (!why && code == ENOEXEC)
		why = "the file is not for this kernel or damaged; reinstall the kernel's package";
	if (!why && code == ENOENT)
		why = "it needs symbols that what is loaded does not have: modules of two builds "
		      "are mixed; reinstall the kernel's package or reboot";
	if (!why && code == EINVAL)
		why = "an option it does not know, or a module of another build";
	return rx_cannot(err, "module-refused", code,
			 "module %s%s: loading it failed: %s%s%s%s%s%s", part, of, strerror(code),
			 *kernel_says ? ", the kernel said \"" : "", kernel_says,
			 *kernel_says ? "\"" : "", why ? "; " : "", why ? why : "");
}
