"""The client library as programs get it: installed, found by pkg-config, built with a C and a C++ compiler, used against real nodes
that are killed, frozen and cut off: every block and every event once and in order (include/hanse/client.h)."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

import support

EXAMPLE = os.path.join(support.SOURCE, "examples", "client")
BUILD = os.path.dirname(support.HANSE)
HEADER = os.path.join(support.SOURCE, "include", "hanse", "client.h")

_installed = None


def installed():
    """The environment in which pkg-config finds the library of the build under test."""
    global _installed
    if _installed is None:
        _installed = support.folder()
        subprocess.run(["cmake", "--install", BUILD, "--prefix", _installed], check=True, capture_output=True)
    return dict(os.environ, PKG_CONFIG_PATH=os.path.join(_installed, "lib", "pkgconfig"))


def flags(*which):
    return subprocess.run(["pkg-config", *which, "hanse-client"], env=installed(), check=True, capture_output=True, text=True).stdout.split()


def build(source, compiler="cc", *options):
    program = os.path.join(support.folder(), "program")
    subprocess.run([compiler, *options, "-Wall", "-Wextra", "-Werror", "-o", program, source, "-x", "none", *flags("--cflags", "--libs")],
                   check=True, env=installed())
    return program


class Proxy:
    """Passes connections on to a port, and can cut them."""

    def __init__(self, port):
        self._port, self._pairs, self._lock = port, [], threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs.append((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for one in (a, b):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        with self._lock:
            for pair in self._pairs:
                for one in pair:
                    try:
                        one.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            self._pairs.clear()

    def close(self):
        self._listener.close()
        self.cut()


class Follower:
    """tests/e2e/client/follow.c at work."""

    def __init__(self, program, chain, nodes):
        self.lines, self._done = [], 0
        self._process = subprocess.Popen([program, os.path.join(chain.nodes_folder, "sdk"), support.CONTRACT + ".abi", "0x" + chain.contract.hex(),
                                          chain.key_file, "1", *nodes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def count(self, prefix):
        return sum(line.startswith(prefix) for line in list(self.lines))

    def send(self, count):
        self._process.stdin.write("send %d\n" % count)
        self._process.stdin.flush()

    def wait_sent(self, total, seconds=90):
        support.wait_until(lambda: self.count("sent ") + self.count("failed ") >= total or self._process.poll() is not None, seconds,
                           lambda: "%d transactions: %s" % (total, self.lines[-5:]))

    def end(self):
        if self._process.poll() is None:
            self._process.stdin.write("quit\n")
            self._process.stdin.flush()
        status = self._process.wait(30 * support.PATIENCE)
        self._thread.join()
        self._process.stdin.close()
        self._process.stdout.close()
        return status


@unittest.skipUnless(os.path.exists(os.path.join(BUILD, "package")), "the program under test lies in no build folder")
class Client(support.ChainTest):
    def test_header_in_other_compilers(self):
        for command in (["cc", "-std=c11", "-x", "c"], ["c++", "-std=c++11", "-x", "c++"], ["c++", "-std=c++20", "-x", "c++"]):
            subprocess.run([*command, "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", HEADER], check=True)

    def test_a_program_in_another_language(self):
        source = os.path.join(support.folder(), "program.cc")
        with open(source, "w") as f:
            f.write('#include <hanse/client.h>\n#include <cstdio>\n'
                    'int main() { hanse_error error; hanse_account *account = hanse_account_new(&error);\n'
                    'std::printf("%s %s\\n", hanse_client_version(), hanse_account_address(account)); hanse_account_free(account); }\n')
        done = subprocess.run([build(source, "c++", "-std=c++17", "-x", "c++")], check=True, capture_output=True, text=True)
        self.assertRegex(done.stdout, r"^\d+\.\d+\.\d+ 0x[0-9a-f]{40}\n$")

    def test_only_public_names_are_visible(self):
        installed()
        library = os.path.join(_installed, "lib", "libhanse-client.a")
        listed = subprocess.run(["nm", "-g", "--defined-only", library], check=True, capture_output=True, text=True).stdout
        visible = set(re.findall(r" [A-Z] (\w+)$", listed, re.M))
        with open(HEADER) as f:
            declared = set(re.findall(r"\b(hanse_[a-z0-9_]+)\(", f.read()))
        self.assertEqual(visible, declared)

    def test_example(self):
        chain = self.chain(4).start()
        folder = support.folder()
        for name in os.listdir(EXAMPLE):
            if name in ("hello.c", "Makefile"):
                with open(os.path.join(EXAMPLE, name)) as source, open(os.path.join(folder, name), "w") as copy:
                    copy.write(source.read())
        subprocess.run(["make", "-s", "-C", folder], check=True, env=dict(installed(), CFLAGS="-Werror"))
        nodes = ["127.0.0.1:%d" % node.channel_port for node in chain.nodes]
        done = subprocess.run([os.path.join(folder, "hello"), os.path.join(chain.nodes_folder, "sdk"), support.CONTRACT, *nodes],
                              timeout=60 * support.PATIENCE, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        for pattern in (r"^version  .*2\.\d+\.\d+", r"^contract 0x[0-9a-f]{40}, status None$", r"^block    2$", r"^receipt  None in block 2$",
                        r'^event    \{"event":"Changed","values":\["0x[0-9a-f]{40}","Hello, World!","Hello from C"\]\}$',
                        r'^get\(\)    \["Hello from C"\]$', r"^message  greetings: hello$", r"^answer   moin$"):
            self.assertRegex(done.stdout, re.compile(pattern, re.M))
        self.assertEqual(len(re.findall(r"^event ", done.stdout, re.M)), 1)

    def _expect_everything_once(self, chain, follower):
        """What the follower was told is what the chain holds."""
        rpc = chain.nodes[2].rpc  # never killed
        height = rpc.height()
        events = []
        for number in range(1, height + 1):
            for index, tx_hash in enumerate(rpc.block(number)["transactions"]):
                receipt = rpc.receipt(tx_hash)
                events += [(number, index, i) for i, log in enumerate(receipt["logs"]) if log["address"] == "0x" + chain.contract.hex()]
        support.wait_until(lambda: follower.count("block ") >= height and follower.count("event ") >= len(events), 30,
                           lambda: "block %d, %d events: %s" % (height, len(events), follower.lines[-10:]))
        time.sleep(1)  # for what must not come
        lines = list(follower.lines)
        self.assertEqual([int(line.split()[1]) for line in lines if line.startswith("block ")], list(range(1, height + 1)))
        told = []
        for line in lines:
            if line.startswith("event "):
                place = [re.search(r'"%s":"(\w+)"' % key, line).group(1) for key in ("blockNumber", "transactionIndex", "logIndex")]
                told.append((int(place[0]), int(place[1], 16), int(place[2], 16)))
        self.assertEqual(told, events)
        self.assertEqual([line for line in lines if line.startswith("failed ") or re.match(r"sent \d+ (?!None)", line)], [])

    def test_following_through_failures(self):
        chain = self.chain(4, group_settings=[("consensus", "min_block_generation_time", "50")]).start()
        chain.deploy()
        proxies = [Proxy(node.channel_port) for node in chain.nodes]
        follower = Follower(build(os.path.join(support.SOURCE, "tests", "e2e", "client", "follow.c"), "cc"), chain,
                            ["127.0.0.1:%d" % proxy.port for proxy in proxies])
        sent = 0

        def send(count):
            nonlocal sent
            sent += count
            follower.send(count)

        send(40)
        for _ in range(12):  # cut connections
            time.sleep(support.RANDOM.uniform(0.05, 0.4))
            for proxy in support.RANDOM.sample(proxies, support.RANDOM.choice((1, 1, 4))):
                proxy.cut()
        follower.wait_sent(sent)
        for victim in (chain.nodes[0], chain.nodes[1]):  # killed nodes
            send(15)
            time.sleep(support.RANDOM.uniform(0.1, 0.5))
            victim.kill()
            follower.wait_sent(sent)
            victim.start().wait_answers()
            send(5)
            follower.wait_sent(sent)
            support.wait_until(lambda: victim.rpc.height() >= chain.nodes[2].rpc.height(), 30, "the node caught up")
        chain.nodes[0].process.send_signal(signal.SIGSTOP)  # a node that is silent, behind connections that stand
        send(5)
        follower.wait_sent(sent)
        chain.nodes[0].process.send_signal(signal.SIGCONT)
        self._expect_everything_once(chain, follower)
        self.assertGreater(sum(line.startswith("node") and " down " in line for line in follower.lines), 6)
        self.assertTrue(any("silent" in line for line in follower.lines), "the frozen node was given up")
        self.assertEqual(follower.end(), 0)
        for proxy in proxies:
            proxy.close()

    def test_following_over_http(self):
        chain = self.chain(4).start()
        chain.deploy()
        follower = Follower(build(os.path.join(support.SOURCE, "tests", "e2e", "client", "follow.c"), "cc"), chain,
                            ["http://127.0.0.1:%d" % node.rpc_port for node in chain.nodes[:2]])
        follower.send(10)
        follower.wait_sent(10)
        chain.nodes[0].kill()
        follower.send(5)
        follower.wait_sent(15)
        chain.nodes[0].start().wait_answers()
        support.wait_until(lambda: chain.nodes[0].rpc.height() >= chain.nodes[2].rpc.height(), 30, "the node caught up")
        follower.send(5)
        follower.wait_sent(20)
        self._expect_everything_once(chain, follower)
        self.assertEqual(follower.end(), 0)

    def test_tools_over_the_channel_port(self):
        chain = self.chain(4).start()
        chain.deploy()
        reach = ("--node", "127.0.0.1:%d" % chain.nodes[1].channel_port, "--sdk", os.path.join(chain.nodes_folder, "sdk"), "--abi",
                 support.CONTRACT + ".abi", "--to", "0x" + chain.contract.hex())
        out = support.run_hanse("tx", "send", *reach, "--key", chain.key_file, "set", "over the channel").stdout
        self.assertIn("0x0 None", out)
        self.assertIn('["over the channel"]', support.run_hanse("tx", "call", *reach, "get").stdout)
        out = support.run_hanse("bench", *reach, "--key", chain.key_file, "--single", "2", "set", "x").stdout
        self.assertIn("to receipt   median", out)


if __name__ == "__main__":
    unittest.main()
