"""The JSON-RPC port of a real node: WebSocket sessions beside HTTP, and clients that would take it all: too slow, too much, too many.
None of them may keep others from being served, and all of them together cost no more memory than the limits of rpc/http_door.h add up to."""

import json
import resource
import socket
import threading
import time

import support
from websocket import Closed, WebSocket

BLOCK_NUMBER = '{"jsonrpc":"2.0","method":"getBlockNumber","params":[1],"id":1}'
MIB = 1 << 20


class Customer(threading.Thread):
    """Asks all the time, as an ordinary client does, and remembers how long the slowest answer took."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self._node, self._ended, self.answers, self.slowest, self.failure = node, threading.Event(), 0, 0.0, None
        self.start()

    def run(self):
        rpc, session = self._node.connect(), WebSocket(self._node.rpc_port)
        try:
            while not self._ended.wait(0.02):
                begin = time.monotonic()
                rpc.height()
                assert session.call("getBlockNumber", 1)["result"]
                self.answers += 1
                self.slowest = max(self.slowest, time.monotonic() - begin)
        except Exception as failure:
            self.failure = failure
        rpc.close()
        session.close()

    def end(self):
        self._ended.set()
        self.join(60 * support.PATIENCE)


class HttpDoor(support.ChainTest):
    def setUp(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.node = self.chain(1).start().nodes[0]
        self._clients = []

    def tearDown(self):
        for client in self._clients:
            client.close()
        super().tearDown()

    def _session(self, headers=""):
        self._clients.append(WebSocket(self.node.rpc_port, headers=headers))
        return self._clients[-1]

    def _connection(self, first=b""):
        connection = socket.create_connection(("127.0.0.1", self.node.rpc_port), timeout=20)
        connection.sendall(first)
        self._clients.append(connection)
        return connection

    def _memory(self, name="VmRSS"):
        with open("/proc/%d/status" % self.node.process.pid) as f:
            return next(int(line.split()[1]) for line in f if line.startswith(name)) * 1024

    def _assert_memory(self, bytes_now, limit):
        if support.PATIENCE == 1:  # sanitizers keep what was freed
            self.assertLess(bytes_now, limit)

    def test_json_rpc_over_websocket(self):
        session = self._session()
        self.assertEqual(session.call("getBlockNumber", 1), {"id": 1, "jsonrpc": "2.0", "result": "0x0"})
        self.assertEqual(session.call("noSuchMethod")["error"]["code"], -32601)
        for text in (BLOCK_NUMBER, "[" + ",".join([BLOCK_NUMBER] * 100) + "]", "{", "[]", '{"id":"L\u00fcbeck"}'):
            session.send(text)
            self.assertEqual(session.receive().encode(), self.node.rpc.post(text.encode()))
        for i in range(1000):  # not waiting for the answers
            session.send(BLOCK_NUMBER.replace('"id":1', '"id":%d' % i))
        self.assertEqual(sorted(json.loads(session.receive())["id"] for _ in range(1000)), list(range(1000)))
        self.node.stop()
        with self.assertRaises(Closed) as closed:
            session.receive()
        self.assertEqual(closed.exception.code, 1001)

    def test_a_foreign_page(self):
        self.assertEqual(self._session("Origin: https://evil.example\r\n").status, 403)
        connection = self._connection(b"POST / HTTP/1.1\r\nOrigin: https://evil.example\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
                                      % (len(BLOCK_NUMBER), BLOCK_NUMBER.encode()))
        self.assertIn(b" 403 ", connection.recv(1000))
        self.node.stop()
        self.node.set("config.ini", "rpc", "jsonrpc_allowed_origins", "https://wallet.example, http://localhost:3000")
        self.node.start().wait_answers()
        self.assertEqual(self._session("Origin: http://localhost:3000\r\n").status, 101)
        connection = self._connection(b"OPTIONS / HTTP/1.1\r\nOrigin: https://wallet.example\r\nAccess-Control-Request-Method: POST\r\n\r\n")
        self.assertIn(b"\r\nAccess-Control-Allow-Origin: https://wallet.example\r\n", connection.recv(1000))

    def test_a_thousand_idle_sessions(self):
        first = self._session()
        first.call("getBlockNumber", 1)
        before = self._memory()
        for _ in range(1000):
            self._session().call("getBlockNumber", 1)
        each = (self._memory() - before) / 1000
        print("an idle session takes %d bytes" % each)
        self._assert_memory(each, 20000)
        self.assertEqual(first.call("getBlockNumber", 1)["result"], "0x0")
        for session in self._clients[1::100]:
            self.assertEqual(session.call("getBlockNumber", 1)["result"], "0x0")

    def _send_until_it_stops(self, connection, data, seconds=0.5):
        """How much was taken."""
        connection.settimeout(seconds)
        sent = 0
        try:
            while sent < len(data):
                sent += connection.send(data[sent:sent + MIB])
        except OSError:
            pass
        return sent

    def test_clients_that_want_it_all(self):
        customer, before = Customer(self.node), self._memory()

        def check(what, limit):
            answers = customer.answers
            support.wait_until(lambda: customer.failure or customer.answers > answers + 10, 30, "answers for others: " + what)
            self.assertIsNone(customer.failure, what)
            grown = self._memory("VmHWM") - before
            print("%s: at most %d MiB more, slowest answer for others %d ms" % (what, grown / MIB, customer.slowest * 1000))
            self._assert_memory(grown, limit * MIB)

        for i in range(1500):  # more than the door takes
            self._connection(b"POST / HTTP/1.1\r\nContent-Le" if i % 2 else b"")
        check("1500 connections with half a header or nothing", 100)
        for _ in range(500):
            self._session().socket.sendall(WebSocket.frame(0x81, b"half", claimed=50000))
        check("500 sessions with half a frame", 100)
        for _ in range(3):
            session = self._session()
            data = WebSocket.frame(0x01, b"x") + WebSocket.frame(0x00, b"") * 100000 + WebSocket.frame(0x89, b"ping") * 100000
            self._send_until_it_stops(session.socket, data)
        check("floods of empty fragments and pings", 100)
        flood = WebSocket.frame(0x81, ("[" + ",".join([BLOCK_NUMBER] * 1000) + "]").encode()) * 100
        for _ in range(10):
            self._send_until_it_stops(self._session().socket, flood)
        check("10 floods of requests whose answers nobody reads", 300)
        for _ in range(10):
            self._send_until_it_stops(self._session().socket, WebSocket.frame(0x81, b"y" * (60 * MIB), claimed=63 * MIB), 2)
        check("10 sessions with unfinished messages of 60 MiB", 900)
        customer.end()
        self.assertIsNone(customer.failure)
        self.assertTrue(self.node.is_running())


if __name__ == "__main__":
    support.main()
