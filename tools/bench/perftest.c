/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed perftest in the same endpoints with the same parameters, so that its figures stand
 * beside ours. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/file.h"
#include "netns/base/process.h"
#include "netns/kernel/ns.h"
#include "tools/bench/flow.h"

#define PORT 18600u
#define START_WAIT 10.0 /* seconds until the server listens */
/* With -D perftest tells no median: so it exchanges as many messages as ours did in that time, or
 * a hundred; so many where ours had none. */
#define LATENCY_ITERATIONS 2000ul
#define MOST_ITERATIONS 100000ul
#define ARGS 32
#define MOST_TABLE (16u << 20) /* bytes of /proc/net/tcp */

struct words {
	char *argv[ARGS];
	unsigned n;
	char text[ARGS][64];
};

/* One word, behind its option if there is one. */
static void add(struct words *w, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void add(struct words *w, const char *option, const char *fmt, ...)
{
	va_list ap;

	if (option)
		add(w, NULL, "%s", option);
	va_start(ap, fmt);
	vsnprintf(w->text[w->n], sizeof(w->text[0]), fmt, ap);
	va_end(ap);
	w->argv[w->n] = w->text[w->n];
	w->argv[++w->n] = NULL;
}

static unsigned long iterations(const struct rx_flow *flow)
{
	unsigned long ours = (unsigned long)flow->latency.count;

	if (flow->bench->p.duration <= 0)
		return flow->bench->p.iterations;
	if (!ours)
		return LATENCY_ITERATIONS;
	return ours < 100 ? 100 : ours < MOST_ITERATIONS ? ours : MOST_ITERATIONS;
}

/* Depth, posting list, warm-up (its margin counts twice, before and after) and duration as ours. */
static void bandwidth_words(const struct rx_flow *flow, struct words *w)
{
	int warm_up = (int)rx_flow_warm_up(flow), duration = (int)flow->bench->p.duration;

	add(w, "-t", "%u", rx_flow_depth(flow));
	if (rx_flow_chain(flow) > 1)
		add(w, "-l", "%u", rx_flow_chain(flow));
	if (!duration)
		return;
	add(w, "-D", "%d", duration + 2 * warm_up);
	add(w, "-f", "%d", warm_up);
}

static void command_line(const struct rx_flow *flow, unsigned side, struct words *w)
{
	static const char *const verbs[] = {"send", "write", "read", "atomic"};
	const struct rx_port *port = flow->port[side];
	bool latency = flow->test->figure == RX_LATENCY;
	char address[64];

	w->n = 0;
	add(w, NULL, "ib_%s_%s", verbs[flow->test->verb], latency ? "lat" : "bw");
	add(w, "-d", "%s", port->iface->want->rdma_dev);
	add(w, "-x", "%d", port->gid[RX_MAIN].index);
	add(w, "-c", "%s", rx_transport_name(flow->transport));
	add(w, "-p", "%u", PORT);
	add(w, NULL, "-F");
	if (flow->test->verb != RX_VERB_ATOMIC)
		add(w, "-s", "%u", flow->size);
	if (flow->test->verb <= RX_VERB_WRITE)
		add(w, "-I", "%u", rx_flow_is_inline(flow) ? RX_MAX_INLINE : 0);
	if (!latency)
		bandwidth_words(flow, w);
	if (latency || flow->bench->p.duration <= 0)
		add(w, "-n", "%lu", iterations(flow));
	if (!side)
		add(w, NULL, "%s",
		    rx_cidr_text(&flow->port[1]->iface->want->ipv4, false, address,
				 sizeof(address)));
}

/* side 0 is the client, and sends. */
struct side {
	const struct rx_flow *flow;
	unsigned side;
	struct words words;
	struct rx_process process;
};

static int in_endpoint(void *context, struct rx_err *err)
{
	const struct side *side = context;
	int home;

	rx_flow_pin(side->flow, side->side);
	return rx_ns_enter(side->flow->port[side->side]->node->data_netns, &home, err);
}

/* As it was called, for the record. */
static void keep_command(const struct words *w, char *text, size_t size)
{
	for (unsigned i = 0; i < w->n; i++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s", i ? " " : "", w->argv[i]);
	}
}

static int start(const struct rx_flow *flow, unsigned number, double limit, struct side *side,
		 struct rx_bench_record *record, struct rx_err *err)
{
	side->flow = flow;
	side->side = number;
	command_line(flow, number, &side->words);
	keep_command(&side->words, record->command[number], sizeof(record->command[number]));
	side->process = (struct rx_process){.argv = (const char *const *)side->words.argv,
					    .seconds = limit,
					    .most = 8191,
					    .prepare = in_endpoint,
					    .context = side};
	return rx_process_start(&side->process, err);
}

/* /proc/thread-self/net/tcp of the server's namespace: a line with our port in state LISTEN
 * (0A). */
static bool listens(const struct rx_flow *flow)
{
	static const char *const tables[] = {"/proc/thread-self/net/tcp",
					     "/proc/thread-self/net/tcp6"};
	char wanted[16];
	struct rx_err err;
	bool found = false;
	int home, i;

	snprintf(wanted, sizeof(wanted), ":%04X ", PORT);
	if (rx_ns_enter(flow->port[1]->node->data_netns, &home, &err))
		return false;
	for (i = 0; i < 2; i++) {
		rx_autofree char *table = rx_file_text(tables[i], MOST_TABLE, NULL);
		char *cursor = table, *line;

		while ((line = rx_next_line(&cursor))) {
			const char *local = strstr(line, wanted);

			found |= local && strstr(local, " 0A ");
		}
	}
	rx_ns_leave(&home);
	return found;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

static bool wait_listening(const struct rx_flow *flow, pid_t server)
{
	double deadline = rx_now() + START_WAIT;

	while (rx_now() < deadline && !rx_bench_stopped(flow->bench)) {
		if (listens(flow))
			return true;
		if (has_ended(server))
			return false;
		rx_wait_ms(20);
	}
	return false;
}

/* To its end, or until the command is stopped. */
static int finish(struct rx_bench *bench, struct rx_process *client, struct rx_err *err)
{
	while (!has_ended(client->pid) && !rx_bench_stopped(bench) && !rx_passed(client->deadline))
		rx_wait_ms(20);
	if (rx_bench_stopped(bench))
		client->deadline = rx_now();
	return rx_process_finish(client, err);
}

/* The line of figures begins with the size; perftest's MB are 2^20 bytes, its rate is in
 * millions. */
static bool parse(const struct rx_flow *flow, const char *text, struct rx_bench_record *r)
{
	unsigned long size, iterations;
	double f[7];
	const char *line;
	int n;

	for (line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		n = sscanf(line, " %lu %lu %lf %lf %lf %lf %lf %lf %lf", &size, &iterations, &f[0],
			   &f[1], &f[2], &f[3], &f[4], &f[5], &f[6]);
		if (n < 5 || size != flow->size)
			continue;
		if (flow->test->figure == RX_BANDWIDTH) {
			if (f[1] <= 0 || f[2] <= 0)
				/* it says 0.00 when nothing fell into the time that it counts */
				return false;
			r->figure[RX_RATE] = f[2] * 1e6;
			r->figure[RX_AVERAGE] = flow->size >= 4096 ? f[1] * 1.048576
								   : f[2] * flow->size;
			return true;
		}
		if (n < 9 || f[2] <= 0)
			return false;
		r->figure[RX_MIN] = f[0];
		r->figure[RX_MAX] = f[1];
		r->figure[RX_MEDIAN] = f[2];
		r->figure[RX_P99] = f[5];
		r->figure[RX_P999] = f[6];
		r->figure[RX_SAMPLES] = (double)iterations;
		rx_bench_keep_percentiles(r->figure);
		return true;
	}
	return false;
}

/* Of UC and UD the sender's figure says nothing about what arrived. */
static bool server_counts(const struct rx_flow *flow)
{
	return flow->test->figure == RX_BANDWIDTH && flow->transport != RX_RC;
}

bool rx_perftest_read(const struct rx_flow *flow, const char *client, const char *server,
		      struct rx_bench_record *record)
{
	return parse(flow, server_counts(flow) ? server : client, record);
}

static void failed(struct rx_bench_record *record, const char *what, const char *output)
{
	size_t used = strlen(output), skip = used > 300 ? used - 300 : 0;

	record->status = "fail";
	rx_bench_detail(record, "perftest: %s: %s", what, output + skip);
}

static void not_run(const struct rx_bench *bench, struct rx_bench_record *record)
{
	record->status = "not run";
	rx_bench_detail(record, "perftest did not run to its end: %s", bench->cut);
}

void rx_bench_perftest(struct rx_bench *bench, const struct rx_flow *flow,
		       struct rx_bench_record *record)
{
	struct side client = {.process = {.status = -1}}, server;
	double limit = START_WAIT + bench->p.duration + 2 * rx_flow_warm_up(flow) + 30;
	struct rx_err err, server_err;
	const char *said;
	bool came = false, done = false;

	record->tool = "perftest";
	if (rx_bench_stopped(bench)) {
		not_run(bench, record);
		return;
	}
	if (server_counts(flow) && flow->test->verb == RX_VERB_WRITE) {
		record->status = "skip";
		rx_bench_detail(record, "perftest's %s server does not count what arrives by WRITE",
				rx_transport_name(flow->transport));
		return;
	}
	if (start(flow, 1, limit, &server, record, &err)) {
		failed(record, "the server did not start", err.text);
		if (err.status == RX_CANNOT && err.code == ENOENT) {
			failed(record, "it is not installed (apt install perftest)", "");
			record->status = "skip";
		}
		rx_process_free(&server.process);
		return;
	}
	came = wait_listening(flow, server.process.pid) &&
	       !start(flow, 0, limit, &client, record, &err);
	done = came && !finish(bench, &client.process, &err);
	if (!came)
		kill(server.process.pid, SIGTERM);
	/* its process sometimes stays after it has printed its result */
	server.process.deadline = rx_deadline(2);
	rx_process_finish(&server.process, &server_err);
	said = server_counts(flow) && done ? server.process.output : client.process.output;
	done = done && rx_perftest_read(flow, client.process.output, server.process.output, record);
	if (!done && rx_bench_stopped(bench))
		not_run(bench, record);
	else if (!done)
		failed(record, came ? "no figure" : "the server did not start",
		       came ? said : server.process.output);
	rx_process_free(&client.process);
	rx_process_free(&server.process);
}
