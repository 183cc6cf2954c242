/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transfers without a device: the verbs that move data are ours, and copy. Both ends in this
 * process, as verify has them, and one end each in two threads, as hosts have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tools/verbs/payload.h"
#include "tools/verify/verify.h"

#define RING 64

struct fake_qp {
	struct ibv_qp qp;
	struct fake_qp *peer;
	struct ibv_recv_wr recv[RING];
	struct ibv_sge sge[RING];
	unsigned posted, taken;
};

struct fake {
	struct ibv_context context;
	struct ibv_cq cq;
	struct ibv_wc wc[RING];
	unsigned pushed, polled;
	struct fake_qp qp[RX_QP_KINDS];
	struct ibv_mr mr;
	struct ibv_comp_channel channel;
	struct rx_node node;
	struct rx_node_view node_view;
	struct rx_port port;
	uint8_t area[2 * RX_AREA];
};

static struct fake fake[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool loses; /* what is sent goes nowhere and is not answered */
static bool idle;  /* WRITEs are answered and not done, swaps are done whatever is there */

static struct fake *owner(const struct ibv_context *context)
{
	return context == &fake[0].context ? &fake[0] : &fake[1];
}

static void push(struct fake *f, struct ibv_wc wc)
{
	f->wc[f->pushed++ % RING] = wc;
}

static int poll_cq(struct ibv_cq *cq, int n, struct ibv_wc *wc)
{
	struct fake *f = owner(cq->context);
	int got = 0;

	pthread_mutex_lock(&lock);
	while (got < n && f->polled != f->pushed)
		wc[got++] = f->wc[f->polled++ % RING];
	pthread_mutex_unlock(&lock);
	return got;
}

static int notify(struct ibv_cq *cq, int solicited)
{
	(void)cq;
	(void)solicited;
	return 0;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct fake_qp *q = (struct fake_qp *)qp;
	unsigned at = q->posted % RING;

	(void)bad;
	pthread_mutex_lock(&lock);
	q->recv[at] = *wr;
	q->sge[at] = *wr->sg_list;
	q->posted++;
	pthread_mutex_unlock(&lock);
	return 0;
}

static void *pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

/* What an atomic finds in the peer's word is answered before it is changed. */
static bool carry_out_atomic(struct fake_qp *q, const struct ibv_send_wr *wr)
{
	uint64_t *word = pointer(wr->wr.atomic.remote_addr), *local = pointer(wr->sg_list->addr);

	if (wr->opcode != IBV_WR_ATOMIC_FETCH_AND_ADD && wr->opcode != IBV_WR_ATOMIC_CMP_AND_SWP)
		return false;
	assert_int_equal(wr->wr.atomic.rkey, owner(q->peer->qp.context)->mr.rkey);
	*local = *word;
	if (wr->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		*word += wr->wr.atomic.compare_add;
	else if (*word == wr->wr.atomic.compare_add || idle)
		*word = wr->wr.atomic.swap;
	if (wr->send_flags & IBV_SEND_SIGNALED)
		push(owner(q->qp.context), (struct ibv_wc){.wr_id = wr->wr_id});
	return true;
}

/* One request, as an RC QP does it; a receive that is missing is a mistake of the code. */
static void carry_out(struct fake_qp *q, const struct ibv_send_wr *wr)
{
	struct fake *there = owner(q->peer->qp.context);
	bool imm = wr->opcode == IBV_WR_SEND_WITH_IMM || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
	bool sends = wr->opcode == IBV_WR_SEND || wr->opcode == IBV_WR_SEND_WITH_IMM;
	void *local = pointer(wr->sg_list->addr);
	uint32_t length = wr->sg_list->length;

	if (carry_out_atomic(q, wr))
		return;
	if (!sends && wr->wr.rdma.rkey != there->mr.rkey) {
		push(owner(q->qp.context),
		     (struct ibv_wc){.wr_id = wr->wr_id, .status = IBV_WC_REM_ACCESS_ERR});
		return;
	}
	if (wr->opcode == IBV_WR_RDMA_READ)
		memcpy(local, pointer(wr->wr.rdma.remote_addr), length);
	else if (!sends && !idle)
		memcpy(pointer(wr->wr.rdma.remote_addr), local, length);
	assert_int_equal(wr->sg_list->lkey, owner(q->qp.context)->mr.lkey);
	if (sends || imm) {
		unsigned at = q->peer->taken++ % RING;

		assert_true(q->peer->taken <= q->peer->posted);
		if (sends)
			memcpy(pointer(q->peer->sge[at].addr), local, length);
		push(there, (struct ibv_wc){.wr_id = q->peer->recv[at].wr_id,
					    .byte_len = length,
					    .imm_data = wr->imm_data,
					    .wc_flags = imm ? IBV_WC_WITH_IMM : 0});
	}
	if (wr->send_flags & IBV_SEND_SIGNALED)
		push(owner(q->qp.context), (struct ibv_wc){.wr_id = wr->wr_id});
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	(void)bad;
	pthread_mutex_lock(&lock);
	for (; wr && !loses; wr = wr->next)
		carry_out((struct fake_qp *)qp, wr);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* What failed is not used again. */
int ibv_destroy_qp(struct ibv_qp *qp)
{
	(void)qp;
	return 0;
}

static int make_ports(void **state)
{
	int silent[2];

	(void)state;
	memset(fake, 0, sizeof(fake));
	loses = idle = false;
	assert_int_equal(pipe(silent), 0);
	for (unsigned end = 0; end < 2; end++) {
		struct fake *f = &fake[end];

		f->context.ops = (struct ibv_context_ops){.poll_cq = poll_cq,
							  .req_notify_cq = notify,
							  .post_send = post_send,
							  .post_recv = post_recv};
		f->cq.context = &f->context;
		f->mr = (struct ibv_mr){.lkey = 10 + end, .rkey = 20 + end};
		f->channel.fd = silent[0];
		snprintf(f->node.name, sizeof(f->node.name), "ep%u", end + 1);
		f->node_view.want = &f->node;
		f->port = (struct rx_port){.node = &f->node_view,
					   .cq = &f->cq,
					   .channel = &f->channel,
					   .mr = &f->mr,
					   .tx = f->area,
					   .rx = f->area + RX_AREA};
		for (unsigned kind = 0; kind < RX_QP_KINDS; kind++) {
			f->qp[kind].qp.context = &f->context;
			f->qp[kind].peer = &fake[1 - end].qp[kind];
			f->port.qp[kind] = &f->qp[kind].qp;
		}
	}
	return 0;
}

static int close_ports(void **state)
{
	(void)state;
	close(fake[0].channel.fd);
	return 0;
}

static const struct rx_iface want[2];
static struct rx_view view; /* of a kernel that is known to do atomics well */
static struct rx_fabric fabric = {.view = &view};

/* both: both ends are here; else end `self` alone is. The connections are joined. */
static struct rx_meeting meet(unsigned self, bool both)
{
	struct rx_meeting m = {.fabric = &fabric,
			       .number = {0, 1},
			       .directions = RX_FORWARD | RX_BACKWARD};

	for (unsigned end = 0; end < 2; end++) {
		m.want[end] = &want[end];
		m.name[end] = end ? "ep2" : "ep1";
		if (both || end == self)
			m.end[end] = &fake[end].port;
	}
	for (unsigned kind = 0; kind < RX_QP_KINDS; kind++) {
		m.conn[kind] = (struct rx_conn){.kind = (enum rx_qp_kind)kind,
						.up = true,
						.joined = true,
						.generation = 7 + self};
		for (unsigned end = 0; end < 2; end++) {
			m.conn[kind].far[end] = (struct rx_far){
				.address = (uintptr_t)fake[end].area, .rkey = fake[end].mr.rkey};
			if (!m.end[end])
				continue;
			m.conn[kind].end[end] = m.end[end];
			m.end[end]->qp[kind] = m.conn[kind].qp[end] = &fake[end].qp[kind].qp;
		}
	}
	return m;
}

static void both_ends_here(void **state)
{
	static const struct rx_transfer transfers[] = {
		{.opcode = IBV_WR_SEND},
		{.opcode = IBV_WR_SEND_WITH_IMM},
		{.opcode = IBV_WR_RDMA_WRITE},
		{.opcode = IBV_WR_RDMA_WRITE_WITH_IMM},
		{.opcode = IBV_WR_RDMA_READ},
		{.opcode = IBV_WR_RDMA_WRITE, .kind = RX_QP_UC},
		{.opcode = IBV_WR_SEND, .inlined = true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(transfers) / sizeof(transfers[0]); i++) {
		struct rx_transfer t = transfers[i];
		struct rx_meeting m = meet(0, true);

		m.test = (unsigned)i;
		t.messages = RX_MESSAGES;
		t.size = RX_MESSAGE;
		assert_int_equal(rx_transfer(&m, &t), 0);
		assert_int_equal(m.fault[0].kind, RX_FAULT_NONE);
		assert_int_equal(m.fault[1].kind, RX_FAULT_NONE);
	}
}

static void one_direction_alone(void **state)
{
	const struct rx_transfer t = {.opcode = IBV_WR_SEND, .messages = 2, .size = 100};
	struct rx_meeting m = meet(0, true);

	(void)state;
	m.directions = RX_BACKWARD;
	assert_int_equal(rx_transfer(&m, &t), 0);
	assert_int_equal(fake[0].qp[RX_QP_RC].posted, 2);
	assert_int_equal(fake[1].qp[RX_QP_RC].posted, 0);
}

/* ---- an end on each host ---- */

struct host {
	struct rx_meeting m;
	struct rx_play play;
	struct rx_drive drive;
};

static void begin(struct host *host, unsigned self, const struct rx_transfer *t)
{
	host->m = meet(self, false);
	host->play = rx_transfer_play(t);
	rx_drive_begin(&host->drive, &host->m, &host->play, host->m.directions);
	assert_int_equal(rx_drive_offer(&host->drive), 0);
	assert_int_equal(rx_drive_prepare(&host->drive), 0);
}

static void *post(void *host)
{
	rx_drive_post(&((struct host *)host)->drive);
	return NULL;
}

static void exchange(struct host host[2], const struct rx_transfer *t)
{
	pthread_t other;

	begin(&host[0], 0, t);
	begin(&host[1], 1, t);
	assert_int_equal(pthread_create(&other, NULL, post, &host[1]), 0);
	post(&host[0]);
	pthread_join(other, NULL);
}

static unsigned faults(const struct host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 2 * RX_ROLES; i++)
		n += host->drive.fault[i / RX_ROLES][i % RX_ROLES].kind != RX_FAULT_NONE;
	return n;
}

static void an_end_on_each_host(void **state)
{
	static const enum ibv_wr_opcode opcodes[] = {IBV_WR_SEND, IBV_WR_RDMA_WRITE,
						     IBV_WR_RDMA_READ};

	(void)state;
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		const struct rx_transfer t = {.opcode = opcodes[i],
					      .messages = RX_MESSAGES,
					      .size = RX_MESSAGE};
		struct host host[2];

		exchange(host, &t);
		for (unsigned self = 0; self < 2; self++) {
			assert_int_equal(rx_drive_check(&host[self].drive), 0);
			assert_int_equal(faults(&host[self]), 0);
		}
	}
}

/* A wrong byte is a fault of the direction in which it came, at the half that has it. */
static void a_wrong_byte_is_found(void **state)
{
	static const struct {
		enum ibv_wr_opcode opcode;
		unsigned direction;
		enum rx_role role;
	} of[] = {{IBV_WR_SEND, 1, RX_RECEIVER},
		  {IBV_WR_RDMA_WRITE, 1, RX_RECEIVER},
		  {IBV_WR_RDMA_READ, 0, RX_SENDER}};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		const struct rx_transfer t = {.opcode = of[i].opcode,
					      .messages = RX_MESSAGES,
					      .size = RX_MESSAGE};
		struct host host[2];
		const struct rx_fault *fault = &host[0].drive.fault[of[i].direction][of[i].role];

		exchange(host, &t);
		fake[0].port.rx[RX_MESSAGE + 5] ^= 1;
		assert_int_equal(rx_drive_check(&host[0].drive), -1);
		assert_int_equal(rx_drive_check(&host[1].drive), 0);
		assert_int_equal(fault->kind, RX_FAULT_PAYLOAD);
		assert_true(strstr(fault->text, " 5 ") && strstr(fault->text, " 1 "));
		assert_int_equal(faults(&host[0]), 1);
	}
}

static void what_does_not_come_is_named(void **state)
{
	const struct rx_transfer t = {
		.opcode = IBV_WR_SEND, .messages = 2, .size = 100, .wait = 0.2};
	struct host host;
	const struct rx_fault *sent = &host.drive.fault[0][RX_SENDER],
			      *received = &host.drive.fault[1][RX_RECEIVER];

	(void)state;
	loses = true;
	begin(&host, 0, &t);
	assert_int_equal(rx_drive_post(&host.drive), -1);
	assert_int_equal(sent->kind, RX_FAULT_DEADLINE);
	assert_int_equal(received->kind, RX_FAULT_DEADLINE);
	assert_true(strstr(sent->text, " 1 ") && strstr(sent->text, "ep1"));
	assert_true(strstr(received->text, " 2 ") && strstr(received->text, "ep1"));
}

/* ---- what would let a false word pass ---- */

static const struct rx_transfer writes = {.opcode = IBV_WR_RDMA_WRITE,
					  .messages = RX_MESSAGES,
					  .size = RX_MESSAGE};

/* The right bytes of an attempt before lie there, and the device says done without doing. */
static void bytes_of_an_earlier_attempt_do_not_pass(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	assert_int_equal(rx_transfer(&m, &writes), 0);
	idle = true;
	assert_int_equal(rx_transfer(&m, &writes), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_PAYLOAD);
	assert_int_equal(m.fault[1].kind, RX_FAULT_PAYLOAD);
}

/* What a frame of an earlier attempt, or of an earlier round, writes late is not what was sent
 * now. */
static void each_attempt_has_a_pattern_of_its_own(void **state)
{
	struct rx_meeting m = meet(0, true), later = m;

	(void)state;
	later.attempt = 1;
	assert_true(rx_meeting_seed(&m, 0, 0) != rx_meeting_seed(&later, 0, 0));
	later = m;
	later.round = 1;
	assert_true(rx_meeting_seed(&m, 0, 0) != rx_meeting_seed(&later, 0, 0));
}

/* UC may lose frames: bytes that are as before are missing, others are wrong. */
static void missing_is_not_wrong_where_frames_may_be_lost(void **state)
{
	struct rx_meeting m = meet(0, true);
	struct rx_fault missing = {0}, wrong = {0}, reliable = {0};
	uint8_t buf[64];

	(void)state;
	rx_payload_fill(buf, sizeof(buf), rx_meeting_seed(&m, 0, 3));
	memset(buf + 32, RX_POISON, 32);
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), true, &missing), -1);
	assert_int_equal(missing.kind, RX_FAULT_REFUSED);
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), false, &reliable), -1);
	assert_int_equal(reliable.kind, RX_FAULT_PAYLOAD);
	buf[3] ^= 1;
	assert_int_equal(rx_meeting_check(&m, 0, 3, buf, sizeof(buf), true, &wrong), -1);
	assert_int_equal(wrong.kind, RX_FAULT_PAYLOAD);
}

