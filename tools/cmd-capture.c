/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "netns/plan/facts.h"
#include "netns/view/view.h"
#include "tools/cli/command.h"
#include "tools/cli/output.h"
#include "tools/cli/pcap-lazy.h"
#include "tools/cli/stop.h"

#define SNAPLEN 65535
#define MOST_BUFFER (8u << 20)  /* bytes of each netdev's, in the kernel */
#define LEAST_BUFFER (1u << 18) /* a few hundred frames: less loses some at once */
#define DESCRIPTORS 4           /* of each: socket, event, file, and one to enter a namespace */
#define POLL_MS 200

struct options {
	const char *file, *filter, *format;
	unsigned count;
	double duration;
};

/* One netdev that is listened to. */
struct tap {
	const struct rx_node_view *node;
	const struct rx_iface_view *iface;
	pcap_t *pcap;
	pcap_dumper_t *dump;
	char path[512];
	unsigned long packets;
	unsigned dropped; /* by the kernel: they came too fast */
};

static const struct rx_option options[] = {
	RX_STRING("write", 'w', file, "FILE.pcap",
		  "where to (default LAB.pcap); of a whole lab FILE-ENDPOINT.pcap for each; -: "
		  "standard output"),
	RX_STRING("filter", 0, filter, "EXPR",
		  "what to keep, as pcap-filter(7) (default \"udp port 4791\": RoCE v2); \"\" "
		  "keeps everything"),
	RX_UINT("count", 'c', count, "N", "stop after N packets"),
	RX_SECONDS("duration", 't', duration, "stop after S seconds (default: until interrupted)"),
	RX_OPTION_JSON(struct options, format),
	{NULL},
};

static int fail_pcap(struct tap *tap, const char *what, struct rx_err *err)
{
	return rx_fail(err, "capture", EIO, "endpoint \"%s\": netdev %s: cannot %s: %s",
		       tap->node->want->name, tap->iface->netdev, what, pcap_geterr(tap->pcap));
}

static int set_filter(struct tap *tap, const char *filter, struct rx_err *err)
{
	struct bpf_program program;
	int rc;

	if (!*filter)
		return 0;
	if (pcap_compile(tap->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN))
		return rx_usage(err, "option-value", "--filter: \"%s\": %s", filter,
				pcap_geterr(tap->pcap));
	rc = pcap_setfilter(tap->pcap, &program);
	pcap_freecode(&program);
	return rc ? fail_pcap(tap, "set the filter", err) : 0;
}

/* The socket keeps working from any namespace once it was opened in the right one. */
static int open_tap(struct tap *tap, const char *filter, unsigned buffer, struct rx_err *err)
{
	char problem[PCAP_ERRBUF_SIZE] = "";
	const char *netns, *netdev = rx_view_wire(tap->node, tap->iface, &netns);
	int home, rc;

	if (rx_ns_enter(netns, &home, err))
		return -err->code;
	tap->pcap = pcap_create(netdev, problem);
	if (tap->pcap) {
		pcap_set_snaplen(tap->pcap, SNAPLEN);
		pcap_set_buffer_size(tap->pcap, (int)buffer);
		pcap_set_immediate_mode(tap->pcap, 1);
	}
	rc = tap->pcap ? pcap_activate(tap->pcap) : 0;
	rx_ns_leave(&home);
	if (!tap->pcap)
		return rx_fail(err, "capture", EIO, "endpoint \"%s\": netdev %s: %s",
			       tap->node->want->name, tap->iface->netdev, problem);
	if (rc < 0)
		return fail_pcap(tap, "listen to it", err);
	if (pcap_setnonblock(tap->pcap, 1, problem))
		return rx_fail(err, "capture", EIO, "endpoint \"%s\": %s", tap->node->want->name,
			       problem);
	return set_filter(tap, filter, err);
}

