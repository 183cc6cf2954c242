/* SPDX-License-Identifier: GPL-2.0-or-later */
/* census [-q] [-m] [FILE [SECONDS]]: everything that a lab could leave behind, one fact a line,
 * read from the kernel by a program that shares no code with rxelab. Without FILE: print it. With
 * FILE: compare until nothing differs or SECONDS have passed, print what differs ("-" as in FILE,
 * "+" as now) and exit with 1. -q: without /proc/sys/net, which takes most of the time; lines of
 * FILE that speak of it do not count then. -m: what the loading of a module brings is no
 * difference. The same by thirty programs in a shell takes ten times as long in emulation. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <rdma/rdma_netlink.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SYSCTLS "/proc/sys/net"

struct lines {
	char **line;
	size_t n, room;
};

static void add(struct lines *lines, const char *fmt, ...)
{
	va_list ap;

	if (lines->n == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 4096;
		lines->line = realloc(lines->line, lines->room * sizeof(*lines->line));
	}
	va_start(ap, fmt);
	if (!lines->line || vasprintf(&lines->line[lines->n++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->line[i]);
	lines->n = 0;
}

/* ---- netlink: every attribute of every object, but for what counts or ages by itself ---- */

struct kind {
	const char *name;
	int request, reply;
	size_t header;                     /* bytes of the fixed header */
	const uint16_t *skip;              /* attributes that change by themselves; ends with 0 */
	uint16_t label;                    /* attribute shown as text; 0: none */
};

/* AF_SPEC holds counters (its settings are read from /proc/sys), LINKINFO a foreign bridge's
 * timers */
static const uint16_t skip_link[] = {IFLA_STATS,
				     IFLA_STATS64,
				     IFLA_AF_SPEC,
				     IFLA_LINKINFO,
				     IFLA_CARRIER_CHANGES,
				     IFLA_CARRIER_UP_COUNT,
				     IFLA_CARRIER_DOWN_COUNT,
				     0};
static const uint16_t skip_addr[] = {IFA_CACHEINFO, 0}, skip_route[] = {RTA_CACHEINFO, 0};
static const uint16_t skip_neigh[] = {NDA_CACHEINFO, NDA_PROBES, 0};
static const uint16_t skip_qdisc[] = {TCA_STATS, TCA_STATS2, TCA_XSTATS, 0}, skip_rule[] = {0};

static const struct kind kinds[] = {
	{"netdev", RTM_GETLINK, RTM_NEWLINK, sizeof(struct ifinfomsg), skip_link, IFLA_IFNAME},
	{"address", RTM_GETADDR, RTM_NEWADDR, sizeof(struct ifaddrmsg), skip_addr, IFA_LABEL},
	{"route", RTM_GETROUTE, RTM_NEWROUTE, sizeof(struct rtmsg), skip_route, 0},
	{"rule", RTM_GETRULE, RTM_NEWRULE, sizeof(struct fib_rule_hdr), skip_rule, 0},
	{"neighbour", RTM_GETNEIGH, RTM_NEWNEIGH, sizeof(struct ndmsg), skip_neigh, 0},
	{"qdisc", RTM_GETQDISC, RTM_NEWQDISC, sizeof(struct tcmsg), skip_qdisc, TCA_KIND},
};

struct dump {
	struct lines *lines;
	const struct kind *kind;
};

static bool skipped(const struct kind *kind, uint16_t type)
{
	for (const uint16_t *skip = kind->skip; *skip; skip++)
		if (*skip == type)
			return true;
	return false;
}

static void put_hex(FILE *out, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x", ((const uint8_t *)bytes)[i]);
}

/* A neighbour comes and goes by itself, unless it is permanent. */
static bool wanted(const struct kind *kind, const struct nlmsghdr *message)
{
	const struct ndmsg *neigh = mnl_nlmsg_get_payload(message);

	return message->nlmsg_type == kind->reply &&
	       (kind->reply != RTM_NEWNEIGH || neigh->ndm_state & NUD_PERMANENT);
}

static int on_object(const struct nlmsghdr *message, void *arg)
{
	struct dump *dump = arg;
	const struct kind *kind = dump->kind;
	const struct nlattr *attr;
	const char *label = "";
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!wanted(kind, message))
		return MNL_CB_OK;
	out = open_memstream(&text, &size);
	if (!out)
		return MNL_CB_ERROR;
	put_hex(out, mnl_nlmsg_get_payload(message), kind->header);
	mnl_attr_for_each(attr, message, kind->header) {
		uint16_t type = mnl_attr_get_type(attr);

		if (kind->label && type == kind->label)
			label = mnl_attr_get_str(attr);
		if (skipped(kind, type))
			continue;
		fprintf(out, " %u=", type);
		put_hex(out, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	}
	fclose(out);
	add(dump->lines, "%s %s %s", kind->name, label, text);
	free(text);
	return MNL_CB_OK;
}