static void atomics_are_compared(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	fake[0].port.device.atomic_cap = fake[1].port.device.atomic_cap = IBV_ATOMIC_HCA;
	view.plane = RX_PLANE_NETNS;
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), 0);
	assert_int_equal(rx_play(&m, &rx_play_compare_swap), 0);
	idle = true;
	assert_int_equal(rx_play(&m, &rx_play_compare_swap), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_PAYLOAD);
}

/* On the RXE of 5.10, which has no memory windows, they would block both devices. */
static void atomics_that_wedge_are_not_tried(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	fake[0].port.device.atomic_cap = fake[1].port.device.atomic_cap = IBV_ATOMIC_HCA;
	view.plane = RX_PLANE_HOSTED;
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), -1);
	assert_int_equal(m.fault[0].kind, RX_FAULT_SKIP);
	assert_int_equal(m.fault[1].kind, RX_FAULT_SKIP);
	assert_int_equal(fake[0].pushed + fake[1].pushed, 0);
	for (unsigned end = 0; end < 2; end++)
		fake[end].port.device.device_cap_flags = IBV_DEVICE_MEM_WINDOW_TYPE_2B;
	m = meet(0, true);
	assert_int_equal(rx_play(&m, &rx_play_fetch_add), 0);
}

static int ask(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	(void)drive;
	(void)step;
	return 0;
}

