# SPDX-License-Identifier: GPL-2.0-or-later
"""send.py ADDRESS unknown|short: datagrams for UDP 4791 that are no RoCE; prints how many were sent.

unknown: opcodes that the specification does not have, for a QP that is none, a multicast one and some that may be there.
short: the beginnings of packets of every length up to their headers, with every pad count."""
import socket
import struct
import sys

QPNS = [0, 1, *range(16, 40), 0xffffff]
# SEND only, WRITE only, READ request, acknowledgement, compare and swap, ATOMIC WRITE, UD SEND only
OPCODES = [0x04, 0x0a, 0x0c, 0x11, 0x13, 0x1d, 0x64]


def header(opcode, pad, qpn):
    """The base transport header: opcode, flags with the pad count, P_Key, QPN, PSN."""
    return struct.pack(">BBHII", opcode, pad << 4, 0xffff, qpn, 1)


def unknown():
    known = {*range(0x1e), *range(0x20, 0x2b), 0x64, 0x65}
    for opcode in range(256):
        for qpn in QPNS if opcode == 0xff else (1, 17, 0xffffff):
            if opcode not in known:
                yield header(opcode, 0, qpn) + bytes(4)
                yield header(opcode, 0, qpn)


def short():
    for qpn in (1, *range(16, 24), 0xffffff):
        for opcode in OPCODES:
            for pad in range(4):
                whole = header(opcode, pad, qpn) + bytes(40)
                for length in range(1, 49):
                    yield whole[:length]


sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect((sys.argv[1], 4791))
sent = 0
for packet in {"unknown": unknown, "short": short}[sys.argv[2]]():
    try:
        sender.send(packet)
    except ConnectionRefusedError:  # of the one before: nobody has the port
        continue
    sent += 1
print(sent)
