# SPDX-License-Identifier: GPL-2.0-or-later
"""ttl.py: the TTL of the first RoCE v2 packet (UDP 4791) that comes in by any netdev of this namespace."""
import select
import socket

packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
print("listening", flush=True)
while select.select([packets], [], [], 60)[0]:
    packet, address = packets.recvfrom(256)
    header = 4 * (packet[0] & 15)
    if address[2] != socket.PACKET_OUTGOING and packet[9] == 17 and packet[header + 2:header + 4] == (4791).to_bytes(2, "big"):
        print("TTL", packet[8])
        break
