// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Stands in for rxe_verbs.o: the distribution's untouched rxe_verbs.c, and
 *  - RXE remembers the pool index of QP1 (port.qp_gsi_index), refuses to make another QP1 while it
 *    is set and never clears it when QP1 is destroyed, so QP1 is gone for good once ib_mad was
 *    taken off the device and put back, which is what 'rdma dev set DEV netns NS' does. Here it is
 *    cleared.
 *  - RXELAB_DISASSOCIATE, for sources without a disassociate_ucontext op (before 7.3): adds an
 *    empty one, so that the move works and a dying namespace does not wait for users. Needs
 *    rxelab_mmap.c besides.
 */
#include <rdma/ib_verbs.h>

static const struct ib_device_ops rxelab_ops;
/* the first setter of an op wins (SET_DEVICE_OP, core/device.c), so ours go first */
#define ib_set_device_ops(dev, ops) \
	do { \
		ib_set_device_ops(dev, &rxelab_ops); \
		ib_set_device_ops(dev, ops); \
	} while (0)
#include "rxe_verbs.c"

static int rxelab_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct rxe_dev *rxe = to_rdev(ibqp->device);
	bool gsi = ibqp->qp_type == IB_QPT_GSI;
	int err = rxe_destroy_qp(ibqp, udata);

	if (!err && gsi)
		rxe->port.qp_gsi_index = 0;
	return err;
}

/* a QP1 that could not be finished must not block the next one either */
static int rxelab_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *init,
			    struct ib_udata *udata)
{
	struct rxe_dev *rxe = to_rdev(ibqp->device);
	u32 had = rxe->port.qp_gsi_index;
	int err = rxe_create_qp(ibqp, init, udata);

	if (err && init->qp_type == IB_QPT_GSI && !had)
		rxe->port.qp_gsi_index = 0;
	return err;
}

#ifdef RXELAB_DISASSOCIATE
static void rxelab_disassociate_ucontext(struct ib_ucontext *context)
{
	/* queue pages stay alive through the page references of the mapping */
}
#endif

static const struct ib_device_ops rxelab_ops = {
	.create_qp = rxelab_create_qp,
	.destroy_qp = rxelab_destroy_qp,
#ifdef RXELAB_DISASSOCIATE
	.disassociate_ucontext = rxelab_disassociate_ucontext,
#endif
};