static int talk(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t fn, void *arg)
{
	static char buf[1 << 17];
	static unsigned sequence;
	ssize_t got;
	int rc = 1;

	request->nlmsg_seq = ++sequence;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -1;
	while (rc > 0 && (got = mnl_socket_recvfrom(socket, buf, sizeof(buf))) > 0)
		rc = mnl_cb_run(buf, (size_t)got, sequence, mnl_socket_get_portid(socket), fn, arg);
	return rc;
}

static void netlink_facts(struct lines *lines)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buf[256];

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		abort();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct dump dump = {lines, &kinds[i]};
		struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

		request->nlmsg_type = (uint16_t)kinds[i].request;
		request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		memset(mnl_nlmsg_put_extra_header(request, kinds[i].header), 0, kinds[i].header);
		if (talk(socket, request, on_object, &dump) < 0)
			add(lines, "%s: the dump failed: %s", kinds[i].name, strerror(errno));
	}
	mnl_socket_close(socket);
}

static int on_rdma(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, 0) {
		if (mnl_attr_get_type(attr) == RDMA_NLDEV_ATTR_DEV_NAME)
			add(arg, "rdma device %s", mnl_attr_get_str(attr));
		if (mnl_attr_get_type(attr) == RDMA_NLDEV_SYS_ATTR_NETNS_MODE)
			add(arg, "rdma namespace mode shared=%u", mnl_attr_get_u8(attr));
	}
	return MNL_CB_OK;
}

/* The socket alone would load ib_core. */
static void rdma_facts(struct lines *lines)
{
	static const struct {
		uint16_t command, flags;
	} questions[] = {{RDMA_NLDEV_CMD_GET, NLM_F_DUMP}, {RDMA_NLDEV_CMD_SYS_GET, NLM_F_ACK}};
	struct mnl_socket *socket;
	char buf[64];

	if (access("/sys/class/infiniband", F_OK))
		return;
	socket = mnl_socket_open2(NETLINK_RDMA, SOCK_CLOEXEC);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		abort();
	for (size_t i = 0; i < 2; i++) {
		struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

		request->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, questions[i].command);
		request->nlmsg_flags = NLM_F_REQUEST | questions[i].flags;
		if (talk(socket, request, on_rdma, lines) < 0)
			add(lines, "rdma: the query failed: %s", strerror(errno));
	}
	mnl_socket_close(socket);
}

/* ---- files ---- */

/* Deprecated names (the kernel complains of whoever reads them), and what counts by itself. */
static bool unsettled(const char *name)
{
	static const char *const names[] = {
		"base_reachable_time", "retrans_time", "flush",
		"stable_secret", "nf_conntrack_count", "nf_conntrack_buckets"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void file_fact(struct lines *lines, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[4096];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = 0;
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = '|';
	add(lines, "%s: %s", path, text);
}

/* Every file under path, with what is in it or (contents false) its name alone. */
static void tree_facts(struct lines *lines, const char *path, bool contents)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char below[1024];

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (!contents)
			add(lines, "file %s", below);
		else if (entry->d_type == DT_REG && !unsettled(entry->d_name))
			file_fact(lines, below);
		if (entry->d_type == DT_DIR)
			tree_facts(lines, below, contents);
	}
	if (dir)
		closedir(dir);
}

/* false with errno set: it cannot be read. */
static bool each_line(const char *path, void (*take)(struct lines *lines, char *line),
		      struct lines *lines)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		take(lines, line);
	}
	free(line);
	return file && !fclose(file);
}

/* From the field that begins at the third space; numbers of mount groups left out. */
static void mount_fact(struct lines *lines, char *line)
{
	char root[1024], point[1024], options[1024];
	const char *kind = strstr(line, " - ");

	if (kind && sscanf(line, "%*s %*s %*s %1023s %1023s %1023s", root, point, options) == 3)
		add(lines, "mount %s %s %s%s%s", root, point, options,
		    strstr(line, " shared:") ? " shared" : "", kind);
}

static void module_fact(struct lines *lines, char *line)
{
	add(lines, "module %.*s", (int)strcspn(line, " "), line);
}

static bool matches(const char *text, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(patterns[i], text, 0))
			return true;
	return false;
}

/* Is a program of this name started by a lab, by its tests or by its users? */
static bool is_ours(const char *name)
{
	static const char *const ours[] = {"rxelab", "rping", "ucmatose", "udaddy", "mckey",
					   "iperf3", "qperf", "ibv_*", "ib_*"};

	return matches(name, ours, sizeof(ours) / sizeof(*ours));
}

