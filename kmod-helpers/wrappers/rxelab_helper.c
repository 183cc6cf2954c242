// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Beside the distribution's own rdma_rxe: one kprobe on the exported ib_register_device(), by which
 * ib_core learns of each RXE device. Nothing of the kernel is patched beyond that breakpoint. To a
 * device of rxelab (its name says so) that is about to be registered it does two things:
 *
 * 1. A short GID table. RXE asks for 1,024 entries; each is three sysfs files, made under one lock
 *    of the kernel, and in shared RDMA mode once for every network namespace of the host. ib_core
 *    sizes table and files by what the query_port op answers, so that op is ours from then on.
 *
 * 2. In exclusive RDMA mode the device is registered in the network namespace of the task that asks
 *    for it. RXE takes init_net, whatever namespace its netdev is in (also 7.1 and later); a move
 *    afterwards would cost it QP1, and before 7.3 is refused.
 *
 * Each device that was changed holds a reference on this module until its memory is freed, so no op
 * of ours outlives it. Devices that were there before stay as they are.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <rdma/ib_verbs.h>

#define LEAST_GIDS 16
#define MOST_GIDS 1024 /* RXE_PORT_GID_TBL_LEN, rxe_param.h */

typedef typeof(((struct ib_device_ops *)0)->query_port) query_port_op;
/* 32 bits since 5.13 */
typedef typeof(__builtin_choose_expr(__builtin_types_compatible_p(query_port_op,
								  int (*)(struct ib_device *, u8,
									  struct ib_port_attr *)),
				     (u8)0, (u32)0)) port_number;

static unsigned int gids = LEAST_GIDS;
static bool all;
static query_port_op rxe_query_port;

static int set_gids(const char *text, const struct kernel_param *parameter)
{
	unsigned int value;
	int err = kstrtouint(text, 0, &value);

	if (!err && (value < LEAST_GIDS || value > MOST_GIDS))
		err = -EINVAL;
	if (!err)
		WRITE_ONCE(gids, value);
	return err;
}

static const struct kernel_param_ops gids_ops = {.set = set_gids, .get = param_get_uint};
module_param_cb(gids, &gids_ops, &gids, 0644);
MODULE_PARM_DESC(gids, "entries of the GID table of devices to come, 16 to 1024 (default 16)");
module_param(all, bool, 0644);
MODULE_PARM_DESC(all, "change every RXE device to come, not only rxelab's (default N)");

/* Once a device is registered its table is as long as it is, whatever the parameter says now. */
static int lean_query_port(struct ib_device *dev, port_number port, struct ib_port_attr *attr)
{
	int length = dev->port_data ? dev->port_data[port].immutable.gid_tbl_len : 0;
	int err = rxe_query_port(dev, port, attr);

	if (!length)
		length = READ_ONCE(gids);
	if (!err && attr->gid_tbl_len > length)
		attr->gid_tbl_len = length;
	return err;
}

/* The device's memory goes, and with it the last way to our op. */
static void lean_release(struct device *dev)
{
	dev->class->dev_release(dev);
	module_put(THIS_MODULE);
}

static bool is_ours(const struct ib_device *dev, const char *name)
{
	return dev->ops.driver_id == RDMA_DRIVER_RXE &&
	       (READ_ONCE(all) || !strncmp(name, "rxl", 3) || !strncmp(name, "rxc.", 4));
}

/* Preemption is off, and current is who asks for the device. */
static int before_register(struct kprobe *probe, struct pt_regs *regs)
{
	struct ib_device *dev = (struct ib_device *)regs_get_kernel_argument(regs, 0);
	const char *name = (const char *)regs_get_kernel_argument(regs, 1);
	struct net *net = current->nsproxy ? current->nsproxy->net_ns : &init_net;

	if (!is_ours(dev, name) || dev->dev.release || !dev->dev.class ||
	    !dev->dev.class->dev_release || !try_module_get(THIS_MODULE))
		return 0;
	rxe_query_port = dev->ops.query_port; /* the same for all: RXE has one table of ops */
	dev->ops.query_port = lean_query_port;
	dev->dev.release = lean_release;
	if (!rdma_dev_access_netns(dev, net)) /* exclusive mode, and not where it goes anyway */
		write_pnet(&dev->coredev.rdma_net, net);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "ib_register_device",
	.pre_handler = before_register,
};

static int __init helper_init(void)
{
	int err = register_kprobe(&probe);

	if (err)
		pr_err("rxelab_helper: no probe on ib_register_device (%d)%s\n", err,
		       err == -EOPNOTSUPP || err == -EPERM
			       ? ": lockdown or a kernel without CONFIG_KPROBES"
			       : "");
	return err;
}

static void __exit helper_exit(void)
{
	unregister_kprobe(&probe);
	/* a task may still be on its way out of lean_release(), the reference given back */
	synchronize_rcu_tasks();
}

module_init(helper_init);
module_exit(helper_exit);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("rxelab: short GID tables for RXE devices, made in their namespace");
MODULE_VERSION("rxelab-" RXELAB_VERSION);
MODULE_INFO(rxelab, RXELAB_PROVIDES);
