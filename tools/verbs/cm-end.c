/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process ends with its work, and the kernel cleans up after it: nothing here is freed. */
#include "tools/verbs/cm-end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netns/base/cleanup.h"
#include "netns/base/clock.h"
#include "netns/base/memory.h"
#include "netns/kernel/ns.h"
#include "tools/cli/output.h"
#include "tools/verbs/payload.h"
#include "tools/verbs/wc-status.h"

#define EVENT_WAIT_MS 5000
#define RESOLVE_MS 3000
#define SIZE 4096u
#define CLIENT_SAYS 0u /* what the payload's seed is increased by */
#define SERVER_SAYS 1u

struct cm {
	const struct rx_cm_end *end;
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id; /* of the connection */
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	uint8_t *tx, *rx;
	struct rx_cm_report report;
};

static int failed(struct cm *cm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int failed(struct cm *cm, const char *fmt, ...)
{
	va_list ap;

	cm->report.failed = true;
	va_start(ap, fmt);
	vsnprintf(cm->report.text, sizeof(cm->report.text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Why the peer rejected: InfiniBand Architecture Specification 1, 12.6.7.2; enum ib_cm_rej_reason
 * in include/rdma/ib_cm.h. Those that a lab may meet. */
static const char *reason_name(int reason)
{
	static const struct {
		int reason;
		const char *name;
	} reasons[] = {{1, "no QP"},          {3, "no resources"},
		       {4, "timeout"},        {6, "unknown communication ID"},
		       {8, "nobody listens"}, {10, "stale connection"},
		       {12, "wrong GID"},     {28, "the program's own reason"}};

	for (size_t i = 0; i < RX_ARRAY_SIZE(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].name;
	return "a reason of the specification, 12.6.7.2";
}

/* An event's status is an error number below zero or, of a rejection, a reason. */
static const char *status_name(int status)
{
	return status < 0 ? strerror(-status) : status ? reason_name(status) : "no status";
}

/* The next event, which must be this one; its id is the connection's from then on. */
static int await(struct cm *cm, enum rdma_cm_event_type wanted)
{
	struct pollfd ready = {.fd = cm->channel->fd, .events = POLLIN};
	struct rdma_cm_event *event;
	enum rdma_cm_event_type came;
	int status;

	if (poll(&ready, 1, EVENT_WAIT_MS) <= 0)
		return failed(cm, "%s did not come within %d s", rdma_event_str(wanted),
			      EVENT_WAIT_MS / 1000);
	if (rdma_get_cm_event(cm->channel, &event))
		return failed(cm, "rdma_get_cm_event: %s", strerror(errno));
	came = event->event;
	status = event->status;
	cm->id = event->id;
	rdma_ack_cm_event(event);
	if (came == wanted)
		return 0;
	return failed(cm, "%s (status %d, %s) came instead of %s", rdma_event_str(came), status,
		      status_name(status), rdma_event_str(wanted));
}

static int check_device(struct cm *cm)
{
	const char *wanted = cm->end->own->iface->want->rdma_dev;
	const char *got = cm->id->verbs ? ibv_get_device_name(cm->id->verbs->device) : "none";

	return strcmp(got, wanted)
		       ? failed(cm, "rdma_cm chose device %s instead of %s", got, wanted)
		       : 0;
}

static int post_receive(struct cm *cm)
{
	struct ibv_sge sge = {(uintptr_t)cm->rx, SIZE, cm->mr->lkey};
	struct ibv_recv_wr *bad, wr = {.wr_id = 1, .sg_list = &sge, .num_sge = 1};
	int rc = ibv_post_recv(cm->id->qp, &wr, &bad);

	return rc ? failed(cm, "posting a receive: %s", strerror(rc)) : 0;
}

static int make_qp(struct cm *cm)
{
	struct ibv_qp_init_attr attr = {
		.qp_type = IBV_QPT_RC,
		.cap = {.max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1},
	};
	struct ibv_pd *pd;

	if (check_device(cm))
		return -1;
	pd = ibv_alloc_pd(cm->id->verbs);
	cm->cq = pd ? ibv_create_cq(cm->id->verbs, 8, NULL, NULL, 0) : NULL;
	cm->tx = rx_alloc(2, SIZE);
	cm->mr = cm->cq ? ibv_reg_mr(pd, cm->tx, 2 * SIZE, IBV_ACCESS_LOCAL_WRITE) : NULL;
	if (!cm->mr)
		return failed(cm, "PD, CQ or MR: %s", strerror(errno));
	cm->rx = cm->tx + SIZE;
	attr.send_cq = attr.recv_cq = cm->cq;
	if (rdma_create_qp(cm->id, pd, &attr))
		return failed(cm, "rdma_create_qp: %s", strerror(errno));
	return post_receive(cm);
}

/* Completions of one send and, unless it came before, one receive. */
static int complete(struct cm *cm, unsigned left)
{
	double deadline = rx_now() + EVENT_WAIT_MS / 1000.0;
	struct pollfd none = {.fd = -1};
	char text[360];
	struct ibv_wc wc;

	while (left) {
		if (ibv_poll_cq(cm->cq, 1, &wc) > 0) {
			if (wc.status)
				return failed(cm, "%s", rx_wc_text(wc.status, text, sizeof(text)));
			left--;
		} else if (rx_now() > deadline) {
			return failed(cm, "%u completions missing after %d s", left,
				      EVENT_WAIT_MS / 1000);
		} else {
			poll(&none, 1, 1);
		}
	}
	return 0;
}

static int say(struct cm *cm, unsigned who)
{
	struct ibv_sge sge = {(uintptr_t)cm->tx, SIZE, cm->mr->lkey};
	struct ibv_send_wr *bad, wr = {.sg_list = &sge,
				       .num_sge = 1,
				       .opcode = IBV_WR_SEND,
				       .send_flags = IBV_SEND_SIGNALED};
	int rc;

	rx_payload_fill(cm->tx, SIZE, cm->end->seed + who);
	rc = ibv_post_send(cm->id->qp, &wr, &bad);
	return rc ? failed(cm, "posting a send: %s", strerror(rc)) : 0;
}

static int check(struct cm *cm, unsigned who)
{
	long at = rx_payload_check(cm->rx, SIZE, cm->end->seed + who);

	cm->report.wrong = at >= 0;
	return at < 0 ? 0 : failed(cm, "byte %ld of the message is wrong", at);
}

static int connect_to(struct cm *cm)
{
	struct sockaddr_storage own, peer;
	struct rdma_conn_param param = {.responder_resources = 1,
					.initiator_depth = 1,
					.retry_count = 6,
					.rnr_retry_count = 6};

	rx_port_address(cm->end->own, 0, &own);
	rx_port_address(cm->end->peer, cm->end->port, &peer);
	/* the source is given: without it a hosted endpoint would use one device at both ends */
	if (rdma_resolve_addr(cm->id, (void *)&own, (void *)&peer, RESOLVE_MS))
		return failed(cm, "rdma_resolve_addr: %s", strerror(errno));
	if (await(cm, RDMA_CM_EVENT_ADDR_RESOLVED))
		return -1;
	if (rdma_resolve_route(cm->id, RESOLVE_MS))
		return failed(cm, "rdma_resolve_route: %s", strerror(errno));
	if (await(cm, RDMA_CM_EVENT_ROUTE_RESOLVED) || make_qp(cm))
		return -1;
	if (rdma_connect(cm->id, &param))
		return failed(cm, "rdma_connect: %s", strerror(errno));
	return await(cm, RDMA_CM_EVENT_ESTABLISHED);
}

static int client(struct cm *cm)
{
	if (connect_to(cm) || say(cm, CLIENT_SAYS) || complete(cm, 2) || check(cm, SERVER_SAYS))
		return -1;
	if (rdma_disconnect(cm->id))
		return failed(cm, "rdma_disconnect: %s", strerror(errno));
	return await(cm, RDMA_CM_EVENT_DISCONNECTED);
}

static int listen_on(struct cm *cm, int fd)
{
	struct rx_cm_report listening = {0};
	struct sockaddr_storage own;

	rx_port_address(cm->end->own, 0, &own);
	if (rdma_bind_addr(cm->id, (void *)&own))
		return failed(cm, "rdma_bind_addr: %s", strerror(errno));
	if (rdma_listen(cm->id, 1))
		return failed(cm, "rdma_listen: %s", strerror(errno));
	listening.port = rdma_get_src_port(cm->id);
	return send(fd, &listening, sizeof(listening), MSG_NOSIGNAL) == sizeof(listening)
		       ? 0
		       : failed(cm, "the parent has gone");
}

static int server(struct cm *cm, int fd)
{
	struct rdma_conn_param param = {.responder_resources = 1,
					.initiator_depth = 1,
					.rnr_retry_count = 6};

	if (listen_on(cm, fd) || await(cm, RDMA_CM_EVENT_CONNECT_REQUEST) || make_qp(cm))
		return -1;
	if (rdma_accept(cm->id, &param))
		return failed(cm, "rdma_accept: %s", strerror(errno));
	if (await(cm, RDMA_CM_EVENT_ESTABLISHED) || complete(cm, 1) || check(cm, CLIENT_SAYS) ||
	    say(cm, SERVER_SAYS))
		return -1;
	/* The send's completion is not waited for: RXE completes a receive before it acknowledges
	 * it (do_complete, rxe_resp.c), and a client that disconnects in between never does.
	 * Whether the answer arrived, the client says. */
	if (await(cm, RDMA_CM_EVENT_DISCONNECTED))
		return -1;
	rdma_disconnect(cm->id);
	return 0;
}

int rx_cm_run(const struct rx_cm_end *end, int fd)
{
	struct cm cm = {.end = end};
	struct rx_err err;
	int home;

	if (rx_ns_enter(end->own->node->data_netns, &home, &err))
		failed(&cm, "%.380s", err.text);
	else if (!(cm.channel = rdma_create_event_channel()))
		failed(&cm, "rdma_cm's device node: %s (is rdma_ucm loaded?)", strerror(errno));
	else if (rdma_create_id(cm.channel, &cm.id, NULL, RDMA_PS_TCP))
		failed(&cm, "rdma_create_id: %s", strerror(errno));
	else if (end->server)
		server(&cm, fd);
	else
		client(&cm);
	return send(fd, &cm.report, sizeof(cm.report), MSG_NOSIGNAL) == sizeof(cm.report) ? 0 : 1;
}
