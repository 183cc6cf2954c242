# SPDX-License-Identifier: GPL-2.0-or-later
"""move-device.py INDEX NETNS NAME: one RDMA_NLDEV_CMD_SET that moves an RDMA device into /run/netns/NETNS and names it NAME
there, which iproute2 cannot ask for. What the kernel answers is the exit status and the message."""
import os
import socket
import struct
import sys

NETLINK_RDMA, NLDEV_SET, NLM_F_REQUEST_ACK = 20, 5 << 10 | 2, 5
DEV_INDEX, DEV_NAME, NET_NS_FD = 1, 2, 68


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


index, netns, name = sys.argv[1:]
where = os.open("/run/netns/" + netns, os.O_RDONLY)
payload = (attribute(DEV_INDEX, struct.pack("I", int(index))) + attribute(DEV_NAME, name.encode() + b"\0") +
           attribute(NET_NS_FD, struct.pack("I", where)))
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_RDMA)
kernel.send(struct.pack("IHHII", 16 + len(payload), NLDEV_SET, NLM_F_REQUEST_ACK, 1, 0) + payload)
error, = struct.unpack_from("i", kernel.recv(4096), 16)
if error:
    sys.exit("error: " + os.strerror(-error))
