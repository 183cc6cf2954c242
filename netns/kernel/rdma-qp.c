/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/kernel/rdma-qp.h"

#include <libmnl/libmnl.h>
#include <rdma/rdma_netlink.h>

#define QPT_GSI 1 /* IB_QPT_GSI, include/rdma/ib_verbs.h */

static int qp_reply(const struct nlmsghdr *reply, void *arg)
{
	const struct nlattr *table, *entry, *attr;

	mnl_attr_for_each(table, reply, 0) {
		if (mnl_attr_get_type(table) != RDMA_NLDEV_ATTR_RES_QP)
			continue;
		mnl_attr_for_each_nested(entry, table)
			mnl_attr_for_each_nested(attr, entry)
				if (mnl_attr_get_type(attr) == RDMA_NLDEV_ATTR_RES_TYPE &&
				    mnl_attr_validate(attr, MNL_TYPE_U8) >= 0 &&
				    mnl_attr_get_u8(attr) == QPT_GSI)
					*(int *)arg = 1;
	}
	return 0;
}

static void forget(void *arg)
{
	*(int *)arg = 0;
}

int rx_rdma_has_gsi(struct rx_nl *nl, uint32_t index, struct rx_err *err)
{
	char bytes[256] = "";
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	int found = 0, rc;

	request->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_RES_QP_GET);
	request->nlmsg_flags = NLM_F_DUMP;
	mnl_attr_put_u32(request, RDMA_NLDEV_ATTR_DEV_INDEX, index);
	rc = rx_nl_query(nl, request, qp_reply, forget, &found, "RDMA device's QPs", err);
	return rc ? rc : found;
}
