"""A WebSocket client of the standard library only (RFC 6455), which can also misbehave."""

import base64
import hashlib
import json
import os
import socket
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(Exception):
    def __init__(self, code):
        super().__init__("closed with %s" % code)
        self.code = code


class WebSocket:
    def __init__(self, port, timeout=20, headers=""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in, self._id = b"", 0
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            b"Sec-WebSocket-Key: " + key + b"\r\n" + headers.encode() + b"\r\n")
        while b"\r\n\r\n" not in self._in:
            self._read_more()
        head, self._in = self._in.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        assert self.status != 101 or accept in head, head

    def _read_more(self):
        more = self.socket.recv(1 << 20)
        if not more:
            raise Closed(None)
        self._in += more

    def _take(self, size):
        while len(self._in) < size:
            self._read_more()
        taken, self._in = self._in[:size], self._in[size:]
        return taken

    @staticmethod
    def frame(first, payload, claimed=None):
        """claimed: a length that is not the payload's. The mask is zero: it changes nothing."""
        size = len(payload) if claimed is None else claimed
        if size < 126:
            head = struct.pack(">BB", first, 0x80 | size)
        elif size < 65536:
            head = struct.pack(">BBH", first, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", first, 0x80 | 127, size)
        return head + bytes(4) + payload

    def send(self, text):
        self.socket.sendall(self.frame(0x80 | TEXT, text.encode()))

    def receive(self):
        """The next text; pings are answered."""
        while True:
            first, size = self._take(2)
            size = struct.unpack(">H", self._take(2))[0] if size == 126 else struct.unpack(">Q", self._take(8))[0] if size == 127 else size
            payload = self._take(size)
            if first == 0x80 | TEXT:
                return payload.decode()
            if first == 0x80 | PING:
                self.socket.sendall(self.frame(0x80 | PONG, payload))
            elif first == 0x80 | CLOSE:
                raise Closed(struct.unpack(">H", payload[:2])[0] if payload else None)

    def call(self, method, *params):
        self._id += 1
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": self._id}))
        return json.loads(self.receive())

    def close(self):
        self.socket.close()