/* Each namespace that a process lives in, and each process of ours. */
static void process_facts(struct lines *lines)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], target[256];
	ssize_t length;
	const char *name;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		if (length > 0)
			add(lines, "namespace of a process %.*s", (int)length, target);
		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = 0;
		name = strrchr(target, '/');
		if (name && is_ours(name + 1))
			add(lines, "a process of %s", name + 1);
	}
	if (dir)
		closedir(dir);
}

static bool quick, modules_may_come;

/* Is this fact one that the loading of a module brings? "ip netns add" makes /run/netns a mount and
 * leaves it so; the first RDMA device brings the control files, and the mode is known only while
 * ib_core is loaded. */
static bool is_of_a_module(const char *line)
{
	static const char *const brought[] = {"module *",
					      "rdma namespace mode shared=1",
					      "mount /netns /run/netns *",
					      "file /run/netns",
					      "file /dev/infiniband",
					      "file /dev/infiniband/rdma_cm",
					      "file /dev/infiniband/by-*",
					      "file /dev/infiniband/issm*",
					      "file /dev/infiniband/umad*"};
	static const char *const lasting[] = {SYSCTLS "/ipv4/*", SYSCTLS "/ipv6/*",
					      SYSCTLS "/core/*"};

	return matches(line, brought, sizeof(brought) / sizeof(*brought)) ||
	       (!strncmp(line, SYSCTLS, strlen(SYSCTLS)) &&
		!matches(line, lasting, sizeof(lasting) / sizeof(*lasting)));
}

/* Does a fact count, as the options have it? */
static bool counts(const char *line)
{
	return !(quick && !strncmp(line, SYSCTLS, strlen(SYSCTLS))) &&
	       !(modules_may_come && is_of_a_module(line));
}

static void take(struct lines *lines)
{
	static const char *const names[] = {"/run/rxelab", "/run/netns", "/run/lock/rxelab",
					    "/etc/netns", "/dev/infiniband"};
	size_t kept = 0;

	forget(lines);
	netlink_facts(lines);
	rdma_facts(lines);
	each_line("/proc/modules", module_fact, lines);
	each_line("/proc/self/mountinfo", mount_fact, lines);
	process_facts(lines);
	if (!quick)
		tree_facts(lines, SYSCTLS, true);
	file_fact(lines, "/sys/kernel/rcu_expedited");
	file_fact(lines, "/etc/hosts");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!access(names[i], F_OK))
			add(lines, "file %s", names[i]);
		tree_facts(lines, names[i], false);
	}
	qsort(lines->line, lines->n, sizeof(*lines->line), by_text);
	for (size_t i = 0; i < lines->n; i++) {
		if ((kept && !strcmp(lines->line[i], lines->line[kept - 1])) ||
		    !counts(lines->line[i]))
			free(lines->line[i]);
		else
			lines->line[kept++] = lines->line[i];
	}
	lines->n = kept;
}

/* ---- comparing ---- */

static void known_fact(struct lines *lines, char *line)
{
	if (counts(line))
		add(lines, "%s", line);
}

static void load(struct lines *lines, const char *path)
{
	if (!each_line(path, known_fact, lines)) {
		fprintf(stderr, "census: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	qsort(lines->line, lines->n, sizeof(*lines->line), by_text);
}

static size_t compare(const struct lines *was, const struct lines *now, FILE *out)
{
	size_t i = 0, k = 0, differences = 0;

	while (i < was->n || k < now->n) {
		int order = i == was->n ? 1 : k == now->n ? -1 : strcmp(was->line[i], now->line[k]);

		if (order && out)
			fprintf(out, "%c %.300s\n", order < 0 ? '-' : '+',
				order < 0 ? was->line[i] : now->line[k]);
		differences += order != 0;
		i += order <= 0;
		k += order >= 0;
	}
	return differences;
}

static double monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct lines was = {0}, now = {0};
	double deadline;

	for (; argc > 1 && *argv[1] == '-'; argc--, argv++) {
		quick |= !strcmp(argv[1], "-q");
		modules_may_come |= !strcmp(argv[1], "-m");
	}
	deadline = monotonic() + (argc > 2 ? strtod(argv[2], NULL) : 0);
	if (argc < 2) {
		take(&now);
		for (size_t i = 0; i < now.n; i++)
			puts(now.line[i]);
		return fflush(stdout) ? 2 : 0;
	}
	load(&was, argv[1]);
	for (take(&now); compare(&was, &now, NULL) && monotonic() < deadline; take(&now))
		poll(NULL, 0, 50);
	return compare(&was, &now, stdout) ? 1 : 0;
}
