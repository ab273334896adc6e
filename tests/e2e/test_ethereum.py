"""Ethereum's JSON-RPC on a real chain: the port, what every node says of the same blocks, logs after a restart."""

import json
import os
import re
import socket
import subprocess
import unittest
import urllib.request

import signing
import support

CHANGED = "0x" + signing.keccak256(b"Changed(address,string,string)").hex()


class Ethereum(support.ChainTest):
    def ethereum_chain(self, count, **options):
        base = support.take_ports(4 * count)
        ports = "%d,%d,%d,%d" % tuple(base + i * count for i in range(4))
        chain = self.chain(count, options=("-p", ports), **options)
        for i, node in enumerate(chain.nodes):
            node.ethereum_port = base + 3 * count + i
        return chain

    def connect(self, node):
        rpc = support.Rpc(node.ethereum_port)
        self.addCleanup(rpc.close)
        return rpc

    def test_all_nodes_say_the_same(self):
        chain = self.ethereum_chain(4).start()
        node = chain.nodes[0]
        contract = "0x" + chain.deploy().hex()
        for text in ("Visby", "Bergen", "Danzig"):
            chain.hanse_set(node, text)
        height = self.assert_same_chain(chain.nodes)
        rpcs = [self.connect(one) for one in chain.nodes]
        for number in map(hex, range(height + 1)):
            blocks = [rpc.call("eth_getBlockByNumber", number, True) for rpc in rpcs]
            receipts = [rpc.call("eth_getBlockReceipts", number) for rpc in rpcs]
            self.assertEqual(blocks, [blocks[0]] * 4)
            self.assertEqual(receipts, [receipts[0]] * 4)
            self.assertEqual(blocks[0]["hash"], node.rpc.block(int(number, 16))["hash"])
        query = {"fromBlock": "0x0", "address": contract, "topics": [CHANGED]}
        logs = rpcs[0].call("eth_getLogs", query)
        self.assertEqual(len(logs), 3)
        self.assertEqual([rpc.call("eth_getLogs", query) for rpc in rpcs], [logs] * 4)
        self.assertEqual(rpcs[1].call("eth_chainId"), "0x1")
        self.assertEqual(int(rpcs[1].call("net_peerCount"), 16), 3)
        status = support.run_hanse("chain", "status", "-o", "nodes", cwd=chain.folder).stdout
        for one in chain.nodes:
            self.assertIn("%d %d\n" % (one.rpc_port, one.ethereum_port), status)
        # What is remembered of blooms goes with the process; what is found does not change.
        self.assertEqual(node.stop(), 0)
        node.start().wait_answers()
        self.assertEqual(self.connect(node).call("eth_getLogs", query), logs)

    def test_groups(self):
        base = support.take_ports(4)
        folder = support.folder()
        with open(os.path.join(folder, "chain.conf"), "w") as f:
            f.write("127.0.0.1:1 agency 1,2 %d,%d,%d,%d\n" % (base, base + 1, base + 2, base + 3))
        support.run_hanse("chain", "create", "-f", "chain.conf", "-o", "nodes", "-R", cwd=folder)
        nodes = os.path.join(folder, "nodes", "127.0.0.1")
        node = support.Node(nodes, "node0", os.path.join(nodes, "hanse")).start().wait_answers()
        self.addCleanup(lambda: node.is_running() and node.kill())

        def ask(path, method, *params):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (base + 3, path), body, timeout=20 * support.PATIENCE) as answer:
                return json.load(answer)

        support.run_hanse("account", "new", "-o", "accounts", cwd=folder)
        key = next(name for name in os.listdir(os.path.join(folder, "accounts")) if not name.endswith(".public.pem"))
        out = support.run_hanse("tx", "deploy", "--rpc", "127.0.0.1:%d" % node.rpc_port, "--group", "2", "--key", os.path.join("accounts", key),
                                "--abi", support.CONTRACT + ".abi", "--bin", support.CONTRACT + ".bin", cwd=folder).stdout
        contract = re.search(r"contract +(0x[0-9a-f]{40})", out).group(1)
        self.assertEqual([ask(path, "eth_blockNumber")["result"] for path in ("/", "/group/1", "/group/2", "/group/2?x=1")], ["0x0", "0x0", "0x1", "0x1"])
        self.assertEqual(ask("/", "eth_getCode", contract, "latest")["result"], "0x")
        self.assertGreater(len(ask("/group/2", "eth_getCode", contract, "latest")["result"]), 100)
        self.assertIn("group 3 does not run", ask("/group/3", "eth_blockNumber")["error"]["message"])
        self.assertIn("neither", ask("/2", "eth_blockNumber")["error"]["message"])
        self.assertEqual(node.stop(), 0)

    def test_another_chain_id(self):
        chain = self.ethereum_chain(1)
        node = chain.nodes[0]
        node.set("config.ini", "rpc", "ethereum_chain_id", 20200)
        chain.start()
        rpc = self.connect(node)
        self.assertEqual(rpc.call("eth_chainId"), hex(20200))
        self.assertEqual(rpc.call("net_version"), "20200")
        chain.deploy()
        block = rpc.call("eth_getBlockByNumber", "latest", True)
        self.assertEqual(block["transactions"][0]["chainId"], hex(20200))

    def test_settings(self):
        chain = self.ethereum_chain(1)
        node = chain.nodes[0]
        with open(node.path("config.ini")) as f:
            before = f.read()
        for key, value, expected in (("ethereum_listen_port", "80", "1025 to 65535"), ("ethereum_listen_port", "x", "1025 to 65535"),
                                     ("ethereum_chain_id", "-5", "0 to 9223372036854775807"), ("ethereum_listen_ip", "nowhere", "nowhere")):
            with self.subTest(key=key, value=value):
                node.set("config.ini", "rpc", key, value)
                self.assertIn(expected, self.start_fails(node))
                with open(node.path("config.ini"), "w") as f:
                    f.write(before)
        taken = socket.create_server(("127.0.0.1", node.ethereum_port))
        self.assertIn("%d" % node.ethereum_port, self.start_fails(node))
        taken.close()
        self.assertEqual(node.start().wait_answers().stop(), 0)

    def start_fails(self, node):
        done = subprocess.run([node.program, "node", "-c", "config.ini"], cwd=node.folder, capture_output=True, text=True, errors="replace",
                              timeout=20 * support.PATIENCE)
        self.assertEqual(done.returncode, 255, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_without_the_setting_there_is_no_port(self):
        chain = self.chain(1)  # three ports, as the reference's script takes them
        with open(chain.nodes[0].path("config.ini")) as f:
            self.assertNotIn("ethereum", f.read())
        status = support.run_hanse("chain", "status", "-o", "nodes", cwd=chain.folder).stdout
        self.assertIn("%d -\n" % chain.nodes[0].rpc_port, status)


if __name__ == "__main__":
    support.main()