/* quad.pcap -> quad-ep1.pcap, or quad-ep1-red.pcap where an endpoint has several netdevs. */
static void name_file(struct tap *tap, const char *file, bool whole_lab)
{
	const char *dot = strrchr(file, '.'),
		   *end = dot && !strchr(dot, '/') ? dot : file + strlen(file);
	bool several = tap->node->n_ifaces > 1;

	if (!whole_lab && !several)
		snprintf(tap->path, sizeof(tap->path), "%s", file);
	else
		snprintf(tap->path, sizeof(tap->path), "%.*s-%s%s%s%s", (int)(end - file), file,
			 tap->node->want->name, several ? "-" : "",
			 several ? tap->iface->network : "", *end ? end : ".pcap");
}

static int open_file(struct tap *tap, struct rx_err *err)
{
	tap->dump = pcap_dump_open(tap->pcap, tap->path);
	if (!tap->dump)
		return rx_fail(err, "capture", EIO, "%s", pcap_geterr(tap->pcap));
	/* with its header in it the file says to whoever waits that frames are being taken from now
	 * on */
	return pcap_dump_flush(tap->dump)
		       ? rx_fail(err, "output-write", errno, "%s: %s", tap->path, strerror(errno))
		       : 0;
}

static void keep(unsigned char *arg, const struct pcap_pkthdr *header, const unsigned char *bytes)
{
	struct tap *tap = (struct tap *)arg;

	pcap_dump((unsigned char *)tap->dump, header, bytes);
	tap->packets++;
}

static unsigned long total(const struct tap *tap, size_t n)
{
	unsigned long packets = 0;

	while (n--)
		packets += tap[n].packets;
	return packets;
}

static bool more(const struct options *o, const struct tap *tap, size_t n, double began)
{
	return !rx_stopped && (!o->count || total(tap, n) < o->count) &&
	       (o->duration <= 0 || rx_now() < began + o->duration);
}

static int listen_to(const struct options *o, struct tap *tap, size_t n, struct rx_err *err)
{
	rx_autofree struct pollfd *ready = rx_alloc(n, sizeof(*ready));
	double began = rx_now();
	size_t i;
	int left;

	for (i = 0; i < n; i++)
		ready[i] = (struct pollfd){.fd = pcap_get_selectable_fd(tap[i].pcap),
					   .events = POLLIN};
	while (more(o, tap, n, began)) {
		poll(ready, n, POLL_MS);
		for (i = 0; i < n; i++) {
			left = o->count ? (int)(o->count - total(tap, n)) : -1;
			if (left && pcap_dispatch(tap[i].pcap, left, keep,
						  (unsigned char *)&tap[i]) == PCAP_ERROR)
				return fail_pcap(&tap[i], "read from it (did it go down?)", err);
		}
		rx_progress("capture: %lu packets, %.0f s", total(tap, n), rx_now() - began);
	}
	return 0;
}

static int close_taps(struct tap *tap, size_t n, int rc, struct rx_err *err)
{
	struct pcap_stat stat = {0};
	size_t i;

	rx_progress_clear();
	for (i = 0; i < n; i++) {
		if (tap[i].dump && pcap_dump_flush(tap[i].dump) && !rc)
			rc = rx_fail(err, "output-write", EIO, "%s: cannot write: %s", tap[i].path,
				     strerror(errno));
		if (tap[i].dump) {
			rx_note("%s: %lu packets of endpoint %s, netdev %s", tap[i].path,
				tap[i].packets, tap[i].node->want->name, tap[i].iface->netdev);
			if (!pcap_stats(tap[i].pcap, &stat) && stat.ps_drop)
				rx_warn("%u packets came too fast and are not in %s", stat.ps_drop,
					tap[i].path);
			tap[i].dropped = stat.ps_drop;
			pcap_dump_close(tap[i].dump);
		}
		if (tap[i].pcap)
			pcap_close(tap[i].pcap);
	}
	return rc;
}

static void tell(const struct rx_view *view, const struct tap *tap, size_t n)
{
	json_t *files = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(files,
				      json_pack("{s:s,s:s,s:o,s:s,s:I,s:I}", "file", tap[i].path,
						"endpoint", tap[i].node->want->name, "network",
						rx_json_string(tap[i].iface->network), "netdev",
						tap[i].iface->netdev, "packets",
						(json_int_t)tap[i].packets, "dropped",
						(json_int_t)tap[i].dropped));
	rx_json_print(json_pack("{s:s,s:o}", "lab", view->lab.name, "files", files), stdout);
}

