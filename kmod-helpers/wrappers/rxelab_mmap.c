// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Stands in for rxe_mmap.o before 7.3, and does what 7.3 does itself: a mapping does not hold the
 * rxe_mmap_info (and through it the ucontext and the device); the page references taken by
 * remap_vmalloc_range() are enough. So nothing of ours is called when it is unmapped later, perhaps
 * long after the device was moved or the module unloaded.
 */
#define rxe_mmap rxe_mmap__orig
#include "rxe_mmap.c"
#undef rxe_mmap

int rxe_mmap(struct ib_ucontext *context, struct vm_area_struct *vma);
int rxe_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops;
	void *data = vma->vm_private_data;
	struct rxe_mmap_info *ip;
	int err = rxe_mmap__orig(context, vma);

	if (err)
		return err;
	ip = vma->vm_private_data;
	vma->vm_private_data = data;
	vma->vm_ops = ops;
	kref_put(&ip->ref, rxe_mmap_release);
	return 0;
}
