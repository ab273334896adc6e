"""A client of the channel port (spec/network.md 8 to 13): TLS, frames, answers and pushes. One thread at a time."""

import base64
import json
import os
import re
import select
import socket
import ssl
import struct
import uuid

import signing
import support

RPC, HEARTBEAT, HANDSHAKE, REGISTER, UNREGISTER = 0x12, 0x13, 0x14, 0x15, 0x16
AMOP, AMOP_ANSWER, TOPICS, MULTICAST, VERIFY, VERIFIED = 0x30, 0x31, 0x32, 0x35, 0x37, 0x38
RECEIPT, BLOCK, EVENTS = 0x1000, 0x1001, 0x1002
PUSH_SEQ = b"0" * 32


def topic_body(topic, data):
    name = topic.encode()
    return bytes([1 + len(name)]) + name + data


def split_topic(body):
    return body[1:body[0]].decode(), body[body[0]:]


class Frame:
    def __init__(self, type_, seq, result, body):
        self.type, self.seq, self.result, self.body = type_, seq, result, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "0x%x result %d %r" % (self.type, self.result, self.body[:300])


class Sdk:
    """A session with one node; folder: its certificates (those of the chain's own SDK folder by default)."""

    def __init__(self, node, folder=None, version=3, timeout=15):
        folder = folder or os.path.join(os.path.dirname(node.folder), "sdk")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(os.path.join(folder, "ca.crt"))
        context.load_cert_chain(os.path.join(folder, "sdk.crt"), os.path.join(folder, "sdk.key"))
        context.set_ecdh_curve("secp256k1")
        raw = socket.create_connection(("127.0.0.1", node.channel_port), timeout * support.PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(raw)
        self._waiting = []
        if version > 1:
            answer = self.ask(HANDSHAKE, json.dumps({"minimumSupport": 1, "maximumSupport": version, "clientType": "e2e"}).encode())
            assert answer.json()["protocol"] == version, answer

    def close(self):
        self._socket.close()

    def send(self, type_, body, seq=None, result=0):
        seq = seq or uuid.uuid4().hex.encode()
        self._socket.sendall(struct.pack(">IH32si", 42 + len(body), type_, seq, result) + body)
        return seq

    def send_raw(self, data):
        self._socket.sendall(data)

    def flood(self, type_, body, count, seconds):
        """Sends as many of count frames as go out in that time; reads nothing."""
        self._socket.settimeout(seconds)
        try:
            for _ in range(count):
                self.send(type_, body)
        except (OSError, ssl.SSLError):
            pass

    def _read(self, size):
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError("the node closed the session")
            data += piece
        return data

    def _next(self):
        length, type_, seq, result = struct.unpack(">IH32si", self._read(42))
        return Frame(type_, seq, result, self._read(length - 42))

    def receive(self, type_=None, seq=None):
        """The next frame of this type and seq; others wait for their turn."""
        def fits(f):
            return (type_ is None or f.type == type_) and (seq is None or f.seq == seq)
        for f in self._waiting:
            if fits(f):
                self._waiting.remove(f)
                return f
        while True:
            f = self._next()
            if fits(f):
                return f
            self._waiting.append(f)

    def is_silent(self, seconds):
        return not self._waiting and not self._socket.pending() and not select.select([self._socket], [], [], seconds)[0]

    def ask(self, type_, body):
        return self.receive(seq=self.send(type_, body))

    def call(self, method, *params):
        answer = self.ask(RPC, json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).encode()).json()
        if "error" in answer:
            raise support.RpcError(answer["error"])
        return answer["result"]

    def subscribe(self, *topics):
        self.send(TOPICS, json.dumps(topics).encode())
        self.call("getClientVersion")  # answered after the topics were taken

    def register(self, filter_id, group=1, **fields):
        request = {"filterID": filter_id, "groupID": str(group), "addresses": [], "topics": [], **fields}
        return json.loads(self.ask(REGISTER, topic_body("", json.dumps(request).encode())).body[1:])["result"]


def public_key(folder):
    """The key of the SDK's certificate as the allow list writes it: 128 hex digits."""
    with open(os.path.join(folder, "sdk.key")) as f:
        der = base64.b64decode("".join(line for line in f.read().splitlines() if "-" not in line))
    secret = re.search(rb"\x02\x01\x01\x04\x20(.{32})", der, re.S).group(1)  # ECPrivateKey: version 1, 32 bytes
    return signing.Account(int.from_bytes(secret, "big")).public_key.hex()