/* Its half of everything is done but the last step, after which it is gone. */
static int vanish(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	if (step != RX_STEP_CHECK)
		return 0;
	return rx_fault(&drive->fault[0][RX_RECEIVER], RX_FAULT_CUT, 0, "it is gone");
}

static int stay(struct rx_away *away, struct rx_drive *drive, enum rx_step step)
{
	(void)away;
	(void)drive;
	(void)step;
	return 0;
}

/* READs need nothing of the other end but its memory. */
static struct rx_meeting read_from(struct rx_away *away)
{
	struct rx_meeting m = meet(0, false);

	m.away = away;
	m.directions = RX_FORWARD;
	rx_payload_fill(fake[1].area, RX_MESSAGE, rx_meeting_seed(&m, 0, 0));
	return m;
}

static void an_end_that_is_not_heard_to_the_end_has_not_passed(void **state)
{
	const struct rx_transfer t = {.opcode = IBV_WR_RDMA_READ,
				      .messages = 1,
				      .size = RX_MESSAGE};
	struct rx_away away = {ask, stay}, gone = {ask, vanish};
	struct rx_meeting m = read_from(&away);

	(void)state;
	rx_transfer(&m, &t);
	assert_int_equal(m.fault[0].kind, RX_FAULT_NONE);
	m = read_from(&gone);
	rx_transfer(&m, &t);
	assert_int_equal(m.fault[0].kind, RX_FAULT_CUT);
}

