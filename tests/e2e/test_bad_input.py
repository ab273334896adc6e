"""What an operator can get wrong: each is answered with a message that says what to mend, exit status 255, and nothing is harmed."""

import os
import shutil
import socket
import subprocess
import time
import unittest

import support

CONFIG, GROUP_INI, GENESIS = "config.ini", "conf/group.1.ini", "conf/group.1.genesis"


class Settings(support.ChainTest):
    # file, section, key, value, what the message must hold besides file, section, key and value
    NUMBERS = [
        (CONFIG, "p2p", "listen_port", "1024", "1025 to 65535"),
        (CONFIG, "p2p", "listen_port", "65536", "1025 to 65535"),
        (CONFIG, "p2p", "listen_port", "abc", "1025 to 65535"),
        (CONFIG, "p2p", "peers_param_limit", "0", "1 to"),
        (CONFIG, "rpc", "jsonrpc_listen_port", "-1", "1025 to 65535"),
        (CONFIG, "rpc", "channel_listen_port", "99999999999999999999", "1025 to 65535"),
        (CONFIG, "chain", "id", "-1", "0 to 9223372036854775807"),
        (CONFIG, "chain", "sm_crypto", "maybe", "true or false"),
        (CONFIG, "compatibility", "supported_version", "2.99.0", ""),
        (CONFIG, "compatibility", "supported_version", "x", ""),
        (CONFIG, "log", "max_log_file_size", "1", "100 to"),
        (CONFIG, "hanse", "worker_threads", "257", "0 to 256"),
        (GROUP_INI, "consensus", "ttl", "6", "0 to 5"),
        (GROUP_INI, "consensus", "min_block_generation_time", "-1", "0 to 4294967295"),
        (GROUP_INI, "sync", "gossip_interval_ms", "999", "1000 to 3000"),
        (GROUP_INI, "sync", "max_block_sync_memory_size", "31", "32 to"),
        (GROUP_INI, "tx_pool", "limit", "0", "1 to"),
        (GROUP_INI, "tx_pool", "limit", "1e3", "1 to"),
        (GROUP_INI, "storage", "type", "floppy", "rocksdb or memory"),
        (GENESIS, "consensus", "consensus_type", "dice", ""),
        (GENESIS, "consensus", "max_trans_num", "0", ""),
        (GENESIS, "tx", "gas_limit", "x", ""),
        (GENESIS, "group", "id", "0", ""),
        (GENESIS, "consensus", "node.0", "00ff", "invalid public key"),
    ]

    def test_values(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        files = {}
        for name in (CONFIG, GROUP_INI, GENESIS):
            with open(node.path(name)) as f:
                files[name] = f.read()
        for file, section, key, value, expected in self.NUMBERS:
            with self.subTest(file=file, section=section, key=key, value=value):
                node.set(file, section, key, value)
                try:
                    self._start_fails(node, file, section, key.split(".")[0] if file == GENESIS else key, value, expected)
                finally:
                    with open(node.path(file), "w") as f:
                        f.write(files[file])
        self.assertFalse(os.path.exists(node.path("hanse-data", "group1")))  # a node that never ran founded nothing
        self.assertEqual(node.start().wait_answers().stop(), 0)

    def _start_fails(self, node, *expected):
        # The ports may be nonsense here, so support's own reading of them is left out.
        done = subprocess.run([node.program, "node", "-c", "config.ini"], cwd=node.folder, capture_output=True, text=True,
                              errors="replace", timeout=20 * support.PATIENCE)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, 255, text)
        for part in expected:
            self.assertIn(part, text)

    def test_files(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        os.rename(node.path(CONFIG), node.path("saved"))
        self._start_fails(node, "config.ini", "No such file")
        os.mkdir(node.path(CONFIG))
        self._start_fails(node, "config.ini")
        os.rmdir(node.path(CONFIG))
        with open(node.path(CONFIG), "wb") as f:
            f.write(os.urandom(4096))
        self._start_fails(node, "config.ini")
        os.rename(node.path("saved"), node.path(CONFIG))
        os.rename(node.path("conf"), node.path("elsewhere"))
        self._start_fails(node, "conf/")
        os.rename(node.path("elsewhere"), node.path("conf"))
        with open(node.path(GENESIS), "wb") as f:
            f.write(os.urandom(4096))
        self._start_fails(node, "group.1.genesis")

    def test_missing_genesis(self):
        """Without any group the node runs, as the reference does: groups may be made at run time."""
        chain = self.chain(1)
        node = chain.nodes[0]
        os.remove(node.path(GENESIS))
        node.start().wait_answers()
        self.assertEqual(node.rpc.call("getGroupList"), [])
        with self.assertRaises(support.RpcError) as caught:
            node.rpc.height()
        self.assertEqual(caught.exception.code, -40001)
        self.assertRegex(node.log(), r"no group: conf/ holds no \*\.genesis file")
        self.assertIn("runs no group", node.output())
        self.assertEqual(node.stop(), 0)


class Places(support.ChainTest):
    """Ports, directories, keys that another process has."""

    def _assert_port_named(self, node, port):
        self.assertEqual(node.wait_exit(), 255)
        self.assertIn(str(port), node.output())
        self.assertRegex(node.output(), "(?i)in use")

    def test_ports_in_use(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        for port in (node.p2p_port, node.rpc_port):
            with self.subTest(port=port), socket.socket() as taken:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taken.bind(("0.0.0.0", port))
                taken.listen()
                self._assert_port_named(node.start(), port)
        self.assertEqual(node.start().wait_answers().stop(), 0)

    def test_a_data_directory_that_is_not_ours(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        data = node.path("hanse-data")
        with open(data, "w") as f:
            f.write("a file")
        self.assertEqual(node.start().wait_exit(), 255)
        self.assertIn("hanse-data", node.output())
        os.remove(data)
        os.makedirs(os.path.join(data, "group1"))
        with open(os.path.join(data, "group1", "diary.txt"), "w") as f:
            f.write("of somebody else")
        self.assertEqual(node.start().wait_exit(), 255)
        self.assertRegex(node.output(), r"hanse-data/+group1: not a store of hanse \(it holds diary\.txt")
        self.assertEqual(os.listdir(os.path.join(data, "group1")), ["diary.txt"])
        shutil.rmtree(data)
        self.assertEqual(node.start().wait_answers().stop(), 0)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root reads everything")
    def test_a_data_directory_that_cannot_be_written(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        os.mkdir(node.path("hanse-data"), 0o500)
        command = [node.program, "node", "-c", "config.ini"]
        if os.geteuid() == 0:  # without the right to override permissions
            command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] + command
        done = subprocess.run(command, cwd=node.folder, capture_output=True, text=True, timeout=20 * support.PATIENCE)
        self.assertEqual(done.returncode, 255, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"hanse-data.*Permission denied")

    def test_two_nodes_on_one_data_directory(self):
        chain = self.chain(2)
        first, second = chain.nodes
        first.start().wait_answers()
        second.set(CONFIG, "hanse", "data_path", os.path.relpath(first.path("hanse-data"), second.folder) + "/")
        second.start()
        self.assertEqual(second.wait_exit(), 255)
        self.assertRegex(second.output(), r"hanse-data/+group1: in use by process %d on .*two nodes cannot share one store" %
                         first.process.pid)
        self.assertEqual(first.stop(), 0)
        second.start().wait_answers()  # the first is gone: its lock too
        self.assertEqual(second.stop(), 0)

    def test_two_nodes_with_one_key(self):
        """Both say so, and the rest of the chain goes on."""
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "50")])
        original, twin = chain.nodes[0], chain.nodes[3]
        for name in ("node.crt", "node.key", "node.nodeid"):
            shutil.copy(original.path("conf", name), twin.path("conf", name))
        chain.start(chain.nodes[:3])
        chain.deploy(chain.nodes[1])
        twin.start().wait_answers()
        for node in (original, twin):
            node.wait_log(r"error\|.*another process uses this node's key", 20)
        for i in range(4):
            chain.send_set(chain.nodes[1 + i % 2].rpc, "with a twin %d" % i)
        self.assert_same_chain(chain.nodes[:3])


