/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor --report: one text file with what a bug report needs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/file.h"
#include "netns/kernel/rtnl.h"
#include "netns/ledger/ledger.h"
#include "tools/cli/output.h"
#include "tools/cli/version.h"
#include "tools/doctor/doctor.h"

#define MOST (64u << 20) /* bytes of a file; a ledger of 1,000 endpoints has some MiB */

static void title(FILE *out, const char *text)
{
	fprintf(out, "\n=== %s ===\n", text);
}

static void copy(FILE *out, const char *path)
{
	rx_autofree char *text = rx_file_text(path, MOST, NULL);

	title(out, path);
	if (text)
		fputs(text, out);
	else
		fprintf(out, "(%s)\n", strerror(errno));
}

static void copy_folder(FILE *out, const char *folder)
{
	rx_autodir DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[600];

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.' && entry->d_type == DT_REG)
			copy(out, path);
	}
}

static void ledgers(FILE *out)
{
	rx_autodir DIR *dir = opendir(rx_state_dir);
	const char *name;
	char path[300];

	while ((name = rx_next_name(dir)))
		copy_folder(out, rx_ledger_path(name, "", path, sizeof(path)));
}

static void netdevs(FILE *out)
{
	rx_autofree struct rx_link_info *list = NULL;
	struct rx_nl nl = RX_NL_CLOSED;
	struct rx_err err = {0};
	size_t n = 0;

	title(out, "netdevs");
	if (rx_nl_open(&nl, NETLINK_ROUTE, "", &err) || rx_link_list(&nl, &list, &n, &err))
		fprintf(out, "(%s)\n", err.text);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%u %s kind=%s mtu=%u flags=%#x master=%u lower=%u vlan=%u alias=%s\n",
			list[i].ifindex, list[i].name, *list[i].kind ? list[i].kind : "-",
			list[i].mtu, list[i].flags, list[i].master, list[i].lower, list[i].vlan,
			*list[i].alias ? list[i].alias : "-");
	rx_nl_close(&nl);
}

static void names_in(FILE *out, const char *folder)
{
	rx_autodir DIR *dir = opendir(folder);
	const char *name;

	title(out, folder);
	while ((name = rx_next_name(dir)))
		fprintf(out, "%s\n", name);
}

/* The kernel's messages on RDMA and on us; the rest of the log is nobody's business. */
static void kernel_log(FILE *out)
{
	rx_autoclose int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	static const char *const words[] = {"rxe",    "rdma",     "infiniband", "ib_",    "rxl",
					    "uverbs", "Lockdown", "BUG",        "WARNING"};
	char record[2048];
	ssize_t n;

	title(out, "kernel messages on RDMA");
	if (log < 0)
		fprintf(out, "(/dev/kmsg: %s)\n", strerror(errno));
	while (log >= 0 && ((n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE)) {
		if (n <= 0)
			continue;
		record[n] = '\0';
		for (size_t i = 0; i < RX_ARRAY_SIZE(words); i++)
			if (strstr(record, words[i])) {
				fputs(record, out);
				break;
			}
	}
}

int rx_report_write(const struct rx_doctor *doctor, const char *path, struct rx_err *err)
{
	static const char *const files[] = {"/etc/os-release", "/proc/cmdline", "/proc/version",
					    "/proc/meminfo", "/proc/modules"};
	static const char *const folders[] = {"/sys/class/infiniband", "/dev/infiniband",
					      "/run/netns"};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	struct utsname kernel;

	if (!out)
		return rx_fail(err, "file-write", errno,
			       "%s: the report cannot be written there: %s", path, strerror(errno));
	uname(&kernel);
	fprintf(out,
		"rxelab %s on %s %s %s\n"
		"It holds names and addresses of this host's netdevs: read it before you publish "
		"it.\n",
		RX_VERSION, kernel.sysname, kernel.release, kernel.machine);
	title(out, "doctor");
	rx_findings_print(doctor, out);
	title(out, "doctor as JSON");
	rx_json_print(rx_findings_json(doctor), out);
	for (size_t i = 0; i < RX_ARRAY_SIZE(files); i++)
		copy(out, files[i]);
	netdevs(out);
	for (size_t i = 0; i < RX_ARRAY_SIZE(folders); i++)
		names_in(out, folders[i]);
	ledgers(out);
	kernel_log(out);
	if (fclose(out))
		return rx_fail(err, "file-write", errno, "%s: the report could not be written: %s",
			       path, strerror(errno));
	return 0;
}
