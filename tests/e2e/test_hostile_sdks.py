"""Many SDKs, and SDKs that mean harm: what they cost a real node (tests/unit/channel/test_hostile.c has the rules)."""

import json
import os
import socket
import ssl
import struct
import threading
import time

import sdk
import support

CONNECTIONS = 1000
IDLE_KB_MAX = 30 * 1024
# Of a request while others do harm. A few milliseconds are usual; this is for a machine with other things to do.
LATENCY_MAX_S = 1.5 * support.PATIENCE


def cpu_seconds(node):
    with open("/proc/%d/stat" % node.process.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Asks a node all the time and remembers the slowest answer."""

    def __init__(self, node):
        self._client, self._ends, self.worst, self.count, self.failure = sdk.Sdk(node), False, 0, 0, None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            while not self._ends:
                began = time.monotonic()
                self._client.call("getBlockNumber", 1)
                self.worst, self.count = max(self.worst, time.monotonic() - began), self.count + 1
                time.sleep(0.02)
        except Exception as failure:  # told by whoever stops the watch
            self.failure = failure

    def stop(self):
        self._ends = True
        self._thread.join()
        self._client.close()
        if self.failure:
            raise self.failure
        return self.worst


class HostileSdks(support.ChainTest):
    def idle(self, rsa):
        chain = self.chain(1, rsa_channel=rsa)
        node = chain.start().nodes[0]
        for _ in range(50):  # what the first ones cost once
            sdk.Sdk(node).close()
        time.sleep(0.5)
        before_kb, clients = node.memory_kb(), []
        for i in range(CONNECTIONS):
            clients.append(sdk.Sdk(node, version=1))
            if i % 200 == 199:  # on a slow machine the first would be closed as idle
                for client in clients:
                    client.send(sdk.HEARTBEAT, b"")
        clients[0].call("getBlockNumber", 1)
        clients[-1].call("getBlockNumber", 1)
        time.sleep(1)
        grown_kb = node.memory_kb() - before_kb
        began = cpu_seconds(node)
        time.sleep(5)
        used = cpu_seconds(node) - began
        for client in clients:
            client.close()
        time.sleep(1)
        began = cpu_seconds(node)
        time.sleep(5)
        alone = cpu_seconds(node) - began  # the chain's own: an idle one changes its leader every second
        print("%d idle sessions with %s certificates: %.1f MB, %.2f s of processor time in 5 s (%.2f s without them)"
              % (CONNECTIONS, "RSA" if rsa else "EC", grown_kb / 1024, used, alone))
        if support.PATIENCE == 1:  # not the sanitizers' memory
            self.assertLess(grown_kb, IDLE_KB_MAX)
        self.assertLess(used - alone, 0.1)

    def test_idle_sessions_with_rsa_certificates(self):
        self.idle(True)

    def test_idle_sessions_with_ec_certificates(self):
        self.idle(False)

    def test_harm(self):
        node = self.chain(1).start().nodes[0]
        watch, before_kb = Watch(node), node.memory_kb()
        time.sleep(0.5)
        report = []

        def note(what):
            report.append("%s: +%d MB, slowest answer %d ms" % (what, (node.memory_kb() - before_kb) / 1024, watch.worst * 1000))
            self.assertIsNone(watch.failure, report)
            self.assertLess(watch.worst, LATENCY_MAX_S, report)
        # Unfinished frames that say 60 MB, of 320 MB together; the largest are closed at 256 MB.
        clients, closed = [sdk.Sdk(node) for _ in range(40)], 0
        for client in clients:
            try:
                client.send_raw(struct.pack(">IH32si", 60 << 20, sdk.RPC, b"0" * 32, 0) + bytes(8 << 20))
            except (OSError, ssl.SSLError):
                closed += 1
        note("unfinished frames")
        self.assertLess(node.memory_kb() - before_kb, 420 * 1024)
        for client in clients:
            client.close()
        # Connections without a word.
        silent = [socket.create_connection(("127.0.0.1", node.channel_port)) for _ in range(2500)]
        sdk.Sdk(node).close()
        note("2500 silent connections")
        for one in silent:
            one.close()
        # Clients that ask for much and do not read.
        batch = json.dumps([{"jsonrpc": "2.0", "method": "getBlockByNumber", "params": [1, "0x0", True], "id": 1}] * 3000).encode()
        clients = [sdk.Sdk(node) for _ in range(10)]
        for client in clients:
            client.flood(sdk.RPC, batch, 60, seconds=0.2)
        for _ in range(20):
            time.sleep(0.1)
            note("clients that do not read")
        self.assertLess(node.memory_kb("VmHWM") - before_kb, 1100 * 1024)
        for client in clients:
            client.close()
        # A filter for a million blocks, a thousand times.
        client = sdk.Sdk(node)
        for i in range(1024):
            client.send(sdk.REGISTER, sdk.topic_body("", json.dumps({"filterID": "f%d" % i, "groupID": 1, "fromBlock": 0,
                                                                     "toBlock": 1000000, "addresses": [], "topics": []}).encode()))
        time.sleep(1)
        note("1024 filters")
        client.close()
        self.assertGreater(watch.count, 50)
        watch.stop()
        print("\n".join(report[:2] + report[-2:]))
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    support.main()