/* The key that verify makes wrong is wrong to a device, which answers as verify wants it. */
static void a_wrong_key_is_refused(void **state)
{
	struct rx_meeting m = meet(0, true);

	(void)state;
	m.directions = RX_FORWARD;
	rx_play(&m, &rx_play_rkey_violation);
	if (m.fault[0].kind)
		fail_msg("%s", m.fault[0].text);
	assert_non_null(strstr(m.fault[0].text, "REM_ACCESS_ERR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ends_here, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(one_direction_alone, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(an_end_on_each_host, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(a_wrong_byte_is_found, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(what_does_not_come_is_named, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(bytes_of_an_earlier_attempt_do_not_pass, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(each_attempt_has_a_pattern_of_its_own, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(missing_is_not_wrong_where_frames_may_be_lost,
						make_ports, close_ports),
		cmocka_unit_test_setup_teardown(atomics_are_compared, make_ports, close_ports),
		cmocka_unit_test_setup_teardown(atomics_that_wedge_are_not_tried, make_ports,
						close_ports),
		cmocka_unit_test_setup_teardown(an_end_that_is_not_heard_to_the_end_has_not_passed,
						make_ports, close_ports),
		cmocka_unit_test_setup_teardown(a_wrong_key_is_refused, make_ports, close_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
