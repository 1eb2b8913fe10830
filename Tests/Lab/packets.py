"""Capture packets of a host, change them, and send them again.

A captured frame is Ethernet ‖ IPv4 or IPv6 ‖ UDP ‖ payload. The sums of a captured frame may be unfinished (a veth
leaves that to hardware that it has not), so a frame that is sent again gets them computed anew.
"""

import dataclasses
import socket
import struct
import threading
import time

_ALL_PROTOCOLS = 0x0003
_IPV4, _IPV6, _UDP, _TCP = 0x0800, 0x86DD, 17, 6
_OUTGOING = 4


@dataclasses.dataclass(frozen=True)
class Packet:
    """One frame, and what it carries where it is UDP or TCP."""

    frame: bytes
    protocol: int
    source: str
    destination: str
    source_port: int
    destination_port: int
    payload: bytes
    outgoing: bool

    @property
    def is_udp(self):
        return self.protocol == _UDP


def parse(frame, outgoing=False):
    """None for what is neither UDP nor TCP over IP."""
    if len(frame) < 34:
        return None
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == _IPV4:
        start = 14 + (frame[14] & 15) * 4
        protocol, family, addresses = frame[23], socket.AF_INET, (frame[26:30], frame[30:34])
    elif kind == _IPV6 and len(frame) >= 54:
        start, protocol, family, addresses = 54, frame[20], socket.AF_INET6, (frame[22:38], frame[38:54])
    else:
        return None
    if protocol not in (_UDP, _TCP) or len(frame) < start + 8:
        return None
    ports = struct.unpack_from("!HH", frame, start)
    if protocol == _UDP:
        payload = frame[start + 8:start + struct.unpack_from("!H", frame, start + 4)[0]]
    else:
        payload = frame[start + (frame[start + 12] >> 4) * 4:] if len(frame) >= start + 20 else b""
    source, destination = (socket.inet_ntop(family, address) for address in addresses)
    return Packet(frame, protocol, source, destination, *ports, payload, outgoing)


def _sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def rebuilt(packet, payload=None, destination_mac=None):
    """The frame of a UDP packet with another payload of the same length, and right sums."""
    payload = packet.payload if payload is None else payload
    assert packet.is_udp and len(payload) == len(packet.payload)
    frame = bytearray(packet.frame)
    if destination_mac:
        frame[0:6] = bytes.fromhex(destination_mac.replace(":", ""))
    v4 = struct.unpack_from("!H", frame, 12)[0] == _IPV4
    start = 14 + (frame[14] & 15) * 4 if v4 else 54
    frame[start + 8:start + 8 + len(payload)] = payload
    del frame[start + 8 + len(payload):]
    frame[start + 6:start + 8] = b"\0\0"
    length = 8 + len(payload)
    if v4:
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack("!H", _sum(bytes(frame[14:start])))
        pseudo = bytes(frame[26:34]) + struct.pack("!BBH", 0, _UDP, length)
    else:
        pseudo = bytes(frame[22:54]) + struct.pack("!IHBB", length, 0, 0, _UDP)
    frame[start + 6:start + 8] = struct.pack("!H", _sum(pseudo + bytes(frame[start:])) or 0xFFFF)
    return bytes(frame)


def flipped(payload, bit):
    """The payload with one bit turned over."""
    changed = bytearray(payload)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


class Capture:
    """Every frame that a host's eth0 sends and receives, until `close` or `limit` frames."""

    def __init__(self, host, limit=20_000):
        self._socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("eth0", _ALL_PROTOCOLS))
        self._socket.settimeout(0.1)
        self._limit, self._closed, self._frames = limit, False, []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _listen(self):
        while not self._closed and len(self._frames) < self._limit:
            try:
                frame, about = self._socket.recvfrom(65_536)
            except TimeoutError:
                continue
            except OSError:
                return
            self._frames.append((frame, about[2] == _OUTGOING, time.monotonic()))

    @property
    def frames(self):
        return [frame for frame, _, _ in list(self._frames)]

    def packets(self, where=lambda packet: True):
        found = (parse(frame, outgoing) for frame, outgoing, _ in list(self._frames))
        return [packet for packet in found if packet and where(packet)]

    def close(self):
        self._closed = True
        self._thread.join()
        self._socket.close()


class Wire:
    """Puts whole frames on the wire as if they came from this host, whatever source they name."""

    def __init__(self, host):
        self._socket = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        self._socket.bind(("eth0", 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, frame):
        self._socket.send(frame)