/* What so many netdevs need is there, or it is said before the first is opened. */
static int judge_limits(size_t n, unsigned *buffer, struct rx_err *err)
{
	size_t want = n * DESCRIPTORS + 64, have = rx_allow_descriptors(want);
	uint64_t memory = rx_meminfo("MemAvailable") / 4, share = memory / n;

	if (have < want)
		return rx_fail(err, "capture-limits", EMFILE,
			       "capture: %zu netdevs need %zu open files, and %zu are allowed; "
			       "raise the limit with ulimit -n, or name one endpoint",
			       n, want, have);
	if (share < LEAST_BUFFER)
		return rx_fail(err, "capture-limits", ENOMEM,
			       "capture: %zu netdevs need %zu MiB of memory for frames, and a "
			       "quarter of what is available is %llu MiB; name one endpoint",
			       n, n * LEAST_BUFFER >> 20, (unsigned long long)memory >> 20);
	*buffer = share < MOST_BUFFER ? (unsigned)share : MOST_BUFFER;
	return 0;
}

static int capture(const struct options *o, const struct rx_view *view,
		   const struct rx_node_view *only, struct rx_err *err)
{
	const struct rx_node_view *node = NULL;
	const struct rx_iface_view *iface = NULL;
	rx_autofree struct tap *tap = NULL;
	char file[64];
	unsigned buffer = 0;
	size_t n = 0, i;
	int rc;

	while (rx_view_next(view, &node, &iface))
		if (!only || only == node)
			*(struct tap *)rx_array_add(&tap, &n, sizeof(*tap)) =
				(struct tap){.node = node, .iface = iface};
	if (o->file && !strcmp(o->file, "-") && n > 1)
		return rx_usage(err, "capture-output",
				"capture: standard output takes one netdev only; name one "
				"endpoint, or use -w FILE.pcap");
	snprintf(file, sizeof(file), "%s%s%s.pcap", view->lab.name, only ? "-" : "",
		 only ? only->want->name : "");
	rc = judge_limits(n, &buffer, err);
	for (i = 0; i < n && !rc; i++) {
		name_file(&tap[i], o->file ? o->file : file, !only);
		rc = open_tap(&tap[i], o->filter ? o->filter : "udp port 4791", buffer, err);
		if (!rc)
			rc = open_file(&tap[i], err);
	}
	if (!rc)
		rc = listen_to(o, tap, n, err);
	rc = close_taps(tap, n, rc, err);
	if (!rc && o->format)
		tell(view, tap, n);
	return rc;
}

static int prepare(struct rx_invocation *inv, struct rx_err *err)
{
	struct options *o = inv->options;

	if (o->file && !strcmp(o->file, "-") && isatty(STDOUT_FILENO))
		return rx_usage(err, "capture-output",
				"capture: a terminal cannot show pcap; pipe it, e.g. into tshark "
				"-r -");
	if (o->file && !strcmp(o->file, "-") && o->format)
		return rx_usage(err, "option-combination",
				"capture: -w - has standard output for the frames; --json would "
				"print there, too");
	return 0;
}

static int run(struct rx_invocation *inv, struct rx_err *err)
{
	const struct rx_node_view *only;
	struct rx_view view;
	int rc;

	if (rx_lazy_open(&rx_libpcap, err) ||
	    rx_view_open_operand(inv->operands[0], &view, &only, err))
		return -err->code;
	rx_stop_catch();
	rc = capture(inv->options, &view, only, err);
	rx_view_close(&view);
	return rc;
}

const struct rx_command rx_command_capture = {
	.name = "capture",
	.synopsis = "NAME/ENDPOINT [-w FILE.pcap] [OPTION...]\nNAME [-w FILE.pcap] [OPTION...]",
	.summary = "record what endpoints send and receive, as pcap",
	.options = options,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 1,
	.needs = RX_NEEDS_ROOT | RX_NEEDS_RXE,
	.prepare = prepare,
	.run = run,
};
