/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says meanwhile: each line is either explained here or a problem. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "../../netns/cleanup.h"
#include "churn.h"

static const struct {
	const char *pattern, *why;
} explained[] = {
	{"^infiniband [^ ]+: (set active|set down|added )", "RXE says what its port does"},
	{"Port: [0-9]+ Link (DOWN|ACTIVE)", "ib_core says what the port does (7.3)"},
	{"^rdma_rxe: (un)?loaded|^rdma_rxe: rxe_(set_mtu|port_)", "RXE says what its port does"},
	{"speed is unknown, defaulting to 1000", "ib_core asks a virtual netdev for its speed"},
	{"ADDRCONF\\(NETDEV_(UP|CHANGE)\\)", "IPv6 says what the netdev does"},
	{"(entered|left) (promiscuous|allmulticast) mode", "a macvlan's or bridge's parent"},
	{"entered (blocking|forwarding|disabled|learning|listening) state", "a bridge port"},
	{"ib_query_port failed \\(-(19|22)\\)", "a device that goes while ib_core works on its port"},
	{"rxe_create_qp: returned err = -(22|95)|Couldn't create ib_mad QP1|Couldn't open port 1",
	 "a moved RXE loses QP1 (docs/known-kernel-issues.md)"},
	{"make_send_cqe|do_complete: non-flush error status", "RXE says that a work request failed"},
	{"rxe_newlink: failed to add", "the RXE's name was still taken by the one before; rxelab asked again"},
	{"rxe_[a-z_]*: (destroying|.*qp#[0-9]+ .*(error|flush))", "RXE says that a QP went into error"},
	{"renamed from", "a netdev that changes its namespace"},
	{"^clocksource:|^(tsc|TSC|hrtimer)|random: crng", "the machine's clock"},
	{"callbacks suppressed", "lines like the ones before it"},
};

/* The look of a bug: never explained away. */
static const char bug[] = "WARNING|BUG|Oops|refcount|hung task|blocked for more than|unregister_netdevice: waiting|"
	"Call Trace|KASAN|UBSAN|general protection|scheduling while|leaked|possible deadlock|RIP:";

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return found;
}

static const char *explain(const char *text)
{
	size_t i;

	if (matches(bug, text))
		return NULL;
	for (i = 0; i < RX_ARRAY_SIZE(explained); i++)
		if (matches(explained[i].pattern, text))
			return explained[i].why;
	return NULL;
}

/* Lines that differ in numbers alone are one kind of line. */
static void generalise(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + 2 < size; text++) {
		if (!isdigit((unsigned char)*text))
			out[n++] = *text;
		else if (!n || out[n - 1] != '#')
			out[n++] = '#';
	}
	out[n] = 0;
}

static void note(struct rx_churn *churn, const char *text)
{
	char key[400];
	const char *why;
	json_t *seen;

	generalise(text, key, sizeof(key));
	seen = json_object_get(churn->messages, key);
	if (seen) {
		json_object_set_new(seen, "count", json_integer(json_integer_value(json_object_get(seen, "count")) + 1));
		return;
	}
	why = explain(text);
	json_object_set_new(churn->messages, key, json_pack("{s:s,s:s?,s:i,s:i}", "text", text, "why", why, "count", 1,
							    "first_cycle", (int)churn->done));
	if (!why)
		rx_churn_problem(churn, "kernel", "", "%.590s", text);
}

int rx_churn_kmsg_open(struct rx_err *err)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return rx_fail(err, errno, "/dev/kmsg: %s; what the kernel says could not be judged", strerror(errno));
	lseek(fd, 0, SEEK_END);   /* after the last record (Documentation/ABI/testing/dev-kmsg) */
	return fd;
}

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT", then lines that begin with a space. EPIPE: records were overwritten before
 * they were read; the next read goes on behind them. */
void rx_churn_kmsg(struct rx_churn *churn)
{
	char record[8192], *text;
	ssize_t got;

	for (;;) {
		got = read(churn->kmsg, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE) {
			rx_churn_problem(churn, "kernel", "", "it said more than its buffer holds; lines were lost");
			continue;
		}
		if (got <= 0)
			return;
		record[got] = 0;
		record[strcspn(record, "\n")] = 0;
		text = strchr(record, ';');
		/* facility 0 is the kernel itself: the others were written by programs */
		if (text && strtol(record, NULL, 10) < 8 && text[1])
			note(churn, text + 1);
	}
}
