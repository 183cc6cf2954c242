/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two QPs are told of each other: ibv_modify_qp is ours here, and notes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tools/verbs/conn.h"
#include "tools/verbs/qp.h"

/* By end, then by the state that the QP goes to. */
static struct ibv_qp_attr told[2][IBV_QPS_RTS + 1];
static int masks[2][IBV_QPS_RTS + 1];
static struct ibv_qp qps[2];
static struct rx_port ports[2];

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	unsigned end = qp == &qps[1];

	told[end][attr->qp_state] = *attr;
	masks[end][attr->qp_state] = mask;
	return 0;
}

static void join(enum rx_qp_kind kind, enum ibv_mtu mtu_a, enum ibv_mtu mtu_b)
{
	static struct ibv_mr mr = {.rkey = 7};
	struct rx_conn conn = {.kind = kind, .generation = 3};
	struct rx_fault fault = {0};

	memset(told, 0, sizeof(told));
	memset(masks, 0, sizeof(masks));
	for (unsigned end = 0; end < 2; end++) {
		qps[end].qp_num = 100 + end;
		ports[end].mr = &mr;
		ports[end].port.active_mtu = end ? mtu_b : mtu_a;
		ports[end].gid[RX_MAIN].index = 1;
		ports[end].gid[RX_MAIN].gid.raw[15] = (uint8_t)(1 + end);
		conn.end[end] = &ports[end];
		conn.qp[end] = &qps[end];
	}
	assert_int_equal(rx_conn_join(&conn, 4, &fault), 0);
}

static void each_end_knows_the_other(void **state)
{
	(void)state;
	join(RX_QP_RC, IBV_MTU_1024, IBV_MTU_1024);
	for (unsigned end = 0; end < 2; end++) {
		const struct ibv_qp_attr *rtr = &told[end][IBV_QPS_RTR];

		assert_int_equal(rtr->dest_qp_num, qps[1 - end].qp_num);
		assert_int_equal(rtr->ah_attr.grh.dgid.raw[15], 2 - end);
		assert_int_equal(rtr->rq_psn, told[1 - end][IBV_QPS_RTS].sq_psn);
		assert_int_not_equal(rtr->rq_psn, told[end][IBV_QPS_RTS].sq_psn);
	}
}

static void the_smaller_mtu_is_the_paths(void **state)
{
	static const enum ibv_mtu mtus[][2] = {{IBV_MTU_1024, IBV_MTU_4096},
					       {IBV_MTU_4096, IBV_MTU_1024}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		join(RX_QP_RC, mtus[i][0], mtus[i][1]);
		assert_int_equal(told[0][IBV_QPS_RTR].path_mtu, IBV_MTU_1024);
		assert_int_equal(told[1][IBV_QPS_RTR].path_mtu, IBV_MTU_1024);
	}
}

/* Lost packets are sent again, and not for ever: a dead path answers in half a second. */
static void a_reliable_qp_tries_again(void **state)
{
	(void)state;
	join(RX_QP_RC, IBV_MTU_1024, IBV_MTU_1024);
	assert_true(masks[0][IBV_QPS_RTS] & IBV_QP_RETRY_CNT);
	assert_in_range(told[0][IBV_QPS_RTS].retry_cnt, 3, 7);
	assert_in_range(told[0][IBV_QPS_RTS].rnr_retry, 1, 6);
	join(RX_QP_UC, IBV_MTU_1024, IBV_MTU_1024);
	assert_false(masks[0][IBV_QPS_RTS] & IBV_QP_RETRY_CNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_knows_the_other),
		cmocka_unit_test(the_smaller_mtu_is_the_paths),
		cmocka_unit_test(a_reliable_qp_tries_again),
	};

	return cmocka_run_group_tests_name("qp", tests, NULL, NULL);
}
