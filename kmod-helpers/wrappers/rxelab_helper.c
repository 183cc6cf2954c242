// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Beside the distribution's own rdma_rxe: an ordinary ib_client (no probes, no patched code) that
 * makes 'rdma dev set DEV netns NS' work for RXE, and rdma_cm work after it.
 *
 * 1. RXE keeps the pool index of QP1 in port.qp_gsi_index, refuses another QP1 while it is set and
 *    never clears it (seen up to 7.3). A move takes all clients off the device (ib_mad destroys
 *    QP1) and puts them back (ib_mad asks for QP1 and gets EINVAL). So the index is forgotten when
 *    clients go. ib_core removes clients last in, first out and ib_mad registers first, so our
 *    remove() is always before ib_mad destroys QP1; until then arriving MADs are dropped
 *    (RXE_MIN_QP_INDEX is 16, there is no QP 0 in the pool), and nothing else reads the field.
 *
 * 2. RXE before 7.3 has no disassociate_ucontext op, without which ib_core refuses the move. We
 *    give the device an empty one, and a mmap op after which the mapping no longer holds
 *    rxe_mmap_info (which points to the ucontext and the device): that is what 7.3 does itself; the
 *    page references taken by remap_vmalloc_range() keep the memory. From then on this module stays
 *    loaded. Load it before ib_uverbs: a device opened between ib_uverbs' add and ours would keep a
 *    reference on rdma_rxe.
 *
 * gsi_offset: bytes from the start of struct rxe_dev (whose first member is the ib_device) to
 * port.qp_gsi_index in the rdma_rxe that is loaded, from its BTF; `rxelab module load` finds it and
 * loads this module.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <rdma/ib_verbs.h>

#define MIN_QP_INDEX 16        /* RXE_MIN_QP_INDEX, rxe_param.h */
#define END_QP_INDEX (1 << 24) /* QP numbers have 24 bits */

static unsigned int gsi_offset;
module_param(gsi_offset, uint, 0444);
MODULE_PARM_DESC(gsi_offset, "offsetof(struct rxe_dev, port.qp_gsi_index) of the loaded rdma_rxe");

static atomic_t forgotten = ATOMIC_INIT(0);
static bool unloading, pinned;
static int (*rxe_mmap)(struct ib_ucontext *context, struct vm_area_struct *vma);

static u32 *gsi_index(struct ib_device *dev)
{
	return (u32 *)((char *)dev + gsi_offset);
}

static void helper_disassociate(struct ib_ucontext *context)
{
}

static int helper_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops, *rxe_ops;
	void *data = vma->vm_private_data;
	int err = rxe_mmap(context, vma);

	rxe_ops = vma->vm_ops;
	if (err || rxe_ops == ops)
		return err;
	rxe_ops->close(vma); /* gives the reference on rxe_mmap_info back */
	vma->vm_private_data = data;
	vma->vm_ops = ops;
	return 0;
}

/* Without the op an open file holds a reference on rdma_rxe, which only a file opened without the
 * op gives back. */
static bool opened_before_us(struct ib_device *dev)
{
	return module_refcount(dev->ops.owner) > 0;
}

static int take_over(struct ib_device *dev)
{
	if (opened_before_us(dev)) {
		dev_err(&dev->dev, "rxelab_helper: RXE devices were opened before this module was "
				   "loaded; hands off\n");
		return -EBUSY;
	}
	if (!pinned)
		__module_get(THIS_MODULE);
	pinned = true;
	rxe_mmap = dev->ops.mmap;
	dev->ops.mmap = helper_mmap;
	dev->ops.disassociate_ucontext = helper_disassociate;
	return 0;
}

static int helper_add(struct ib_device *dev)
{
	u32 index;

	if (dev->ops.driver_id != RDMA_DRIVER_RXE)
		return -EOPNOTSUPP;
	index = READ_ONCE(*gsi_index(dev));
	/* ib_mad made QP1 just before us: a pool index stands here, or the offset is wrong */
	if (index < MIN_QP_INDEX || index >= END_QP_INDEX) {
		dev_err(&dev->dev, "rxelab_helper: %u at offset %u is no QP index; hands off\n",
			index, gsi_offset);
		return -EINVAL;
	}
	return dev->ops.disassociate_ucontext ? 0 : take_over(dev);
}

static void helper_remove(struct ib_device *dev, void *data)
{
	if (READ_ONCE(unloading))
		return;
	WRITE_ONCE(*gsi_index(dev), 0);
	atomic_inc(&forgotten);
}

static struct ib_client helper_client = {
	.name = "rxelab_helper",
	.add = helper_add,
	.remove = helper_remove,
};

static int __init helper_init(void)
{
	if (gsi_offset < sizeof(struct ib_device) || gsi_offset & 3) {
		pr_err("rxelab_helper: gsi_offset=%u cannot be right; use `rxelab module load`\n",
		       gsi_offset);
		return -EINVAL;
	}
	return ib_register_client(&helper_client);
}

static void __exit helper_exit(void)
{
	WRITE_ONCE(unloading, true);
	ib_unregister_client(&helper_client);
	pr_info("rxelab_helper: QP1 was forgotten %d times\n", atomic_read(&forgotten));
}

module_init(helper_init);
module_exit(helper_exit);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("rxelab: lets the distribution's rdma_rxe devices move between network "
		   "namespaces");
MODULE_VERSION("rxelab-" RXELAB_VERSION);
MODULE_INFO(rxelab, RXELAB_PROVIDES);