class FullDisk(support.ChainTest):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root may mount a small disk")
        probe = support.folder()
        try:
            support.mount_tmpfs(probe, 1)
        except (subprocess.CalledProcessError, FileNotFoundError):
            self.skipTest("a small disk cannot be mounted here")
        support.unmount(probe)

    def test_a_full_disk_stops_the_group_and_space_mends_it(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "20")])
        poor = chain.nodes[3]
        data = poor.path("hanse-data")
        os.mkdir(data)
        support.mount_tmpfs(data, 6)
        chain.start()
        chain.deploy()
        filler = os.urandom(100 * 1024)
        rpc = chain.nodes[0].rpc

        def send_large():
            raw, tx_hash = chain.sign_set("large", rpc.height(), extra=filler)
            rpc.send(raw)
            rpc.wait_receipt(tx_hash)
        for _ in range(120):
            if "the group stops" in poor.log():
                break
            send_large()
        match = poor.wait_log(r"error\|.*\[g:1\].*\[STORE\]the group stops,reason=(.*)", 20)
        self.assertRegex(match.group(1), r"hanse-data.*No space left on device")
        self.assertTrue(poor.is_running())
        self.assertLess(poor.rpc.height(), rpc.height() + 1)  # it still answers
        with self.assertRaises(support.RpcError) as caught:
            poor.rpc.send(chain.sign_set("refused", rpc.height())[0])
        self.assertEqual(caught.exception.code, -32603)
        self.assertIn("store of this group has failed", caught.exception.message)
        for i in range(4):  # the others go on
            chain.send_set(chain.nodes[i % 3].rpc, "three are enough %d" % i)
        self.assertEqual(poor.stop(), 0)
        subprocess.run(["mount", "-o", "remount,size=256m", data], check=True)
        poor.start()
        chain.wait_agreed(seconds=60)
        chain.send_set(poor.rpc, "with space")
        self.assert_same_chain(chain.nodes)

    def test_a_disk_that_is_full_from_the_start(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        data = node.path("hanse-data")
        os.mkdir(data)
        support.mount_tmpfs(data, 1)
        with self.assertRaises(OSError), open(os.path.join(data, "filler"), "wb", buffering=0) as f:
            while f.write(bytes(4096)) == 4096:
                pass
            raise OSError("full")
        self.assertEqual(node.start().wait_exit(), 255)
        self.assertRegex(node.output(), r"hanse-data.*No space left on device")
        os.remove(os.path.join(data, "filler"))
        subprocess.run(["mount", "-o", "remount,size=64m", data], check=True)
        self.assertEqual(node.start().wait_answers().stop(), 0)


class Stop(support.ChainTest):
    CLEAN_S = 2

    def _assert_clean_stop(self, node, what):
        began = time.monotonic()
        status = node.stop()
        took = time.monotonic() - began
        self.assertEqual(status, 0, "%s: %s" % (what, node.output()))
        self.assertLess(took, self.CLEAN_S * support.PATIENCE, what)

    def test_sigterm_while_starting(self):
        chain = self.chain(1)
        node = chain.nodes[0]
        for i in range(25):
            node.start()
            # Until main runs, the signal would end the process as any other, before it has touched anything.
            support.wait_until(lambda: "config file path" in node.output(), 10, "the program begins")
            time.sleep(support.RANDOM.uniform(0, 0.15))
            self._assert_clean_stop(node, "start %d" % i)
            self.assertIn("exit normally", node.output())
        self.assertEqual(node.start().wait_answers().stop(), 0)

    def test_sigterm_under_load(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "20")]).start()
        chain.deploy()

        def load(stopping):
            rpc = chain.nodes[1].connect()
            while not stopping.is_set():
                try:
                    rpc.send(chain.sign_set("load", rpc.height())[0])
                except (support.RpcError, support.Silent):
                    return
        client = support.Background(load)
        client.start()
        for i in range(4):
            time.sleep(support.RANDOM.uniform(0.05, 0.5))
            self._assert_clean_stop(chain.nodes[0], "stop %d under load" % i)
            chain.nodes[0].start().wait_answers()
        for node in reversed(chain.nodes):
            self._assert_clean_stop(node, node.name)
        client.join_result()
        chain.start()
        self.assert_same_chain(chain.nodes)

    def test_sigterm_with_open_connections(self):
        chain = self.chain(1)
        node = chain.nodes[0].start().wait_answers()
        sockets = [socket.create_connection(("127.0.0.1", port)) for port in (node.rpc_port, node.p2p_port) for _ in range(20)]
        sockets[0].sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")  # half a request
        time.sleep(0.1)
        self._assert_clean_stop(node, "with connections")
        for one in sockets:
            one.close()


if __name__ == "__main__":
    support.main()
