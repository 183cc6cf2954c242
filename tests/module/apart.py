#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""apart.py NETNS DEV NETDEV: ask, from a task in NETNS by a socket of the namespace that this was started in, for an RXE DEV on
NETDEV, which is there: what up does for an endpoint of the hosted plane."""
import ctypes
import os
import socket
import struct
import sys

NLM_F_REQUEST_ACK, NLDEV_NEWLINK = 5, 5 << 10 | 3  # include/uapi/rdma/rdma_netlink.h
DEV_NAME, NDEV_NAME, LINK_TYPE = 2, 51, 65


def text(kind, value):
    data = value.encode() + b'\0'
    return struct.pack('HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


netns, dev, netdev = sys.argv[1:]
rdma = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 20)
rdma.bind((0, 0))
place = os.open('/run/netns/' + netns, os.O_RDONLY)
if ctypes.CDLL(None, use_errno=True).setns(place, 0x40000000):
    sys.exit('setns: ' + os.strerror(ctypes.get_errno()))
body = text(DEV_NAME, dev) + text(LINK_TYPE, 'rxe') + text(NDEV_NAME, netdev)
rdma.send(struct.pack('IHHII', 16 + len(body), NLDEV_NEWLINK, NLM_F_REQUEST_ACK, 1, 0) + body)
error = -struct.unpack_from('i', rdma.recv(65536), 16)[0]
sys.exit(error and dev + ': ' + os.strerror(error))
