"""Bytes that are no protocol, on the P2P port (before TLS and, with a member's certificate, inside it) and on the RPC port: the node
lives, its memory stays bounded, the chain goes on."""

import os
import resource
import socket
import ssl
import struct
import time

import support

GROWTH_KB = 96 * 1024  # what a node may take while it is bombarded; a sanitizer keeps much freed memory
MODULES = (0, 1, 2, 3, 5, 8, 9, 10, 11, 12, 255)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10 * support.PATIENCE)


def push(target, data):
    """Sends what the other side takes; it may close at any time."""
    try:
        target.sendall(data)
        return True
    except OSError:
        return False


def drain(target, seconds):
    """The bytes that come before the end; whether the end came."""
    got, until = b"", time.monotonic() + seconds
    target.settimeout(0.2)
    while time.monotonic() < until:
        try:
            piece = target.recv(65536)
        except (socket.timeout, ssl.SSLWantReadError):
            continue
        except OSError:
            return got, True
        if not piece:
            return got, True
        got += piece
    return got, False


class Garbage(support.ChainTest):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        # The fifth node never runs: its certificate is the attacker's.
        self.members = self.chain(5, group_settings=[("consensus", "min_block_generation_time", "50")])
        self.attacker = self.members.nodes[4]
        self.members.start(self.members.nodes[:4])
        self.members.deploy()
        self.target = self.members.nodes[0]
        self.before_kb = self.target.memory_kb()

    def _assert_goes_on(self):
        for node in self.members.nodes[:4]:
            self.assertTrue(node.is_running(), node.name)
        if "asan" not in support.HANSE and "tsan" not in support.HANSE:
            self.assertLess(self.target.memory_kb("VmHWM"), self.before_kb + GROWTH_KB)
        self.members.wait_agreed(self.members.nodes[:4])
        for i in range(2):
            self.members.send_set(self.target.rpc, "it goes on %d" % i)
        self.assert_same_chain(self.members.nodes[:4])

    # ---- P2P ----

    def test_p2p_without_tls(self):
        port = self.target.p2p_port
        samples = [b"", b"\0", os.urandom(10000), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + os.urandom(70000),
                   b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff", b"\x80" * 1000, struct.pack(">IHHHI", 0xFFFFFFFF, 0, 1, 0, 0)]
        for sample in samples:
            with connect(port) as one:
                push(one, sample)
                drain(one, 0.1)
        several = [connect(port) for _ in range(600)]  # more than may be in a handshake at once
        for one in several:
            push(one, b"\x16\x03")
        self.members.send_set(self.target.rpc, "meanwhile")
        for one in several:
            one.close()
        self._assert_goes_on()

    def _tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ecdh_curve("secp256k1")
        context.load_cert_chain(self.attacker.path("conf", "node.crt"), self.attacker.path("conf", "node.key"))
        context.load_verify_locations(self.attacker.path("conf", "ca.crt"))
        # The agency's certificate comes with the node's own; OpenSSL's Python door cannot be told its rules for CAs without
        # extensions, and who is at the other end is not the question here.
        context.verify_mode = ssl.CERT_NONE
        deadline = time.monotonic() + 20 * support.PATIENCE
        while True:  # one session for each node id: the former may not be gone yet
            one = context.wrap_socket(connect(self.target.p2p_port))
            one.settimeout(5 * support.PATIENCE)
            try:
                if one.recv(1, ) != b"":  # the heartbeat that follows at once when the session is taken
                    return one
            except OSError:
                pass
            one.close()
            if time.monotonic() > deadline:
                raise AssertionError("no P2P session")
            time.sleep(0.05)

    @staticmethod
    def _frame(payload, *, module=8, group=1, packet=0, version=0, length=None, seq=1):
        protocol = (group << 16 | module) & 0xFFFFFFFF
        return struct.pack(">IHIHI", 16 + len(payload) if length is None else length, version, protocol, packet, seq) + payload

    def test_p2p_frames(self):
        closing = [self._frame(b"", length=0), self._frame(b"", length=15), self._frame(b"", length=0xFFFFFFFF),
                   self._frame(b"", length=0x7FFFFFFF), self._frame(b"x" * 100, length=100 * 1024 * 1024 + 1)]
        for sample in closing:
            one = self._tls()
            push(one, sample)
            self.assertTrue(drain(one, 10 * support.PATIENCE)[1], "a length out of range closes the session")
            one.close()
        one = self._tls()
        push(one, self._frame(b"", length=100 * 1024 * 1024))  # the largest that is allowed, and then little of it
        for _ in range(20):
            push(one, os.urandom(65536))
        self.members.send_set(self.target.rpc, "while it waits for the rest")
        one.close()
        one = self._tls()
        push(one, self._frame(os.urandom(1000))[:500])  # half a frame, and gone
        one.close()
        self._assert_goes_on()

    def test_p2p_random_payloads(self):
        one = self._tls()
        for _ in range(400):
            payload = support.RANDOM.randbytes(support.RANDOM.choice((0, 1, 2, 16, 100, 1000, 20000)))
            version = support.RANDOM.choice((0, 0, 0x8000, 0xFFFF))
            frame = self._frame(payload, module=support.RANDOM.choice(MODULES), group=support.RANDOM.choice((0, 1, 1, 1, 2, 0xFFFF)),
                                packet=support.RANDOM.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x7777)), version=version,
                                seq=support.RANDOM.randrange(1 << 32))
            if not push(one, frame):
                one.close()
                one = self._tls()
        # A short Snappy text that claims 4 GB, and lists nested deeply.
        push(one, self._frame(b"\xff\xff\xff\xff\x0f" + bytes(2000), version=0x8000))
        push(one, self._frame(b"\xff" * 8 + bytes(100000), module=9, packet=2))
        push(one, self._frame(b"\xc1" * 100000, module=9, packet=1))
        drain(one, 0.3)
        one.close()
        self._assert_goes_on()

    def test_p2p_bytes_at_random(self):
        for _ in range(5):
            one = self._tls()
            push(one, support.RANDOM.randbytes(100000))
            drain(one, 0.2)
            one.close()
        self._assert_goes_on()

    # ---- RPC ----

    def test_rpc_garbage(self):
        port = self.target.rpc_port
        samples = [b"", b"\0\0\0\0", os.urandom(100000), b"GET " + b"a" * 1000000, b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 100000,
                   b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                   b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}", b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n{}",
                   b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
                   b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10000,
                   b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                   b"POST / HTTP/9.9\r\n\r\n", b"BREW /pot HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nHost:", b"\r\n" * 100000]
        for sample in samples:
            with connect(port) as one:
                push(one, sample)
                drain(one, 0.1)
        # Bodies that are announced and never come: nothing is set aside for them.
        several = [connect(port) for _ in range(200)]
        for one in several:
            push(one, b"POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000)
        self.members.send_set(self.target.rpc, "meanwhile")
        for one in several:
            one.close()
        self._assert_goes_on()

    def test_rpc_many_connections(self):
        several = []
        for _ in range(1100):  # above the limit the node closes them at once
            several.append(connect(self.target.rpc_port))
        self.assertTrue(self.target.is_running())
        self.assertGreaterEqual(sum(drain_at_once(one) for one in several), 70)
        for one in several:
            one.close()
        support.wait_until(lambda: answers(self.target), 10, "the RPC port is free again")
        self._assert_goes_on()


def drain_at_once(one):
    """Whether the other side has closed it."""
    one.settimeout(0.001)
    try:
        return one.recv(1) == b""
    except socket.timeout:
        return False
    except OSError:
        return True


def answers(node):
    rpc = node.connect(timeout=2)
    try:
        rpc.height()
        return True
    except support.Silent:
        return False
    finally:
        rpc.close()


if __name__ == "__main__":
    support.main()
