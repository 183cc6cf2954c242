#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hold.py NETNS DEV GO: open DEV inside NETNS, make a PD and eight CQs (each mapped), go home, say "holding", wait for the
file GO, then read every mapping, which must still be memory, and destroy a CQ, which may fail but must come back."""
import ctypes as C
import os
import select
import sys

netns, dev, go = sys.argv[1:]
lib = C.CDLL('libibverbs.so.1', use_errno=True)
libc = C.CDLL(None, use_errno=True)
for f in ('ibv_get_device_list', 'ibv_open_device', 'ibv_alloc_pd', 'ibv_create_cq', 'ibv_get_device_name'):
    getattr(lib, f).restype = C.c_void_p
CLONE_NEWNS, MS_PRIVATE_REC, MNT_DETACH = 0x20000, 0x44000, 2


def sysfs():
    libc.umount2(b'/sys', MNT_DETACH)
    assert libc.mount(b'none', b'/sys', b'sysfs', 0, None) == 0


home = os.open('/proc/self/ns/net', os.O_RDONLY)
ns = os.open('/run/netns/' + netns, os.O_RDONLY)
assert libc.setns(ns, 0) == 0
os.close(ns)
libc.unshare(CLONE_NEWNS)
libc.mount(b'none', b'/', None, MS_PRIVATE_REC, None)
sysfs()
n = C.c_int()
devices = C.cast(lib.ibv_get_device_list(C.byref(n)), C.POINTER(C.c_void_p))
ctx = None
for i in range(n.value):
    if C.string_at(lib.ibv_get_device_name(C.c_void_p(devices[i]))).decode() == dev:
        ctx = lib.ibv_open_device(C.c_void_p(devices[i]))
assert ctx, 'no %s in %s' % (dev, netns)
pd = lib.ibv_alloc_pd(C.c_void_p(ctx))
cqs = [lib.ibv_create_cq(C.c_void_p(ctx), 64, None, None, 0) for _ in range(8)]
assert pd and all(cqs)
libc.umount2(b'/sys', MNT_DETACH)
assert libc.setns(home, 0) == 0
os.close(home)
maps = [x.split()[0] for x in open('/proc/self/maps') if 'uverbs' in x]
assert maps, 'no mapping of the device'
print('holding', len(maps), flush=True)
for _ in range(1200):
    if os.path.exists(go):
        break
    select.select([], [], [], 0.1)
total = 0
for m in maps:
    a, b = (int(x, 16) for x in m.split('-'))
    total += sum(C.c_ubyte.from_address(p).value for p in range(a, b, 4096))
lib.ibv_destroy_cq(C.c_void_p(cqs[0]))
print('read', len(maps), 'mappings, sum', total, flush=True)
